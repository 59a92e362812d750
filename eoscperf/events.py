"""Events in two stages: inside the transaction, for those who take part or veto; later, for the rest.

An event is a frozen dataclass of plain data. `Events.emit(event)` first calls those registered with
`config.add_transaction_subscriber(function, EventClass)` as `function(event, request)`: what they
write commits with the change, what they raise undoes it. After the commit the registry is notified,
so that `config.add_subscriber(function, EventClass)`, Pyramid's own directive, hears of things that
have really happened; there a failing subscriber is logged and stops nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

_SUBSCRIBERS = "eoscperf.transaction_subscribers"


class Events:
    """Delivers the events of one request; services receive it as their `events`."""

    def __init__(self, registry: Any, transaction: Any, request: Any = None) -> None:
        self._registry = registry
        self._transaction = transaction
        self._request = request
        self._emitted: list[Any] = []

    def emit(self, event: Any) -> None:
        """Tell those inside the transaction now and the others after the commit."""
        if not self._emitted:
            self._transaction.get().addAfterCommitHook(self._after)
        self._emitted.append(event)
        for kind, function in self._registry[_SUBSCRIBERS]:
            if isinstance(event, kind):
                function(event, self._request)

    def _after(self, committed: bool) -> None:
        emitted, self._emitted = self._emitted, []
        if not committed:
            return
        subscribers: dict[type, Any] = {}
        for event in emitted:
            # Registry.notify stops at the first subscriber that raises; each is called by itself.
            if type(event) not in subscribers:
                found = self._registry.adapters.subscriptions([_provided(event)], None)
                subscribers[type(event)] = found
            for subscriber in subscribers[type(event)]:
                try:
                    subscriber(event)
                except Exception:
                    log.exception("after the commit of %r, %r failed", event, subscriber)


def _provided(event: Any) -> Any:
    from zope.interface import providedBy

    return providedBy(event)


def add_transaction_subscriber(config: Any, function: Callable[[Any, Any], None], event: type) -> None:
    """Directive: `function(event, request)` takes part in the transaction that `event` tells of."""
    function, event = config.maybe_dotted(function), config.maybe_dotted(event)

    def register() -> None:
        config.registry[_SUBSCRIBERS].append((event, function))

    config.action(None, register)


def request_events(request: Any) -> Events:
    """`request.events`"""
    return Events(request.registry, request.tm, request)


def includeme(config: Any) -> None:
    config.registry.setdefault(_SUBSCRIBERS, [])
    config.add_directive("add_transaction_subscriber", add_transaction_subscriber)
    config.add_request_method(request_events, "events", reify=True)
