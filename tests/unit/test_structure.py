"""The shape of the code: arrows go one way, and what is in one place only stays there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import eoscperf
from eoscperf.testing.contract import imported_modules

PACKAGE = Path(eoscperf.__file__).parent
CHECKOUT = PACKAGE.parent

FEATURES = (
    "review",
    "users",
    "tokens",
    "sites",
    "benchmarks",
    "results",
    "metrics",
    "charts",
    "comparison",
    "browse",
    "ciupload",
    "moderation",
    "login",
)
"""Each may import those before it, none after it. Users and review know each other's accounts and log."""

SAME_HEIGHT = {("review", "users"), ("users", "review")}

KERNEL = ("listing", "security", "rest", "extend", "web")

ROOFS = ("plugins", "demo", "testing", "scripts", "home", "archive", "earlier")
"""What stands on top of the features: nothing below imports it."""

WEB_MODULES = ("pyramid", "cornice", "webob", "colander")


def sources(folder: Path = PACKAGE) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> set[str]:
    inside = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return imported_modules(path.read_text(encoding="utf-8"), ".".join(inside[:-1]))


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_there_is_something_to_look_at():
    assert len(sources()) > 50
    assert all((PACKAGE / part).is_dir() for part in (*FEATURES, *KERNEL))


@pytest.mark.parametrize("feature", FEATURES)
def test_no_feature_imports_a_higher_one(feature):
    higher = [
        f"eoscperf.{other}"
        for other in FEATURES[FEATURES.index(feature) + 1 :]
        if (feature, other) not in SAME_HEIGHT
    ]
    bad = {
        (name(path), module)
        for path in sources(PACKAGE / feature)
        for module in imports(path)
        if higher and within(module, *higher)
    }
    assert bad == set()


def test_services_and_models_know_nothing_of_http():
    files = [
        path
        for feature in FEATURES
        for path in sources(PACKAGE / feature)
        if path.name in ("service.py", "models.py")
    ]
    files += sources(PACKAGE / "listing")
    assert len(files) > 10
    bad = {(name(path), module) for path in files for module in imports(path) if within(module, *WEB_MODULES)}
    assert bad == set()


def test_services_know_no_views():
    files = [path for feature in FEATURES for path in sources(PACKAGE / feature) if path.name == "service.py"]
    bad = {
        (name(path), module)
        for path in files
        for module in imports(path)
        if module.startswith("eoscperf.")
        and (
            within(module, "eoscperf.rest.service", "eoscperf.rest.pages")
            or {"api", "pages"} & set(module.split(".")[2:3])
        )
    }
    assert bad == set()


def test_views_send_no_sql():
    files = [
        path for path in sources() if path.name.startswith(("api", "pages")) and path.parent.name in FEATURES
    ]
    assert len(files) > 5
    bad = {(name(path), module) for path in files for module in imports(path) if within(module, "sqlalchemy")}
    assert bad == set()


def test_only_one_module_imports_cornice():
    users = {name(path) for path in sources() if any(within(module, "cornice") for module in imports(path))}
    assert users == {"rest/service.py"}


def test_the_kernel_imports_features_nowhere_but_where_it_says_so():
    """`web` and `extend` name modules of features as text; nothing of the kernel needs one to be imported."""
    features = [f"eoscperf.{feature}" for feature in FEATURES]
    files = [path for part in KERNEL for path in sources(PACKAGE / part)]
    files += [
        PACKAGE / f"{part}.py" for part in ("settings", "db", "locator", "events", "errors", "jsontext")
    ]
    bad = {(name(path), module) for path in files for module in imports(path) if within(module, *features)}
    assert bad == set()


@pytest.mark.parametrize("roof", ROOFS)
def test_nothing_below_imports_what_stands_on_top(roof):
    below = [PACKAGE / part for part in (*FEATURES, *KERNEL)]
    bad = {
        (name(path), module)
        for folder in below
        for path in sources(folder)
        for module in imports(path)
        if within(module, f"eoscperf.{roof}")
    }
    # The readiness probe asks the one place that knows the schema.
    bad = {
        pair
        for pair in bad
        if not (pair[0] == "web/probes.py" and within(pair[1], "eoscperf.scripts.migrations"))
    }
    assert bad == set()


def test_nothing_outside_imports_a_bundled_plugin():
    bad = {
        (name(path), module)
        for path in sources()
        if path.relative_to(PACKAGE).parts[0] != "plugins"
        for module in imports(path)
        if within(module, "eoscperf.plugins")
    }
    assert bad == set()


def test_nothing_is_found_by_scanning():
    bad = [
        name(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "scan" and "config" in ast.unparse(node.value)
    ]
    assert bad == []


def test_init_files_of_features_only_register():
    for feature in FEATURES:
        tree = ast.parse((PACKAGE / feature / "__init__.py").read_text(encoding="utf-8"))
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert functions == ["includeme"], feature


def test_no_commit_is_called_but_by_the_transaction_manager():
    bad = [
        name(path)
        for path in sources()
        if path.relative_to(PACKAGE).parts[0] not in ("testing", "scripts", "plugins", "demo")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and "session" in ast.unparse(node.func.value)
    ]
    assert bad == []


def test_the_folder_of_migrations_is_no_package():
    # It would hide the library of the same name.
    assert not (CHECKOUT / "alembic" / "__init__.py").exists()


def test_there_is_no_module_for_odds_and_ends():
    assert [
        name(path) for path in sources() if path.stem in ("utils", "util", "helpers", "common", "misc")
    ] == []
