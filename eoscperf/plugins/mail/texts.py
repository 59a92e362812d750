"""The mails themselves: subject, headers and text of every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "account"
"""The kind of mails about log-in. They hold secrets: their facts are erased once nobody needs them."""

NOT_LOGGED = "(This link is a secret; it is not written to the log.)"

MOST_IDS = 500
"""Results that a mail lists."""


@dataclass(frozen=True, slots=True)
class Content:
    subject: str
    paragraphs: list[str]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the platform is found and whom to ask."""

    public_url: str
    api_prefix: str
    support: str

    def link(self, path: str) -> list[str]:
        """A paragraph with an address; none where the platform does not know its own."""
        return [f"{self.public_url}{self.api_prefix}{path}"] if self.public_url else []


def write(kind: str, facts: Mapping[str, Any], place: Place) -> Content:
    """The content of a mail of some kind."""
    return _WRITERS[kind](facts, place)


def _user_welcome(facts: Mapping[str, Any], place: Place) -> Content:
    return Content(
        "Thank you for registering",
        [
            "Your registration is complete. You can now upload benchmarks, sites, flavors and results.",
            *([place.public_url] if place.public_url else []),
        ],
    )


def _email_updated(facts: Mapping[str, Any], place: Place) -> Content:
    return Content(
        "Your user information was updated",
        [
            "The update of your email address is complete. "
            "Mails go to the address that your identity provider now tells.",
            f"If you did not ask for this, {_ask(place)}.",
        ],
    )


def _role_changed(facts: Mapping[str, Any], place: Place) -> Content:
    may = {
        "reader": "It may only read now.",
        "user": "It may upload benchmarks, sites, flavors and results.",
        "admin": "It may moderate and administer the platform.",
    }
    return Content(
        "Your role was changed",
        [
            f"An administrator changed the role of your account: {facts['to_role']}. {may[facts['to_role']]}",
            *_message(facts),
            f"If you do not agree, {_ask(place)}.",
        ],
    )


def _token_created(facts: Mapping[str, Any], place: Place) -> Content:
    return Content(
        f"An API token was made: {facts['name']}",
        [
            f"An API token that begins with {facts['hint']} was made for your account. It may be used for "
            f"{', '.join(facts['scopes'])} until {facts['until']}.",
            "If this was not you, revoke it at once: with the command "
            f"“eoscperf tokens revoke {facts['id']}”, or by the method DELETE of the REST API at the address "
            "of the token.",
            *place.link(f"/users/self/tokens/{facts['id']}"),
        ],
    )


def _resource_submitted(facts: Mapping[str, Any], place: Place) -> Content:
    return Content(
        f"New {facts['type']} resource submitted: {facts['id']}",
        [
            f"The {_named(facts)} was submitted. It will be reviewed by a moderator before others see it.",
            *_link(facts, place),
        ],
        {"Resource-ID": facts["id"]},
    )


def _resource_approved(facts: Mapping[str, Any], place: Place) -> Content:
    what = "was found to be right" if facts["type"] == "claim" else "is visible to everybody now"
    return _decision(facts, place, "approved", f"The {_named(facts)} was approved: it {what}.")


def _resource_rejected(facts: Mapping[str, Any], place: Place) -> Content:
    told = _decision(facts, place, "rejected", f"The {_named(facts)} was rejected by a moderator.")
    return Content(told.subject, [*told.paragraphs, f"If you do not agree, {_ask(place)}."], told.headers)


def _resource_deleted(facts: Mapping[str, Any], place: Place) -> Content:
    return _decision(facts, place, "deleted", f"The {_named(facts)} was deleted by a moderator.")


def _resource_restored(facts: Mapping[str, Any], place: Place) -> Content:
    return _decision(facts, place, "restored", f"The {_named(facts)} was restored by a moderator.")


def _result_claimed(facts: Mapping[str, Any], place: Place) -> Content:
    return Content(
        f"Claim submitted on result: {facts['result_id']}",
        [
            f"Claim {facts['claim_id']} was submitted on your result {facts['result_id']} "
            f"(reason: {facts['reason'].replace('_', ' ')}):",
            _quoted(facts["claim"]),
            "The result is hidden from lists until a moderator has reviewed the claim.",
            *place.link(f"/results/{facts['result_id']}"),
        ],
        {"Result-ID": facts["result_id"], "Claim-ID": facts["claim_id"]},
    )


def _result_restored(facts: Mapping[str, Any], place: Place) -> Content:
    return Content(
        f"Result restored: {facts['id']}",
        [
            f"Your result {facts['id']} is listed again.",
            *_message(facts),
            *place.link(f"/results/{facts['id']}"),
        ],
        {"Result-ID": facts["id"]},
    )


def _result_removed(facts: Mapping[str, Any], place: Place) -> Content:
    ids, parent = facts["ids"], facts.get("with")
    why = f", together with the {_named(parent)}" if parent else ""
    if len(ids) == 1:
        first = [f"Your result {ids[0]} was removed by a moderator{why}."]
        subject = f"Result removed: {ids[0]}"
    else:
        shown = ids[:MOST_IDS]
        rest = [f"and {len(ids) - len(shown)} more"] if len(ids) > len(shown) else []
        first = [f"{len(ids)} of your results were removed by a moderator{why}:", "\n".join([*shown, *rest])]
        subject = f"Result removed: {ids[0]} and {len(ids) - 1} more"
    return Content(
        subject,
        [*first, *_message(facts), f"If you do not agree, {_ask(place)}."],
        {"Result-ID": ids[0]},
    )


def _account(facts: Mapping[str, Any], place: Place) -> Content:
    first, *rest = facts["paragraphs"]
    link = [facts["link"]] if facts["link"] else []
    return Content(facts["subject"], [first, *link, *rest])


_WRITERS: dict[str, Callable[[Mapping[str, Any], Place], Content]] = {
    "user_welcome": _user_welcome,
    "email_updated": _email_updated,
    "user_role_changed": _role_changed,
    "api_token_created": _token_created,
    "resource_submitted": _resource_submitted,
    "resource_approved": _resource_approved,
    "resource_rejected": _resource_rejected,
    "resource_deleted": _resource_deleted,
    "resource_restored": _resource_restored,
    "result_claimed": _result_claimed,
    "result_restored": _result_restored,
    "result_removed": _result_removed,
    ACCOUNT: _account,
}

KINDS = tuple(_WRITERS)


def _decision(facts: Mapping[str, Any], place: Place, verb: str, sentence: str) -> Content:
    along = facts.get("along", ())
    lines = [
        f"{item['type']} {item['name']} ({item['id']}): {item['status'].replace('_', ' ')}" for item in along
    ]
    more = ["What changed along with it:\n" + "\n".join(lines)] if lines else []
    return Content(
        f"Resource {verb}: {facts['id']}",
        [sentence, *_message(facts), *more, *_link(facts, place)],
        {"Resource-ID": facts["id"]},
    )


def _named(facts: Mapping[str, Any]) -> str:
    if facts["type"] == "claim":
        return f"{facts['name']} ({facts['id']})"
    return f"{facts['type']} {facts['name']} ({facts['id']})"


def _link(facts: Mapping[str, Any], place: Place) -> list[str]:
    path = "/reports/claims" if facts["type"] == "claim" else f"/{facts['type']}s"
    return place.link(f"{path}/{facts['id']}")


def _message(facts: Mapping[str, Any]) -> list[str]:
    return ["The moderator says:", _quoted(facts["message"])] if facts.get("message") else []


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _ask(place: Place) -> str:
    return f"write to {place.support}" if place.support else "ask those who run the platform"
