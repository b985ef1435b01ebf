"""Consents: what a client permits, given, looked up and taken back."""
