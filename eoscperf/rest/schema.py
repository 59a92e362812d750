"""Strict colander nodes: what is sent must be what is meant, nothing is coerced, nothing is dropped.

Declared by small functions, so that a schema reads like the table of its operation. Lengths are
settings: a node names its limit and gets the number when the service is registered (`bind`).
"""

from __future__ import annotations

import datetime
import re
import unicodedata
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import colander

from eoscperf.errors import Issue
from eoscperf.jsontext import pointer

NULL = object()
"""An optional text field that was sent as `null` to be cleared."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DATETIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+\- ])(\d\d):(\d\d))", re.ASCII
)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


class Text(colander.SchemaType):
    """Unicode text without control characters (TAB and LF when `lines`), trimmed when `trim`."""

    def __init__(self, *, trim: bool = False, lines: bool = False, blank: bool = True) -> None:
        self.trim, self.lines, self.blank = trim, lines, blank

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if not isinstance(cstruct, str):
            raise colander.Invalid(node, "must be a text")
        value = cstruct.strip() if self.trim else cstruct
        fault = text_fault(value, lines=self.lines)
        if fault:
            raise colander.Invalid(node, fault)
        if not self.blank and not value.strip():
            raise colander.Invalid(node, "must not be blank")
        return value


def text_fault(value: str, *, lines: bool) -> str | None:
    """What is wrong with the characters of a text, if anything."""
    for character in value:
        if character in "\t\n" and lines:
            continue
        kind = unicodedata.category(character)
        if kind == "Cc":
            return f"must not hold the control character U+{ord(character):04X}"
        if kind == "Cs":
            return "must not hold half of a surrogate pair"
    return None


class Identifier(colander.SchemaType):
    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        try:
            return parse_identifier(cstruct)
        except ValueError as problem:
            raise colander.Invalid(node, str(problem)) from None


def parse_identifier(value: Any) -> uuid.UUID:
    """The UUID in its usual notation; ValueError says what may be."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("must be a UUID such as 3fa85f64-5717-4562-b3fc-2c963f66afa6")
    return uuid.UUID(value)


class Instant(colander.SchemaType):
    """A datetime with offset; with `dates` also a day, which means its first moment in UTC."""

    def __init__(self, *, dates: bool = False) -> None:
        self.dates = dates

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        try:
            return parse_instant(cstruct, dates=self.dates)
        except ValueError as problem:
            raise colander.Invalid(node, str(problem)) from None


def parse_instant(value: Any, *, dates: bool = False) -> datetime.datetime:
    """An aware UTC datetime from `YYYY-MM-DDThh:mm:ss[.f]` + `Z` or offset; ValueError says what may be."""
    allowed = "must be a datetime with offset such as 2024-05-01T12:30:00Z"
    if dates:
        allowed += " or a date such as 2024-05-01"
    if not isinstance(value, str):
        raise ValueError(allowed)
    day = _DATE.fullmatch(value) if dates else None
    found = _DATETIME.fullmatch(value)
    if not found and not day:
        raise ValueError(allowed)
    try:
        if day:
            year, month, of_month = map(int, day.groups())
            return datetime.datetime(year, month, of_month, tzinfo=datetime.UTC)
        assert found is not None  # noqa: S101
        micro = int((found[7] or "")[:6].ljust(6, "0"))
        offset = datetime.timedelta()
        if not found[8]:
            if int(found[10]) > 23 or int(found[11]) > 59:
                raise ValueError
            offset = datetime.timedelta(hours=int(found[10]), minutes=int(found[11]))
            # A "+" that was not escaped in a query string arrives as a blank.
            offset = -offset if found[9] == "-" else offset
        year, month, of_month, hour, minute, second = (int(found[i]) for i in range(1, 7))
        local = datetime.datetime(year, month, of_month, hour, minute, second, micro, datetime.UTC)
        return local - offset
    except (ValueError, OverflowError):
        raise ValueError(allowed + f"; {value[:40]!r} is no such moment") from None


class Whole(colander.SchemaType):
    """A whole number written in digits, for query strings."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if not isinstance(cstruct, str) or not re.fullmatch(r"[0-9]{1,19}", cstruct):
            raise colander.Invalid(node, getattr(node, "allowed", "must be a whole number"))
        return int(cstruct)


class Number(Whole):
    """A whole number, for bodies."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if not isinstance(cstruct, int) or isinstance(cstruct, bool):
            raise colander.Invalid(node, getattr(node, "allowed", "must be a whole number"))
        return int(cstruct)


