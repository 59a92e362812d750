"""Becoming somebody, forgetting the password, moving to another address: everything that goes by mail."""

from __future__ import annotations

import datetime
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from eoscperf.ciupload.models import TrustRule
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.models import OneTimeLink, Passkey, RecoveryCode
from eoscperf.plugins.accounts.people.session import COOKIE
from eoscperf.plugins.accounts.provider.models import Authorization, Grant, OAuthClient
from eoscperf.plugins.mail.models import OutboxMail
from eoscperf.tokens.models import ApiToken
from eoscperf.users.models import User
from tests.plugins.accounts.people.conftest import PASSWORD, fault_of
from tests.plugins.accounts.people.test_login import Statements, same_text

NEW = "other words, quite as long"


def fresh():
    return f"new-{uuid.uuid4().hex[:12]}@example.org"


def parts(link):
    """The page of a link and the secret that its form sends."""
    path, _, query = link.partition("?")
    name, _, secret = query.partition("=")
    return path, {name: secret}


def follow(browser, link, *, status=303, **fields):
    """Send the form of the page that a link leads to."""
    path, secret = parts(link)
    return browser.post(path, **secret, **fields, status=status)


def ask(installation, email, page="signup"):
    installation.browser().post(f"/accounts/{page}", email=email)
    return installation.link(email)


class TestSigningUp:
    def test_takes_an_address_a_mail_and_a_password(self, installation, browser):
        email = fresh()
        answer = browser.post("/accounts/signup", email=email)
        assert "Look at your mails" in browser.get(answer.location)
        assert installation.identity(email) is None
        link = installation.link(email)
        assert email in browser.get(link)
        follow(browser, link, name="Ann", password=PASSWORD)
        assert "Welcome" in browser.get("/accounts")
        made = installation.identity(email)
        assert (made.name, made.email_verified) == ("Ann", True)
        installation.browser().log_in(email)

    def test_stores_no_address_before_the_mail_was_read_but_in_the_link(self, installation, browser):
        """Nobody can prepare an account that somebody else then takes over."""
        email = fresh()
        browser.post("/accounts/signup", email=email)
        browser.log_in(email, status=422)
        with installation.session() as session:
            [link] = session.scalars(sa.select(OneTimeLink).where(OneTimeLink.email == email)).all()
            assert link.kind == "signup"
            assert link.identity_id is None

    def test_answers_alike_whether_there_is_an_account_or_not(self, installation):
        person, stranger = installation.someone(), fresh()
        answers, work = [], []
        for email in (person.email, stranger):
            browser = installation.browser()
            assert browser.token
            with Statements(installation.registry["dbengine"]) as statements:
                answers.append(browser.post("/accounts/signup", email=email))
            work.append(sorted(_kind(statement) for statement in statements.kinds))
        assert answers[0].location == answers[1].location
        assert answers[0].body == answers[1].body
        assert work[0] == work[1]
        assert installation.mails(person.email)[-1]["subject"] == "You have an account already"
        assert "link=" not in installation.mails(person.email)[-1]["link"]

    @pytest.mark.parametrize(
        "address", ["", "ann", "@example.org", "ann@example.org\nBcc: b@example.org", "ä@ö.de"]
    )
    def test_takes_no_address_that_is_none(self, browser, address):
        browser.post("/accounts/signup", email=address, status=422)

    @pytest.mark.parametrize(
        ("mode", "sentence"),
        [
            ("invited", "takes an invitation"),
            ("administrator", "made by administrators"),
            ("off", "no new accounts"),
        ],
    )
    def test_is_open_only_where_it_is_set_so(self, installation, browser, set_mode, mode, sentence):
        link = ask(installation, fresh())
        set_mode(mode)
        assert sentence in browser.get("/accounts/signup")
        assert sentence in browser.post("/accounts/signup", email=fresh(), status=200)
        # What was mailed while it was open does not open it again.
        assert follow(browser, link, password=PASSWORD, status=409)

    def test_keeps_what_was_typed_when_the_password_is_bad(self, installation, browser):
        link = ask(installation, fresh())
        answer = follow(browser, link, name="Ann", password="password123", status=422)
        assert "first that others would try" in fault_of(answer)
        assert 'value="Ann"' in answer
        follow(browser, link, name="Ann", password=PASSWORD)

    def test_is_refused_when_the_address_has_got_an_account_meanwhile(self, installation, browser):
        email = fresh()
        one, other = ask(installation, email), ask(installation, email)
        follow(browser, one, password=PASSWORD)
        answer = follow(installation.browser(), other, password=NEW, status=409)
        assert "already" in fault_of(answer)
        installation.browser().log_in(email)


