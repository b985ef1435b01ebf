"""Decisions: may this be told to this requester now, and on what basis."""
