"""Handovers: the client is accompanied to a receiving service, until it has them."""
