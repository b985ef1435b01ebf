"""Faults under constant load, and whether everything that was accepted came through them."""
