"""Calls to an OpenID Connect provider over HTTP: bounded in time and size, never following a redirect."""

from __future__ import annotations

import base64
import functools
import logging
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx

from eoscperf.errors import InvalidToken, ProviderUnavailable
from eoscperf.security.issuers import IssuerSettings, url_problem
from eoscperf.security.oidc_tokens import read_json

MAX_ANSWER = 1024 * 1024
TIMEOUT = 3.0
DISCOVERY_LIFETIME = 3600.0
REST_AFTER_TIMEOUT = 5.0
WORKERS = 8

log = logging.getLogger(__name__)

T = TypeVar("T")


class Provider:
    """One issuer on the network.

    Methods that take a `deadline` (of time.monotonic) do the call in the calling thread; `start` and
    `ask` run them in threads of the provider, so that a caller never waits longer than the timeout,
    whatever name resolution or a trickling answer do. After a timeout the provider is left alone for
    a few seconds: else a provider that hangs would make every request of ours hang as well.
    """

    def __init__(
        self,
        settings: IssuerSettings,
        *,
        clock: Callable[[], float],
        client: httpx.Client | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.settings = settings
        self.timeout = timeout
        self._clock = clock
        self._client = client
        self._release: Callable[[], object] | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._resting_since = -float("inf")
        self._document: Mapping[str, Any] | None = None
        self._document_at = -float("inf")

    def start(self, work: Callable[..., T], *arguments: object, insist: bool = False) -> Future[T]:
        """Begins a call in a thread of the provider; `insist` asks it even while it is left alone."""
        if not insist and 0 <= self._clock() - self._resting_since < REST_AFTER_TIMEOUT:
            future: Future[T] = Future()
            future.set_exception(self.unavailable("did not answer in time a moment ago"))
            return future
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix=f"issuer-{self.settings.name}")
        return self._pool.submit(work, *arguments, time.monotonic() + self.timeout)

    def ask(self, work: Callable[..., T], *arguments: object, insist: bool = False) -> T:
        """The outcome of a call; raises ProviderUnavailable when it takes longer than the timeout."""
        future = self.start(work, *arguments, insist=insist)
        try:
            return future.result(self.timeout)
        except TimeoutError:
            future.cancel()
            raise self.timed_out() from None

    def timed_out(self) -> ProviderUnavailable:
        """Notes that the provider did not answer in time; returns the error that says so."""
        self._resting_since = self._clock()
        return self.unavailable("did not answer in time")

    def unavailable(self, reason: str) -> ProviderUnavailable:
        """The error for an answer that did not come or is of no use."""
        log.warning("identity provider %s %s", self.settings.name, reason)
        return ProviderUnavailable(f"Identity provider '{self.settings.name}' {reason}; try again later")

    def keys(self, deadline: float) -> object:
        """The JSON Web Key Set of the issuer."""
        url = self._endpoint("jwks_uri", deadline)
        if url is None:
            raise self.unavailable("names no jwks_uri")
        try:
            return self._document_of("keys", *self._call("GET", url, deadline))
        except ProviderUnavailable:
            # The keys may have moved: the next attempt looks the address up again.
            self._document_at = -float("inf")
            raise

    def metadata(self, deadline: float) -> Mapping[str, Any]:
        """What the provider says of itself in its discovery document."""
        return self._discovery(deadline)

    def endpoint(self, name: str, deadline: float) -> str:
        """The address of an endpoint; ProviderUnavailable when there is none that may be called."""
        url = self._endpoint(name, deadline)
        if url is None:
            raise self.unavailable(f"names no {name}")
        return url

    def tokens(self, form: Mapping[str, str], deadline: float) -> tuple[int, Mapping[str, Any]]:
        """The status and the answer of the token endpoint to a form, with our credentials beside it."""
        sent, headers = self._credentials(form)
        url = self.endpoint("token_endpoint", deadline)
        status, body = self._call("POST", url, deadline, headers=headers, data=sent)
        try:
            answer = read_json(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self.unavailable("answered a code with something other than a JSON object")
        return status, answer

    def introspection(self, token: str, deadline: float) -> Mapping[str, Any] | None:
        """The claims of an active token, or None if the issuer says that it is not active."""
        url = self._endpoint("introspection_endpoint", deadline)
        if url is None:
            raise self.unavailable("names no introspection_endpoint")
        form, headers = self._credentials({"token": token, "token_type_hint": "access_token"})
        status, body = self._call("POST", url, deadline, headers=headers, data=form)
        answer = self._document_of("introspection", status, body)
        active = answer.get("active")
        if not isinstance(active, bool):
            raise self.unavailable("does not tell whether the token is active")
        return answer if active else None

    def userinfo_as_proof(self, token: str, deadline: float) -> Mapping[str, Any] | None:
        """The claims of a token that userinfo accepts, or None if it is refused."""
        status, answer = self._userinfo(token, deadline)
        if status in (400, 401, 403):
            return None
        return answer

    def userinfo(self, token: str, deadline: float) -> Mapping[str, Any] | None:
        """What userinfo tells of a verified token's person, or None where there is nothing to learn.

        Raises InvalidToken when the issuer no longer accepts the token.
        """
        if self._endpoint("userinfo_endpoint", deadline) is None:
            return None
        status, answer = self._userinfo(token, deadline)
        if status == 401:
            raise InvalidToken(f"Issuer '{self.settings.name}' does not accept the token any longer")
        if status == 403:
            return None  # accepted, but not made for userinfo: asking again would not help
        return answer

    def close(self) -> None:
        """Ends threads and connections; the provider can be used again afterwards."""
        with self._lock:
            pool, self._pool = self._pool, None
            release, self._release = self._release, None
            if release is not None:
                self._client = None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        if release is not None:
            release()

    def _credentials(self, form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """A form and headers that say which client asks."""
        identifier, secret = self.settings.client_id or "", self.settings.client_secret
        if not secret:
            return {**form, "client_id": identifier}, {}
        credentials = f"{quote_plus(identifier)}:{quote_plus(secret)}".encode("ascii")
        return dict(form), {"Authorization": "Basic " + base64.b64encode(credentials).decode("ascii")}

    def _userinfo(self, token: str, deadline: float) -> tuple[int, Mapping[str, Any]]:
        url = self._endpoint("userinfo_endpoint", deadline)
        if url is None:
            raise self.unavailable("names no userinfo_endpoint")
        status, body = self._call("GET", url, deadline, headers={"Authorization": f"Bearer {token}"})
        if status in (400, 401, 403):
            return status, {}
        return status, self._document_of("userinfo", status, body)

    def _endpoint(self, name: str, deadline: float) -> str | None:
        configured = getattr(self.settings, name, None)
        if configured is not None:
            return self._checked(name, configured)
        discovered = self._discovery(deadline).get(name)
        return None if discovered is None else self._checked(name, discovered)

    def _checked(self, name: str, url: object) -> str:
        problem = url_problem(url, allow_loopback_http=self.settings.allow_loopback_http)
        if problem is not None:
            raise self.unavailable(f"has an unusable {name}: it {problem}")
        return str(url)

    def _discovery(self, deadline: float) -> Mapping[str, Any]:
        url = self.settings.discovery_url
        if url is None:
            return {}
        if self._document is not None and 0 <= self._clock() - self._document_at < DISCOVERY_LIFETIME:
            return self._document
        try:
            document = self._document_of(
                "discovery", *self._call("GET", self._checked("discovery", url), deadline)
            )
            if document.get("issuer") != self.settings.issuer:
                raise self.unavailable("has a discovery document of another issuer")
        except ProviderUnavailable:
            if self._document is None:
                raise
            return self._document
        self._document = document
        self._document_at = self._clock()
        return document

    def _document_of(self, what: str, status: int, body: bytes) -> dict[str, Any]:
        if status != 200:
            raise self.unavailable(f"answered {what} with status {status}")
        try:
            document = read_json(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self.unavailable(f"answered {what} with something other than a JSON object")
        return document

    def _call(
        self,
        method: str,
        url: str,
        deadline: float,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise self.timed_out()
        # Uncompressed, since a small compressed answer can unpack to a huge one.
        sent = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "eoscperf",
            **(headers or {}),
        }
        try:
            with self._http().stream(
                method, url, headers=sent, data=data, timeout=left, follow_redirects=False
            ) as response:
                return response.status_code, self._body(response, deadline)
        except httpx.TimeoutException:
            raise self.timed_out() from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError) as failure:
            log.info("call to %s failed: %s", url, failure)
            raise self.unavailable("cannot be reached") from None

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        if 300 <= response.status_code < 400:
            raise self.unavailable("answered with a redirect, which is not followed")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise self.unavailable("answered with a content coding that was not asked for")
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise self.unavailable(f"answered with more than {MAX_ANSWER} bytes")
            if time.monotonic() > deadline:
                raise self.timed_out()
        return bytes(body)

    def _http(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = _make_client(self.settings)
                # Whoever forgets the provider need not remember its connections.
                self._release = weakref.finalize(self, self._client.close)
            return self._client


@functools.cache
def _certificates(ca_bundle: str | None) -> ssl.SSLContext:
    """Made once for all issuers that share it: reading the usual certificates takes a while."""
    return ssl.create_default_context(cafile=ca_bundle) if ca_bundle else httpx.create_ssl_context()


def _make_client(settings: IssuerSettings) -> httpx.Client:
    return httpx.Client(
        verify=_certificates(settings.ca_bundle),
        # A cookie set for one person's token must not go along with the next one's.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        # A proxy from the environment cannot reach this machine's own addresses.
        trust_env=not settings.allow_loopback_http,
    )
