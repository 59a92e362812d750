"""`eoscperf-admin accounts`: what operators do with the OpenID provider and with a directory."""

from __future__ import annotations

import click

from eoscperf.plugins.accounts import NAME
from eoscperf.plugins.accounts.directory.commands import ldap_test
from eoscperf.plugins.accounts.keys import ES256, RS256, KeyStore, UnusableKey
from eoscperf.scripts.context import Context, Unusable, pass_context


@click.group()
def accounts() -> None:
    """Look after the accounts of this installation."""


accounts.add_command(ldap_test)


@accounts.command("rotate-keys")
@pass_context
def rotate_keys(context: Context) -> None:
    """Sign tokens with new keys from now on.

    Tokens given out so far stay good: the old keys are published until the last of them has ended. To refuse
    them, too, remove the files of all keys, *.json in <var>/accounts.
    """
    if NAME not in context.settings["eoscperf.plugins"]:
        raise Unusable(f"The plug-in {NAME} is not enabled: add it to eoscperf.plugins in {context.config}.")
    try:
        kids = [KeyStore.of(context.settings, kind).rotate() for kind in (ES256, RS256)]
    except UnusableKey as problem:
        raise Unusable(str(problem)) from problem
    click.echo(f"Tokens are signed with the new keys {kids[0]} (access tokens) and {kids[1]} (ID tokens).")
