"""What is checked of a POST to a page before its view: length, fields, rate, and that our page sent it."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from pyramid.csrf import CookieCSRFStoragePolicy, get_csrf_token
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken

from eoscperf import errors
from eoscperf.security.addresses import counted_address
from eoscperf.web.forms import MOST_FIELDS

TOKEN = "csrf_token"  # noqa: S105  the name of the field, no secret

_TOKEN_BYTES = 16

_TOKEN = re.compile(r"[0-9a-f]{32}")

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class CsrfCookie(CookieCSRFStoragePolicy):
    """The token in a cookie that scripts cannot read, sent over https only where we are reached so.

    A page holds it under a mask of its own: pages are compressed, and how short one gets must not tell
    anything about a secret in it.
    """

    def __init__(self) -> None:
        super().__init__(TOKEN, httponly=True)

    def get_csrf_token(self, request: Any) -> str:
        mask = secrets.token_bytes(_TOKEN_BYTES)
        return mask.hex() + _masked(bytes.fromhex(self._known(request)), mask).hex()

    def check_csrf_token(self, request: Any, supplied_token: str) -> bool:
        try:
            sent = bytes.fromhex(supplied_token)
        except ValueError:
            return False
        if len(sent) != 2 * _TOKEN_BYTES:
            return False
        unmasked = _masked(sent[_TOKEN_BYTES:], sent[:_TOKEN_BYTES])
        return hmac.compare_digest(unmasked, bytes.fromhex(self._known(request)))

    def new_csrf_token(self, request: Any) -> str:
        self._new(request)
        return self.get_csrf_token(request)

    def _known(self, request: Any) -> str:
        token = request.cookies.get(self.cookie_name, "")
        return token if _TOKEN.fullmatch(token) else self._new(request)

    def _new(self, request: Any) -> str:
        token = secrets.token_hex(_TOKEN_BYTES)
        request.cookies[self.cookie_name] = token

        def set_cookie(request: Any, response: Any) -> None:
            response.set_cookie(
                self.cookie_name, token, httponly=True, samesite="Lax", secure=request.scheme == "https"
            )

        request.add_response_callback(set_cookie)
        return token


def _masked(text: bytes, mask: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(text, mask, strict=True))


def readable(view: Any, info: Any) -> Any:
    """View deriver: refuses what is no form before anybody reads it; for views made by `add_page`."""
    if not info.options.get("eoscperf_page"):
        return view

    def checked(context: Any, request: Any) -> Any:
        if request.method == "POST":
            request.registry["eoscperf.rates"].spend("writes", _caller(request), "changes")
            check_form(request)
        return view(context, request)

    return checked


readable.options = ("eoscperf_page",)  # type: ignore[attr-defined]


def check_form(request: Any) -> None:
    """TooLarge, UnsupportedMediaType or MalformedRequest for a body that no page of ours sends."""
    most = _most_bytes(request.registry.settings)
    length = request.content_length or 0
    if length > most:
        raise errors.TooLarge(f"A form may have at most {most} bytes; this one has {length}.", max_bytes=most)
    kind = request.content_type
    if kind not in FORM_TYPES:
        if length == 0:
            raise BadCSRFToken
        raise errors.UnsupportedMediaType("A page takes forms only; programs use the REST API.")
    charset = request.headers.get("Content-Type", "").lower().partition("charset=")[2].strip(" \"';")
    if charset not in ("", "utf-8", "utf8"):
        raise errors.UnsupportedMediaType("A form must be in UTF-8.")
    body = request.body
    separator = rb"&" if kind == FORM_TYPES[0] else rb"\r\n--"
    if len(re.findall(separator, body)) > MOST_FIELDS:
        raise errors.TooLarge(f"A form may have at most {MOST_FIELDS} fields.", max_bytes=most)
    try:
        fields = request.POST
        list(fields.items())
    except (UnicodeDecodeError, ValueError):
        raise errors.MalformedRequest("The form cannot be read; it must be in UTF-8.") from None


def _most_bytes(settings: Any) -> int:
    """The largest upload with some room for the fields around it."""
    return settings["limits.result_bytes"] + settings["limits.body_bytes"]


def _caller(request: Any) -> str:
    return request.identity.key if request.identity else "address:" + counted_address(request)


def stale_form(exc: Any, request: Any) -> Any:
    """The form was not sent by a page of ours, or by one that is too old."""
    error = errors.MalformedRequest(
        "This form is no longer valid, or did not come from this site. Open the page again and send it once "
        "more; cookies must be allowed for that."
    )
    error.title = "Form not accepted"
    return request.registry["eoscperf.error_page"](request, error)


def includeme(config: Any) -> None:
    config.set_csrf_storage_policy(CsrfCookie())
    config.set_default_csrf_options(require_csrf=False, token=TOKEN, header="X-CSRF-Token")
    settings = config.get_settings()
    if settings["public_url"]:
        # Behind a proxy the request may name another host than the browser did.
        settings["pyramid.csrf_trusted_origins"] = [urlsplit(settings["public_url"]).netloc]
    config.add_view_deriver(readable, "eoscperf_form", under="secured_view", over="csrf_view")
    for problem in (BadCSRFToken, BadCSRFOrigin):
        config.add_exception_view(stale_form, context=problem, api_path=False)
    config.add_request_method(get_csrf_token, "csrf_token", reify=True)
