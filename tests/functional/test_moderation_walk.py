"""A random walk through moderation: whatever is done in whatever order, the rules hold after each step."""

from __future__ import annotations

import random
import uuid

import pytest
import sqlalchemy as sa

from eoscperf.benchmarks.models import Benchmark
from eoscperf.moderation.models import Claim, Submission
from eoscperf.results.models import Result
from eoscperf.review.models import LogEntry
from eoscperf.sites.models import Flavor, Site

STEPS = 40
GONE = ("rejected", "deleted")
KINDS = {"site": Site, "flavor": Flavor, "benchmark": Benchmark}
SHOWN = {
    **dict.fromkeys(KINDS.values(), ("status", "status_message")),
    Result: (
        "status",
        "status_datetime",
        "status_message",
        "withdrawn_datetime",
        "pending_claims",
        "hiding_claims",
    ),
    Claim: ("status", "hides", "decision_datetime", "decision_message"),
}


class Walk:
    """A small world that somebody does arbitrary things to."""

    def __init__(self, api, make, session, seed):
        self.api, self.session, self.dice = api, session, random.Random(seed)
        self.admin, self.owner = api.token("admin"), api.token("owner")
        self.people = {name: api.token(name) for name in ("ann", "bob")}
        owner = api.person("owner")
        sites = [make.site(uploader=owner, status=status) for status in ("approved", "on_review")]
        flavors = [make.flavor(site=sites[0], uploader=owner) for _ in range(2)]
        flavors.append(make.flavor(site=sites[1], uploader=owner, status="on_review"))
        benchmarks = [make.benchmark(uploader=owner) for _ in range(2)]
        results = [
            make.result(benchmark=benchmark, flavor=flavor, uploader=owner)
            for benchmark in benchmarks
            for flavor in flavors[:2]
        ]
        self.items = [(thing.kind, str(thing.id)) for thing in (*sites, *flavors, *benchmarks)]
        self.results = [str(result.id) for result in results]
        self.claims: list[str] = []
        self.done: list[tuple[str, int]] = []
        self.entries: list[tuple[int, dict]] = []

    def step(self) -> None:
        before, last = self.picture(), self.newest()
        name = self.dice.choices(*zip(*self.WEIGHTS.items(), strict=True))[0]
        answer = getattr(self, name)()
        after = self.picture()
        self.done.append((name, answer.status_int))
        assert answer.status_int < 500, self.done
        if answer.status_int >= 400:
            assert after == before, self.done
        entries = self.since(last)
        if after != before:
            assert entries, self.done
        if name.startswith("decide") and answer.status_int == 204 and entries:
            self.entries.append((entries[0].id, name, before))

    WEIGHTS = {"decide_item": 8, "decide_claim": 4, "decide_result": 4, "file": 6, "own": 4, "undo": 8}

    # What can be done

    def decide_item(self):
        kind, item_id = self.dice.choice(self.items)
        verb = self.dice.choice(["approve", "approve", "reject", "restore", "restore", "delete"])
        return self._decide(f"/{kind}s/{item_id}", verb)

    def decide_result(self):
        return self._decide(
            f"/results/{self.dice.choice(self.results)}", self.dice.choice(["restore", "delete"])
        )

    def decide_claim(self):
        if not self.claims:
            return self.file()
        verb = self.dice.choice(["approve", "reject", "show"])
        return self._decide(f"/reports/claims/{self.dice.choice(self.claims[-6:])}", verb)

    def _decide(self, path, verb):
        said = {"message": f"Said {len(self.done)}."} if self.dice.random() < 0.5 else {}
        if verb == "delete":
            return self.api.delete(path, said, token=self.admin, status="*")
        return self.api.post(f"{path}:{verb}", said, token=self.admin, status="*")

    def file(self):
        token = self.dice.choice(list(self.people.values()))
        path = f"/results/{self.dice.choice(self.results)}:claim"
        answer = self.api.post(path, {"message": "It looks wrong."}, token=token, status="*")
        if answer.status_int == 201:
            self.claims.append(answer.json["id"])
        return answer

    def own(self):
        """The uploader of a result withdraws it or brings it back, or a claimant takes a claim back."""
        if self.claims and self.dice.random() < 0.5:
            path = f"/reports/claims/{self.dice.choice(self.claims[-6:])}:withdraw"
            return self.api.post(path, token=self.dice.choice(list(self.people.values())), status="*")
        path = f"/results/{self.dice.choice(self.results)}:{self.dice.choice(['withdraw', 'restore'])}"
        return self.api.post(path, token=self.owner, status="*")

    def undo(self):
        """Take one of the latest decisions back; if it was the very last everything is as before."""
        if not self.entries:
            return self.file()
        latest = self.dice.random() < 0.7
        entry, name, before = self.entries.pop(-1 if latest else self.dice.randrange(len(self.entries)))
        untouched = all(found.caused_by == entry and found.action != "undo" for found in self.since(entry))
        answer = self.api.post(f"/reports/log/{entry}:undo", token=self.admin, status="*")
        if untouched:
            assert answer.status_int == 204, (self.done, answer.json)
            after = self.picture()
            if name == "decide_item":
                before, after = self.states(before), self.states(after)
            assert after == before, self.done
        return answer

    def forget(self, name):
        """The account of a claimant goes, what was claimed stays."""
        before = self.picture()
        self.api.post("/users:remove", params={"sub": name}, token=self.admin, status=204)
        del self.people[name]
        assert self.picture() == before

    # What is seen

    def newest(self) -> int:
        return self.session.scalar(sa.select(sa.func.max(LogEntry.id))) or 0

    def since(self, entry_id) -> list[LogEntry]:
        self.session.expire_all()
        query = sa.select(LogEntry).where(LogEntry.id > entry_id).order_by(LogEntry.id)
        return list(self.session.scalars(query))

    def picture(self) -> dict[object, object]:
        """What makes the answers about the world what they are, without the bookkeeping behind it."""
        self.session.expire_all()
        seen: dict[object, object] = {}
        for model, fields in SHOWN.items():
            columns = [getattr(model, field) for field in ("id", *fields)]
            seen |= {row.id: tuple(row[1:]) for row in self.session.execute(sa.select(*columns))}
        waiting = sa.select(Submission.id).where(Submission.closed_datetime.is_(None))
        return seen | {"waiting": set(self.session.scalars(waiting))}

    def states(self, picture) -> dict[object, object]:
        """Without when and why results are in their state: not kept where many go along with a site."""
        ids = set(self.session.scalars(sa.select(Result.id)))
        return {key: value[:1] if key in ids else value for key, value in picture.items()}

    def check(self) -> None:
        self.session.expire_all()
        open_ones = set()
        for row in self.session.scalars(sa.select(Submission).where(Submission.closed_datetime.is_(None))):
            thing = row.benchmark_id or row.site_id or row.flavor_id or row.claim_id
            assert thing not in open_ones, self.done
            open_ones.add(thing)
        states, waiting = {}, set()
        for model in (*KINDS.values(), Claim):
            for thing in self.session.scalars(sa.select(model)):
                states[thing.id] = thing.status
                if thing.status == "on_review":
                    waiting.add(thing.id)
        assert open_ones == waiting, self.done
        for flavor in self.session.scalars(sa.select(Flavor)):
            assert states[flavor.site_id] not in GONE or flavor.status in GONE, self.done
        claims = list(self.session.scalars(sa.select(Claim)))
        listed, owned = self._listed(None), self._listed(self.owner)
        for result in self.session.scalars(sa.select(Result)):
            self._check_result(result, [c for c in claims if c.result_id == result.id], states)
            shown = result.status == "visible"
            assert (str(result.id) in listed) == shown, self.done
            assert (str(result.id) in owned) == shown, self.done
        self._check_readers()

    def _listed(self, token):
        return {result["id"] for result in self.api.items("/results", token=token)}

    def _check_result(self, result, claims, states):
        pending = [claim for claim in claims if claim.status == "on_review"]
        assert result.pending_claims == len(pending), self.done
        assert result.hiding_claims == sum(claim.hides for claim in pending), self.done
        assert result.status == result.derive_status(), self.done
        parents = {states[one] for one in (result.benchmark_id, result.flavor_id, result.site_id)}
        gone = not parents.isdisjoint(GONE)
        if gone:
            assert result.status == "removed", self.done
        if result.removed_entry_id is not None:
            by_itself = self.session.get(LogEntry, result.removed_entry_id).resource_type == "result"
            # Nothing is away without a reason, and who removes a result decides about its claims.
            assert by_itself or gone, self.done
            assert not (by_itself and pending), self.done

    def _check_readers(self):
        """One result and one claim through everybody's eyes."""
        row = self.session.get(Result, uuid.UUID(self.dice.choice(self.results)))
        path = f"/results/{row.id}"
        expected = {"removed": 410, "withdrawn": 410}.get(row.status, 200)
        for token in (None, *self.people.values()):
            assert self.api.get(path, token=token, status="*").status_int == expected, self.done
        for token in (self.admin, self.owner):
            shown = self.api.get(path, token=token).json
            assert (shown["status"], shown["disputed"]) == (row.status, row.disputed), self.done
        text = self.api.get(f"{path}/claims", token=self.owner).text
        assert not any(name in text for name in self.people), self.done
        for token in self.people.values():
            self.api.get(f"{path}/claims", token=token, status=410 if expected == 410 else 403)


@pytest.mark.parametrize("seed", range(2))
def test_the_rules_hold_whatever_is_done(api, make, session, set_setting, seed):
    set_setting("rates.claims", 1000)
    walk = Walk(api, make, session, seed)
    for _ in range(STEPS):
        walk.step()
        walk.check()
    assert {201, 204, 409, 422} <= {status for _, status in walk.done}
    walk.forget("ann")
    walk.check()
