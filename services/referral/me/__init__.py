"""Me: what a caller is to this house, and what it may still do."""
