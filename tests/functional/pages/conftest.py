"""Pages as a browser without scripts asks for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import webtest

from eoscperf.testing.api import ApiClient

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

_INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=|javascript:", re.I
)
_LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=\"([^\"]*)\"|<link\b[^>]*\bhref=\"([^\"]*)\""
)


class Pages:
    """Opens pages and holds each against what every page has to be."""

    def __init__(self, api: ApiClient) -> None:
        self.app: webtest.TestApp = api.app
        self.api = api

    def get(self, path: str, *, as_: Any = None, status: int | None = None, **headers: str) -> Any:
        sent = HTML | {name.replace("_", "-"): value for name, value in headers.items()}
        if as_ is not None:
            sent["Authorization"] = f"Bearer {self.api.token(as_)}"
        answer = self.app.get(path, headers=sent, status=status)
        if answer.content_type == "text/html" and answer.status_int not in (301, 302, 303):
            self.check(answer)
        return answer

    def check(self, answer: Any) -> None:
        """One heading, a title, nothing inline, nothing from elsewhere, a strict policy."""
        text = answer.text
        assert len(re.findall(r"<h1\b", text)) == 1
        assert re.search(r"<title>[^<]+ · [^<]+</title>", text)
        assert _INLINE.search(text) is None
        loaded = [one or other for one, other in _LOADED.findall(text)]
        assert loaded
        assert {urlsplit(url).netloc for url in loaded} == {""}
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert len(re.findall(r'\sid="([^"]+)"', text)) == len(set(re.findall(r'\sid="([^"]+)"', text)))


@pytest.fixture
def pages(api: ApiClient) -> Pages:
    api.app.reset()
    return Pages(api)


@pytest.fixture
def cost(statements: list[str]) -> Callable[[Callable[[], Any]], int]:
    """How many statements a request takes; what the first one has to learn once does not count."""

    def cost(ask: Callable[[], Any]) -> int:
        ask()
        statements.clear()
        ask()
        return len(statements)

    return cost
