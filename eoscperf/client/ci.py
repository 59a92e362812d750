"""Tokens that a CI system vouches for its jobs with, so that no secret has to be stored there."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

import httpx

from eoscperf.client.connection import USER_AGENT
from eoscperf.client.errors import NotLoggedIn, ServerUnreachable, Usage

GITLAB_VARIABLE = "EOSCPERF_ID_TOKEN"
TIMEOUT = 30.0


class GitHubToken:
    """Credentials of a GitHub Actions job; a token is fetched when it is needed, and again when it ran out.

    The job needs the permission `id-token: write`.
    """

    def __init__(
        self,
        audience: str,
        *,
        environ: Mapping[str, str] = os.environ,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._audience = audience
        self._environ = environ
        self._http = httpx.Client(
            timeout=TIMEOUT, verify=verify, transport=transport, headers={"User-Agent": USER_AGENT}
        )
        self._token: str | None = None

    def bearer(self) -> str | None:
        if self._token is None:
            self._token = self._fetched()
        return self._token

    def renew(self) -> bool:
        """Tokens are good for some minutes: a long upload needs several."""
        before, self._token = self._token, None
        return self.bearer() != before

    def _fetched(self) -> str:
        url = self._environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
        secret = self._environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
        if not url or not secret:
            raise NotLoggedIn("This is no GitHub Actions job with the permission `id-token: write`")
        try:
            target = httpx.URL(url).copy_set_param("audience", self._audience)
        except httpx.InvalidURL:
            raise Usage("ACTIONS_ID_TOKEN_REQUEST_URL is no address") from None
        if target.scheme != "https":
            raise Usage("ACTIONS_ID_TOKEN_REQUEST_URL is no https address")
        try:
            answer = self._http.get(target, headers={"Authorization": f"Bearer {secret}"})
            told = answer.json() if answer.status_code == 200 else {}
        except httpx.TransportError as error:
            raise ServerUnreachable(f"GitHub cannot be asked for a token: {error}") from None
        except ValueError:
            told = {}
        value = told.get("value") if isinstance(told, dict) else None
        if not isinstance(value, str):
            raise NotLoggedIn(f"GitHub answered {answer.status_code} instead of a token for this job")
        return value


class GitLabToken:
    """Credentials of a GitLab CI job: the token is in the variable that `id_tokens` of the job names."""

    def __init__(self, variable: str = GITLAB_VARIABLE, *, environ: Mapping[str, str] = os.environ) -> None:
        self._variable = variable
        self._environ = environ

    def bearer(self) -> str | None:
        token = self._environ.get(self._variable, "").strip()
        if not token:
            raise NotLoggedIn(f"The variable {self._variable} is empty: name it under `id_tokens` of the job")
        return token

    def renew(self) -> bool:
        return False
