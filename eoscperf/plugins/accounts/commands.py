"""`eoscperf-admin token`: a token of the local issuer."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.db import utcnow
from eoscperf.plugins.accounts import NAME
from eoscperf.plugins.accounts.keys import KeyStore, UnusableKey
from eoscperf.plugins.accounts.tokens import LocalTokens
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.users.addresses import mail_address


def _address(context: click.Context, parameter: click.Parameter, value: str) -> str:
    address = mail_address(value)
    if address is None:
        raise click.BadParameter("must be an email address such as ann@example.org")
    return address


@click.command()
@click.option("--email", required=True, callback=_address, help="Whose token it is.")
@click.option("--admin", is_flag=True, help="Makes its holder an administrator, once registered.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="How long it is valid."
)
@pass_context
def token(context: Context, email: str, admin: bool, days: int) -> None:
    """Print a token of the local issuer.

    Tokens for one address are the same person's. Like everybody, its holder registers with
    POST /users:register. Only the token goes to standard output.
    """
    settings = context.settings
    if NAME not in settings["eoscperf.plugins"]:
        raise Unusable(f"The plug-in {NAME} is not enabled: add it to eoscperf.plugins in {context.config}.")
    lifetime = datetime.timedelta(days=days)
    with Session(context.engine()) as session, _readable():
        # It will write, and waits for other writers at once.
        session.connection(execution_options={"sqlite_immediate": True})
        tokens = LocalTokens(session, KeyStore.of(settings), settings["accounts.issuer"])
        text = tokens.issue(email, lifetime=lifetime, admin=admin)
        # Printed only once the person is stored for good.
        session.commit()
    kind = "administrator's token" if admin else "token"
    click.echo(f"{kind} for {email}, valid until {utcnow() + lifetime:%Y-%m-%d %H:%M} UTC", err=True)
    click.echo(text)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Turn what an operator can repair into one message."""
    try:
        yield
    except UnusableKey as problem:
        raise Unusable(str(problem)) from problem
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.InterfaceError) as problem:
        raise Unusable(
            f"The database cannot be used: {problem.orig}. Is its schema up to date (db upgrade)?"
        ) from problem
