"""Caseload: every referral gets a team and a worker, or a place in line; cases until they end."""
