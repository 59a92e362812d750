"""The mail plug-in: which mails are put into the outbox, and how they get from there to a server."""

from __future__ import annotations

import contextlib
import datetime
import email
import email.policy
import logging
import socketserver
import threading
import uuid

import pytest
from pyramid.exceptions import ConfigurationError
from sqlalchemy import orm

import eoscperf
from eoscperf import jsontext
from eoscperf.db import make_engine, utcnow
from eoscperf.plugins.mail.addresses import address
from eoscperf.plugins.mail.compose import compose
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.plugins.mail.sender import Sender
from eoscperf.plugins.mail.texts import KINDS
from eoscperf.review.models import LogEntry
from eoscperf.settings import load
from eoscperf.testing.api import ENTITLEMENT, ApiClient
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer

SUPPORT = "support@example.org"
UNDO = datetime.timedelta(minutes=10)
TEXT = {"message": "It names one socket but used two."}


@pytest.fixture(scope="session")
def issuer():
    with TestIssuer() as issuer:
        issuer.public_keys()
        yield issuer


@pytest.fixture(scope="session")
def settings(issuer, tmp_path_factory):
    return issuer.ini() | {
        "var": str(tmp_path_factory.mktemp("var")),
        "secret": "a secret for tests",
        "public_url": "https://perf.example.org",
        "admin_entitlements": ENTITLEMENT,
        "eoscperf.plugins": "mail",
        "mail.from": "Benchmarks <noreply@perf.example.org>",
        "mail.support": SUPPORT,
        "metrics": "on",
    }


@pytest.fixture(scope="session")
def shared_app(engine, settings):
    url = engine.url.render_as_string(hide_password=False)
    app = eoscperf.main({}, **settings | {"sqlalchemy.url": url, "eoscperf.engine": engine})
    yield app
    app.registry["eoscperf.bearer"].close()


@pytest.fixture
def app(shared_app, connection, monkeypatch):
    sessions = orm.sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
    monkeypatch.setitem(shared_app.registry, "dbsession_factory", sessions)
    return shared_app


@pytest.fixture
def set_setting(app, monkeypatch):
    return lambda key, value: monkeypatch.setitem(app.registry.settings, key, value)


@pytest.fixture
def make(session, issuer):
    return Make(session, iss=issuer.url)


@pytest.fixture
def api(app, issuer, make):
    return ApiClient(app, issuer, make)


@pytest.fixture
def outbox(app, session):
    return Mails(session, app.registry.settings)


class Mails:
    """The outbox as a test looks at it."""

    def __init__(self, session, settings):
        self._session, self._settings = session, settings

    def rows(self, *, kind=None, to=None):
        self._session.expire_all()
        rows = self._session.query(OutboxMail).order_by(OutboxMail.created_datetime, OutboxMail.id)
        return [r for r in rows if kind in (None, r.kind) and to in (None, r.recipient or r.copy_to)]

    def one(self, **wanted):
        (row,) = self.rows(**wanted)
        return row

    def message(self, row):
        return compose(row, self._settings)

    def text(self, row):
        return self.message(row).get_content()


def held(row):
    """How long a mail is held back."""
    return row.due_datetime - row.created_datetime


