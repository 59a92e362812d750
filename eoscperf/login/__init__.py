"""Logging in to the pages with an OpenID provider, and registering."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from pyramid.events import ApplicationCreated

    from eoscperf.login import pages, session, subscribers
    from eoscperf.login.providers import LoginProviders
    from eoscperf.login.relying import RelyingParty
    from eoscperf.login.sessions import WebSessions
    from eoscperf.login.terms import Terms
    from eoscperf.users.events import UserRemoved

    providers = LoginProviders(config.registry)
    config.registry["eoscperf.login"] = providers
    config.registry["eoscperf.relying_party"] = RelyingParty(providers)
    config.add_service(WebSessions, WebSessions.for_request)
    config.add_service(Terms, Terms.for_request)
    # After tokens: who sends one says who is asking.
    config.add_authenticator("session", session.session_identity, order=200)
    config.add_request_method(session.web_session, "web_session", reify=True)
    config.add_subscriber(subscribers.name_form_targets, ApplicationCreated)
    config.add_subscriber(subscribers.reach_provider_beside, ApplicationCreated)
    config.add_transaction_subscriber(subscribers.user_removed, UserRemoved)
    config.include(pages)
