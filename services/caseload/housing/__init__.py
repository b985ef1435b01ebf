"""Housing: where the client lives now."""
