"""How API tokens are written: a prefix that scanners know, 32 random bytes, a checksum.

The checksum tells a token from a damaged or invented one without asking anybody, so that scanners raise no
false alarm and nobody has the database searched for nonsense.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib

PREFIX = "eoscp_"

PATTERN = r"eoscp_[0-9A-Za-z]{49}"
"""What scanners look for."""

RANDOM_BYTES = 32
HINT = len(PREFIX) + 4
"""Characters that are kept to recognise a token by; what is left cannot be guessed from them."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY, _CHECKSUM = 43, 6
_WHOLE = re.compile(PATTERN)


def new_token() -> str:
    """A token that nobody else has."""
    body = _base62(int.from_bytes(secrets.token_bytes(RANDOM_BYTES)), _BODY)
    return PREFIX + body + _checksum(body)


def is_api_token(text: str) -> bool:
    """Whether a text claims to be an API token, good or bad: then nobody else is to be shown it."""
    return text.startswith(PREFIX)


def is_well_formed(text: str) -> bool:
    """Whether a text can be an API token: all characters are there and the checksum is right."""
    if not _WHOLE.fullmatch(text):
        return False
    body, checksum = text[len(PREFIX) : -_CHECKSUM], text[-_CHECKSUM:]
    return hmac.compare_digest(_checksum(body), checksum)


def digest(text: str) -> str:
    """What is stored of a token. There are too many to be tried, so neither salt nor slowness is needed."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
