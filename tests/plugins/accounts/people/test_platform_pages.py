"""Logging in to the pages of the platform, with a database that really stores what each request commits."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa

from eoscperf.login.models import WebSession


def path_of(answer):
    parts = urlsplit(answer.location)
    return f"{parts.path}?{parts.query}"


def test_a_log_in_that_was_begun_before_another_one_takes_its_place(browser, installation):
    """The first is known when the second writes; SQLite lets nobody go from reading to writing."""
    person = installation.someone()
    begun = [path_of(browser.get("/login", params={"next": f"/{name}"})) for name in ("tags", "sites")]
    browser.log_in(person.email)
    cookies = []
    for address, name in zip(begun, ("/tags", "/sites"), strict=True):
        answer = browser.get(path_of(browser.get(address, status=303)), status=303)
        assert urlsplit(answer.location).path == name
        cookies.append(browser.cookies["session"])
        assert person.email in browser.get(name).text
    assert cookies[0] != cookies[1]
    with installation.session() as session:
        query = sa.select(sa.func.count()).where(WebSession.sub == str(person.id))
        assert session.scalar(query) == 1


def test_logging_out_of_the_platform_logs_out_of_the_provider(browser, installation):
    person = installation.someone()
    begun = path_of(browser.get("/login", params={"next": "/tags"}))
    browser.log_in(person.email)
    browser.get(path_of(browser.get(begun, status=303)), status=303)
    answer = browser.post("/logout")
    assert urlsplit(browser.get(path_of(answer), status=303).location).path == "/"
    assert "session" not in browser.cookies
    assert installation.sessions(person.id) == []
    assert not browser.is_logged_in
