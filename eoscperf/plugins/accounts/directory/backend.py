"""Passwords that a directory checks: find the person, then ask the directory to accept the password."""

from __future__ import annotations

import logging
import secrets
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.directory.connections import Connection, Entry, Refused, Servers
from eoscperf.plugins.accounts.directory.groups import Groups, texts
from eoscperf.plugins.accounts.directory.names import dn_key, dn_value, filled, filter_value
from eoscperf.plugins.accounts.people.backends import BackendUnavailable, Verified
from eoscperf.users.addresses import LONGEST, mail_address

log = logging.getLogger(__name__)

NAME = "ldap"

READER_ENTITLEMENT = "urn:eoscperf:local:reader"
"""What the groups of people give who only read; it becomes their role."""

LONGEST_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a login: the person, or why not, for those who run the directory."""

    verified: Verified | None
    reason: str
    dn: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Where the directory keeps what is wanted of a person."""

    id: str = "entryUUID"
    email: str = "mail"
    name: str = "cn"
    groups: str = "memberOf"

    def all(self) -> list[str]:
        return [self.id, self.email, self.name, self.groups]


class GroupRules:
    """What groups mean here: who gets in, and with which entitlements."""

    def __init__(
        self,
        *,
        required: Iterable[str] = (),
        admin: Iterable[str] = (),
        submitter: Iterable[str] = (),
        reader: Iterable[str] = (),
    ) -> None:
        self._required, self._admin, self._submitter, self._reader = (
            frozenset(map(dn_key, names)) for names in (required, admin, submitter, reader)
        )

    def admits(self, groups: Iterable[str]) -> bool:
        return not self._required or not self._required.isdisjoint(map(dn_key, groups))

    def entitlements(self, groups: Iterable[str]) -> tuple[str, ...]:
        """The strongest of what the groups give: administrators are no readers."""
        held = set(map(dn_key, groups))
        if held & self._admin:
            return (ADMIN_ENTITLEMENT,)
        if held & self._submitter:
            return ()
        return (READER_ENTITLEMENT,) if self._submitter or held & self._reader else ()


