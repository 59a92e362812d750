"""A server to be fuzzed: a database with a little of everything, three callers, rates out of the way.

    python -m tests.fuzz.server DIRECTORY [DATABASE-URL]

prints one line of JSON (its address, tokens by caller, ids by kind), serves, and ends with its
standard input.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import waitress
from sqlalchemy import orm

import eoscperf
from eoscperf.db import make_engine
from eoscperf.testing.databases import build_schema
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer

PLENTY = "100000000/minute"

SCHEMA = {
    "type": "object",
    "properties": {"time": {"type": "number"}, "machine": {"type": "object"}},
}


def main(directory: Path, url: str | None) -> None:
    logging.basicConfig(filename=directory / "server.log", level=logging.WARNING)
    url = url or f"sqlite:///{directory}/fuzz.sqlite"
    build_schema(url)
    with TestIssuer() as issuer:
        issuer.public_keys()
        app = eoscperf.main(
            {},
            **{
                "sqlalchemy.url": url,
                "var": str(directory / "var"),
                "secret": "a secret for the fuzzer",
                "metrics": "on",
                "eoscperf.plugins": "accounts",
                "rates.writes": PLENTY,
                "rates.failed_authentications": PLENTY,
                "rates.exports": PLENTY,
                "rates.claims": "100000000",
                **issuer.ini(),
            },
        )
        engine = make_engine(url)
        with orm.Session(engine) as session:
            known = populate(Make(session, iss=issuer.url), issuer)
        engine.dispose()
        server = waitress.create_server(
            app, host="127.0.0.1", port=0, threads=4, max_request_body_size=64 * 1024 * 1024
        )
        known["url"] = f"http://127.0.0.1:{server.effective_port}"
        print(json.dumps(known), flush=True)
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        try:
            server.run()
        finally:
            server.close()
            app.registry["eoscperf.bearer"].close()


def populate(make: Make, issuer: TestIssuer) -> dict[str, Any]:
    """Objects in every state; tokens of an administrator, a user and somebody not registered."""
    users = {"admin": make.user("admin", role="admin"), "user": make.user("user")}
    ids: dict[str, list[str]] = {}

    def note(kind: str, thing: Any) -> Any:
        ids.setdefault(kind, []).append(str(thing.id))
        return thing

    site = note("site", make.site(uploader=users["user"]))
    flavor = note("flavor", make.flavor(site=site, uploader=users["user"]))
    benchmark = note("benchmark", make.benchmark(json_schema=SCHEMA, uploader=users["user"]))
    for status in ("on_review", "rejected", "deleted", "approved"):
        note("site", make.site(status=status))
        note("flavor", make.flavor(site=site, status=status, uploader=users["user"]))
        note("benchmark", make.benchmark(status=status))
    tags = [note("tag", make.tag()) for _ in range(3)]
    for number in range(40):
        mine = users["user"] if number % 2 else None
        given = {"time": number / 3, "machine": {"cpu": {"count": number}}, "flags": ["a", number]}
        options = {"benchmark": benchmark, "flavor": flavor, "uploader": mine, "tags": tags[: number % 4]}
        note("result", make.result(json=given, **options))
    note("result", make.result(withdrawn=True, benchmark=benchmark, flavor=flavor))
    note("result", make.result(removed=True, benchmark=benchmark, flavor=flavor))
    for number in range(6):
        result = make.result(benchmark=benchmark, flavor=flavor, uploader=users["user"])
        note("report", make.claim(note("result", result), uploader=make.user(f"claimant-{number}")))
    tokens = {
        name: issuer.mint(
            name, alg="EdDSA", email=f"{name}@example.org", email_verified=True, eduperson_entitlement=[]
        )
        for name in ("admin", "user", "stranger")
    }
    ids["entry"] = [str(number) for number in range(1, 12)]
    return {"tokens": tokens, "ids": ids}


def _end_with_input(server: Any) -> None:
    """Whoever started the server holds its standard input; a server nobody holds must not stay."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
