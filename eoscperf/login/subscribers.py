"""What ends log-ins from elsewhere, and where forms may lead."""

from __future__ import annotations

from typing import Any

from pyramid.events import ApplicationCreated

from eoscperf.login.sessions import WebSessions
from eoscperf.users.events import UserRemoved
from eoscperf.web.headers import FORM_TARGETS


def user_removed(event: UserRemoved, request: Any) -> None:
    """Whoever was removed is not logged in any longer."""
    request.find_service(WebSessions).end_all_of(event.iss, event.sub)


def name_form_targets(event: ApplicationCreated) -> None:
    """The form to log out leads on to the identity provider."""
    registry = event.app.registry
    registry[FORM_TARGETS] = registry["eoscperf.login"].origins


def reach_provider_beside(event: ApplicationCreated) -> None:
    """A provider of ours is asked without a network."""
    event.app.registry["eoscperf.relying_party"].application = event.app
