"""Commands about API tokens."""

from __future__ import annotations

from typing import Any, cast

import click

from eoscperf.client.cli.base import Group, settings
from eoscperf.client.cli.output import TABLE, field, moment, say, show_object, show_rows
from eoscperf.client.model import NewApiToken

SCOPES = ("read", "upload", "moderate", "admin")
TOKEN = (
    field("id"),
    field("name"),
    field("hint", "begins with"),
    field("scopes"),
    field("expires_datetime", "expires"),
    field("last_used_datetime", "last used"),
)


@click.group(cls=Group)
def tokens() -> None:
    """API tokens: what scripts and CI jobs send instead of a log-in."""


@tokens.command("list")
def list_tokens() -> None:
    """List your tokens."""
    show_rows(settings().client().tokens.iter(), TOKEN, settings().output)


@tokens.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("read", "upload"),
    show_default=True,
    help="What it may do; repeated: and that.",
)
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="How long it is valid.")
def create_token(name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and print it, this once."""
    show_token(settings().client().tokens.create(name, scopes, days=days))


def show_token(made: NewApiToken) -> None:
    """Print a new token, alone on standard output."""
    if settings().output != TABLE:
        show_object(cast(dict[str, Any], made), settings().output)
        return
    say(f"Valid until {moment(made['expires_datetime'])}; it is not shown again:")
    click.echo(made["token"])


@tokens.command("revoke")
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--all", "everything", is_flag=True, help="All of yours.")
def revoke_tokens(ids: tuple[str, ...], everything: bool) -> None:
    """Make tokens worthless at once."""
    if everything == bool(ids):
        raise click.UsageError("Say which: the ids of tokens ('eoscperf tokens list' shows them), or --all.")
    client = settings().client()
    for id in ids or [token["id"] for token in client.tokens.iter()]:
        client.tokens.revoke(id)
        say(f"Revoked {id}")
