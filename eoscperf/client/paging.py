"""Lists: a page at a time, or everything by cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from eoscperf.client.connection import Connection
from eoscperf.client.errors import UnexpectedAnswer

T = TypeVar("T")

PER_PAGE = 100


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list; iterating over it gives its items.

    In cursor mode the page numbers are None; with `total=False` so are `total` and `pages`.
    """

    items: list[T]
    total: int | None
    page: int | None
    pages: int | None
    per_page: int
    has_next: bool
    has_prev: bool
    next_num: int | None
    prev_num: int | None
    next_cursor: str | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def read(cls, body: Any) -> Page[T]:
        """From the JSON of an answer; members that are not known here are left out."""
        try:
            given = {one.name: body[one.name] for one in fields(cls) if one.name != "next_cursor"}
            return cls(**given, next_cursor=body.get("next_cursor"))
        except (KeyError, TypeError, AttributeError):
            raise UnexpectedAnswer("The server did not answer a page of a list") from None


def page(connection: Connection, path: str, query: Mapping[str, Any]) -> Page[Any]:
    return Page.read(connection.json("GET", path, query=query))


def everything(connection: Connection, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
    """All items of a list, fetched page by page while they are taken.

    By cursor, so that items that are added or removed meanwhile shift nothing.
    """
    asked = {"per_page": PER_PAGE, "total": False} | dict(query) | {"cursor": ""}
    while True:
        found: Page[Any] = page(connection, path, asked)
        yield from found.items
        if not found.next_cursor:
            return
        asked["cursor"] = found.next_cursor


def listed(path: str, terms: str | list[str] | tuple[str, ...] | None) -> tuple[str, dict[str, Any]]:
    """Path and first parameters of a list, or of the search of the same if there are words to look for."""
    if terms is None:
        return path, {}
    return f"{path}:search", {"terms": [terms] if isinstance(terms, str) else list(terms)}


def segment(value: object) -> str:
    """A value as one segment of a path, whatever it holds."""
    return quote(str(value), safe="")
