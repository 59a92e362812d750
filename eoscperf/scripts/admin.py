"""The entry of `eoscperf-admin`; its commands, ours and plug-ins' alike, are entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

import eoscperf
from eoscperf.scripts.context import Context

GROUP = "eoscperf.commands"


class InstalledCommands(click.Group):
    """Commands by entry point, imported when used, so that a broken one does not take the others along.

    Those of its own that a group has beside them come first: `eoscperf-admin user` takes further ones from
    the entry points `eoscperf.commands.user`.
    """

    points = GROUP

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(
            {*super().list_commands(context), *(one.name for one in entry_points(group=self.points))}
        )

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        own = super().get_command(context, name)
        if own is not None:
            return own
        points = list(entry_points(group=self.points, name=name))
        if not points:
            return None
        if len(points) > 1:
            return _unavailable(name, "offered more than once: " + ", ".join(map(_described, points)))
        try:
            command = points[0].load()
        except (ImportError, AttributeError) as problem:
            return _unavailable(name, f"{_described(points[0])} cannot be loaded: {problem}")
        if not isinstance(command, click.Command):
            return _unavailable(name, f"{_described(points[0])} is not a click command")
        return command


@click.group(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    metavar="INI",
    envvar="EOSCPERF_CONFIG",
    help="The ini file of the installation. [env: EOSCPERF_CONFIG]",
)
@click.version_option(eoscperf.__version__, prog_name="eoscperf-admin")
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Administer an installation of the platform on its own machine."""
    context.obj = Context(config)


def _described(point: EntryPoint) -> str:
    return f"{point.value} of {point.dist.name}" if point.dist else point.value


def _unavailable(name: str, reason: str) -> click.Command:
    """A command that stands in the list and says why it cannot run."""

    def refuse() -> None:
        raise click.ClickException(f"The command {name} is not available: {reason}.")

    return click.Command(
        name,
        callback=refuse,
        help=f"Not available: {reason}.",
        short_help="(not available)",
        # Whatever it was called with, the answer is the reason.
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


if __name__ == "__main__":
    main()
