"""Every setting: its name, what it means, its default and what is allowed.

Values come from the application section of the ini file, then from the environment: `sqlalchemy.url`
is `EOSCPERF_SQLALCHEMY_URL` there (upper case, everything but letters and digits a `_`). Unknown keys
and bad values are collected and reported together; the value of a secret is never shown.
"""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import limits as rate_limits
import sqlalchemy as sa
from pyramid.exceptions import ConfigurationError

ENVIRONMENT_PREFIX = "EOSCPERF_"
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

LEAST_SECRET = 16
"""Characters in the signing secret."""

_ALIKE = 0.85
"""How similar a name must be to be proposed for a typo: the prefix all variables share is not enough."""

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


GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"


def ci_issuers(value: str) -> tuple[tuple[str, str], ...]:
    """Kind and issuer of each CI system; only this machine itself is asked without TLS."""
    from eoscperf.security.issuers import url_problem

    usual = {"github": GITHUB, "gitlab": GITLAB}
    found: dict[str, str] = {}
    for word in value.split():
        kind, _, address = word.partition("=")
        if kind not in usual:
            raise ValueError(f"{word} is none of github, gitlab, github=<issuer> and gitlab=<issuer>")
        issuer = address.rstrip("/") or usual[kind]
        problem = url_problem(issuer, allow_loopback_http=True)
        if problem is not None:
            raise ValueError(f"the issuer {issuer} {problem}")
        if issuer in found:
            raise ValueError(f"{issuer} is there twice")
        found[issuer] = kind
    return tuple((kind, issuer) for issuer, kind in found.items())


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


def database(value: str) -> str:
    """The address of a database. What is wrong is said without the value, which may hold a password."""
    try:
        backend = sa.make_url(value.strip()).get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise ValueError("must be an address such as sqlite:////srv/perf.sqlite or postgresql://host/name")
    return value.strip()


def signing_secret(value: str) -> str:
    """Text that nobody can guess, or nothing; short ones can be found by trying."""
    value = value.strip()
    if value and len(value) < LEAST_SECRET:
        raise ValueError(f"must have at least {LEAST_SECRET} characters; openssl rand -hex 32 makes one")
    return value


CORE: tuple[Option, ...] = (
    Option(
        "sqlalchemy.url",
        database,
        REQUIRED,
        "database address: sqlite:///... or postgresql://...",
        secret=True,
    ),
    Option("sqlalchemy.pool_size", whole(1, 1000), 10, "database connections kept open (PostgreSQL)"),
    Option("sqlalchemy.max_overflow", whole(0, 1000), 20, "further connections in a rush (PostgreSQL)"),
    Option("eoscperf.plugins", words, (), "plug-ins to enable, in order"),
    Option("var", text, "var", "folder for what the platform keeps beside the database: keys, the secret"),
    Option(
        "secret",
        signing_secret,
        "",
        "signs cursors and cookies; empty: made once and kept in <var>/secret",
        secret=True,
    ),
    Option("public_url", url, "", "address users reach the platform under; empty: taken from each request"),
    Option("api.prefix", prefix, "/api/v1", "where the REST API is mounted"),
    Option("cors.origins", origins, (), "web origins whose scripts may call the API"),
    Option("trusted_proxies", networks, (), "addresses of reverse proxies whose X-Forwarded-For counts"),
    Option("metrics", boolean, False, "serve Prometheus figures at /metrics"),
    Option("pages.name", text, "eoscperf", "what this installation is called on its pages"),
    Option("pages.support", text, "", "e-mail address or web address of the support, linked from every page"),
    Option(
        "pages.terms_version",
        text,
        "1",
        "version of the terms of service: with another one everybody is asked to accept them again",
    ),
    Option("pages.templates", text, "", "folder with templates that replace ours, such as web/about.jinja2"),
    Option("admin_entitlements", words, (), "entitlements that make a registered user an administrator"),
    Option(
        "ci.issuers",
        ci_issuers,
        "github gitlab",
        "CI systems whose jobs may upload by trust rules: github, gitlab, or one of one's own as gitlab=https://...",
    ),
    Option(
        "ci.audience",
        text,
        "",
        "audience that tokens of CI jobs must be made for; empty: public_url; without both no job uploads",
    ),
    Option("ci.token_hours", whole(1, 168), 6, "longest life of a token of a CI job, in hours"),
    Option("ci.ca_bundle", text, "", "certificates (PEM) that sign those of the issuers; empty: the usual"),
    Option(
        "users.initial_role",
        choice("reader", "user"),
        "user",
        "what those may do who register: `user` contributes, `reader` only reads",
    ),
    Option("limits.api_tokens", whole(0, 1000), 50, "most valid API tokens of an account"),
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
    Option("limits.exports", whole(1), 3, "exports that a process writes at the same time"),
    Option(
        "limits.schema_seconds",
        seconds,
        2.0,
        "longest validation of one result against its schema, in seconds",
    ),
    Option(
        "limits.recheck_seconds",
        seconds,
        20.0,
        "longest re-check of stored results on a new schema, in seconds",
    ),
    Option(
        "answers.remembered_bytes",
        whole(0),
        16 * 1024 * 1024,
        "answers that a process remembers until the database changes, in bytes; 0: none",
    ),
    Option("rates.writes", rate, "300/minute", "changes per user"),
    Option("rates.failed_authentications", rate, "30/minute", "refused tokens per address"),
    Option("rates.claims", whole(1), 20, "claims per user and day"),
    Option("rates.exports", rate, "10/minute", "exports per user, or per address when anonymous"),
)

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
