"""Uploads of CI jobs: what their tokens must say, what rules allow, and that nothing else is open to them."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc.jwk import OKPKey
from pyramid.exceptions import ConfigurationError
from sqlalchemy import orm

from eoscperf.ciupload.models import TrustRule
from eoscperf.rest.service import PATTERNS, api_services
from eoscperf.results.models import Result
from eoscperf.review.models import LogEntry
from eoscperf.testing.api import ApiClient
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import Reply, TestIssuer

AUDIENCE = "https://perf.example.org"
REPOSITORY = "Octo/Benchmarks"
WORKFLOW = ".github/workflows/benchmark.yml"
MAIN = "refs/heads/main"
STRANGERS_KEY = OKPKey.generate_key("Ed25519")
COMMIT = "5f3b1c0de3f1b3a86f2a4f8f9b4d1c7e6a5b4c3d"


@pytest.fixture(scope="session")
def github() -> Iterator[TestIssuer]:
    with TestIssuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def gitlab() -> Iterator[TestIssuer]:
    with TestIssuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def shared_app(
    make_app: Callable[..., Any], engine: sa.Engine, github: TestIssuer, gitlab: TestIssuer
) -> Iterator[Any]:
    app = make_app(engine, **{"ci.issuers": f"github={github.url} gitlab={gitlab.url}/"})
    yield app
    app.registry["eoscperf.bearer"].close()
    app.registry["eoscperf.ci_tokens"].close()


class Job:
    """A job of the workflow, that can get tokens and upload."""

    def __init__(self, api: ApiClient, make: Make, github: TestIssuer) -> None:
        self.api = api
        self.github = github
        self.owner = make.user("owner")
        self.site = make.site()
        self.flavor = make.flavor(site=self.site)
        self.benchmark = make.benchmark()
        self._number = 0

    def token(self, *, lifetime: float = 300, without: tuple[str, ...] = (), **claims: Any) -> str:
        """A token as GitHub makes them; claims that are given replace its own."""
        told = {
            "aud": AUDIENCE,
            "repository": REPOSITORY,
            "repository_id": "74",
            "repository_owner_id": "65",
            "ref": MAIN,
            "sha": COMMIT,
            "run_id": "1658821493",
            "workflow_ref": f"{claims.get('repository', REPOSITORY)}/{WORKFLOW}@{claims.get('ref', MAIN)}",
        } | claims
        sub = f"repo:{told.get('repository')}:ref:{told.get('ref')}"
        return self.github.mint(sub, alg="EdDSA", lifetime=lifetime, without=without, **told)

    def rule(self, **changes: Any) -> dict[str, Any]:
        """A rule of the owner, for benchmark and site."""
        given = {
            "issuer": self.github.url,
            "repository": REPOSITORY,
            "workflow": WORKFLOW,
            "benchmark_id": str(self.benchmark.id),
            "site_id": str(self.site.id),
        } | {key: value for key, value in changes.items() if key != "as_"}
        given = {key: value for key, value in given.items() if value is not None}
        owner = changes.get("as_", self.owner)
        return self.api.post("/users/self/trust-rules", given, as_=owner, status=201).json

    def query(self, **changes: Any) -> dict[str, Any]:
        self._number += 1
        return {
            "execution_datetime": f"2024-06-01T08:00:{self._number:02}Z",
            "benchmark_id": str(self.benchmark.id),
            "flavor_id": str(self.flavor.id),
        } | changes

    def upload(
        self, token: str | None = None, *, status: Any = 201, headers: Any = None, **changes: Any
    ) -> Any:
        return self.api.request(
            "POST",
            "/results",
            params=self.query(**changes),
            json={"time": self._number},
            token=self.token() if token is None else token,
            headers=headers,
            status=status,
        )


@pytest.fixture
def job(api: ApiClient, make: Make, github: TestIssuer) -> Job:
    return Job(api, make, github)


class TestUploads:
    def test_a_trusted_workflow_uploads_for_the_owner_of_the_rule(
        self, job: Job, api: ApiClient, session: orm.Session
    ) -> None:
        job.rule()
        answer = job.upload()
        result = session.get_one(Result, uuid.UUID(answer.json["id"]))
        assert result.uploader_id == job.owner.id
        seen = api.get(f"/results/{result.id}", as_=job.owner).json
        assert seen["uploader"]["sub"] == "owner"

    def test_the_result_shows_where_it_comes_from(self, job: Job, api: ApiClient, github: TestIssuer) -> None:
        job.rule()
        provenance = {
            "issuer": github.url,
            "repository": REPOSITORY,
            "repository_id": "74",
            "workflow": WORKFLOW,
            "ref": MAIN,
            "commit": COMMIT,
            "run": "1658821493",
        }
        created = job.upload().json
        assert created["provenance"] == provenance
        assert api.get(f"/results/{created['id']}").json["provenance"] == provenance
        (listed,) = api.items("/results")
        assert listed["provenance"] == provenance
        exported = api.get("/results", {"format": "ndjson"}, headers={"Accept": "*/*"})
        assert exported.body.count(b'"provenance":{"commit":"' + COMMIT.encode()) == 1

    def test_results_of_people_show_none(self, job: Job, api: ApiClient, make: Make) -> None:
        made = make.result()
        assert "provenance" not in api.get(f"/results/{made.id}").json

    def test_the_answer_keeps_the_address_of_the_owner_out_of_public_logs(self, job: Job) -> None:
        job.rule()
        assert "uploader" not in job.upload().json

    def test_batches_and_checks_are_open_to_the_job(self, job: Job, api: ApiClient) -> None:
        job.rule()
        item = job.query() | {"json": {"time": 1}}
        report = api.post("/results:batch", [item], token=job.token(), status=201).json
        assert report["created"] == 1
        (listed,) = api.items("/results")
        assert listed["provenance"]["commit"] == COMMIT
        api.request("POST", "/results:validate", params=job.query(), json={}, token=job.token(), status=200)

    def test_a_job_may_send_its_token_again(self, job: Job) -> None:
        job.rule()
        token = job.token()
        job.upload(token)
        job.upload(token)

    def test_a_retry_under_an_idempotency_key_uploads_once(self, job: Job, api: ApiClient) -> None:
        job.rule()
        query, token = job.query(), job.token()
        first, second = (
            api.request(
                "POST", "/results", params=query, json={}, token=token, headers={"Idempotency-Key": "k"}
            )
            for _ in range(2)
        )
        assert first.json == second.json
        assert second.headers["Idempotent-Replayed"] == "true"

    def test_the_last_use_is_noted(self, job: Job, api: ApiClient) -> None:
        rule = job.rule()
        assert "used_datetime" not in rule
        job.upload()
        assert "used_datetime" in api.get(f"/trust-rules/{rule['id']}", as_=job.owner).json


class TestPlaces:
    """A rule for benchmark B and site S is about nothing else."""

    def test_another_benchmark_is_refused(self, job: Job, make: Make) -> None:
        job.rule()
        answer = job.upload(benchmark_id=str(make.benchmark().id), status=403)
        assert answer.json["type"] == "urn:eoscperf:problem:insufficient-scope"

    def test_another_site_is_refused(self, job: Job, make: Make) -> None:
        job.rule()
        job.upload(flavor_id=str(make.flavor().id), status=403)

    def test_a_rule_for_a_benchmark_alone_allows_every_site(self, job: Job, make: Make) -> None:
        job.rule(site_id=None)
        job.upload(flavor_id=str(make.flavor().id))
        job.upload(benchmark_id=str(make.benchmark().id), status=403)

    def test_a_rule_for_a_site_alone_allows_every_benchmark(self, job: Job, make: Make) -> None:
        job.rule(benchmark_id=None)
        job.upload(benchmark_id=str(make.benchmark().id))
        job.upload(flavor_id=str(make.flavor().id), status=403)

    def test_a_rule_for_flavors_allows_those(self, job: Job, make: Make) -> None:
        job.rule(flavors_ids=[str(job.flavor.id)])
        job.upload()
        job.upload(flavor_id=str(make.flavor(site=job.site).id), status=403)

    def test_rules_of_one_owner_add_up(self, job: Job, make: Make) -> None:
        other = make.benchmark()
        job.rule()
        job.rule(benchmark_id=str(other.id))
        job.upload()
        job.upload(benchmark_id=str(other.id))

    def test_a_batch_names_no_other_place_either(self, job: Job, api: ApiClient, make: Make) -> None:
        job.rule()
        good = job.query() | {"json": {}}
        bad = job.query(benchmark_id=str(make.benchmark().id)) | {"json": {}}
        api.post("/results:batch", [good, bad], token=job.token(), status=403)
        assert api.items("/results") == []
        report = api.post("/results:batch?mode=each", [good, bad], token=job.token(), status=200).json
        assert [item["status"] for item in report["items"]] == [201, 403]

    def test_a_check_says_the_same_as_the_upload(self, job: Job, api: ApiClient, make: Make) -> None:
        job.rule()
        query = job.query(benchmark_id=str(make.benchmark().id))
        api.request("POST", "/results:validate", params=query, json={}, token=job.token(), status=403)

    def test_when_the_flavors_are_gone_the_rule_does_not_widen(
        self, job: Job, make: Make, session: orm.Session
    ) -> None:
        named = make.flavor(site=job.site)
        job.rule(flavors_ids=[str(named.id)])
        session.execute(sa.text("DELETE FROM trust_rule_flavors"))
        session.commit()
        job.upload(status=403)


class TestClaims:
    """Each thing that a token says is wrong once."""

    @pytest.mark.parametrize(
        "claims",
        [
            {"repository": "octo/other"},
            {"repository": "Octo/Benchmarks2"},
            {"workflow_ref": f"{REPOSITORY}/.github/workflows/other.yml@{MAIN}"},
            {"workflow_ref": f"{REPOSITORY}/.github/workflows/benchmark.yml.yml@{MAIN}"},
            {"workflow_ref": f"{REPOSITORY}/nested/.github/workflows/benchmark.yml@{MAIN}"},
            # A file of the name `benchmark.yml@refs`, on a branch that goes on as if it were a path.
            {"workflow_ref": f"{REPOSITORY}/{WORKFLOW}@x.yml@{MAIN}"},
            {"ref": "refs/heads/other"},
            {"ref": "refs/heads/main2"},
            {"ref": "refs/pull/1/merge"},
            {"ref": "refs/tags/main"},
        ],
        ids=str,
    )
    def test_another_workflow_is_not_trusted(self, job: Job, claims: dict[str, Any]) -> None:
        job.rule(ref=MAIN)
        answer = job.upload(job.token(**claims), status=403)
        assert "no trust rule covers" in answer.json["detail"]
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "https://other.example.org"},
            {"aud": f"{AUDIENCE}.evil.example"},
            {"lifetime": -3600},
            {"lifetime": 7 * 3600},
            {"nbf": 4102444800},
            {"iat": "now"},
            {"workflow_ref": f"octo/other/{WORKFLOW}@{MAIN}"},
            {"workflow_ref": f"{REPOSITORY}/{WORKFLOW}@refs/heads/other"},
            {"workflow_ref": f"{REPOSITORY}/@{MAIN}"},
            {"workflow_ref": 7.5},
            {"repository": ["octo/benchmarks"]},
            {"repository": "o" * 600},
            {"sha": "nul\0"},
            {"ref": ""},
        ],
        ids=str,
    )
    def test_a_token_that_says_something_impossible_is_refused(
        self, job: Job, claims: dict[str, Any]
    ) -> None:
        job.rule()
        claims = dict(claims)
        if isinstance(claims.get("repository"), list):
            claims["workflow_ref"] = f"{REPOSITORY}/{WORKFLOW}@{MAIN}"
        job.upload(job.token(**claims), status=401)

    @pytest.mark.parametrize(
        "name",
        [
            "aud",
            "exp",
            "iat",
            "repository",
            "repository_id",
            "repository_owner_id",
            "ref",
            "sha",
            "run_id",
            "workflow_ref",
        ],
    )
    def test_a_token_that_lacks_something_is_refused(self, job: Job, name: str) -> None:
        job.rule()
        job.upload(job.token(without=(name,)), status=401)

    def test_a_token_signed_by_somebody_else_is_refused(self, job: Job, gitlab: TestIssuer) -> None:
        job.rule()
        claims = json.loads(base64.urlsafe_b64decode(job.token().split(".")[1] + "=="))
        forged = gitlab.mint(claims.pop("sub"), alg="EdDSA", key=STRANGERS_KEY, **claims)
        job.upload(forged, status=401)

    def test_spelling_of_the_repository_does_not_count(self, job: Job) -> None:
        job.rule(repository="octo/benchmarks", ref=MAIN)
        job.upload()

    def test_a_ref_may_be_a_pattern(self, job: Job) -> None:
        job.rule(ref="refs/tags/v*")
        job.upload(job.token(ref="refs/tags/v1.0"))
        job.upload(job.token(ref="refs/heads/v1"), status=403)

    def test_without_a_ref_every_branch_is_trusted(self, job: Job) -> None:
        job.rule()
        job.upload(job.token(ref="refs/heads/feature"))

    def test_the_keys_of_the_issuer_are_needed(self, job: Job, app: Any) -> None:
        job.rule()
        app.registry["eoscperf.ci_tokens"].close()
        job.github.replies["jwks"] = Reply(status=500)
        try:
            answer = job.upload(status=503)
        finally:
            del job.github.replies["jwks"]
            app.registry["eoscperf.ci_tokens"].close()
        assert answer.json["type"] == "urn:eoscperf:problem:identity-provider-unavailable"


class TestResurrection:
    """A name that was given up and taken by somebody else is not the repository that was trusted."""

    def test_the_first_upload_settles_which_repository_is_meant(self, job: Job, api: ApiClient) -> None:
        rule = job.rule()
        assert "repository_id" not in rule
        job.upload()
        shown = api.get(f"/trust-rules/{rule['id']}", as_=job.owner).json
        assert (shown["repository_id"], shown["repository_owner_id"]) == ("74", "65")
        job.upload(job.token(repository_id="75"), status=403)
        job.upload(job.token(repository_owner_id="66"), status=403)
        job.upload()

    def test_a_check_settles_nothing(self, job: Job, api: ApiClient) -> None:
        rule = job.rule()
        api.request("POST", "/results:validate", params=job.query(), json={}, token=job.token(), status=200)
        assert "repository_id" not in api.get(f"/trust-rules/{rule['id']}", as_=job.owner).json

    def test_the_numbers_may_be_given_with_the_rule(self, job: Job) -> None:
        job.rule(repository_id="74", repository_owner_id="65")
        job.upload(job.token(repository_id="75"), status=403)
        job.upload()


class TestOwners:
    def test_rules_of_several_owners_are_told_apart_by_a_header(
        self, job: Job, make: Make, api: ApiClient
    ) -> None:
        mine, theirs = job.rule(), job.rule(as_=make.user("other"))
        answer = job.upload(status=403)
        assert "Trust-Rule" in answer.json["detail"]
        created = job.upload(headers={"Trust-Rule": theirs["id"]}).json
        assert api.get(f"/results/{created['id']}", as_=make.user("other")).json["uploader"]["sub"] == "other"
        created = job.upload(headers={"Trust-Rule": mine["id"]}).json
        assert api.get(f"/results/{created['id']}", as_=job.owner).json["uploader"]["sub"] == "owner"

    @pytest.mark.parametrize("header", [str(uuid.UUID(int=7)), "everything"])
    def test_the_header_names_a_rule_that_trusts_the_job(self, job: Job, header: str) -> None:
        job.rule()
        job.upload(headers={"Trust-Rule": header}, status=403)

    def test_an_ended_rule_trusts_nobody(self, job: Job, api: ApiClient) -> None:
        rule = job.rule()
        job.upload()
        api.delete(f"/trust-rules/{rule['id']}", as_=job.owner, status=204)
        job.upload(status=403)

    def test_a_removed_owner_takes_the_rules_along(
        self, job: Job, api: ApiClient, session: orm.Session
    ) -> None:
        job.rule()
        api.post("/users:remove?email=owner@example.org", {}, as_="admin", status=204)
        assert session.scalars(sa.select(TrustRule)).all() == []
        job.upload(status=403)

    def test_a_disabled_owner_uploads_nothing(self, job: Job, session: orm.Session) -> None:
        job.rule()
        job.owner.disabled_datetime = job.owner.registration_datetime
        session.commit()
        job.upload(status=403)

    def test_a_reader_uploads_nothing(self, job: Job, session: orm.Session) -> None:
        job.rule()
        job.owner.role = "reader"
        session.commit()
        job.upload(status=403)

    def test_an_administrators_job_is_no_administrator(self, job: Job, api: ApiClient, make: Make) -> None:
        job.rule(as_="admin")
        created = job.upload().json
        api.delete(f"/results/{created['id']}", token=job.token(), status=403)


class TestEverythingElse:
    """The token uploads; whatever else is asked with it is refused, or answered as to anybody."""

    def test_no_other_operation_is_open_to_it(self, job: Job, api: ApiClient, app: Any, make: Make) -> None:
        """Not even with objects that are the owner's."""
        job.rule()
        mine = str(make.result(uploader=job.owner).id)
        tried = 0
        for service in api_services(app.registry).values():
            path = re.sub(r"\{(\w+)\}", lambda it: "1" if it[1] in PATTERNS else mine, service.template)
            for method, _, operation in service.operations():
                if operation.level(app.registry) == "public" or operation.permission == "result:create":
                    continue
                answer = api.request(method, path, token=job.token(), root=service.root, status=403)
                assert answer.json["type"] == "urn:eoscperf:problem:insufficient-scope", (method, path)
                tried += 1
        assert tried > 40

    def test_what_is_public_is_shown_as_to_anybody(self, job: Job, api: ApiClient, make: Make) -> None:
        job.rule()
        hidden = make.result(uploader=job.owner, withdrawn=True)
        api.get(f"/results/{hidden.id}", token=job.token(), status=410)
        mine = make.result(uploader=job.owner)
        assert "uploader" not in api.get(f"/results/{mine.id}", token=job.token()).json

    def test_it_is_nobodys_log_in(self, job: Job, api: ApiClient, make: Make) -> None:
        """Not even of a user whose subject is that of the token."""
        make.user(f"repo:{REPOSITORY}:ref:{MAIN}", iss=job.github.url)
        api.get("/users/self", token=job.token(), status=403)


