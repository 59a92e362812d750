"""Reading an archive: checked as a whole before anything is made of it, and again while it is read."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from eoscperf.archive import manifest
from eoscperf.archive.manifest import ArchiveProblem, FileEntry, Manifest

MAX_LINE = 64 * 1024 * 1024
"""Bytes of one line. No record that the platform takes is as long by far."""

_CHUNK = 1024 * 1024

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
"""What the ZIP library raises for files that are not as they should be."""


class Archive:
    """An archive that is open for reading; a context manager. Every method raises ArchiveProblem."""

    def __init__(self, path: Path) -> None:
        """Opens the file and reads the manifest."""
        if not path.is_file():
            raise ArchiveProblem(f"There is no file {path}.")
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED as problem:
            raise ArchiveProblem(
                "It is not a ZIP file, or its end is missing: was it copied completely?"
            ) from problem
        try:
            self.manifest = self._read_manifest()
            self._check_members()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *problem: object) -> None:
        self._zip.close()

    def verify(self, entry: FileEntry, advance: Callable[[int], object] = lambda number: None) -> None:
        """Read a file to its end and compare it with the manifest; hears of bytes."""
        for chunk in self._chunks(entry):
            advance(len(chunk))

    def lines(self, entry: FileEntry) -> Iterator[tuple[int, bytes]]:
        """The lines of a file, counted from 1, without their ends."""
        rest = b""
        number = 0
        for chunk in self._chunks(entry):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            for line in lines:
                number += 1
                yield number, line
            if len(rest) > MAX_LINE:
                raise ArchiveProblem(
                    f"Line {number + 1} of {entry.name} is longer than {MAX_LINE // 2**20} MiB: "
                    "no export writes such lines."
                )
        if rest:
            yield number + 1, rest

    def _read_manifest(self) -> Manifest:
        try:
            with self._zip.open(manifest.NAME) as member:
                data = member.read(manifest.MAX_BYTES + 1)
        except KeyError as problem:
            raise ArchiveProblem(
                f"It has no {manifest.NAME}: it is not an archive of this platform."
            ) from problem
        except _DAMAGED as problem:
            raise ArchiveProblem(f"Its {manifest.NAME} is damaged.") from problem
        if len(data) > manifest.MAX_BYTES:
            raise ArchiveProblem(f"Its {manifest.NAME} is far too long.")
        return manifest.parsed(data)

    def _check_members(self) -> None:
        """The files are those of the manifest, no more and no less, and of the sizes it gives."""
        present: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            if member.filename in present:
                raise ArchiveProblem(f"It has the file {_name(member.filename)} twice.")
            present[member.filename] = member
        listed = {entry.name: entry for entry in self.manifest.files}
        for name in present:
            if name not in listed and name != manifest.NAME:
                raise ArchiveProblem(f"It has a file {_name(name)}, which its manifest does not list.")
        for name, entry in listed.items():
            if name not in present:
                raise ArchiveProblem(f"The file {_name(name)} is missing.")
            if present[name].file_size != entry.bytes:
                raise ArchiveProblem(
                    f"{_name(name)} has {present[name].file_size} bytes, but its manifest says {entry.bytes}."
                )

    def _chunks(self, entry: FileEntry) -> Iterator[bytes]:
        """The bytes of a file; an error at the end unless they are what the manifest says."""
        digest = hashlib.sha256()
        left = entry.bytes
        records = 0
        last = b"\n"
        try:
            with self._zip.open(entry.name) as member:
                # Never more than was announced, whatever the compressed data expands to.
                while left and (chunk := member.read(min(_CHUNK, left))):
                    left -= len(chunk)
                    digest.update(chunk)
                    records += chunk.count(b"\n")
                    last = chunk[-1:]
                    yield chunk
                longer = bool(member.read(1))
        except _DAMAGED as problem:
            raise ArchiveProblem(f"{entry.name} is damaged: {problem}.") from problem
        if left or longer or digest.hexdigest() != entry.sha256:
            raise ArchiveProblem(f"{entry.name} is not what was exported: its checksum differs.")
        if records != entry.records or last != b"\n":
            raise ArchiveProblem(
                f"{entry.name} has {records} complete lines, but its manifest says {entry.records}."
            )


def _name(name: Any) -> str:
    return f"{name!r:.100}"