class TestWhichMails:
    def test_a_registration_is_welcomed(self, api, outbox):
        api.post("/users:register", as_="stranger", status=201)
        row = outbox.one()
        message = outbox.message(row)
        assert message["To"] == "stranger@example.org"
        assert message["Cc"] is None
        assert message["Subject"] == "Thank you for registering"
        assert "complete" in message.get_content()
        assert not held(row)

    def test_a_new_api_token_is_told_to_its_owner_without_the_token(self, api, outbox):
        body = {"name": "nightly", "scopes": ["read"]}
        made = api.post("/users/self/tokens", body, as_="ann", status=201).json
        token, row = made["token"], outbox.one()
        message = outbox.message(row)
        assert (message["To"], message["Cc"]) == ("ann@example.org", None)
        assert message["Subject"] == "An API token was made: nightly"
        assert token[:10] in message.get_content()
        assert f"eoscperf tokens revoke {made['id']}" in message.get_content()
        assert token[10:] not in row.facts + message.get_content()
        assert not held(row)

    def test_a_new_role_is_told(self, api, outbox):
        ann = api.make.user("ann")
        params = {"sub": "ann", "iss": ann.iss}
        body = {"role": "reader", "message": "As you wished."}
        api.post("/users:role", body, params=params, as_="admin", status=204)
        message = outbox.message(outbox.one())
        assert (message["To"], message["Subject"]) == ("ann@example.org", "Your role was changed")
        assert "may only read" in message.get_content()
        assert "As you wished." in message.get_content()

    def test_a_new_address_is_told_to_both(self, api, outbox):
        token = api.token("user", email="new@example.org")
        api.post("/users/self:update", token=token, status=204)
        assert {row.recipient for row in outbox.rows(kind="email_updated")} == {
            "user@example.org",
            "new@example.org",
        }
        assert outbox.message(outbox.rows()[0])["Subject"] == "Your user information was updated"

    def test_the_same_address_is_told_once(self, api, outbox):
        api.post("/users/self:update", as_="user", status=204)
        assert outbox.one().recipient == "user@example.org"

    def test_a_submission_is_confirmed(self, api, outbox):
        site = api.post("/sites", {"name": "New", "address": "new.example.org"}, as_="ann").json
        message = outbox.message(outbox.one())
        assert (message["To"], message["Cc"]) == ("ann@example.org", SUPPORT)
        assert message["Subject"] == f"New site resource submitted: {site['id']}"
        assert message["Resource-ID"] == site["id"]
        text = message.get_content()
        assert "site New" in text
        assert "will be reviewed" in text
        assert f"https://perf.example.org/api/v1/sites/{site['id']}" in text

    @pytest.mark.parametrize("kind", ["site", "benchmark", "flavor"])
    @pytest.mark.parametrize(
        ("verb", "before", "subject"),
        [
            (":approve", "on_review", "Resource approved"),
            (":reject", "on_review", "Resource rejected"),
            ("", "approved", "Resource deleted"),
            (":restore", "deleted", "Resource restored"),
        ],
    )
    def test_a_decision_is_told_once_it_cannot_be_undone(
        self, api, make, outbox, kind, verb, before, subject
    ):
        item = getattr(make, kind)(status=before, uploader=api.person("ann"))
        path = f"/{kind}s/{item.id}{verb}"
        if verb:
            api.post(path, {"message": "Because."}, as_="admin", status=204)
        else:
            api.delete(path, {"message": "Because."}, as_="admin", status=204)
        row = outbox.one()
        message = outbox.message(row)
        assert (message["To"], message["Cc"]) == ("ann@example.org", SUPPORT)
        assert message["Subject"] == f"{subject}: {item.id}"
        assert message["Resource-ID"] == str(item.id)
        text = message.get_content()
        assert f"{kind} {item.name}" in text
        assert "> Because." in text
        assert (SUPPORT in text) == (verb == ":reject")
        assert UNDO <= held(row) <= UNDO * 2

    def test_without_undo_nothing_is_held(self, api, make, outbox, set_setting):
        set_setting("moderation.undo_minutes", 0)
        api.post(f"/sites/{make.site(status='on_review').id}:approve", as_="admin")
        assert not held(outbox.one())

    def test_flavors_are_mentioned_where_their_site_is(self, api, make, outbox):
        site = make.site(uploader=api.person("ann"))
        mine = make.flavor(site=site, uploader=api.person("ann"))
        others = [make.flavor(site=site, uploader=api.person("bob")) for _ in range(2)]
        api.delete(f"/sites/{site.id}", as_="admin")
        ann, bob = outbox.one(to="ann@example.org"), outbox.one(to="bob@example.org")
        assert outbox.message(ann)["Resource-ID"] == str(site.id)
        assert str(mine.id) in outbox.text(ann)
        assert all(str(flavor.id) in outbox.text(bob) for flavor in others)

    def test_a_claim_is_told_to_the_uploader_without_the_claimant(self, api, make, outbox):
        result = make.result(uploader=api.person("ann"))
        claim = api.post(f"/results/{result.id}:claim", TEXT, as_="claimant").json
        row = outbox.one()
        message = outbox.message(row)
        assert (message["To"], message["Cc"]) == ("ann@example.org", SUPPORT)
        assert message["Subject"] == f"Claim submitted on result: {result.id}"
        assert (message["Result-ID"], message["Claim-ID"]) == (str(result.id), claim["id"])
        assert "> " + TEXT["message"] in message.get_content()
        assert "hidden" in message.get_content()
        claimant = api.person("claimant")
        for hint in (claimant.email, claimant.sub, str(claimant.id)):
            assert hint not in message.as_string()
            assert hint not in row.facts
        assert not held(row)

    def test_an_approved_claim_is_told_to_uploader_and_claimants(self, api, make, outbox):
        result = make.result(uploader=api.person("ann"))
        claim = make.claim(result, uploader=api.person("claimant"))
        make.claim(result, uploader=api.person("other"))
        api.post(f"/reports/claims/{claim.id}:approve", {"message": "Right."}, as_="admin")
        removed = outbox.one(to="ann@example.org")
        message = outbox.message(removed)
        assert message["Subject"] == f"Result removed: {result.id}"
        assert message["Result-ID"] == str(result.id)
        assert "> Right." in message.get_content()
        assert "claimant" not in message.as_string()
        approved = outbox.message(outbox.one(to="claimant@example.org"))
        assert approved["Subject"] == f"Resource approved: {claim.id}"
        assert str(result.id) in approved.get_content()
        assert outbox.one(to="other@example.org").kind == "resource_approved"
        assert all(held(row) >= UNDO for row in outbox.rows())
        assert len(outbox.rows()) == 3

    def test_deleting_a_result_tells_uploader_and_claimants(self, api, make, outbox):
        result = make.result(uploader=api.person("ann"))
        make.claim(result, uploader=api.person("claimant"))
        api.delete(f"/results/{result.id}", as_="admin")
        assert {(r.kind, r.recipient) for r in outbox.rows()} == {
            ("result_removed", "ann@example.org"),
            ("resource_approved", "claimant@example.org"),
        }

    @pytest.mark.parametrize("how", ["claim", "result"])
    def test_that_a_result_will_not_come_back_with_its_site_is_told_as_a_removal(
        self, api, make, outbox, how
    ):
        result = make.result(uploader=api.person("ann"))
        claim = make.claim(result, uploader=api.person("bob"))
        api.delete(f"/sites/{result.site_id}", as_="admin")
        there = {row.id for row in outbox.rows()}
        if how == "claim":
            api.post(f"/reports/claims/{claim.id}:approve", {"message": "Right."}, as_="admin")
        else:
            api.delete(f"/results/{result.id}", {"message": "Right."}, as_="admin")
        more = [row for row in outbox.rows() if row.id not in there]
        assert sorted((row.kind, row.recipient) for row in more) == [
            ("resource_approved", "bob@example.org"),
            ("result_removed", "ann@example.org"),
        ]
        assert all("Right." in outbox.text(row) and held(row) for row in more)

    def test_a_rejected_claim_is_told_and_the_return_of_the_result(self, api, make, outbox):
        result = make.result(uploader=api.person("ann"))
        first, second = (make.claim(result, uploader=api.person(who)) for who in ("bob", "eve"))
        api.post(f"/reports/claims/{first.id}:reject", {"message": "No."}, as_="admin")
        assert [row.recipient for row in outbox.rows()] == ["bob@example.org"]
        assert SUPPORT in outbox.text(outbox.one())
        api.post(f"/reports/claims/{second.id}:reject", {"message": "No."}, as_="admin")
        message = outbox.message(outbox.one(to="ann@example.org"))
        assert message["Subject"] == f"Result restored: {result.id}"
        assert "listed again" in message.get_content()
        assert "> No." in message.get_content()

    def test_a_withdrawn_claim_brings_the_result_back(self, api, make, outbox):
        result = make.result(uploader=api.person("ann"))
        claim = make.claim(result, uploader=api.person("bob"))
        api.post(f"/reports/claims/{claim.id}:withdraw", {"message": "My mistake."}, as_="bob")
        row = outbox.one()
        assert (row.kind, row.recipient) == ("result_restored", "ann@example.org")
        assert "> My mistake." in outbox.message(row).get_content()
        assert "bob@" not in outbox.text(row)
        assert not held(row)

    def test_a_restored_result_is_told_if_it_is_visible(self, api, make, outbox):
        seen = make.result(uploader=api.person("ann"), removed=True)
        unseen = make.result(uploader=api.person("ann"), removed=True, withdrawn=True)
        for result in (seen, unseen):
            api.post(f"/results/{result.id}:restore", as_="admin", status=204)
        assert outbox.message(outbox.one())["Result-ID"] == str(seen.id)

    def test_uploaders_of_results_get_one_mail_about_all_that_went_with_a_parent(self, api, make, outbox):
        benchmark = make.benchmark(uploader=api.person("owner"))
        ann = [make.result(benchmark=benchmark, uploader=api.person("ann")) for _ in range(3)]
        bob = make.result(benchmark=benchmark, uploader=api.person("bob"))
        api.delete(f"/benchmarks/{benchmark.id}", {"message": "Broken."}, as_="admin")
        text = outbox.text(outbox.one(to="ann@example.org"))
        assert all(str(result.id) in text for result in ann)
        assert str(bob.id) not in text
        assert benchmark.name in text
        assert "> Broken." in text
        assert outbox.message(outbox.one(to="bob@example.org"))["Subject"] == f"Result removed: {bob.id}"
        assert outbox.one(to="owner@example.org").kind == "resource_deleted"

    def test_when_the_uploader_is_gone_only_the_support_is_told(self, api, make, outbox, set_setting):
        site = make.site(status="on_review", uploader=api.person("ann"))
        api.post("/users:remove?sub=ann", as_="admin")
        api.post(f"/sites/{site.id}:approve", as_="admin")
        message = outbox.message(outbox.one(kind="resource_approved"))
        assert (message["To"], message["Cc"]) == (SUPPORT, None)
        set_setting("mail.support", "")
        api.delete(f"/sites/{site.id}", as_="admin")
        assert outbox.rows(kind="resource_deleted") == []

    def test_mails_that_wait_lose_the_address_of_a_removed_account(self, api, make, outbox):
        api.post("/sites", {"name": "New", "address": "new.example.org"}, as_="ann")
        api.post("/users/self:update", as_="ann")
        api.post("/users:remove?sub=ann", as_="admin")
        assert [(r.kind, r.status) for r in outbox.rows()] == [
            ("resource_submitted", "waiting"),
            ("email_updated", "cancelled"),
        ]
        assert all(row.recipient is None and row.user_id is None for row in outbox.rows())

    def test_the_support_gets_one_mail_about_its_own(self, api, outbox, make):
        support = make.user("support", email=SUPPORT)
        api.post("/sites", {"name": "New", "address": "new.example.org"}, as_=support)
        message = outbox.message(outbox.one())
        assert (message["To"], message["Cc"]) == (SUPPORT, None)

    def test_an_address_that_is_none_gets_nothing(self, api, outbox, make):
        odd = make.user("odd", email="a@b.example>, <victim@example.org")
        api.post("/sites", {"name": "New", "address": "new.example.org"}, as_=odd)
        assert outbox.message(outbox.one())["To"] == SUPPORT

    def test_what_fails_sends_nothing(self, api, make, outbox):
        site = make.site()
        api.post("/sites", {"name": site.name, "address": "x"}, as_="ann", status=409)
        api.post(f"/sites/{site.id}:approve", as_="admin", status=422)
        assert outbox.rows() == []

    def test_uploading_a_result_or_a_tag_sends_nothing(self, api, make, outbox):
        result = make.result()
        query = {
            "execution_datetime": "2024-05-01T12:00:00Z",
            "benchmark_id": str(result.benchmark_id),
            "flavor_id": str(result.flavor_id),
        }
        api.post("/results", {"time": 1}, params=query, as_="ann", status=201)
        api.post("/tags", {"name": "new"}, as_="ann", status=201)
        assert outbox.rows() == []


