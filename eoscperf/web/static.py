"""Static files: kept by browsers for a year, under an address that changes whenever one of them does."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from pyramid.static import QueryStringConstantCacheBuster

FOLDER = Path(__file__).parent.parent / "static"

YEAR = 365 * 24 * 3600


def fingerprint() -> str:
    """Changes when a file that is ours changes; vendored ones carry their version in their path."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.*")):
        name = path.relative_to(FOLDER).as_posix()
        if not name.startswith("vendor/"):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def includeme(config: Any) -> None:
    # Older Pythons and some systems call scripts application/*, which comes without a charset.
    mimetypes.add_type("text/javascript", ".js")
    config.add_static_view("static", "eoscperf:static", cache_max_age=YEAR)
    config.add_cache_buster("eoscperf:static", QueryStringConstantCacheBuster(fingerprint(), param="v"))
