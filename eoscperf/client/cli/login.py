"""Logging in and out."""

from __future__ import annotations

import sys
import webbrowser

import click

from eoscperf.client.addresses import shown
from eoscperf.client.cli.base import Command, settings
from eoscperf.client.cli.output import TABLE, Column, field, say, show_object, show_rows
from eoscperf.client.client import Client
from eoscperf.client.errors import ClientError, Forbidden, NotFound, NotLoggedIn, UnexpectedAnswer, Usage
from eoscperf.client.oauth import SCOPE
from eoscperf.client.sessions import Session

STDIN = "-"


@click.command(cls=Command)
@click.option(
    "--token",
    is_flag=False,
    flag_value=STDIN,
    metavar="[TOKEN]",
    help="Use a token that you have; without a value it is read from standard input.",
)
@click.option(
    "--scope", default=SCOPE, show_default=True, help="What the session may do; +admin adds to what is usual."
)
@click.option("--open", "browse", is_flag=True, help="Open the browser.")
@click.option("--register", "registering", is_flag=True, help="Register at the platform if you have not.")
def login(token: str | None, scope: str, browse: bool, registering: bool) -> None:
    """Log in, by confirming a code in a browser or with a token."""
    given = settings()
    if scope.startswith("+"):
        scope = f"{SCOPE} {scope[1:].replace('+', ' ')}"
    with given.client(anonymous=True) as client:
        session = _with_token(client, token) if token is not None else _with_browser(client, scope, browse)
    with given.client(session.access_token) as client:
        who = _whoever(client, registering)
    given.sessions().keep(session, choose=True)
    profile = "" if session.profile == "default" else f" (profile {session.profile})"
    say(f"Logged in at {shown(session.server)}{profile} as {who}")


@click.command(cls=Command)
def logout() -> None:
    """End the session and forget its tokens."""
    given = settings()
    with given.client(anonymous=True) as client:
        session = given.sessions().find(client.api, client.profile)
        if session is None:
            raise NotLoggedIn(f"There is no session at {client.server}")
        revoked = True
        try:
            revoked = _revoke(client, session)
        except ClientError as error:
            revoked = False
            say(f"eoscperf: {error}")
        given.sessions().forget(session.server, session.profile)
        if session.kind == "token":
            say(f"Forgot the token for {client.server}; it stays valid until it is revoked or expires")
        elif revoked:
            say(f"Logged out at {client.server}")
        else:
            say(f"Forgot the session at {client.server}, which could not be ended there")


@click.command(cls=Command)
def whoami() -> None:
    """Show who you are, and where."""
    given = settings()
    client = given.client()
    if not client.has_token:
        raise NotLoggedIn(f"You are not logged in at {client.server}; log in: eoscperf login")
    told: dict[str, object] = {"server": client.server, "profile": client.profile}
    told |= dict(client.users.self())
    session = given.sessions().find(client.api, client.profile)
    if session is not None and session.scope:
        told["scope"] = session.scope
    show_object(told, given.output)


@click.command(cls=Command)
def register() -> None:
    """Register at the platform, once, with what your identity provider says about you."""
    given = settings()
    user = given.client().users.register()
    show_object(user, given.output)


@click.command(cls=Command)
def sessions() -> None:
    """List the log-ins on this machine."""
    given = settings()
    chosen = given.sessions().chosen()
    columns = [
        Column("server", lambda session: shown(session.server)),
        Column("profile", lambda session: session.profile),
        Column("kind", lambda session: session.kind),
        Column("current", lambda session: (session.server, session.profile) == chosen),
    ]
    found = given.sessions().all()
    if given.output == TABLE:
        show_rows(found, columns, given.output)
    else:
        rows = [{column.title: column.of(session) for column in columns} for session in found]
        show_rows(rows, [field(column.title) for column in columns], given.output)


def _with_token(client: Client, token: str) -> Session:
    if token == STDIN:
        token = click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read()
    token = token.strip()
    if not token:
        raise Usage("The token is empty")
    return Session(client.api, client.profile, "token", token)


def _with_browser(client: Client, scope: str, browse: bool) -> Session:
    announced = client.capabilities().get("accounts") or {}
    issuer, client_id = announced.get("issuer"), announced.get("cli_client_id")
    if not isinstance(issuer, str) or not isinstance(client_id, str):
        raise NotLoggedIn(f"{client.server} offers no log-in from a terminal; use eoscperf login --token")
    provider = client.provider()
    endpoints = provider.discover(issuer)
    code = provider.begin(endpoints, client_id, scope)
    target = code.verification_uri_complete or code.verification_uri
    say(f"Open {code.verification_uri} in a browser and enter the code {code.user_code}")
    if code.verification_uri_complete:
        say(f"or open {code.verification_uri_complete} and check that it shows this code.")
    if browse and not webbrowser.open(target):
        say("There is no browser to open here.")
    say("Waiting for the log-in ...")
    tokens = provider.wait(endpoints, client_id, code)
    return Session(
        client.api,
        client.profile,
        "oauth",
        tokens.access_token,
        tokens.expires_at,
        tokens.refresh_token,
        client_id,
        tokens.scope or scope,
        issuer,
        endpoints.token,
        endpoints.revocation,
    )


def _whoever(client: Client, registering: bool) -> str:
    """Who a token belongs to; also tells a token that is worth nothing."""
    try:
        user = client.users.self()
    except Forbidden:
        return "the holder of a token that does not show whose it is"
    except NotFound:
        if not registering:
            say("You are not registered here yet: eoscperf register")
            return "somebody who has not registered"
        user = client.users.register()
    if "email" not in user:
        raise UnexpectedAnswer(f"{client.server} did not say who you are")
    return user["email"] or user["sub"]


def _revoke(client: Client, session: Session) -> bool:
    """End a session at its provider, whose access tokens end with the refresh token; False if it did not."""
    if session.kind != "oauth" or not session.client_id or not session.revocation_endpoint:
        return False
    token = session.refresh_token or session.access_token
    hint = "refresh_token" if session.refresh_token else "access_token"
    return client.provider().revoke(session.revocation_endpoint, session.client_id, token, hint)
