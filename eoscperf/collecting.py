"""Less work for Python's collector of cycles, which would otherwise take a quarter of the time of a batch."""

from __future__ import annotations

import gc

CONTAINERS = 20_000
"""New objects after which the collector looks at them."""


def settle() -> None:
    """Count what there is as there for good, and look at new objects less often.

    For a process that serves for a long time, when it has everything that it needs. By itself the collector
    looks at all modules, classes and routes again whenever a quarter as many objects have come, and at new
    objects after 700 of them: a batch of a thousand results makes many times as many.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(CONTAINERS, 10, 10)