class Flag(colander.SchemaType):
    """`true` or `false`, for query strings."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if cstruct not in ("true", "false"):
            raise colander.Invalid(node, "must be true or false")
        return cstruct == "true"


class JsonObject(colander.SchemaType):
    """A JSON object, taken as it is."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if not isinstance(cstruct, dict):
            raise colander.Invalid(node, "must be a JSON object")
        return cstruct


def _node(typ: Any, key: str, *children: Any, required: bool, **attributes: Any) -> colander.SchemaNode:
    if not required:
        attributes.setdefault("missing", colander.drop)
    return colander.SchemaNode(typ, *children, name=key, **attributes)


@colander.deferred
def _longest(node: Any, kw: dict[str, Any]) -> Any:
    most = kw["limits"][node.limit]
    return colander.Length(max=most, max_err=f"must be at most {most} characters long")


def name(key: str, limit: str = "name", *, required: bool = True, **attributes: Any) -> colander.SchemaNode:
    """A one-line name: trimmed, not blank."""
    return _node(
        Text(trim=True, blank=False), key, required=required, limit=limit, validator=_longest, **attributes
    )


def prose(
    key: str, limit: str = "description", *, required: bool = False, **attributes: Any
) -> colander.SchemaNode:
    """Free text of several lines; may be sent as null where it is optional."""
    return _node(
        Text(lines=True, blank=not required),
        key,
        required=required,
        limit=limit,
        validator=_longest,
        nullable=not required,
        **attributes,
    )


def web_address(key: str, *, required: bool = False, **attributes: Any) -> colander.SchemaNode:
    """An http(s) URL; may be sent as null where it is optional."""
    return _node(
        Text(trim=True, blank=False),
        key,
        required=required,
        limit="address",
        validator=_web_address_validator,
        nullable=not required,
        format="uri",
        **attributes,
    )


def _is_web_address(node: Any, value: str) -> None:
    try:
        parts = urlsplit(value)
        # A port that is none is noticed only when it is asked for.
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        good = good and not re.search(r"\s", value)
    except ValueError:
        good = False
    if not good:
        raise colander.Invalid(node, "must be an http or https address such as https://example.org/benchmark")


@colander.deferred
def _web_address_validator(node: Any, kw: dict[str, Any]) -> Any:
    return colander.All(_longest(node, kw), _is_web_address)


def exact(key: str, **attributes: Any) -> colander.SchemaNode:
    """Text to compare with, in a query string."""
    return _node(Text(lines=True), key, required=False, **attributes)


def name_like(key: str, limit: str, **attributes: Any) -> colander.SchemaNode:
    """Text to look for: not trimmed, bounded in length."""
    return _node(Text(lines=True), key, required=False, limit=limit, validator=_longest, **attributes)


def identifier(key: str, *, required: bool = True, **attributes: Any) -> colander.SchemaNode:
    return _node(Identifier(), key, required=required, **attributes)


def instant(
    key: str, *, required: bool = True, dates: bool = False, **attributes: Any
) -> colander.SchemaNode:
    return _node(Instant(dates=dates), key, required=required, **attributes)


def whole(
    key: str, least: int, most: int, *, default: int | None, body: bool = False, **attributes: Any
) -> colander.SchemaNode:
    """A whole number, in a query string or in a `body`."""
    # What has no limit of its own still has to be a number that a database can hold.
    unlimited = f"must be a whole number of at least {least} with at most 19 digits"
    allowed = f"must be {least}..{most}" if most < 2**62 else unlimited
    return _node(
        Number() if body else Whole(),
        key,
        required=False,
        missing=default,
        allowed=allowed,
        validator=colander.Range(least, most, min_err=allowed, max_err=allowed),
        **attributes,
    )


def flag(key: str, *, default: bool, **attributes: Any) -> colander.SchemaNode:
    return _node(Flag(), key, required=False, missing=default, **attributes)


def choice(key: str, *allowed: str, required: bool = False, **attributes: Any) -> colander.SchemaNode:
    def validator(node: Any, value: str) -> None:
        if value not in allowed:
            raise colander.Invalid(node, "must be one of " + ", ".join(allowed))

    return _node(Text(), key, required=required, validator=validator, allowed=allowed, **attributes)


def json_object(key: str, *, required: bool = True, **attributes: Any) -> colander.SchemaNode:
    return _node(JsonObject(), key, required=required, **attributes)


def several(
    item: colander.SchemaNode,
    *,
    limit: str | None = None,
    most: int | None = None,
    required: bool = False,
    skip_empty: bool = False,
    **attributes: Any,
) -> colander.SchemaNode:
    """A list: repeated keys in a query string, an array in a body. `limit` names its longest length.

    `skip_empty` drops empty texts, as search terms do.
    """
    return _node(
        _Several(skip_empty=skip_empty),
        item.name,
        item,
        required=required,
        is_list=True,
        limit=limit,
        most=most,
        validator=_most_items,
        **attributes,
    )


