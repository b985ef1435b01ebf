"""Persons: which pseudonyms are one client, whose consents then speak for both."""
