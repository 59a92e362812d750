"""What bearer tokens say: reading JSON Web Tokens and checking claims, without network and without keys."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from eoscperf.errors import InvalidToken
from eoscperf.security.issuers import Issuer
from eoscperf.security.scopes import granted

MAX_SUBJECT = 255  # OpenID Connect Core 2: `sub` has at most this many characters.
MAX_EMAIL = 320


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """An accepted token; None stands for what it does not tell. `expires_at` is in seconds since 1970.

    `iss` is the issuer that its holder is stored under; `claims` has the one that the token carries.
    """

    iss: str
    sub: str
    email: str | None
    email_verified: bool | None
    entitlements: frozenset[str] | None
    scopes: frozenset[str] | None
    expires_at: float | None
    issuer_name: str
    digest: str
    claims: Mapping[str, Any] = field(repr=False, compare=False)
    limited_to: frozenset[str] | None = None
    """which of our scopes it may be used for; None: everything its holder may do"""


@dataclass(frozen=True, slots=True)
class PersonClaims:
    """What a token, an introspection or a userinfo answer tells of the person; None where it is silent."""

    email: str | None = None
    email_verified: bool | None = None
    entitlements: frozenset[str] | None = None

    def completed_by(self, userinfo: PersonClaims) -> PersonClaims:
        """These claims of a token, with userinfo's where they are missing."""
        email, email_verified = self.email, self.email_verified
        if email is None or email_verified is None:
            # Whether an address is verified is told of that address only, so the two stay together.
            if userinfo.email is not None and userinfo.email != email:
                email, email_verified = userinfo.email, userinfo.email_verified
            elif email is None:
                email_verified = None
            elif email_verified is None and userinfo.email is not None:
                email_verified = userinfo.email_verified
        entitlements = userinfo.entitlements if self.entitlements is None else self.entitlements
        return PersonClaims(email, email_verified, entitlements)


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A JSON Web Token taken apart; nothing in it can be believed yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def read_jwt(token: str) -> UnverifiedToken | None:
    """The token taken apart, or None when it is not a JSON Web Token but an opaque one."""
    segments = token.split(".")
    if len(segments) != 3:
        return None
    try:
        header = read_json(_decode(segments[0]))
    except ValueError:
        return None
    if not isinstance(header, dict) or "alg" not in header:
        return None
    try:
        claims = read_json(_decode(segments[1]))
        signature = _decode(segments[2])
    except ValueError:
        raise InvalidToken("Token is damaged: it does not decode as a JSON Web Token") from None
    if not isinstance(claims, dict):
        raise InvalidToken("Token is damaged: its claims are not a JSON object")
    return UnverifiedToken(header, claims, f"{segments[0]}.{segments[1]}".encode("ascii"), signature)


def read_json(data: bytes) -> Any:
    """The value of a JSON text; ValueError for anything else, however deep or odd it is."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def check_header(header: Mapping[str, Any], algorithms: Collection[str]) -> None:
    """Refuses what the header of an acceptable token cannot have."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise InvalidToken(
            f"Signature algorithm {quoted(algorithm)} is not accepted; accepted: {', '.join(algorithms)}"
        )
    if "crit" in header:
        raise InvalidToken("Token has a 'crit' header; no critical extension is understood here")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidToken("Key id ('kid') of the token is not text")
    kind = header.get("typ")
    if kind is not None:
        name = kind.lower().removeprefix("application/") if isinstance(kind, str) else None
        if name not in ("jwt", "at+jwt"):
            raise InvalidToken(f"Token type {quoted(kind)} is not accepted; accepted: JWT, at+jwt")


