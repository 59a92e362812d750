"""Every setting of the core."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from eoscperf.options import REQUIRED, Option, boolean, choice, rate, seconds, text, url, whole, words

LEAST_SECRET = 16
"""Characters in the signing secret."""

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
        "limits.facet_seconds",
        seconds,
        0.15,
        "longest counting of a facet beside the results, in seconds; one that takes longer has no counts",
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
