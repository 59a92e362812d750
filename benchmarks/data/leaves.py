"""The parts that results are made of: a declared place in the JSON and what may stand there."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.data.popularity import zipf

Draw = Callable[[random.Random], Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A place in the results of a benchmark: its schema, and how its values come about."""

    path: str
    schema: dict[str, Any]
    draw: Draw
    presence: float = 1.0
    """the part of the results that have something here"""


def number(
    path: str,
    title: str,
    unit: str | None,
    median: float,
    *,
    spread: float = 0.5,
    digits: int = 3,
    presence: float = 1.0,
) -> Leaf:
    """A measured quantity: positive, a few times larger or smaller than its median."""
    schema: dict[str, Any] = {"type": "number", "title": title, "minimum": 0}
    if unit:
        schema["x-unit"] = unit
    centre = math.log(median)

    def draw(chance: random.Random) -> float:
        return round(math.exp(chance.gauss(centre, spread)), digits)

    return Leaf(path, schema, draw, presence)


def integer(
    path: str, title: str, least: int, most: int, *, unit: str | None = None, presence: float = 1.0
) -> Leaf:
    """Any whole number of a range."""
    schema: dict[str, Any] = {"type": "integer", "title": title, "minimum": least}
    if unit:
        schema["x-unit"] = unit
    width = most - least + 1
    return Leaf(path, schema, lambda chance: least + int(chance.random() * width), presence)


def one_of(
    path: str, title: str, values: Sequence[Any], *, unit: str | None = None, presence: float = 1.0
) -> Leaf:
    """One of a few known values, the first ones more often."""
    kinds = {str: "string", int: "integer", float: "number"}
    schema: dict[str, Any] = {"type": kinds[type(values[0])], "title": title}
    if unit:
        schema["x-unit"] = unit
    return Leaf(path, schema, zipf(values, 0.7).draw, presence)


def flag(path: str, title: str, often: float = 0.5, *, presence: float = 1.0) -> Leaf:
    """True so often."""
    return Leaf(path, {"type": "boolean", "title": title}, lambda chance: chance.random() < often, presence)


def samples(path: str, title: str, unit: str, median: float, least: int, most: int) -> Leaf:
    """A list of single measurements."""
    one = number("", title, unit, median, spread=0.2, digits=2)
    schema = {"type": "array", "title": title, "items": {"type": "number", "x-unit": unit}}

    def draw(chance: random.Random) -> list[float]:
        return [one.draw(chance) for _ in range(least + int(chance.random() * (most - least + 1)))]

    return Leaf(path, schema, draw)


def words(path: str, title: str, known: Sequence[str], most: int) -> Leaf:
    """A list of up to so many known words, each once."""
    schema = {"type": "array", "title": title, "items": {"type": "string"}}
    return Leaf(path, schema, lambda chance: sorted(chance.sample(known, chance.randrange(1, most + 1))))


def schema_of(title: str, leaves: Sequence[Leaf]) -> dict[str, Any]:
    """The JSON Schema that declares these leaves; objects around those always present are required."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
    }
    for leaf in leaves:
        here = schema
        *way, last = leaf.path.split(".")
        for step in way:
            _require(here, step, leaf)
            here = here.setdefault("properties", {}).setdefault(step, {"type": "object"})
        _require(here, last, leaf)
        here.setdefault("properties", {})[last] = leaf.schema
    return schema


def _require(schema: dict[str, Any], step: str, leaf: Leaf) -> None:
    if leaf.presence == 1.0 and step not in schema.setdefault("required", []):
        schema["required"].append(step)


class Documents:
    """Makes documents of these leaves."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self._steps = [
            (tuple(leaf.path.split(".")[:-1]), leaf.path.split(".")[-1], leaf.draw, leaf.presence)
            for leaf in leaves
        ]

    def draw(self, chance: random.Random) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for way, last, draw, presence in self._steps:
            if presence < 1.0 and chance.random() >= presence:
                continue
            here = document
            for step in way:
                here = here.setdefault(step, {})
            here[last] = draw(chance)
        return document
