"""Segments: a client by support need and complexity, in the codes of the county."""
