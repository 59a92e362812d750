"""Where the pages of this installation are found, for links in mails and for passkeys.

Taken from the settings, never from a request: who asks for a mail could name another host, and the
person who gets the mail would send the secret there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

VERIFY = "verify"
INVITED = "signup"


def page(settings: Mapping[str, Any], name: str, **query: str) -> str:
    """The full address of one of our pages."""
    return f"{settings['accounts.url']}/{name}" + (f"?{urlencode(query)}" if query else "")


def origin(settings: Mapping[str, Any]) -> str:
    """Scheme, host and port, as a browser names them."""
    parts = urlsplit(settings["accounts.url"])
    return f"{parts.scheme}://{parts.netloc}"


def host(settings: Mapping[str, Any]) -> str:
    """The host alone: what a passkey is made for."""
    return urlsplit(settings["accounts.url"]).hostname or ""
