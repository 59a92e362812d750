"""Completion of commands and options in shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from eoscperf.client.cli.base import Command
from eoscperf.client.errors import Usage

NAME = "eoscperf"


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete this command.

    For bash, add to ~/.bashrc: eval "$(eoscperf completion bash)"
    """
    found = get_completion_class(shell)
    if found is None:
        raise Usage(f"There is no completion for {shell}")
    click.echo(found(context.find_root().command, {}, NAME, "_EOSCPERF_COMPLETE").source())
