"""The settings of logging in against a directory."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from eoscperf.options import Option, boolean, seconds, text
from eoscperf.plugins.accounts.directory.names import InvalidName, dn_key

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def servers(value: str) -> tuple[str, ...]:
    """Addresses of servers that hold the same directory, in the order they are asked."""
    for word in value.split():
        parts = urlsplit(word)
        try:
            good = parts.scheme in ("ldap", "ldaps") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise ValueError(f"{word} is no address of a directory such as ldaps://ldap.example.org")
    return tuple(value.split())


def groups(value: str) -> tuple[str, ...]:
    """Names of groups, separated by semicolons or line breaks."""
    found = tuple(name for line in re.split(r"[;\n]", value) if (name := line.strip()))
    for name in found:
        try:
            dn_key(name)
        except InvalidName:
            raise ValueError(
                f"{name} is no distinguished name such as cn=benchmarks,ou=groups,dc=example,dc=org"
            ) from None
    return found


def template(*placeholders: str, required: bool = True) -> Callable[[str], str]:
    """A text in which at least one of these stands for something else, such as `{login}`."""
    shown = " or ".join(f"{{{name}}}" for name in placeholders)

    def parse(value: str) -> str:
        value = value.strip()
        used = re.findall(r"\{([^{}]*)\}", value)
        if value and (not used or set(used) - set(placeholders)):
            raise ValueError(f"must hold {shown} and nothing else in braces")
        if not value and required:
            raise ValueError(f"must hold {shown}")
        return value

    return parse


def filter_template(*placeholders: str) -> Callable[[str], str]:
    parse = template(*placeholders)

    def checked(value: str) -> str:
        value = parse(value)
        if not (value.startswith("(") and value.endswith(")")) or value.count("(") != value.count(")"):
            raise ValueError("must be a filter in parentheses such as (uid={login})")
        return value

    return checked


def attribute(value: str) -> str:
    value = value.strip()
    if value and not _ATTRIBUTE.fullmatch(value):
        raise ValueError("must be the name of an attribute such as mail")
    return value


def certificates(value: str) -> str:
    """A file of certificates in PEM."""
    value = value.strip()
    if value:
        try:
            ssl.create_default_context(cafile=value)
        except OSError as problem:
            raise ValueError(f"cannot be read as PEM certificates: {problem.strerror or problem}") from None
    return value


SETTINGS = (
    Option(
        "accounts.ldap.url",
        servers,
        (),
        "directory to log in against, ldaps://host or ldap://host; several are tried in order; empty: none",
    ),
    Option("accounts.ldap.starttls", boolean, True, "encrypt connections to ldap:// addresses, or have none"),
    Option(
        "accounts.ldap.allow_plain",
        boolean,
        False,
        "let passwords travel unencrypted where starttls is off; without it only this machine is asked so",
    ),
    Option(
        "accounts.ldap.ca_file",
        certificates,
        "",
        "certificates that sign the directory's, PEM; empty: the usual ones",
    ),
    Option(
        "accounts.ldap.timeout", seconds, 5.0, "longest wait for each answer of the directory, in seconds"
    ),
    Option(
        "accounts.ldap.bind_dn", text, "", "account that searches the directory; empty: search without one"
    ),
    Option("accounts.ldap.bind_password", text, "", "its password", secret=True),
    Option("accounts.ldap.base", text, "", "where people are searched, such as ou=people,dc=example,dc=org"),
    Option(
        "accounts.ldap.filter",
        filter_template("login"),
        "(uid={login})",
        "whom a login means: must find one entry",
    ),
    Option(
        "accounts.ldap.user_dn",
        template("login", required=False),
        "",
        "name of a person's entry, such as uid={login},ou=people,dc=example,dc=org; nobody searches then",
    ),
    Option(
        "accounts.ldap.id_attribute",
        attribute,
        "entryUUID",
        "what names a person for good; objectGUID in Active Directory",
    ),
    Option("accounts.ldap.email_attribute", attribute, "mail", "a person's address"),
    Option("accounts.ldap.name_attribute", attribute, "cn", "a person's name"),
    Option(
        "accounts.ldap.group_attribute",
        attribute,
        "memberOf",
        "attribute of a person that names groups; empty: none does",
    ),
    Option("accounts.ldap.group_base", text, "", "where groups are searched; empty: groups are not searched"),
    Option(
        "accounts.ldap.group_filter",
        filter_template("dn", "login"),
        "(member={dn})",
        "which groups a person is in",
    ),
    Option("accounts.ldap.nested", boolean, False, "members of groups in groups count, too"),
    Option(
        "accounts.ldap.required_groups",
        groups,
        (),
        "whoever is in none of these does not get in; separated by semicolons; empty: everybody gets in",
    ),
    Option("accounts.ldap.admin_groups", groups, (), "groups whose members are administrators"),
    Option(
        "accounts.ldap.submitter_groups",
        groups,
        (),
        "groups whose members contribute; where set, everybody else reads",
    ),
    Option("accounts.ldap.reader_groups", groups, (), "groups whose members only read"),
)
