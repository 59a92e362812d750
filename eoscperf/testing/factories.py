"""Builders of people, sites, benchmarks and results for tests, straight into the database.

    make = Make(session)
    result = make.result(flavor=make.flavor(site=make.site(name="KIT")), json={"time": 1})

Whatever is not given is made up: every name is used once, parents are approved. Objects are
committed (in a joined session: to its savepoint), so that an application on the same connection
sees them. Search texts, hashes and open submissions are as the services would leave them.
"""

from __future__ import annotations

import datetime
import itertools
import uuid
from typing import Any

from sqlalchemy.orm import Session

from eoscperf import jsontext
from eoscperf.benchmarks.models import Benchmark
from eoscperf.ciupload.models import TrustRule
from eoscperf.db import utcnow
from eoscperf.listing import search_text
from eoscperf.moderation.models import Claim, Submission
from eoscperf.results.derived import results_created
from eoscperf.results.models import Result, Tag
from eoscperf.results.projection.service import Projection
from eoscperf.results.tallies.service import Tallies
from eoscperf.review.models import LogEntry
from eoscperf.security.token_text import HINT, digest, new_token
from eoscperf.sites.models import Flavor, Site
from eoscperf.tokens.models import ApiToken
from eoscperf.users.models import SERVICE_ISSUER, User

ISSUER = "https://issuer.example.org"

EXECUTION = datetime.datetime(2024, 5, 1, 12, 0, tzinfo=datetime.UTC)

_ACTIONS = {"approved": "approve", "rejected": "reject", "deleted": "delete"}


