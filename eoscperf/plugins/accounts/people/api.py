"""The REST operations on local accounts: those of administrators, and those on one's own."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from sqlalchemy.orm import Session

from eoscperf import errors
from eoscperf.db import reading
from eoscperf.errors import Issue
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import addresses, schemas
from eoscperf.plugins.accounts.people.browsers import caller
from eoscperf.plugins.accounts.people.identities import (
    SORT,
    Identities,
    find_identity,
    refuse_kept_elsewhere,
)
from eoscperf.plugins.accounts.people.letters import Letters
from eoscperf.plugins.accounts.people.login import PasswordCheck
from eoscperf.plugins.accounts.people.schemas import present_identity, present_invitation, present_session
from eoscperf.plugins.accounts.people.session import AccountSessions
from eoscperf.plugins.accounts.people.signup import INVITATION_SORT, SignUp
from eoscperf.plugins.accounts.people.totp import SecondFactors
from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.users.service import Users

_TAG = "accounts"

identities = ApiService("accounts_identities", "/accounts/identities", tag=_TAG)
identity = ApiService("accounts_identity", "/accounts/identities/{identity_id}", tag=_TAG)
disable = ApiService("accounts_identity_disable", "/accounts/identities/{identity_id}:disable", tag=_TAG)
enable = ApiService("accounts_identity_enable", "/accounts/identities/{identity_id}:enable", tag=_TAG)
password_link = ApiService(
    "accounts_identity_password_link", "/accounts/identities/{identity_id}:password_link", tag=_TAG
)
reset_factor = ApiService(
    "accounts_identity_reset_second_factor",
    "/accounts/identities/{identity_id}:reset_second_factor",
    tag=_TAG,
)
invitations = ApiService("accounts_invitations", "/accounts/invitations", tag=_TAG)
invitation = ApiService("accounts_invitation", "/accounts/invitations/{invitation_id}", tag=_TAG)
own_sessions = ApiService("accounts_own_sessions", "/accounts/self/sessions", tag=_TAG)
own_session = ApiService("accounts_own_session", "/accounts/self/sessions/{session_id}", tag=_TAG)
own_password = ApiService("accounts_own_password", "/accounts/self:change_password", tag=_TAG)

SERVICES = [
    identities,
    identity,
    disable,
    enable,
    password_link,
    reset_factor,
    invitations,
    invitation,
    own_sessions,
    own_session,
    own_password,
]

_UNKNOWN = {404: "no local account has this id"}


@identities.get(
    operation_id="ListLocalAccounts",
    permission="accounts:manage",
    query=schemas.IDENTITIES,
    is_list=True,
    returns="page:LocalAccount",
    examples=[{"summary": "All local accounts", "as": "admin", "status": 200}],
)
def list_identities(request: Any) -> Any:
    """List the local accounts.

    Administrators only.
    """
    sort = sort_keys(request, SORT)
    wanted = {"email": request.query["email"]} if "email" in request.query else {}
    return answer_page(
        request,
        lambda page, binding: request.find_service(Identities).search(sort, page, binding, **wanted),
        present_identity,
    )


@identities.post(
    operation_id="CreateLocalAccount",
    permission="accounts:manage",
    body=schemas.CREATE,
    status=201,
    returns="LocalAccount",
    errors={
        409: "the address has an account already, or accounts.signup is off",
        422: "the password is not accepted",
    },
    examples=[
        {
            "summary": "An account for a colleague",
            "body": {"email": "new.colleague@example.org", "name": "New Colleague"},
            "as": "admin",
            "status": 201,
        }
    ],
)
def create_identity(request: Any) -> Any:
    """Make a local account.

    Administrators only. Without a password the answer holds a link with which one is chosen, once. Who
    has the account registers with the platform like everybody: POST /users:register.
    """
    given = request.fields
    hashed = None
    if "password" in given:
        _refuse_bad(request, given["password"], given["email"], given.get("name", ""))
        hashed = request.registry["accounts.passwords"].hash(given["password"])
    service = request.find_service(SignUp)
    made = service.add(given["email"], name=given.get("name") or "", password_hash=hashed)
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "accounts_identity", identity_id=made.id)
    if hashed is not None:
        return present_identity(made)
    return present_identity(made) | {"link": _password_link(request, made, mail=False)}


@identity.get(
    operation_id="GetLocalAccount",
    permission="accounts:manage",
    returns="LocalAccount",
    errors=_UNKNOWN,
)
def get_identity(request: Any) -> Any:
    """Show a local account.

    Administrators only.
    """
    return present_identity(request.find_service(Identities).get(_id(request, "identity_id")))


@disable.post(
    operation_id="DisableLocalAccount",
    permission="accounts:manage",
    returns="LocalAccount",
    errors=_UNKNOWN | {409: "it is the caller's own account, or that of the last administrator"},
)
def disable_identity(request: Any) -> Any:
    """Let nobody log in to a local account for now.

    Administrators only. Its sessions end at once, and a registered user is disabled on the platform as well.
    """
    wanted, service = _id(request, "identity_id"), request.find_service(Identities)
    if _is_own(request, wanted):
        raise errors.WrongState("You cannot disable your own account; another administrator can.")
    service.get(wanted)
    with contextlib.suppress(errors.NotFound):
        request.find_service(Users).disable(**_as_user(request, wanted))
    return present_identity(service.disable(wanted))


@enable.post(
    operation_id="EnableLocalAccount", permission="accounts:manage", returns="LocalAccount", errors=_UNKNOWN
)
def enable_identity(request: Any) -> Any:
    """Let somebody log in to a local account again.

    Administrators only. A registered user is enabled on the platform as well.
    """
    wanted, service = _id(request, "identity_id"), request.find_service(Identities)
    service.get(wanted)
    with contextlib.suppress(errors.NotFound):
        request.find_service(Users).enable(**_as_user(request, wanted))
    return present_identity(service.enable(wanted))


@password_link.post(
    operation_id="MakePasswordLink",
    permission="accounts:manage",
    status=201,
    returns="PasswordLink",
    errors=_UNKNOWN | {409: "the password is kept in a directory"},
)
def make_password_link(request: Any) -> Any:
    """Make a link with which a password is chosen, once, for who gets no mails.

    Administrators only. The link is shown this once; the person is told by mail when it is used.
    """
    found = request.find_service(Identities).get(_id(request, "identity_id"), lock=True)
    request.response.status_int = 201
    return {"link": _password_link(request, found, mail=False)}


@reset_factor.post(
    operation_id="ResetSecondFactor",
    permission="accounts:manage",
    returns="LocalAccount",
    errors=_UNKNOWN,
)
def reset_second_factor(request: Any) -> Any:
    """Switch the one-time codes of somebody off who has lost app and recovery codes.

    Administrators only. The person is told by mail. Make sure that it is the person who asks.
    """
    found = request.find_service(Identities).get(_id(request, "identity_id"), lock=True)
    request.find_service(SecondFactors).switch_off(found)
    request.find_service(AccountSessions).end_all(found.id)
    return present_identity(found)


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
    _refuse_bad(request, given["password"], mine.email, mine.name)
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


def _is_own(request: Any, identity_id: uuid.UUID) -> bool:
    caller = request.identity
    return caller.iss == request.registry.settings["accounts.issuer"] and caller.sub == str(identity_id)


def _as_user(request: Any, identity_id: uuid.UUID) -> dict[str, str]:
    """By what the platform knows the person, once registered."""
    return {"iss": request.registry.settings["accounts.issuer"], "sub": str(identity_id)}


def _id(request: Any, name: str) -> uuid.UUID:
    return uuid.UUID(request.matchdict[name])


def _password_link(request: Any, found: LocalIdentity, *, mail: bool) -> str:
    secret = request.find_service(SignUp).password_link(found, mail=mail)
    return addresses.page(request.registry.settings, addresses.VERIFY, link=secret)


def _refuse_bad(request: Any, password: str, *about: str) -> None:
    fault = request.registry["accounts.passwords"].fault(password, *about)
    if fault:
        raise errors.Invalid([Issue(fault, "body", "password", "/password")], detail=fault)
