"""Parts of the house together, on a real PostgreSQL and a real broker."""
