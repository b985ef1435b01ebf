"""Consent: what the client permits, per direction, and whether it covers what somebody asks for."""
