"""Everything a search finds, as one stream."""

from __future__ import annotations

import contextlib
import gzip
import json as jsonlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import httpx

from eoscperf.client.connection import Connection
from eoscperf.client.errors import MissingLibrary, ServerUnreachable, UnexpectedAnswer
from eoscperf.client.model import Format, Result

ACCEPT = "application/json, */*;q=0.5"


def chunks(
    connection: Connection, path: str, format: Format, columns: Sequence[str], query: Mapping[str, Any]
) -> Iterator[bytes]:
    """The bytes of an export, as they arrive; compressed on the way if both sides can."""
    asked = {**query, "format": format, "columns": list(columns) or None}
    with connection.stream("GET", path, query=asked, headers={"Accept": ACCEPT}) as answer, _whole():
        yield from answer.iter_bytes()


def results(connection: Connection, path: str, query: Mapping[str, Any]) -> Iterator[Result]:
    """The results of an export, one by one."""
    rest = b""
    for chunk in chunks(connection, path, "ndjson", (), query):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(_read, lines)
    if rest:
        yield _read(rest)


def save(parts: Iterator[bytes], target: str | os.PathLike[str] | IO[bytes]) -> int:
    """Write an export to a file and say how many bytes it had; a file appears only when it is complete.

    A name that ends in `.gz` or `.zst` is written compressed.
    """
    if not isinstance(target, (str, os.PathLike)):
        return _copy(parts, target)
    path = Path(target)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            # Temporary files are private; this one is as any new file would be.
            os.chmod(name, 0o666 & ~_umask())
            with _compressed(file, path.suffix) as sink:
                size = _copy(parts, sink)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return size


def _copy(parts: Iterator[bytes], sink: IO[bytes]) -> int:
    size = 0
    for part in parts:
        sink.write(part)
        size += len(part)
    return size


@contextlib.contextmanager
def _compressed(file: IO[bytes], suffix: str) -> Iterator[IO[bytes]]:
    if suffix == ".gz":
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as sink:
            yield cast(IO[bytes], sink)
    elif suffix == ".zst":
        try:
            import zstandard
        except ImportError:
            raise MissingLibrary("Writing .zst needs the library zstandard: pip install zstandard") from None
        with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as writer:
            yield cast(IO[bytes], writer)
    else:
        yield file


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError:
        raise ServerUnreachable("The export broke off before it was complete; try again") from None
    except httpx.DecodingError:
        raise UnexpectedAnswer("The export cannot be decompressed") from None


def _read(line: bytes) -> Result:
    try:
        return jsonlib.loads(line)
    except (ValueError, RecursionError):
        raise UnexpectedAnswer("A line of the export is not JSON") from None


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
