"""People who leave the directory, or a group: what rests on their earlier log-ins ends, soon and for good."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.directory.backend import Directory
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.people.backends import BackendUnavailable
from eoscperf.plugins.accounts.provider.clients import CLI, OAuthClients
from eoscperf.plugins.accounts.provider.commands import accounts
from eoscperf.plugins.accounts.provider.ledger import Ledger
from eoscperf.scripts.context import Context
from eoscperf.testing.databases import TestDatabases
from eoscperf.users.models import User
from tests.interfering import interfering
from tests.plugins.accounts.directory.conftest import GROUPS, PEOPLE, SECRET, group
from tests.plugins.accounts.directory.slapd import Slapd
from tests.plugins.accounts.people.conftest import Installation

STAFF, CHIEFS = group("staff"), group("chiefs")
ZOE, DUMMY = f"uid=zoe,{PEOPLE}", f"cn=dummy,{PEOPLE}"


@pytest.fixture(scope="module")
def settings(slapd: Slapd) -> dict[str, str]:
    return {
        "accounts.ldap.url": slapd.ldap,
        "accounts.ldap.ca_file": str(slapd.ca_file),
        "accounts.ldap.base": PEOPLE,
        "accounts.ldap.group_base": GROUPS,
        "accounts.ldap.required_groups": STAFF,
        "accounts.ldap.admin_groups": CHIEFS,
    }


@pytest.fixture(scope="module")
def installation(
    databases: TestDatabases,
    database_kind: str,
    settings: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    url = databases.create(database_kind, migrated=True)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"EOSCPERF_{name.upper().replace('.', '_')}", value)
        installation = Installation(url, str(tmp_path_factory.mktemp("var")))
    yield installation
    installation.close()
    databases.drop(url)


@pytest.fixture(autouse=True)
def zoe(slapd: Slapd, installation: Installation) -> Iterator[None]:
    """Somebody of the staff, and a chief."""
    slapd.add(
        ZOE, objectClass="inetOrgPerson", uid="zoe", cn="Zoe", sn="Z", mail="zoe@example.org",
        userPassword=SECRET,
    )  # fmt: skip
    for name in (STAFF, CHIEFS):
        slapd.add(name, objectClass="groupOfNames", cn=name[3:9], member=[ZOE, DUMMY])
    installation.registry.pop("accounts.silent_backends", None)
    yield
    for entry in (STAFF, CHIEFS, ZOE):
        # Some tests have taken it away already.
        with contextlib.suppress(ValueError):
            slapd.remove(entry)
    with installation.session() as session:
        session.execute(sa.delete(User))
        session.execute(sa.delete(LocalIdentity))
        session.commit()


def person(installation: Installation) -> LocalIdentity:
    with installation.session() as session:
        return session.scalars(sa.select(LocalIdentity)).one()


def tokens_of(installation: Installation, scope: str = "openid read offline_access") -> dict[str, str]:
    """What the command line has after a log-in."""
    with installation.session() as session:
        ledger = Ledger.on(session, installation.registry)
        client = OAuthClients(session, "", most=9).find(CLI)
        assert client is not None
        begun = ledger.begin(client, scope, session=None, issued_for=person(installation).id)
        given = ledger.issue(begun, client, scope, refreshable=True)
        session.commit()
        return given


def refresh(installation: Installation, token: str, status: int = 200) -> Any:
    form = {"grant_type": "refresh_token", "client_id": CLI, "refresh_token": token}
    return installation.browser().app.post("/accounts/token", form, status=status).json


def works(installation: Installation, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    answer = installation.browser().app.get("/api/v1/users/self", headers=headers, status="*")
    return answer.status_int != 401


def test_who_is_gone_is_logged_out(installation: Installation, slapd: Slapd) -> None:
    browser = installation.browser()
    browser.log_in("zoe", SECRET)
    slapd.remove(ZOE)
    installation.wait(minutes=14)
    # Not asked each time: a directory has other things to do.
    assert browser.is_logged_in
    installation.wait(minutes=2)
    with interfering(installation.url):
        assert not browser.is_logged_in
    identity = person(installation)
    assert installation.sessions(identity.id) == []
    assert not identity.disabled


def test_who_is_still_there_stays_logged_in_with_what_the_groups_give_now(
    installation: Installation, slapd: Slapd
) -> None:
    browser = installation.browser()
    browser.log_in("zoe", SECRET)
    assert person(installation).entitlements == (ADMIN_ENTITLEMENT,)
    slapd.change(CHIEFS, {"member": [DUMMY]})
    slapd.change(ZOE, {"cn": "Zoe Married"})
    installation.wait(minutes=16)
    assert browser.post("/accounts/sessions", session="others").status_int == 303
    assert browser.is_logged_in
    identity = person(installation)
    assert (identity.entitlements, identity.name) == ((), "Zoe Married")


def test_a_refresh_token_ends_with_the_membership(installation: Installation, slapd: Slapd) -> None:
    installation.browser().log_in("zoe", SECRET)
    tokens = tokens_of(installation)
    installation.wait(minutes=16)
    tokens = refresh(installation, tokens["refresh_token"])
    with installation.session() as session:
        clients = OAuthClients(session, "", most=9, now=lambda: installation.now)
        client, secret = clients.register(person(installation).id, confidential=True, name="Robot",
            redirect_uris=[], scopes=["read"])  # fmt: skip
        session.commit()
    form = {"grant_type": "client_credentials", "client_id": str(client.id), "client_secret": secret}
    ask = installation.browser().app.post
    robot = ask("/accounts/token", form, status=200).json["access_token"]
    assert works(installation, tokens["access_token"])
    assert works(installation, robot)

    slapd.change(STAFF, {"member": [DUMMY]})
    # Until the directory is asked again everything goes on.
    tokens = refresh(installation, tokens["refresh_token"])
    installation.wait(minutes=16)
    assert refresh(installation, tokens["refresh_token"], 400)["error"] == "invalid_grant"
    for token in (tokens["access_token"], robot):
        assert not works(installation, token)
    assert ask("/accounts/token", form, status=401).json["error"] == "invalid_client"

    slapd.change(STAFF, {"member": [ZOE, DUMMY]})
    assert refresh(installation, tokens["refresh_token"], 400)["error"] == "invalid_grant"
    # Nobody has to be enabled: it was the directory that has said no.
    installation.browser().log_in("zoe", SECRET)
    assert ask("/accounts/token", form, status=200).json["access_token"]


def test_a_directory_that_is_silent_for_a_while_ends_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def silent(self: Directory, *arguments: str) -> None:
        asked.append(arguments)
        raise BackendUnavailable("nobody there")

    browser = installation.browser()
    browser.log_in("zoe", SECRET)
    tokens = tokens_of(installation)
    with monkeypatch.context() as away:
        away.setattr(Directory, "look_up", silent)
        installation.wait(hours=23)
        for _ in range(3):
            assert browser.is_logged_in
            tokens = refresh(installation, tokens["refresh_token"])
        # One answer that does not come is enough to wait for.
        assert len(asked) == 1
        installation.wait(hours=2)
        assert not browser.is_logged_in
        told = refresh(installation, tokens["refresh_token"], 503)
        assert told["error"] == "temporarily_unavailable"
        assert len(asked) == 2
    installation.wait(minutes=2)
    # Nothing was used up meanwhile.
    assert browser.is_logged_in
    assert refresh(installation, tokens["refresh_token"])["access_token"]


class TestTheCommand:
    @pytest.fixture
    def run(self, installation: Installation, settings: dict[str, str], tmp_path: Any) -> Any:
        ini = tmp_path / "site.ini"
        given = {
            "sqlalchemy.url": installation.url,
            "var": installation.settings["var"],
            "eoscperf.plugins": "accounts mail",
            "accounts.password_memory": "8",
        } | settings
        lines = [f"{key} = {value}".replace("%", "%%") for key, value in given.items()]
        ini.write_text("\n".join(["[app:main]", "use = egg:eoscperf", *lines, ""]))
        return lambda *arguments: CliRunner().invoke(
            accounts, ["ldap-review", *arguments], obj=Context(str(ini))
        )

    def test_ends_what_those_have_who_left(self, installation: Installation, slapd: Slapd, run: Any) -> None:
        browser = installation.browser()
        browser.log_in("zoe", SECRET)
        assert run().stdout == "Looked 1 of 1 up.\n"
        assert browser.is_logged_in
        slapd.remove(ZOE)
        done = run()
        assert (done.exit_code, done.stdout) == (0, "left: zoe@example.org\nLooked 1 of 1 up.\n")
        assert not browser.is_logged_in
        assert not person(installation).disabled

    def test_disables_them_where_asked(self, installation: Installation, slapd: Slapd, run: Any) -> None:
        installation.browser().log_in("zoe", SECRET)
        with installation.session() as session:
            issuer, sub = installation.settings["accounts.issuer"], str(person(installation).id)
            session.add(User(iss=issuer, sub=sub, email="zoe@example.org", role="user"))
            session.commit()
        slapd.change(STAFF, {"member": [DUMMY]})
        with interfering(installation.url):
            assert run("--disable").stdout.startswith("left: zoe@example.org, disabled\n")
        assert person(installation).disabled
        with installation.session() as session:
            assert session.scalars(sa.select(User.disabled_datetime)).one() is not None
        assert run("--disable").stdout.startswith("left: zoe@example.org\n")

    def test_says_whom_it_could_not_look_up(
        self, installation: Installation, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(self: Directory, *arguments: str) -> None:
            raise BackendUnavailable("nobody there")

        installation.browser().log_in("zoe", SECRET)
        monkeypatch.setattr(Directory, "look_up", silent)
        done = run()
        assert (done.exit_code, done.stdout) == (1, "Looked 0 of 1 up.\n")
        assert done.stderr == "zoe@example.org: nobody there\n"
