"""Rebuild: the projections made again from every event there ever was, while the old ones serve."""
