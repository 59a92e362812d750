"""`eoscperf-admin accounts ldap-test` and `ldap-review`: what the directory says of people."""

from __future__ import annotations

import sys
from typing import Any

import click
import sqlalchemy as sa
from pyramid.exceptions import ConfigurationError

from eoscperf import errors
from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT, NAME
from eoscperf.plugins.accounts.directory import check
from eoscperf.plugins.accounts.directory.backend import READER_ENTITLEMENT, Directory
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.backends import BackendUnavailable
from eoscperf.plugins.accounts.people.identities import Identities
from eoscperf.plugins.accounts.people.vouching import known_person, settle
from eoscperf.scripts.acting import OPERATOR, acting_request
from eoscperf.scripts.context import Context, Unusable, pass_context
from eoscperf.users.service import Users


@click.command("ldap-test")
@click.option("--user", "login", required=True, help="What the person would type: a name or an address.")
@pass_context
def ldap_test(context: Context, login: str) -> None:
    """Try a log-in against the directory; the password is read from standard input.

    Nothing is stored. Ends with 0 when the person would get in.
    """
    directory = _directory(context)
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


@click.command("ldap-review")
@click.option("--disable", is_flag=True, help="Disable those who left: their API tokens are refused, too.")
@pass_context
def ldap_review(context: Context, disable: bool) -> None:
    """Look everybody of the directory up, and end what rests on earlier log-ins of those who left.

    Whoever comes back logs in again; who was disabled has to be enabled before. Ends with 1 when somebody
    could not be looked up.
    """
    directory, failed = _directory(context), 0
    with context.request(writing=False) as request:
        query = sa.select(LocalIdentity).where(LocalIdentity.backend == directory.name)
        found = request.dbsession.scalars(query.order_by(LocalIdentity.email_key)).all()
        people = [known_person(request.dbsession, identity) for identity in found]
        request.dbsession.expunge_all()
    for person in people:
        email = person.identity.email
        try:
            # Asked outside of any transaction: others write meanwhile.
            verified = directory.look_up(str(person.identity.external_id), person.login)
            with context.request() as request:
                acting = acting_request(request, OPERATOR)
                settle(acting, person.identity, verified)
                if verified is None:
                    click.echo(f"left: {email}{_disabled(acting, person.identity) if disable else ''}")
        except (BackendUnavailable, errors.DomainError) as problem:
            failed += 1
            click.echo(f"{email}: {problem}", err=True)
    click.echo(f"Looked {len(people) - failed} of {len(people)} up.")
    if failed:
        sys.exit(1)


def _disabled(request: Any, identity: LocalIdentity) -> str:
    """Disable somebody, here and on the platform; what there is to say of it."""
    if identity.disabled:
        return ""
    try:
        request.find_service(Users).disable(
            iss=request.registry.settings["accounts.issuer"],
            sub=str(identity.id),
            message="The directory does not let this person in any more.",
        )
    except errors.NotFound:
        request.find_service(Identities).disable(identity.id)
    return ", disabled"


def _directory(context: Context) -> Directory:
    """The directory of the settings; Unusable."""
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
    return directory
