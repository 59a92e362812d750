"""Results in files, as they are uploaded."""

from __future__ import annotations

import datetime
import glob
import json as jsonlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from eoscperf.client.errors import Usage
from eoscperf.client.frames import MISSING, look_up, split_path
from eoscperf.client.uploads import NewResult

STDIN = "-"
FROM_FILE = "mtime"
FROM_JSON = "json:"


@dataclass(frozen=True)
class Plan:
    """What the options say about every result that does not say it itself."""

    benchmark_id: str | None
    flavor_id: str | None
    tags_ids: tuple[str, ...]
    when: str | None


@dataclass(frozen=True)
class Fault:
    """Something in a file that is no result."""

    source: str
    why: str


Found = NewResult | Fault


class Number(str):
    """A number as it was written: 1.10 and 1e400 stay what they are."""

    __slots__ = ()


def read_all(names: Iterable[str], plan: Plan) -> Iterator[Found]:
    """What is in all the files, in order."""
    for name in _expanded(names):
        yield from _read(name, plan)


def _expanded(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name == STDIN or os.path.exists(name) or not glob.has_magic(name):
            yield name
            continue
        matches = sorted(glob.glob(name, recursive=True))
        if not matches:
            raise Usage(f"No file matches {name}")
        yield from matches


def _read(name: str, plan: Plan) -> Iterator[Found]:
    source = "standard input" if name == STDIN else name
    written: float | None = None
    try:
        if name == STDIN:
            content = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                content = file.read()
                written = os.fstat(file.fileno()).st_mtime
    except IsADirectoryError:
        yield Fault(source, f"is a folder: name its files, such as {name.rstrip('/')}/*.json")
        return
    except OSError as error:
        yield Fault(source, f"cannot be read: {error.strerror}")
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield Fault(source, "is not UTF-8")
        return
    for place, document in _documents(source, text):
        yield document if isinstance(document, Fault) else _result(place, document, plan, written)


def _documents(source: str, text: str) -> Iterator[tuple[str, Any]]:
    """The documents of a file, each with where it is."""
    try:
        found = _parsed(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if (
            len(lines) < 2
            or not lines[0][1].lstrip().startswith("{")
            or not lines[0][1].rstrip().endswith("}")
        ):
            yield source, Fault(source, f"is not JSON: {error}")
            return
        for number, line in lines:
            place = f"{source}:{number}"
            try:
                yield place, _parsed(line)
            except (ValueError, RecursionError) as error:
                yield place, Fault(place, f"is not JSON: {error}")
        return
    if isinstance(found, list):
        yield from ((f"{source}[{index}]", one) for index, one in enumerate(found))
    else:
        yield source, found


def _parsed(text: str) -> Any:
    return jsonlib.loads(text, parse_float=Number, parse_int=Number, parse_constant=_refused)


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _result(place: str, document: Any, plan: Plan, written: float | None) -> Found:
    if not isinstance(document, dict):
        return Fault(place, "is JSON, but no object")
    if isinstance(document.get("json"), dict) and "execution_datetime" in document:
        json, own = document["json"], document
    else:
        json, own = document, {}
    benchmark = own.get("benchmark_id") or _inner(own, "benchmark") or plan.benchmark_id
    flavor = own.get("flavor_id") or _inner(own, "flavor") or plan.flavor_id
    if not isinstance(benchmark, str):
        return Fault(place, "does not say what was run: name it with --benchmark")
    if not isinstance(flavor, str):
        return Fault(place, "does not say where it was run: name it with --flavor")
    when = own.get("execution_datetime") or _when(plan.when, json, written)
    if not isinstance(when, str):
        return Fault(
            place, when.why if isinstance(when, _Unknown) else "has no time of execution that is text"
        )
    tags = own.get("tags_ids", [tag.get("id") for tag in own.get("tags", ()) if isinstance(tag, dict)])
    try:
        text = dumped(json)
    except RecursionError:
        return Fault(place, "is nested too deeply")
    return NewResult(text, benchmark, flavor, when, [str(tag) for tag in tags] or plan.tags_ids, place)


@dataclass(frozen=True)
class _Unknown:
    why: str


def _when(given: str | None, json: Any, written: float | None) -> str | _Unknown:
    if given is None:
        return _Unknown("does not say when it was run: name it with --when")
    if given == FROM_FILE:
        if written is None:
            return _Unknown("has no time of writing: name the time with --when")
        moment = datetime.datetime.fromtimestamp(written, datetime.UTC)
        return moment.isoformat().replace("+00:00", "Z")
    if given.startswith(FROM_JSON):
        path = given.removeprefix(FROM_JSON)
        found = look_up(json, split_path(path))
        if found is MISSING or isinstance(found, Number) or not isinstance(found, str):
            return _Unknown(f"has no time at {path}")
        return found
    return given


def _inner(own: dict[str, Any], name: str) -> Any:
    inside = own.get(name)
    return inside.get("id") if isinstance(inside, dict) else None


def dumped(value: Any) -> str:
    """JSON text in which numbers stand as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{jsonlib.dumps(key)}:{dumped(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumped, value)) + "]"
    return jsonlib.dumps(value)