class TestInvitations:
    def invite(self, installation, browser, **body):
        admin = installation.someone(admin=True)
        headers = installation.token(admin.email)
        made = browser.app.post_json("/api/v1/accounts/invitations", body, headers=headers, status=201).json
        return made, re.sub(r"^http://localhost", "", made["link"]), headers

    def test_for_an_address_need_name_and_password_only(self, installation, browser, set_mode):
        set_mode("invited")
        email = fresh()
        made, link, headers = self.invite(installation, browser, email=email)
        assert installation.link(email) == link
        assert email in browser.get(link)
        follow(browser, link, name="Bob", password=PASSWORD)
        identity = installation.identity(email)
        listed = browser.app.get("/api/v1/accounts/invitations", headers=headers).json["items"]
        [entry] = [entry for entry in listed if entry["id"] == made["id"]]
        assert entry["identity_id"] == str(identity.id)
        assert "link" not in entry

    def test_for_whoever_has_the_link_need_an_address_that_is_read(self, installation, browser, set_mode):
        set_mode("invited")
        _, link, _ = self.invite(installation, browser)
        email = fresh()
        follow(browser, link, email=email)
        follow(browser, installation.link(email), password=PASSWORD)
        assert installation.identity(email) is not None
        # Who was faster has it; a second one has not.
        follow(installation.browser(), link, email=fresh(), status=404)

    def test_let_in_one_person_only_even_if_two_have_asked(self, installation, browser, set_mode):
        set_mode("invited")
        _, link, _ = self.invite(installation, browser)
        emails = fresh(), fresh()
        for email in emails:
            follow(browser, link, email=email)
        follow(installation.browser(), installation.link(emails[0]), password=PASSWORD)
        follow(installation.browser(), installation.link(emails[1]), password=PASSWORD, status=404)
        assert installation.identity(emails[1]) is None

    def test_work_once_and_for_a_while(self, installation, browser, set_mode):
        set_mode("invited")
        _, link, _ = self.invite(installation, browser, email=fresh())
        installation.wait(days=13)
        follow(browser, link, password=PASSWORD)
        follow(installation.browser(), link, password=PASSWORD, status=404)
        _, late, _ = self.invite(installation, browser, email=fresh())
        installation.wait(days=14, seconds=1)
        browser.get(late, status=404)

    def test_can_be_withdrawn(self, installation, browser):
        made, link, headers = self.invite(installation, browser, email=fresh())
        address = f"/api/v1/accounts/invitations/{made['id']}"
        browser.app.delete(address, headers=headers, status=204)
        browser.app.delete(address, headers=headers, status=404)
        browser.get(link, status=404)

    def test_are_made_on_a_page_for_administrators_only(self, installation, browser):
        browser.log_in(installation.someone(registered=True).email)
        browser.get("/accounts/invitations", status=403)
        browser.post("/accounts/invitations", email=fresh(), status=403)
        admin = installation.browser()
        admin.log_in(installation.someone(admin=True).email)
        email = fresh()
        page = admin.post("/accounts/invitations", email=email, status=200)
        assert installation.link(email).split("=")[1] in page
        assert page.headers["Cache-Control"] == "no-store"
        assert email in admin.get("/accounts/invitations")
        wanted = re.search(r'name="invitation" value="([0-9a-f-]+)"', admin.get("/accounts/invitations").text)
        admin.post("/accounts/invitations/withdraw", invitation=wanted.group(1))

    @pytest.mark.parametrize("mode", ["administrator", "off"])
    def test_are_not_given_out_where_they_are_not_wanted(self, installation, browser, set_mode, mode):
        _, link, headers = self.invite(installation, browser, email=fresh())
        set_mode(mode)
        browser.app.post_json("/api/v1/accounts/invitations", {}, headers=headers, status=409)
        browser.get(link, status=409)


