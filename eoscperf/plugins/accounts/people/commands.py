"""`eoscperf-admin user add` and `user invite`: accounts without pages, the first administrator above all."""

from __future__ import annotations

import contextlib
import datetime
import secrets
import sys
from collections.abc import Iterator
from typing import Any

import click
import sqlalchemy as sa

from eoscperf import errors
from eoscperf.plugins.accounts import NAME
from eoscperf.plugins.accounts.people import addresses
from eoscperf.plugins.accounts.people.signup import SignUp
from eoscperf.plugins.accounts.people.standing import has_administrator
from eoscperf.review.journal import Journal
from eoscperf.scripts.acting import OPERATOR, acting_request
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.security.bearer import Profile
from eoscperf.security.identity import ANONYMOUS, Identity
from eoscperf.users.addresses import mail_address
from eoscperf.users.service import Users

LINK = datetime.timedelta(days=2)
"""How long a printed link can be used."""


def _address(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    address = mail_address(value)
    if address is None or not address.isascii():
        raise click.BadParameter("must be an email address such as ann@example.org")
    return address


@click.command()
@click.option("--email", required=True, callback=_address, help="The address to log in with.")
@click.option("--name", default="", help="How the person is called.")
@click.option("--admin", is_flag=True, help="Make an administrator of the person.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--generate", is_flag=True, help="Make a password up and print it.")
@click.option(
    "--if-no-admin", is_flag=True, help="Do nothing when there is an administrator: for scripts that start."
)
@pass_context
def add(
    context: Context,
    email: str,
    name: str,
    admin: bool,
    password_stdin: bool,
    generate: bool,
    if_no_admin: bool,
) -> None:
    """Make a local account that is registered with the platform.

    Without a password a link is printed with which one is chosen, once.
    """
    if password_stdin and generate:
        raise Unusable("--password-stdin and --generate exclude each other.")
    given = _read_password() if password_stdin else None
    if generate:
        given = secrets.token_urlsafe(12)
    with _writing(context) as request:
        settings = request.registry.settings
        if if_no_admin and has_administrator(request.dbsession):
            return
        hashed = None
        if given is not None:
            fault = request.registry["accounts.passwords"].fault(given, email, name)
            if fault:
                raise Unusable(fault)
            hashed = request.registry["accounts.passwords"].hash(given)
        service = request.find_service(SignUp)
        # An operator may do what the setting keeps from others.
        identity = service.add(email, name=name, password_hash=hashed, anyway=True)
        _register(request, str(identity.id), email, admin=admin)
        link = ""
        if hashed is None:
            secret = service.password_link(identity, mail=False, lifetime=LINK)
            link = addresses.page(settings, addresses.VERIFY, link=secret)
        login = addresses.page(settings, "login")
    role = "administrator" if admin else "user"
    click.echo(f"The {role} {email} can log in at {login}")
    if generate:
        click.echo(f"Password: {given}")
    if link:
        click.echo(f"Choose a password with this link, once, within {LINK.days} days:\n{link}")


@click.command()
@click.option("--email", callback=_address, help="Whom it is for; the link is mailed, too.")
@pass_context
def invite(context: Context, email: str | None) -> None:
    """Print a link with which somebody makes an account, once."""
    with _writing(context) as request:
        made, secret = request.find_service(SignUp).invite(email)
        until = made.expires_datetime
        link = addresses.page(request.registry.settings, addresses.INVITED, invitation=secret)
    click.echo(f"valid until {until:%Y-%m-%d %H:%M} UTC", err=True)
    click.echo(link)


def _register(request: Any, sub: str, email: str, *, admin: bool) -> None:
    """Register the new identity with the platform as its holder would."""
    holder = Identity(iss=request.registry.settings["accounts.issuer"], sub=sub, method="command")
    users = Users(
        request.dbsession,
        holder,
        Journal(request.dbsession, ANONYMOUS),
        request.events,
        lambda: Profile(email=email, email_verified=True, entitlements=frozenset()),
    )
    users.register()
    if admin:
        acting = acting_request(request, OPERATOR)
        acting.find_service(Users).set_role(iss=holder.iss, sub=sub, role="admin")


def _read_password() -> str:
    """The first line of standard input."""
    line = sys.stdin.readline()
    return line.removesuffix("\n").removesuffix("\r")


@contextlib.contextmanager
def _writing(context: Context) -> Iterator[Any]:
    """A request whose transaction writes; what an operator can repair becomes one message."""
    if NAME not in context.settings["eoscperf.plugins"]:
        raise Unusable(f"The plug-in {NAME} is not enabled: add it to eoscperf.plugins in {context.config}.")
    try:
        with context.request() as request:
            yield request
    except errors.DomainError as problem:
        raise click.ClickException(f"Nothing was changed. {problem.detail}") from problem
    except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.InterfaceError) as problem:
        raise Unusable(
            f"The database cannot be used: {problem.orig}. Is its schema up to date (db upgrade)?"
        ) from problem
