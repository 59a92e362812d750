"""API tokens: of yours, and of service accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eoscperf.client.connection import Connection
from eoscperf.client.model import ApiToken, NewApiToken
from eoscperf.client.paging import everything, segment

PATH = "/users/self/tokens"


class Tokens:
    """`client.tokens`: what scripts send instead of a log-in."""

    def __init__(self, connection: Connection, path: str = PATH) -> None:
        self._connection = connection
        self._path = path

    def iter(self) -> Iterator[ApiToken]:
        """The tokens, without what is sent."""
        return everything(self._connection, self._path, {})

    def create(self, name: str, scopes: Sequence[str], *, days: int | None = None) -> NewApiToken:
        """Make a token that may do what `scopes` name; its member `token` is shown this once."""
        body = {"name": name, "scopes": list(scopes)} | ({} if days is None else {"days": days})
        return self._connection.json("POST", self._path, json=body)

    def revoke(self, id: str) -> None:
        """Make a token worthless at once."""
        self._connection.request("DELETE", f"{self._path}/{segment(id)}")