class TestFigures:
    def test_mails_are_counted_by_state(self, api, make, outbox):
        api.post("/sites", {"name": "New", "address": "new.example.org"}, as_="ann")
        outbox.one().status = "failed"
        make.session.commit()
        api.post("/sites", {"name": "Other", "address": "other.example.org"}, as_="ann")
        figures = api.get("/metrics", root=True).text
        assert 'eoscperf_mails{status="failed"} 1.0' in figures
        assert 'eoscperf_mails{status="waiting"} 1.0' in figures
        assert 'eoscperf_mails{status="sent"} 0.0' in figures
        assert "ann" not in figures

    def test_figures_are_served_without_a_database(self, api, app, monkeypatch):
        nowhere = orm.sessionmaker(bind=make_engine("sqlite:////nowhere/at/all.sqlite"))
        monkeypatch.setitem(app.registry, "dbsession_factory", nowhere)
        figures = api.get("/metrics", root=True, status=200).text
        assert "eoscperf_info" in figures
        assert "eoscperf_mails" not in figures


class TestUndoneDecisions:
    @pytest.fixture
    def undo(self, api, session):
        def undo(**wanted):
            entry = session.query(LogEntry).filter_by(**wanted).order_by(LogEntry.id.desc()).first()
            api.post(f"/reports/log/{entry.id}:undo", as_="admin", status=204)

        return undo

    def statuses(self, outbox):
        return {row.status for row in outbox.rows()}

    def test_all_that_a_deletion_held_is_dropped(self, api, make, outbox, undo):
        site = make.site(uploader=api.person("ann"))
        flavor = make.flavor(site=site, uploader=api.person("bob"))
        make.result(flavor=flavor, uploader=api.person("eve"))
        api.delete(f"/sites/{site.id}", as_="admin")
        assert len(outbox.rows()) == 3
        undo(action="delete", resource_type="site")
        assert self.statuses(outbox) == {"cancelled"}
        assert len(outbox.rows()) == 3

    @pytest.mark.parametrize("verb", ["approve", "reject"])
    def test_so_is_what_a_decision_about_a_claim_held(self, api, make, outbox, undo, verb):
        claim = make.claim(make.result(), uploader=api.person("bob"))
        api.post(f"/reports/claims/{claim.id}:{verb}", as_="admin")
        assert len(outbox.rows()) == 2
        undo(action=f"claim_{verb}", resource_type="claim")
        assert self.statuses(outbox) == {"cancelled"}

    def test_and_a_removal_or_restore_of_a_result(self, api, make, outbox, undo):
        result = make.result()
        api.delete(f"/results/{result.id}", as_="admin")
        undo(action="delete")
        assert self.statuses(outbox) == {"cancelled"}
        api.delete(f"/results/{result.id}", as_="admin")
        api.post(f"/results/{result.id}:restore", as_="admin")
        undo(action="restore")
        assert [(r.kind, r.status) for r in outbox.rows()] == [
            ("result_removed", "cancelled"),
            ("result_removed", "waiting"),
            ("result_restored", "cancelled"),
        ]

    def test_results_that_go_again_with_an_undone_restore_are_not_told_again(self, api, make, outbox, undo):
        result = make.result()
        benchmark = f"/benchmarks/{result.benchmark_id}"
        api.delete(benchmark, as_="admin")
        api.post(f"{benchmark}:restore", as_="admin")
        undo(action="restore")
        assert len(outbox.rows(kind="result_removed")) == 1
        assert outbox.one(kind="resource_restored").status == "cancelled"

    def test_other_mails_stay(self, api, make, outbox, undo):
        api.post("/sites", {"name": "New", "address": "new.example.org"}, as_="ann")
        api.post(f"/sites/{make.site(status='on_review').id}:approve", as_="admin")
        undo(action="approve")
        assert outbox.one(kind="resource_submitted").status == "waiting"


