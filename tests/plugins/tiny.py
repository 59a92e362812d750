"""Small plug-ins that exist for one test."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import eoscperf
from eoscperf.db import metadata


class TinyPlugins:
    """Installs plug-ins, each a package `tiny_<name>` with an entry point, and starts applications."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.syspath_prepend(str(folder))

    def add(self, name: str, includeme: str = "", files: Mapping[str, str] | None = None, **top: str) -> str:
        """Install one whose `includeme(config)` has this body; the name of its package.

        `files` are further files of the package; `top` is source at the top of its module.
        """
        package = f"tiny_{name}"
        module = "\n".join(textwrap.dedent(text) for text in top.values())
        body = textwrap.indent(textwrap.dedent(includeme).strip() or "pass", "    ")
        self.write(f"{package}/__init__.py", f"{module}\n\ndef includeme(config):\n{body}\n")
        for path, text in (files or {}).items():
            self.write(f"{package}/{path}", textwrap.dedent(text))
        return self.distribute(name, package)

    def distribute(self, name: str, package: str, distribution: str | None = None) -> str:
        """Make a package known as the plug-in `name`."""
        distribution = distribution or package
        info = f"{distribution}-1.0.dist-info"
        self.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        self.write(f"{info}/entry_points.txt", f"[eoscperf.plugins]\n{name} = {package}\n")
        return package

    def start(self, plugins: str, **settings: str) -> Any:
        """An application with these plug-ins, without a database."""
        given = {
            "sqlalchemy.url": "sqlite://",
            "secret": "a secret for tests",
            "var": str(self.folder),
            "eoscperf.plugins": plugins,
        }
        app = eoscperf.main({}, **(given | settings))
        app.registry["eoscperf.bearer"].close()
        return app

    def write(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


@contextlib.contextmanager
def tiny_plugins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyPlugins]:
    """Nothing of them is left in this process afterwards."""
    tables = set(metadata.tables)
    yield TinyPlugins(folder, monkeypatch)
    for name in [name for name in sys.modules if name.startswith("tiny_")]:
        del sys.modules[name]
    for name in set(metadata.tables) - tables:
        if name.startswith(("tiny", "stray")):
            metadata.remove(metadata.tables[name])
