"""Persons: which pseudonyms are one client, what that joins, and what an unlink gives back."""
