"""People of a directory on the pages: they get accounts of their own, and never those of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.exceptions import ConfigurationError

from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.directory.connections import Servers
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.backends import BackendUnavailable
from eoscperf.testing.databases import TestDatabases
from eoscperf.users.models import User
from tests.plugins.accounts.directory.conftest import PEOPLE, SECRET, group
from tests.plugins.accounts.directory.slapd import SUFFIX, Slapd
from tests.plugins.accounts.people.conftest import PASSWORD, Browser, Installation, fault_of
from tests.plugins.accounts.people.soft_key import SoftKey


@pytest.fixture(scope="module")
def installation(
    databases: TestDatabases, database_kind: str, slapd: Slapd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    url = databases.create(database_kind, migrated=True)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "URL": slapd.ldap,
            "CA_FILE": str(slapd.ca_file),
            "BASE": PEOPLE,
            "ADMIN_GROUPS": group("admins"),
            "READER_GROUPS": group("inner"),
            "FILTER": "(|(uid={login})(mail={login}))",
        }.items():
            environment.setenv(f"EOSCPERF_ACCOUNTS_LDAP_{name}", value)
        installation = Installation(url, str(tmp_path_factory.mktemp("var")))
    yield installation
    installation.close()
    databases.drop(url)


@pytest.fixture
def browser(installation: Installation) -> Iterator[Browser]:
    """Afterwards nobody has logged in."""
    yield installation.browser()
    with installation.session() as session:
        session.execute(sa.delete(LocalIdentity))
        session.commit()


def guesses(browser: Browser, login: str) -> int:
    """How many wrong passwords are looked at."""
    for count in range(30):
        if browser.log_in(login, "wrong password", status="*").status_int == 429:
            return count
    return 30


def identities(installation: Installation) -> list[LocalIdentity]:
    with installation.session() as session:
        return list(session.scalars(sa.select(LocalIdentity)))


def test_somebody_of_the_directory_logs_in_and_has_an_account(
    installation: Installation, browser: Browser
) -> None:
    browser.log_in("bob", SECRET)
    assert browser.is_logged_in
    (identity,) = identities(installation)
    assert (identity.email, identity.name, identity.backend) == ("bob@example.org", "Bob Example", "ldap")
    assert identity.external_id is not None
    assert identity.password_hash is None


def test_one_person_has_one_account_however_the_login_is_typed(
    installation: Installation, browser: Browser
) -> None:
    for login in ("bob", "BOB", "bob@example.org"):
        installation.browser().log_in(login, SECRET)
    assert len(identities(installation)) == 1


def test_groups_make_administrators(installation: Installation, browser: Browser) -> None:
    browser.log_in("ann", SECRET)
    (identity,) = identities(installation)
    assert identity.entitlements == (ADMIN_ENTITLEMENT,)


def test_what_was_taken_away_in_the_directory_is_gone_with_the_next_log_in(
    installation: Installation, browser: Browser, slapd: Slapd
) -> None:
    browser.log_in("ann", SECRET)
    slapd.change(group("admins"), {"member": [f"uid=bob,{PEOPLE}"]})
    try:
        installation.browser().log_in("ann", SECRET)
    finally:
        slapd.change(group("admins"), {"member": [f"uid=ann,{PEOPLE}"]})
    (identity,) = identities(installation)
    assert identity.entitlements == ()


def test_readers_of_the_directory_may_only_read(
    installation: Installation, browser: Browser, slapd: Slapd
) -> None:
    browser.log_in("joe", SECRET)
    token = installation.token("joe@example.org")
    shown = browser.app.post("/api/v1/users:register", headers=token, status=201)
    assert shown.json["role"] == "reader"
    refused = browser.app.post_json("/api/v1/tags", {"name": "new"}, headers=token, status=403)
    assert refused.json["type"] == "urn:eoscperf:problem:submitter-required"


def test_the_role_follows_the_groups_at_each_log_in(
    installation: Installation, browser: Browser, slapd: Slapd
) -> None:
    browser.log_in("bob", SECRET)
    token = installation.token("bob@example.org")
    assert browser.app.post("/api/v1/users:register", headers=token, status=201).json["role"] == "user"
    slapd.change(group("inner"), {"member": [f"uid=bob,{PEOPLE}"]})
    try:
        installation.browser().log_in("bob", SECRET)
    finally:
        slapd.change(group("inner"), {"member": [f"uid=joe,{PEOPLE}"]})
    assert browser.app.get("/api/v1/users/self", headers=token).json["role"] == "reader"
    installation.browser().log_in("bob", SECRET)
    assert browser.app.get("/api/v1/users/self", headers=token).json["role"] == "user"


def test_an_administrator_of_the_platform_stays_one(installation: Installation, browser: Browser) -> None:
    browser.log_in("joe", SECRET)
    (identity,) = identities(installation)
    with installation.session() as session:
        issuer = installation.settings["accounts.issuer"]
        session.add(User(iss=issuer, sub=str(identity.id), email=identity.email, role="admin"))
        session.commit()
    installation.browser().log_in("joe", SECRET)
    with installation.session() as session:
        assert session.scalar(sa.select(User.role).where(User.sub == str(identity.id))) == "admin"


def test_a_wrong_password_says_what_it_says_to_everybody(
    installation: Installation, browser: Browser
) -> None:
    local = installation.someone()
    told = {
        fault_of(installation.browser().log_in(login, "wrong password", status=422))
        for login in ("bob", "nobody", "*", local.email)
    }
    assert len(told) == 1


def test_an_address_of_a_local_account_is_not_taken_over(
    installation: Installation, browser: Browser
) -> None:
    local = installation.someone(email="bob@example.org")
    answer = browser.log_in("bob", SECRET, status=409)
    assert "already" in fault_of(answer)
    assert not browser.is_logged_in
    assert [identity.id for identity in identities(installation)] == [local.id]
    browser.log_in("bob@example.org", PASSWORD)
    assert browser.is_logged_in


def test_a_local_account_does_not_log_in_with_the_password_of_the_directory(
    installation: Installation, browser: Browser
) -> None:
    installation.someone(email="bob@example.org")
    browser.log_in("bob@example.org", SECRET, status=409)
    assert not browser.is_logged_in


def test_somebody_new_under_an_old_name_is_somebody_else(
    installation: Installation, browser: Browser, slapd: Slapd
) -> None:
    """Names are given again; what names an entry for good is not."""
    dn = f"uid=temp,{PEOPLE}"
    values = {"objectClass": "inetOrgPerson", "uid": "temp", "cn": "Temp", "sn": "T", "userPassword": SECRET}
    slapd.add(dn, mail="temp@example.org", **values)
    browser.log_in("temp", SECRET)
    slapd.remove(dn)
    slapd.add(dn, mail="temp@example.org", **values)
    try:
        answer = installation.browser().log_in("temp", SECRET, status=409)
    finally:
        slapd.remove(dn)
    assert "already" in fault_of(answer)


def test_without_the_directory_its_people_are_told_and_others_log_in(
    installation: Installation, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Servers) -> Any:
        raise BackendUnavailable("nobody there")

    local = installation.someone()
    monkeypatch.setattr(Servers, "_first", gone)
    answer = browser.log_in("bob", SECRET, status=503)
    assert "directory does not answer" in fault_of(answer)
    assert answer.headers["Retry-After"]
    assert installation.browser().log_in(local.email).status_int == 303


def test_without_the_directory_nobody_learns_who_has_a_local_account(
    installation: Installation, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Servers) -> Any:
        raise BackendUnavailable("nobody there")

    local = installation.someone()
    monkeypatch.setattr(Servers, "_first", gone)
    told = {
        fault_of(installation.browser().log_in(login, "wrong password", status=503))
        for login in (local.email, "nobody@example.org")
    }
    assert len(told) == 1


def test_wrong_passwords_of_others_do_not_keep_somebody_out_of_a_browser_that_is_known(
    installation: Installation, browser: Browser
) -> None:
    network = "198.51.100.9"
    owner = installation.browser(network)
    owner.log_in("bob", SECRET)
    owner.post("/accounts/logout")
    assert guesses(installation.browser(network), "bob") == 10
    owner.log_in("bob", SECRET)
    assert owner.is_logged_in


def test_a_browser_known_to_one_person_is_no_way_to_try_passwords_of_many(
    installation: Installation, browser: Browser
) -> None:
    browser.log_in("joe", SECRET)
    other = installation.browser()
    other.log_in("joe", SECRET)
    assert guesses(browser, "ann") == 20
    assert guesses(other, "bob") == 0
    assert guesses(other, installation.someone().email) == 10


def test_passkeys_cannot_get_around_the_directory(installation: Installation, browser: Browser) -> None:
    browser.log_in("bob", SECRET)
    options = browser.post("/accounts/passkeys/options", status=200).json
    answer = browser.post("/accounts/passkeys", name="x", credential=SoftKey().create(options), status=422)
    assert "directory" in fault_of(answer)
    assert "data-passkey" not in browser.get("/accounts/passkeys")


def test_a_passkey_from_before_does_not_log_in(installation: Installation, browser: Browser) -> None:
    local, key = installation.someone(), SoftKey()
    browser.log_in(local.email)
    options = browser.post("/accounts/passkeys/options", status=200).json
    browser.post("/accounts/passkeys", name="x", credential=key.create(options))
    with installation.session() as session:
        session.execute(
            sa.update(LocalIdentity)
            .where(LocalIdentity.id == local.id)
            .values(backend="ldap", external_id="7")
        )
        session.commit()
    other = installation.browser()
    options = other.post("/accounts/login/passkey/options", status=200).json
    answer = other.post("/accounts/login/passkey", credential=key.get(options), status=422)
    assert "directory" in fault_of(answer)


def test_the_password_of_the_directory_is_not_changed_over_rest(
    installation: Installation, browser: Browser
) -> None:
    browser.log_in("bob", SECRET)
    answer = browser.app.post_json(
        "/api/v1/accounts/self:change_password",
        {"current": SECRET, "password": "some other ordinary words"},
        headers=installation.token("bob@example.org"),
        status=409,
    )
    assert "change it there" in answer.json["detail"]


def test_the_form_says_that_names_are_good_as_well(browser: Browser) -> None:
    assert "E-mail address or user name" in browser.get("/accounts/login")


def test_plain_passwords_over_the_network_stop_the_start(
    databases: TestDatabases, database_kind: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_URL", "ldap://ldap.example.org")
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_STARTTLS", "false")
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_BASE", SUFFIX)
    with pytest.raises(ConfigurationError, match="unencrypted"):
        Installation("sqlite://", str(tmp_path))


def test_plain_passwords_that_are_allowed_are_warned_of(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_URL", "ldap://ldap.example.org")
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_STARTTLS", "false")
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_ALLOW_PLAIN", "true")
    monkeypatch.setenv("EOSCPERF_ACCOUNTS_LDAP_BASE", SUFFIX)
    Installation("sqlite://", str(tmp_path)).close()
    assert "unencrypted" in caplog.text
