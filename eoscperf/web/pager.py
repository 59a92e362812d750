"""The pager under a list: first, previous, numbers, next, last, each a complete address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eoscperf.listing import Page
from eoscperf.web.urls import PER_PAGE, Address

AROUND = 2
"""Numbers shown on each side of the present page."""


@dataclass(frozen=True, slots=True)
class Step:
    """One number of a pager; without an address it is the present page, without a number a gap."""

    number: int | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    total: int
    start: int
    """number of the first row on this page, 0 when there is none"""
    end: int
    page: int
    pages: int
    steps: tuple[Step, ...]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    per_page: int
    sizes: tuple[Step, ...]
    """other numbers of rows, and the present one"""


def pager(address: Address, page: Page[Any]) -> Pager:
    """The pager of a page of a list; redirects from a page past the end to the last one."""
    address.within(page)
    number, pages, total = page.page or 1, max(1, page.pages or 1), page.total or 0
    start = (number - 1) * page.per_page + 1 if page.items else 0

    def to(other: int) -> str | None:
        return address.with_(page=other) if 1 <= other <= pages and other != number else None

    return Pager(
        total=total,
        start=start,
        end=start + len(page.items) - 1 if page.items else 0,
        page=number,
        pages=pages,
        steps=tuple(Step(one, to(one) if one else None) for one in _numbers(number, pages)),
        first=to(1),
        previous=to(number - 1),
        next=to(number + 1),
        last=to(pages),
        per_page=page.per_page,
        sizes=tuple(
            Step(size, None if size == page.per_page else address.with_(per_page=size))
            for size in sorted({*PER_PAGE, page.per_page})
        ),
    )


def _numbers(now: int, pages: int) -> list[int | None]:
    """The numbers around the present page and at both ends; None where some are left out."""
    shown = {1, pages, *range(max(1, now - AROUND), min(pages, now + AROUND) + 1)}
    numbers: list[int | None] = []
    before = 0
    for number in sorted(shown):
        if number == before + 2:
            numbers.append(number - 1)
        elif number > before + 1:
            numbers.append(None)
        numbers.append(number)
        before = number
    return numbers
