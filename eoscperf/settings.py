"""Every setting: its name, what it means, its default and what is allowed.

Values come from the application section of the ini file, then from the environment: `sqlalchemy.url`
is `EOSCPERF_SQLALCHEMY_URL` there (upper case, everything but letters and digits a `_`). Unknown keys
and bad values are collected and reported together.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import limits as rate_limits
from pyramid.exceptions import ConfigurationError

ENVIRONMENT_PREFIX = "EOSCPERF_"
NOT_SETTINGS = {"EOSCPERF_CONFIG", "EOSCPERF_HTTP_PORT"}
"""Variables of that prefix that others read; test settings (EOSCPERF_TEST_*) are ignored too."""

REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `parse` turns text into the value or raises ValueError with what is allowed."""

    key: str
    parse: Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return variable(self.key)


def variable(key: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT_PREFIX + re.sub(r"[^A-Za-z0-9]", "_", key).upper()


def text(value: str) -> str:
    return value.strip()


def words(value: str) -> tuple[str, ...]:
    """Values separated by blanks or line breaks."""
    return tuple(value.split())


def boolean(value: str) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True}
    known |= {"false": False, "no": False, "off": False, "0": False}
    try:
        return known[value.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number in a range."""
    allowed = f"must be a whole number of at least {least}" + ("" if most is None else f" and at most {most}")

    def parse(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}", value.strip()):
            raise ValueError(allowed)
        number = int(value)
        if number < least or (most is not None and number > most):
            raise ValueError(allowed)
        return number

    return parse


def seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 < number < 3600:
        raise ValueError("must be a number of seconds above 0 and below 3600")
    return number


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.strip() not in allowed:
            raise ValueError("must be one of " + ", ".join(allowed))
        return value.strip()

    return parse


def rate(value: str) -> rate_limits.RateLimitItem:
    """A rate such as `300/minute`."""
    try:
        return rate_limits.parse(value.strip())
    except ValueError:
        raise ValueError("must be a rate such as 300/minute") from None


def url(value: str) -> str:
    value = value.strip()
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("must be an address such as https://perf.example.org")
    return value.rstrip("/")


def prefix(value: str) -> str:
    if not re.fullmatch(r"(/[a-z0-9][a-z0-9._-]*)+", value.strip()):
        raise ValueError("must be a path such as /api/v1, without a slash at the end")
    return value.strip()


def networks(value: str) -> tuple[Any, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in value.split())
    except ValueError as problem:
        raise ValueError(f"must be addresses or networks ({problem})") from None


def origins(value: str) -> tuple[str, ...]:
    for word in value.split():
        parts = urlsplit(word)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise ValueError(f"{word} is no origin; an origin is like https://portal.example.org")
    return tuple(value.split())


CORE: tuple[Option, ...] = (
    Option("sqlalchemy.url", text, REQUIRED, "database address: sqlite:///... or postgresql://...", secret=True),
    Option("sqlalchemy.pool_size", whole(1, 1000), 10, "database connections kept open (PostgreSQL)"),
    Option("sqlalchemy.max_overflow", whole(0, 1000), 20, "further connections in a rush (PostgreSQL)"),
    Option("eoscperf.plugins", words, (), "plug-ins to enable, in order"),
    Option("var", text, "var", "folder for what the platform keeps beside the database: keys, the secret"),
    Option("secret", text, "", "signs cursors and cookies; empty: made once and kept in <var>/secret", secret=True),
    Option("public_url", url, "", "address users reach the platform under; empty: taken from each request"),
    Option("api.prefix", prefix, "/api/v1", "where the REST API is mounted"),
    Option("cors.origins", origins, (), "web origins whose scripts may call the API"),
    Option("trusted_proxies", networks, (), "addresses of reverse proxies whose X-Forwarded-For counts"),
    Option("metrics", boolean, False, "serve Prometheus figures at /metrics"),
    Option("admin_entitlements", words, (), "entitlements that make a registered user an administrator"),
    Option("moderation.undo_minutes", whole(0, 10080), 10, "how long a decision can be undone, in minutes"),
    Option("limits.result_bytes", whole(1), 1024 * 1024, "largest result, in bytes"),
    Option("limits.body_bytes", whole(1), 512 * 1024, "largest other request body, in bytes"),
    Option("limits.batch_bytes", whole(1), 16 * 1024 * 1024, "largest batch of results, in bytes"),
    Option("limits.batch_items", whole(1), 1000, "most results in a batch"),
    Option("limits.json_schema_bytes", whole(1), 256 * 1024, "largest JSON Schema, in bytes"),
    Option("limits.name", whole(1), 255, "longest name or image, in characters"),
    Option("limits.docker_tag", whole(1), 128, "longest image tag, in characters"),
    Option("limits.address", whole(1), 2048, "longest site address or URL, in characters"),
    Option("limits.description", whole(1), 10000, "longest description, in characters"),
    Option("limits.message", whole(1), 5000, "longest message, in characters"),
    Option("limits.tags", whole(0), 50, "most tags of a result"),
    Option("limits.terms", whole(1), 10, "most search terms"),
    Option("limits.term", whole(1), 200, "longest search term, in characters"),
    Option("limits.filters", whole(1), 20, "most filters"),
    Option("limits.filter", whole(1), 1024, "longest filter, in characters"),
    Option("limits.path_segments", whole(1, 64), 32, "most segments of a path into a result"),
    Option("limits.schema_seconds", seconds, 2.0, "longest validation of one result against its schema, in seconds"),
    Option("limits.recheck_seconds", seconds, 20.0, "longest re-check of stored results on a new schema, in seconds"),
    Option("rates.writes", rate, "300/minute", "changes per user"),
    Option("rates.failed_authentications", rate, "30/minute", "refused tokens per address"),
    Option("rates.claims", whole(1), 20, "claims per user and day"),
    Option("rates.exports", rate, "10/minute", "exports per user, or per address when anonymous"),
)

IGNORED_PREFIXES = ("pyramid.", "jinja2.", "debugtoolbar.", "oidc.")
IGNORED_KEYS = {"here", "__file__", "http_port", "eoscperf.engine"}


def load(raw: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Validated settings of the core and of the enabled plug-ins, ready for the Configurator.

    ConfigurationError with one message naming every unknown key and every bad value.
    """
    from eoscperf import extend
    from eoscperf.security import issuers

    raw = {key: value for key, value in raw.items() if key not in ("here", "__file__")}
    problems: list[str] = []
    core = _read(CORE, raw, environ, problems)
    plugins: dict[str, tuple[Option, ...]] = {}
    for name in core.get("eoscperf.plugins", ()):
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
    problems.extend(_unknown(raw, environ, known))
    try:
        values["oidc.issuers"] = tuple(issuers.parse_issuers(_oidc(raw, environ)))
    except issuers.SettingsProblems as found:
        problems.extend(found.problems)
    if problems:
        raise ConfigurationError("These settings are wrong:\n" + "\n".join(f"  {line}" for line in problems))
    values |= {key: value for key, value in raw.items() if key.startswith(("pyramid.", "jinja2."))}
    if "eoscperf.engine" in raw:
        values["eoscperf.engine"] = raw["eoscperf.engine"]
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
        if value is REQUIRED:
            problems.append(f"{option.key}: is required ({option.help})")
            continue
        if isinstance(value, str):
            try:
                value = option.parse(value)
            except ValueError as problem:
                shown = "" if option.secret else f" (it is {value!r})"
                problems.append(f"{source}: {problem}{shown}")
                continue
        values[option.key] = value
    return values


def _unknown(raw: Mapping[str, Any], environ: Mapping[str, str], known: set[str]) -> list[str]:
    import difflib

    problems = []
    for key in raw:
        if key in known or key in IGNORED_KEYS or key.startswith(IGNORED_PREFIXES):
            continue
        near = difflib.get_close_matches(key, known, n=1)
        problems.append(f"{key}: no such setting" + (f"; did you mean {near[0]}?" if near else ""))
    variables = {variable(key): key for key in known}
    for name in environ:
        if not name.startswith(ENVIRONMENT_PREFIX) or name in variables or name in NOT_SETTINGS:
            continue
        if name.startswith(("EOSCPERF_TEST_", "EOSCPERF_OIDC_")):
            continue
        near = difflib.get_close_matches(name, variables, n=1)
        problems.append(f"{name}: no such setting" + (f"; did you mean {near[0]}?" if near else ""))
    return problems


def _oidc(raw: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """All `oidc.*` keys; `EOSCPERF_OIDC_EGI_CLIENT_SECRET` sets `oidc.egi.client_secret`."""
    found = {key: str(value) for key, value in raw.items() if key.startswith("oidc.")}
    start = ENVIRONMENT_PREFIX + "OIDC_"
    names = environ.get(start + "ISSUERS", found.get("oidc.issuers", "")).split()
    for name in environ:
        if not name.startswith(start):
            continue
        rest = name[len(start) :]
        key = "oidc." + rest.lower()
        for issuer in names:
            own = re.sub(r"[^A-Za-z0-9]", "_", issuer).upper() + "_"
            if rest.startswith(own):
                key = f"oidc.{issuer}.{rest[len(own) :].lower()}"
        found[key] = environ[name]
    return found


def _secret(values: Mapping[str, Any]) -> bytes:
    """The signing secret; one is made and kept with mode 0600 when none is set."""
    if values["secret"]:
        return values["secret"].encode()
    kept = Path(values["var"]) / "secret"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return kept.read_bytes()
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode())
    return kept.read_bytes()


def _engine_options(values: Mapping[str, Any]) -> dict[str, Any]:
    if values["sqlalchemy.url"].startswith("sqlite"):
        return {}
    return {"pool_size": values["sqlalchemy.pool_size"], "max_overflow": values["sqlalchemy.max_overflow"]}