class Sink:
    """An SMTP server that keeps what it takes; it refuses the addresses in `refused`."""

    def __init__(self):
        self.taken = []
        self.refused = set()
        sink = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self):
                self.say("220 sink")
                receivers = []
                while line := self.rfile.readline():
                    verb = line.decode().strip()
                    if verb.upper().startswith("RCPT"):
                        address = verb.partition("<")[2].partition(">")[0]
                        if address in sink.refused:
                            self.say("450 not now")
                        else:
                            receivers.append(address)
                            self.say("250 ok")
                    elif verb.upper() == "DATA":
                        self.say("354 go on")
                        sink.taken.append((receivers, self.data()))
                        receivers = []
                        self.say("250 taken")
                    elif verb.upper() == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def say(self, text):
                self.wfile.write(text.encode() + b"\r\n")

            def data(self):
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b"."))
                return email.message_from_bytes(b"".join(lines), policy=email.policy.default)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def live(fresh_database_url):
    """A database where what is committed stays."""
    engine = make_engine(fresh_database_url)
    with orm.Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def mail(live):
    """Puts a mail into the outbox, due a second ago."""

    def mail(**fields):
        now = utcnow()
        given = {
            "id": uuid.uuid4(),
            "kind": "user_welcome",
            "facts": "{}",
            "recipient": "ann@example.org",
            "message_id": f"<{uuid.uuid4()}@perf.example.org>",
            "due_datetime": now - datetime.timedelta(seconds=1),
            "expires_datetime": now + datetime.timedelta(days=3),
        }
        row = OutboxMail(**given | fields)
        live.add(row)
        live.commit()
        return row

    return mail


