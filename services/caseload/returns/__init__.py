"""Returns: a client comes back to their team without a new referral."""
