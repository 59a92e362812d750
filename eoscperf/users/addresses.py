"""Email addresses, as far as the platform has to understand them."""

from __future__ import annotations

import unicodedata

LONGEST = 320


def mail_address(text: str | None) -> str | None:
    """The address without blanks around it; None for what no mail could be sent to."""
    address = (text or "").strip()
    local, _, domain = address.rpartition("@")
    if not local or not domain or len(address) > LONGEST or any(map(_is_odd, address)):
        return None
    return address


def _is_odd(character: str) -> bool:
    # A line break would let an address write headers of a mail.
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cs")
