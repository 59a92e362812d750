"""Asking again whether somebody of another backend, such as a directory, is still there.

Nobody logs in every day. Sessions and refresh tokens outlast that somebody leaves, or loses a group, so that
whoever checked the password is asked again before they are used, now and then. While the backend cannot be
asked things stay as they are for a while.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import transaction
from pyramid.request import Request, apply_request_extensions
from sqlalchemy.orm import Session

from eoscperf.db import reading, waits_for_writers
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.backends import (
    BackendUnavailable,
    PasswordBackend,
    Verified,
    password_backends,
)
from eoscperf.plugins.accounts.people.events import VouchedAgain
from eoscperf.plugins.accounts.people.identities import LOCAL, Identities
from eoscperf.plugins.accounts.people.models import Vouched
from eoscperf.plugins.accounts.people.transactions import clock

log = logging.getLogger(__name__)

SILENCE = datetime.timedelta(minutes=1)
"""How long a process does not ask a backend that did not answer."""

_SILENT = "accounts.silent_backends"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of another backend, and when it has last vouched for them."""

    identity: LocalIdentity
    login: str
    asked: datetime.datetime


class Silence:
    """Which backends of a process did not answer lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, datetime.datetime] = {}

    def holds(self, name: str, now: datetime.datetime) -> bool:
        with self._lock:
            return now < self._until.get(name, now)

    def note(self, name: str, now: datetime.datetime) -> None:
        with self._lock:
            self._until[name] = now + SILENCE


def still_vouched(request: Any, identity: LocalIdentity) -> bool | None:
    """Whether what rests on an earlier log-in of somebody still counts; None when that cannot be said now.

    To be asked before the request has written anything: the backend may take a while to answer.
    """
    if identity.backend == LOCAL:
        return True
    backend = next((one for one in password_backends(request.registry) if one.name == identity.backend), None)
    if backend is None:
        # The directory was taken out of the settings: there is nobody to ask.
        return True
    settings, now = request.registry.settings, clock(request)()
    with reading(request) as session:
        person = known_person(session, identity)
    if now - person.asked < datetime.timedelta(minutes=settings["accounts.recheck_minutes"]):
        return True
    try:
        verified = ask(request.registry, backend, person, now)
    except BackendUnavailable as problem:
        log.warning("it cannot be asked whether %s is still there: %s", identity.id, problem)
        patience = datetime.timedelta(hours=settings["accounts.recheck_patience_hours"])
        return True if now - person.asked < patience else None
    with _writing(request) as writing:
        settle(writing, identity, verified)
    return verified is not None


def known_person(session: Session, identity: LocalIdentity) -> Person:
    """What is known of the last time that a backend was asked; the last log-in when that was not noted."""
    row = session.scalar(sa.select(Vouched).where(Vouched.identity_id == identity.id))
    if row is None:
        return Person(identity, "", identity.used_datetime or identity.created_datetime)
    return Person(identity, row.login, row.asked_datetime)


def ask(registry: Any, backend: PasswordBackend, person: Person, now: datetime.datetime) -> Verified | None:
    """What the backend says of somebody; BackendUnavailable, for a while without asking it again."""
    silence: Silence = registry.setdefault(_SILENT, Silence())
    if silence.holds(backend.name, now):
        raise BackendUnavailable("it did not answer a moment ago")
    assert person.identity.external_id is not None  # noqa: S101 - people of other backends have one
    try:
        return backend.look_up(person.identity.external_id, person.login)
    except BackendUnavailable:
        silence.note(backend.name, now)
        raise


def settle(request: Any, identity: LocalIdentity, verified: Verified | None) -> None:
    """Take over what the backend has said; who may not come in loses what rests on earlier log-ins."""
    identities = request.find_service(Identities)
    if verified is None:
        log.info("%s may not come in any more, says %s", identity.id, identity.backend)
        identities.leave(identity.id)
    else:
        identities.of_backend(identity.backend, verified)
        request.events.emit(VouchedAgain(identity_id=identity.id))


@contextlib.contextmanager
def _writing(request: Any) -> Iterator[Any]:
    """A request whose transaction is committed at the end, beside one that has only read so far."""
    if request.method not in ("GET", "HEAD") and not waits_for_writers(request):
        yield request
        return
    manager = transaction.TransactionManager(explicit=True)
    made = Request.blank("/", method="POST")
    made.registry = request.registry
    made.environ["tm.manager"] = manager
    given = request.environ.get("eoscperf.dbsession")
    if given is not None:
        made.environ["eoscperf.dbsession"] = given
    apply_request_extensions(made)
    made.set_property(lambda _: None, "identity", reify=True)
    with manager:
        yield made
