"""Notices: said once, on the next page that is shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from webob import Request, Response

from eoscperf.web.notices import Notice, Notices


class Browser:
    """Keeps the one cookie between requests."""

    def __init__(self, secret: bytes = b"a secret for tests") -> None:
        self.secret = secret
        self.cookie: str | None = None

    def ask(self, *added: tuple[str, str], shows: bool) -> list[Notice]:
        request: Any = Request.blank("/")
        if self.cookie:
            request.headers["Cookie"] = f"notices={self.cookie}"
        request.registry = SimpleNamespace(settings={"secret": self.secret})
        callbacks: list[Any] = []
        request.add_response_callback = callbacks.append
        notices = Notices(request)
        for kind, text in added:
            notices.add(kind, text)  # type: ignore[arg-type]
        taken = notices.take() if shows else []
        response = Response()
        for callback in callbacks:
            callback(request, response)
        for header in response.headers.getall("Set-Cookie"):
            self.cookie = header.partition("=")[2].partition(";")[0]
        return taken


def test_what_is_added_before_a_redirect_is_said_once():
    browser = Browser()
    browser.ask(("success", "Saved: ä <b>"), shows=False)
    assert browser.ask(shows=True) == [Notice("success", "Saved: ä <b>")]
    assert browser.ask(shows=True) == []


def test_it_waits_for_a_page_that_shows_it():
    browser = Browser()
    browser.ask(("info", "one"), shows=False)
    browser.ask(("info", "two"), shows=False)
    assert [one.text for one in browser.ask(shows=True)] == ["one", "two"]


def test_on_the_same_page_it_is_said_at_once():
    browser = Browser()
    assert browser.ask(("warning", "now"), shows=True) == [Notice("warning", "now")]
    assert browser.ask(shows=True) == []


def test_a_cookie_that_was_made_up_says_nothing():
    browser = Browser()
    browser.ask(("success", "Saved"), shows=False)
    assert browser.cookie
    for cookie in ("x", browser.cookie[:-2], browser.cookie.swapcase()):
        other = Browser()
        other.cookie = cookie
        assert other.ask(shows=True) == []
    stranger = Browser(b"another secret here")
    stranger.cookie = browser.cookie
    assert stranger.ask(shows=True) == []


def test_only_known_kinds_are_taken():
    with pytest.raises(ValueError, match="success, info, warning, error"):
        Browser().ask(("loud", "x"), shows=False)


def test_few_and_short_ones_are_kept():
    browser = Browser()
    browser.ask(*[("info", "x" * 1000)] * 9, shows=False)
    assert [len(one.text) for one in browser.ask(shows=True)] == [300] * 4
