"""Accounts of the installation itself: the token command, its tokens, the key behind them."""

from __future__ import annotations

import base64
import datetime
import functools
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
import webtest
from click.testing import CliRunner
from pyramid import paster
from pyramid.exceptions import ConfigurationError
from sqlalchemy import orm

import eoscperf
from eoscperf.db import make_engine
from eoscperf.plugins.accounts import ADMIN_ENTITLEMENT
from eoscperf.plugins.accounts.keys import KeyStore, UnusableKey
from eoscperf.plugins.accounts.models import LocalIdentity
from eoscperf.plugins.accounts.tokens import LocalTokens
from eoscperf.scripts.admin import main
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer
from tests.interfering import interfering

LOCAL = "urn:eoscperf:local"


class Installation:
    """An ini file with what belongs to it, a server that runs on it, and the command line."""

    def __init__(self, directory, database_url, **settings):
        self.var = directory / "var"
        self.ini = directory / "site.ini"
        self.settings = {
            "sqlalchemy.url": database_url,
            "var": str(self.var),
            "eoscperf.plugins": "accounts",
        } | settings
        lines = [f"{key} = {value}".replace("%", "%%") for key, value in self.settings.items()]
        self.ini.write_text("\n".join(["[app:main]", "use = egg:eoscperf", *lines, ""]))

    @functools.cached_property
    def app(self):
        return paster.get_app(str(self.ini))

    @functools.cached_property
    def server(self):
        return webtest.TestApp(self.app)

    def close(self):
        # Started only by tests that ask it something.
        if "app" in vars(self):
            self.app.registry["eoscperf.bearer"].close()
            self.app.registry["dbengine"].dispose()

    def command(self, *arguments):
        return CliRunner().invoke(main, ["-c", str(self.ini), "token", *arguments])

    def token(self, *arguments):
        result = self.command(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout.removesuffix("\n")

    def ask(self, method, path, token, status):
        headers = {"Authorization": f"Bearer {token}"}
        return self.server.request(f"/api/v1{path}", method=method, headers=headers, status=status)


@pytest.fixture
def installation(tmp_path, fresh_database_url):
    installation = Installation(tmp_path, fresh_database_url)
    yield installation
    installation.close()


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class TestTheTokenCommand:
    def test_prints_a_token_that_a_running_server_accepts(self, installation):
        installation.ask("GET", "/users/self", "nonsense", 401)
        result = installation.command("--email", "me@example.org")
        assert result.exit_code == 0
        token = result.stdout.removesuffix("\n")
        assert token.count(".") == 2
        assert "\n" not in token
        assert "me@example.org" in result.stderr
        installation.ask("GET", "/users/self", token, 404)
        registered = installation.ask("POST", "/users:register", token, 201).json
        assert registered["email"] == "me@example.org"
        assert registered["iss"] == LOCAL
        assert registered["role"] == "user"
        installation.ask("POST", "/users/self:update", token, 204)
        installation.ask("GET", "/users/self:try_admin", token, 403)

    def test_names_the_same_person_for_the_same_address(self, installation):
        first = installation.token("--email", "me@example.org")
        again = installation.token("--email", " Me@Example.org")
        other = installation.token("--email", "you@example.org")
        assert first != again
        assert claims(first)["sub"] == claims(again)["sub"] != claims(other)["sub"]

    def test_makes_administrators_once_they_are_registered(self, installation):
        token = installation.token("--email", "me@example.org", "--admin")
        installation.ask("GET", "/users/self:try_admin", token, 403)
        installation.ask("POST", "/users:register", token, 201)
        installation.ask("GET", "/users/self:try_admin", token, 204)
        plain = installation.token("--email", "me@example.org")
        installation.ask("GET", "/users/self:try_admin", plain, 403)

    @pytest.mark.parametrize(("arguments", "days"), [((), 30), (("--days", "7"), 7)])
    def test_says_how_long_the_token_is_valid(self, installation, arguments, days):
        told = claims(installation.token("--email", "me@example.org", *arguments))
        assert told["exp"] - told["iat"] == days * 86400
        assert told["email_verified"] is True

    @pytest.mark.parametrize(
        "arguments",
        [(), ("--email", "me"), ("--email", "a@b.org\nBcc: c"), ("--email", "me@example.org", "--days", "0")],
    )
    def test_refuses_what_it_cannot_use(self, installation, arguments):
        result = installation.command(*arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert not (installation.var / "accounts").exists()

    def test_does_not_fail_when_others_write_meanwhile(self, installation):
        with interfering(installation.settings["sqlalchemy.url"]) as tries:
            for email in ("me@example.org", "me@example.org", "you@example.org"):
                installation.token("--email", email)
        assert not any(tries)

    def test_needs_the_plug_in_to_be_enabled(self, tmp_path, fresh_database_url):
        installation = Installation(tmp_path, fresh_database_url, **{"eoscperf.plugins": ""})
        result = installation.command("--email", "me@example.org")
        installation.close()
        assert result.exit_code == 2
        assert "eoscperf.plugins" in result.stderr

    def test_says_so_when_the_schema_is_missing(self, tmp_path, empty_database_url):
        installation = Installation(tmp_path, empty_database_url)
        result = installation.command("--email", "me@example.org")
        installation.close()
        assert result.exit_code == 2
        assert result.stdout == ""
        assert "db upgrade" in result.stderr

    def test_says_so_when_the_key_is_damaged(self, installation):
        installation.token("--email", "me@example.org")
        (installation.var / "accounts" / "rs256-signing-key.json").write_text("{}")
        result = installation.command("--email", "me@example.org")
        assert result.exit_code == 2
        assert "rs256-signing-key.json" in result.stderr


class TestTokens:
    def test_expire(self, installation):
        token = installation.token("--email", "me@example.org")
        settings = installation.app.registry.settings
        engine = make_engine(installation.settings["sqlalchemy.url"])
        with orm.Session(engine) as session:
            tokens = LocalTokens(session, KeyStore.of(settings), LOCAL)
            expired = tokens.issue("me@example.org", lifetime=datetime.timedelta(minutes=-5))
        engine.dispose()
        assert "expired" in installation.ask("GET", "/users/self", expired, 401).json["detail"]
        installation.ask("GET", "/users/self", token, 404)

    def test_of_another_installation_are_refused(self, installation, tmp_path, fresh_database_url):
        (tmp_path / "other").mkdir()
        other = Installation(tmp_path / "other", fresh_database_url)
        token = other.token("--email", "me@example.org")
        installation.token("--email", "me@example.org")
        other.ask("GET", "/users/self", token, 404)
        installation.ask("GET", "/users/self", token, 401)
        other.close()

    def test_stop_working_with_their_key(self, installation):
        token = installation.token("--email", "me@example.org", "--admin")
        installation.ask("POST", "/users:register", token, 201)
        (installation.var / "accounts" / "rs256-signing-key.json").unlink()
        installation.ask("GET", "/users/self", token, 401)
        new = installation.token("--email", "me@example.org")
        installation.ask("GET", "/users/self", token, 401)
        installation.ask("GET", "/users/self", new, 200)

    def test_cannot_be_decided_while_the_key_is_damaged(self, installation):
        token = installation.token("--email", "me@example.org")
        (installation.var / "accounts" / "rs256-signing-key.json").write_bytes(b"\x00")
        answer = installation.ask("GET", "/users/self", token, 503)
        assert answer.headers["Retry-After"] == "5"

    def test_are_worth_nothing_once_the_account_was_removed(self, installation):
        admin = installation.token("--email", "admin@example.org", "--admin")
        old = installation.token("--email", "me@example.org", "--admin")
        for token in (admin, old):
            installation.ask("POST", "/users:register", token, 201)
        installation.ask("POST", "/users:remove?email=me%40example.org", admin, 204)
        answer = installation.ask("POST", "/users:register", old, 401)
        assert answer.json["type"] == "urn:eoscperf:problem:invalid-token"
        installation.ask("GET", "/users/self", old, 404)
        new = installation.token("--email", "me@example.org")
        installation.ask("POST", "/users:register", new, 201)
        assert claims(new)["sub"] != claims(old)["sub"]

    def test_of_other_issuers_gain_nothing_from_the_local_entitlement(self, tmp_path, fresh_database_url):
        with TestIssuer() as issuer:
            issuer.public_keys()
            installation = Installation(tmp_path, fresh_database_url, **issuer.ini())
            token = issuer.mint(
                "eve",
                alg="EdDSA",
                email="eve@example.org",
                email_verified=True,
                entitlements=[ADMIN_ENTITLEMENT],
            )
            installation.ask("POST", "/users:register", token, 201)
            installation.ask("GET", "/users/self:try_admin", token, 403)
            installation.close()

    def test_name_the_issuer_of_the_setting(self, tmp_path, fresh_database_url):
        name = "https://perf.example.org"
        installation = Installation(tmp_path, fresh_database_url, **{"accounts.issuer": name})
        token = installation.token("--email", "me@example.org")
        assert installation.ask("POST", "/users:register", token, 201).json["iss"] == name
        installation.close()


class TestTheKey:
    def test_is_readable_by_its_owner_only(self, installation):
        installation.token("--email", "me@example.org")
        folder = installation.var / "accounts"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [path.name for path in folder.iterdir()] == ["rs256-signing-key.json"]
        assert stat.S_IMODE((folder / "rs256-signing-key.json").stat().st_mode) == 0o600

    def test_is_published_without_its_private_part(self, installation):
        answer = installation.server.get("/accounts/jwks.json", status=200)
        assert answer.content_type == "application/jwk-set+json"
        keys = json.loads(answer.body)["keys"]
        installation.token("--email", "me@example.org")
        assert json.loads(installation.server.get("/accounts/jwks.json", status=200).body)["keys"] == keys
        [key] = keys
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}

    def test_is_made_once_however_many_ask_for_it(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            keys = list(pool.map(lambda _: KeyStore(tmp_path / "accounts").signing_key().kid, range(32)))
        assert len(set(keys)) == 1
        assert os.listdir(tmp_path / "accounts") == ["signing-key.json"]

    @pytest.mark.parametrize("text", ["", "[]", "null", '{"kty": "oct", "k": "AA"}', "{" * 3000])
    def test_that_is_none_is_reported(self, tmp_path, text):
        store = KeyStore(tmp_path)
        store.path.write_text(text)
        with pytest.raises(UnusableKey, match="Restore it"):
            store.signing_key()

    def test_that_cannot_be_made_is_reported(self, tmp_path):
        (tmp_path / "accounts").write_text("a file where the folder should be")
        with pytest.raises(UnusableKey, match="cannot be"):
            KeyStore(tmp_path / "accounts").signing_key()


class TestTheStart:
    @pytest.mark.parametrize("issuer", ["two words", "ümlaut"])
    def test_needs_a_usable_name_of_the_issuer(self, tmp_path, issuer):
        with pytest.raises(ConfigurationError, match=r"accounts\.issuer"):
            start(tmp_path, **{"accounts.issuer": issuer})

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            (
                {"oidc.issuers": "accounts", "oidc.accounts.issuer": "https://aai.example.org"},
                "the identity provider accounts is claimed by",
            ),
            (
                {
                    "oidc.issuers": "aai",
                    "oidc.aai.issuer": "https://aai.example.org",
                    "accounts.issuer": "https://aai.example.org",
                },
                "must differ in their issuer",
            ),
        ],
    )
    def test_fails_when_issuers_cannot_be_told_apart(self, tmp_path, settings, said):
        with pytest.raises(ConfigurationError, match=said):
            start(tmp_path, **settings)