class Make:
    """Makes objects in a session; `iss` is the issuer of made-up users."""

    def __init__(self, session: Session, *, iss: str = ISSUER) -> None:
        self.session = session
        self.iss = iss
        self._numbers = itertools.count(1)
        self._users: dict[tuple[str, str], User] = {}

    def user(
        self, sub: str | None = None, *, role: str = "user", email: str | None = None, iss: str | None = None
    ) -> User:
        """A registered user; the same one for the same `sub` and `iss`."""
        sub, iss = sub or f"user-{next(self._numbers)}", iss or self.iss
        if (iss, sub) not in self._users:
            email = email or f"{sub}@example.org"
            user = User(iss=iss, sub=sub, email=email, role=role, search_text=search_text(email))
            self._users[iss, sub] = self._stored(user)
        return self._users[iss, sub]

    def service(self, name: str | None = None, *, role: str = "user") -> User:
        """A service account."""
        name = name or f"service-{next(self._numbers)}"
        email = f"{name}@example.org"
        return self._stored(
            User(
                iss=SERVICE_ISSUER,
                sub=name,
                kind="service",
                email=email,
                role=role,
                search_text=search_text(email),
            )
        )

    def api_token(self, user: User, *scopes: str, **fields: Any) -> tuple[ApiToken, str]:
        """An API token of somebody and its text; by default for reading and uploading."""
        text = new_token()
        given = {"name": "a script", "expires_datetime": utcnow() + datetime.timedelta(days=90)} | fields
        token = ApiToken(
            user_id=user.id,
            digest=digest(text),
            hint=text[:HINT],
            scope=" ".join(scopes or ("read", "upload")),
            **given,
        )
        return self._stored(token), text

    def site(self, *, status: str = "approved", uploader: User | None = None, **fields: Any) -> Site:
        number = next(self._numbers)
        given = {"name": f"Site {number}", "address": f"site-{number}.example.org"} | fields
        site = Site(**given, **self._reviewed(status, uploader))
        site.search_text = search_text(site.name, site.address, site.description)
        return self._submitted("site", site)

    def flavor(
        self,
        *,
        site: Site | None = None,
        status: str = "approved",
        uploader: User | None = None,
        **fields: Any,
    ) -> Flavor:
        given = {"name": f"flavor-{next(self._numbers)}"} | fields
        flavor = Flavor(site_id=(site or self.site()).id, **given, **self._reviewed(status, uploader))
        flavor.search_text = search_text(flavor.name, flavor.description)
        return self._submitted("flavor", flavor)

    def benchmark(
        self,
        *,
        json_schema: dict[str, Any] | None = None,
        status: str = "approved",
        uploader: User | None = None,
        **fields: Any,
    ) -> Benchmark:
        """A benchmark; without a schema of its own it takes every JSON object."""
        given = {"docker_image": f"example/benchmark-{next(self._numbers)}", "docker_tag": "1.0"} | fields
        schema = {"type": "object"} if json_schema is None else json_schema
        benchmark = Benchmark(json_schema=jsontext.dumps(schema), **given, **self._reviewed(status, uploader))
        benchmark.search_text = search_text(
            benchmark.docker_image, benchmark.docker_tag, benchmark.name, benchmark.description
        )
        self._submitted("benchmark", benchmark)
        Projection(self.session).declare(benchmark.id, benchmark.json_schema)
        self.session.commit()
        return benchmark

    def tag(self, name: str | None = None, *, uploader: User | None = None, **fields: Any) -> Tag:
        tag = Tag(
            name=name or f"tag-{next(self._numbers)}", uploader_id=(uploader or self._somebody()).id, **fields
        )
        tag.search_text = search_text(tag.name, tag.description)
        return self._stored(tag)

    def result(
        self,
        *,
        json: Any = None,
        benchmark: Benchmark | None = None,
        flavor: Flavor | None = None,
        uploader: User | None = None,
        tags: list[Tag] | None = None,
        withdrawn: bool = False,
        removed: bool = False,
        **fields: Any,
    ) -> Result:
        """A result, each executed a minute after the one before."""
        flavor = flavor or self.flavor()
        text = jsontext.dumps({"time": next(self._numbers)} if json is None else json)
        executed = EXECUTION + datetime.timedelta(minutes=next(self._numbers))
        result = Result(
            id=uuid.uuid4(),
            json=text,
            content_hash=jsontext.content_hash(jsontext.loads(text)),
            benchmark_id=(benchmark or self.benchmark()).id,
            flavor_id=flavor.id,
            site_id=flavor.site_id,
            uploader_id=(uploader or self._somebody()).id,
            pending_claims=0,
            hiding_claims=0,
            tags=list(tags or ()),
            **({"execution_datetime": executed} | fields),
        )
        if withdrawn:
            result.withdrawn_datetime = utcnow()
        if removed:
            result.removed_entry_id = self._entry("delete", "result", result.id, "visible", "removed").id
        result.status = result.derive_status()
        if result.status != "visible":
            result.status_datetime = utcnow()
        self.session.add(result)
        self.session.flush()
        self._derive(result, [tag.id for tag in tags or ()])
        self.session.commit()
        return result

    def claim(self, result: Result, *, uploader: User | None = None, **fields: Any) -> Claim:
        """A pending claim, which hides the result."""
        claim = Claim(
            result_id=result.id,
            uploader_id=(uploader or self.user()).id,
            **({"message": "The figures look wrong."} | fields),
        )
        result.pending_claims += 1
        result.hiding_claims += 1
        before, result.status = result.status, result.derive_status()
        Tallies(self.session).moved(result, before, result.status)
        self._stored(claim)
        self._stored(Submission(resource_type="claim", claim_id=claim.id))
        return claim

    def trust_rule(self, *, owner: User | None = None, site: Site | None = None, **fields: Any) -> TrustRule:
        """A rule for a workflow at GitHub, for a site unless `fields` say otherwise."""
        given: dict[str, Any] = {
            "issuer": "https://token.actions.githubusercontent.com",
            "repository": "example/benchmarks",
            "workflow": ".github/workflows/benchmark.yml",
            "site_id": (site or self.site()).id,
        } | fields
        key = given["repository"].lower()
        return self._stored(TrustRule(owner_id=(owner or self._somebody()).id, repository_key=key, **given))

    def _derive(self, result: Result, tags_ids: list[uuid.UUID]) -> None:
        document = jsontext.loads(result.json)
        place = (result.id, result.benchmark_id, result.flavor_id, result.execution_datetime)
        links = [{"result_id": result.id, "tag_id": tag_id} for tag_id in tags_ids]
        results_created(self.session, [(*place, document)], links)
        Tallies(self.session).moved(result, "visible", result.status)

    def _somebody(self) -> User:
        return self.user("somebody")

    def _reviewed(self, status: str, uploader: User | None) -> dict[str, Any]:
        fields: dict[str, Any] = {"id": uuid.uuid4(), "status": status}
        fields["uploader_id"] = (uploader or self._somebody()).id
        if status in ("rejected", "deleted"):
            fields["deleted_from"] = "on_review" if status == "rejected" else "approved"
        return fields

    def _submitted(self, kind: str, item: Any) -> Any:
        if item.status in _ACTIONS:
            before = item.deleted_from or "on_review"
            entry = self._entry(_ACTIONS[item.status], kind, item.id, before, item.status)
            item.status_entry_id = entry.id
        self._stored(item)
        closed = None if item.status == "on_review" else utcnow()
        self._stored(Submission(resource_type=kind, closed_datetime=closed, **{f"{kind}_id": item.id}))
        return item

    def _entry(self, action: str, kind: str, identifier: uuid.UUID, before: str, after: str) -> LogEntry:
        entry = LogEntry(
            action=action,
            resource_type=kind,
            resource_id=str(identifier),
            from_status=before,
            to_status=after,
        )
        return self._stored(entry)

    def _stored(self, thing: Any) -> Any:
        self.session.add(thing)
        self.session.commit()
        return thing
