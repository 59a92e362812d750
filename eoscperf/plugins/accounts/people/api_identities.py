"""The REST operations of administrators on local accounts."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.plugins.accounts.people import addresses, schemas
from eoscperf.plugins.accounts.people.administration import Administration
from eoscperf.plugins.accounts.people.identities import SORT, Identities
from eoscperf.plugins.accounts.people.schemas import present_identity
from eoscperf.rest import ApiService
from eoscperf.rest.pages import answer_page, location, sort_keys
from eoscperf.users.schemas import MESSAGE

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
SERVICES = [identities, identity, disable, enable, password_link, reset_factor]

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
        refuse_bad(request, given["password"], given["email"], given.get("name", ""))
        hashed = request.registry["accounts.passwords"].hash(given["password"])
    made, secret = request.find_service(Administration).create(
        given["email"], name=given.get("name") or "", password_hash=hashed
    )
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "accounts_identity", identity_id=made.id)
    return present_identity(made) | ({"link": _link(request, secret)} if secret else {})


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
    return present_identity(request.find_service(Identities).get(_id(request)))


@disable.post(
    operation_id="DisableLocalAccount",
    permission="accounts:manage",
    body=MESSAGE,
    returns="LocalAccount",
    errors=_UNKNOWN | {409: "it is the caller's own account, or that of the last administrator"},
)
def disable_identity(request: Any) -> Any:
    """Let nobody log in to a local account for now.

    Administrators only. Its sessions end at once, and a registered user is disabled on the platform as well.
    """
    return present_identity(request.find_service(Administration).disable(_id(request), _message(request)))


@enable.post(
    operation_id="EnableLocalAccount",
    permission="accounts:manage",
    body=MESSAGE,
    returns="LocalAccount",
    errors=_UNKNOWN,
)
def enable_identity(request: Any) -> Any:
    """Let somebody log in to a local account again.

    Administrators only. A registered user is enabled on the platform as well.
    """
    return present_identity(request.find_service(Administration).enable(_id(request), _message(request)))


@password_link.post(
    operation_id="MakePasswordLink",
    permission="accounts:manage",
    body=MESSAGE,
    status=201,
    returns="PasswordLink",
    errors=_UNKNOWN | {409: "the password is kept in a directory"},
)
def make_password_link(request: Any) -> Any:
    """Make a link with which a password is chosen, once, for who gets no mails.

    Administrators only. The link is shown this once; the person is told by mail when it is used.
    """
    secret = request.find_service(Administration).password_link(_id(request), _message(request))
    request.response.status_int = 201
    return {"link": _link(request, secret)}


@reset_factor.post(
    operation_id="ResetSecondFactor",
    permission="accounts:manage",
    body=MESSAGE,
    returns="LocalAccount",
    errors=_UNKNOWN,
)
def reset_second_factor(request: Any) -> Any:
    """Switch the one-time codes of somebody off who has lost app and recovery codes.

    Administrators only. The person is told by mail. Make sure that it is the person who asks.
    """
    service = request.find_service(Administration)
    return present_identity(service.reset_second_factor(_id(request), _message(request)))


def refuse_bad(request: Any, password: str, *about: str) -> None:
    """Invalid for a password that is not accepted."""
    fault = request.registry["accounts.passwords"].fault(password, *about)
    if fault:
        raise errors.Invalid([Issue(fault, "body", "password", "/password")], detail=fault)


def _id(request: Any) -> uuid.UUID:
    return uuid.UUID(request.matchdict["identity_id"])


def _message(request: Any) -> str | None:
    return request.fields.get("message") or None


def _link(request: Any, secret: str) -> str:
    return addresses.page(request.registry.settings, addresses.VERIFY, link=secret)
