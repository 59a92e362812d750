"""`eoscperf-admin accounts ldap-test`: what a log-in through the directory would come to, and why."""

from __future__ import annotations

import sys

import click
from pyramid.exceptions import ConfigurationError

from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT, NAME
from eoscperf.plugins.accounts.directory import check
from eoscperf.plugins.accounts.directory.backend import READER_ENTITLEMENT, Directory
from eoscperf.plugins.accounts.people.backends import BackendUnavailable
from eoscperf.scripts.context import Context, Unusable, pass_context


@click.command("ldap-test")
@click.option("--user", "login", required=True, help="What the person would type: a name or an address.")
@pass_context
def ldap_test(context: Context, login: str) -> None:
    """Try a log-in against the directory; the password is read from standard input.

    Nothing is stored. Ends with 0 when the person would get in.
    """
    settings = context.settings
    if NAME not in settings["eoscperf.plugins"]:
        raise Unusable(f"The plug-in {NAME} is not enabled: add it to eoscperf.plugins in {context.config}.")
    directory = Directory.of(settings)
    if directory is None:
        raise Unusable(f"No directory is set: add accounts.ldap.url to {context.config}.")
    try:
        check(settings)
    except ConfigurationError as problem:
        raise Unusable(str(problem)) from problem
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        checked = directory.examine(login, password)
    except BackendUnavailable as problem:
        raise Unusable(str(problem)) from problem
    if checked.dn:
        click.echo(f"entry:  {checked.dn}")
    person = checked.verified
    if person is None:
        raise Unusable(f"No log-in: {checked.reason}.")
    roles = {ADMIN_ENTITLEMENT: "administrator", READER_ENTITLEMENT: "reader"}
    click.echo(f"id:     {person.external_id}")
    click.echo(f"email:  {person.email}")
    click.echo(f"name:   {person.name}")
    for group in person.groups or ("(none)",):
        click.echo(f"group:  {group}")
    click.echo(f"role:   {', '.join(roles[one] for one in person.entitlements) or 'submitter'}")
