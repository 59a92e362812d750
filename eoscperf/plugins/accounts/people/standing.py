"""What a local identity is on the platform: nobody yet, or a user with a role."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.plugins.accounts.people.session import AccountSession, require_login
from eoscperf.users.models import User


def role_of(request: Any, identity_id: uuid.UUID) -> str | None:
    """The role of the registered user that the identity is; None while not registered, or disabled."""
    return _known(request, identity_id, User.role)


def user_id_of(request: Any, identity_id: uuid.UUID) -> uuid.UUID | None:
    return _known(request, identity_id, User.id)


def require_administrator(request: Any) -> AccountSession:
    """The session of an administrator; AdminRequired."""
    found = require_login(request)
    if role_of(request, found.identity_id) != "admin":
        raise errors.AdminRequired("Only administrators may see this page.")
    return found


def has_administrator(session: Session) -> bool:
    """Whether any person who is registered is an administrator."""
    wanted = (User.role == "admin", User.kind == "person", User.disabled_datetime.is_(None))
    return session.scalar(sa.select(User.id).where(*wanted).limit(1)) is not None


def _known(request: Any, identity_id: uuid.UUID, column: Any) -> Any:
    issuer = request.registry.settings["accounts.issuer"]
    return request.dbsession.scalar(
        sa.select(column).where(
            User.iss == issuer, User.sub == str(identity_id), User.disabled_datetime.is_(None)
        )
    )
