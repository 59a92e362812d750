"""Addresses as they stand in the headers of a mail."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.utils import parseaddr

_LOCAL = re.compile(r"[^\s@<>(),:;\"\[\]\\]{1,64}")
_DOMAIN = re.compile(r"[^\s@<>(),:;\"\[\]\\_]{1,255}")


def address(text: str | None, name: str = "") -> Address | None:
    """The address for a header; None for what would not be read there as one address, and for one in
    the domain `.invalid`, which is reserved for addresses that reach nobody (RFC 2606, 2)."""
    local, _, domain = (text or "").strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or not (local + domain).isprintable():
        return None
    if f".{domain}".lower().endswith(".invalid"):
        return None
    try:
        return Address(name, local, domain.encode("idna").decode())
    except ValueError:
        return None


def parse_sender(value: str) -> str:
    """Setting: `Name <address>` or an address."""
    name, plain = parseaddr(value.strip())
    if address(plain, name) is None:
        raise ValueError("must be an address such as Benchmarks <noreply@perf.example.org>")
    return value.strip()


def parse_support(value: str) -> str:
    """Setting: an address, or nothing."""
    if value.strip() and address(value) is None:
        raise ValueError("must be an address such as support@perf.example.org, or empty")
    return value.strip()


def sender(value: str) -> Address:
    """The address of the setting `mail.from`."""
    name, plain = parseaddr(value)
    found = address(plain, name)
    assert found is not None  # noqa: S101 - the setting was parsed
    return found
