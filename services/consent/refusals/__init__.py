"""Refusals: the client was asked for consent and said no."""
