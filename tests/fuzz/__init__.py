"""Attacks on every way in: `make fuzz` runs them and prints what came of them."""
