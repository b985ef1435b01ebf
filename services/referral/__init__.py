"""Referral: partners push referrals in and follow what came of them, as far as they may know."""
