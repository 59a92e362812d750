"""Examples of operations: shown in the OpenAPI document, and replayed by the tests.

An operation carries them as plain data:

    examples=[{"summary": "One site", "path": {"site_id": "$site"}, "as": None, "status": 200}]

| member | meaning |
|---|---|
| summary | what the example shows; required |
| path, query, headers | values by name; a list repeats a query key |
| body | the JSON that is sent; a text goes as it is, in the operation's textual media type |
| as | "admin", "user", "owner" (of the named object), "stranger" (not registered); absent: no token |
| status | what is answered; required |
| answer | members that the answer has |

`"$site"`, `"$site_on_review"`, `"$result"`, `"$user_sub"` ... stand for objects of a small data set.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\$[a-z][a-z0-9_]*")
_NAMESPACE = uuid.UUID("5f0cbb1e-5a5c-4b6e-9a0e-2d8b7a2f6c11")
_SAMPLES = {
    "user_sub": "e9c37aa0d1cf14c56e560f9f9915da67",
    "user_iss": "https://aai.example.org",
    "user_email": "ann@example.org",
    "entry": "17",
}


def filled(value: Any, resolve: Callable[[str], Any]) -> Any:
    """A copy with every placeholder replaced by what `resolve(name)` says."""
    if isinstance(value, str):
        return resolve(value[1:]) if _PLACEHOLDER.fullmatch(value) else value
    if isinstance(value, Mapping):
        return {key: filled(member, resolve) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [filled(member, resolve) for member in value]
    return value


def sample(name: str) -> str:
    """What stands for a placeholder in the document: always the same, never a real object."""
    found = _SAMPLES.get(name)
    if found is None and name.startswith("entry"):
        found = _SAMPLES["entry"]
    return found or str(uuid.uuid5(_NAMESPACE, name))


def shown(example: Mapping[str, Any]) -> dict[str, Any]:
    """An example with sample values, for the document."""
    return filled(dict(example), sample)


def named(examples: Any) -> dict[str, dict[str, Any]]:
    """The examples of an operation by a short name, as the document wants them."""
    found: dict[str, dict[str, Any]] = {}
    for example in examples:
        base = re.sub(r"[^a-z0-9]+", "-", example["summary"].lower()).strip("-")[:60] or "example"
        name, number = base, 2
        while name in found:
            name, number = f"{base}-{number}", number + 1
        found[name] = shown(example)
    return found
