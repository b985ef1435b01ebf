"""Cadence: how often client and team meet, and the gradual end of long support."""
