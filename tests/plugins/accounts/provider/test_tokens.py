"""Refresh tokens, tokens of clients themselves, exchange, introspection, revocation, and what ends tokens."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import uuid
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from eoscperf.events import Events
from eoscperf.plugins.accounts.people.events import IdentityDisabled, IdentityRemoved, PasswordChanged
from eoscperf.plugins.accounts.provider.clients import EXCHANGE
from eoscperf.plugins.accounts.provider.grants import ACCESS_TOKEN
from eoscperf.plugins.accounts.provider.models import AccessToken, Authorization, RefreshToken
from eoscperf.users.models import User
from tests.plugins.accounts.provider.cast import CLI, ISSUER, basic, claims, encoded, header

API = "urn:eoscperf:api"


class TestRefreshTokens:
    def test_give_new_tokens_each_time(self, provider, browser, shop, clock):
        first = provider.log_in(browser, shop)
        clock.pass_time(minutes=20)
        second = provider.refresh(shop, first["refresh_token"])
        assert second["access_token"] != first["access_token"]
        assert second["refresh_token"] != first["refresh_token"]
        assert second["scope"] == first["scope"]
        old, new = claims(first["id_token"]), claims(second["id_token"])
        for name in ("iss", "sub", "aud", "auth_time", "sid"):
            assert old[name] == new[name]
        assert "nonce" not in new
        assert provider.refresh(shop, second["refresh_token"])["refresh_token"]

    def test_used_twice_end_the_whole_family(self, provider, browser, shop):
        """Whoever comes second, thief or owner, everybody has to log in again."""
        first = provider.log_in(browser, shop)
        second = provider.refresh(shop, first["refresh_token"])
        third = provider.refresh(shop, second["refresh_token"])
        assert provider.works(third["access_token"])
        assert provider.refresh(shop, first["refresh_token"], 400)["error"] == "invalid_grant"
        assert provider.refresh(shop, third["refresh_token"], 400)["error"] == "invalid_grant"
        for tokens in (first, second, third):
            assert not provider.works(tokens["access_token"])

    def test_of_another_log_in_are_left_alone_by_that(self, provider, browser, shop):
        first, other = provider.log_in(browser, shop), provider.log_in(browser, shop)
        provider.refresh(shop, first["refresh_token"])
        provider.refresh(shop, first["refresh_token"], 400)
        assert provider.refresh(shop, other["refresh_token"])["access_token"]

    def test_can_be_used_for_less_without_losing_the_rest(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop, scope="openid read upload")
        less = provider.refresh(shop, tokens["refresh_token"], scope="read")
        assert less["scope"] == claims(less["access_token"])["scope"] == "read"
        assert "id_token" not in less
        assert provider.refresh(shop, less["refresh_token"])["scope"] == "openid read upload"

    @pytest.mark.parametrize("scope", ["openid read upload", "read everything", "admin"])
    def test_cannot_be_used_for_more(self, provider, browser, shop, scope):
        tokens = provider.log_in(browser, shop, scope="openid read")
        assert provider.refresh(shop, tokens["refresh_token"], 400, scope=scope)["error"] == "invalid_scope"
        # A mistake of the client does not cost it the token.
        assert provider.refresh(shop, tokens["refresh_token"])["access_token"]

    def test_are_good_for_their_client_only(self, provider, browser, shop, bob, phone):
        tokens = provider.log_in(browser, shop)
        for other in (provider.client(bob, "Other"), phone):
            assert provider.refresh(other, tokens["refresh_token"], 400)["error"] == "invalid_grant"
        assert provider.refresh(shop, tokens["refresh_token"])["access_token"]

    def test_of_a_confidential_client_need_its_secret(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        answer = provider.token(
            None, 401, grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id=shop.id
        )
        assert answer.json["error"] == "invalid_client"

    @pytest.mark.parametrize("token", ["x", "eoscr_" + "A" * 43, "ü", "x" * 5000])
    def test_that_were_never_given_are_refused(self, provider, shop, token):
        assert provider.refresh(shop, token, 400)["error"] == "invalid_grant"

    def test_are_needed(self, provider, shop):
        answer = provider.token(shop, 400, grant_type="refresh_token")
        assert answer.json["error"] == "invalid_request"

    def test_are_neither_access_tokens_nor_the_other_way_round(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        assert provider.refresh(shop, tokens["access_token"], 400)["error"] == "invalid_grant"
        provider.userinfo(tokens["refresh_token"], 401)
        assert not provider.works(tokens["refresh_token"])

    def test_end_when_nobody_uses_them(self, provider, browser, shop, clock):
        token = provider.log_in(browser, shop, scope="read offline_access")["refresh_token"]
        clock.pass_time(days=29)
        token = provider.refresh(shop, token)["refresh_token"]
        clock.pass_time(days=29)
        token = provider.refresh(shop, token)["refresh_token"]
        clock.pass_time(days=31)
        assert provider.refresh(shop, token, 400)["error"] == "invalid_grant"

    def test_are_stored_as_digests_only(self, provider, browser, shop, session):
        token = provider.log_in(browser, shop)["refresh_token"]
        (row,) = session.query(RefreshToken).all()
        assert row.digest == hashlib.sha256(token.encode()).hexdigest()

    def test_lose_the_scopes_that_the_client_has_lost(self, provider, browser, shop, session):
        token = provider.log_in(browser, shop, scope="read upload")["refresh_token"]
        shop.row.scope = "read"
        session.commit()
        fresh = provider.refresh(shop, token)
        assert fresh["scope"] == "read"
        shop.row.scope = "email"
        session.commit()
        assert provider.refresh(shop, fresh["refresh_token"], 400)["error"] == "invalid_scope"


class TestWhatEndsTokens:
    def test_logging_out_ends_those_that_did_not_ask_to_stay(self, provider, browser, shop):
        bound = provider.log_in(browser, shop, scope="read")
        free = provider.log_in(browser, shop, scope="read offline_access")
        provider.sessions().end(browser.account_session)
        provider.session.commit()
        assert provider.refresh(shop, bound["refresh_token"], 400)["error"] == "invalid_grant"
        assert not provider.works(bound["access_token"])
        assert provider.refresh(shop, free["refresh_token"])["access_token"]

    def test_a_session_that_just_expired_ends_them_too(self, provider, browser, shop, clock):
        bound = provider.log_in(browser, shop, scope="read")
        free = provider.log_in(browser, shop, scope="read offline_access")
        for _ in range(2):
            clock.pass_time(days=15, hours=1)
            free = provider.refresh(shop, free["refresh_token"])
        assert provider.refresh(shop, bound["refresh_token"], 400)["error"] == "invalid_grant"

    @pytest.mark.parametrize("kind", [PasswordChanged, IdentityDisabled, IdentityRemoved])
    def test_a_new_password_or_the_end_of_the_account_ends_all(
        self, provider, browser, ann, shop, phone, kind
    ):
        tokens = [
            provider.log_in(browser, shop, scope="read offline_access"),
            provider.log_in(browser, phone, redirect_uri="http://127.0.0.1:4000/back"),
        ]
        happen(provider, kind(identity_id=ann.id))
        for given, client in zip(tokens, (shop, phone), strict=True):
            assert not provider.works(given["access_token"])
            assert provider.refresh(client, given["refresh_token"], 400)["error"] == "invalid_grant"

    def test_the_end_of_an_owner_ends_what_the_clients_got(self, provider, browser, bob, shop):
        theirs = provider.log_in(browser, shop)["access_token"]
        own = provider.token(shop, grant_type="client_credentials").json["access_token"]
        happen(provider, IdentityDisabled(identity_id=bob.id))
        assert not provider.works(theirs)
        assert not provider.works(own)

    def test_a_client_of_a_disabled_owner_is_unknown(self, provider, browser, bob, shop, session):
        bob.disabled_datetime = provider.clock()
        session.commit()
        assert browser.get(provider.asked(shop), status=400)
        assert provider.token(shop, 401, grant_type="client_credentials")

    def test_who_is_disabled_on_the_platform_goes_on_neither_here_nor_as_a_client(
        self, provider, bob, session
    ):
        web = provider.browser(bob)
        client = provider.client(bob, "Robot")
        given = provider.log_in(web, client, scope="openid email read upload")
        own = provider.token(client, grant_type="client_credentials").json["access_token"]
        boss = administrator(provider)
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        provider.web.post("/api/v1/users:register", headers=bearer, status=201)
        named = urlencode({"iss": "urn:eoscperf:local", "sub": bob.id})
        provider.web.post_json(f"/api/v1/users:disable?{named}", {}, headers=boss, status=204)
        assert not provider.works(given["access_token"])
        assert not provider.works(own)
        provider.refresh(client, given["refresh_token"], 401)
        provider.token(client, 401, grant_type="client_credentials")
        assert web.get("/accounts/clients").status_int == 303
        provider.web.post_json(f"/api/v1/users:enable?{named}", {}, headers=boss, status=204)
        assert provider.token(client, grant_type="client_credentials").json["access_token"]

    def test_what_has_ended_is_removed_after_a_day(self, provider, browser, shop, clock, session):
        provider.log_in(browser, shop)
        provider.registry.pop("accounts.purged", None)
        clock.pass_time(days=40)
        provider.token(shop, grant_type="client_credentials")
        session.expire_all()
        assert session.query(RefreshToken).count() == 0
        assert session.query(AccessToken).count() == session.query(Authorization).count() == 1


class TestTokensOfClientsThemselves:
    def test_name_the_client(self, provider, shop):
        answer = provider.token(shop, grant_type="client_credentials").json
        assert "refresh_token" not in answer
        assert "id_token" not in answer
        told = claims(answer["access_token"])
        assert told["sub"] == told["client_id"] == shop.id
        assert told["scope"] == answer["scope"] == "read upload"
        assert not {"auth_time", "sid", "amr"} & set(told)

    def test_can_be_used_on_the_platform_under_a_name_of_their_own(self, provider, shop):
        token = provider.token(shop, grant_type="client_credentials").json["access_token"]
        sent = {"Authorization": f"Bearer {token}"}
        user = provider.web.post("/api/v1/users:register", headers=sent, status=201).json
        assert (user["sub"], user["email"]) == (shop.id, "bob@example.org")
        provider.web.get("/api/v1/users/self:try_admin", headers=sent, status=403)

    def test_never_become_those_of_an_administrator(self, provider, shop, session):
        """However their account is found: nobody answers for what a program decides."""
        token = provider.token(shop, grant_type="client_credentials").json["access_token"]
        sent = {"Authorization": f"Bearer {token}"}
        provider.web.post("/api/v1/users:register", headers=sent, status=201)
        root = provider.person("root@example.org")
        session.add(User(iss="urn:eoscperf:local", sub=str(root.id), email=root.email, role="admin"))
        session.flush()
        admin = provider.log_in(provider.browser(root), CLI, scope="openid email admin")["access_token"]
        path = f"/api/v1/users:role?iss=urn:eoscperf:local&sub={shop.id}"
        for role, status in (("admin", 422), ("reader", 204), ("admin", 422), ("user", 204)):
            answer = provider.web.post_json(
                path, {"role": role}, headers={"Authorization": f"Bearer {admin}"}, status=status
            )
            if status == 422:
                assert answer.json["detail"] == "An OAuth client cannot be an administrator."
        assert provider.web.get("/api/v1/users/self", headers=sent).json["role"] == "user"

    def test_are_not_for_public_clients(self, provider, phone):
        answer = provider.token(phone, 400, grant_type="client_credentials")
        assert answer.json["error"] == "unauthorized_client"
        assert (
            provider.token(CLI, 400, grant_type="client_credentials").json["error"] == "unauthorized_client"
        )

    @pytest.mark.parametrize("scope", ["openid", "admin", "read email", "offline_access", "nothing"])
    def test_are_about_no_person_and_nothing_beyond_the_client(self, provider, shop, scope):
        answer = provider.token(shop, 400, grant_type="client_credentials", scope=scope)
        assert answer.json["error"] == "invalid_scope"

    @pytest.mark.parametrize("scope", ["moderate", "admin"])
    def test_neither_decide_about_others_nor_make_keys(self, provider, bob, scope):
        client = provider.client(bob, "Robot", scopes=["read", "upload", "moderate", "admin"])
        answer = provider.token(client, 400, grant_type="client_credentials", scope=scope)
        assert answer.json["error"] == "invalid_scope"
        assert provider.token(client, grant_type="client_credentials").json["scope"] == "read upload"

    def test_give_no_userinfo(self, provider, shop):
        token = provider.token(shop, grant_type="client_credentials").json["access_token"]
        provider.userinfo(token, 403)


class TestExchange:
    def exchange(self, provider, client, token, status=200, **changes):
        form = {"subject_token": token, "subject_token_type": ACCESS_TOKEN} | changes
        form = {name: value for name, value in form.items() if value is not None}
        return provider.token(client, status, grant_type=EXCHANGE, **form).json

    def test_gives_a_token_that_may_do_less(self, provider, browser, shop, ann):
        token = provider.log_in(browser, shop, scope="openid read upload offline_access")["access_token"]
        answer = self.exchange(provider, shop, token, scope="read")
        assert answer["issued_token_type"] == ACCESS_TOKEN
        assert answer["token_type"] == "Bearer"
        assert answer["scope"] == "read"
        assert not {"refresh_token", "id_token"} & set(answer)
        told = claims(answer["access_token"])
        assert (told["sub"], told["aud"], told["scope"]) == (str(ann.id), API, "read")
        assert "act" not in told
        assert self.exchange(provider, shop, token)["scope"] == "read upload"

    def test_gives_a_token_for_another_service_that_the_platform_refuses(self, provider, browser, shop, bob):
        service = provider.client(bob, "Service")
        token = provider.log_in(browser, shop, scope="openid email read")["access_token"]
        made = self.exchange(provider, shop, token, audience=service.id)["access_token"]
        told = claims(made)
        assert (told["aud"], told["email"], told["client_id"]) == (service.id, "ann@example.org", shop.id)
        assert not provider.works(made)
        assert provider.introspect(service, made)["active"] is True
        # The service may pass on less of it, in its own name.
        onward = claims(self.exchange(provider, service, made, scope="read")["access_token"])
        assert (onward["aud"], onward["act"]) == (service.id, {"sub": service.id})

    def test_never_widens_the_audience(self, provider, browser, shop, bob):
        service, other = provider.client(bob, "Service"), provider.client(bob, "Other")
        token = provider.log_in(browser, shop)["access_token"]
        made = self.exchange(provider, shop, token, audience=service.id)["access_token"]
        for audience in (API, other.id):
            for client in (shop, service):
                answer = self.exchange(provider, client, made, 400, audience=audience)
                assert answer["error"] == "invalid_target"

    @pytest.mark.parametrize("more", [{"audience": "https://evil.example"}, {"resource": "urn:nothing"}])
    def test_knows_its_audiences(self, provider, browser, shop, more):
        token = provider.log_in(browser, shop)["access_token"]
        assert self.exchange(provider, shop, token, 400, **more)["error"] == "invalid_target"
        assert self.exchange(provider, shop, token, resource=API)["access_token"]

    @pytest.mark.parametrize("scope", ["upload", "read admin", "openid", "offline_access"])
    def test_never_widens_the_scope(self, provider, browser, shop, scope):
        token = provider.log_in(browser, shop, scope="openid read offline_access")["access_token"]
        assert self.exchange(provider, shop, token, 400, scope=scope)["error"] == "invalid_scope"

    def test_never_lengthens_the_life(self, provider, browser, shop, clock):
        token = provider.log_in(browser, shop)["access_token"]
        clock.pass_time(minutes=10)
        answer = self.exchange(provider, shop, token)
        assert claims(answer["access_token"])["exp"] == claims(token)["exp"]
        assert answer["expires_in"] <= 300
        clock.pass_time(minutes=6)
        assert self.exchange(provider, shop, token, 400)["error"] == "invalid_request"

    def test_needs_a_token_of_the_client(self, provider, browser, shop, bob):
        """A token that a service was sent is no ticket to more."""
        other = provider.client(bob, "Other")
        token = provider.log_in(browser, shop)["access_token"]
        assert self.exchange(provider, other, token, 400)["error"] == "invalid_request"

    @pytest.mark.parametrize(
        "changes",
        [
            {"subject_token": None},
            {"subject_token": "x.y.z"},
            {"subject_token_type": None},
            {"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            {"actor_token": "x", "actor_token_type": ACCESS_TOKEN},
        ],
    )
    def test_refuses_what_it_does_not_do(self, provider, browser, shop, changes):
        token = provider.log_in(browser, shop)["access_token"]
        assert self.exchange(provider, shop, token, 400, **changes)["error"] == "invalid_request"

    def test_takes_neither_refresh_nor_id_tokens(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        for name in ("refresh_token", "id_token"):
            assert self.exchange(provider, shop, tokens[name], 400)["error"] == "invalid_request"

    def test_goes_with_the_log_in_it_came_from(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        made = self.exchange(provider, shop, tokens["access_token"])["access_token"]
        assert provider.works(made)
        revoke(provider, shop, tokens["refresh_token"])
        assert not provider.works(made)


class TestIntrospection:
    def test_tells_a_client_about_its_tokens(self, provider, browser, shop, ann):
        tokens = provider.log_in(browser, shop)
        told = provider.introspect(shop, tokens["access_token"])
        assert told["active"] is True
        assert (told["iss"], told["sub"], told["client_id"]) == (ISSUER, str(ann.id), shop.id)
        assert (told["aud"], told["scope"], told["token_type"]) == (API, "openid email read", "Bearer")
        assert told["iat"] < told["exp"]
        refresh = provider.introspect(shop, tokens["refresh_token"], token_type_hint="access_token")
        assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")

    def test_tells_others_nothing(self, provider, browser, shop, bob):
        tokens = provider.log_in(browser, shop)
        other = provider.client(bob, "Other")
        for name in ("access_token", "refresh_token"):
            assert provider.introspect(other, tokens[name]) == {"active": False}

    def test_needs_a_client_with_a_secret(self, provider, browser, shop, phone):
        token = provider.log_in(browser, shop)["access_token"]
        for headers, more in (
            ({}, {}),
            ({}, {"client_id": phone.id}),
            ({}, {"client_id": shop.id}),
            (basic(shop.id, "wrong"), {}),
            ({"Authorization": f"Bearer {token}"}, {}),
        ):
            answer = provider.web.post(
                "/accounts/introspect", {"token": token, **more}, headers=headers, status=401
            )
            assert answer.json["error"] == "invalid_client"

    def test_says_only_that_what_has_ended_is_not_active(self, provider, browser, shop, clock):
        tokens = provider.log_in(browser, shop)
        used = tokens["refresh_token"]
        provider.refresh(shop, used)
        clock.pass_time(minutes=16)
        dead = [tokens["access_token"], used, tokens["id_token"], "x", "x.y.z", "eoscr_" + "A" * 43, "ü"]
        for token in dead:
            assert provider.introspect(shop, token) == {"active": False}

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    def test_is_not_fooled_by_tokens_of_others(self, provider, shop, browser, algorithm, request):
        if algorithm == "ES256":
            request.getfixturevalue("signed_with_es256")
        token = provider.log_in(browser, shop)["access_token"]
        told, store = claims(token), provider.registry["accounts.keys"].access
        assert (header(token)["alg"], store.algorithm) == (algorithm, algorithm)
        [public] = [key for key in store.public_keys() if key["kid"] == header(token)["kid"]]
        named = {"kid": public["kid"], "typ": "at+jwt"}
        other = {"ES256": ECKey.generate_key("P-256"), "RS256": RSAKey.generate_key(2048)}
        known = store.signing_key()
        # What somebody might take for the secret of a symmetric algorithm: the public key in every form.
        secrets = [known.as_pem(private=False), known.as_der(private=False), json.dumps(public).encode()]
        secrets += [base64.urlsafe_b64decode(public[name] + "==") for name in ("n", "x") if name in public]
        forged = [jwt.encode({"alg": name, **named}, told, key) for name, key in other.items()]
        for secret in secrets:
            signed = f"{encoded({'alg': 'HS256', **named})}.{encoded(told)}"
            forged += [f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"]
        for name in ("none", "None", "HS256", "RS256", "ES256"):
            changed = encoded({"alg": name, **named})
            forged += [f"{changed}.{token.split('.')[1]}."]
            if name != algorithm:
                forged += [f"{changed}.{token.split('.', 1)[1]}"]
        forged += [token.rpartition(".")[0] + ".", token[:-4] + "AAAA"]
        for text in forged:
            assert provider.introspect(shop, text) == {"active": False}
            provider.userinfo(text, 401)
            assert not provider.works(text)

    def test_needs_a_token(self, provider, shop):
        answer = provider.web.post(
            "/accounts/introspect", {}, headers=basic(shop.id, shop.secret), status=400
        )
        assert answer.json["error"] == "invalid_request"

    def test_is_a_post(self, provider):
        provider.web.get("/accounts/introspect?token=x", status=405)


def revoke(provider, client, token, status=200, **more):
    headers = basic(client.id, client.secret) if client.secret else {}
    form = {"token": token} | more | ({} if client.secret else {"client_id": client.id})
    return provider.web.post("/accounts/revoke", form, headers=headers, status=status)


class TestRevocation:
    def test_of_an_access_token_ends_it_at_once(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        revoke(provider, shop, tokens["access_token"])
        assert not provider.works(tokens["access_token"])
        provider.userinfo(tokens["access_token"], 401)
        assert provider.introspect(shop, tokens["access_token"]) == {"active": False}
        assert provider.refresh(shop, tokens["refresh_token"])["access_token"]

    def test_of_a_refresh_token_ends_all_that_came_of_the_log_in(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        revoke(provider, shop, tokens["refresh_token"], token_type_hint="access_token")
        assert not provider.works(tokens["access_token"])
        assert provider.refresh(shop, tokens["refresh_token"], 400)["error"] == "invalid_grant"

    @pytest.mark.parametrize("token", ["x", "x.y.z", "eoscr_nothing"])
    def test_of_what_is_none_succeeds(self, provider, shop, token):
        assert revoke(provider, shop, token, token_type_hint="whatever").status_int == 200

    def test_can_be_repeated(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        for _ in range(2):
            revoke(provider, shop, tokens["refresh_token"])

    def test_is_up_to_the_client_of_the_token(self, provider, browser, shop, phone):
        tokens = provider.log_in(browser, shop)
        for name in ("access_token", "refresh_token"):
            assert revoke(provider, phone, tokens[name], 400).json["error"] == "invalid_grant"
        assert provider.works(tokens["access_token"])

    def test_needs_the_client(self, provider, browser, shop):
        tokens = provider.log_in(browser, shop)
        answer = provider.web.post("/accounts/revoke", {"token": tokens["refresh_token"]}, status=401)
        assert answer.json["error"] == "invalid_client"
        answer = provider.web.post(
            "/accounts/revoke", {"token": tokens["refresh_token"], "client_id": shop.id}, status=401
        )
        assert answer.headers["WWW-Authenticate"].startswith("Basic")

    def test_needs_a_token(self, provider, shop):
        answer = provider.web.post("/accounts/revoke", {}, headers=basic(shop.id, shop.secret), status=400)
        assert answer.json["error"] == "invalid_request"

    def test_works_for_public_clients(self, provider, browser, phone):
        tokens = provider.log_in(browser, phone, redirect_uri="http://127.0.0.1:4000/back")
        revoke(provider, phone, tokens["refresh_token"])
        assert not provider.works(tokens["access_token"])


class TestUserinfo:
    def test_tells_what_the_scopes_allow(self, provider, browser, shop, ann):
        everything = provider.log_in(browser, shop, scope="openid email profile")["access_token"]
        answer = provider.userinfo(everything)
        assert answer.content_type == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json == {
            "sub": str(ann.id),
            "email": "ann@example.org",
            "email_verified": True,
            "name": "Ann",
            "entitlements": [],
        }
        little = provider.log_in(browser, shop, scope="openid")["access_token"]
        assert provider.userinfo(little).json == {"sub": str(ann.id)}

    def test_takes_the_token_in_a_form_as_well(self, provider, browser, shop, ann):
        token = provider.log_in(browser, shop)["access_token"]
        assert provider.web.post("/accounts/userinfo", {"access_token": token}).json["sub"] == str(ann.id)
        sent = {"Authorization": f"Bearer {token}"}
        assert provider.web.post("/accounts/userinfo", {}, headers=sent).json["sub"] == str(ann.id)
        both = provider.web.post("/accounts/userinfo", {"access_token": token}, headers=sent, status=400)
        assert both.json["error"] == "invalid_request"

    def test_never_takes_it_from_the_address(self, provider, browser, shop):
        token = provider.log_in(browser, shop)["access_token"]
        answer = provider.web.get(f"/accounts/userinfo?access_token={token}", status=401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="accounts"'

    def test_names_the_error_to_those_who_sent_a_token(self, provider, browser, shop):
        for token in ("x", "x.y.z", provider.log_in(browser, shop)["id_token"]):
            answer = provider.userinfo(token, 401)
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
            assert answer.json["error"] == "invalid_token"

    def test_needs_the_scope_openid(self, provider, browser, shop):
        answer = provider.userinfo(provider.log_in(browser, shop, scope="read")["access_token"], 403)
        assert answer.json["error"] == "insufficient_scope"
        assert 'scope="openid"' in answer.headers["WWW-Authenticate"]

    def test_takes_no_expired_token(self, provider, browser, shop, clock):
        token = provider.log_in(browser, shop)["access_token"]
        clock.pass_time(minutes=16)
        provider.userinfo(token, 401)

    def test_may_be_asked_by_scripts_of_any_origin(self, provider, browser, shop):
        token = provider.log_in(browser, shop)["access_token"]
        assert provider.userinfo(token).headers["Access-Control-Allow-Origin"] == "*"
        answer = provider.web.options("/accounts/userinfo", headers={"Origin": "https://app.example.org"})
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


class TestOnThePlatform:
    def test_an_id_token_is_no_access_token(self, provider, browser, shop):
        assert not provider.works(provider.log_in(browser, shop)["id_token"])

    def test_a_scope_bounds_what_a_token_may_do(self, provider, browser, shop):
        token = provider.log_in(browser, shop, scope="openid email read upload")["access_token"]
        sent = {"Authorization": f"Bearer {token}"}
        provider.web.post("/api/v1/users:register", headers=sent, status=201)
        reading = provider.log_in(browser, shop, scope="openid read")["access_token"]
        answer = provider.web.post_json(
            "/api/v1/sites",
            {"name": "Site", "address": "site.example.org"},
            headers={"Authorization": f"Bearer {reading}"},
            status=403,
        )
        assert answer.json["type"].endswith("insufficient-scope")

    def test_a_token_that_names_nobody_known_is_refused(self, provider, browser, shop):
        token = provider.log_in(browser, shop)["access_token"]
        provider.session.query(AccessToken).filter_by(id=uuid.UUID(claims(token)["jti"])).delete()
        provider.session.commit()
        assert not provider.works(token)


def administrator(provider):
    """A header with the token of somebody who administers the platform."""
    boss = provider.person("boss@example.org")
    provider.session.add(User(iss="urn:eoscperf:local", sub=str(boss.id), email=boss.email, role="admin"))
    provider.session.commit()
    token = provider.log_in(provider.browser(boss), CLI, scope="read admin")["access_token"]
    return {"Authorization": f"Bearer {token}"}


def happen(provider, event):
    """An event as the services of people emit it."""
    manager = type("Manager", (), {"get": lambda self: self, "addAfterCommitHook": lambda *_: None})()
    request = type("Request", (), {"dbsession": provider.session, "registry": provider.registry})()
    Events(provider.registry, manager, request).emit(event)
    provider.session.commit()


def test_lifetimes_follow_the_settings(provider, browser, shop, monkeypatch):
    monkeypatch.setitem(provider.registry.settings, "accounts.access_token_minutes", 5)
    tokens = provider.log_in(browser, shop)
    assert tokens["expires_in"] <= 300
    assert claims(tokens["access_token"])["exp"] - claims(tokens["access_token"])["iat"] == 300
    assert datetime.timedelta(seconds=tokens["expires_in"]) > datetime.timedelta(minutes=4)
