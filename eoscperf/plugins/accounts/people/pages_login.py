"""The pages on which people log in and out."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from eoscperf import errors
from eoscperf.db import reading
from eoscperf.plugins.accounts.people.backends import password_backends
from eoscperf.plugins.accounts.people.browsers import (
    ATTEMPT_COOKIE,
    caller,
    keep_attempt,
    logged_in,
    next_page,
)
from eoscperf.plugins.accounts.people.identities import Identities
from eoscperf.plugins.accounts.people.login import LogIns, PasswordCheck, find_attempt
from eoscperf.plugins.accounts.people.passkeys import AMR, Passkeys
from eoscperf.plugins.accounts.people.session import (
    COOKIE,
    AccountSessions,
    current_session,
    drop_cookie,
)
from eoscperf.plugins.accounts.people.totp import CodeMeter, SecondFactors
from eoscperf.plugins.accounts.people.transactions import clock
from eoscperf.rest import schema
from eoscperf.rest.renderer import dumps
from eoscperf.web.forms import Form, Submitted, password, see_other

WRONG = "The address or the password is not right."
TOO_LATE = "That took too long. Log in again."

LOG_IN = Form(
    schema.name("login", "name", title="E-mail address"),
    password("password", title="Password"),
)

CODE = Form(schema.name("code", "name", title="Code"))

PASSKEY = Form(password("credential", title="The browser's answer", most=20000))


def login(request: Any) -> Any:
    """Log in with a password."""
    target = next_page(request)
    found = current_session(request)
    again = request.params.get("again") == "1"
    if request.method == "GET":
        if found is not None and not again:
            return HTTPSeeOther(location=target)
        form = LOG_IN.blank(login=found.identity.email if found is not None else None)
    else:
        form = LOG_IN.read(request)
        if form.ok:
            form = _checked(request, form, target)
    return form if isinstance(form, HTTPSeeOther) else _shown(request, form, target, again=again)


def code(request: Any) -> Any:
    """The second step: a one-time code, or a recovery code."""
    target = next_page(request)
    secret = request.cookies.get(ATTEMPT_COOKIE, "")
    with reading(request) as session:
        attempt = find_attempt(session, secret, clock(request)())
        identity_id = attempt.identity_id if attempt is not None else None
    if identity_id is None:
        request.notices.add("warning", TOO_LATE)
        return see_other(request, "accounts.login", query={"next": target})
    if request.method == "GET":
        return {"form": CODE.blank(), "next": target}
    form = CODE.read(request)
    if not form.ok:
        return {"form": form, "next": target}
    meter = CodeMeter.for_request(request)
    try:
        counted = meter.spend(identity_id, form.values["code"], caller(request))
    except errors.RateLimited as problem:
        return {"form": refused(request, form, problem), "next": target}
    identity = request.find_service(Identities).get(identity_id, lock=True)
    if not request.find_service(SecondFactors).accepts(identity, form.values["code"]):
        return {
            "form": form.with_error("code", "This code is not right, or was used already."),
            "next": target,
        }
    if request.find_service(LogIns).take_attempt(secret) is None:
        request.notices.add("warning", TOO_LATE)
        return see_other(request, "accounts.login", query={"next": target})
    request.tm.get().addAfterCommitHook(lambda done: meter.refund(counted) if done else None)
    return logged_in(request, identity, ("pwd", "otp", "mfa"), target)


def passkey_options(request: Any) -> Any:
    """What a script needs to ask the device for a passkey."""
    options, challenge = request.find_service(Passkeys).request_options()
    secret = request.find_service(LogIns).attempt(challenge=challenge)
    answer = json_answer(options)
    keep_attempt(request, answer, secret)
    return answer


def passkey(request: Any) -> Any:
    """Log in with what the device has answered."""
    target = next_page(request)
    form = PASSKEY.read(request)
    attempt = request.find_service(LogIns).take_attempt(request.cookies.get(ATTEMPT_COOKIE, ""))
    if form.ok and (attempt is None or attempt.challenge is None):
        form = form.with_error("", TOO_LATE)
    if form.ok:
        try:
            identity_id = request.find_service(Passkeys).check(attempt.challenge, form.values["credential"])
            identity = request.find_service(Identities).get(identity_id, lock=True)
            return logged_in(request, identity, AMR, target)
        except (errors.Invalid, errors.WrongState) as problem:
            form = form.with_error("", problem.detail)
    return _shown(request, form, target)


def logout(request: Any) -> Any:
    """End this session."""
    found = current_session(request)
    if request.method == "GET":
        return {"session": found}
    if found is not None:
        request.find_service(AccountSessions).end(found.id)
    request.notices.add("success", "You have logged out.")
    answer = see_other(request, "accounts.login")
    drop_cookie(request, answer, COOKIE)
    return answer


PAGES = (
    ("login", "/accounts/login", login, "login.jinja2", ("GET", "POST")),
    ("login_code", "/accounts/login/code", code, "code.jinja2", ("GET", "POST")),
    ("login_passkey_options", "/accounts/login/passkey/options", passkey_options, "login.jinja2", ("POST",)),
    ("login_passkey", "/accounts/login/passkey", passkey, "login.jinja2", ("POST",)),
    ("logout", "/accounts/logout", logout, "logout.jinja2", ("GET", "POST")),
)


def json_answer(value: Any) -> Response:
    answer = Response(body=dumps(value), content_type="application/json", charset=None)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def refused(request: Any, form: Submitted, problem: errors.DomainError) -> Submitted:
    """The form with a refusal, answered with the status and headers that belong to it."""
    request.response.status_int = problem.status
    for name, value in problem.headers:
        request.response.headers[name] = value
    return form.with_error("", problem.detail)


def _checked(request: Any, form: Submitted, target: str) -> Submitted | HTTPSeeOther:
    try:
        checked = PasswordCheck.for_request(request).check(
            form.values["login"], form.values["password"], caller(request)
        )
        logins = request.find_service(LogIns)
        identity = logins.identity_of(checked) if checked is not None else None
    except (
        errors.RateLimited,
        errors.WrongState,
        errors.Duplicate,
        errors.ProviderUnavailable,
    ) as problem:
        return refused(request, form, problem)
    if identity is None:
        return form.with_error("", WRONG)
    if not identity.has_totp:
        return logged_in(request, identity, ("pwd",), target)
    answer = see_other(request, "accounts.login_code", query={"next": target})
    keep_attempt(request, answer, logins.wait_for_factor(identity))
    return answer


def _shown(request: Any, form: Submitted, target: str, *, again: bool = False) -> dict[str, Any]:
    return {
        "form": form,
        "next": target,
        "again": again,
        "open": request.registry.settings["accounts.signup"] == "open",
        "names": bool(password_backends(request.registry)),
    }
