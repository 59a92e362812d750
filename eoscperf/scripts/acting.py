"""Doing things in somebody's name outside any server, through the services that requests use."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request, apply_request_extensions

from eoscperf.security.identity import Identity

OPERATOR = Identity(iss="urn:eoscperf:operator", sub="eoscperf-admin", admin=True, method="command")
"""Who runs a command has the database anyway; the journal names no actor."""


def acting_request(request: Any, identity: Identity) -> Any:
    """A request of `identity` in the session and the transaction of another one.

    Its services see, log and own as they do for that person. What becomes of it is decided by the
    transaction of `request`.
    """
    acting = Request.blank("/", method="POST")
    acting.registry = request.registry
    acting.environ["tm.manager"] = request.tm
    acting.environ["eoscperf.dbsession"] = request.dbsession
    apply_request_extensions(acting)
    acting.set_property(lambda _: identity, "identity", reify=True)
    return acting
