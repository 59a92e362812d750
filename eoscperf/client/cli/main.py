"""The command and what it consists of."""

from __future__ import annotations

import click

from eoscperf.client.cli.base import Group, common_options
from eoscperf.client.cli.catalogue import benchmarks, flavors, sites, tags
from eoscperf.client.cli.claims import claims, moderate
from eoscperf.client.cli.comparing import compare, leaderboard, medians
from eoscperf.client.cli.completion import completion
from eoscperf.client.cli.login import login, logout, register, sessions, whoami
from eoscperf.client.cli.results import results
from eoscperf.client.cli.services import service_accounts
from eoscperf.client.cli.tokens import tokens
from eoscperf.client.cli.trust import trust_rules
from eoscperf.client.version import __version__


@click.group(
    "eoscperf",
    cls=Group,
    params=common_options(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all done, 1 (some of it) refused, 2 wrong use, 3 not authenticated, "
    "4 server unreachable, 5 no answer of this API.",
)
@click.version_option(__version__, prog_name="eoscperf", message="%(prog)s %(version)s")
def main() -> None:
    """Publish, find and compare benchmark results on a platform that runs eoscperf."""


for command in (
    login,
    logout,
    whoami,
    register,
    sessions,
    benchmarks,
    sites,
    flavors,
    tags,
    results,
    compare,
    leaderboard,
    medians,
    claims,
    moderate,
    tokens,
    trust_rules,
    service_accounts,
    completion,
):
    main.add_command(command)
