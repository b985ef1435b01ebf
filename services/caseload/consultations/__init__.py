"""Consultations: anonymous questions that a team answered."""
