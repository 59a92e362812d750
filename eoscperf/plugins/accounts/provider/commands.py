"""`eoscperf-admin accounts`: what operators do with the OpenID provider and with a directory."""

from __future__ import annotations

import click

from eoscperf.plugins.accounts import NAME
from eoscperf.plugins.accounts.directory.commands import ldap_review, ldap_test
from eoscperf.plugins.accounts.keys import SigningKeys, UnusableKey
from eoscperf.scripts.context import Context, Unusable, pass_context


@click.group()
def accounts() -> None:
    """Look after the accounts of this installation."""


accounts.add_command(ldap_test)
accounts.add_command(ldap_review)


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
        keys = SigningKeys(context.settings)
        kids = {store: store.rotate() for store in keys.signing}
    except UnusableKey as problem:
        raise Unusable(str(problem)) from problem
    for what, store in (("Access", keys.access), ("ID", keys.identity)):
        click.echo(f"{what} tokens are signed with the new key {kids[store]} ({store.algorithm}).")
