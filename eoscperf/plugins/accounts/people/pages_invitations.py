"""The page on which administrators invite people."""

from __future__ import annotations

from typing import Any

from eoscperf import errors
from eoscperf.plugins.accounts.people import addresses
from eoscperf.plugins.accounts.people.pages_login import refused
from eoscperf.plugins.accounts.people.pages_signup import email_node
from eoscperf.plugins.accounts.people.signup import SignUp
from eoscperf.plugins.accounts.people.standing import require_administrator, user_id_of
from eoscperf.rest import schema
from eoscperf.web.forms import Form, see_other

INVITE = Form(email_node(missing=None))

WITHDRAW = Form(schema.identifier("invitation", title="Invitation"))


def invitations(request: Any) -> Any:
    """Invite somebody; see who has been invited."""
    found = require_administrator(request)
    service = request.find_service(SignUp)
    form, link = INVITE.blank(), ""
    if request.method == "POST":
        form = INVITE.read(request)
        if form.ok:
            try:
                by = user_id_of(request, found.identity_id)
                _, secret = service.invite(form.values.get("email"), by=by)
            except errors.Conflict as problem:
                form = refused(request, form, problem)
            else:
                link = addresses.page(request.registry.settings, addresses.INVITED, invitation=secret)
                request.response.headers["Cache-Control"] = "no-store"
                form = INVITE.blank()
    return {
        "form": form,
        "link": link,
        "invitations": service.open_invitations(),
        "mode": request.registry.settings["accounts.signup"],
    }


def withdraw(request: Any) -> Any:
    """Take an invitation back."""
    require_administrator(request)
    form = WITHDRAW.read(request)
    if form.ok:
        try:
            request.find_service(SignUp).withdraw(form.values["invitation"])
            request.notices.add("success", "The invitation was withdrawn.")
        except errors.NotFound as problem:
            request.notices.add("info", problem.detail)
    return see_other(request, "accounts.invitations")


PAGES = (
    ("invitations", "/accounts/invitations", invitations, "invitations.jinja2", ("GET", "POST")),
    ("invitation_withdraw", "/accounts/invitations/withdraw", withdraw, "invitations.jinja2", ("POST",)),
)