class TestAForgottenPassword:
    def test_is_replaced_with_a_mail(self, installation, browser):
        person = installation.someone()
        other = installation.browser()
        other.log_in(person.email)
        answer = browser.post("/accounts/recover", email=person.email.upper())
        assert "If there is an account" in browser.get(answer.location)
        link = installation.link(person.email)
        answer = follow(browser, link, password=NEW)
        assert "Your new password counts" in browser.get(answer.location)
        assert not browser.is_logged_in
        assert not other.is_logged_in
        installation.browser().log_in(person.email, PASSWORD, status=422)
        installation.browser().log_in(person.email, NEW)

    def test_does_not_go_around_the_second_factor(self, installation, browser):
        person = installation.someone(totp_datetime=installation.now)
        follow(browser, ask(installation, person.email, "recover"), password=NEW)
        assert "/login/code" in browser.log_in(person.email, NEW).location

    def test_is_answered_alike_whether_there_is_an_account_or_not(self, installation):
        """The same bytes, and the same statements in the same order; only the owner gets a mail."""
        person, stranger = installation.someone(), fresh()
        disabled = installation.someone(disabled_datetime=installation.now)
        answers, work = [], []
        for email in (person.email, stranger, disabled.email):
            browser = installation.browser()
            assert browser.token
            with Statements(installation.registry["dbengine"]) as statements:
                answers.append(browser.post("/accounts/recover", email=email))
            work.append([_kind(statement) for statement in statements.kinds])
        assert answers[0].location == answers[1].location == answers[2].location
        assert answers[0].body == answers[1].body == answers[2].body
        assert work[0] == work[1] == work[2]
        pages = [same_text(installation.browser().get(answer.location)) for answer in answers]
        assert pages[0] == pages[1]
        assert len(installation.mails(person.email)) == 1
        assert installation.mails(stranger) == installation.mails(disabled.email) == []

    def test_leaves_rows_alike_but_for_whom_they_are(self, installation):
        stranger = fresh()
        installation.browser().post("/accounts/recover", email=stranger)
        with installation.session() as session:
            [link] = session.scalars(sa.select(OneTimeLink).where(OneTimeLink.email == stranger)).all()
            assert (link.kind, link.identity_id) == ("nothing", None)
            query = (
                sa.select(OutboxMail)
                .where(OutboxMail.status == "cancelled")
                .order_by(OutboxMail.created_datetime.desc())
            )
            held = session.scalars(query).first()
            assert (held.recipient, held.facts) == (None, "{}")

    def test_of_a_directory_is_not_ours_to_change(self, installation, browser):
        person = installation.someone(password="", backend="directory", external_id=str(uuid.uuid4()))
        browser.post("/accounts/recover", email=person.email)
        [mail] = installation.mails(person.email)
        assert "directory" in mail["paragraphs"][0]
        assert mail["link"] == ""


