"""Bulk import: a file of referrals, one a line, each taken or refused by itself."""
