"""Partners: the organisations that may refer."""