class TestLinks:
    def test_work_once(self, installation, browser):
        person = installation.someone()
        link = ask(installation, person.email, "recover")
        for _ in range(2):
            browser.get(link, status=200)
        follow(browser, link, password=NEW)
        browser.get(link, status=404)
        follow(browser, link, password=PASSWORD, status=404)
        installation.browser().log_in(person.email, NEW)

    def test_work_once_even_when_used_at_the_same_time(self, installation):
        person = installation.someone()
        link = ask(installation, person.email, "recover")
        path, secret = parts(link)
        browsers = [installation.browser() for _ in range(4)]
        for browser in browsers:
            assert browser.token
        with ThreadPoolExecutor(4) as pool:
            found = list(
                pool.map(
                    lambda pair: (
                        pair[1].post(path, **secret, password=f"{NEW} {pair[0]}", status="*").status_int
                    ),
                    enumerate(browsers),
                )
            )
        assert sorted(found) == [303, 404, 404, 404]

    def test_expire(self, installation, browser):
        link = ask(installation, installation.someone().email, "recover")
        installation.wait(minutes=60)
        browser.get(link, status=404)
        follow(browser, link, password=NEW, status=404)

    def test_sent_before_are_void_once_one_was_used(self, installation, browser):
        person = installation.someone()
        one, other = (ask(installation, person.email, "recover") for _ in range(2))
        follow(browser, other, password=NEW)
        browser.get(one, status=404)

    def test_sent_before_are_void_once_the_password_was_changed(self, installation, browser):
        person = installation.someone()
        link = ask(installation, person.email, "recover")
        browser.log_in(person.email)
        browser.post("/accounts/password", current=PASSWORD, password=NEW)
        browser.get(link, status=404)

    def test_to_the_old_address_are_void_once_it_has_changed(self, installation, browser):
        person = installation.someone()
        link = ask(installation, person.email, "recover")
        change_email(installation, browser, person)
        browser.get(link, status=404)

    def test_are_not_good_for_something_else(self, installation, browser):
        """The form decides nothing: the link itself says what it is for."""
        person = installation.someone()
        browser.log_in(person.email)
        browser.post("/accounts/email", email=fresh())
        recover = ask(installation, person.email, "recover")
        _, secret = parts(recover)
        browser.post("/accounts/signup", invitation=secret["link"], status=404)
        follow(browser, recover, status=422)
        installation.browser().log_in(person.email)

    @pytest.mark.parametrize("secret", ["", "x", "x" * 5000, "ü", "%00"])
    def test_that_nobody_made_are_refused(self, browser, secret):
        browser.get("/accounts/verify", params={"link": secret}, status=404)
        browser.post("/accounts/verify", link=secret, password=NEW, status=404)

    def test_do_not_leave_with_the_referrer_and_are_stored_as_digests(self, installation, browser):
        person = installation.someone()
        link = ask(installation, person.email, "recover")
        page = browser.get(link)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        with installation.session() as session:
            found = session.scalars(sa.select(OneTimeLink).where(OneTimeLink.email == person.email)).one()
            assert found.secret_digest not in link
            assert parts(link)[1]["link"] not in found.secret_digest

    def test_name_the_host_of_the_settings_whoever_asks(self, installation, browser):
        person = installation.someone()
        fields = {"csrf_token": browser.token, "email": person.email}
        headers = {
            "Host": "evil.example.org",
            "X-Forwarded-Host": "evil.example.org",
            "Cookie": f"csrf_token={browser.cookies['csrf_token']}",
        }
        browser.app.post("/accounts/recover", fields, headers=headers, status=303)
        assert installation.mails(person.email)[-1]["link"].startswith("http://localhost/accounts/verify?")

    def test_are_not_written_to_the_log_unless_it_is_set_so(self, installation, browser, monkeypatch, caplog):
        person = installation.someone()
        with caplog.at_level("DEBUG"):
            browser.post("/accounts/recover", email=person.email)
        secret = parts(installation.link(person.email))[1]["link"]
        assert secret not in caplog.text
        monkeypatch.setitem(installation.settings, "accounts.log_links", True)
        with caplog.at_level("INFO"):
            browser.post("/accounts/recover", email=person.email)
            browser.post("/accounts/recover", email="nobody-here@example.org")
        assert parts(installation.link(person.email))[1]["link"] in caplog.text
        assert "nobody-here" not in caplog.text


def change_email(installation, browser, person, new=None):
    new = new or fresh()
    browser.log_in(person.email)
    browser.post("/accounts/email", email=new)
    follow(browser, installation.link(new))
    return new


CREDENTIALS = (Passkey, ApiToken, TrustRule, OAuthClient, Grant)
"""What opens an account, or acts for it, without the password; each has a name here."""


def add_credentials(installation, person, when):
    """One of each kind, made yesterday (`before`) or now, the client with a secret of now in any case."""
    made = installation.now - datetime.timedelta(days=when == "before")
    with installation.session() as session:
        user = session.scalars(sa.select(User).where(User.sub == str(person.id))).one()
        mine = {"identity_id": person.id, "created_datetime": made}
        client = OAuthClient(
            owner_id=person.id,
            name=when,
            scope="read upload",
            secret_digest=f"{when} {person.id}",
            secret_datetime=installation.now + datetime.timedelta(minutes=1),
            created_datetime=made,
        )
        session.add_all(
            [
                client,
                Passkey(**mine, credential_id=f"{when} {person.id}", public_key="", sign_count=0, name=when),
                Grant(**mine, client_id=f"{when} {person.id}", scope=when),
                RecoveryCode(identity_id=person.id, digest=when),
                ApiToken(
                    user_id=user.id,
                    name=when,
                    digest=f"{when} {person.id}",
                    hint="eoscp_",
                    scope="read",
                    created_datetime=made,
                    expires_datetime=made + datetime.timedelta(days=90),
                ),
                TrustRule(
                    owner_id=user.id,
                    issuer="https://ci.example.org",
                    repository="a/b",
                    repository_key="a/b",
                    workflow=when,
                    created_datetime=made,
                ),
            ]
        )
        session.flush()
        for holder in (person.id, None):
            session.add(
                Authorization(
                    identity_id=holder,
                    client_id=str(client.id),
                    scope="read",
                    created_datetime=made,
                    expires_datetime=made + datetime.timedelta(days=90),
                )
            )
        session.execute(
            sa.update(LocalIdentity)
            .where(LocalIdentity.id == person.id)
            .values(totp_secret="", totp_datetime=made)
        )
        session.commit()


