"""HTTP to hosts that users have named: only public addresses, bounded in time and size.

Who submits a benchmark chooses the host that is asked. So that nobody reaches through us what only
this machine can reach, the addresses of a name are looked up here, every one of them must be
public, and the connection goes to an address that was checked, not to the name once more.
Registries that the operator has named are exempt.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

HOST = "registry.example.org:5000"
"""An example for messages."""

MAX_BODY = 256 * 1024
_TRIED_ADDRESSES = 3

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


class Unreachable(Exception):
    """No usable answer; the message, a part of a sentence, says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def split_authority(text: str, default_port: int = 443) -> tuple[str, int]:
    """Host, without brackets, and port of `host[:port]`; ValueError if it is none."""
    found = _AUTHORITY.fullmatch(text.lower())
    if found is None:
        raise ValueError(f"{text} is no host or host:port")
    host, port = found["host"], int(found["port"] or default_port)
    if host.startswith("["):
        host = str(ipaddress.IPv6Address(host[1:-1]))
    elif len(host) > 253 or not _NAME.fullmatch(host):
        raise ValueError(f"{text} is no host or host:port")
    if not 0 < port < 65536:
        raise ValueError(f"{text} has no usable port")
    return host, port


def parse_registries(value: str) -> tuple[str, ...]:
    """The registries of the operator, words such as `host`, `host:port` or `http://localhost:5000`."""
    for word in value.split():
        _own_registry(word)
    return tuple(value.split())


def _own_registry(word: str) -> tuple[str, int, str]:
    """Host, port and scheme; ValueError says what is allowed."""
    scheme, _, authority = word.rpartition("://")
    scheme = scheme or "https"
    if scheme not in ("http", "https"):
        raise ValueError(f"{word} is no registry; one is like {HOST}")
    host, port = split_authority(authority, 80 if scheme == "http" else 443)
    if scheme == "http" and not _is_loopback(host):
        raise ValueError(f"{word}: only a registry on this machine may be asked without TLS")
    return host, port, scheme


class Network:
    """Sends requests; `own` are the registries that may be at private addresses, as the setting has them."""

    def __init__(self, own: Iterable[str], context: ssl.SSLContext | None = None) -> None:
        self._own = {(host, port): scheme for host, port, scheme in map(_own_registry, own)}
        self._context = context

    def scheme(self, authority: str) -> str:
        """How a registry is asked."""
        host, port = split_authority(authority)
        return self._own.get((host, port), "https")

    def request(self, method: str, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        """One request, without following redirects; `deadline` is of time.monotonic(). Raises Unreachable."""
        host, port, scheme, path = self._target(url)
        addresses = self._addresses(host, port)
        context = (self._context or _certificates()) if scheme == "https" else None
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unreachable("did not answer in time")
        connection = _Connection(host, port, addresses, context, left)
        # A timeout of the socket begins anew with every byte that arrives; this ends it in any case.
        guard = threading.Timer(left, connection.abort)
        guard.daemon = True
        guard.start()
        try:
            connection.request(method, path, headers={"User-Agent": "eoscperf", **headers})
            answer = connection.getresponse()
            body = b"" if method == "HEAD" else answer.read(MAX_BODY + 1)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            if connection.aborted or isinstance(problem, TimeoutError):
                raise Unreachable("did not answer in time") from problem
            raise Unreachable(_why(problem)) from problem
        finally:
            guard.cancel()
            connection.close()
        if connection.aborted:
            raise Unreachable("did not answer in time")
        if len(body) > MAX_BODY:
            raise Unreachable(f"answered with more than {MAX_BODY} bytes")
        return Reply(answer.status, answer.headers, body)

    def _target(self, url: str) -> tuple[str, int, str, str]:
        """Host, port, scheme and path of an address that may be asked."""
        if not url.isascii() or not url.isprintable() or " " in url:
            raise Unreachable("points to something that is no URL")
        try:
            parts = urlsplit(url)
            host, port = split_authority(parts.netloc, 80 if parts.scheme == "http" else 443)
        except ValueError:
            raise Unreachable("points to something that is no URL") from None
        if parts.scheme != "https" and self._own.get((host, port)) != parts.scheme:
            raise Unreachable(f"points to {parts.scheme}://{parts.netloc}, where nothing is encrypted")
        return host, port, parts.scheme, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unreachable(f"cannot be reached: there is no host {host}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if (host, port) not in self._own and not all(is_public(address) for address in addresses):
            raise Unreachable(f"is not asked: {host} has an address that is not public")
        return addresses[:_TRIED_ADDRESSES]


def is_public(text: str) -> bool:
    """Whether an address belongs to the public Internet, whatever form it is written in."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64_LOCAL or address.teredo:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were looked up before; `abort` ends it from another thread."""

    def __init__(
        self, host: str, port: int, addresses: list[str], context: ssl.SSLContext | None, timeout: float
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self.default_port = 80 if context is None else 443
        self.aborted = False
        self._addresses = addresses
        self._context = context

    def connect(self) -> None:
        self.sock = self._opened()
        if self._context is not None:
            # The handshake comes later, when `abort` already knows the socket.
            self.sock = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        if self.aborted:
            raise TimeoutError

    def abort(self) -> None:
        self.aborted = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _opened(self) -> socket.socket:
        failure: OSError | None = None
        for address in self._addresses:
            if self.aborted:
                break
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError as problem:
                failure = problem
        raise failure or TimeoutError()


@functools.cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _why(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return "does not speak TLS as it should"
    if isinstance(problem, http.client.HTTPException | ValueError):
        return "does not speak HTTP as it should"
    reason = problem.strerror if isinstance(problem, OSError) else None
    return "cannot be reached" + (f": {reason.lower()}" if reason else "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
