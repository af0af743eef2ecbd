"""Bulk work without the cyclic garbage collector, which would look through every live event again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting() -> Iterator[None]:
    """Keep the collector off for the length of a batch: events, rows and folds make no cycles, and go by themselves."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
