"""Results as rows with a column for each path of their JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eoscperf.client.errors import MissingLibrary, Usage
from eoscperf.client.model import Result

if TYPE_CHECKING:
    import pandas

FIRST = (
    "id",
    "execution_datetime",
    "upload_datetime",
    "benchmark_id",
    "benchmark",
    "site_id",
    "site",
    "flavor_id",
    "flavor",
    "tags",
    "status",
)
"""The columns every result has; a path of the JSON with such a name becomes `json.<path>`."""

MISSING = object()


def to_dataframe(results: Iterable[Result], columns: Sequence[str] | None = None) -> pandas.DataFrame:
    """A data frame; see `Results.to_dataframe`."""
    try:
        import pandas
    except ImportError:
        raise MissingLibrary("Data frames need the library pandas: pip install pandas") from None
    frame = pandas.DataFrame.from_records(list(rows(results, columns)), columns=None)
    names = list(FIRST) if columns is None else [*FIRST, *(column_name(path) for path in columns)]
    if columns is not None or frame.empty:
        frame = frame.reindex(columns=names)
    for name in ("execution_datetime", "upload_datetime"):
        frame[name] = pandas.to_datetime(frame[name], utc=True, format="ISO8601")
    return frame


def rows(results: Iterable[Result], columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Each result as a flat row: what is missing in one has no cell there."""
    paths = None if columns is None else [(column_name(path), split_path(path)) for path in columns]
    for result in results:
        row: dict[str, Any] = {
            "id": result["id"],
            "execution_datetime": result["execution_datetime"],
            "upload_datetime": result["upload_datetime"],
            "benchmark_id": result["benchmark"]["id"],
            "benchmark": f"{result['benchmark']['docker_image']}:{result['benchmark']['docker_tag']}",
            "site_id": result["site"]["id"],
            "site": result["site"]["name"],
            "flavor_id": result["flavor"]["id"],
            "flavor": result["flavor"]["name"],
            "tags": ";".join(tag["name"] for tag in result["tags"]),
            "status": result["status"],
        }
        if paths is None:
            row |= {column_name(path): value for path, value in leaves(result["json"])}
        else:
            found = ((name, look_up(result["json"], path)) for name, path in paths)
            row |= {name: value for name, value in found if value is not MISSING}
        yield row


def column_name(path: str) -> str:
    return f"json.{path}" if path in FIRST else path


def leaves(json: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Paths and values of everything in an object that is no object itself; arrays stay whole."""
    # Not recursive, as the JSON may be nested deeper than Python likes to call.
    open_ends: list[tuple[str, Any]] = [("", json)]
    while open_ends:
        path, value = open_ends.pop()
        if isinstance(value, Mapping) and (value or not path):
            inside = [(joined(path, key), one) for key, one in value.items()]
            open_ends += reversed(inside)
        else:
            yield path, value


def split_path(path: str) -> list[str]:
    """The segments of a path: dots separate, a backslash takes the next character as it is."""
    segments, current, escaped = [], "", False
    for character in path:
        if escaped or character not in ".\\":
            current, escaped = current + character, False
        elif character == "\\":
            escaped = True
        else:
            segments.append(current)
            current = ""
    segments.append(current)
    if escaped or not all(segments):
        raise Usage(f"{path!r} is no path such as machine.cpu.count")
    return segments


def look_up(json: Any, path: Sequence[str]) -> Any:
    """The value at a path, MISSING if there is none; digits are an index of an array."""
    for segment in path:
        if isinstance(json, Mapping):
            json = json.get(segment, MISSING)
        elif isinstance(json, list) and segment.isascii() and segment.isdigit() and len(segment) < 19:
            index = int(segment)
            json = json[index] if index < len(json) else MISSING
        else:
            return MISSING
    return json


def joined(path: str, key: str) -> str:
    for character in "\\. \t,":
        key = key.replace(character, f"\\{character}")
    return f"{path}.{key}" if path else key
