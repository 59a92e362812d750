"""What is checked before anybody asks who is calling: declared lengths, addresses that guess tokens."""

from __future__ import annotations

from typing import Any

from pyramid.viewderivers import INGRESS

from eoscperf import errors
from eoscperf.rest import idempotency
from eoscperf.security.addresses import counted_address


def guard(view: Any, info: Any) -> Any:
    """View deriver: wraps the views of API operations outside of the permission check."""
    operation = info.options.get("operation")
    if operation is None:
        return view

    def guarded(context: Any, request: Any) -> Any:
        request.operation = operation
        if operation.takes_body:
            check_length(request, request.content_length or 0)
        if "Authorization" in request.headers and not operation.ignores_caller:
            _check_failures(request)
        answer = view(context, request)
        idempotency.finish(request, answer)
        return answer

    return guarded


guard.options = ("operation",)  # type: ignore[attr-defined]


def check_length(request: Any, length: int) -> None:
    """TooLarge when a body of so many bytes is over the operation's limit."""
    limit = request.registry.settings[f"limits.{request.operation.body_limit}"]
    if length > limit:
        raise errors.TooLarge(
            f"The body may have at most {limit} bytes; this one has {length}.", max_bytes=limit
        )


def _check_failures(request: Any) -> None:
    """Count a token that is refused; an address over the rate waits before the next is looked at."""
    rates = request.registry["eoscperf.rates"]
    address = counted_address(request)
    rates.check("failed_authentications", address, "refused tokens from this address")
    policy = request.registry["eoscperf.policy"]
    if isinstance(policy.failure(request), errors.InvalidToken):
        rates.spend("failed_authentications", address, "refused tokens from this address")


def includeme(config: Any) -> None:
    config.add_view_deriver(guard, "eoscperf_guard", under=INGRESS, over="secured_view")
