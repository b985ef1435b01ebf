"""Placements: where on the service ladder a client is, who produces it and how."""
