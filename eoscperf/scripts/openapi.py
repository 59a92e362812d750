"""`eoscperf-admin openapi`: the OpenAPI document of an installation."""

from __future__ import annotations

import json

import click

from eoscperf.scripts.context import Context, pass_context


@click.command()
@pass_context
def openapi(context: Context) -> None:
    """Print the OpenAPI document of the core and of the enabled plug-ins."""
    from eoscperf.rest.openapi import document

    click.echo(json.dumps(document(context.app().registry), indent=2, sort_keys=True, ensure_ascii=False))