@pytest.fixture
def configured(live, settings, sink):
    raw = settings | {
        "sqlalchemy.url": live.get_bind().url.render_as_string(hide_password=False),
        "mail.host": "127.0.0.1",
        "mail.port": str(sink.port),
        "mail.starttls": "off",
        "mail.interval": "0.05",
    }
    return load(raw, {})


@pytest.fixture
def sender(live, configured):
    return Sender(orm.sessionmaker(bind=live.get_bind()), configured)


def again(live, row, **fields):
    """Make a mail due now, as if its time had come."""
    live.refresh(row)
    row.due_datetime = utcnow() - datetime.timedelta(seconds=1)
    for name, value in fields.items():
        setattr(row, name, value)
    live.commit()


class TestSending:
    def test_a_mail_reaches_recipient_and_copy(self, live, mail, sender, sink):
        row = mail(
            copy_to=SUPPORT,
            kind="result_restored",
            facts=jsontext.dumps({"id": "r-1", "message": "Grüße\n.\n."}),
        )
        assert sender.send_due() == 1
        live.refresh(row)
        assert (row.status, row.attempts, row.last_error) == ("sent", 1, None)
        assert row.sent_datetime is not None
        ((receivers, message),) = sink.taken
        assert receivers == ["ann@example.org", SUPPORT]
        assert message["From"] == "Benchmarks <noreply@perf.example.org>"
        assert (message["To"], message["Cc"]) == ("ann@example.org", SUPPORT)
        assert message["Message-ID"] == row.message_id
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"].datetime == row.created_datetime.replace(microsecond=0)
        assert message["Result-ID"] == "r-1"
        assert message.get_content_type() == "text/plain"
        assert "> Grüße\n> .\n> ." in message.get_content().replace("\r\n", "\n")

    def test_what_is_not_due_or_dropped_stays(self, mail, sender, sink):
        mail(due_datetime=utcnow() + datetime.timedelta(hours=1))
        mail(status="cancelled")
        mail(status="sent")
        mail(status="failed")
        assert sender.send_due() == 0
        assert sink.taken == []

    def test_a_failure_is_tried_again_with_growing_pauses_as_the_same_mail(self, live, mail, sender, sink):
        row = mail()
        sink.refused = {"ann@example.org"}
        pauses = []
        for _ in range(9):
            assert sender.send_due() == 1
            live.refresh(row)
            pauses.append(round((row.due_datetime - utcnow()) / datetime.timedelta(minutes=1)))
            assert row.status == "waiting"
            assert "450" in row.last_error
            assert sender.send_due() == 0
            again(live, row)
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        sink.refused = set()
        assert sender.send_due() == 1
        ((_, message),) = sink.taken
        assert message["Message-ID"] == row.message_id

    def test_after_three_days_it_is_kept_as_failed(self, live, mail, sender, sink):
        row = mail(expires_datetime=utcnow() - datetime.timedelta(seconds=1))
        sink.refused = {"ann@example.org"}
        sender.send_due()
        live.refresh(row)
        assert row.status == "failed"

    def test_a_late_mail_gets_its_first_attempt(self, live, mail, sender):
        row = mail(expires_datetime=utcnow() - datetime.timedelta(days=1))
        sender.send_due()
        live.refresh(row)
        assert row.status == "sent"

    def test_only_those_not_reached_are_tried_again(self, live, mail, sender, sink):
        row = mail(copy_to=SUPPORT)
        sink.refused = {"ann@example.org"}
        sender.send_due()
        sink.refused = set()
        again(live, row)
        sender.send_due()
        live.refresh(row)
        assert row.status == "sent"
        assert [receivers for receivers, _ in sink.taken] == [[SUPPORT], ["ann@example.org"]]
        assert len({message["To"] for _, message in sink.taken}) == 1

    def test_a_server_that_is_away_loses_nothing(self, live, mail, sender, configured):
        with contextlib.closing(Sink()) as gone:
            port = gone.port
        away = Sender(orm.sessionmaker(bind=live.get_bind()), configured | {"mail.port": port})
        row = mail()
        away.send_due()
        live.refresh(row)
        assert (row.status, row.attempts) == ("waiting", 1)

    def test_a_server_without_encryption_gets_nothing_unless_allowed(self, live, mail, configured, sink):
        strict = Sender(orm.sessionmaker(bind=live.get_bind()), configured | {"mail.starttls": True})
        row = mail()
        strict.send_due()
        live.refresh(row)
        assert row.status == "waiting"
        assert sink.taken == []

    def test_one_broken_mail_does_not_stop_the_others(self, live, mail, sender, sink):
        broken = mail(facts="[]", kind="result_restored")
        good = mail()
        assert sender.send_due() == 2
        live.refresh(broken)
        live.refresh(good)
        assert (broken.status, good.status) == ("waiting", "sent")

    def test_what_a_dead_sender_had_taken_is_sent_by_the_next(self, live, mail, sender, sink):
        row = mail(status="sending", attempts=1)
        sender.send_due()
        live.refresh(row)
        assert (row.status, row.attempts) == ("sent", 2)

    def test_two_senders_do_not_send_the_same_mail(self, live, mail, configured, sink):
        for _ in range(20):
            mail()
        senders = [Sender(orm.sessionmaker(bind=live.get_bind()), configured) for _ in range(2)]
        threads = [threading.Thread(target=sender.send_due) for sender in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sent = [message["Message-ID"] for _, message in sink.taken]
        assert len(sent) == len(set(sent)) == 20

    def test_what_is_cancelled_in_the_meantime_is_not_called_sent(self, live, mail, configured):
        row = mail()

        def transport(message, envelope_sender, receivers):
            again(live, row, status="cancelled")
            return {}

        Sender(orm.sessionmaker(bind=live.get_bind()), configured, transport).send_due()
        live.refresh(row)
        assert row.status == "cancelled"

    def test_without_a_server_mails_go_to_the_log(self, live, mail, configured, sink, caplog):
        row = mail()
        with caplog.at_level(logging.INFO, logger="eoscperf.plugins.mail"):
            Sender(orm.sessionmaker(bind=live.get_bind()), configured | {"mail.host": ""}).send_due()
        live.refresh(row)
        assert row.status == "sent"
        assert sink.taken == []
        assert "Thank you for registering" in caplog.text

    def test_the_thread_of_the_application_sends(self, live, mail, settings, configured, sink):
        taken = threading.Event()
        row = mail()
        raw = settings | {
            "sqlalchemy.url": configured["sqlalchemy.url"],
            "mail.host": "127.0.0.1",
            "mail.port": str(sink.port),
            "mail.starttls": "off",
            "mail.interval": "0.05",
            "mail.sender": "on",
        }
        app = eoscperf.main({}, **raw)
        try:
            for _ in range(600):
                live.refresh(row)
                live.rollback()
                if row.status == "sent":
                    break
                taken.wait(0.05)
            assert row.status == "sent"
        finally:
            app.registry["mail.sender"].stop()
            app.registry["dbengine"].dispose()
            app.registry["eoscperf.bearer"].close()
        assert not any(thread.name == "mail-sender" and thread.is_alive() for thread in threading.enumerate())

    def test_no_thread_is_started_unless_asked_for(self, shared_app):
        assert "mail.sender" not in shared_app.registry


class TestAddresses:
    @pytest.mark.parametrize(
        "text", [None, "", "ann", "a b@example.org", "a@b@example.org", "a@x>, <b@y", "a@b,c@d"]
    )
    def test_what_is_not_one_address_is_none(self, text):
        assert address(text) is None

    @pytest.mark.parametrize("text", ["demo@demo.invalid", "demo@INVALID"])
    def test_addresses_reserved_for_nobody_get_no_mail(self, text):
        assert address(text) is None

    def test_a_domain_that_only_ends_alike_gets_mail(self):
        assert address("ann@notinvalid.example") is not None

    def test_domains_of_other_scripts_are_written_for_the_wire(self):
        assert address("ann@bücher.example").addr_spec == "ann@xn--bcher-kva.example"

    @pytest.mark.parametrize(("key", "value"), [("mail.from", "nobody"), ("mail.support", "a@b, c@d")])
    def test_wrong_settings_stop_the_start(self, settings, key, value):
        with pytest.raises(ConfigurationError, match=key):
            load(settings | {"sqlalchemy.url": "sqlite://", key: value}, {})


def test_every_kind_of_mail_is_written_in_plain_sentences(settings):
    facts = {
        "type": "site",
        "name": "A site",
        "id": "i-1",
        "ids": ["i-1"],
        "message": None,
        "result_id": "r-1",
        "claim_id": "c-1",
        "claim": "No.",
        "reason": "wrong_place",
        "from_role": "user",
        "to_role": "admin",
        "subject": "Something happened",
        "paragraphs": ["It did."],
        "link": "",
        "hint": "eoscp_abc",
        "scopes": ["read"],
        "until": "2025-03-02 14:10 UTC",
    }
    loaded = load(settings | {"sqlalchemy.url": "sqlite://", "public_url": ""}, {})
    for kind in KINDS:
        mail = OutboxMail(
            kind=kind,
            facts=jsontext.dumps(facts),
            recipient="ann@example.org",
            message_id="<1@x>",
            created_datetime=utcnow(),
        )
        text = compose(mail, loaded).get_content()
        assert text.strip().endswith((".", "says:", "> No."))
        assert "None" not in text