class _Several(colander.SchemaType):
    def __init__(self, *, skip_empty: bool) -> None:
        self.skip_empty = skip_empty

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null:
            return colander.null
        if not isinstance(cstruct, list):
            raise colander.Invalid(node, "must be a list")
        invalid = None
        values = []
        for number, one in enumerate(cstruct):
            if self.skip_empty and one == "":
                continue
            try:
                values.append(node.children[0].deserialize(one))
            except colander.Invalid as problem:
                invalid = invalid or colander.Invalid(node)
                invalid.add(problem, number)
        if invalid is not None:
            raise invalid
        return values


@colander.deferred
def _most_items(node: Any, kw: dict[str, Any]) -> Any:
    most = node.most if node.most is not None else kw["limits"].get(node.limit) if node.limit else None
    if most is None:
        return None
    return colander.Length(max=most, max_err=f"must hold at most {most} items")


class Fields(colander.SchemaType):
    """A mapping whose unknown members are errors; `null` clears what is nullable.

    A member's `among` is asked what is wrong with it beside the others, those that are good by themselves.
    """

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if not isinstance(cstruct, dict):
            raise colander.Invalid(node, "must be a JSON object")
        known = {child.name for child in node.children}
        invalid = colander.Invalid(node)
        unknown = [key for key in cstruct if key not in known]
        if unknown:
            invalid.unknown = (unknown, sorted(known))
        values = {}
        for number, child in enumerate(node.children):
            given = cstruct.get(child.name, colander.null)
            if given is None and getattr(child, "nullable", False):
                values[child.name] = NULL
                continue
            try:
                value = child.deserialize(given)
            except colander.Invalid as problem:
                if given is colander.null:
                    problem.msg = "is required"
                invalid.add(problem, number)
            else:
                if value is not colander.drop:
                    values[child.name] = value
        for number, child in enumerate(node.children):
            fault = child.among(values) if child.name in values and hasattr(child, "among") else None
            if fault:
                invalid.add(colander.Invalid(child, fault), number)
        if unknown or invalid.children:
            raise invalid
        return values


def fields(*nodes: colander.SchemaNode) -> colander.SchemaNode:
    """The schema of a query string or of a body."""
    return colander.SchemaNode(Fields(), *nodes)


def extended(base: colander.SchemaNode, *nodes: colander.SchemaNode) -> colander.SchemaNode:
    """A schema with further fields."""
    return fields(*(node.clone() for node in base.children), *nodes)


def issues_of(problem: colander.Invalid, location: str, prefix: tuple[str | int, ...] = ()) -> list[Issue]:
    """Everything an Invalid tree says, flat; with pointers when it is about a body."""
    issues: list[Issue] = []
    _collect(problem, location, prefix, issues)
    return issues


def _collect(
    problem: colander.Invalid, location: str, parts: tuple[str | int, ...], issues: list[Issue]
) -> None:
    body = location == "body"
    unknown, allowed = getattr(problem, "unknown", ((), ()))
    for key in unknown:
        where = (*parts, key)
        shown = f"is not a member of this object; allowed: {', '.join(allowed) or 'none'}"
        issues.append(Issue(shown, location, _dotted(where), pointer(where) if body else None))
    messages: Iterable[Any] = problem.messages() if problem.msg else ()
    for message in messages:
        issues.append(Issue(_text(message), location, _dotted(parts), pointer(parts) if body else None))
    for child in problem.children:
        is_item = getattr(problem.node, "is_list", False)
        # The items of a repeated query key have one name.
        step: tuple[str | int, ...] = ((child.pos,) if body else ()) if is_item else (child.node.name,)
        _collect(child, location, parts + step, issues)


def _dotted(parts: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in parts)


def _text(message: Any) -> str:
    return message.interpolate() if hasattr(message, "interpolate") else str(message)


def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """What a POST takes from the fields: `null` means not given."""
    return {key: value for key, value in values.items() if value is not NULL}


def message_of(values: dict[str, Any]) -> str | None:
    """What a caller says with a decision, among the checked query or fields; null and nothing are alike."""
    return without_nulls(values).get("message") or None


def nulls_cleared(values: dict[str, Any]) -> dict[str, Any]:
    """What a PUT takes from the fields: `null` clears."""
    return {key: None if value is NULL else value for key, value in values.items()}
