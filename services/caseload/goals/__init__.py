"""Goals: small and consecutive, a few at a time."""
