"""Groups of the directory decide who contributes: the role on the platform follows at each log-in."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from eoscperf.plugins.accounts.directory.backend import NAME, READER_ENTITLEMENT
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.events import LoggedIn, VouchedAgain
from eoscperf.review.journal import Journal
from eoscperf.security.bearer import Profile
from eoscperf.security.identity import Identity
from eoscperf.users.events import UserRegistered
from eoscperf.users.models import User
from eoscperf.users.service import Users

_DIRECTORY = Identity(iss="urn:eoscperf:local:directory", sub=NAME)
"""Who changes the role: nobody who could log in."""


def after_login(event: LoggedIn, request: Any) -> None:
    keep_role(event.identity_id, request)


def after_looking_again(event: VouchedAgain, request: Any) -> None:
    keep_role(event.identity_id, request)


def after_registration(event: UserRegistered, request: Any) -> None:
    if event.iss == request.registry.settings["accounts.issuer"]:
        keep_role(uuid.UUID(event.sub), request)


def keep_role(identity_id: uuid.UUID, request: Any) -> None:
    """Let somebody of the directory read only, or contribute; administrators of the platform stay that."""
    session = request.dbsession
    identity = session.get(LocalIdentity, identity_id)
    if identity is None or identity.backend != NAME:
        return
    iss, sub = request.registry.settings["accounts.issuer"], str(identity.id)
    role = session.scalar(sa.select(User.role).where(User.iss == iss, User.sub == sub))
    wanted = "reader" if READER_ENTITLEMENT in identity.entitlements else "user"
    if role is None or role in ("admin", wanted):
        return
    users = Users(session, _DIRECTORY, request.find_service(Journal), request.events, _nobody)
    users.set_role(sub=sub, iss=iss, role=wanted, message="Follows the groups of the directory.")


def _nobody() -> Profile:
    raise LookupError("nobody's provider is asked here")