class Directory:
    """A password backend (`eoscperf.plugins.accounts.people.backends`).

    With `user_dn` the name of a person's entry is made of the login; else the entry is searched below
    `base`, as `bind_dn` or as nobody.
    """

    name = NAME

    def __init__(
        self,
        servers: Servers,
        *,
        base: str = "",
        filter_: str = "(uid={login})",
        user_dn: str = "",
        bind_dn: str = "",
        bind_password: str = "",
        attributes: Attributes | None = None,
        groups: Groups | None = None,
        rules: GroupRules | None = None,
    ) -> None:
        self.servers = servers
        self._base = base
        self._filter = filter_
        self._user_dn = user_dn
        self._bind = (bind_dn, bind_password)
        self._attributes = attributes or Attributes()
        self._groups = groups or Groups()
        self._rules = rules or GroupRules()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Directory | None:
        """The directory of the settings; None when there is none."""

        def value(name: str) -> Any:
            return settings[f"accounts.ldap.{name}"]

        if not value("url"):
            return None
        servers = Servers(
            value("url"),
            starttls=value("starttls"),
            allow_plain=value("allow_plain"),
            ca_file=value("ca_file") or None,
            timeout=value("timeout"),
        )
        return cls(
            servers,
            base=value("base"),
            filter_=value("filter"),
            user_dn=value("user_dn"),
            bind_dn=value("bind_dn"),
            bind_password=value("bind_password"),
            attributes=Attributes(
                value("id_attribute"),
                value("email_attribute"),
                value("name_attribute"),
                value("group_attribute"),
            ),
            groups=Groups(
                attribute=value("group_attribute"),
                base=value("group_base"),
                filter_=value("group_filter"),
                nested=value("nested"),
            ),
            rules=GroupRules(
                required=value("required_groups"),
                admin=value("admin_groups"),
                submitter=value("submitter_groups"),
                reader=value("reader_groups"),
            ),
        )

    def check(self, login: str, password: str) -> Verified | None:
        """The person with this login and password; BackendUnavailable when the directory cannot tell."""
        checked = self.examine(login, password)
        if checked.verified is None:
            log.info("no log-in through the directory: %s", checked.reason)
        return checked.verified

    def examine(self, login: str, password: str) -> Checked:
        """The same, with the reason for a refusal."""
        login = login.strip()
        fault = _unusable(login, password)
        if fault:
            return Checked(None, fault)
        try:
            if self._user_dn:
                return self._directly(login, password)
            return self._by_search(login, password)
        except Refused as refusal:
            # The person's own refusal was dealt with: this one is about our own account or our search.
            raise BackendUnavailable(f"The directory does not let us search: {refusal}") from refusal

    def look_up(self, external_id: str, login: str) -> Verified | None:
        """The person with this id as the directory knows them now; None when they may not come in.

        BackendUnavailable, also where nobody but the people themselves may read their entries.
        """
        if not self._base or (self._user_dn and not self._bind[0]):
            raise BackendUnavailable("people are searched only with accounts.ldap.base and .bind_dn")
        wanted = identifier_filter(self._attributes.id, external_id)
        try:
            with self.servers.connected() as connection:
                connection.bind(*self._bind)
                found = connection.search(self._base, wanted, self._attributes.all(), most=1)
                if len(found) > 1:
                    raise BackendUnavailable(f"{wanted} below {self._base} finds more than one entry")
                if not found:
                    self._check_base(connection)
                    return None
                checked = self._person(connection, found[0], login)
        except Refused as refusal:
            raise BackendUnavailable(f"The directory does not let us search: {refusal}") from refusal
        if checked.verified is None:
            log.info("no longer let in through the directory: %s", checked.reason)
        return checked.verified

    def _check_base(self, connection: Connection) -> None:
        """A directory that has become empty, or shows us nothing any more, says nothing about anybody."""
        if not connection.search(self._base, "(objectClass=*)", (), only=True):
            raise BackendUnavailable(f"The directory shows nothing at {self._base}")

    def _directly(self, login: str, password: str) -> Checked:
        dn = filled(self._user_dn, login=dn_value(login))
        with self.servers.connected() as connection:
            refusal = _try(connection, dn, password)
            if refusal:
                return Checked(None, refusal, dn)
            found = connection.search(dn, "(objectClass=*)", self._attributes.all(), only=True)
            if len(found) != 1:
                return Checked(None, "the entry cannot be read by its owner", dn)
            return self._person(connection, found[0], login)

    def _by_search(self, login: str, password: str) -> Checked:
        wanted = filled(self._filter, login=filter_value(login))
        with self.servers.connected() as searching, self.servers.connected() as trying:
            searching.bind(*self._bind)
            found = searching.search(self._base, wanted, self._attributes.all(), most=1)
            if len(found) != 1:
                # As long as for somebody who is there.
                _try(trying, f"cn={uuid.uuid4()},{self._base}", secrets.token_hex(16))
                reason = "no entry" if not found else "more than one entry"
                return Checked(None, f"{reason} for this login ({wanted} below {self._base})")
            refusal = _try(trying, found[0].dn, password)
            if refusal:
                return Checked(None, refusal, found[0].dn)
            return self._person(searching, found[0], login)

    def _person(self, connection: Connection, entry: Entry, login: str) -> Checked:
        identifier = _identifier(entry.values(self._attributes.id))
        if identifier is None:
            raise BackendUnavailable(
                f"{entry.dn} has no usable {self._attributes.id} (accounts.ldap.id_attribute)"
            )
        groups = self._groups.of(connection, entry.dn, login, texts(entry.values(self._attributes.groups)))
        if not self._rules.admits(groups):
            return Checked(None, "in none of accounts.ldap.required_groups", entry.dn)
        email = mail_address(entry.text(self._attributes.email))
        if email is None:
            return Checked(None, f"no address in {self._attributes.email}", entry.dn)
        verified = Verified(
            external_id=identifier,
            email=email,
            name=(entry.text(self._attributes.name) or "").strip(),
            groups=groups,
            entitlements=self._rules.entitlements(groups),
            login=login,
        )
        return Checked(verified, "the password is right", entry.dn)


def identifier_filter(attribute: str, external_id: str) -> str:
    """What finds the entry with an identifier; a GUID of Active Directory is kept as 16 bytes."""
    wanted = f"({attribute}={filter_value(external_id)})"
    try:
        raw = uuid.UUID(external_id).bytes_le
    except ValueError:
        return wanted
    octets = "".join(f"\\{byte:02x}" for byte in raw)
    return f"(|{wanted}({attribute}={octets}))"


def _unusable(login: str, password: str) -> str | None:
    """Why a login is not even tried."""
    if not login or len(login) > LONGEST:
        return "login empty or too long"
    if not password or len(password) > LONGEST_PASSWORD:
        return "password empty or too long"
    if "\0" in password:
        # Some directories would read an empty password there.
        return "password with a NUL character"
    if unicodedata.normalize("NFKC", login) != login or "  " in login or any(map(_is_invisible, login)):
        # Directories take such spellings for the plain one, and wrong passwords are counted by login.
        return "login in an odd spelling"
    try:
        (login + password).encode("utf-8")
    except UnicodeEncodeError:
        return "characters that no directory can hold"
    return None


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")


def _try(connection: Connection, dn: str, password: str) -> str | None:
    """Why the directory does not take the password; None when it does."""
    try:
        connection.bind(dn, password)
    except Refused as refusal:
        return f"the directory refuses {dn}: {refusal}"
    return None


def _identifier(values: list[bytes]) -> str | None:
    """The value as text; 16 bytes that are none are a GUID as Active Directory keeps it."""
    if len(values) != 1 or not values[0]:
        return None
    (value,) = values
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and text and len(value) <= 255:
        return text
    return str(uuid.UUID(bytes_le=value)) if len(value) == 16 else None
