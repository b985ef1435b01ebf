"""Retention: what identifies a person is erased when the time of their matter is past."""