def start(directory, **settings):
    usual = {"sqlalchemy.url": "sqlite://", "var": str(directory), "eoscperf.plugins": "accounts"}
    return eoscperf.main({}, **(usual | settings))


def test_local_accounts_and_those_of_providers_live_side_by_side(installation):
    engine = make_engine(installation.settings["sqlalchemy.url"])
    with orm.Session(engine) as session:
        Make(session, iss="https://aai.example.org").user("me", email="me@example.org")
    engine.dispose()
    token = installation.token("--email", "me@example.org", "--admin")
    installation.ask("POST", "/users:register", token, 201)
    installation.ask("POST", "/users:remove?sub=me", token, 204)
    installation.ask("GET", "/users/self", token, 200)


def test_an_operator_disables_the_account_with_the_user(installation):
    token = installation.token("--email", "me@example.org")
    installation.ask("POST", "/users:register", token, 201)
    engine = make_engine(installation.settings["sqlalchemy.url"])
    for verb, is_disabled in (("disable", True), ("enable", False)):
        arguments = ["-c", str(installation.ini), "user", verb, "--email", "me@example.org"]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        with orm.Session(engine) as session:
            assert session.query(LocalIdentity).one().disabled is is_disabled
    engine.dispose()


class TestKeysMadeByTheSuperuser:
    @pytest.fixture
    def given_away(self, monkeypatch):
        """The files and folders that get another owner, by what they really are."""
        given = []

        def record(made, user, group):
            given.append(os.fstat(made).st_ino if isinstance(made, int) else os.stat(made).st_ino)

        def record_link(made, user, group):
            given.append(os.lstat(made).st_ino)

        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(os, "chown", record)
        monkeypatch.setattr(os, "fchown", record)
        monkeypatch.setattr(os, "lchown", record_link)
        return given

    def test_belong_to_the_owner_of_the_folder_that_the_service_keeps(self, tmp_path, given_away):
        store = KeyStore(tmp_path / "accounts")
        store.signing_key()
        assert given_away == [store.path.stat().st_ino, store.path.parent.stat().st_ino]

    def test_give_nothing_away_that_a_link_points_at(self, tmp_path, given_away):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (tmp_path / "accounts").symlink_to(elsewhere)
        KeyStore(tmp_path / "accounts").signing_key()
        assert elsewhere.stat().st_ino not in given_away
