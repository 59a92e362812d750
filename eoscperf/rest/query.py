"""Query strings, read strictly: every key is known, every scalar has one value."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from eoscperf.errors import Issue


def pairs(query_string: str) -> list[tuple[str, str]]:
    """The key-value pairs in order; `[]` at the end of a key is dropped, empty values are kept.

    Escapes and UTF-8 have been checked by the outermost tween.
    """
    found = []
    for part in query_string.split("&"):
        if not part:
            continue
        key, _, value = part.partition("=")
        key = unquote_plus(_utf8(key), errors="strict")
        found.append((key.removesuffix("[]"), unquote_plus(_utf8(value), errors="strict")))
    return found


def _utf8(text: str) -> str:
    """WSGI hands over bytes as Latin-1 text."""
    return text.encode("latin-1").decode("utf-8")


def read(query_string: str, schema: Any) -> tuple[dict[str, Any], list[Issue]]:
    """Raw values by key, lists for sequence nodes, and what is wrong with the keys."""
    nodes = {node.name: node for node in schema.children} if schema is not None else {}
    values: dict[str, Any] = {}
    issues: list[Issue] = []
    unknown: dict[str, None] = {}
    for key, value in pairs(query_string):
        node = nodes.get(key)
        if node is None:
            unknown[key] = None
        elif "\x00" in value:
            issues.append(Issue("must not hold a NUL character", "query", key))
        elif getattr(node, "is_list", False):
            values.setdefault(key, []).append(value)
        elif values.setdefault(key, value) != value:
            issues.append(Issue("is given more than once with different values", "query", key))
    if unknown:
        allowed = ", ".join(sorted(nodes)) if nodes else "none"
        issues.extend(
            Issue(f"is not a parameter of this operation; allowed: {allowed}", "query", key)
            for key in unknown
        )
    for key in list(values):
        if values[key] == "" and getattr(nodes[key], "empty_is_absent", False):
            del values[key]
    return values, issues
