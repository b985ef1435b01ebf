"""The worklist: what waits for a worker, in the order in which a day begins."""
