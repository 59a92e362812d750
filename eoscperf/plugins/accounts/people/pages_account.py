"""The pages of a person's own account: overview, password, address, sessions."""

from __future__ import annotations

import uuid
from typing import Any

from eoscperf import errors
from eoscperf.plugins.accounts.people.browsers import caller, keep_session
from eoscperf.plugins.accounts.people.identities import LOCAL, Identities, refuse_kept_elsewhere
from eoscperf.plugins.accounts.people.letters import Letters
from eoscperf.plugins.accounts.people.login import PasswordCheck
from eoscperf.plugins.accounts.people.pages_login import refused
from eoscperf.plugins.accounts.people.pages_signup import EMAIL
from eoscperf.plugins.accounts.people.passkeys import Passkeys
from eoscperf.plugins.accounts.people.session import AccountSessions, require_login
from eoscperf.plugins.accounts.people.signup import MailMeter, SignUp
from eoscperf.plugins.accounts.people.standing import role_of
from eoscperf.plugins.accounts.people.totp import SecondFactors
from eoscperf.rest import schema
from eoscperf.web.forms import Form, Submitted, password, see_other

RECENT = 900
"""Seconds: changes of how somebody logs in take a log-in that is not older."""

NAME = Form(schema.name("name", "name", required=False, title="Name"))

CHANGE_PASSWORD = Form(
    password("current", required=False, title="Present password"), password("password", title="New password")
)

END = Form(schema.exact("session", title="Session"))


def account(request: Any) -> Any:
    """What there is to know about one's account here, and the name in it."""
    found = require_login(request)
    form = NAME.blank(name=found.identity.name)
    if request.method == "POST":
        form = NAME.read(request)
        if form.ok:
            identities = request.find_service(Identities)
            identities.rename(identities.get(found.identity_id, lock=True), form.values.get("name", ""))
            request.notices.add("success", "Your name was changed.")
            return see_other(request, "accounts.account")
    identity = found.identity
    return {
        "form": form,
        "identity": identity,
        "session": found,
        "is_local": identity.backend == LOCAL,
        "sessions": len(request.find_service(AccountSessions).of_identity(identity.id)),
        "passkeys": len(request.find_service(Passkeys).of_identity(identity.id)),
        "codes_left": request.find_service(SecondFactors).codes_left(identity),
        "role": role_of(request, identity.id),
    }


def change_password(request: Any) -> Any:
    """Change the password; whoever has one says it again."""
    has_password = True
    found = require_login(request)
    refuse_kept_elsewhere(found.identity)
    if found.identity.password_hash is None:
        has_password = False
        found = require_login(request, max_age=RECENT)
    form = CHANGE_PASSWORD.blank()
    if request.method == "POST":
        form = CHANGE_PASSWORD.read(request)
        if form.ok:
            form = _password_faults(request, form, found.identity, has_password)
        if form.ok:
            hashed = request.registry["accounts.passwords"].hash(form.values["password"])
            return _password_changed(request, found, hashed)
    return {"form": form, "identity": found.identity, "has_password": has_password}


def change_email(request: Any) -> Any:
    """Ask for another address, which a mail to it then confirms."""
    found = require_login(request, max_age=RECENT)
    form = EMAIL.blank()
    if request.method == "POST":
        form = EMAIL.read(request)
        if form.ok and form.values["email"].lower() == found.identity.email_key:
            form = form.with_error("email", "This is your address already.")
        if form.ok:
            try:
                deliver = MailMeter.for_request(request).spend(
                    "email", form.values["email"], caller(request).network
                )
                identity = request.find_service(Identities).get(found.identity_id, lock=True)
                request.find_service(SignUp).ask_email(identity, form.values["email"], deliver=deliver)
            except (errors.RateLimited, errors.WrongState) as problem:
                form = refused(request, form, problem)
            else:
                request.notices.add(
                    "info",
                    "A mail was sent to the new address. Your address changes when you follow its link.",
                )
                return see_other(request, "accounts.account")
    return {"form": form, "identity": found.identity, "is_local": found.identity.backend == LOCAL}


def sessions(request: Any) -> Any:
    """Where one is logged in, and how to end that."""
    found = require_login(request)
    service = request.find_service(AccountSessions)
    if request.method == "POST":
        form = END.read(request)
        wanted = form.values.get("session", "")
        if wanted == "others":
            count = service.end_all(found.identity_id, but=found.id)
            text = f"{count} other session{' has' if count == 1 else 's have'} ended."
            request.notices.add("success", text)
        elif _is_ended(service, wanted, found.identity_id):
            request.notices.add("success", "The session has ended.")
        else:
            request.notices.add("info", "This session had ended already.")
        return see_other(request, "accounts.sessions")
    return {"current": found, "sessions": service.of_identity(found.identity_id)}


PAGES = (
    ("account", "/accounts", account, "account.jinja2", ("GET", "POST")),
    ("password", "/accounts/password", change_password, "password.jinja2", ("GET", "POST")),
    ("email", "/accounts/email", change_email, "email.jinja2", ("GET", "POST")),
    ("sessions", "/accounts/sessions", sessions, "sessions.jinja2", ("GET", "POST")),
)


def _password_faults(request: Any, form: Submitted, identity: Any, has_password: bool) -> Submitted:
    new = form.values["password"]
    fault = request.registry["accounts.passwords"].fault(new, identity.email, identity.name)
    if fault:
        return form.with_error("password", fault)
    if not has_password:
        return form
    try:
        checked = PasswordCheck.for_request(request).check_own(
            identity.email, form.values.get("current", ""), caller(request)
        )
    except errors.RateLimited as problem:
        return refused(request, form, problem)
    return form if checked else form.with_error("current", "This is not your present password.")


def _password_changed(request: Any, found: Any, hashed: str) -> Any:
    identities = request.find_service(Identities)
    identity = identities.get(found.identity_id, lock=True)
    identities.set_password(identity, hashed, but_session=found.id)
    Letters.for_request(request).password_changed(identity.email)
    request.notices.add("success", "Your password was changed. All other sessions have ended.")
    answer = see_other(request, "accounts.account")
    secret = request.find_service(AccountSessions).change_secret(found.id)
    keep_session(request, answer, secret)
    return answer


def _is_ended(service: AccountSessions, wanted: str, identity_id: uuid.UUID) -> bool:
    try:
        session_id = uuid.UUID(wanted)
    except ValueError:
        return False
    return service.end(session_id, identity_id=identity_id)
