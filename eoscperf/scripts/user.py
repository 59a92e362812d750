"""`eoscperf-admin user`: what an operator does about registered people, the first administrator above all."""

from __future__ import annotations

import click

from eoscperf import errors
from eoscperf.scripts.acting import OPERATOR, acting_request
from eoscperf.scripts.admin import GROUP, InstalledCommands
from eoscperf.scripts.api_tokens import token
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.scripts.people import chosen, of_account
from eoscperf.scripts.services import service
from eoscperf.users.models import ROLES
from eoscperf.users.service import Users

__all__ = ["OPERATOR", "user"]


class UserCommands(InstalledCommands):
    """The commands of this module, and those that plug-ins add, such as making a local account."""

    points = f"{GROUP}.user"


@click.group(cls=UserCommands)
def user() -> None:
    """Registered people and their roles."""


user.add_command(service)
user.add_command(token)


@user.command()
@click.argument("role", type=click.Choice(ROLES))
@of_account
@click.option("--message", help="Why; kept in the log.")
@pass_context
def role(context: Context, role: str, message: str | None, **account: str | None) -> None:
    """Say what somebody may do: only read (reader), contribute (user), or decide (admin)."""
    with context.request() as request:
        found = chosen(request.dbsession, account)
        users = acting_request(request, OPERATOR).find_service(Users)
        before = found.role
        try:
            users.set_role(iss=found.iss, sub=found.sub, role=role, message=message)
        except errors.DomainError as problem:
            raise Unusable(problem.detail) from problem
        what = f"is {role} already" if before == role else f"is now {role}"
        click.echo(f"{found.email} ({found.sub} at {found.iss}) {what}.")


@user.command()
@of_account
@click.option("--message", help="Why; kept in the log.")
@pass_context
def disable(context: Context, message: str | None, **account: str | None) -> None:
    """Accept no token of an account any more, until it is enabled again."""
    _switch(context, "disable", message, account)


@user.command()
@of_account
@click.option("--message", help="Why; kept in the log.")
@pass_context
def enable(context: Context, message: str | None, **account: str | None) -> None:
    """Accept the tokens of a disabled account again."""
    _switch(context, "enable", message, account)


def _switch(context: Context, how: str, message: str | None, account: dict[str, str | None]) -> None:
    with context.request() as request:
        found = chosen(request.dbsession, account)
        users = acting_request(request, OPERATOR).find_service(Users)
        try:
            getattr(users, how)(iss=found.iss, sub=found.sub, message=message)
        except errors.DomainError as problem:
            raise Unusable(problem.detail) from problem
        click.echo(f"{found.email} ({found.sub} at {found.iss}) is now {how}d.")
