"""Capacity seen as flow: meetings a week, how often a client is met, how long the next waits."""
