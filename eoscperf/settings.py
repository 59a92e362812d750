"""The settings of this process, read from the ini file and the environment and checked.

Values come from the application section of the ini file, then from the environment: `sqlalchemy.url`
is `EOSCPERF_SQLALCHEMY_URL` there (upper case, everything but letters and digits a `_`). Unknown keys
and bad values are collected and reported together; the value of a secret is never shown.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pyramid.exceptions import ConfigurationError

from eoscperf.core_options import CORE
from eoscperf.options import ENVIRONMENT_PREFIX, REQUIRED, Option, variable

NOT_SETTINGS = {
    "EOSCPERF_CONFIG",
    "EOSCPERF_EARLIER_SOURCE",
    "EOSCPERF_HTTP_PORT",
    # Those of the client.
    "EOSCPERF_CONFIG_DIR",
    "EOSCPERF_ID_TOKEN",
    "EOSCPERF_PROFILE",
    "EOSCPERF_SERVER",
    "EOSCPERF_TOKEN",
}
"""Variables of that prefix that others read; test settings (EOSCPERF_TEST_*) are ignored too."""

_ALIKE = 0.85
"""How similar a name must be to be proposed for a typo: the prefix all variables share is not enough."""

FOREIGN = ("pyramid.", "jinja2.", "debugtoolbar.")
"""Settings of the libraries below, handed on as they are."""

IGNORED_KEYS = {"here", "__file__", "http_port", "eoscperf.engine"}


def load(raw: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Validated settings of the core and of the enabled plug-ins, ready for the Configurator.

    `here`, the folder of the ini file, is what relative paths start from. ConfigurationError with
    one message naming every unknown key and every bad value.
    """
    from eoscperf import extend
    from eoscperf.security import issuer_settings

    problems: list[str] = []
    core = _read(CORE, raw, environ, problems)
    plugins: dict[str, tuple[Option, ...]] = {}
    for name in core.get("eoscperf.plugins", ()):
        if name in plugins:
            problems.append(f"eoscperf.plugins: {name} is there twice")
            continue
        try:
            plugins[name] = extend.plugin_options(name)
        except LookupError as problem:
            problems.append(f"eoscperf.plugins: {problem}")
    values = dict(core)
    for name, options in plugins.items():
        bad = [o.key for o in options if not o.key.startswith(name + ".")]
        problems.extend(f"{key}: the plug-in {name} may only declare settings named {name}.*" for key in bad)
        values |= _read(options, raw, environ, problems)
    known = {option.key for option in CORE} | {o.key for options in plugins.values() for o in options}
    problems.extend(_unknown(raw, environ, known, set(extend.installed()) - set(plugins)))
    try:
        values["oidc.issuers"] = tuple(issuer_settings.parse_issuers(_oidc(raw, environ, problems)))
    except issuer_settings.SettingsProblems as found:
        problems.extend(found.problems)
    if problems:
        raise ConfigurationError("These settings are wrong:\n" + "\n".join(f"  {line}" for line in problems))
    values |= {key: value for key, value in raw.items() if key.startswith(FOREIGN)}
    if "eoscperf.engine" in raw:
        values["eoscperf.engine"] = raw["eoscperf.engine"]
    here = Path(raw.get("here") or "").absolute()
    values["var"] = str(here / values["var"])
    # Not ours to use, but what an address is made of where none is set.
    values["http_port"] = str(environ.get("EOSCPERF_HTTP_PORT") or raw.get("http_port") or "6543")
    if values["pages.templates"]:
        values["pages.templates"] = str(here / values["pages.templates"])
    values["sqlalchemy.url"] = _anchored(values["sqlalchemy.url"], here)
    values["secret"] = _secret(values)
    values["sqlalchemy.options"] = _engine_options(values)
    return values | _FIXED


_FIXED = {
    "handle_exceptions": False,  # cornice must leave the exception views to us
    "tm.manager_hook": "pyramid_tm.explicit_manager",
    "tm.commit_veto": "pyramid_tm.default_commit_veto",
    "tm.annotate_user": False,
    "retry.attempts": 3,
}


def _read(
    options: Iterable[Option], raw: Mapping[str, Any], environ: Mapping[str, str], problems: list[str]
) -> dict[str, Any]:
    values = {}
    for option in options:
        value = environ.get(option.variable, raw.get(option.key, option.default))
        source = option.variable if option.variable in environ else option.key
        if option.default is REQUIRED and value in (REQUIRED, ""):
            problems.append(f"{option.key}: is required ({option.help})")
            continue
        if source in environ or option.key in raw or isinstance(option.default, str):
            try:
                value = option.parse(_as_text(value))
            except ValueError as problem:
                shown = "" if option.secret else f" (it is {value!r})"
                problems.append(f"{source}: {problem}{shown}")
                continue
        values[option.key] = value
    return values


