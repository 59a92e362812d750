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

    config.add_permission("claim:file", "claim that something is wrong with a result", default="user")
    config.add_permission("claim:list_own", "list one's own claims", default="user")
    config.add_permission("claim:read", "look at a claim", default="owner")
    config.add_permission("claim:withdraw", "take one's own claim back", default="user")
    config.add_permission("claim:list", "list all claims", default="admin")
    config.add_permission("claim:approve", "approve a claim", default="admin")
    config.add_permission("claim:reject", "reject a claim", default="admin")
    config.add_permission("claim:show", "show a result while a claim on it is looked into", default="admin")
    config.add_permission("result:claims", "list the claims on a result", default="owner")
    config.add_permission("submission:list", "list what waits for a moderator", default="admin")
    config.add_permission("log:list", "read the moderation log", default="admin")
    config.add_permission("log:undo", "take a decision back", default="admin")
    config.add_service(Claims, Claims.for_request)
    config.add_service(Submissions, Submissions.for_request)
    config.add_service(Log, Log.for_request)
    config.add_service(Undo, Undo.for_request)
    config.add_resource("reports", resources.Reports)
    config.add_transaction_subscriber(subscribers.open_submission, ItemSubmitted)
    config.add_transaction_subscriber(subscribers.follow_item, ItemMoved)
    config.add_transaction_subscriber(subscribers.close_claims, ResultRemoved)
    config.add_transaction_subscriber(subscribers.reopen_claims, ResultUndone)
    for service in api.SERVICES:
        config.add_api_service(service)
    for name, schema in schemas.SCHEMAS.items():
        config.add_openapi_schema(name, schema)
