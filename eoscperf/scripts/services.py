"""`eoscperf-admin user service`: accounts of machines, which hold API tokens and never log in."""

from __future__ import annotations

import click

from eoscperf import errors
from eoscperf.scripts.acting import OPERATOR, acting_request
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.users.schemas_services import SERVICE_ROLES
from eoscperf.users.services import ServiceAccounts


@click.group()
def service() -> None:
    """Accounts of machines."""


@service.command()
@click.argument("name")
@click.option("--email", required=True, help="Reaches the people who answer for it.")
@click.option("--description", help="What it does.")
@click.option("--role", type=click.Choice(SERVICE_ROLES), default="user", show_default=True)
@pass_context
def add(context: Context, name: str, email: str, description: str | None, role: str) -> None:
    """Make a service account."""
    with context.request() as request:
        accounts = acting_request(request, OPERATOR).find_service(ServiceAccounts)
        try:
            accounts.create(name=name, email=email, description=description, role=role)
        except errors.Invalid as problem:
            raise Unusable("; ".join(f"{issue.name} {issue.detail}" for issue in problem.issues)) from problem
        except errors.DomainError as problem:
            raise Unusable(problem.detail) from problem
        click.echo(f"Made the service account {name}. Its tokens: user token add --service {name}.")


@service.command("list")
@pass_context
def show(context: Context) -> None:
    """Print name, role, address and description of each service account."""
    with context.request(writing=False) as request:
        accounts = acting_request(request, OPERATOR).find_service(ServiceAccounts)
        for user in accounts.by_name():
            state = "disabled" if user.disabled else user.role
            click.echo("\t".join((user.sub, state, user.email, user.description or "")))


@service.command()
@click.argument("name")
@click.option("--message", help="Why; kept in the log.")
@pass_context
def remove(context: Context, name: str, message: str | None) -> None:
    """Remove a service account with its tokens; what it contributed stays."""
    with context.request() as request:
        accounts = acting_request(request, OPERATOR).find_service(ServiceAccounts)
        user = accounts.named(name)
        if user is None:
            raise Unusable(f"There is no service account {name}.")
        accounts.remove(user, message)
        click.echo(f"Removed the service account {name}.")
