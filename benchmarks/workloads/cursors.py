"""The same list by cursor: at its start, in the middle, near its end."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from benchmarks.client.requests import path
from benchmarks.workloads.setting import Setting, measure_read

MOST = 150
"""Cursors of one place in the list."""


def measure(setting: Setting) -> None:
    """Walk through the whole list once, then ask again for pages of three places."""
    cursors = walk(setting)
    number = min(MOST, max(1, len(cursors) // 5))
    middle = len(cursors) // 2
    places = {
        "cursor, first pages": cursors[:number],
        "cursor, in the middle": cursors[middle : middle + number],
        # The very last page is not full.
        "cursor, near the end": cursors[-number - 1 : -1],
    }
    for name, some in places.items():
        measure_read(setting, name, _spelled(some), repeated=False)


def walk(setting: Setting) -> list[str]:
    """All cursors of the list, from the empty one on."""
    cursors = [""]
    worker = setting.workers[0]
    while True:
        status, body = worker.get(_page(cursors[-1], (("per_page", 100),)))
        assert status == 200, body[:500]
        following = json.loads(body)["next_cursor"]
        if following is None:
            return cursors
        cursors.append(following)


def _spelled(cursors: Sequence[str]) -> list[str]:
    """Each page in two spellings, so that less of it is remembered."""
    return [_page(cursor, more) for more, cursor in itertools.product(((("per_page", 100),), ()), cursors)]


def _page(cursor: str, more: Sequence[tuple[str, object]]) -> str:
    query = [("sort_by", "-execution_datetime"), ("total", "false"), *more, ("cursor", cursor)]
    return path("/results", query)
