"""The groups that a person is in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from eoscperf.plugins.accounts.directory.connections import Connection, Refused
from eoscperf.plugins.accounts.directory.names import InvalidName, Key, dn_key, filled, filter_value

MOST_GROUPS = 1000
"""Groups of a person that are looked at; no more are followed."""


class Groups:
    """Finds groups through an attribute of people, a search for their members, or both."""

    def __init__(
        self, *, attribute: str = "", base: str = "", filter_: str = "", nested: bool = False
    ) -> None:
        self._attribute = attribute
        self._base = base
        self._filter = filter_
        self._nested = nested

    def of(self, connection: Connection, dn: str, login: str, named: Iterable[str]) -> tuple[str, ...]:
        """Names of all groups of the person with this name; `named` are those that the entry says."""
        found: dict[Key, str] = {}
        waiting: deque[str] = deque()

        def add(names: Iterable[str]) -> None:
            for name in names:
                try:
                    key = dn_key(name)
                except InvalidName:
                    continue
                if key not in found and len(found) < MOST_GROUPS:
                    found[key] = name
                    waiting.append(name)

        add(named)
        add(self._with_member(connection, dn, login))
        while self._nested and waiting:
            group = waiting.popleft()
            add(self._named_by(connection, group))
            # A group is a member by its name alone: nobody's login is like it.
            add(self._with_member(connection, group, group))
        return tuple(found.values())

    def _with_member(self, connection: Connection, dn: str, login: str) -> list[str]:
        if not self._base:
            return []
        wanted = filled(self._filter, dn=filter_value(dn), login=filter_value(login))
        return [entry.dn for entry in connection.search(self._base, wanted, ())]

    def _named_by(self, connection: Connection, group: str) -> list[str]:
        if not self._attribute:
            return []
        try:
            found = connection.search(group, "(objectClass=*)", [self._attribute], only=True)
        except Refused:
            return []  # a group that may not be read says nothing about others
        return texts(found[0].values(self._attribute)) if found else []


def texts(values: Iterable[bytes]) -> list[str]:
    return [value.decode("utf-8", "backslashreplace") for value in values]
