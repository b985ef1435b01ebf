"""How often the garbage collector looks for circles, in processes that run for long."""

import gc

OBJECTS = 20_000
"""So many new objects before it looks through the young ones; Python's own number is made for
programs that end soon."""


def collect_less_often() -> None:
    """Call it when all stands that stays until the end of the process: that is not looked through
    again. Some thousand objects of each request had the collector go through all the tables,
    routes and models every few requests, which took a third of the processor's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 20, 100)
