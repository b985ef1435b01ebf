"""The demo: referrals sent as partners would send them, and followed to the last report."""
