"""What is known of the browser behind a request, and the cookies it is given."""

from __future__ import annotations

import re
from typing import Any

from pyramid.csrf import new_csrf_token
from pyramid.httpexceptions import HTTPSeeOther

from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.login import ATTEMPT, DEVICE, Caller, LogIns
from eoscperf.plugins.accounts.people.session import (
    COOKIE,
    AccountSessions,
    drop_cookie,
    is_local_page,
    set_cookie,
)
from eoscperf.security.addresses import client_address, counted_address

DEVICE_COOKIE = "eoscperf_device"
ATTEMPT_COOKIE = "eoscperf_login"

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def caller(request: Any) -> Caller:
    """Where a request comes from."""
    return Caller(
        network=counted_address(request),
        address=client_address(request),
        device_secret=request.cookies.get(DEVICE_COOKIE, ""),
        device=device_name(request.user_agent or ""),
    )


def device_name(agent: str) -> str:
    """Browser and system in words, from what the browser calls itself."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[^\x20-\x7e]", "", agent)[:60] or "Unknown browser"


def next_page(request: Any) -> str:
    """Where to go after the log-in: a page of this installation, else the account's."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return (
        wanted
        if isinstance(wanted, str) and is_local_page(wanted)
        else request.route_path("accounts.account")
    )


def logged_in(request: Any, identity: LocalIdentity, amr: tuple[str, ...], target: str) -> HTTPSeeOther:
    """Begin a session and send the browser on; what it knew before the log-in is of no use afterwards."""
    begun = request.find_service(LogIns).begin(
        identity, amr, caller(request), page=target, before=request.cookies.get(COOKIE, "")
    )
    new_csrf_token(request)
    answer = HTTPSeeOther(location=target)
    keep_session(request, answer, begun.secret)
    set_cookie(request, answer, DEVICE_COOKIE, begun.device_secret, DEVICE)
    if ATTEMPT_COOKIE in request.cookies:
        drop_cookie(request, answer, ATTEMPT_COOKIE)
    return answer


def keep_session(request: Any, answer: Any, secret: str) -> None:
    set_cookie(request, answer, COOKIE, secret, request.find_service(AccountSessions).longest)


def keep_attempt(request: Any, answer: Any, secret: str) -> None:
    set_cookie(request, answer, ATTEMPT_COOKIE, secret, ATTEMPT)
