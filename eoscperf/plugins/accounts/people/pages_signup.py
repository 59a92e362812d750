"""The pages of those who are not logged in yet: signing up, a forgotten password, the links in mails."""

from __future__ import annotations

from typing import Any

import colander

from eoscperf import errors
from eoscperf.db import reading
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.browsers import caller, logged_in
from eoscperf.plugins.accounts.people.links import OneTimeLinks
from eoscperf.plugins.accounts.people.models import OneTimeLink
from eoscperf.plugins.accounts.people.pages_login import refused
from eoscperf.plugins.accounts.people.signup import MailMeter, SignUp, find_invitation
from eoscperf.plugins.accounts.people.transactions import clock
from eoscperf.rest import schema
from eoscperf.users.addresses import mail_address
from eoscperf.web.forms import Form, Submitted, password, see_other


def _is_address(node: Any, value: str) -> None:
    # mail_address() is what the platform accepts everywhere.
    if mail_address(value) is None or not value.isascii():
        raise colander.Invalid(node, "must be an e-mail address such as ann@example.org")


def email_node(**attributes: Any) -> colander.SchemaNode:
    node = schema.name("email", "name", title="E-mail address", **attributes)
    node.validator = colander.deferred(lambda node, kw: colander.All(colander.Length(max=254), _is_address))
    return node


EMAIL = Form(email_node())

NAME_AND_PASSWORD = Form(
    schema.name("name", "name", required=False, title="Name"), password("password", title="Password")
)

PASSWORD = Form(password("password", title="New password"))

CONFIRM = Form()


def signup(request: Any) -> Any:
    """Say an address to sign up with; or accept an invitation that is for an address."""
    secret = _text(request, "invitation")
    mode = request.registry.settings["accounts.signup"]
    if secret:
        with reading(request) as session:
            invited = find_invitation(session, secret, mode=mode, now=clock(request)()).email
        if invited is not None:
            return _accept(request, secret, invited)
    elif mode != "open":
        return {"form": None, "mode": mode, "invitation": ""}
    if request.method == "GET":
        return {"form": EMAIL.blank(), "mode": mode, "invitation": secret}
    form = EMAIL.read(request)
    if form.ok:
        asked = _ask(request, "signup", form)
        if isinstance(asked, Submitted):
            form = asked
        else:
            request.find_service(SignUp).ask(form.values["email"], invitation=secret, deliver=asked)
            return see_other(request, "accounts.sent", query={"what": "signup"})
    return {"form": form, "mode": mode, "invitation": secret}


def recover(request: Any) -> Any:
    """Say the address of the account whose password is forgotten."""
    form = EMAIL.blank() if request.method == "GET" else EMAIL.read(request)
    if request.method == "POST" and form.ok:
        asked = _ask(request, "recover", form)
        if isinstance(asked, Submitted):
            form = asked
        else:
            request.find_service(SignUp).forgot(form.values["email"], deliver=asked)
            return see_other(request, "accounts.sent", query={"what": "recover"})
    return {"form": form}


def sent(request: Any) -> Any:
    """A mail is on its way, or not: this page does not know either."""
    return {"what": "signup" if request.GET.get("what") == "signup" else "recover"}


def verify(request: Any) -> Any:
    """What a link in a mail is for. Only the button does it: programs that check mails follow links, too."""
    secret = _text(request, "link")
    with reading(request) as session:
        link = OneTimeLinks.for_request(request, session).look(secret)
        kind, email = link.kind, link.email
        about = _about(session, link)
    request.response.headers["Referrer-Policy"] = "no-referrer"
    form: Any = {"signup": NAME_AND_PASSWORD, "password": PASSWORD}.get(kind, CONFIRM)
    shown = {"kind": kind, "email": email, "secret": secret}
    if request.method == "GET":
        return shown | {"form": form.blank()}
    form = form.read(request)
    if form.ok and kind in ("signup", "password"):
        form = _with_fault(request, form, email, form.values.get("name", ""), *about)
    if form.ok:
        try:
            return _VERBS[kind](request, secret, form)
        except errors.Conflict as problem:
            form = refused(request, form, problem)
    return shown | {"form": form}