class TestRules:
    def test_a_rule_is_shown_to_its_owner_and_to_administrators(
        self, job: Job, api: ApiClient, make: Make
    ) -> None:
        rule = job.rule(ref=MAIN, flavors_ids=[str(job.flavor.id)])
        assert rule == {
            "id": rule["id"],
            "issuer": job.github.url,
            "repository": REPOSITORY,
            "workflow": WORKFLOW,
            "ref": MAIN,
            "benchmark_id": str(job.benchmark.id),
            "site_id": str(job.site.id),
            "flavors_ids": [str(job.flavor.id)],
            "created_datetime": rule["created_datetime"],
        }
        assert api.items("/users/self/trust-rules", as_=job.owner) == [rule]
        assert api.items("/users/self/trust-rules", as_="user") == []
        (seen,) = api.items("/trust-rules", as_="admin")
        assert seen["owner"]["sub"] == "owner"
        api.get(f"/trust-rules/{rule['id']}", as_="user", status=404)
        api.get(f"/trust-rules/{rule['id']}", status=401)
        api.get("/trust-rules", as_=job.owner, status=403)

    def test_nobody_else_ends_a_rule_but_administrators(self, job: Job, api: ApiClient) -> None:
        rule = job.rule()
        api.delete(f"/trust-rules/{rule['id']}", as_="user", status=404)
        api.delete(f"/trust-rules/{rule['id']}", {"message": "leaked"}, as_="admin", status=204)
        api.get(f"/trust-rules/{rule['id']}", as_=job.owner, status=404)

    def test_making_and_ending_a_rule_is_logged(self, job: Job, api: ApiClient, session: orm.Session) -> None:
        rule = job.rule()
        api.delete(f"/trust-rules/{rule['id']}", as_=job.owner, status=204)
        found = session.scalars(sa.select(LogEntry).order_by(LogEntry.id.desc()).limit(2)).all()
        assert [entry.action for entry in found] == ["trust_rule_remove", "trust_rule_add"]
        assert REPOSITORY in str(found[0].details)

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"issuer": "https://other.example.org"}, "issuer"),
            ({"repository": "benchmarks"}, "repository"),
            ({"repository": "octo/bench/marks"}, "repository"),
            ({"repository": "octo/bench marks"}, "repository"),
            ({"workflow": "README.md"}, "workflow"),
            ({"workflow": "deep/er/benchmark.yml"}, "workflow"),
            ({"workflow": "a.yml@refs/heads/main.yml"}, "workflow"),
            ({"workflow": None}, "workflow"),
            ({"ref": "main"}, "ref"),
            ({"ref": "refs/heads/ma in"}, "ref"),
            ({"repository_id": "seventy"}, "repository_id"),
            ({"benchmark_id": None, "site_id": None}, "benchmark_id"),
            ({"site_id": None, "flavors_ids": ["00000000-0000-4000-8000-000000000000"]}, "site_id"),
        ],
        ids=str,
    )
    def test_what_a_rule_cannot_say(
        self, job: Job, api: ApiClient, changes: dict[str, Any], name: str
    ) -> None:
        given = {
            "issuer": job.github.url,
            "repository": REPOSITORY,
            "workflow": WORKFLOW,
            "benchmark_id": str(job.benchmark.id),
            "site_id": str(job.site.id),
        } | changes
        given = {key: value for key, value in given.items() if value is not None}
        answer = api.post("/users/self/trust-rules", given, as_="user", status=422)
        assert [error["name"] for error in answer.json["errors"]] == [name]

    def test_a_rule_names_what_exists(self, job: Job, api: ApiClient, make: Make) -> None:
        unknown = "00000000-0000-4000-8000-000000000000"
        given = {
            "issuer": job.github.url,
            "repository": REPOSITORY,
            "workflow": WORKFLOW,
            "benchmark_id": unknown,
            "site_id": str(job.site.id),
            "flavors_ids": [str(make.flavor().id), unknown],
        }
        answer = api.post("/users/self/trust-rules", given, as_="user", status=404)
        names = [error["name"] for error in answer.json["errors"]]
        assert names == ["benchmark_id", "flavors_ids", "flavors_ids"]

    def test_an_api_token_makes_no_rules(self, job: Job, api: ApiClient) -> None:
        """Whoever finds one would go on uploading after it is revoked."""
        asked = {"name": "all", "scopes": ["admin"]}
        secret = api.post("/users/self/tokens", asked, as_="admin", status=201).json["token"]
        given = {
            "issuer": job.github.url,
            "repository": REPOSITORY,
            "workflow": WORKFLOW,
            "benchmark_id": str(job.benchmark.id),
        }
        answer = api.post("/users/self/trust-rules", given, token=secret, status=403)
        assert answer.json["type"] == "urn:eoscperf:problem:login-required"

    def test_there_is_an_end_to_rules(self, job: Job, api: ApiClient, monkeypatch: Any) -> None:
        monkeypatch.setattr("eoscperf.ciupload.service.MOST_RULES", 1)
        job.rule()
        given = {
            "issuer": job.github.url,
            "repository": REPOSITORY,
            "workflow": WORKFLOW,
            "benchmark_id": str(job.benchmark.id),
        }
        api.post("/users/self/trust-rules", given, as_=job.owner, status=409)


