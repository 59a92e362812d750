"""Connections to a directory: encrypted, checked, bounded in time, and closed again."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import ssl
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from eoscperf.plugins.accounts.people.backends import BackendUnavailable

with warnings.catch_warnings():
    # The library asks pyasn1 for names that have newer ones; it works with both.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException
    from pyasn1.error import PyAsn1Error

log = logging.getLogger(__name__)

SUCCESS = 0
BUSY = {
    1: "operations error",
    3: "time limit exceeded",
    51: "busy",
    52: "unavailable",
    80: "internal error",
}
"""Results that say nothing about a password: the directory cannot answer now."""


_FAILURES = (
    LDAPException,
    PyAsn1Error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What the library raises: of the network, and of answers that it cannot read."""


class Broken(Exception):
    """The directory cannot be reached, or what it answers cannot be read."""


class Refused(Exception):
    """The directory does not accept a name with a password; `code` and `reason` are its own."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason} ({code})")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the directory; attributes by their name in lower case."""

    dn: str
    attributes: dict[str, list[bytes]]

    def values(self, name: str) -> list[bytes]:
        return self.attributes.get(name.lower(), [])

    def text(self, name: str) -> str | None:
        """The first value that is text."""
        for value in self.values(name):
            with contextlib.suppress(UnicodeDecodeError):
                return value.decode("utf-8")
        return None


@dataclass(frozen=True)
class Servers:
    """Where the directory is; tried in order. `timeout` in seconds bounds the wait for each answer."""

    urls: Sequence[str]
    starttls: bool = True
    allow_plain: bool = False
    ca_file: str | None = None
    timeout: float = 5.0
    _context: list[ssl.SSLContext] = field(default_factory=list, repr=False, compare=False)

    def plain(self) -> list[str]:
        """Addresses that passwords are sent to as they are."""
        return [url for url in self.urls if url.startswith("ldap://") and not self.starttls]

    @contextlib.contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection to the first server that can be had, closed at the end; BackendUnavailable."""
        connection = self._first()
        try:
            yield connection
        except Broken as problem:
            raise BackendUnavailable(f"The directory {connection.url} failed: {problem}") from problem
        finally:
            connection.close()

    def _first(self) -> Connection:
        failures = []
        for url in self.urls:
            if url in self.plain() and not self.allow_plain and not is_loopback(url):
                failures.append(f"{url} would get passwords unencrypted")
                continue
            try:
                return Connection.open(url, self)
            except Broken as problem:
                log.warning("directory %s cannot be used: %s", url, problem)
                failures.append(f"{url}: {problem}")
        raise BackendUnavailable(f"No directory can be used: {'; '.join(failures)}")

    def context(self) -> ssl.SSLContext:
        """What checks certificates; made at first use."""
        if not self._context:
            context = ssl.create_default_context(cafile=self.ca_file or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._context.append(context)
        return self._context[0]


class Connection:
    """One connection; every method raises Broken when it breaks."""

    def __init__(self, url: str, raw: ldap3.Connection) -> None:
        self.url = url
        self._raw = raw

    @classmethod
    def open(cls, url: str, servers: Servers) -> Connection:
        """Connect, and encrypt unless the address is one that is asked as it is."""
        parts = urlsplit(url)
        secure = parts.scheme == "ldaps"
        server = ldap3.Server(
            parts.hostname,
            port=parts.port or (636 if secure else 389),
            use_ssl=secure,
            tls=_Tls(servers.context(), str(parts.hostname)) if secure or servers.starttls else None,
            get_info=ldap3.NONE,
            connect_timeout=servers.timeout,
        )
        raw = ldap3.Connection(
            server,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            auto_escape=False,
            check_names=False,
            client_strategy=ldap3.SYNC,
            read_only=True,
        )
        connection = cls(url, raw)
        try:
            with _talking():
                raw.open(read_server_info=False)
                if not secure and servers.starttls:
                    raw.start_tls(read_server_info=False)
            if (secure or servers.starttls) and not isinstance(raw.socket, ssl.SSLSocket):
                raise Broken("the connection was not encrypted")
        except BaseException:
            connection.close()
            raise
        return connection

    def bind(self, dn: str = "", password: str = "") -> None:
        """Be somebody from now on, or nobody in particular without a name; Refused.

        A name without a password would be accepted by many a directory, as nobody: it is never sent.
        """
        if bool(dn) != bool(password):
            raise Refused(49, "a name needs a password")
        raw = self._raw
        raw.authentication = ldap3.SIMPLE if dn else ldap3.ANONYMOUS
        # As bytes: text would be rewritten by rules that not every directory follows.
        raw.user, raw.password = dn or None, password.encode("utf-8") or None
        try:
            with _talking():
                raw.bind(read_server_info=False)
        finally:
            raw.password = None
        self._check(raw.result)

    def search(
        self, base: str, filter_: str, attributes: Sequence[str], *, only: bool = False, most: int = 0
    ) -> list[Entry]:
        """Entries below `base`, or the one there with `only`; `most` 0 is as many as the directory gives.

        Where there are more than `most`, one more than that is returned. References to elsewhere are not
        followed.
        """
        raw = self._raw
        with _talking():
            raw.search(
                base,
                filter_,
                search_scope=ldap3.BASE if only else ldap3.SUBTREE,
                attributes=[name for name in attributes if name] or [ldap3.NO_ATTRIBUTES],
                size_limit=most + 1 if most else 0,
                time_limit=max(1, int(raw.server.connect_timeout)),
            )
        no_such_object, size_limit = 32, 4
        code = raw.result["result"]
        if code == no_such_object:
            return []
        if code != size_limit or not most:
            self._check(raw.result)
        found = [entry for entry in raw.response or () if entry["type"] == "searchResEntry"]
        return [
            Entry(
                entry["dn"],
                {name.lower(): list(values) for name, values in entry["raw_attributes"].items()},
            )
            for entry in found
        ]

    def close(self) -> None:
        with contextlib.suppress(*_FAILURES):
            if not self._raw.closed:
                self._raw.unbind()
        # A handshake that failed has left a socket that the library does not know how to close.
        with contextlib.suppress(OSError):
            if self._raw.socket is not None:
                self._raw.socket.close()

    def _check(self, result: dict[str, Any]) -> None:
        code = result["result"]
        if code == SUCCESS:
            return
        if code in BUSY:
            raise BackendUnavailable(f"The directory {self.url} answers: {BUSY[code]}")
        raise Refused(code, str(result["description"]))


class _Tls(ldap3.Tls):
    """Encryption whose certificates are checked in the handshake, with the name of the host."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._host = host

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        plain: socket.socket = connection.socket
        try:
            connection.socket = self._context.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise


@contextlib.contextmanager
def _talking() -> Iterator[None]:
    try:
        yield
    except _FAILURES as problem:
        raise Broken(_told(problem)) from problem


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _told(problem: BaseException) -> str:
    """What an exception of the library says, in one line."""
    text = " ".join(str(problem).split())[:300]
    if isinstance(problem, (LDAPException, OSError)) and text:
        return text
    return f"the answer cannot be read ({type(problem).__name__}: {text})"
