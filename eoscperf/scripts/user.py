"""`eoscperf-admin user`: what an operator does about registered people, the first administrator above all."""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa

from eoscperf.scripts.acting import acting_request
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.security.identity import Identity
from eoscperf.users.models import User
from eoscperf.users.service import Users

OPERATOR = Identity(iss="urn:eoscperf:operator", sub="eoscperf-admin", admin=True, method="command")
"""Who runs a command has the database anyway; the journal names no actor."""


@click.group()
def user() -> None:
    """Registered people and their roles."""


@user.command()
@click.argument("role", type=click.Choice(["admin", "user"]))
@click.option("--email", help="Whose role it is.")
@click.option("--iss", help="The issuer, where an address alone is not enough.")
@click.option("--sub", help="The subject at that issuer.")
@click.option("--message", help="Why; kept in the log.")
@pass_context
def role(
    context: Context, role: str, email: str | None, iss: str | None, sub: str | None, message: str | None
) -> None:
    """Make a registered person an administrator, or an ordinary user again."""
    given = {"email": email, "iss": iss, "sub": sub}
    wanted = {name: value for name, value in given.items() if value is not None}
    if not wanted:
        raise Unusable("Say whose role it is: --email, or --iss with --sub.")
    with context.request() as request:
        person = _only(request.dbsession, wanted)
        users = acting_request(request, OPERATOR).find_service(Users)
        before = person.role
        users.set_role(iss=person.iss, sub=person.sub, role=role, message=message)
        what = f"is {role} already" if before == role else f"is now {role}"
        click.echo(f"{person.email} ({person.sub} at {person.iss}) {what}.")


def _only(session: Any, wanted: dict[str, str]) -> User:
    """The one registered person that fits; Unusable when there is none or more than one."""
    conditions = [getattr(User, name) == value for name, value in wanted.items()]
    found = list(session.scalars(sa.select(User).where(*conditions).order_by(User.iss, User.sub).limit(10)))
    shown = ", ".join(f"--{name} {value}" for name, value in wanted.items())
    if not found:
        raise Unusable(f"Nobody is registered with {shown}. People register with POST /users:register.")
    if len(found) > 1:
        listed = "\n".join(f"  --iss {one.iss} --sub {one.sub}" for one in found)
        raise Unusable(f"Several people are registered with {shown}:\n{listed}\nSay which.")
    return found[0]