class TestGitLab:
    @pytest.fixture
    def mint(self, gitlab: TestIssuer) -> Callable[..., str]:
        def mint(**claims: Any) -> str:
            told = {
                "aud": AUDIENCE,
                "project_path": "group/sub/bench",
                "project_id": "20",
                "namespace_id": 72,
                "ref": "main",
                "ref_type": "branch",
                "ref_path": MAIN,
                "sha": COMMIT,
                "pipeline_id": "574",
                "ci_config_ref_uri": f"{gitlab.url.removeprefix('http://')}/group/sub/bench//.gitlab-ci.yml@{MAIN}",
            } | claims
            told = {key: value for key, value in told.items() if value is not None}
            return gitlab.mint("project_path:group/sub/bench", alg="EdDSA", lifetime=3600, **told)

        return mint

    @pytest.fixture
    def rule(self, job: Job, gitlab: TestIssuer) -> dict[str, Any]:
        return job.rule(issuer=gitlab.url, repository="group/sub/bench", workflow=None, ref=MAIN)

    def test_a_pipeline_uploads(
        self, job: Job, rule: dict[str, Any], mint: Callable[..., str], gitlab: TestIssuer
    ) -> None:
        assert rule["workflow"] == ".gitlab-ci.yml"
        assert job.upload(mint()).json["provenance"] == {
            "issuer": gitlab.url,
            "repository": "group/sub/bench",
            "repository_id": "20",
            "workflow": ".gitlab-ci.yml",
            "ref": MAIN,
            "commit": COMMIT,
            "run": "574",
            "run_url": f"{gitlab.url}/group/sub/bench/-/pipelines/574",
        }

    def test_the_full_ref_follows_from_its_kind(self, job: Job, rule: Any, mint: Callable[..., str]) -> None:
        job.upload(mint(ref_path=None))
        job.upload(mint(ref_path=None, ref_type="tag"), status=401)
        job.upload(mint(ref_path=None, ref_type="moon"), status=401)

    @pytest.mark.parametrize(
        ("claims", "status"),
        [
            ({"project_path": "group/sub/other"}, 401),
            ({"project_id": None}, 401),
            ({"ci_config_ref_uri": None}, 401),
            ({"ci_config_ref_uri": f"gitlab.example.org/group/sub/bench//.gitlab-ci.yml@{MAIN}"}, 401),
            ({"ref_path": "refs/heads/other"}, 401),
        ],
        ids=str,
    )
    def test_each_claim_counts(
        self, job: Job, rule: Any, mint: Callable[..., str], claims: dict[str, Any], status: int
    ) -> None:
        job.upload(mint(**claims), status=status)

    def test_a_job_of_one_system_is_none_of_the_other(
        self, job: Job, mint: Callable[..., str], gitlab: TestIssuer
    ) -> None:
        job.rule()
        job.upload(mint(), status=403)


def test_an_issuer_of_people_cannot_be_one_of_jobs(
    make_app: Callable[..., Any], engine: sa.Engine, issuer: TestIssuer
) -> None:
    with pytest.raises(ConfigurationError, match="Choose one of both"):
        make_app(engine, **{"ci.issuers": f"github={issuer.url}"})


def test_without_an_address_of_its_own_the_platform_trusts_no_job(
    make_app: Callable[..., Any], engine: sa.Engine
) -> None:
    app = make_app(engine, public_url="")
    assert app.registry["eoscperf.ci_tokens"].issuers == ()
    named = make_app(engine, public_url="", **{"ci.audience": "urn:perf"})
    assert len(named.registry["eoscperf.ci_tokens"].issuers) == 2
