"""Intake: a partner posts a referral and gets a receipt."""