def _as_text(value: Any) -> str:
    """What code passes instead of the text of an ini file, as that text."""
    if isinstance(value, (tuple, list)):
        return " ".join(map(str, value))
    if not isinstance(value, (str, int, float)):
        raise ValueError("must be a text")
    return str(value)


def _anchored(url: str, here: Path) -> str:
    """The address of a database, its file named in full: every process means the same, wherever it starts."""
    parsed = sa.make_url(url)
    file = parsed.database or ":memory:"
    if parsed.get_backend_name() != "sqlite" or file == ":memory:" or file.startswith("file:"):
        return url
    return parsed.set(database=str(here / file)).render_as_string(hide_password=False)


def _unknown(
    raw: Mapping[str, Any], environ: Mapping[str, str], known: set[str], disabled: set[str]
) -> list[str]:
    """What is set that nobody reads; `disabled` are the plug-ins that would, if they were enabled."""

    def unknown(given: str, owner: str | None, names: Iterable[str]) -> str:
        if owner is not None:
            return f"{given}: the plug-in {owner} is not enabled (eoscperf.plugins)"
        near = difflib.get_close_matches(given, names, n=1, cutoff=_ALIKE)
        return f"{given}: no such setting" + (f"; did you mean {near[0]}?" if near else "")

    problems = []
    for key in raw:
        if key in known or key in IGNORED_KEYS or key.startswith((*FOREIGN, "oidc.")):
            continue
        owner = next((name for name in disabled if key.startswith(f"{name}.")), None)
        problems.append(unknown(key, owner, known))
    variables = {variable(key): key for key in known}
    for name in environ:
        if not name.startswith(ENVIRONMENT_PREFIX) or name in variables or name in NOT_SETTINGS:
            continue
        if name.startswith(("EOSCPERF_TEST_", "EOSCPERF_OIDC_")):
            continue
        owner = next((plugin for plugin in disabled if name.startswith(variable(f"{plugin}."))), None)
        problems.append(unknown(name, owner, variables))
    return problems


def _oidc(raw: Mapping[str, Any], environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """All `oidc.*` keys; `EOSCPERF_OIDC_EGI_CLIENT_SECRET` sets `oidc.egi.client_secret`."""
    found = {key: str(value) for key, value in raw.items() if key.startswith("oidc.")}
    start = ENVIRONMENT_PREFIX + "OIDC_"
    names = environ.get(start + "ISSUERS", found.get("oidc.issuers", "")).split()
    for name in environ:
        if not name.startswith(start):
            continue
        meant = {issuer: variable(f"oidc.{issuer}.") for issuer in names}
        meant = {issuer: own for issuer, own in meant.items() if name.startswith(own)}
        # Of the issuers `egi` and `egi_dev`, EGI_DEV_CLIENT_ID means the one with the longer name.
        longest = max(map(len, meant.values()), default=0)
        chosen = [issuer for issuer, own in meant.items() if len(own) == longest]
        if len(chosen) > 1:
            problems.append(f"{name}: may mean any of the issuers {', '.join(chosen)}; use the ini file")
        key = f"{chosen[0]}.{name[longest:].lower()}" if chosen else name[len(start) :].lower()
        found[f"oidc.{key}"] = environ[name]
    return found


def _secret(values: Mapping[str, Any]) -> bytes:
    """The signing secret; one is made and kept with mode 0600 when none is set."""
    if values["secret"]:
        return values["secret"].encode()
    kept = Path(values["var"]) / "secret"
    try:
        if not kept.exists():
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(kept, secrets.token_hex(32).encode())
        secret = kept.read_bytes()
    except OSError as problem:
        raise ConfigurationError(
            f"The secret cannot be kept in {kept} ({problem.strerror}). Make the folder writable for the "
            f"service, name another one as `var`, or set `secret`."
        ) from problem
    if not secret:
        raise ConfigurationError(f"{kept} is empty. Remove it, and a new secret is made.")
    return secret


def _write_once(path: Path, content: bytes) -> None:
    """A file that appears whole or not at all; the one that is there already wins."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}-", dir=path.parent)  # readable by us alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)


def _engine_options(values: Mapping[str, Any]) -> dict[str, Any]:
    if values["sqlalchemy.url"].startswith("sqlite"):
        return {}
    return {"pool_size": values["sqlalchemy.pool_size"], "max_overflow": values["sqlalchemy.max_overflow"]}
