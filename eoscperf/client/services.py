"""Service accounts: those of workers and CI jobs, which belong to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Unpack

from eoscperf.client.connection import Connection
from eoscperf.client.errors import UnknownName
from eoscperf.client.model import ServiceAccount
from eoscperf.client.names import is_id
from eoscperf.client.paging import Page, everything, page, segment
from eoscperf.client.queries import Listed
from eoscperf.client.tokens import Tokens

PATH = "/users/services"


class ServiceAccounts:
    """`client.users.services`: for administrators."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, page: int = 1, **query: Unpack[Listed]) -> Page[ServiceAccount]:
        """A page."""
        return _page(self._connection, page, query)

    def iter(self, **query: Unpack[Listed]) -> Iterator[ServiceAccount]:
        """All of them, fetched while they are taken."""
        return everything(self._connection, PATH, query)

    def get(self, id: str) -> ServiceAccount:
        return self._connection.json("GET", f"{PATH}/{segment(id)}")

    def named(self, name: str) -> ServiceAccount:
        """By name or id."""
        if is_id(name):
            return self.get(name)
        for account in self.iter():
            if account["name"] == name:
                return account
        raise UnknownName(f"There is no service account {name}")

    def create(
        self,
        name: str,
        email: str,
        *,
        description: str | None = None,
        role: Literal["reader", "user"] | None = None,
    ) -> ServiceAccount:
        """Make an account; `email` reaches the people who answer for it."""
        optional = {"description": description, "role": role}
        body = {"name": name, "email": email} | {
            key: value for key, value in optional.items() if value is not None
        }
        return self._connection.json("POST", PATH, json=body)

    def delete(self, id: str, *, message: str | None = None) -> None:
        """Remove an account with its tokens; what it uploaded stays."""
        self._connection.request("DELETE", f"{PATH}/{segment(id)}", query={"message": message})

    def tokens(self, id: str) -> Tokens:
        """The API tokens of an account."""
        return Tokens(self._connection, f"{PATH}/{segment(id)}/tokens")


def _page(connection: Connection, number: int, query: Listed) -> Page[ServiceAccount]:
    return page(connection, PATH, {"page": number, **query})
