"""What features claim by name: each name once, and a readable message when two want the same.

Every directive registers through `claim`, which refuses what another owner (the core, a plug-in) has
claimed before. Pyramid alone would let a plug-in replace what the core has committed, in silence, and
report the conflicts of plug-ins one phase at a time. Only views of the core may be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.config.actions import ActionInfo
from pyramid.exceptions import ConfigurationConflictError

CATEGORY = "eoscperf claims"

_CALLED = "eoscperf.called_claims"
_CLAIMS = "eoscperf.claims"
_REFUSED = "eoscperf.refused_claims"
_PLUGIN_MODULES = "eoscperf.plugin_modules"

CORE = "core"


@dataclass(frozen=True, slots=True)
class Claim:
    """A thing of a kind (`permission`, `service`, `panel` ...), whose it is and where it was registered."""

    kind: str
    name: str
    owner: str
    """name of a plug-in, or `core`"""
    value: Any
    where: str = ""


class OwnedInfo(ActionInfo):
    """Where a directive was called, and whose call it was."""

    def __init__(self, owner: str, info: Any) -> None:
        super().__init__(info.file, info.line, info.function, info.src)
        self.owner = owner

    def __str__(self) -> str:
        return f"{described(self.owner)} ({self.file}, line {self.line})"


def claim(config: Any, kind: str, name: str, register: Callable[[], None], value: Any = None) -> bool:
    """An action that calls `register`, unless another owner has claimed that name of that kind: then False.

    `value` is what introspection and `claims` show.
    """
    # The action runs outside of the directive, where the place is not known any more.
    info = config.action_info
    made = Claim(kind, name, getattr(info, "owner", CORE), value, str(info))
    first = config.registry.setdefault(_CALLED, {}).setdefault((kind, name), made)
    if first.owner != made.owner:
        thing = f"the {kind.replace('_', ' ')} {name}"
        config.registry.setdefault(_REFUSED, []).append(f"{thing} is claimed by {first.where} and by {info}")
        return False

    def act() -> None:
        register()
        config.registry.setdefault(_CLAIMS, {})[kind, name] = made

    shown = config.introspectable(CATEGORY, (kind, name), f"{kind} {name}", kind)
    shown["claim"] = made
    config.action((f"eoscperf.{kind}", name), act, introspectables=(shown,))
    return True


def claims(registry: Any, *, owner: str | None = None, kind: str | None = None) -> list[Claim]:
    """What has been registered, in order; of one owner or kind if given."""
    return [
        made
        for made in registry.get(_CLAIMS, {}).values()
        if owner in (None, made.owner) and kind in (None, made.kind)
    ]


def note_plugin(registry: Any, module: str, name: str) -> None:
    """From now on what `module` registers belongs to the plug-in `name`."""
    registry.setdefault(_PLUGIN_MODULES, {})[module] = name


def owner_of(registry: Any, includepath: tuple[str, ...]) -> str:
    """Whose a registration is, from the includes that led to it."""
    modules: Mapping[str, str] = registry.get(_PLUGIN_MODULES, {})
    for spec in includepath:
        module = spec.partition(":")[0]
        if module in modules:
            return modules[module]
    return CORE


def described(owner: str) -> str:
    return "the core" if owner == CORE else f"the plug-in {owner}"


def take_refused(registry: Any) -> list[str]:
    """What `claim` has refused since it was last asked."""
    return registry.pop(_REFUSED, [])


def conflict_lines(problem: ConfigurationConflictError) -> list[str]:
    """Pyramid's report of conflicts, one line for each thing that is claimed twice."""
    lines: dict[str, None] = {}
    for discriminator, infos in problem._conflicts.items():
        places = list(dict.fromkeys(str(info) for info in infos))
        if len(places) == 1:
            places *= 2
        lines[f"{_thing(discriminator)} is claimed by {' and by '.join(places)}"] = None
    return list(lines)


def _thing(discriminator: Any) -> str:
    """A discriminator in words: `("eoscperf.permission", "a:b")` is the permission a:b."""
    if not isinstance(discriminator, tuple) or not isinstance(discriminator[0], str):
        return str(discriminator)
    kind, *rest = discriminator
    kind = kind.removeprefix("eoscperf.").replace("_", " ")
    if kind == "view":
        # (view, context, name, route, ...): the route says where it is.
        routes = [part for part in rest[2:3] if part]
        return f"the view of the route {routes[0]}" if routes else f"the view {rest[1] or rest[0]!r}"
    return f"the {kind} {' '.join(str(part) for part in rest if isinstance(part, str))}"
