"""Which account a command is about: options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click
import sqlalchemy as sa

from eoscperf.scripts.context import Unusable
from eoscperf.users.models import SERVICE_ISSUER, User


def of_person(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--email`, `--iss` and `--sub`."""
    for option in (
        click.option("--sub", help="The subject at that issuer."),
        click.option("--iss", help="The issuer, where an address alone is not enough."),
        click.option("--email", help="Whose account it is."),
    ):
        command = option(command)
    return command


def of_account(command: Callable[..., Any]) -> Callable[..., Any]:
    """Those, and `--service` for a service account."""
    return click.option("--service", help="The name of a service account.")(of_person(command))


def chosen(session: Any, given: Mapping[str, str | None]) -> User:
    """The one account that fits the options; Unusable when there is none or more than one."""
    wanted = {name: value for name, value in given.items() if value is not None}
    name = wanted.pop("service", None)
    if name is not None:
        if wanted:
            raise Unusable(
                "A service account has a name only: --service, and nothing of --email, --iss, --sub."
            )
        query = sa.select(User).where(User.iss == SERVICE_ISSUER, User.sub == name, User.kind == "service")
        found = session.scalar(query)
        if found is None:
            raise Unusable(f"There is no service account {name}.")
        return found
    if not wanted:
        also = ", or --service" if "service" in given else ""
        raise Unusable(f"Say whose account it is: --email, or --iss with --sub{also}.")
    return _only(session, wanted)


def _only(session: Any, wanted: dict[str, str]) -> User:
    conditions = [getattr(User, name) == value for name, value in wanted.items()]
    found = list(session.scalars(sa.select(User).where(*conditions).order_by(User.iss, User.sub).limit(10)))
    shown = ", ".join(f"--{name} {value}" for name, value in wanted.items())
    if not found:
        raise Unusable(f"Nobody is registered with {shown}. People register with POST /users:register.")
    if len(found) > 1:
        listed = "\n".join(f"  --iss {one.iss} --sub {one.sub}" for one in found)
        raise Unusable(f"Several people are registered with {shown}:\n{listed}\nSay which.")
    return found[0]
