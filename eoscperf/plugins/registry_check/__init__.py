"""Image check: asks the registry of a submitted benchmark whether its container image is there.

Submitting never waits for it: the benchmark is stored as `pending`, a thread of the server asks
afterwards, and moderators see what it found. `registry_check.mode = strict` lets only those
benchmarks be approved whose image was found.
"""

from __future__ import annotations

from typing import Any

from eoscperf.options import Option, boolean, choice, seconds
from eoscperf.plugins.registry_check.network import parse_registries

NAME = "registry_check"

SETTINGS = (
    Option(
        "registry_check.mode",
        choice("off", "advisory", "strict"),
        "advisory",
        "off: ask nobody; advisory: tell moderators what was found; strict: approve only what was found",
    ),
    Option("registry_check.checker", boolean, True, "ask registries from this process; several may"),
    Option("registry_check.timeout", seconds, 10.0, "longest wait for a registry, in seconds"),
    Option(
        "registry_check.retry",
        seconds,
        300.0,
        "when to ask again after a failure, in seconds; doubles with each one, up to an hour",
    ),
    Option(
        "registry_check.registries",
        parse_registries,
        (),
        "registries at private addresses that may be asked, as host or host:port; others never are. "
        "http://localhost:5000 is asked without TLS, which only this machine itself may be",
    ),
)


def includeme(config: Any) -> None:
    from pyramid.events import NewRequest

    from eoscperf.plugins.registry_check import subscribers
    from eoscperf.plugins.registry_check.checker import Checker
    from eoscperf.plugins.registry_check.checks import ImageChecks
    from eoscperf.plugins.registry_check.registries import Registries
    from eoscperf.review.events import ItemApproved, ItemSubmitted, ItemUpdated

    registry, settings = config.registry, config.get_settings()
    mode = settings["registry_check.mode"]
    if mode == "off":
        return
    config.add_service(ImageChecks, ImageChecks.for_request)
    config.add_capability(NAME, "Looks for the images of submitted benchmarks in their registries", mode=mode)
    config.add_transaction_subscriber(subscribers.queue_new, ItemSubmitted)
    config.add_transaction_subscriber(subscribers.queue_changed, ItemUpdated)
    if mode == "strict":
        config.add_transaction_subscriber(subscribers.require_image, ItemApproved)
    if settings["registry_check.checker"]:

        def sessions() -> Any:
            return registry["dbsession_factory"]()

        checker = Checker(
            sessions,
            Registries.of(settings).find,
            retry=settings["registry_check.retry"],
            timeout=settings["registry_check.timeout"],
        )
        registry["registry_check.checker"] = checker
        config.add_subscriber(subscribers.start_in_server, NewRequest)
        config.add_subscriber(checker.wake, ItemSubmitted)
        config.add_subscriber(checker.wake, ItemUpdated)