PAGES = (
    ("signup", "/accounts/signup", signup, "signup.jinja2", ("GET", "POST")),
    ("recover", "/accounts/recover", recover, "recover.jinja2", ("GET", "POST")),
    ("sent", "/accounts/sent", sent, "sent.jinja2", ("GET",)),
    ("verify", "/accounts/verify", verify, "verify.jinja2", ("GET", "POST")),
)


def _ask(request: Any, kind: str, form: Submitted) -> bool | Submitted:
    """Whether a mail may be sent for this; the form with the refusal when the network asks too often."""
    try:
        return MailMeter.for_request(request).spend(kind, form.values["email"], caller(request).network)
    except errors.RateLimited as problem:
        return refused(request, form, problem)


def _accept(request: Any, secret: str, email: str) -> Any:
    """An invitation that names its address: only name and password are missing."""
    shown = {"kind": "invitation", "email": email, "secret": secret}
    request.override_renderer = "eoscperf.plugins.accounts:templates/accounts/verify.jinja2"
    request.response.headers["Referrer-Policy"] = "no-referrer"
    if request.method == "GET":
        return shown | {"form": NAME_AND_PASSWORD.blank()}
    form = NAME_AND_PASSWORD.read(request)
    if form.ok:
        form = _with_fault(request, form, email, form.values.get("name", ""))
    if form.ok:
        hashed = request.registry["accounts.passwords"].hash(form.values["password"])
        try:
            identity = request.find_service(SignUp).accept(
                secret, name=form.values.get("name", ""), password_hash=hashed
            )
        except errors.Conflict as problem:
            form = refused(request, form, problem)
        else:
            return _welcome(request, identity)
    return shown | {"form": form}


def _finish_signup(request: Any, secret: str, form: Submitted) -> Any:
    hashed = request.registry["accounts.passwords"].hash(form.values["password"])
    identity = request.find_service(SignUp).finish(
        secret, name=form.values.get("name", ""), password_hash=hashed
    )
    return _welcome(request, identity)


def _choose_password(request: Any, secret: str, form: Submitted) -> Any:
    hashed = request.registry["accounts.passwords"].hash(form.values["password"])
    request.find_service(SignUp).choose_password(secret, hashed)
    request.notices.add("success", "Your new password counts from now on. Log in with it.")
    return see_other(request, "accounts.login")


def _confirm_email(request: Any, secret: str, form: Submitted) -> Any:
    identity = request.find_service(SignUp).confirm_email(secret)
    request.notices.add("success", f"Your account now has the address {identity.email}.")
    return see_other(request, "accounts.account")


def _undo_email(request: Any, secret: str, form: Submitted) -> Any:
    identity, link = request.find_service(SignUp).undo_email(secret)
    request.notices.add(
        "success",
        f"Your account has the address {identity.email} again. Choose a new password, log in, and look "
        "through your passkeys, OAuth clients, API tokens and trust rules: what is left was there before.",
    )
    return see_other(request, "accounts.verify", query={"link": link})


_VERBS = {
    "signup": _finish_signup,
    "password": _choose_password,
    "email": _confirm_email,
    "email_undo": _undo_email,
}


def _welcome(request: Any, identity: Any) -> Any:
    request.notices.add("success", "Welcome. Your account is ready.")
    return logged_in(request, identity, ("pwd",), request.route_path("accounts.account"))


def _with_fault(request: Any, form: Submitted, *about: str) -> Submitted:
    fault = request.registry["accounts.passwords"].fault(form.values["password"], *about)
    return form.with_error("password", fault) if fault else form


def _about(session: Any, link: OneTimeLink) -> tuple[str, ...]:
    """What is known of the person that a link is for."""
    identity = session.get(LocalIdentity, link.identity_id) if link.identity_id is not None else None
    return (identity.name, identity.email) if identity is not None else ()


def _text(request: Any, name: str) -> str:
    """A secret from the form, or from the address."""
    value = request.POST.get(name) or request.GET.get(name) or ""
    return value if isinstance(value, str) else ""
