"""Operations and their scopes as the OpenAPI document tells them; the table of the documentation.

`eoscperf-admin -c INI openapi | python -m eoscperf.testing.scopes` prints the table.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Mapping
from typing import Any

METHODS = ("get", "post", "put", "delete")

WHO = {
    "public": "everybody",
    "token": "anybody with a token",
    "user": "registered users",
    "owner": "the uploader",
    "admin": "administrators",
}


def scopes_of(operation: Mapping[str, Any]) -> list[str]:
    """The scopes one of which a limited token must have; none where nobody is asked who the caller is."""
    return [way["bearer"][0] for way in operation["security"] if way]


def filled(path: str, operation: Mapping[str, Any]) -> str:
    """A path about things that do not exist: whoever may not do it is not told so."""
    shapes = {one["name"]: one["schema"] for one in operation["parameters"] if one.get("in") == "path"}
    values = {"integer": "1", "string": str(uuid.uuid4())}
    return re.sub(r"\{(\w+)\}", lambda found: values[shapes[found[1]]["type"]], path)


def table(document: Mapping[str, Any]) -> list[str]:
    """One row of Markdown for each operation: what, who, scope."""
    rows = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                level, scopes = operation["x-level"], " or ".join(f"`{one}`" for one in scopes_of(operation))
                if level == "public":
                    scopes = f"none; {scopes} to see more" if scopes else "none"
                rows.append(f"| `{method.upper()} {path}` | {WHO[level]} | {scopes} |")
    return sorted(rows, key=lambda row: row.split(" ", 2)[2])


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(json.load(sys.stdin))) + "\n")
