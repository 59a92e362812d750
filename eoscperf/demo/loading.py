"""Loading the demonstration data through the services that everybody's uploads go through."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from eoscperf import errors
from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.demo import content
from eoscperf.demo.content import Account, DemoBenchmark, DemoFlavor, DemoSite, DemoTag
from eoscperf.results.batch import Batch, Outcome
from eoscperf.results.models import Tag
from eoscperf.results.submit import Upload, Uploads
from eoscperf.results.tags import Tags
from eoscperf.review.journal import Journal
from eoscperf.review.models import LIVE
from eoscperf.scripts.acting import acting_request
from eoscperf.security.bearer import Profile
from eoscperf.security.identity import Identity
from eoscperf.sites.models import Flavor, Site
from eoscperf.sites.service import Flavors, Sites
from eoscperf.users.models import User
from eoscperf.users.service import Users

ISSUER = "urn:eoscperf:demo"
"""The issuer of the accounts that demonstration data belongs to. No installation trusts it."""

APPROVAL = "Demonstration data"

AT_ONCE = 60
"""Results that are stored together."""


@dataclass(slots=True)
class Loaded:
    """What came of it: how many of each kind are new, and what was left out, in sentences."""

    new: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)


def any_benchmark(session: Any) -> bool:
    """Whether there is a benchmark, in whatever state."""
    return session.scalar(sa.select(Benchmark.id).limit(1)) is not None


def number_of_results() -> int:
    return sum(len(benchmark.runs) for benchmark in content.benchmarks())


class Loader:
    """Loads what is missing, in the transaction of `request`; `advance(n)` hears of n results done."""

    def __init__(self, request: Any, advance: Callable[[int], object] = lambda number: None) -> None:
        self._request = request
        self._session = request.dbsession
        self._advance = advance
        self._loaded = Loaded()
        self._seconds = request.registry.settings["limits.schema_seconds"]

    def load(self) -> Loaded:
        """Submit, approve and upload everything that is not there yet.

        What administrators have rejected or deleted stays away, with what would rest on it.
        """
        self._moderator = self._acting(content.MODERATOR, admin=True)
        for benchmark in content.benchmarks():
            self._load(benchmark)
        return self._loaded

    def _load(self, demo: DemoBenchmark) -> None:
        uploader = self._acting(demo.uploader)
        tags = {tag.name: self._tag(uploader, tag) for tag in demo.tags}
        benchmark = self._benchmark(uploader, demo)
        sites = {site.name: self._site(uploader, site) for site in demo.sites}
        flavors = {flavor: self._flavor(uploader, flavor, sites[flavor.site]) for flavor in demo.flavors}
        uploads = []
        for run in demo.runs:
            flavor_id = flavors[run.flavor]
            if benchmark is None or flavor_id is None:
                self._advance(1)
                continue
            tags_ids = [found for name in run.tags if (found := tags[name]) is not None]
            uploads.append(
                Upload(
                    execution_datetime=run.execution_datetime,
                    benchmark_id=benchmark,
                    flavor_id=flavor_id,
                    json=run.json,
                    tags_ids=tags_ids,
                )
            )
        for first in range(0, len(uploads), AT_ONCE):
            self._upload(uploader, uploads[first : first + AT_ONCE])

    def _upload(self, uploader: Any, uploads: list[Upload]) -> None:
        outcomes = [Outcome(index, upload) for index, upload in enumerate(uploads)]
        Batch(uploader.find_service(Uploads), outcomes, seconds=self._seconds).each(dry_run=False)
        for outcome in outcomes:
            if outcome.error is None:
                self._loaded.new["result"] += 1
            elif not isinstance(outcome.error, errors.Duplicate):
                raise outcome.error
        self._advance(len(uploads))

    def _benchmark(self, uploader: Any, demo: DemoBenchmark) -> uuid.UUID | None:
        name = {"docker_image": demo.image, "docker_tag": demo.tag}
        found = self._found(Benchmark, **name)
        if found is None:
            service = uploader.find_service(Benchmarks)
            item = service.submit(**name, json_schema=demo.schema, url=demo.url, description=demo.description)
            return self._approved(Benchmarks, item)
        if found.uploader_id != uploader.identity.user_id:
            return self._leave_out(f"The benchmark {found.name} belongs to somebody else.")
        return self._usable(found, found.name)

    def _site(self, uploader: Any, demo: DemoSite) -> uuid.UUID | None:
        found = self._found(Site, name=demo.name)
        if found is None:
            item = uploader.find_service(Sites).submit(demo.name, demo.address, demo.description)
            return self._approved(Sites, item)
        return self._usable(found, demo.name)

    def _flavor(self, uploader: Any, demo: DemoFlavor, site_id: uuid.UUID | None) -> uuid.UUID | None:
        if site_id is None:
            return None
        found = self._found(Flavor, name=demo.name, site_id=site_id)
        if found is None:
            site = uploader.find_service(Sites).get(site_id, lock=True)
            item = uploader.find_service(Flavors).submit(site, demo.name, demo.description)
            return self._approved(Flavors, item)
        return self._usable(found, f"{demo.site} / {demo.name}")

    def _tag(self, uploader: Any, demo: DemoTag) -> uuid.UUID | None:
        query = sa.select(Tag).where(Tag.name == demo.name).order_by(Tag.status != "live")
        found = self._session.scalars(query.limit(1)).one_or_none()
        if found is None:
            self._loaded.new["tag"] += 1
            return uploader.find_service(Tags).create(demo.name, demo.description).id
        if found.status != "live":
            return self._leave_out(f"The tag {demo.name} has been deleted.")
        return found.id

    def _found(self, model: Any, **name: Any) -> Any:
        """What has this name, preferably alive; of what is rejected or deleted only our own counts."""
        accounts = sa.select(User.id).where(User.iss == ISSUER)
        query = (
            sa.select(model)
            .where(
                *(getattr(model, key) == value for key, value in name.items()),
                sa.or_(model.status.in_(LIVE), model.uploader_id.in_(accounts)),
            )
            .order_by(model.status.not_in(LIVE))
        )
        return self._session.scalars(query.limit(1)).one_or_none()

    def _usable(self, item: Any, name: str) -> uuid.UUID | None:
        if item.status == "approved":
            return item.id
        return self._leave_out(f"The {item.kind} {name} is {item.status.replace('_', ' ')}.")

    def _approved(self, service: type, item: Any) -> uuid.UUID:
        self._moderator.find_service(service).approve(item, APPROVAL)
        self._loaded.new[item.kind] += 1
        return item.id

    def _leave_out(self, reason: str) -> uuid.UUID | None:
        """Note why; what is returned stands for the id that there is not."""
        self._loaded.left_out.append(reason)
        return None

    def _acting(self, account: Account, *, admin: bool = False) -> Any:
        """A request of a demonstration account, which is registered if need be."""
        query = sa.select(User.id).where(User.iss == ISSUER, User.sub == account.sub)
        user_id = self._session.scalar(query)
        if user_id is None:
            user_id = self._register(account)
        # Only here: the account itself is stored as an ordinary user's.
        identity = Identity(ISSUER, account.sub, user_id, admin=admin, method="command")
        return acting_request(self._request, identity)

    def _register(self, account: Account) -> uuid.UUID:
        request = acting_request(self._request, Identity(ISSUER, account.sub, method="command"))
        profile = Profile(account.email, True, frozenset())
        users = Users(
            request.dbsession,
            request.identity,
            request.find_service(Journal),
            request.events,
            lambda: profile,
        )
        return users.register().id
