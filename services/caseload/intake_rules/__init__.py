"""Intake rules: which kinds of partners a team takes referrals from just now."""
