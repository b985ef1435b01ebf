"""Agreements: what a partner and a team agreed on, in versions with dates, and what follows."""
