"""The query string as the only state of what a page shows: read, put into one form, changed in links.

Each page declares its keys once, in their order. What is empty, a default or unknown is left out, so that
one view has one address; a form sent by GET is redirected to that address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import colander
from pyramid.httpexceptions import HTTPFound

from eoscperf.errors import DomainError
from eoscperf.listing import (
    BadSort,
    CursorBinding,
    Page,
    PageRequest,
    SortFields,
    SortKey,
    parse_sort,
)
from eoscperf.rest import query, schema
from eoscperf.web.forms import sentence_about

Pairs = tuple[tuple[str, str], ...]

PER_PAGE = (10, 20, 50, 100)
"""Rows per page that a list offers."""

SAFE = "/:,@"
"""What stays readable in addresses beside letters and digits."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a request for a page asks: its path, the pairs of its query in one form, the checked values."""

    path: str
    pairs: Pairs
    order: tuple[str, ...]
    """the keys of the page in the order in which they stand in addresses"""
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    """sentences by key; while there are any, the page shows no rows"""
    defaults: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def url(self) -> str:
        """This view itself."""
        return self._url(self.pairs)

    def __getitem__(self, key: str) -> str:
        """The text of a key, as it is shown in a field: that of its default where it is absent."""
        found = self.all(key)
        return " ".join(found) if found else self.defaults.get(key, "")

    def all(self, key: str) -> list[str]:
        """Every text of a key."""
        return [text for name, text in self.pairs if name == key]

    def has(self, key: str, value: Any = None) -> bool:
        return any(name == key and value in (None, text) for name, text in self.pairs)

    def with_(self, **changes: Any) -> str:
        """The address with other values: a text, a list of texts, or None for none.

        Every change but one of `page` itself leads to the first page.
        """
        changes = {key: _texts(value) for key, value in changes.items()}
        if "page" not in changes:
            changes["page"] = []
        kept = [pair for pair in self.pairs if pair[0] not in changes]
        added = [(key, text) for key, texts in changes.items() for text in texts]
        return self._url([pair for pair in (*kept, *added) if self.defaults.get(pair[0]) != pair[1]])

    def adding(self, key: str, value: Any) -> str:
        """The address with one more value of a key that may have several."""
        return self.with_(**{key: [*self.all(key), str(value)]})

    def without(self, key: str, value: Any = None) -> str:
        """The address without a key, or without one of its values."""
        left = [] if value is None else [text for text in self.all(key) if text != str(value)]
        return self.with_(**{key: left})

    def only(self, *keys: str) -> str:
        """The address with nothing but these keys."""
        return self._url([pair for pair in self.pairs if pair[0] in keys])

    def others(self, *keys: str) -> Pairs:
        """The pairs without these keys and the page: hidden fields of a form that asks for these keys."""
        return tuple(pair for pair in self.pairs if pair[0] not in (*keys, "page"))

    def page_request(self) -> PageRequest:
        return PageRequest(page=self.values["page"], per_page=self.values["per_page"])

    def refused(self, problem: DomainError) -> Address:
        """The same with what a service found wrong."""
        faults = {key: list(found) for key, found in self.errors.items()}
        for issue in getattr(problem, "issues", None) or [problem]:
            name = getattr(issue, "name", "").partition("[")[0]
            faults.setdefault(name if name in self.order else "", []).append(
                sentence_about(name, issue.detail)
            )
        return Address(self.path, self.pairs, self.order, self.values, faults, self.defaults)

    def within(self, page: Page[Any]) -> None:
        """A page past the end leads to the last one (302)."""
        if page.page is not None and page.pages is not None and page.page > max(1, page.pages):
            raise HTTPFound(location=self.with_(page=max(1, page.pages)))

    def _url(self, pairs: Iterable[tuple[str, str]]) -> str:
        ordered = sorted(pairs, key=lambda pair: self.order.index(pair[0]))
        return self.path + ("?" + urlencode(ordered, safe=SAFE) if ordered else "")


