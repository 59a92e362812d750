"""`eoscperf-admin user token`: API tokens of people and of service accounts."""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa

from eoscperf import errors
from eoscperf.scripts.acting import OPERATOR, acting_request
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.scripts.people import chosen, of_account
from eoscperf.security.scopes import SCOPES
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.service import DAYS, MOST_DAYS, ApiTokens


@click.group()
def token() -> None:
    """API tokens of an account."""


@token.command()
@of_account
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(list(SCOPES)),
    multiple=True,
    default=("read", "upload"),
    show_default=True,
    help="What it may be used for; may be repeated.",
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=DAYS, show_default=True)
@pass_context
def add(context: Context, name: str, scopes: tuple[str, ...], days: int, **account: str | None) -> None:
    """Print a new API token. Only the token goes to standard output; it is not stored."""
    with context.request() as request:
        user = chosen(request.dbsession, account)
        tokens = acting_request(request, OPERATOR).find_service(ApiTokens)
        try:
            made, text = tokens.create(user.id, name=name, scopes=scopes, days=days)
        except errors.DomainError as problem:
            raise Unusable(problem.detail) from problem
        said = f"API token of {user.sub} for {', '.join(made.scopes)}"
        until = f"{made.expires_datetime:%Y-%m-%d %H:%M} UTC"
    # Printed only once it is stored for good.
    click.echo(f"{said}, valid until {until}", err=True)
    click.echo(text)


@token.command("list")
@of_account
@pass_context
def show(context: Context, **account: str | None) -> None:
    """Print id, beginning, name, scopes, expiry and last use of each API token of an account."""
    with context.request(writing=False) as request:
        for one in _tokens(request.dbsession, chosen(request.dbsession, account).id):
            used = f"{one.last_used_datetime:%Y-%m-%d %H:%M}" if one.last_used_datetime else "never used"
            until = f"{one.expires_datetime:%Y-%m-%d %H:%M}"
            click.echo("\t".join((str(one.id), one.hint, one.name, ",".join(one.scopes), until, used)))


@token.command()
@of_account
@click.argument("token_id", type=click.UUID, required=False)
@click.option("--all", "everything", is_flag=True, help="All tokens of the account.")
@pass_context
def revoke(context: Context, token_id: Any, everything: bool, **account: str | None) -> None:
    """Revoke an API token of an account, or all of them."""
    if everything == (token_id is not None):
        raise Unusable("Say which: the id of a token (user token list shows it), or --all.")
    with context.request() as request:
        user = chosen(request.dbsession, account)
        tokens = acting_request(request, OPERATOR).find_service(ApiTokens)
        try:
            found = _tokens(request.dbsession, user.id) if everything else [tokens.get(user.id, token_id)]
        except errors.NotFound as problem:
            raise Unusable(problem.detail) from problem
        for one in found:
            tokens.revoke(one)
        click.echo(f"Revoked {len(found)} of the API tokens of {user.sub}.")


def _tokens(session: Any, user_id: Any) -> list[ApiToken]:
    mine = sa.select(ApiToken).where(ApiToken.user_id == user_id)
    return list(session.scalars(mine.order_by(ApiToken.created_datetime, ApiToken.id)))
