"""The disclosure log: who used or was told a client's data, in words and in one hash chain."""