def check_claims(claims: Mapping[str, Any], issuer: Issuer, now: float, *, self_contained: bool) -> None:
    """Checks everything but the signature; an answer about an opaque token may lack `iss` and `exp`."""
    iss = claims.get("iss")
    if (self_contained or iss is not None) and iss not in issuer.accepted:
        raise InvalidToken(f"Token is of issuer {quoted(iss)}, not of {quoted(issuer.issuer)}")
    _check_subject(claims.get("sub"))
    expires = _instant(claims, "exp")
    if expires is None and self_contained:
        raise InvalidToken("Token has no 'exp'")
    if expires is not None and now >= expires + issuer.leeway:
        raise InvalidToken("Token expired")
    begins = _instant(claims, "nbf")
    if begins is not None and now < begins - issuer.leeway:
        raise InvalidToken("Token is not valid yet")
    if issuer.audience:
        _check_audience(claims.get("aud"), issuer.audience)


def verified_token(claims: Mapping[str, Any], issuer: Issuer, digest: str) -> VerifiedToken:
    """The accepted token that checked claims describe."""
    person = person_claims(claims, issuer.entitlement_claims)
    scopes = _scopes(claims)
    return VerifiedToken(
        iss=issuer.known_as or issuer.issuer,
        sub=claims["sub"],
        email=person.email,
        email_verified=person.email_verified,
        entitlements=person.entitlements,
        scopes=scopes,
        expires_at=_instant(claims, "exp"),
        issuer_name=issuer.name,
        digest=digest,
        claims=MappingProxyType(dict(claims)),
        limited_to=granted(scopes, scoped=issuer.scoped),
    )


def person_claims(claims: Mapping[str, Any], entitlement_claims: Collection[str]) -> PersonClaims:
    """Email, its state and entitlements; values of a wrong type count as missing."""
    email = claims.get("email")
    if not isinstance(email, str) or not email or len(email) > MAX_EMAIL or not storable(email):
        email = None
    values: set[str] | None = None
    for name in entitlement_claims:
        value = claims.get(name)
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list):
            values = (values or set()) | {item for item in value if isinstance(item, str)}
    # Some providers send booleans as text.
    verified = {True: True, False: False, "true": True, "false": False}.get(
        _scalar(claims.get("email_verified"))
    )
    return PersonClaims(email, verified, None if values is None else frozenset(values))


def storable(text: str) -> bool:
    """Whether every database can hold the text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def quoted(value: object) -> str:
    """A value from outside, short and plain enough for a message."""
    text = value if isinstance(value, str) else type(value).__name__ if value is not None else ""
    shown = text[:200].encode("ascii", "backslashreplace").decode("ascii")
    shown = "".join(character if character.isprintable() else "?" for character in shown)
    return f"'{shown}...'" if len(text) > 200 else f"'{shown}'"


def _decode(segment: str) -> bytes:
    data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    # Python skips what it does not know, which would let one token have many spellings.
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != segment:
        raise ValueError("not base64url without padding")
    return data


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_subject(sub: object) -> None:
    if not isinstance(sub, str) or not sub:
        raise InvalidToken("Token has no 'sub'")
    if len(sub) > MAX_SUBJECT:
        raise InvalidToken(f"Subject ('sub') of the token is longer than {MAX_SUBJECT} characters")
    if not storable(sub):
        raise InvalidToken("Subject ('sub') of the token holds characters that cannot be stored")


def _check_audience(audience: object, accepted: Collection[str]) -> None:
    held = [audience] if isinstance(audience, str) else audience
    if not isinstance(held, list) or not any(isinstance(item, str) and item in accepted for item in held):
        raise InvalidToken(f"Token is for another audience; accepted: {', '.join(accepted)}")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"'{name}' of the token is not a number")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise InvalidToken(f"'{name}' of the token is out of range")
    return seconds


def _scopes(claims: Mapping[str, Any]) -> frozenset[str] | None:
    for name in ("scope", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            return frozenset(value.split())
        if isinstance(value, list):
            return frozenset(item for item in value if isinstance(item, str))
    return None


def _scalar(value: object) -> bool | str | None:
    return value if isinstance(value, bool | str) else None
