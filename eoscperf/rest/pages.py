"""Lists over HTTP: the parameters every list takes, the page as JSON, Link headers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import colander

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.listing import (
    BadCursor,
    BadSort,
    CursorBinding,
    Page,
    PageRequest,
    SortFields,
    SortKey,
    parse_sort,
)
from eoscperf.rest import query, schema

POSITION = ("page", "per_page", "total", "cursor")
"""Parameters that choose a place in a list; all the others choose the list."""

LONGEST_LINKS = 32 * 1024
"""Characters in Link. A query of many ids, repeated in every relation, makes a header that clients
refuse to read; without it the numbers and the cursor in the body still lead on."""

_NOTHING_WHEN_EMPTY = ("terms", "sort_by")

LARGEST_OFFSET = 2**63 - 1


def page_parameters(fields: SortFields | None = None) -> tuple[colander.SchemaNode, ...]:
    """`page`, `per_page`, `total`, `cursor` and `sort_by`, fresh nodes for one schema.

    With `fields` a wrong order is reported along with everything else that is wrong with the query.
    """

    def sortable(node: colander.SchemaNode, text: str) -> None:
        if fields is None:
            return
        try:
            parse_sort(text, fields)
        except BadSort as problem:
            raise colander.Invalid(node, str(problem)) from None

    allowed = f" ({', '.join(fields.allowed)}; default {fields.default})" if fields else ""
    return (
        schema.whole(
            "page",
            1,
            LARGEST_OFFSET,
            default=None,
            title="Page number, from 1",
            documented_default=1,
            among=_place_fault,
        ),
        schema.whole("per_page", 1, 100, default=100, title="Rows per page"),
        schema.flag("total", default=True, title="Whether to count the rows"),
        schema.exact(
            "cursor",
            title="Opens (empty) or continues cursor mode; the next cursor is in the answer",
        ),
        schema.exact(
            "sort_by",
            empty_is_absent=True,
            title="Fields to sort by: +field or -field, comma-separated" + allowed,
            validator=sortable,
        ),
    )


def _place_fault(asked: dict[str, Any]) -> str | None:
    """What is wrong with the page among the parameters that are good by themselves."""
    page = asked.get("page")
    if page is None:
        return None
    if asked.get("cursor") is not None:
        return "cannot be combined with cursor"
    # The page alone may lead too far already.
    return "is too large" if (page - 1) * asked.get("per_page", 1) > LARGEST_OFFSET else None


def upload_period() -> tuple[colander.SchemaNode, ...]:
    """`upload_before` and `upload_after`."""
    return (
        schema.instant("upload_before", required=False, dates=True, title="Uploaded strictly earlier"),
        schema.instant("upload_after", required=False, dates=True, title="Uploaded strictly later"),
    )


def terms_parameter() -> colander.SchemaNode:
    return schema.several(
        schema.name_like("terms", "term"), limit="terms", skip_empty=True, title="Words that all must occur"
    )


def page_request(request: Any) -> PageRequest:
    """Where in the list, from the checked query."""
    asked = request.query
    return PageRequest(
        page=asked.get("page") or 1,
        per_page=asked["per_page"],
        total=asked["total"],
        cursor=asked.get("cursor"),
    )


def sort_keys(request: Any, fields: SortFields) -> list[SortKey]:
    """The order asked for, or the list's default; 422 names the allowed fields."""
    try:
        return parse_sort(request.query.get("sort_by"), fields)
    except BadSort as problem:
        raise errors.Invalid([Issue(str(problem), "query", "sort_by")]) from None


def cursor_binding(request: Any) -> CursorBinding:
    """Ties cursors to this list: path, filters and sort, however often and in which order they are given."""
    pairs = {
        (key, value)
        for key, value in query.pairs(request.environ.get("QUERY_STRING", ""))
        if key not in POSITION and (value or key not in _NOTHING_WHEN_EMPTY)
    }
    scope = hashlib.sha256(repr((request.path, sorted(pairs))).encode()).hexdigest()
    return CursorBinding(secret=request.registry.settings["secret"], scope=scope)


def answer_page(
    request: Any, find: Callable[[PageRequest, CursorBinding], Page], present: Callable[[Any], Any]
) -> dict[str, Any]:
    """The body of a list and its Link header; `find` runs the query, `present` shapes one item."""
    asked = page_request(request)
    # Cursors alone are tied to something.
    secret = request.registry.settings["secret"]
    binding = CursorBinding(secret, "") if asked.cursor is None else cursor_binding(request)
    try:
        page = find(asked, binding)
    except BadCursor as problem:
        raise errors.Invalid([Issue(str(problem), "query", "cursor")]) from None
    links = _links(request, asked, page)
    if len(links) <= LONGEST_LINKS:
        request.response.headers["Link"] = links
    request.items_digest = page.digest
    return page_body(page, [present(item) for item in page.items], cursor_mode=asked.cursor is not None)


def page_body(page: Page, items: list[Any], *, cursor_mode: bool = False) -> dict[str, Any]:
    """The nine members of a page, and `next_cursor` in cursor mode."""
    body = {
        "has_next": page.has_next,
        "has_prev": page.has_prev,
        "items": items,
        "next_num": page.next_num,
        "page": page.page,
        "pages": page.pages,
        "per_page": page.per_page,
        "prev_num": page.prev_num,
        "total": page.total,
    }
    if cursor_mode:
        body["next_cursor"] = page.next_cursor
    return body


def _links(request: Any, asked: PageRequest, page: Page) -> str:
    pairs = query.pairs(request.environ.get("QUERY_STRING", ""))
    kept = [pair for pair in pairs if pair[0] not in ("page", "cursor")]
    base = absolute(request, quote(request.path_info, safe="/:@!$&'()*+,;=-._~"))

    before = urlencode(kept) + "&" if kept else ""

    def link(relation: str, key: str, value: Any) -> str:
        # Numbers and cursors need no escapes.
        return f'<{base}?{before}{key}={value}>; rel="{relation}"'

    if asked.cursor is not None:
        links = [link("first", "cursor", "")]
        if page.next_cursor:
            links.append(link("next", "cursor", page.next_cursor))
        return ", ".join(links)
    links = [link("first", "page", 1)]
    if page.prev_num is not None:
        links.append(link("prev", "page", page.prev_num))
    if page.next_num is not None:
        links.append(link("next", "page", page.next_num))
    if page.pages:
        links.append(link("last", "page", page.pages))
    return ", ".join(links)


def absolute(request: Any, path: str) -> str:
    """An absolute address under the setting `public_url`, or under the address of this request."""
    return (request.registry.settings["public_url"] or request.host_url) + path


def location(request: Any, route: str, **ids: Any) -> str:
    """The absolute address of an object, for the Location header."""
    return absolute(request, request.route_path(route, **{key: str(value) for key, value in ids.items()}))