class PageQuery:
    """The keys that a page knows, as nodes of `eoscperf.rest.schema` in their order.

    A node's `default_text` is what its absence means. With `words` one field holds several values,
    separated by blanks.
    """

    def __init__(self, *nodes: colander.SchemaNode) -> None:
        self._schema = schema.fields(*nodes)
        self._order = tuple(node.name for node in self._schema.children)
        self._defaults = {
            node.name: node.default_text for node in self._schema.children if hasattr(node, "default_text")
        }

    def read(self, request: Any) -> Address:
        """What is asked; a GET whose query is not in its one form is redirected (302)."""
        given = query.pairs(request.environ.get("QUERY_STRING", ""))
        pairs, _, faults = self._sorted(given)
        if tuple(given) != pairs and request.method in ("GET", "HEAD") and not faults:
            raise HTTPFound(location=Address(request.path, pairs, self._order).url)
        # With the prefix that the application is mounted at, so that a link leads back here.
        return self.check(request.path, given, request.registry.settings)

    def check(self, path: str, given: Iterable[tuple[str, str]], settings: Mapping[str, Any]) -> Address:
        """What these pairs ask of the page at a path, in whatever form they are."""
        pairs, raw, faults = self._sorted(given)
        limits = {
            key.removeprefix("limits."): value for key, value in settings.items() if key.startswith("limits.")
        }
        labels = {node.name: node.title for node in self._schema.children}
        try:
            values = self._schema.bind(limits=limits).deserialize(raw)
        except colander.Invalid as problem:
            values = {}
            for issue in schema.issues_of(problem, "query"):
                name = issue.name.partition("[")[0]
                faults.setdefault(name, []).append(sentence_about(labels[name], issue.detail))
        return Address(path, pairs, self._order, {} if faults else values, faults, self._defaults)

    def _sorted(self, given: Iterable[tuple[str, str]]) -> tuple[Pairs, dict[str, Any], dict[str, list[str]]]:
        """The pairs in their one form, the same by key for the schema, and what is wrong with keys."""
        texts: dict[str, list[str]] = {name: [] for name in self._order}
        nodes = {node.name: node for node in self._schema.children}
        for key, text in given:
            if key not in nodes:
                continue
            parts = text.split() if getattr(nodes[key], "words", False) else [text.strip()]
            texts[key] = list(dict.fromkeys([*texts[key], *filter(None, parts)]))
        faults: dict[str, list[str]] = {}
        raw: dict[str, Any] = {}
        pairs: list[tuple[str, str]] = []
        for key, found in texts.items():
            is_list = getattr(nodes[key], "is_list", False)
            if not is_list and len(found) > 1:
                faults[key] = [
                    sentence_about(nodes[key].title, "is given more than once with different values")
                ]
            if not is_list:
                found = [text for text in found if text != self._defaults.get(key)]
            pairs += [(key, text) for text in found]
            if found:
                raw[key] = found if is_list else found[0]
        return tuple(pairs), raw, faults


def paging(*, per_page: int = 20) -> tuple[colander.SchemaNode, ...]:
    """`page` and `per_page`."""
    return (
        schema.whole("page", 1, 10**12, default=1, default_text="1", title="Page"),
        schema.whole(
            "per_page",
            1,
            100,
            default=per_page,
            default_text=str(per_page),
            title="Rows",
        ),
    )


def sorting(fields: SortFields) -> colander.SchemaNode:
    """`sort_by`: one field of the list, with + or - before it."""

    def sortable(node: Any, text: str) -> None:
        try:
            parse_sort(text, fields)
        except BadSort as problem:
            raise colander.Invalid(node, str(problem)) from None

    return schema.exact("sort_by", default_text=fields.default, title="Order", validator=sortable)


def words() -> colander.SchemaNode:
    """`terms`: one field, blanks separate words that all must occur."""
    return schema.several(
        schema.name_like("terms", "term", title="Words"),
        limit="terms",
        skip_empty=True,
        words=True,
        title="Words",
    )


def sort_keys(address: Address, fields: SortFields) -> list[SortKey]:
    return parse_sort(address.values.get("sort_by"), fields)


def unbound(request: Any) -> CursorBinding:
    """For lists that are read by page number only."""
    return CursorBinding(secret=request.registry.settings["secret"], scope=request.path)


@dataclass(frozen=True, slots=True)
class SortLink:
    """A heading that sorts: where it leads, and what the list is sorted by now."""

    url: str
    aria_sort: str | None
    """ascending, descending, or None if the list is not sorted by this"""
    hint: str


def sort_link(address: Address, name: str) -> SortLink:
    """Ascending first, then descending, then the list's own order."""
    now = address["sort_by"]
    if now == f"+{name}":
        return SortLink(address.with_(sort_by=f"-{name}"), "ascending", "sort descending")
    if now == f"-{name}":
        back = None if address.has("sort_by") else f"+{name}"
        return SortLink(address.with_(sort_by=back), "descending", "usual order" if back is None else "sort")
    return SortLink(address.with_(sort_by=f"+{name}"), None, "sort ascending")


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value if one is not None]
    return [str(value)]
