"""The REST operations of those who are not logged in yet: signing up, a forgotten password.

They do what the pages do, and answer as little: whether an address has an account is in the mail only.
"""

from __future__ import annotations

from typing import Any

from eoscperf import errors
from eoscperf.db import reading
from eoscperf.errors import Issue
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people import schemas
from eoscperf.plugins.accounts.people.browsers import caller
from eoscperf.plugins.accounts.people.links import OneTimeLinks
from eoscperf.plugins.accounts.people.schemas import present_identity
from eoscperf.plugins.accounts.people.signup import MailMeter, SignUp
from eoscperf.rest import ApiService

_TAG = "accounts"

signup = ApiService("accounts_signup", "/accounts:sign_up", tag=_TAG)
finish = ApiService("accounts_finish_signup", "/accounts:finish_sign_up", tag=_TAG)
recovery = ApiService("accounts_recovery", "/accounts:recover", tag=_TAG)
new_password = ApiService("accounts_new_password", "/accounts:choose_password", tag=_TAG)

SERVICES = [signup, finish, recovery, new_password]

_MAILS = {429: "mails were asked for too often from this network"}
_LINK = {404: "the link was used already, is too old, is not complete, or is for something else"}


@signup.post(
    operation_id="SignUp",
    permission="accounts:join",
    body=schemas.SIGN_UP,
    status=204,
    errors=_MAILS | {409: "accounts.signup does not let everybody sign up"},
)
def ask_to_sign_up(request: Any) -> Any:
    """Ask for a local account.

    A mail with a link is sent to the address. The answer is the same when it has an account already.
    """
    email = request.fields["email"]
    deliver = MailMeter.for_request(request).spend("signup", email, caller(request).network)
    request.find_service(SignUp).ask(
        email, invitation=request.fields.get("invitation") or "", deliver=deliver
    )
    request.response.status_int = 204


@finish.post(
    operation_id="FinishSignUp",
    permission="accounts:join",
    body=schemas.FINISH,
    status=201,
    returns="LocalAccount",
    errors=_LINK | {409: "the address has an account by now", 422: "the password is not accepted"},
)
def finish_signup(request: Any) -> Any:
    """Make the account, with the secret of the link in the mail (its part after `link=`).

    Who has the account logs in and registers with the platform like everybody: POST /users:register.
    """
    given = request.fields
    hashed = _hashed(request, "signup")
    service = request.find_service(SignUp)
    made = service.finish(given["link"], name=given.get("name") or "", password_hash=hashed)
    request.response.status_int = 201
    return present_identity(made)


@recovery.post(
    operation_id="RecoverPassword",
    permission="accounts:join",
    body=schemas.RECOVER,
    status=204,
    errors=_MAILS,
)
def forgotten(request: Any) -> Any:
    """Ask for a link to choose a new password with.

    It is mailed to the address if that has an account; the answer is the same if it has none.
    """
    email = request.fields["email"]
    deliver = MailMeter.for_request(request).spend("recover", email, caller(request).network)
    request.find_service(SignUp).forgot(email, deliver=deliver)
    request.response.status_int = 204


@new_password.post(
    operation_id="ChooseNewPassword",
    permission="accounts:join",
    body=schemas.CHOOSE_PASSWORD,
    status=204,
    errors=_LINK | {409: "the account is disabled", 422: "the password is not accepted"},
)
def choose(request: Any) -> Any:
    """Choose a new password, with the secret of the link in the mail (its part after `link=`).

    All sessions end, and what was granted to programs through them.
    """
    hashed = _hashed(request, "password")
    request.find_service(SignUp).choose_password(request.fields["link"], hashed)
    request.response.status_int = 204


def _hashed(request: Any, kind: str) -> str:
    """The hash of a password that is accepted for the person whom the link is for; NotFound, Invalid."""
    given = request.fields
    with reading(request) as session:
        link = OneTimeLinks.for_request(request, session).look(given["link"])
        if link.kind != kind:
            raise errors.NotFound("This link is for something else.")
        about = [link.email, given.get("name") or ""]
        if link.identity_id is not None and (person := session.get(LocalIdentity, link.identity_id)):
            about += [person.email, person.name]
    passwords = request.registry["accounts.passwords"]
    fault = passwords.fault(given["password"], *about)
    if fault:
        raise errors.Invalid([Issue(fault, "body", "password", "/password")], detail=fault)
    return passwords.hash(given["password"])
