"""The client stands alone: it imports nothing of the platform, and few libraries."""

from __future__ import annotations

import sys
from pathlib import Path

import eoscperf
import eoscperf.client
from eoscperf.client.version import __version__
from eoscperf.testing.contract import imported_modules

CLIENT = Path(eoscperf.client.__file__).parent
PACKAGE = CLIENT.parent

NEEDED = {"httpx", "click", "platformdirs", "tqdm"}
OPTIONAL = {"pandas", "zstandard"}
"""Imported where they are used only."""


def imports() -> dict[str, set[str]]:
    found = {}
    for path in sorted(CLIENT.rglob("*.py")):
        package = ".".join(path.relative_to(PACKAGE.parent).parts[:-1])
        found[str(path.relative_to(CLIENT))] = imported_modules(path.read_text(encoding="utf-8"), package)
    return found


def test_there_is_something_to_look_at():
    assert len(imports()) > 20


def test_it_imports_nothing_else_of_the_platform():
    bad = {
        (name, module)
        for name, modules in imports().items()
        for module in modules
        if module.split(".")[0] == "eoscperf" and module.split(".")[1:2] != ["client"]
    }
    assert bad == set()


def test_it_needs_few_libraries():
    tops = {module.split(".")[0] for modules in imports().values() for module in modules}
    assert tops - sys.stdlib_module_names - {"eoscperf"} == NEEDED | OPTIONAL


def test_the_library_knows_nothing_of_the_command():
    bad = {
        (name, module)
        for name, modules in imports().items()
        if not name.startswith("cli/")
        for module in modules
        if f"{module}.".startswith(("eoscperf.client.cli.", "click.", "tqdm."))
    }
    assert bad == set()


def test_nothing_of_the_platform_imports_it():
    bad = {
        (str(path), module)
        for path in PACKAGE.rglob("*.py")
        if CLIENT not in path.parents and "migrations" not in path.parts
        for module in imported_modules(path.read_text(encoding="utf-8"), "eoscperf")
        if module.startswith("eoscperf.client")
    }
    assert bad == set()


def test_it_has_the_version_of_the_platform():
    assert __version__ == eoscperf.__version__


def test_it_is_typed():
    assert (CLIENT / "py.typed").is_file()
