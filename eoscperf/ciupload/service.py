"""The rules about trust rules."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from eoscperf import errors, listing
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.ciupload.events import TrustRuleAdded, TrustRuleRemoved
from eoscperf.ciupload.models import TrustRule
from eoscperf.ciupload.providers import Provider, Run
from eoscperf.db import utcnow
from eoscperf.errors import Issue
from eoscperf.events import Events
from eoscperf.review.journal import Journal
from eoscperf.security.identity import Viewer
from eoscperf.sites.models import Flavor
from eoscperf.sites.service import Flavors, Sites

MOST_RULES = 100
"""Trust rules of one user."""

NOTED = datetime.timedelta(minutes=1)
"""How exact the last use is: jobs that upload at once need not wait for each other."""

SORT = listing.SortFields(
    {
        name: listing.column_field(name, getattr(TrustRule, name))
        for name in ("id", "repository", "created_datetime")
    },
    default="-created_datetime",
)

Known = Callable[[uuid.UUID], Any]
"""Looks an object up as the viewer may see it, or raises NotFound."""


class TrustRules:
    """Makes, shows and ends rules. `providers` has the kind of CI system of each trusted issuer."""

    def __init__(
        self,
        session: Session,
        viewer: Viewer,
        journal: Journal,
        events: Events,
        providers: Mapping[str, Provider],
        benchmarks: Benchmarks,
        sites: Sites,
        flavors: Flavors,
        *,
        has_logged_in: bool = True,
    ) -> None:
        """`has_logged_in`: the caller is a person who is there, not the holder of an API token."""
        self._session = session
        self._viewer = viewer
        self._journal = journal
        self._events = events
        self._providers = providers
        self._benchmarks = benchmarks
        self._sites = sites
        self._flavors = flavors
        self._has_logged_in = has_logged_in
        self._noted: set[tuple[uuid.UUID, ...]] = set()

    @classmethod
    def for_request(cls, request: Any) -> TrustRules:
        return cls(
            request.dbsession,
            request.viewer,
            request.find_service(Journal),
            request.events,
            {issuer.url: issuer.provider for issuer in request.registry["eoscperf.ci_tokens"].issuers},
            request.find_service(Benchmarks),
            request.find_service(Sites),
            request.find_service(Flavors),
            has_logged_in=request.identity is not None and request.identity.method != "api-token",
        )

    def own(
        self, keys: Sequence[listing.SortKey], page: listing.PageRequest, binding: listing.CursorBinding
    ) -> listing.Page[TrustRule]:
        """A page of the viewer's rules."""
        return self._page([TrustRule.owner_id == self._viewer.user_id], keys, page, binding)

    def everybodys(
        self, keys: Sequence[listing.SortKey], page: listing.PageRequest, binding: listing.CursorBinding
    ) -> listing.Page[TrustRule]:
        """A page of all rules, for administrators."""
        return self._page([], keys, page, binding)

    def get(self, rule_id: uuid.UUID, *, lock: bool = False) -> TrustRule:
        """A rule of the viewer, or any for administrators; NotFound."""
        query = sa.select(TrustRule).where(TrustRule.id == rule_id).options(*_SHOWN)
        if lock:
            query = query.with_for_update(of=TrustRule)
        rule = self._session.scalar(query)
        if rule is None or not self._viewer.sees_uploader(rule.owner_id):
            raise errors.NotFound(f"No trust rule {rule_id}.")
        return rule

    def create(
        self,
        *,
        issuer: str,
        repository: str,
        workflow: str | None = None,
        ref: str | None = None,
        repository_id: str | None = None,
        repository_owner_id: str | None = None,
        benchmark_id: uuid.UUID | None = None,
        site_id: uuid.UUID | None = None,
        flavors_ids: Sequence[uuid.UUID] = (),
    ) -> TrustRule:
        """Trust a workflow with uploads in the viewer's name; Invalid, UnknownReference or Conflict.

        LoginRequired for somebody with an API token, who could otherwise go on uploading when it is revoked.
        """
        if not self._has_logged_in:
            raise errors.LoginRequired(
                "An API token makes no trust rules. Log in, and make the rule with the token of the log-in."
            )
        assert self._viewer.user_id is not None  # noqa: S101 - the operation asks for a registered user
        repository, workflow = self._checked(issuer, repository, workflow)
        if benchmark_id is None and site_id is None:
            raise errors.Invalid([_issue("is required where there is no site_id", "benchmark_id")])
        if flavors_ids and site_id is None:
            raise errors.Invalid([_issue("is required where there are flavors_ids", "site_id")])
        flavors = self._known(benchmark_id, site_id, flavors_ids)
        self._check_number()
        rule = TrustRule(
            owner_id=self._viewer.user_id,
            issuer=issuer,
            repository=repository,
            repository_key=repository.lower(),
            repository_id=repository_id,
            repository_owner_id=repository_owner_id,
            workflow=workflow,
            ref=ref,
            benchmark_id=benchmark_id,
            site_id=site_id,
            by_flavor=bool(flavors),
            flavors=flavors,
        )
        self._session.add(rule)
        self._session.flush()
        entry = self._journal.record("trust_rule_add", "trust_rule", rule.id, details=_details(rule))
        self._events.emit(TrustRuleAdded(**_facts(rule), entry_id=entry.id))
        return self.get(rule.id)

    def delete(self, rule: TrustRule, message: str | None = None) -> None:
        """End a rule: from now on nobody uploads by it."""
        facts = _facts(rule)
        entry = self._journal.record(
            "trust_rule_remove", "trust_rule", rule.id, message=message, details=_details(rule)
        )
        self._session.delete(rule)
        self._session.flush()
        self._events.emit(TrustRuleRemoved(**facts, entry_id=entry.id, message=message))

    def delete_since(self, owner_id: uuid.UUID, since: datetime.datetime) -> int:
        """End the rules that somebody has made since then; how many they were."""
        query = sa.select(TrustRule).where(
            TrustRule.owner_id == owner_id, TrustRule.created_datetime >= since
        )
        found = self._session.scalars(query.order_by(TrustRule.id).with_for_update()).all()
        for rule in found:
            self.delete(rule)
        return len(found)

    def note_use(self, rule_ids: Sequence[uuid.UUID], run: Run) -> None:
        """A result was stored by these rules; InsufficientScope when one of them has been ended meanwhile.

        The first use settles which repository is meant: later ones of the same name are others.
        """
        wanted = tuple(sorted(rule_ids))
        if wanted in self._noted:
            return
        self._noted.add(wanted)
        mine = (
            TrustRule.id.in_(wanted),
            _unset_or(TrustRule.repository_id, run.repository_id),
            _unset_or(TrustRule.repository_owner_id, run.repository_owner_id),
        )
        kept = sa.select(TrustRule.id, TrustRule.used_datetime, TrustRule.repository_id).where(*mine)
        rows = self._session.execute(kept.with_for_update(read=True, key_share=True)).all()
        now = utcnow()
        stale = [
            row.id
            for row in rows
            if row.repository_id is None or row.used_datetime is None or now - row.used_datetime > NOTED
        ]
        if stale:
            used = sa.update(TrustRule).where(*mine, TrustRule.id.in_(sorted(stale)))
            changed = self._session.execute(
                used.values(
                    used_datetime=now,
                    repository_id=run.repository_id,
                    repository_owner_id=run.repository_owner_id,
                ),
                execution_options={"synchronize_session": False},
            )
            rows = rows if changed.rowcount == len(stale) else []  # type: ignore[attr-defined]
        if len(rows) != len(wanted):
            raise errors.InsufficientScope(
                f"The trust rules for {run.title} were changed at this very moment. Try again.",
                scope="upload",
            )

    def _page(
        self, wanted: Sequence[Any], keys: Sequence[Any], page: listing.PageRequest, binding: Any
    ) -> listing.Page[TrustRule]:
        return listing.paginate(
            self._session,
            sa.select(TrustRule).where(*wanted).options(*_SHOWN),
            sa.select(sa.func.count()).select_from(TrustRule).where(*wanted),
            keys,
            page,
            bind=binding,
        )

    def _checked(self, issuer: str, repository: str, workflow: str | None) -> tuple[str, str]:
        """Repository and workflow as the CI system writes them."""
        provider = self._providers.get(issuer)
        if provider is None:
            allowed = (
                ", ".join(self._providers) or "none, as the platform does not know its own public address"
            )
            raise errors.Invalid([_issue(f"is no CI system trusted here; trusted: {allowed}", "issuer")])
        issues = []
        try:
            repository = provider.repository(repository)
        except ValueError as problem:
            issues.append(_issue(str(problem), "repository"))
        try:
            workflow = provider.workflow(workflow)
        except ValueError as problem:
            issues.append(_issue(str(problem), "workflow"))
        if issues:
            raise errors.Invalid(issues)
        return repository, str(workflow)

    def _known(
        self, benchmark_id: uuid.UUID | None, site_id: uuid.UUID | None, flavors_ids: Sequence[uuid.UUID]
    ) -> list[Flavor]:
        """The flavors; UnknownReference with everything that the viewer cannot see, or that is elsewhere."""
        issues: list[Issue] = []

        def find(get: Known, identifier: uuid.UUID | None, key: str, kind: str) -> Any:
            if identifier is None:
                return None
            try:
                return get(identifier)
            except errors.NotFound:
                issues.append(_issue(f"No {kind} {identifier}.", key))
                return None

        find(self._benchmarks.get, benchmark_id, "benchmark_id", "benchmark")
        find(self._sites.get, site_id, "site_id", "site")
        flavors = []
        for identifier in dict.fromkeys(flavors_ids):
            flavor = find(self._flavors.get, identifier, "flavors_ids", "flavor")
            if flavor is not None and flavor.site_id != site_id:
                issues.append(_issue(f"Flavor {identifier} is of another site.", "flavors_ids"))
            elif flavor is not None:
                flavors.append(flavor)
        if issues:
            raise errors.UnknownReference(issues)
        return flavors

    def _check_number(self) -> None:
        own = sa.select(sa.func.count()).where(TrustRule.owner_id == self._viewer.user_id)
        if (self._session.scalar(own.select_from(TrustRule)) or 0) >= MOST_RULES:
            raise errors.Conflict(f"You have {MOST_RULES} trust rules, the most there may be. End one first.")


_SHOWN = (orm.joinedload(TrustRule.owner), orm.selectinload(TrustRule.flavors))


def _unset_or(column: Any, value: str) -> sa.ColumnElement[bool]:
    return sa.or_(column.is_(None), column == value)


def _issue(detail: str, key: str) -> Issue:
    return Issue(detail, "body", key, f"/{key}")


def _facts(rule: TrustRule) -> dict[str, Any]:
    names = ("id", "owner_id", "issuer", "repository", "workflow")
    return {name: getattr(rule, name) for name in names}


def _details(rule: TrustRule) -> dict[str, Any]:
    """What the log keeps of a rule."""
    names = ("issuer", "repository", "workflow", "ref", "benchmark_id", "site_id")
    told: dict[str, Any] = {name: str(value) for name in names if (value := getattr(rule, name)) is not None}
    if rule.by_flavor:
        told["flavors_ids"] = [str(flavor.id) for flavor in rule.flavors]
    return told
