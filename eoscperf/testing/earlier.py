"""A database as the earlier EOSC Performance service left it, for tests and measurements of taking it over.

    earlier = EarlierDatabase(url)          # PostgreSQL, without tables
    earlier.create("112055db4eff")
    flavor = earlier.flavor(site=earlier.site("KIT"))
    earlier.result(flavor=flavor, json={"time": 1})

Rows are stored as given, in whatever state the service may have left them; what is not given is made up.
Two facts about its tables matter most: times carry no offset, and a row points to its submission, a result
to its latest claim. A claim's submission calls itself `resultclaimreport`.
"""

from __future__ import annotations

import datetime
import itertools
import json as json_module
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from eoscperf.db import make_engine

ISSUER = "https://aai.example.org/oidc"

MOMENT = datetime.datetime(2022, 3, 4, 5, 6, 7, 890123)

REVISIONS = ("7fc773c5907d", "112055db4eff")

_UPLOADED = """
    uploader_sub text NOT NULL,
    uploader_iss text NOT NULL,
    upload_datetime timestamp NOT NULL,
    FOREIGN KEY (uploader_iss, uploader_sub) REFERENCES "user" (iss, sub)
"""

_REVIEWED = f"""
    id uuid PRIMARY KEY,
    status resourcestatus,
    _submit_report_id uuid REFERENCES submit (id),
    {_UPLOADED}
"""

_SCHEMA = (
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
    "CREATE TYPE resourcestatus AS ENUM ('on_review', 'approved')",
    """CREATE TABLE submit (
        id uuid PRIMARY KEY,
        resource_type varchar NOT NULL,
        upload_datetime timestamp NOT NULL
    )""",
    "CREATE TABLE tag (id uuid PRIMARY KEY, name text NOT NULL UNIQUE, description text)",
    """CREATE TABLE "user" (
        sub text NOT NULL,
        iss text NOT NULL,
        email text NOT NULL,
        registration_datetime timestamp NOT NULL,
        PRIMARY KEY (sub, iss)
    )""",
    f"""CREATE TABLE benchmark (
        {_REVIEWED},
        docker_image text NOT NULL,
        docker_tag text NOT NULL,
        json_schema json NOT NULL,
        description text,
        UNIQUE (docker_image, docker_tag)
    )""",
    f"""CREATE TABLE claim (
        {_REVIEWED},
        message text NOT NULL,
        resource_type varchar NOT NULL
    )""",
    f"""CREATE TABLE site (
        {_REVIEWED},
        name text NOT NULL UNIQUE,
        address text NOT NULL,
        description text
    )""",
    f"""CREATE TABLE flavor (
        {_REVIEWED},
        name text NOT NULL,
        description text,
        site_id uuid NOT NULL REFERENCES site (id),
        UNIQUE (site_id, name)
    )""",
    f"""CREATE TABLE result (
        id uuid PRIMARY KEY,
        deleted boolean NOT NULL,
        json jsonb NOT NULL,
        execution_datetime timestamp NOT NULL,
        benchmark_id uuid NOT NULL REFERENCES benchmark (id),
        flavor_id uuid NOT NULL REFERENCES flavor (id),
        site_id uuid NOT NULL REFERENCES site (id),
        _claim_report_id uuid REFERENCES claim (id),
        {_UPLOADED}
    )""",
    """CREATE TABLE result_tags (
        result_id uuid REFERENCES result (id),
        tag_id uuid REFERENCES tag (id) ON DELETE CASCADE,
        PRIMARY KEY (result_id, tag_id)
    )""",
)

Row = dict[str, Any]


