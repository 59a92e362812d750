"""The pages about one-time codes and passkeys."""

from __future__ import annotations

import uuid
from typing import Any

from markupsafe import Markup

from eoscperf import errors
from eoscperf.plugins.accounts.people import addresses
from eoscperf.plugins.accounts.people.browsers import caller
from eoscperf.plugins.accounts.people.identities import LOCAL, Identities
from eoscperf.plugins.accounts.people.pages_account import RECENT
from eoscperf.plugins.accounts.people.pages_login import json_answer, refused
from eoscperf.plugins.accounts.people.passkeys import Passkeys
from eoscperf.plugins.accounts.people.session import AccountSessions, require_login
from eoscperf.plugins.accounts.people.totp import CodeMeter, SecondFactors, provisioning_uri, qr_code
from eoscperf.rest import schema
from eoscperf.web.forms import Form, Submitted, password, see_other

CODE = Form(schema.name("code", "name", title="Code"))

STEP = Form(schema.choice("step", "start", "renew", "off", required=True, title="What to do"))

ADD = Form(
    schema.name("name", "name", title="Name of the passkey"),
    password("credential", title="The browser's answer", most=20000),
)

REMOVE = Form(schema.identifier("passkey", title="Passkey"))


def second_factor(request: Any) -> Any:
    """Switch one-time codes on or off, make new recovery codes."""
    found = require_login(request, max_age=RECENT)
    if request.method == "GET":
        return _factor_page(request, found.identity)
    identity = request.find_service(Identities).get(found.identity_id, lock=True)
    factors = request.find_service(SecondFactors)
    step = STEP.read(request).values.get("step")
    try:
        if step == "start":
            return _set_up(request, identity, CODE.blank())
        if step == "renew":
            return _factor_page(request, identity, codes=factors.renew_codes(identity))
        if step == "off":
            factors.switch_off(identity)
            request.notices.add("success", "One-time codes are off.")
    except errors.WrongState as problem:
        request.notices.add("info", problem.detail)
    return see_other(request, "accounts.second_factor")


def confirm_factor(request: Any) -> Any:
    """The first code, which shows that the app has the secret."""
    found = require_login(request, max_age=RECENT)
    form = CODE.read(request)
    if form.ok:
        try:
            CodeMeter.for_request(request).spend(found.identity_id, form.values["code"], caller(request))
        except errors.RateLimited as problem:
            form = refused(request, form, problem)
    identity = request.find_service(Identities).get(found.identity_id, lock=True)
    if identity.has_totp:
        return see_other(request, "accounts.second_factor")
    if form.ok:
        try:
            codes = request.find_service(SecondFactors).confirm(identity, form.values["code"])
        except errors.Invalid as problem:
            form = form.with_error("code", problem.detail)
        else:
            return _factor_page(request, identity, codes=codes)
    return _set_up(request, identity, form)


def passkeys(request: Any) -> Any:
    """Add a passkey with what the browser has answered; list and remove them."""
    found = require_login(request, max_age=RECENT)
    # Asked for before the session is read again to be changed, which forgets whose it is.
    is_local = found.identity.backend == LOCAL
    service = request.find_service(Passkeys)
    form = ADD.blank()
    if request.method == "POST":
        form = ADD.read(request)
        if form.ok:
            begun = request.find_service(AccountSessions).get(found.id)
            identity = request.find_service(Identities).get(found.identity_id, lock=True)
            try:
                service.add(identity, begun, form.values["credential"], form.values["name"])
            except (errors.Invalid, errors.WrongState) as problem:
                form = form.with_error("", problem.detail)
            else:
                request.notices.add("success", "The passkey was added.")
                return see_other(request, "accounts.passkeys")
    return {
        "form": form,
        "passkeys": service.of_identity(found.identity_id),
        "is_local": is_local,
    }


def passkey_options(request: Any) -> Any:
    """What a script needs to make a passkey on the device."""
    found = require_login(request, max_age=RECENT)
    begun = request.find_service(AccountSessions).get(found.id)
    identity = request.find_service(Identities).get(found.identity_id)
    return json_answer(request.find_service(Passkeys).creation_options(identity, begun))


def remove_passkey(request: Any) -> Any:
    found = require_login(request, max_age=RECENT)
    form = REMOVE.read(request)
    wanted = form.values.get("passkey", uuid.UUID(int=0))
    identity = request.find_service(Identities).get(found.identity_id, lock=True)
    if request.find_service(Passkeys).remove(identity, wanted):
        request.notices.add("success", "The passkey was removed.")
    else:
        request.notices.add("info", "This passkey was removed already.")
    return see_other(request, "accounts.passkeys")


PAGES = (
    ("second_factor", "/accounts/second-factor", second_factor, "factor.jinja2", ("GET", "POST")),
    ("second_factor_confirm", "/accounts/second-factor/confirm", confirm_factor, "factor.jinja2", ("POST",)),
    ("passkeys", "/accounts/passkeys", passkeys, "passkeys.jinja2", ("GET", "POST")),
    ("passkey_options", "/accounts/passkeys/options", passkey_options, "passkeys.jinja2", ("POST",)),
    ("passkey_remove", "/accounts/passkeys/remove", remove_passkey, "passkeys.jinja2", ("POST",)),
)


def _factor_page(request: Any, identity: Any, codes: list[str] | None = None) -> dict[str, Any]:
    request.response.headers["Cache-Control"] = "no-store"
    return {
        "identity": identity,
        "is_on": identity.has_totp,
        "is_local": identity.backend == LOCAL,
        "codes": codes or [],
        "codes_left": request.find_service(SecondFactors).codes_left(identity),
        "form": None,
    }


def _set_up(request: Any, identity: Any, form: Submitted) -> dict[str, Any]:
    """The page with the secret to take over."""
    request.response.headers["Cache-Control"] = "no-store"
    secret = request.find_service(SecondFactors).prepare(identity)
    uri = provisioning_uri(secret, identity.email, addresses.host(request.registry.settings))
    return {
        "identity": identity,
        "is_on": False,
        "is_local": identity.backend == LOCAL,
        "codes": [],
        "form": form,
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "uri": uri,
        # Drawn from an address that we made: nothing in it is markup of somebody else.
        "qr": Markup(qr_code(uri)),  # noqa: S704
    }
