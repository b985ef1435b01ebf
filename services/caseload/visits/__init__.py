"""Visits: meetings that are booked, and then kept or called off."""
