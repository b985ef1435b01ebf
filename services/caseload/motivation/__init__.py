"""Motivation: the points that a client gives, from one to ten."""
