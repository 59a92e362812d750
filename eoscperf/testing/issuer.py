"""An OpenID Connect provider for tests: real keys, real tokens, real HTTP on a loopback port."""

from __future__ import annotations

import base64
import binascii
import datetime
import functools
import hashlib
import hmac
import ipaddress
import itertools
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from eoscperf.security.issuers import IssuerSettings

ENDPOINTS = ("discovery", "jwks", "introspection", "userinfo")
KINDS = ("RSA", "P-256", "P-384", "P-521", "Ed25519")

SigningKey = RSAKey | ECKey | OKPKey


@dataclass(frozen=True)
class Reply:
    """What an endpoint answers instead of the truth."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class TestIssuer:
    """A provider with discovery, keys, introspection and userinfo, that can be made to misbehave.

    Use it as a context manager. `people` maps a `sub` to the claims userinfo tells of it; who is not
    in it has the verified address `<sub>@example.org`. `calls` counts requests by endpoint as they come
    in, `answered` as their answers go out, `seen` lists (endpoint, headers, form). `clock` dates the
    tokens. `extra_discovery` overrides members of the discovery document. With a `tls_directory` it
    speaks https and writes the certificate that proves it there.
    """

    __test__ = False

    client_id = "eoscperf"
    client_secret = "a secret: with +, / and %"  # noqa: S105

    def __init__(self, *, clock: Callable[[], float] = time.time, tls_directory: Path | None = None) -> None:
        self.clock = clock
        self.people: dict[str, dict[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.seen: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.extra_discovery: dict[str, Any] = {}
        self.replies: dict[str, Reply] = {}
        self.published: list[dict[str, Any]] | None = None
        self.ca_bundle: str | None = None
        self._generation = 0
        self._serial = itertools.count(1)
        self._issued: dict[str, dict[str, Any]] = {}
        self._down = False
        self._delay: dict[str, float] = {}
        self._hurry = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.issuer = self
        scheme = "http"
        if tls_directory is not None:
            scheme = "https"
            self.ca_bundle = _serve_tls(self._server, tls_directory)
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> TestIssuer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hurry.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def settings(self, name: str = "test", **changes: Any) -> IssuerSettings:
        """Settings under which this issuer is trusted."""
        given: dict[str, Any] = {
            "name": name,
            "issuer": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "ca_bundle": self.ca_bundle,
            "allow_loopback_http": self.ca_bundle is None,
        }
        return IssuerSettings(**(given | changes))

    def ini(self, name: str = "test", **changes: str) -> dict[str, str]:
        """The same as settings of the application."""
        given = {
            "issuer": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "allow_loopback_http": "true",
        }
        return {"oidc.issuers": name} | {
            f"oidc.{name}.{key}": text for key, text in (given | changes).items()
        }

    def mint(
        self,
        sub: Any = "ann",
        *,
        alg: str = "RS256",
        lifetime: float = 3600,
        headers: Mapping[str, Any] | None = None,
        key: SigningKey | bytes | None = None,
        without: Iterable[str] = (),
        **claims: Any,
    ) -> str:
        """A signed JSON Web Token.

        `claims` and `headers` are added or replace the usual ones, `without` names claims and headers
        to leave out. `key` signs instead of the issuer's own; for HS algorithms it is bytes.
        """
        now = self.clock()
        payload = {
            "iss": self.url,
            "sub": sub,
            "iat": now,
            "exp": now + lifetime,
            "jti": str(next(self._serial)),
        } | claims
        header = {"alg": alg, "kid": self.kid(alg), "typ": "JWT"} | dict(headers or {})
        for name in without:
            payload.pop(name, None)
            header.pop(name, None)
        token = self.sign(json.dumps(header).encode(), json.dumps(payload).encode(), alg=alg, key=key)
        self._issued[token] = payload
        return token

    def sign(
        self, header: bytes, payload: bytes, *, alg: str = "RS256", key: SigningKey | bytes | None = None
    ) -> str:
        """A token of any bytes as header and claims, properly signed."""
        signing_input = f"{_encode(header)}.{_encode(payload)}"
        signature = _sign(signing_input.encode("ascii"), alg, self.key(alg) if key is None else key)
        return f"{signing_input}.{_encode(signature)}"

    def opaque(self, sub: Any = "ann", *, lifetime: float | None = 3600, **claims: Any) -> str:
        """A token that only the issuer can tell anything about."""
        payload: dict[str, Any] = {"iss": self.url, "sub": sub}
        if lifetime is not None:
            payload["exp"] = self.clock() + lifetime
        token = f"opaque-{next(self._serial)}-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"
        self._issued[token] = {name: value for name, value in (payload | claims).items() if value is not None}
        return token

    def revoke(self, token: str) -> None:
        """From now on the token is refused by introspection and userinfo."""
        del self._issued[token]

    def key(self, alg: str = "RS256") -> SigningKey:
        """The private key that signs with this algorithm now."""
        return _private_key(_kind(alg), self._generation)

    def kid(self, alg: str = "RS256") -> str | None:
        """The id of that key."""
        return f"{_kind(alg)}-{self._generation}" if alg[:2] in ("RS", "PS", "ES", "Ed") else None

    def rotate(self) -> None:
        """New keys sign and are published; the old ones are gone."""
        self._generation += 1

    def public_keys(self) -> list[dict[str, Any]]:
        """The published JSON Web Keys; set `published` to publish others."""
        if self.published is not None:
            return self.published
        return [
            {
                **_private_key(kind, self._generation).as_dict(private=False),
                "kid": f"{kind}-{self._generation}",
            }
            for kind in KINDS
        ]

    def down(self) -> None:
        """Connections are closed without an answer."""
        self._down = True

    def up(self) -> None:
        """Answers again, at once and truthfully."""
        self._down = False
        self._hurry.set()
        self._delay.clear()
        self.replies.clear()
        self.extra_discovery.clear()

    def slow(self, seconds: float, *endpoints: str) -> None:
        """Answers of the endpoints (all of them if none is named) take that long, until `up`."""
        self._hurry.clear()
        self._delay.update(dict.fromkeys(endpoints or ENDPOINTS, seconds))

    def fail(self, endpoint: str, status: int = 500) -> None:
        """The endpoint answers with an error status, until `up`."""
        self.replies[endpoint] = Reply(status, b"{}")

    def redirect(self, endpoint: str, location: str, status: int = 302) -> None:
        """The endpoint sends its callers elsewhere, until `up`."""
        self.replies[endpoint] = Reply(status, b"{}", {"Location": location})

    def oversize(self, endpoint: str, size: int = 1024 * 1024 + 1) -> None:
        """The endpoint answers with a JSON object of that many bytes, until `up`."""
        self.replies[endpoint] = Reply(200, b'{"a":"' + b"x" * (size - 8) + b'"}')

    def garble(self, endpoint: str, body: bytes = b'{"keys": [') -> None:
        """The endpoint answers with these bytes, until `up`."""
        self.replies[endpoint] = Reply(200, body)

    def answer(self, endpoint: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Reply | None:
        """What the endpoint replies; None closes the connection."""
        self.calls[endpoint] += 1
        self.seen.append((endpoint, dict(headers), dict(form)))
        delay = self._delay.get(endpoint, 0)
        if delay:
            self._hurry.wait(delay)
        self.answered[endpoint] += 1
        if self._down:
            return None
        if endpoint in self.replies:
            return self.replies[endpoint]
        return getattr(self, f"_{endpoint}")(headers, form)

    def _discovery(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Reply:
        document = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "introspection_endpoint": f"{self.url}/introspection",
            "userinfo_endpoint": f"{self.url}/userinfo",
        } | self.extra_discovery
        return _json({name: value for name, value in document.items() if value is not None})

    def _jwks(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Reply:
        return _json({"keys": self.public_keys()})

    def _introspection(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Reply:
        if not self._is_client(headers.get("Authorization", ""), form):
            return _json({"error": "invalid_client"}, 401)
        claims = self._active(form.get("token", ""))
        return _json({"active": False} if claims is None else {"active": True, **claims})

    def _userinfo(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Reply:
        claims = self._active(headers.get("Authorization", "").removeprefix("Bearer "))
        if claims is None:
            return _json({"error": "invalid_token"}, 401)
        sub = claims.get("sub")
        usual = {"email": f"{sub}@example.org", "email_verified": True}
        return _json({"sub": sub, **self.people.get(str(sub), usual)})

    def _active(self, token: str) -> dict[str, Any] | None:
        claims = self._issued.get(token)
        expires = (claims or {}).get("exp")
        if claims is None or (isinstance(expires, int | float) and expires <= self.clock()):
            return None
        return claims

    def _is_client(self, authorization: str, form: Mapping[str, str]) -> bool:
        try:
            credentials = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        name, _, secret = credentials.partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (self.client_id, self.client_secret)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    issuer: TestIssuer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up early is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        path = urlsplit(self.path).path
        endpoint = "discovery" if path == "/.well-known/openid-configuration" else path.strip("/")
        if endpoint not in ENDPOINTS:
            reply: Reply | None = Reply(404, b"{}")
            self.server.issuer.calls[path] += 1
        else:
            reply = self.server.issuer.answer(endpoint, dict(self.headers.items()), form)
        if reply is None:
            return
        self.send_response(reply.status)
        for name, value in ({"Content-Type": "application/json"} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the output belongs to the tests."""


def _json(document: Mapping[str, Any], status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _kind(alg: str) -> str:
    return {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}.get(alg, "RSA")


@functools.cache
def _private_key(kind: str, generation: int) -> SigningKey:
    """Made once per process: RSA keys take a while."""
    if kind == "RSA":
        return RSAKey.generate_key(2048)
    if kind == "Ed25519":
        return OKPKey.generate_key("Ed25519")
    return ECKey.generate_key(kind)


def _sign(signing_input: bytes, alg: str, key: SigningKey | bytes) -> bytes:
    if alg == "none":
        return b""
    if alg.startswith("HS"):
        secret = key if isinstance(key, bytes) else key.as_pem(private=False)
        return hmac.digest(secret, signing_input, f"sha{alg[2:]}")
    return JWSRegistry.algorithms[alg].sign(signing_input, key)


def _serve_tls(server: ThreadingHTTPServer, directory: Path) -> str:
    """Puts TLS in front of the server; returns the file with the certificate that proves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test issuer")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / "issuer.pem", directory / "issuer.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    # The handshake happens in the thread of the connection, so that no caller can block the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return str(public)
