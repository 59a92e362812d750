"""Who checks passwords: the installation itself, then others such as a directory, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

_BACKENDS = "accounts.password_backends"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whom a backend found behind a login and a password.

    `external_id` names the person at the backend for good, whatever becomes of the address.
    `entitlements` end up in the person's tokens.
    """

    external_id: str
    email: str
    name: str = ""
    email_verified: bool = True
    groups: tuple[str, ...] = ()
    entitlements: tuple[str, ...] = ()
    login: str = ""
    """what the person has typed"""


class BackendUnavailable(Exception):
    """A backend cannot be asked now; the message is for the log."""


class PasswordBackend(Protocol):
    """Checks passwords. It must take about as long for logins it does not know as for those it does."""

    name: str
    """short and for good: it is stored with the identities that the backend vouches for"""

    def check(self, login: str, password: str) -> Verified | None:
        """The person, or None when this is not the person's password; BackendUnavailable.

        Called outside of any transaction. `login` is what was typed: an address or a name.
        """
        ...

    def look_up(self, external_id: str, login: str) -> Verified | None:
        """The person as the backend knows them now, without a password; None when they may not come in.

        BackendUnavailable. `login` is what the person typed last.
        """
        ...


def add_password_backend(registry: Any, backend: PasswordBackend) -> None:
    """One more backend, asked after those before it. Identities of this installation come first anyway."""
    registry.setdefault(_BACKENDS, []).append(backend)


def password_backends(registry: Any) -> list[PasswordBackend]:
    """The backends beside the installation's own passwords, in order."""
    return registry.get(_BACKENDS, [])
