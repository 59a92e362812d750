"""Commands about service accounts."""

from __future__ import annotations

import itertools
from typing import Any, Literal, cast

import click

from eoscperf.client.cli.base import Group, limit_option, settings
from eoscperf.client.cli.output import field, say, show_object, show_rows
from eoscperf.client.cli.tokens import SCOPES, TOKEN, show_token

ACCOUNT = (
    field("id"),
    field("name"),
    field("email"),
    field("role"),
    field("registration_datetime", "since"),
    field("description"),
)


@click.group("service-accounts", cls=Group)
def service_accounts() -> None:
    """Service accounts, for administrators: those of workers and CI jobs that are nobody's."""


@service_accounts.command("list")
@limit_option
def list_accounts(limit: int, every: bool) -> None:
    """List the service accounts."""
    found = settings().client().users.services.iter()
    show_rows(found if every else itertools.islice(found, limit), ACCOUNT, settings().output)


@service_accounts.command("create")
@click.argument("name")
@click.option("--email", required=True, metavar="ADDRESS", help="Of the people who answer for it.")
@click.option("--description", metavar="TEXT", help="What it does.")
@click.option("--role", type=click.Choice(["user", "reader"]), default="user", show_default=True)
def create_account(name: str, email: str, description: str | None, role: Literal["reader", "user"]) -> None:
    """Make a service account; `service-accounts token NAME` makes it a token."""
    accounts = settings().client().users.services
    made = accounts.create(name, email, description=description, role=role)
    show_object(cast(dict[str, Any], made), settings().output)


@service_accounts.command("delete")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--message", "-m", metavar="TEXT", help="Why, for the log.")
def delete_accounts(names: tuple[str, ...], message: str | None) -> None:
    """Remove service accounts with their tokens; what they uploaded stays."""
    accounts = settings().client().users.services
    for name in names:
        accounts.delete(accounts.named(name)["id"], message=message)
        say(f"Removed {name}")


@service_accounts.command("token")
@click.argument("name")
@click.argument("token_name", metavar="TOKEN")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("upload",),
    show_default=True,
    help="What it may do; repeated: and that.",
)
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="How long it is valid.")
def create_token(name: str, token_name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token called TOKEN for the service account NAME and print it, this once."""
    accounts = settings().client().users.services
    show_token(accounts.tokens(accounts.named(name)["id"]).create(token_name, scopes, days=days))


@service_accounts.command("tokens")
@click.argument("name")
def list_tokens(name: str) -> None:
    """List the tokens of the service account NAME."""
    accounts = settings().client().users.services
    show_rows(accounts.tokens(accounts.named(name)["id"]).iter(), TOKEN, settings().output)


@service_accounts.command("revoke")
@click.argument("name")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def revoke_tokens(name: str, ids: tuple[str, ...]) -> None:
    """Make tokens of the service account NAME worthless at once."""
    accounts = settings().client().users.services
    tokens = accounts.tokens(accounts.named(name)["id"])
    for id in ids:
        tokens.revoke(id)
        say(f"Revoked {id}")
