"""The client of these tests: a wrong status fails the test, whatever was expected."""

from __future__ import annotations

import pytest
import webtest

from eoscperf.testing.api import ApiClient
from eoscperf.testing.conformance import Conformance, Nonconforming


@pytest.mark.parametrize("expected", [200, 201, 403, 422, 500])
def test_another_status_than_the_expected_one_fails(api: ApiClient, expected: int) -> None:
    with pytest.raises(webtest.AppError):
        api.get("/nothing-here", status=expected)


def test_a_success_where_an_error_is_expected_fails(api: ApiClient) -> None:
    with pytest.raises(webtest.AppError):
        api.get("/sites", status=404)


def test_an_error_fails_where_nothing_is_said(api: ApiClient) -> None:
    with pytest.raises(webtest.AppError):
        api.get("/nothing-here")


def test_the_expected_status_passes_and_a_star_takes_any(api: ApiClient) -> None:
    assert api.get("/nothing-here", status=404).status_int == 404
    assert api.get("/nothing-here", status="*").status_int == 404


class Answer:
    def __init__(self, status: int, body: bytes = b"", media_type: str = "application/json") -> None:
        self.status_int, self.body = status, body
        self.headers = {"Content-Type": media_type}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(418, b"{}"), id="undocumented status"),
        pytest.param(Answer(200, b"{}"), id="body without what is required"),
        pytest.param(Answer(200, b"x", "text/html"), id="undocumented media type"),
        pytest.param(Answer(422, b"{}", "application/problem+json"), id="problem without its members"),
    ],
)
def test_what_is_not_documented_is_found(conformance: Conformance, answer: Answer) -> None:
    with pytest.raises(Nonconforming):
        conformance.check("GET", "/api/v1/sites", answer)
