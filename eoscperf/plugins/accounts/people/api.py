"""The REST operations on invitations, and those on one's own account."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.db import reading
from eoscperf.errors import Issue
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import addresses, schemas
from eoscperf.plugins.accounts.people.api_identities import refuse_bad
from eoscperf.plugins.accounts.people.browsers import caller
from eoscperf.plugins.accounts.people.identities import (
    Identities,
    find_identity,
    refuse_kept_elsewhere,
)
from eoscperf.plugins.accounts.people.letters import Letters
from eoscperf.plugins.accounts.people.login import PasswordCheck
from eoscperf.plugins.accounts.people.schemas import present_invitation, present_session
from eoscperf.plugins.accounts.people.session import AccountSessions
from eoscperf.plugins.accounts.people.signup import INVITATION_SORT, SignUp
from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, sort_keys

_TAG = "accounts"

invitations = ApiService("accounts_invitations", "/accounts/invitations", tag=_TAG)
invitation = ApiService("accounts_invitation", "/accounts/invitations/{invitation_id}", tag=_TAG)
own_sessions = ApiService("accounts_own_sessions", "/accounts/self/sessions", tag=_TAG)
own_session = ApiService("accounts_own_session", "/accounts/self/sessions/{session_id}", tag=_TAG)
own_password = ApiService("accounts_own_password", "/accounts/self:change_password", tag=_TAG)

SERVICES = [invitations, invitation, own_sessions, own_session, own_password]


@invitations.get(
    operation_id="ListInvitations",
    permission="accounts:invite",
    query=schemas.INVITATIONS,
    is_list=True,
    returns="page:Invitation",
    examples=[{"summary": "All invitations", "as": "admin", "status": 200}],
)
def list_invitations(request: Any) -> Any:
    """List invitations, accepted ones as well.

    Administrators only.
    """
    sort = sort_keys(request, INVITATION_SORT)
    return answer_page(
        request,
        lambda page, binding: request.find_service(SignUp).invitations(sort, page, binding),
        present_invitation,
    )


@invitations.post(
    operation_id="Invite",
    permission="accounts:invite",
    body=schemas.INVITE,
    status=201,
    returns="Invitation",
    errors={409: "the address has an account already, or accounts.signup allows no invitations"},
    examples=[
        {
            "summary": "Invite somebody by mail",
            "body": {"email": "guest@example.org"},
            "as": "admin",
            "status": 201,
        }
    ],
)
def invite(request: Any) -> Any:
    """Invite somebody to make an account.

    Administrators only. With an address the link is mailed, too; without one whoever has the link can use
    it. The link is shown this once.
    """
    made, secret = request.find_service(SignUp).invite(request.fields.get("email"), by=request.viewer.user_id)
    request.response.status_int = 201
    link = addresses.page(request.registry.settings, addresses.INVITED, invitation=secret)
    return present_invitation(made) | {"link": link}


@invitation.delete(
    operation_id="WithdrawInvitation",
    permission="accounts:invite",
    status=204,
    errors={404: "no invitation has this id"},
)
def withdraw(request: Any) -> Any:
    """Take an invitation back.

    Administrators only.
    """
    request.find_service(SignUp).withdraw(_id(request, "invitation_id"))
    request.response.status_int = 204


@own_sessions.get(
    operation_id="ListOwnSessions",
    permission="accounts:self",
    returns="LocalSessions",
    errors={404: "the caller has no local account"},
)
def list_sessions(request: Any) -> Any:
    """List where the caller is logged in with a browser."""
    found = request.find_service(AccountSessions).of_identity(_own(request).id)
    return {"items": [present_session(session) for session in found]}


@own_session.delete(
    operation_id="EndOwnSession",
    permission="accounts:self",
    status=204,
    errors={404: "the caller has no such session"},
)
def end_session(request: Any) -> Any:
    """End one of the caller's sessions."""
    wanted, mine = _id(request, "session_id"), _own(request)
    if not request.find_service(AccountSessions).end(wanted, identity_id=mine.id):
        raise errors.NotFound("You have no session with this id.")
    request.response.status_int = 204


@own_password.post(
    operation_id="ChangeOwnPassword",
    permission="accounts:self",
    body=schemas.CHANGE_PASSWORD,
    status=204,
    errors={
        404: "the caller has no local account",
        409: "the password is kept in a directory",
        422: "the present password is not right, or the new one is not accepted",
        429: "the present password was wrong too often",
    },
)
def change_password(request: Any) -> Any:
    """Change the caller's password.

    All sessions end, and what was granted to programs through them.
    """
    given = request.fields
    with reading(request) as session:
        mine = _own(request, session)
    refuse_kept_elsewhere(mine)
    refuse_bad(request, given["password"], mine.email, mine.name)
    if not PasswordCheck.for_request(request).check_own(mine.email, given["current"], caller(request)):
        text = "This is not your present password."
        raise errors.Invalid([Issue(text, "body", "current", "/current")], detail=text)
    hashed = request.registry["accounts.passwords"].hash(given["password"])
    service = request.find_service(Identities)
    service.set_password(service.get(mine.id, lock=True), hashed)
    Letters.for_request(request).password_changed(mine.email)
    request.response.status_int = 204


def _own(request: Any, session: Session | None = None) -> LocalIdentity:
    """The caller's local account; NotFound for people of other identity providers."""
    caller, found = request.identity, None
    if caller.iss == request.registry.settings["accounts.issuer"]:
        found = find_identity(request.dbsession if session is None else session, caller.sub)
    if found is None:
        raise errors.NotFound("You have no local account here.")
    return found


def _id(request: Any, name: str) -> uuid.UUID:
    return uuid.UUID(request.matchdict[name])
