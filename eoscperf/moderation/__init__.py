"""Moderation: claims on results, what waits for a decision, the log, taking decisions back."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    from eoscperf.moderation import api, resources, schemas, subscribers
    from eoscperf.moderation.log import Log
    from eoscperf.moderation.service import Claims
    from eoscperf.moderation.submissions import Submissions
    from eoscperf.moderation.undo import Undo
    from eoscperf.results.events import ResultRemoved, ResultUndone
    from eoscperf.review.events import ItemMoved, ItemSubmitted

    add = config.add_permission
    looking = ("read", "moderate")
    add("claim:file", "claim that something is wrong with a result", default="user")
    add("claim:list_own", "list one's own claims", default="user")
    add("claim:read", "look at a claim", default="owner", scope=looking)
    add("claim:withdraw", "take one's own claim back", default="user")
    add("claim:list", "list all claims", default="admin", scope="moderate")
    add("claim:approve", "approve a claim", default="admin", scope="moderate")
    add("claim:reject", "reject a claim", default="admin", scope="moderate")
    add("claim:show", "show a result while a claim on it is looked into", default="admin", scope="moderate")
    add("result:claims", "list the claims on a result", default="owner", scope=looking)
    add("submission:list", "list what waits for a moderator", default="admin", scope="moderate")
    add("log:list", "read the moderation log", default="admin", scope="moderate")
    add("log:undo", "take a decision back", default="admin", scope="moderate")
    config.add_service(Claims, Claims.for_request)
    config.add_service(Submissions, Submissions.for_request)
    config.add_service(Log, Log.for_request)
    config.add_service(Undo, Undo.for_request)
    config.add_resource("reports", resources.Reports)
    config.add_transaction_subscriber(subscribers.open_submission, ItemSubmitted)
    config.add_transaction_subscriber(subscribers.follow_item, ItemMoved)
    config.add_transaction_subscriber(subscribers.close_claims, ResultRemoved)
    config.add_transaction_subscriber(subscribers.reopen_claims, ResultUndone)
    config.include("eoscperf.moderation.disputes")
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
