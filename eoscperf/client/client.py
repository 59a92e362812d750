"""The client: one object for one server."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from eoscperf.client import comparing
from eoscperf.client.addresses import api_url, origin, shown
from eoscperf.client.catalogue import Benchmarks, Flavors, Sites, Tags
from eoscperf.client.comparison import Comparing
from eoscperf.client.connection import Connection, Credentials
from eoscperf.client.credentials import Anonymous, AskedToken, FixedToken, SessionTokens
from eoscperf.client.errors import NoServer, NotLoggedIn, Usage
from eoscperf.client.model import Benchmark, Capability, Comparison
from eoscperf.client.names import Names
from eoscperf.client.oauth import Provider
from eoscperf.client.people import Claims, Moderation, Users
from eoscperf.client.queries import CompareQuery
from eoscperf.client.results import Results
from eoscperf.client.retries import Retries
from eoscperf.client.sessions import DEFAULT_PROFILE, Sessions
from eoscperf.client.tokens import Tokens
from eoscperf.client.trust import TrustRules

TIMEOUT = 60.0
"""Seconds without a byte from the server."""

SERVER, TOKEN, PROFILE = "EOSCPERF_SERVER", "EOSCPERF_TOKEN", "EOSCPERF_PROFILE"


class Client:
    """Speaks with the API of one server, one request at a time.

        with Client("https://perf.example.org") as client:
            for result in client.results.iter(terms="c-ray"):
                print(result["site"]["name"], result["json"])

    What is not given comes from the environment (EOSCPERF_SERVER, EOSCPERF_TOKEN, EOSCPERF_PROFILE), then
    from the sessions that `eoscperf login` keeps. Without a token only what is public is seen.

    token: a token, a function that returns one, or credentials of your own.
    profile: which of several sessions at the same server.
    anonymous: use no token, even if there is one.
    timeout: seconds without a byte from the server.
    verify: an `ssl.SSLContext` that trusts further certificates.
    insecure_http: send the token also where others can read it on its way.
    headers: sent along with each request.
    """

    def __init__(
        self,
        server: str | None = None,
        token: str | Callable[[], str] | Credentials | None = None,
        profile: str | None = None,
        *,
        anonymous: bool = False,
        timeout: float = TIMEOUT,
        retries: Retries | None = None,
        verify: ssl.SSLContext | None = None,
        insecure_http: bool = False,
        headers: Mapping[str, str] | None = None,
        sessions: Sessions | None = None,
        environ: Mapping[str, str] = os.environ,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.sessions = sessions or Sessions()
        self.api, self.profile = target(server, profile, self.sessions, environ)
        self._verify: ssl.SSLContext | bool = verify or True
        self._transport = transport
        self._provider: Provider | None = None
        credentials = Anonymous() if anonymous else self._credentials(token, profile, environ)
        self._connection = Connection(
            self.api,
            credentials,
            retries=retries or Retries(),
            timeout=timeout,
            verify=self._verify,
            insecure_http=insecure_http,
            headers=headers,
            transport=transport,
        )
        self.has_token = not isinstance(credentials, Anonymous)
        self.benchmarks = Benchmarks(self._connection)
        self.sites = Sites(self._connection)
        self.flavors = Flavors(self._connection)
        self.tags = Tags(self._connection)
        self.results = Results(self._connection)
        self.users = Users(self._connection)
        self.claims = Claims(self._connection)
        self.moderation = Moderation(self._connection)
        self.tokens = Tokens(self._connection)
        self.trust_rules = TrustRules(self._connection)
        self.names = Names(self)

    def __repr__(self) -> str:
        return f"<Client of {self.server}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def server(self) -> str:
        """The address of the server as people write it."""
        return shown(self.api)

    def close(self) -> None:
        self._connection.close()
        if self._provider is not None:
            self._provider.close()

    def capabilities(self) -> dict[str, Capability]:
        """What this server can do beyond the core, by name."""
        return self.document().get("info", {}).get("x-capabilities", {})

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of this server."""
        return self._connection.json("GET", "/openapi.json")

    def compare(self, items: str | Sequence[str], **query: Unpack[CompareQuery]) -> Comparison:
        """Compare flavors, sites, tags or single results: a table for each benchmark.

        items: `flavor:SITE/FLAVOR`, `site:SITE`, `tag:TAG` or `result:ID`, each by name or id; `base` is one
        of them, and `benchmark_id` takes names, too. Where the server does not compare, its
        `method` is "client-medians": medians and their ratios, without intervals and verdicts.
        """
        return Comparing(self._connection, self.names, self.benchmarks, self.results).compare(
            [items] if isinstance(items, str) else items, query
        )

    def medians(
        self, benchmark: str | Benchmark, metric: str | None = None, **query: Any
    ) -> list[comparing.Cell]:
        """Number of results and median of a metric by flavor and inputs, best first.

        benchmark: a name (`image:tag`), an id or a benchmark. metric: a path into the JSON of its
        results; without one the metric that its schema calls the headline. query: as of `results.iter`.
        """
        found = self.names.benchmark(benchmark) if isinstance(benchmark, str) else benchmark
        chosen = comparing.metric(found, metric)
        results = self.results.export_results(**{**query, "benchmark_id": found["id"]})
        return comparing.compare(results, chosen, comparing.inputs(found))

    def provider(self) -> Provider:
        """To speak with the identity provider of a session."""
        if self._provider is None:
            self._provider = Provider(verify=self._verify, transport=self._transport)
        return self._provider

    def _credentials(
        self,
        token: str | Callable[[], str] | Credentials | None,
        profile: str | None,
        environ: Mapping[str, str],
    ) -> Credentials:
        if isinstance(token, str):
            return FixedToken(token)
        if token is not None:
            return token if isinstance(token, Credentials) else AskedToken(token)
        if (given := environ.get(TOKEN, "").strip()) and profile is None and self._is_meant(environ):
            return FixedToken(given)
        session = self.sessions.find(self.api, self.profile)
        if session is not None:
            return SessionTokens(self.sessions, session, self.provider)
        if profile is not None and profile != DEFAULT_PROFILE:
            raise NotLoggedIn(
                f"There is no session {profile} at {self.server}; log in: eoscperf login --profile {profile}"
            )
        return Anonymous()

    def _is_meant(self, environ: Mapping[str, str]) -> bool:
        """A token in the environment belongs to the server that is named beside it."""
        server = environ.get(SERVER)
        return not server or origin(api_url(server)) == origin(self.api)


def target(
    server: str | None, profile: str | None, sessions: Sessions, environ: Mapping[str, str] = os.environ
) -> tuple[str, str]:
    """The API address and the profile that are meant."""
    named = profile or environ.get(PROFILE) or None
    given = server or environ.get(SERVER)
    if given:
        return api_url(given), named or _last_profile(api_url(given), sessions)
    chosen = sessions.chosen()
    if chosen is not None and named in (None, chosen[1]):
        return chosen
    if named is not None:
        servers = [one.server for one in sessions.all() if one.profile == named]
        if len(servers) == 1:
            return servers[0], named
        if servers:
            raise Usage(f"The profile {named} exists at several servers: name one with --server")
        if chosen is not None:
            return chosen[0], named
    raise NoServer(f"Which server? Name it, as an argument, with --server or in {SERVER}, or log in once")


def _last_profile(api: str, sessions: Sessions) -> str:
    chosen = sessions.chosen()
    return chosen[1] if chosen is not None and chosen[0] == api else DEFAULT_PROFILE
