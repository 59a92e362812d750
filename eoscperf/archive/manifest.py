"""The manifest of an archive: which files there are and how to tell that they are whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

NAME = "manifest.json"
FORMAT = "eoscperf-archive"
VERSION = 1
"""Counted up when archives change in a way that an earlier version of the platform cannot read."""

MAX_BYTES = 1024 * 1024


class ArchiveProblem(Exception):
    """The archive cannot be written or read; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of lines."""

    name: str
    owner: str
    """`core` or the plug-in whose things they are"""
    records: int
    bytes: int
    """uncompressed"""
    sha256: str
    """of the uncompressed bytes, in hex"""


@dataclass(frozen=True, slots=True)
class Manifest:
    platform: str
    """the version of the platform that wrote the archive"""
    created_datetime: str
    files: tuple[FileEntry, ...]

    def text(self) -> str:
        members = {
            "format": FORMAT,
            "version": VERSION,
            "platform": self.platform,
            "created_datetime": self.created_datetime,
            "files": [asdict(entry) for entry in self.files],
        }
        return json.dumps(members, indent=2) + "\n"


def parsed(data: bytes) -> Manifest:
    """The manifest in these bytes; raises ArchiveProblem."""
    try:
        members = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ArchiveProblem(f"Its {NAME} is not JSON: {problem}.") from problem
    if not isinstance(members, dict) or members.get("format") != FORMAT:
        raise ArchiveProblem(f"It is not an archive of this platform: {NAME} names another format.")
    version = members.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ArchiveProblem(f"Its {NAME} names no version of the format.")
    if version > VERSION:
        raise ArchiveProblem(
            f"Its format has version {version}, but this platform reads up to version {VERSION}: "
            f"install the newer platform ({_shown(members.get('platform'))}) to import it."
        )
    try:
        files = tuple(_entry(entry) for entry in members["files"])
        names = [entry.name for entry in files]
        if len(set(names)) < len(names):
            raise ValueError("a file is listed twice")
        return Manifest(_text(members["platform"]), _text(members["created_datetime"]), files)
    except (KeyError, TypeError, ValueError) as problem:
        raise ArchiveProblem(f"Its {NAME} is not as it should be: {problem}.") from problem


def _entry(members: Any) -> FileEntry:
    if not isinstance(members, dict):
        raise TypeError("a file is not described by an object")
    for name in ("records", "bytes"):
        if type(members[name]) is not int or members[name] < 0:
            raise ValueError(f"{name} of {_shown(members['name'])} is not a number of them")
    entry = FileEntry(**{name: members[name] for name in FileEntry.__slots__})
    for name in (entry.name, entry.owner, entry.sha256):
        _text(name)
    return entry


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{_shown(value)} is not text")
    return value


def _shown(value: Any) -> str:
    return repr(value)[:60]
