"""API tokens over REST: made, used, revoked, and what becomes of stolen ones."""

from __future__ import annotations

import datetime
import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from eoscperf.db import utcnow
from eoscperf.security.token_text import PATTERN, new_token
from eoscperf.testing.api import ApiClient
from eoscperf.tokens.models import ApiToken
from eoscperf.tokens.uses import USES
from eoscperf.users.models import User

OWN = "/users/self/tokens"
NEW = {"name": "nightly", "scopes": ["read", "upload"]}


def slug(answer: Any) -> str:
    return answer.json["type"].removeprefix("urn:eoscperf:problem:")


class TestMaking:
    def test_shows_the_token_this_once(self, api: ApiClient) -> None:
        answer = api.post(OWN, NEW, as_="ann", status=201)
        made = answer.json
        assert re.fullmatch(PATTERN, made.pop("token"))
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Location"].endswith(f"{OWN}/{made['id']}")
        assert (made["name"], made["scopes"]) == ("nightly", ["read", "upload"])
        assert api.get(f"{OWN}/{made['id']}", as_="ann", status=200).json == made
        assert api.items(OWN, as_="ann") == [made]
        assert api.items(OWN, as_="bob") == []

    def test_lasts_ninety_days_or_as_long_as_is_wished_within_a_year(self, api: ApiClient) -> None:
        for wish, days in (({}, 90), ({"days": 1}, 1), ({"days": 365}, 365)):
            made = api.post(OWN, NEW | wish, as_="ann", status=201).json
            created, expires = (
                datetime.datetime.fromisoformat(made[f"{which}_datetime"]) for which in ("created", "expires")
            )
            assert expires - created == datetime.timedelta(days=days)

    @pytest.mark.parametrize(
        ("body", "name"),
        [
            ({"scopes": ["read"]}, "name"),
            ({"name": " ", "scopes": ["read"]}, "name"),
            ({"name": "x" * 256, "scopes": ["read"]}, "name"),
            ({"name": "x"}, "scopes"),
            ({"name": "x", "scopes": []}, "scopes"),
            ({"name": "x", "scopes": "read"}, "scopes"),
            ({"name": "x", "scopes": ["write"]}, "scopes.0"),
            ({"name": "x", "scopes": ["read"] * 5}, "scopes"),
            ({"name": "x", "scopes": ["moderate"]}, "scopes"),
            (NEW | {"days": 0}, "days"),
            (NEW | {"days": 366}, "days"),
            (NEW | {"days": "30"}, "days"),
            (NEW | {"days": 1.5}, "days"),
            (NEW | {"days": True}, "days"),
            (NEW | {"token": "eoscp_mine"}, "token"),
            (NEW | {"user_id": "x"}, "user_id"),
        ],
    )
    def test_takes_complete_input_only(self, api: ApiClient, body: Any, name: str) -> None:
        answer = api.post(OWN, body, as_="ann", status=422)
        assert [error["name"] for error in answer.json["errors"]] == [name]

    def test_is_for_registered_people(self, api: ApiClient) -> None:
        api.post(OWN, NEW, status=401)
        assert slug(api.post(OWN, NEW, as_="stranger", status=403)) == "not-registered"

    def test_needs_a_log_in(self, api: ApiClient) -> None:
        root = api.make.user("root", role="admin")
        _, token = api.make.api_token(root, "read", "upload", "moderate", "admin")
        service = api.make.service()
        for path in (OWN, f"/users/services/{service.id}/tokens"):
            answer = api.post(path, NEW, token=token, status=403)
            assert slug(answer) == "login-required"

    def test_stops_at_the_limit(self, api: ApiClient, set_setting: Any) -> None:
        set_setting("limits.api_tokens", 1)
        api.post(OWN, NEW, as_="ann", status=201)
        assert slug(api.post(OWN, NEW, as_="ann", status=409)) == "conflict"

    def test_stays_within_the_scopes_of_the_token_that_makes_it(self, api: ApiClient) -> None:
        token = api.token("ann", scope="eoscperf:read eoscperf:admin")
        api.post(OWN, NEW, token=token, status=422)
        api.post(OWN, NEW | {"scopes": ["read"]}, token=token, status=201)

    def test_of_administrators_by_entitlement_gives_no_more_than_the_role(self, api: ApiClient) -> None:
        token = api.token("ann", eduperson_entitlement=["urn:example:benchmarks:admin"])
        api.get("/users/self:try_admin", token=token, status=204)
        answer = api.post(OWN, NEW | {"scopes": ["moderate"]}, token=token, status=422)
        assert "role of administrator" in answer.json["detail"]

    def test_at_the_same_time_stops_at_the_limit_as_well(self, live_api: ApiClient) -> None:
        live_api.app.app.registry.settings["limits.api_tokens"] = 3
        token = live_api.token("ann")
        begin = threading.Barrier(6)
        answers: list[int] = []

        def make() -> None:
            begin.wait()
            answers.append(live_api.post(OWN, NEW, token=token, status="*").status_int)

        threads = [threading.Thread(target=make) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [201] * 3 + [409] * 3


class TestUsing:
    def test_acts_for_its_account(self, api: ApiClient) -> None:
        ann = api.make.user("ann")
        _, token = api.make.api_token(ann)
        assert api.get("/users/self", token=token, status=200).json["sub"] == "ann"
        made = api.post("/tags", {"name": "by a script"}, token=token, status=201).json
        assert "id" in made
        benchmark, flavor = api.make.benchmark(), api.make.flavor()
        params = {
            "benchmark_id": str(benchmark.id),
            "flavor_id": str(flavor.id),
            "execution_datetime": "2024-05-01T12:00:00Z",
        }
        uploaded = api.post("/results", {"time": 1}, params=params, token=token, status=201).json
        mine = api.items("/users/self/results", token=token)
        assert [result["id"] for result in mine] == [uploaded["id"]]

    def test_takes_one_statement_to_know_the_caller(self, api: ApiClient, statements: list[str]) -> None:
        _, token = api.make.api_token(api.make.user("ann"))
        api.get("/users/self:try_admin", token=token, status=403)
        statements.clear()
        api.get("/users/self:try_admin", token=token, status=403)
        assert len(statements) == 0 or "api_tokens" in statements[0]
        api.get("/users", token=token, status=403)
        assert sum("api_tokens" in statement for statement in statements) <= 2

    def test_is_shown_with_the_network_it_came_from(
        self, api: ApiClient, app: Any, connection: sa.Connection
    ) -> None:
        token, text = api.make.api_token(api.make.user("ann"))
        assert "last_used_datetime" not in api.items(OWN, as_="ann")[0]
        api.app.get(
            api.prefix + "/users/self",
            headers={"Authorization": f"Bearer {text}"},
            extra_environ={"REMOTE_ADDR": "192.0.2.77"},
        )
        app.registry[USES].write(connection)
        seen = api.get(f"{OWN}/{token.id}", as_="ann", status=200).json
        assert seen["last_used_network"] == "192.0.2.0/24"
        assert re.fullmatch(r"\d{4}-.*Z", seen["last_used_datetime"])

    def test_writes_nothing_in_a_request_that_reads(self, api: ApiClient, statements: list[str]) -> None:
        _, token = api.make.api_token(api.make.user("ann"))
        statements.clear()
        api.get("/results", token=token, status=200)
        assert statements
        assert not any(one.lstrip().upper().startswith(("UPDATE", "INSERT", "DELETE")) for one in statements)

    def test_of_an_administrator_is_good_for_what_the_role_is_good_for_now(self, api: ApiClient) -> None:
        root, other = api.make.user("root", role="admin"), api.make.user("other", role="admin")
        _, token = api.make.api_token(root, "admin")
        api.get("/users", token=token, status=200)
        params = {"sub": "root", "iss": root.iss}
        api.post("/users:role", {"role": "user"}, params=params, as_=other, status=204)
        assert slug(api.get("/users", token=token, status=403)) == "admin-required"

    def test_registers_nobody_and_asks_no_identity_provider(self, api: ApiClient) -> None:
        _, token = api.make.api_token(api.make.user("ann"))
        assert slug(api.post("/users:register", token=token, status=409)) == "duplicate"
        assert slug(api.post("/users/self:update", token=token, status=403)) == "login-required"


class TestWhatIsNotAccepted:
    def refused(self, api: ApiClient, token: str) -> str:
        answer = api.get("/users/self", token=token, status=401)
        assert slug(answer) == "invalid-token"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        return answer.json["detail"]

    def test_a_revoked_token(self, api: ApiClient) -> None:
        token, text = api.make.api_token(api.make.user("ann"))
        api.get("/users/self", token=text, status=200)
        api.delete(f"{OWN}/{token.id}", as_="ann", status=204)
        assert "revoked" in self.refused(api, text)
        api.delete(f"{OWN}/{token.id}", as_="ann", status=404)

    def test_an_expired_token(self, api: ApiClient) -> None:
        _, text = api.make.api_token(api.make.user("ann"), expires_datetime=utcnow())
        assert "expired" in self.refused(api, text)

    def test_a_token_of_an_account_that_was_removed(self, api: ApiClient, session: Any) -> None:
        ann = api.make.user("ann")
        _, text = api.make.api_token(ann)
        api.post("/users:remove", params={"sub": "ann"}, as_="admin", status=204)
        assert "its account is gone" in self.refused(api, text)
        assert session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 0

    def test_a_token_of_a_disabled_account_and_the_log_in_of_its_holder(self, api: ApiClient) -> None:
        ann = api.make.user("ann")
        _, text = api.make.api_token(ann)
        params = {"sub": "ann", "iss": ann.iss}
        api.post("/users:disable", params=params, as_="admin", status=204)
        assert "disabled" in self.refused(api, text)
        assert "disabled" in self.refused(api, api.token("ann"))
        api.post("/users:register", as_="ann", status=401)
        api.post("/users:enable", params=params, as_="admin", status=204)
        api.get("/users/self", token=text, status=200)

    def test_an_invented_one(self, api: ApiClient) -> None:
        assert "not known" in self.refused(api, new_token())

    def test_one_with_a_wrong_checksum_for_which_the_database_is_not_asked(
        self, api: ApiClient, statements: list[str]
    ) -> None:
        _, text = api.make.api_token(api.make.user("ann"))
        damaged = text[:-1] + ("0" if text[-1] != "0" else "1")
        statements.clear()
        for wrong in (damaged, text[:-1], text + "x", "eoscp_", "eoscp_" + "0" * 49):
            assert "damaged" in self.refused(api, wrong)
        assert statements == []

    def test_the_digest_that_is_stored(self, api: ApiClient) -> None:
        token, _ = api.make.api_token(api.make.user("ann"))
        self.refused(api, token.digest)
        self.refused(api, "eoscp_" + token.digest[:49])

    def test_and_no_identity_provider_is_shown_it(
        self, api: ApiClient, app: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def asked(*given: Any) -> None:
            raise AssertionError("an issuer was asked about an API token")

        monkeypatch.setattr(app.registry["eoscperf.bearer"].get(), "verify", asked)
        self.refused(api, new_token())
        self.refused(api, "eoscp_damaged")

    def test_on_what_is_open_to_everybody_only_the_header_tells(self, api: ApiClient) -> None:
        answer = api.get("/sites", token=new_token(), status=200)
        assert "invalid_token" in answer.headers["WWW-Authenticate"]


class TestRevoking:
    def test_is_logged(self, api: ApiClient) -> None:
        token, _ = api.make.api_token(api.make.user("ann"))
        identifier, hint = str(token.id), token.hint
        api.delete(f"{OWN}/{identifier}", as_="ann", status=204)
        (entry,) = api.items("/reports/log", {"resource_type": "token"}, as_="admin")
        assert (entry["action"], entry["resource_id"]) == ("token_revoke", identifier)
        assert entry["details"]["hint"] == hint

    def test_of_tokens_of_others_finds_nothing(self, api: ApiClient) -> None:
        token, text = api.make.api_token(api.make.user("ann"))
        for who in ("bob", "admin"):
            api.get(f"{OWN}/{token.id}", as_=who, status=404)
            api.delete(f"{OWN}/{token.id}", as_=who, status=404)
        api.get("/users/self", token=text, status=200)

    def test_counts_at_once_in_every_process(
        self, live_api: ApiClient, make_app: Any, fresh_database_url: str
    ) -> None:
        from eoscperf.db import make_engine

        engine = make_engine(fresh_database_url)
        other = make_app(engine)
        try:
            made = live_api.post(OWN, NEW, as_="ann", status=201).json
            client = ApiClient(other, live_api._issuer, live_api.make)
            client.get("/users/self", token=made["token"], status=200)
            live_api.delete(f"{OWN}/{made['id']}", as_="ann", status=204)
            client.get("/users/self", token=made["token"], status=401)
        finally:
            for app in (other, live_api.app.app):
                app.registry[USES].close()
            other.registry["eoscperf.bearer"].close()
            engine.dispose()


def test_uses_are_written_beside_requests_and_survive_a_busy_database(live_api: ApiClient) -> None:
    made = live_api.post(OWN, NEW, as_="ann", status=201).json
    uses = live_api.app.app.registry[USES]
    live_api.get("/users/self", token=made["token"], status=200)
    uses.close()
    session = live_api.make.session
    session.rollback()
    assert session.scalar(sa.select(ApiToken.last_used_datetime)) is not None
    assert session.scalar(sa.select(User.role)) == "user"
