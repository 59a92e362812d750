"""Who may not see a page learns what to do about it."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from eoscperf.security.identity import Identity
from eoscperf.web import errors


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls the view of refusals; gives status and sentence, or where it leads."""
    monkeypatch.setattr(errors, "error_page", lambda request, error: (error.status, error.detail))

    def refused(identity: Any, *, method: str = "GET", log_in: str | None = None) -> Any:
        request = SimpleNamespace(identity=identity, method=method, chrome=SimpleNamespace(log_in=log_in))
        answer = errors.forbidden(None, request)
        return answer if isinstance(answer, tuple) else (answer.status_int, answer.location)

    return refused


def person(**more: Any) -> Identity:
    return Identity(iss="https://issuer.example.org", sub="somebody", **more)


def test_who_is_not_logged_in_is_led_to_it_and_back(refused):
    assert refused(None, log_in="/login?next=/me") == (303, "/login?next=/me")


def test_a_form_is_not_led_away(refused):
    assert refused(None, method="POST", log_in="/login?next=/me")[0] == 401


def test_without_a_page_to_log_in_it_is_said(refused):
    assert refused(None) == (401, "Log in first, then open this page again.")


def test_a_stranger_is_asked_to_register(refused):
    assert refused(person()) == (403, "Register first: this page is for registered users.")


def test_a_user_learns_which_role_is_missing(refused):
    status, detail = refused(person(user_id=uuid.uuid4()))
    assert status == 403
    assert "administrators" in detail
