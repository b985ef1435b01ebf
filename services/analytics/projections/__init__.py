"""Projections: events become the facts that reports count."""
