"""Trusted OpenID Connect issuers: what is known of each, and which of their addresses may be called."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

ALGORITHMS = (
    "RS256", "RS384", "RS512",
    "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512",
    "EdDSA",
)  # fmt: skip
"""Signature algorithms a token may have; symmetric ones and `none` are never among them."""

ENTITLEMENT_CLAIMS = ("eduperson_entitlement", "entitlements")
DEFAULT_LEEWAY = 30.0
MAX_LEEWAY = 300.0
LOGIN_SCOPES = ("openid", "email", "profile")
OPAQUE_MODES = ("off", "introspection", "userinfo")


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """A provider that is asked over the network; endpoints left empty come from its discovery document.

    `discovery` is true for the document at the usual place, or the URL of one, or false; a
    `jwks_uri` takes its place. `leeway` is in seconds. `allow_loopback_http` lifts the demand for
    https from addresses of this machine only.
    """

    name: str
    issuer: str
    discovery: bool | str = True
    jwks_uri: str | None = None
    introspection_endpoint: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    userinfo_endpoint: str | None = None
    opaque: str = "off"
    audience: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS
    leeway: float = DEFAULT_LEEWAY
    entitlement_claims: tuple[str, ...] = ENTITLEMENT_CLAIMS
    ca_bundle: str | None = None
    allow_loopback_http: bool = False
    known_as: str | None = None
    """the issuer that its people are stored under; None: its own name"""
    scoped: bool = False
    """its tokens name our scopes, and are good for those only (`eoscperf.security.scopes`)"""
    login: bool = False
    """people may log in to the pages with it"""
    title: str = ""
    """what people know it as"""
    login_scopes: tuple[str, ...] = LOGIN_SCOPES

    @property
    def accepted(self) -> tuple[str, ...]:
        """What its tokens may carry in `iss`."""
        return (self.issuer,)

    @property
    def discovery_url(self) -> str | None:
        """Where the discovery document is; None when the issuer goes without one."""
        if self.jwks_uri or not self.discovery:
            return None
        if isinstance(self.discovery, str):
            return self.discovery
        return self.issuer.rstrip("/") + "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class LocalIssuer:
    """An issuer inside this process: `keys` returns its public keys as JSON Web Keys, on every check.

    Its tokens may carry either of its names: with its keys nobody else signs.
    """

    name: str
    issuer: str
    keys: Callable[[], Sequence[Mapping[str, Any]]]
    audience: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS
    leeway: float = DEFAULT_LEEWAY
    entitlement_claims: tuple[str, ...] = ENTITLEMENT_CLAIMS
    known_as: str | None = None
    """the issuer that its people are stored under; None: its own name"""
    scoped: bool = False
    """its tokens name our scopes, and are good for those only (`eoscperf.security.scopes`)"""

    @property
    def accepted(self) -> tuple[str, ...]:
        """What its tokens may carry in `iss`."""
        return issuer_names(self)


Issuer = IssuerSettings | LocalIssuer


def issuer_names(issuer: Issuer) -> tuple[str, ...]:
    """The name in its tokens, then the one its people are stored under where that is another."""
    return tuple(dict.fromkeys((issuer.issuer, issuer.known_as or issuer.issuer)))


def url_problem(url: object, *, allow_loopback_http: bool = False) -> str | None:
    """What forbids calling this URL, or None."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return "is not a URL"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "is not a URL"
    if not parsed.host or not 0 < (parsed.port or 443) < 65536:
        return "is not a URL with a host"
    if parsed.userinfo:
        return "must not hold a user name or password"
    if parsed.fragment or "#" in url:
        return "must not have a fragment"
    if parsed.scheme == "https" or (
        parsed.scheme == "http" and allow_loopback_http and _is_loopback(parsed.host)
    ):
        return None
    if allow_loopback_http:
        return "must begin with https://, or with http:// and an address of this machine"
    return "must begin with https://"


_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK if address.version == 4 else address == ipaddress.ip_address("::1")
