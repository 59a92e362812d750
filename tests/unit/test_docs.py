"""The documentation names everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from eoscperf import extend
from eoscperf.core_options import CORE
from eoscperf.errors import problem_types
from eoscperf.extend.configurator import PlatformConfigurator
from eoscperf.options import REQUIRED, Option
from eoscperf.scripts.admin import main as admin
from eoscperf.security.issuer_settings import KEYS
from eoscperf.settings import load

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(name: str) -> dict[str, list[str]]:
    """The rows of all tables of a document by their first cell."""
    lines = [line for line in text(name).splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {row[0].strip("`| "): row[1:] for row in cells}


def shown(option: Option) -> str:
    value = option.default
    if value is REQUIRED:
        return "required"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (tuple, list)):
        value = " ".join(map(str, value))
    return f"`{value}`" if value not in ("", None) else "empty"


BUNDLED = [
    option
    for name, point in extend.installed().items()
    if point.module.startswith("eoscperf.plugins.")
    for option in extend.plugin_options(name)
]


@pytest.mark.parametrize("option", [*CORE, *BUNDLED], ids=lambda option: option.key)
def test_every_setting_is_described_with_variable_and_default(option):
    variable, default, meaning = rows("settings.md")[option.key]
    assert variable == f"`{option.variable}`"
    assert default == shown(option)
    assert len(meaning.split()) >= 2


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_setting_of_issuers_is_described(key):
    _, meaning = rows("settings.md")[key.name]
    assert meaning.rstrip("| ") == key.meaning


def test_no_setting_is_described_that_does_not_exist():
    known = {option.key for option in [*CORE, *BUNDLED]} | {key.name for key in KEYS}
    described = {name for name in rows("settings.md") if not name.startswith("EOSCPERF_")}
    installed = {f"{name}." for name in extend.installed()}
    # A bundled plug-in that is not installed here may be described all the same.
    assert {
        name for name in described - known if name.startswith(tuple(installed)) or "." not in name
    } == set()


@pytest.fixture(scope="module")
def directives() -> set[str]:
    settings = load({"sqlalchemy.url": "sqlite://", "secret": "a secret for tests"}, {})
    config = PlatformConfigurator(settings=settings)
    before = set(dir(config)) | set(config.registry.__dict__.get("_directives", {}))
    config.include("eoscperf.core")
    names = set(config.registry._directives) - before
    config.registry["eoscperf.bearer"].close() if "eoscperf.bearer" in config.registry else None
    return {name for name in names if config.registry._directives[name][0].__module__.startswith("eoscperf.")}


def test_every_directive_is_described(directives):
    assert len(directives) > 10
    described = set(re.findall(r"^\| `config\.(\w+)\(", text("plugins.md"), re.MULTILINE))
    assert directives - described == set()
    assert described - directives == {
        "add_permission",
        "add_subscriber",
    }  # Pyramid has methods of these names


@pytest.mark.parametrize("slug", problem_types())
def test_every_problem_type_is_described(slug):
    assert f"`{slug}`" in text("api.md") or f"urn:eoscperf:problem:{slug}" in text("api.md")


def commands(group: click.Group, prefix: str) -> list[str]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found += commands(command, f"{prefix}{name} ")
        elif command is not None and "not available" not in (command.short_help or ""):
            found.append(prefix + name)
    return found


def test_every_command_of_the_administration_is_described():
    found = commands(admin, "")
    assert "db upgrade" in found
    assert [
        name for name in found if not re.search(rf"eoscperf-admin [^`\n]*\b{name}\b", text("operations.md"))
    ] == []


def test_the_first_commands_of_the_readme_run_the_platform_and_its_tests():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|bash|console)?\n(.*?)```", readme, re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    assert [line for line in lines if line.startswith("make")][:2] == ["make run", "make test"]


def test_links_inside_the_documentation_lead_somewhere():
    broken = [
        f"{path.name}: {target}"
        for path in [*DOCS.rglob("*.md"), CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md"]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_without_gaps():
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 5