class EarlierDatabase:
    """Makes rows, each committed by itself; every method gives the row as stored."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._numbers = itertools.count(1)
        self._users: dict[str, Row] = {}

    def create(self, revision: str = REVISIONS[-1]) -> None:
        """The tables of a revision, empty."""
        self.execute(*_SCHEMA, f"INSERT INTO alembic_version VALUES ('{revision}')")  # noqa: S608
        if revision == REVISIONS[-1]:
            self.execute("ALTER TABLE benchmark ADD COLUMN url text NOT NULL DEFAULT ''")

    def execute(self, *statements: str) -> None:
        """Anything else, to break things."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def snapshot(self) -> dict[str, Sequence[Any]]:
        """All that is in it, to see that nothing changed."""
        with self.engine.connect() as connection:
            return {
                table: connection.execute(sa.text(f'SELECT t::text FROM "{table}" t ORDER BY 1')).all()  # noqa: S608
                for table in ("alembic_version", "user", "tag", "site", "flavor", "benchmark", "result",
                              "result_tags", "claim", "submit")
            }  # fmt: skip

    def close(self) -> None:
        self.engine.dispose()

    def user(self, sub: str = "somebody", **given: Any) -> Row:
        """The user of this name, made when first asked for."""
        if sub not in self._users:
            row = {"sub": sub, "iss": ISSUER, "email": f"{sub}@example.org", "registration_datetime": MOMENT}
            self._users[sub] = self._insert("user", row | given)
        return self._users[sub]

    def tag(self, name: str, **given: Any) -> Row:
        return self._insert("tag", {"id": uuid.uuid4(), "name": name, "description": None} | given)

    def submit(self, kind: str, **given: Any) -> Row:
        return self._insert(
            "submit", {"id": uuid.uuid4(), "resource_type": kind, "upload_datetime": MOMENT} | given
        )

    def site(self, name: str | None = None, **given: Any) -> Row:
        name = name or f"Site {next(self._numbers)}"
        row = {"name": name, "address": f"{name} street", "description": None}
        return self._insert("site", self._reviewed("site", given) | row | given)

    def flavor(self, name: str | None = None, *, site: Row | None = None, **given: Any) -> Row:
        row = {
            "name": name or f"flavor-{next(self._numbers)}",
            "description": None,
            "site_id": (site or self.site())["id"],
        }
        return self._insert("flavor", self._reviewed("flavor", given) | row | given)

    def benchmark(self, image: str | None = None, *, json_schema: Any = None, **given: Any) -> Row:
        """A benchmark; a schema that is text is stored as it stands."""
        schema = {"type": "object"} if json_schema is None else json_schema
        row = {
            "docker_image": image or f"example/benchmark-{next(self._numbers)}",
            "docker_tag": "1.0",
            "json_schema": schema if isinstance(schema, str) else json_module.dumps(schema),
            "description": None,
        }
        return self._insert("benchmark", self._reviewed("benchmark", given) | row | given)

    def claim(self, **given: Any) -> Row:
        """A pending claim, not yet about anything: `result(claim=...)` makes it so."""
        row = {"message": "The figures look wrong.", "resource_type": "result"}
        reviewed = self._reviewed("resultclaimreport", {"status": "on_review"} | given)
        return self._insert("claim", reviewed | {"status": "on_review"} | row | given)

    def result(
        self,
        *,
        benchmark: Row | None = None,
        flavor: Row | None = None,
        json: Any = None,
        claim: Row | None = None,
        tags: Sequence[Row] = (),
        **given: Any,
    ) -> Row:
        """A result; JSON that is text is stored as it stands."""
        flavor = flavor or self.flavor()
        document = {"time": next(self._numbers)} if json is None else json
        row = self._uploaded(given) | {
            "id": uuid.uuid4(),
            "deleted": False,
            "json": document if isinstance(document, str) else json_module.dumps(document),
            "execution_datetime": MOMENT - datetime.timedelta(hours=1),
            "benchmark_id": (benchmark or self.benchmark())["id"],
            "flavor_id": flavor["id"],
            "site_id": flavor["site_id"],
            "_claim_report_id": claim["id"] if claim else None,
        }
        stored = self._insert("result", row | given)
        for tag in tags:
            self._insert("result_tags", {"result_id": stored["id"], "tag_id": tag["id"]})
        return stored

    def link(self, result: Row, tag: Row) -> None:
        self._insert("result_tags", {"result_id": result["id"], "tag_id": tag["id"]})

    def _reviewed(self, kind: str, given: Mapping[str, Any]) -> Row:
        """What waits for a moderator has a submission, as in the service."""
        status = given.get("status", "approved")
        waits = status != "approved" and "_submit_report_id" not in given
        return self._uploaded(given) | {
            "id": uuid.uuid4(),
            "status": status,
            "_submit_report_id": self.submit(kind)["id"] if waits else None,
        }

    def _uploaded(self, given: Mapping[str, Any]) -> Row:
        user = given.get("uploader") or self.user()
        return {"uploader_sub": user["sub"], "uploader_iss": user["iss"], "upload_datetime": MOMENT}

    def _insert(self, table: str, row: Row) -> Row:
        row.pop("uploader", None)
        casts = {"status": "resourcestatus", "json": "jsonb", "json_schema": "json"}
        columns = ", ".join(f'"{column}"' for column in row)
        values = ", ".join(
            f"CAST(:{column} AS {casts[column]})" if column in casts else f":{column}" for column in row
        )
        with self.engine.begin() as connection:
            connection.execute(sa.text(f'INSERT INTO "{table}" ({columns}) VALUES ({values})'), row)  # noqa: S608
        return row
