"""Deciding about a device: the code that was typed, then the question whether it may."""

from __future__ import annotations

from typing import Any

from eoscperf.db import utcnow
from eoscperf.plugins.accounts.people.digests import digest
from eoscperf.plugins.accounts.people.session import COOKIE, require_login
from eoscperf.plugins.accounts.people.throttle import QUARTER, Count, Throttle
from eoscperf.plugins.accounts.people.transactions import own_transaction
from eoscperf.plugins.accounts.provider.clients import OAuthClients
from eoscperf.plugins.accounts.provider.devices import Devices, new_user_code, plain
from eoscperf.plugins.accounts.provider.flow import remember
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.plugins.accounts.provider.scopes import SCOPES
from eoscperf.security.addresses import counted_address

PER_SESSION, PER_NETWORK = 10, 50
"""Codes that may be typed in a quarter of an hour and that nobody waits with."""

UNKNOWN = "No device waits with this code. Codes are good for 15 minutes and can be used once."

LENGTH = len(plain(new_user_code()))


def decide(request: Any) -> dict[str, Any]:
    """The values of the page: the question, the outcome, or the form again with what was wrong."""
    code = str(request.POST.get("user_code", ""))[:40]
    counts = [
        Count(f"user code\n{digest(request.cookies.get(COOKIE, ''))}", QUARTER, PER_SESSION),
        Count(f"user code\n{counted_address(request)}", QUARTER, PER_NETWORK),
    ]
    now = request.registry.get("accounts.clock", utcnow)
    secret = request.registry.settings["secret"]
    # Before anything is looked up, and whatever becomes of the request.
    with own_transaction(request) as session:
        Throttle(session, secret, now=now).spend(*counts, what="codes")
    account = require_login(request)
    devices = Devices.for_request(request)
    row = devices.typed(code) if len(plain(code)) == LENGTH else None
    client = None if row is None else OAuthClients.for_request(request).find(row.client_id)
    if row is None or client is None:
        request.response.status_int = 422
        return {"code": code, "errors": {"user_code": [UNKNOWN]}, "account": account}
    Throttle(request.dbsession, secret, now=now).refund(*[count.key for count in counts])
    values = {"code": code, "errors": {}, "account": account, "client": client}
    decision = request.POST.get("decision")
    if decision not in ("allow", "deny") or request.POST.get("session") != str(account.id):
        return values | {"scopes": [(name, SCOPES[name]) for name in row.scope.split()]}
    if decision == "deny":
        devices.decide(row, None)
        return values | {"outcome": "denied"}
    ledger = Ledger.for_request(request)
    remember(request.dbsession, account.identity_id, client.client_id, row.scope, now())
    devices.decide(row, ledger.begin(client, row.scope, session=account, issued_for=account.identity_id))
    return values | {"outcome": "approved"}
