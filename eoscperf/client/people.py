"""Users, what is theirs, and what moderators do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from eoscperf.client.catalogue import Terms
from eoscperf.client.connection import Connection
from eoscperf.client.model import Claim, LogEntry, Role, Submit, User
from eoscperf.client.paging import Page, everything, listed, page, segment
from eoscperf.client.queries import ClaimQuery, LogQuery, SubmitQuery, UserQuery
from eoscperf.client.results import OwnResults
from eoscperf.client.services import ServiceAccounts

DECIDED = {"benchmark": "/benchmarks", "site": "/sites", "flavor": "/flavors", "claim": "/reports/claims"}
"""What moderators decide about, and where it is."""


class Users:
    """`client.users`: yourself, and for administrators everybody."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.results = OwnResults(connection)
        self.services = ServiceAccounts(connection)

    def self(self) -> User:
        """Who you are; NotFound if you have not registered."""
        return self._connection.json("GET", "/users/self")

    def register(self) -> User:
        """Register yourself, with what the identity provider says about you."""
        return self._connection.json("POST", "/users:register")

    def update_self(self) -> None:
        """Take over the e-mail address that the identity provider has now."""
        self._connection.request("POST", "/users/self:update")

    def is_admin(self) -> bool:
        return self.self().get("role") == "admin"

    def claims(self, **query: Unpack[ClaimQuery]) -> Iterator[Claim]:
        """Your own claims."""
        return everything(self._connection, "/users/self/claims", query)

    def list(self, terms: Terms = None, *, page: int = 1, **query: Unpack[UserQuery]) -> Page[User]:
        path, words = listed("/users", terms)
        return _page(self._connection, path, words | {"page": page, **query})

    def iter(self, terms: Terms = None, **query: Unpack[UserQuery]) -> Iterator[User]:
        path, words = listed("/users", terms)
        return everything(self._connection, path, words | dict(query))

    def set_role(self, sub: str, iss: str, role: Role, *, message: str | None = None) -> None:
        body = {"role": role} | ({"message": message} if message else {})
        self._connection.request("POST", "/users:role", query={"sub": sub, "iss": iss}, json=body)


class Claims:
    """`client.claims`: one claim at a time; see `results.claim`, `users.claims`, `moderation.claims`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Claim:
        return self._connection.json("GET", f"/reports/claims/{segment(id)}")

    def withdraw(self, id: str, *, message: str | None = None) -> None:
        """Take back a claim of yours."""
        body = {} if message is None else {"message": message}
        self._connection.request("POST", f"/reports/claims/{segment(id)}:withdraw", json=body)


class Moderation:
    """`client.moderation`: for administrators."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queue(self, **query: Unpack[SubmitQuery]) -> Iterator[Submit]:
        """What waits for a decision."""
        return everything(self._connection, "/reports/submits", query)

    def claims(self, **query: Unpack[ClaimQuery]) -> Iterator[Claim]:
        """The claims of everybody, pending ones first."""
        return everything(self._connection, "/reports/claims", query)

    def log(self, **query: Unpack[LogQuery]) -> Iterator[LogEntry]:
        """What was done, newest first."""
        return everything(self._connection, "/reports/log", query)

    def approve(self, kind: str, id: str, *, message: str | None = None) -> None:
        """Approve a benchmark, site, flavor or claim; an approved claim removes the result."""
        self._act(f"{DECIDED[kind]}/{segment(id)}:approve", message)

    def reject(self, kind: str, id: str, *, message: str | None = None) -> None:
        """Reject a benchmark, site, flavor or claim; a rejected claim brings the result back."""
        self._act(f"{DECIDED[kind]}/{segment(id)}:reject", message)

    def show(self, claim_id: str, *, message: str | None = None) -> None:
        """Show the result again while the claim on it is looked at."""
        self._act(f"/reports/claims/{segment(claim_id)}:show", message)

    def undo(self, entry_id: int, *, message: str | None = None) -> None:
        """Take back a decision, by its number in the log."""
        self._act(f"/reports/log/{segment(entry_id)}:undo", message)

    def _act(self, path: str, message: str | None) -> None:
        self._connection.request("POST", path, json={} if message is None else {"message": message})


def _page(connection: Connection, path: str, query: dict[str, Any]) -> Page[User]:
    return page(connection, path, query)
