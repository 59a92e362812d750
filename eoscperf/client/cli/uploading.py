"""The commands that upload results."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click
from tqdm import tqdm

from eoscperf.client.ci import GITLAB_VARIABLE, GitHubToken, GitLabToken
from eoscperf.client.cli.base import DONE, REFUSED, Command, Settings, settings
from eoscperf.client.cli.files import Fault, Plan, read_all
from eoscperf.client.cli.output import Column, field, say, show_rows
from eoscperf.client.client import Client
from eoscperf.client.connection import Credentials
from eoscperf.client.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Usage
from eoscperf.client.names import Names
from eoscperf.client.uploads import NewResult, Outcome, refusal

AUDIENCE_OF = "ci-upload"
"""The capability that says what tokens of CI jobs have to be made for."""

RULE_HEADER = "Trust-Rule"


def uploading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--benchmark", metavar="IMAGE:TAG", help="What was run, by name or id."),
        click.option("--flavor", metavar="SITE/FLAVOR", help="Where it was run, by name or id."),
        click.option("--site", metavar="SITE", help="The site, if --flavor is just a name."),
        click.option("--tag", "tags", multiple=True, metavar="TAG", help="Name or id; repeated: several."),
        click.option(
            "--when",
            metavar="TIME",
            help="When it was run: 2025-03-02T14:10:00Z; mtime: when the file was written; "
            "json:PATH: what the result says there.",
        ),
        click.option("--dry-run", is_flag=True, help="Only say what would be refused."),
        click.option("--oidc", type=click.Choice(["github", "gitlab"]), help="Use the token of this CI job."),
        click.option(
            "--audience", metavar="TEXT", help="Whom the token is for [what the platform asks for]."
        ),
        click.option(
            "--oidc-variable",
            default=GITLAB_VARIABLE,
            show_default=True,
            metavar="NAME",
            help="At GitLab: the variable with the token.",
        ),
        click.option("--trust-rule", metavar="ID", help="One of several trust rules that fit the CI job."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@uploading_options
@click.option("--atomic", is_flag=True, help="Store all or none.")
def upload(files: tuple[str, ...], atomic: bool, **options: Any) -> int:
    """Upload results.

    A FILE holds one JSON object, an array of them, or one on each line; `-` is standard input, and
    patterns such as 'runs/*.json' are expanded. An object with the members `json` and
    `execution_datetime` (also `benchmark_id`, `flavor_id`, `tags_ids`) brings its own answers to the
    options, as exported results do.

    Uploading the same again stores nothing twice: what is there already is called a duplicate and is
    no failure. Exit codes: 0 all is there, 1 some refused, 2 wrong use, 3 not authenticated,
    4 server unreachable.
    """
    return _upload(files, atomic=atomic, supersedes=None, **options)


@click.command(cls=Command)
@click.argument("file")
@uploading_options
@click.option("--supersedes", metavar="ID", help="The result of yours that this one replaces.")
def submit(file: str, supersedes: str | None, **options: Any) -> int:
    """Upload the one result in FILE, perhaps in place of an earlier one."""
    return _upload((file,), atomic=False, supersedes=supersedes, **options)


def _upload(
    files: Iterable[str],
    *,
    benchmark: str | None,
    flavor: str | None,
    site: str | None,
    tags: tuple[str, ...],
    when: str | None,
    dry_run: bool,
    atomic: bool,
    supersedes: str | None,
    **oidc: Any,
) -> int:
    given = settings()
    # Names are looked up as anybody: the token of a CI job is good for uploads only.
    reader = given.client(anonymous=True) if oidc["oidc"] else given.client()

    def planned(names: Names) -> Plan:
        return Plan(
            benchmark_id=names.benchmark(benchmark)["id"] if benchmark else None,
            flavor_id=names.flavor(flavor, site)["id"] if flavor else None,
            tags_ids=tuple(names.tag(name)["id"] for name in tags),
            when=when,
        )

    try:
        plan = planned(reader.names)
    except Forbidden as problem:
        # So is an API token of the scope `upload` alone.
        if problem.type != "insufficient-scope":
            raise
        plan = planned(given.client(anonymous=True).names)
    found = list(read_all(files, plan))
    client = _ci_client(given, reader, **oidc) if oidc["oidc"] else reader
    good = [one for one in found if isinstance(one, NewResult)]
    if supersedes and (len(good) != 1 or len(found) != 1):
        raise Usage("One result supersedes another: name a file with one result")
    if atomic and len(good) < len(found):
        good = []
    if len(good) == 1 and not atomic:
        outcomes = _single(client, good[0], dry_run, supersedes)
    else:
        outcomes = client.results.upload(good, mode="atomic" if atomic else "each", dry_run=dry_run)
    told = [_Told(one.source, "refused", detail=one.why) for one in found if isinstance(one, Fault)]
    try:
        for outcome in _with_progress(outcomes, len(good)):
            told.append(_Told.of(outcome))
    finally:
        # Also when the server is lost half way: what is stored is stored.
        _summarise(told, len(found), given)
    return REFUSED if any(one.status == "refused" for one in told) else DONE


class _Told:
    """A line of the summary."""

    def __init__(self, source: str, status: str, id: str | None = None, detail: str = "") -> None:
        self.source = source
        self.status = status
        self.id = id
        self.detail = detail

    @classmethod
    def of(cls, outcome: Outcome) -> _Told:
        refused = outcome.status == "refused" and outcome.problem is not None
        return cls(outcome.source, outcome.status, outcome.id, str(outcome.problem) if refused else "")


def _single(client: Client, new: NewResult, dry_run: bool, supersedes: str | None) -> Iterator[Outcome]:
    target: dict[str, Any] = {
        "benchmark_id": new.benchmark_id,
        "flavor_id": new.flavor_id,
        "execution_datetime": new.execution_datetime,
        "tags_ids": new.tags_ids,
        "supersedes": supersedes,
    }
    try:
        if dry_run:
            client.results.validate(new.json, **target)
            yield Outcome(0, "valid", source=new.source)
        else:
            stored = client.results.store(new.json, **target)
            status: Any = "duplicate" if stored.replayed else "created"
            yield Outcome(0, status, stored.result["id"], source=new.source)
    except (Invalid, NotFound, Conflict, TooLarge) as problem:
        yield refusal(0, problem, new.source)


def _ci_client(
    given: Settings,
    reader: Client,
    *,
    oidc: str,
    audience: str | None,
    oidc_variable: str,
    trust_rule: str | None,
) -> Client:
    credentials: Credentials
    if oidc == "gitlab":
        credentials = GitLabToken(oidc_variable)
    else:
        announced = None if audience else (reader.capabilities().get(AUDIENCE_OF) or {}).get("audience")
        credentials = GitHubToken(audience or str(announced or reader.server), verify=given.verify() or True)
    return given.client(credentials, headers={RULE_HEADER: trust_rule} if trust_rule else None)


def _with_progress(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    with tqdm(total=total, unit="result", disable=not sys.stderr.isatty() or total < 2, leave=False) as bar:
        for outcome in outcomes:
            yield outcome
            bar.update()


def _summarise(told: list[_Told], total: int, given: Settings) -> None:
    source = Column("source", lambda row: row["source"], whole=True)
    detail = Column("detail", lambda row: row["detail"], whole=True)
    columns = [source, field("status"), field("id"), detail]
    show_rows([vars(one) for one in told], columns, given.output)
    counts = Counter(one.status for one in told)
    parts = [
        f"{counts[status]} {status}"
        for status in ("created", "valid", "duplicate", "refused")
        if counts[status]
    ]
    if missing := total - len(told):
        parts.append(f"{missing} not tried")
    say(", ".join(parts) or "There was nothing to upload")