def left_of(installation, person):
    """What of it is left, by kind."""
    with installation.session() as session:
        user = sa.select(User.id).where(User.sub == str(person.id)).scalar_subquery()
        named = {
            Passkey: (Passkey.name, Passkey.identity_id == person.id),
            ApiToken: (ApiToken.name, ApiToken.user_id == user),
            TrustRule: (TrustRule.workflow, TrustRule.owner_id == user),
            OAuthClient: (OAuthClient.name, OAuthClient.owner_id == person.id),
            Grant: (Grant.scope, Grant.identity_id == person.id),
        }
        return {
            kind: sorted(session.scalars(sa.select(name).where(mine))) for kind, (name, mine) in named.items()
        }


class TestAnotherAddress:
    def test_counts_once_it_was_read_and_the_old_one_is_told(self, installation, browser):
        person, new = installation.someone(), fresh()
        browser.log_in(person.email)
        browser.post("/accounts/email", email=new)
        assert installation.identity(new) is None
        follow(browser, installation.link(new))
        assert installation.identity(new).id == person.id
        assert new in browser.get("/accounts")
        told = installation.mails(person.email)[-1]
        assert new in told["paragraphs"][0]
        installation.browser().log_in(new)
        installation.browser().log_in(person.email, status=422)

    def test_is_taken_back_from_the_old_one_which_ends_all_sessions(self, installation, browser):
        person = installation.someone()
        new = change_email(installation, browser, person)
        undo = installation.link(person.email)
        owner = installation.browser()
        assert "Take your address back" in owner.get(undo)
        installation.wait(days=6)
        follow(owner, undo)
        assert installation.identity(person.email).id == person.id
        assert installation.identity(new) is None
        assert not browser.is_logged_in
        owner.get(undo, status=404)

    def test_is_taken_back_with_all_that_was_added_meanwhile(self, installation, browser):
        """Who has had the account for a while must be left with nothing that opens it."""
        person = installation.someone(registered=True)
        new = change_email(installation, browser, person)
        undo = installation.link(person.email)
        for when in ("before", "since"):
            add_credentials(installation, person, when)
        assert left_of(installation, person) == {kind: ["before", "since"] for kind in CREDENTIALS}
        warned = installation.mails(person.email)[-1]["paragraphs"]
        assert "removes the passkeys, one-time codes, OAuth clients, API tokens and trust rules" in warned[1]
        installation.wait(hours=1)
        owner = installation.browser()
        page = owner.get(undo)
        assert "API tokens and trust rules" in page
        page = follow(owner, undo).follow()
        assert "Choose a new password" in page
        assert "look through" in page
        assert left_of(installation, person) == {kind: ["before"] for kind in CREDENTIALS}
        with installation.session() as session:
            mine = RecoveryCode.identity_id == person.id
            assert session.scalars(sa.select(RecoveryCode).where(mine)).all() == []
            client = session.scalars(sa.select(OAuthClient).where(OAuthClient.owner_id == person.id)).one()
            # Whoever has had the account knows the secret from then.
            assert client.secret_digest != f"before {person.id}"
            theirs = (Authorization.identity_id == person.id) | (Authorization.client_id == str(client.id))
            good = sa.select(Authorization).where(theirs, Authorization.revoked_datetime.is_(None))
            assert session.scalars(good).all() == []
        assert not installation.identity(person.email).has_totp
        for address in (person.email, new):
            installation.browser().log_in(address, status=422)
        assert installation.mails(person.email)[-1]["subject"].endswith("taken back")
        follow(owner, page.request.path_qs, password=NEW)
        installation.browser().log_in(person.email, NEW)

    def test_is_taken_back_without_losing_what_was_there_before(self, installation, browser):
        person = installation.someone(registered=True)
        change_email(installation, browser, person)
        undo = installation.link(person.email)
        add_credentials(installation, person, "before")
        follow(installation.browser(), undo)
        assert installation.identity(person.email).has_totp
        assert left_of(installation, person) == {kind: ["before"] for kind in CREDENTIALS}

    def test_of_a_link_is_not_printed(self, installation):
        person = installation.someone()
        link = ask(installation, person.email, "recover")
        path, _, secret = link.partition("?link=")
        [printed] = re.findall(r'class="print-only">(.*?)</p>', installation.browser().get(link).text)
        assert path in printed
        assert secret not in printed

    def test_cannot_be_taken_back_for_ever(self, installation, browser):
        person = installation.someone()
        change_email(installation, browser, person)
        undo = installation.link(person.email)
        installation.wait(days=7)
        browser.get(undo, status=404)

    def test_that_has_an_account_is_answered_alike(self, installation, browser):
        person, taken = installation.someone(), installation.someone()
        browser.log_in(person.email)
        free = browser.post("/accounts/email", email=fresh())
        used = browser.post("/accounts/email", email=taken.email)
        assert free.location == used.location
        assert free.body == used.body
        assert installation.mails(taken.email)[-1]["subject"] == "This address has an account"
        assert installation.mails(taken.email)[-1]["link"] == ""

    def test_that_got_an_account_meanwhile_is_refused(self, installation, browser):
        person, new = installation.someone(), fresh()
        browser.log_in(person.email)
        browser.post("/accounts/email", email=new)
        link = installation.link(new)
        installation.someone(email=new)
        assert "already" in fault_of(follow(browser, link, status=409))
        assert installation.identity(person.email) is not None

    def test_replaces_one_that_was_asked_for_before(self, installation, browser):
        person, first, second = installation.someone(), fresh(), fresh()
        browser.log_in(person.email)
        browser.post("/accounts/email", email=first)
        link = installation.link(first)
        browser.post("/accounts/email", email=second)
        browser.get(link, status=404)
        browser.get(installation.link(second), status=200)

    def test_is_not_the_present_one(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        assert "already" in fault_of(browser.post("/accounts/email", email=person.email.upper(), status=422))

    def test_leaves_the_session_as_it_is(self, installation, browser):
        person = installation.someone()
        change_email(installation, browser, person)
        assert browser.is_logged_in
        assert COOKIE in browser.cookies


def test_mails_about_accounts_forget_what_they_said_once_they_are_sent(installation, browser):
    from sqlalchemy import orm

    from eoscperf.plugins.mail.sender import Sender

    person = installation.someone()
    browser.post("/accounts/recover", email=person.email)
    link = installation.mails(person.email)[-1]["link"]
    sent = []

    def transport(message, sender, receivers):
        sent.append((receivers, message.get_content()))
        return {}

    with installation.session() as session:
        session.execute(
            sa.update(OutboxMail).where(OutboxMail.recipient != person.email).values(status="cancelled")
        )
        session.execute(
            sa.update(OutboxMail).values(
                due_datetime=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
            )
        )
        session.commit()
    Sender(
        orm.sessionmaker(bind=installation.registry["dbengine"]), installation.settings, transport
    ).send_due()
    [(_, text)] = [one for one in sent if one[0] == [person.email]]
    assert link in text
    assert installation.mails(person.email)[-1] == {}


def test_mails_about_accounts_go_to_the_log_without_their_links(installation, browser):
    from eoscperf.plugins.mail.compose import compose

    person = installation.someone()
    browser.post("/accounts/recover", email=person.email)
    link = installation.mails(person.email)[-1]["link"]
    with installation.session() as session:
        mail = session.scalars(sa.select(OutboxMail).where(OutboxMail.recipient == person.email)).one()
        assert link in compose(mail, installation.settings).get_content()
        assert link not in compose(mail, installation.settings, for_log=True).get_content()


def _kind(statement):
    """A statement but for how often it repeats a column."""
    return re.sub(r"\s+", " ", statement)
