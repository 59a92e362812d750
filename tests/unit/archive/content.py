"""Installations, content that is hard to carry, and archives that somebody has changed."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import click.testing
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import orm

from eoscperf.archive.contents import kinds
from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import make_engine
from eoscperf.login.models import TermsAcceptance
from eoscperf.metrics.models import CatalogueVersion
from eoscperf.moderation.models import Claim, Submission
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.models import Invitation, Passkey, RecoveryCode
from eoscperf.plugins.accounts.provider.models import Grant, OAuthClient
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.results.models import Result
from eoscperf.review.models import LogEntry
from eoscperf.scripts.admin import main
from eoscperf.testing.factories import Make

PLUGINS = "accounts mail"

MOMENT = datetime.datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC)

ODD_TEXT = 'Žluťoučký 🐎 "quoted" \\ back\u2028 tab\t line\nbreak \x1f \x7f \ufeff \u0301 ß ı İ'

ODD_JSON = (
    '{"": {"a.b": [1.10, 1e2, -0, -0.0, 1E+400, 9007199254740993, 123456789012345678901234567890]},'
    ' "ı\\u0000": "\\ud83d\\udc0e 🐎 \\n", "deep": [[[[[[[[[[{}]]]]]]]]]]}'
)


class Installation:
    """An ini file on a database of its own."""

    def __init__(self, ini: Path, url: str, plugins: str = PLUGINS) -> None:
        self.ini, self.url = ini, url
        ini.write_text(
            "[app:main]\nuse = egg:eoscperf\nsecret = a secret for tests\n"
            f"sqlalchemy.url = {url.replace('%', '%%')}\n"
            f"var = {ini.parent / 'var'}\neoscperf.plugins = {plugins}\n"
        )
        self.engine = make_engine(url)

    def admin(self, *arguments: object) -> click.testing.Result:
        """Runs `eoscperf-admin -c INI ...`."""
        outcome = CliRunner().invoke(main, ["-c", str(self.ini), *map(str, arguments)])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
        return outcome

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of everything that is archived."""
        with self.engine.connect() as connection:
            return {
                kind.name: [
                    tuple(row)
                    for row in connection.execute(
                        sa.select(*kind.table.columns).order_by(*kind.table.primary_key.columns)
                    )
                ]
                for kind in kinds(PLUGINS.split())
            }

    def is_empty(self) -> bool:
        return not any(self.tables().values())


def fill(engine: sa.Engine) -> None:
    """Something of every kind, in every state, with everything that is easily lost on the way."""
    with orm.Session(engine) as session:
        make = Make(session)
        ann, bob = make.user("ann"), make.user("bob", email="Bob+Ø@Example.org", role="admin")
        ann.registration_datetime = MOMENT
        site = make.site(name=ODD_TEXT, address="x", uploader=ann, description="")
        flavor = make.flavor(site=site, uploader=bob)
        make.flavor(site=site, status="rejected")
        make.site(status="deleted")
        make.site(status="on_review")
        schema = {"type": "object", "properties": {"time": {"type": "number", "x-unit": "s"}}}
        benchmark = make.benchmark(json_schema=schema, uploader=ann, url="https://example.org/ü")
        session.execute(
            sa.update(Benchmark)
            .where(Benchmark.id == benchmark.id)
            .values(image_check='{"state":"unknown", "size": 1.0}')
        )
        said = CatalogueVersion(
            benchmark_id=benchmark.id,
            version=1,
            status="declined",
            metrics='[{"label":"ü","path":"time"}]',
            author_id=ann.id,
            created_datetime=MOMENT,
            message=ODD_TEXT,
            decision="",
        )
        session.add(said)
        session.add(TermsAcceptance(user_id=ann.id, version=ODD_TEXT, accepted_datetime=MOMENT))
        tags = [make.tag(name=name) for name in ("x", "Ö", "deleted")]
        common: dict[str, Any] = {"benchmark": benchmark, "flavor": flavor}
        first = make.result(json={"time": 1}, tags=tags, execution_datetime=MOMENT, uploader=ann, **common)
        second = make.result(json={"time": 1.5}, uploader=ann, supersedes_id=first.id, **common)
        first.superseded_by_id = second.id
        first.duplicate_key = bytes(range(32))
        odd = make.result(uploader=bob, tags=tags[:1], **common)
        session.execute(
            sa.update(Result)
            .where(Result.id == odd.id)
            .values(json=ODD_JSON, provenance='{"commit":"ü","run":"1"}')
        )
        make.trust_rule(
            owner=ann, site=site, by_flavor=True, flavors=[flavor], used_datetime=MOMENT, ref="refs/*"
        )
        make.result(removed=True, **common)
        make.result(withdrawn=True, **common)
        claimed = make.result(**common)
        make.claim(claimed, uploader=bob, reason="tampered", message=ODD_TEXT)
        make.claim(make.result(**common), status="withdrawn", hides=False, decision_message="")
        session.add(Claim(message="of elsewhere", result_id=None, uploader_id=None))
        session.add(Submission(resource_type="site", site_id=site.id, closed_datetime=MOMENT))
        # A consequence that has a lower number than its cause, and a number that leaves a gap.
        session.add(LogEntry(id=7_000_000_000, action="x", resource_type="y", resource_id="z", details="{}"))
        session.flush()
        entry = LogEntry(action="reject", resource_type="site", resource_id=str(site.id), actor_id=ann.id)
        entry.id, entry.caused_by, entry.details = 5_000_000_000, 7_000_000_000, '{"n":1.50}'
        session.add(entry)
        session.flush()
        tags[2].status, tags[2].status_entry_id, tags[2].upload_datetime = "deleted", entry.id, None
        fill_accounts(session)
        session.add(
            OutboxMail(
                kind="resource_approved",
                facts='{"name":"ü"}',
                recipient="ann@example.org",
                message_id=f"<{uuid.uuid4()}@example.org>",
                action_id=entry.id,
                due_datetime=MOMENT,
                expires_datetime=MOMENT,
                user_id=ann.id,
            )
        )
        session.commit()


def fill_accounts(session: orm.Session) -> None:
    """A person of the local provider with everything that is kept for longer than a log-in."""
    person = LocalIdentity(
        email="Ann@example.org",
        email_key="ann@example.org",
        name=ODD_TEXT,
        entitlements_text='["ü"]',
        password_hash="$argon2id$v=19$x",
        password_datetime=MOMENT,
        totp_step=2**40,
    )
    session.add(person)
    session.flush()
    client = OAuthClient(
        owner_id=person.id, name="ü", scope="openid read", redirect_uris_text='["https://example.org/ü"]'
    )
    session.add_all(
        [
            client,
            Grant(identity_id=person.id, client_id="eoscperf-cli", scope="openid", used_datetime=MOMENT),
            Invitation(secret_digest="ab", expires_datetime=MOMENT, identity_id=person.id),
            Passkey(identity_id=person.id, credential_id="x", public_key="y", sign_count=2**40, name="ü"),
            RecoveryCode(identity_id=person.id, digest="cd"),
        ]
    )


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, files: dict[str, bytes], *, sealed: bool = False) -> Path:
    """An archive of these files; `sealed` with a manifest that is right about them."""
    if sealed:
        content = json.loads(files["manifest.json"])
        for entry in content["files"]:
            data = files[entry["name"]]
            entry["records"], entry["bytes"] = data.count(b"\n"), len(data)
            entry["sha256"] = hashlib.sha256(data).hexdigest()
        files = files | {"manifest.json": json.dumps(content).encode()}
    target = path.with_name("rewritten.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target
