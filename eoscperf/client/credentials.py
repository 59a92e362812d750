"""Where the token of a request comes from."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

from eoscperf.client.errors import NotLoggedIn
from eoscperf.client.oauth import Provider
from eoscperf.client.sessions import Session, Sessions

EARLY = 30.0
"""So many seconds before it ends, an access token is renewed."""


class Anonymous:
    """Nobody in particular."""

    def bearer(self) -> str | None:
        return None

    def renew(self) -> bool:
        return False


class FixedToken:
    """A token that somebody gave."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()

    def bearer(self) -> str | None:
        return self._token

    def renew(self) -> bool:
        return False


class AskedToken:
    """Tokens from a function, which is asked again when one is no longer accepted."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._token: str | None = None

    def bearer(self) -> str | None:
        if self._token is None:
            self._token = self._ask().strip()
        return self._token

    def renew(self) -> bool:
        before, self._token = self._token, None
        return self.bearer() != before


class SessionTokens:
    """The tokens of a stored session, renewed in time and stored again.

    Processes that share a session take turns, as a refresh token may be used only once.
    """

    def __init__(
        self,
        sessions: Sessions,
        session: Session,
        provider: Callable[[], Provider],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sessions = sessions
        self._session = session
        self._provider = provider
        self._clock = clock

    def bearer(self) -> str | None:
        ends = self._session.expires_at
        if (
            ends is not None
            and ends - EARLY <= self._clock()
            and not self._renewed()
            and ends <= self._clock()
        ):
            self._over()
        return self._session.access_token

    def renew(self) -> bool:
        return self._renewed()

    def _renewed(self) -> bool:
        used = self._session
        with self._sessions.locked():
            stored = self._sessions.find(used.server, used.profile)
            if stored is None:
                self._over()
            if stored.access_token != used.access_token:
                # Another process was quicker.
                self._session = stored
                return True
            if not (stored.refresh_token and stored.token_endpoint and stored.client_id):
                return False
            tokens = self._provider().renew(stored.token_endpoint, stored.client_id, stored.refresh_token)
            self._session = self._sessions.replace_tokens(
                stored,
                access_token=tokens.access_token,
                refresh_token=tokens.refresh_token or stored.refresh_token,
                expires_at=tokens.expires_at,
                scope=tokens.scope or stored.scope,
            )
        return True

    def _over(self) -> NoReturn:
        raise NotLoggedIn(f"The session at {self._session.server} has ended; log in again: eoscperf login")
