"""Exports: the pseudonymous facts as files, so coarse that nobody stands out in them."""
