"""Commands about claims, and those of moderators."""

from __future__ import annotations

import itertools
from typing import Any, cast, get_args

import click

from eoscperf.client.cli.base import Group, limit_option, settings
from eoscperf.client.cli.output import Column, field, say, show_object, show_rows
from eoscperf.client.client import Client
from eoscperf.client.model import ClaimStatus, Kind, Reason
from eoscperf.client.names import is_id

UPLOADED = field("upload_datetime", "since")
CLAIM = (
    field("id"),
    field("resource_id", "result"),
    field("reason"),
    field("status"),
    UPLOADED,
    field("message"),
)
QUEUE = (
    field("resource_type", "kind"),
    field("resource_id", "id"),
    UPLOADED,
    field("uploader.email", "by"),
    Column("what", lambda row: _what(row["resource"])),
)
LOG = (
    field("id"),
    field("datetime", "when"),
    field("action"),
    field("resource_type", "kind"),
    field("resource_id", "of"),
    field("actor.email", "by"),
    field("message"),
)

status_option = click.option("--status", type=click.Choice(get_args(ClaimStatus)), help="Only these.")
message_option = click.option("--message", "-m", metavar="TEXT", help="Why; sent to whom it concerns.")


@click.group(cls=Group)
def claims() -> None:
    """Claims: doubts about results."""


@claims.command("list")
@status_option
@click.option("--everybody", is_flag=True, help="Not only your own; for administrators.")
@limit_option
def list_claims(status: ClaimStatus | None, everybody: bool, limit: int, every: bool) -> None:
    """List your claims."""
    client = settings().client()
    query: Any = {"status": status} if status else {}
    found = client.moderation.claims(**query) if everybody else client.users.claims(**query)
    show_rows(found if every else itertools.islice(found, limit), CLAIM, settings().output)


@claims.command("show")
@click.argument("id")
def show_claim(id: str) -> None:
    """Show a claim."""
    show_object(cast(dict[str, Any], settings().client().claims.get(id)), settings().output)


@claims.command("submit")
@click.argument("result")
@click.option("--message", "-m", required=True, metavar="TEXT", help="What is wrong with it.")
@click.option("--reason", type=click.Choice(get_args(Reason)), default="other", show_default=True)
def submit_claim(result: str, message: str, reason: Reason) -> None:
    """Dispute a result, by its id; it is hidden until moderators have decided."""
    found = settings().client().results.claim(result, message, reason=reason)
    show_object(cast(dict[str, Any], found), settings().output, leave_out=("uploader",))


@claims.command("withdraw")
@click.argument("id")
@message_option
def withdraw_claim(id: str, message: str | None) -> None:
    """Take back a claim of yours."""
    settings().client().claims.withdraw(id, message=message)
    say(f"Withdrew the claim {id}")


@click.group(cls=Group)
def moderate() -> None:
    """Decide about what others submitted; for administrators."""


@moderate.command("queue")
@click.option("--kind", type=click.Choice(get_args(Kind)), help="Only these.")
@limit_option
def show_queue(kind: Kind | None, limit: int, every: bool) -> None:
    """List what waits for a decision, the longest first."""
    query: Any = {"sort_by": "+upload_datetime"} | ({"resource_type": kind} if kind else {})
    found = settings().client().moderation.queue(**query)
    show_rows(found if every else itertools.islice(found, limit), QUEUE, settings().output)


kind_argument = click.argument("kind", type=click.Choice(get_args(Kind)))
name_argument = click.argument("name", metavar="NAME|ID")


@moderate.command("approve")
@kind_argument
@name_argument
@message_option
def approve(kind: Kind, name: str, message: str | None) -> None:
    """Approve something; an approved claim removes the result."""
    client = settings().client()
    client.moderation.approve(kind, _id(client, kind, name), message=message)
    say(f"Approved the {kind} {name}")


@moderate.command("reject")
@kind_argument
@name_argument
@click.option("--message", "-m", required=True, metavar="TEXT", help="Why; sent to whom it concerns.")
def reject(kind: Kind, name: str, message: str) -> None:
    """Reject something; a rejected claim brings the result back."""
    client = settings().client()
    client.moderation.reject(kind, _id(client, kind, name), message=message)
    say(f"Rejected the {kind} {name}")


@moderate.command("log")
@click.option("--kind", metavar="KIND", help="Only about these, such as site.")
@click.option("--action", metavar="ACTION", help="Only these, such as approve.")
@limit_option
def show_log(kind: str | None, action: str | None, limit: int, every: bool) -> None:
    """List what was done, newest first."""
    given = {"resource_type": kind, "action": action}
    query: Any = {key: value for key, value in given.items() if value is not None}
    found = settings().client().moderation.log(**query)
    show_rows(found if every else itertools.islice(found, limit), LOG, settings().output)


@moderate.command("undo")
@click.argument("entry", type=int)
@message_option
def undo(entry: int, message: str | None) -> None:
    """Take back a decision of the last minutes, by its number in the log."""
    settings().client().moderation.undo(entry, message=message)
    say(f"Took back the decision {entry}")


def _id(client: Client, kind: Kind, name: str) -> str:
    if kind == "claim" or is_id(name):
        return name
    found: Any = {
        "benchmark": client.names.benchmark,
        "site": client.names.site,
        "flavor": client.names.flavor,
    }[kind]
    return found(name)["id"]


def _what(resource: Any) -> str:
    if "docker_image" in resource:
        return f"{resource['docker_image']}:{resource['docker_tag']}"
    return resource.get("name") or resource.get("message", "")
