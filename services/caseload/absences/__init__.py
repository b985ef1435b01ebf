"""Absences: days on which a worker takes no new cases."""
