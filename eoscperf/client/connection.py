"""Requests to one API: retries, errors as exceptions, and a token that goes nowhere else."""

from __future__ import annotations

import contextlib
import datetime
import json as jsonlib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import httpx

from eoscperf.client.addresses import is_private, origin, shown
from eoscperf.client.errors import (
    NotLoggedIn,
    Problem,
    ServerUnreachable,
    Unauthenticated,
    UnexpectedAnswer,
    Usage,
)
from eoscperf.client.retries import Retries
from eoscperf.client.version import __version__

USER_AGENT = f"eoscperf-client/{__version__}"
REDIRECTS = 5
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
LARGEST_PROBLEM = 1 << 20
"""Of an error, at most so many bytes are read."""


@runtime_checkable
class Credentials(Protocol):
    """Where tokens come from."""

    def bearer(self) -> str | None:
        """The token to send; None to ask as nobody in particular."""

    def renew(self) -> bool:
        """Get another token, as this one was not accepted; False if there is none to get."""


class Connection:
    """Sends requests to the API at `api` and checks the answers.

    A token is sent to this origin only: a redirect to another one is an error. `insecure_http`
    allows to send it over a network without TLS.
    """

    def __init__(
        self,
        api: str,
        credentials: Credentials,
        *,
        retries: Retries,
        timeout: float,
        verify: ssl.SSLContext | bool,
        insecure_http: bool = False,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.api = api
        self.retries = retries
        self._credentials = credentials
        self._insecure_http = insecure_http
        self._http = httpx.Client(
            timeout=timeout,
            verify=verify,
            transport=transport,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})},
        )

    def close(self) -> None:
        self._http.close()

    def json(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of an answer; None if it has no body."""
        return read_json(self.request(method, path, **options))

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A whole answer of 2xx or 304; `options` as for `stream`."""
        with self.stream(method, path, **options) as answer:
            try:
                answer.read()
            except httpx.TransportError as error:
                raise self._unreachable(error) from None
            except httpx.DecodingError:
                raise UnexpectedAnswer(f"The answer of {shown(self.api)} cannot be decompressed") from None
            return answer

    @contextlib.contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
    ) -> Iterator[httpx.Response]:
        """An answer of 2xx or 304 whose body is still to be read.

        Repeated after failures that may pass: always where nothing can have been done (no connection,
        429), else only if doing it twice is the same as once (`idempotent`; by default what the
        method says, without If-Match, or with an Idempotency-Key).
        """
        sent = dict(headers or {})
        if json is not None:
            content = jsonlib.dumps(json, ensure_ascii=False, allow_nan=False).encode()
        if content is not None:
            sent["Content-Type"] = content_type
        if idempotent is None:
            # A change on a condition that was made unheard no longer meets its condition.
            conditional = "If-Match" in sent
            idempotent = (method in IDEMPOTENT and not conditional) or "Idempotency-Key" in sent
        url = httpx.URL(self.api + path)
        if pairs := encoded(query or {}):
            url = url.copy_merge_params(pairs)
        answer = self._answer(method, url, content, sent, idempotent)
        try:
            yield answer
        finally:
            answer.close()

    def _answer(
        self, method: str, url: httpx.URL, content: bytes | None, headers: dict[str, str], idempotent: bool
    ) -> httpx.Response:
        attempt, renewed, redirects = 0, False, 0
        while True:
            attempt += 1
            token = self._token()
            sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
            try:
                request = self._http.build_request(method, url, content=content, headers=sent)
                answer = self._http.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                if not self.retries.wait(attempt):
                    raise self._unreachable(error) from None
                continue
            except httpx.TransportError as error:
                if not idempotent or not self.retries.wait(attempt):
                    raise self._unreachable(error) from None
                continue
            if answer.has_redirect_location:
                redirects += 1
                url = self._redirected(method, answer, redirects)
                attempt -= 1
                continue
            refused = answer.status_code == 401 or (
                token and answer.is_success and "invalid_token" in answer.headers.get("WWW-Authenticate", "")
            )
            if refused and token:
                # A public operation answers as to anybody, which is not what somebody with a token wants.
                if not renewed and self._credentials.renew():
                    answer.close()
                    renewed, attempt = True, attempt - 1
                    continue
                if answer.is_success:
                    answer.close()
                    raise Unauthenticated(401, {"detail": f"{shown(self.api)} does not accept the token"})
            if answer.is_success or answer.status_code == 304:
                return answer
            problem = self._problem(answer)
            if not _may_pass(problem, idempotent) or not self.retries.wait(attempt, problem.retry_after):
                raise problem

    def _token(self) -> str | None:
        token = self._credentials.bearer()
        if token is None:
            return None
        if not self._insecure_http and not is_private(self.api):
            raise Usage(
                f"The token would travel to {shown(self.api)} readable by everybody on the way; "
                "use https, or allow http with insecure_http (--insecure-http)"
            )
        if not token.isascii() or not token.isprintable() or " " in token or not token:
            raise NotLoggedIn("The token holds characters that no token has; was something else pasted?")
        return token

    def _redirected(self, method: str, answer: httpx.Response, count: int) -> httpx.URL:
        try:
            target = answer.request.url.join(answer.headers["Location"])
        except httpx.InvalidURL:
            raise UnexpectedAnswer(f"{shown(self.api)} redirects to an address that cannot be read") from None
        finally:
            answer.close()
        if origin(target) != origin(self.api):
            raise UnexpectedAnswer(
                f"{shown(self.api)} redirects to {target}, which is another origin; "
                "if that is right, name it as the server"
            )
        if count > REDIRECTS or method not in ("GET", "HEAD"):
            raise UnexpectedAnswer(f"{shown(self.api)} redirects to {target} instead of answering")
        return target

    def _problem(self, answer: httpx.Response) -> Problem:
        asked = self.retries.asked(answer.headers)
        text = bytearray()
        try:
            for chunk in answer.iter_bytes():
                text += chunk
                if len(text) > LARGEST_PROBLEM:
                    break
            body = jsonlib.loads(text)
        except (httpx.HTTPError, ValueError, RecursionError):
            body = None
        finally:
            answer.close()
        if not isinstance(body, dict):
            reason = f"{answer.status_code} {answer.reason_phrase}".strip()
            body = {"detail": f"{shown(self.api)} answered {reason}"}
        return Problem.of(answer.status_code, body, retry_after=asked)

    def _unreachable(self, error: httpx.TransportError) -> ServerUnreachable:
        kind = type(error)
        if issubclass(kind, httpx.TimeoutException):
            why = "it did not answer in time"
        elif issubclass(kind, (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
            why = "the connection broke off"
        else:
            why = str(error) or kind.__name__
        return ServerUnreachable(f"{shown(self.api)} cannot be reached: {why}")


def read_json(answer: httpx.Response) -> Any:
    """The JSON of a whole answer; None if it has no body."""
    if not answer.content:
        return None
    try:
        return jsonlib.loads(answer.content)
    except (ValueError, RecursionError):
        raise UnexpectedAnswer(
            f"{answer.request.url} did not answer JSON; is it the address of eoscperf?"
        ) from None


def encoded(query: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Parameters as texts: lists repeated, None left out, moments with their offset."""
    pairs: list[tuple[str, Any]] = []
    for key, value in query.items():
        if value is None:
            continue
        many = isinstance(value, Iterable) and not isinstance(value, (str, bytes))
        pairs += [(key, _text(one)) for one in (value if many else [value])]
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise Usage(f"{value.isoformat()} needs an offset, such as datetime(..., tzinfo=UTC)")
        return value.isoformat()
    return str(value)


def _may_pass(problem: Problem, idempotent: bool) -> bool:
    if problem.status == 429:
        # Refused before anything was done.
        return True
    if problem.status == 409 and problem.type == "in-progress":
        return idempotent
    return problem.status in (502, 503, 504) and idempotent
