"""Clients: the persons behind the referrals, under pseudonyms."""
