"""How the platform asks a provider that runs in it."""

from __future__ import annotations

import pytest
from pyramid.request import Request

from eoscperf.login.beside import client_beside, is_from_here


@pytest.mark.parametrize("prefix", ["", "/below/a/path"])
def test_the_application_itself_answers_wherever_it_is_mounted(prefix):
    asked = []

    def application(environ, start_response):
        asked.append(environ)
        start_response("200 OK", [("Set-Cookie", "a=b")])
        return [b"here"]

    home = f"https://perf.example.org{prefix}"
    with client_beside(application, home) as client:
        for _ in range(2):
            assert client.get(f"{home}/accounts/userinfo").text == "here"
    assert {(one["SCRIPT_NAME"], one["PATH_INFO"]) for one in asked} == {(prefix, "/accounts/userinfo")}
    assert all(is_from_here(Request(one)) and "HTTP_COOKIE" not in one for one in asked)


def test_nobody_else_can_say_to_be_the_platform():
    headers = {"eoscperf.from_here": "1", "eoscperf-from-here": "1"}
    assert not is_from_here(Request.blank("/accounts/token", headers=headers))
