"""Batches: races with other uploads, checks that take too long, errors of several items as one."""

from __future__ import annotations

import datetime

import pytest

from eoscperf import errors
from eoscperf.errors import Issue
from eoscperf.results.batch import Batch, Outcome, together
from eoscperf.results.models import Result
from eoscperf.results.submit import Place, Upload, Uploads
from eoscperf.security.identity import Viewer
from eoscperf.testing.factories import Make

WHEN = datetime.datetime(2024, 6, 1, tzinfo=datetime.UTC)


class Seen(list):
    """Events that would have been delivered."""

    def emit(self, event):
        self.append(event)


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def events():
    return Seen()


@pytest.fixture
def checks():
    return {}


@pytest.fixture
def uploads(session, make, events, checks):
    return Uploads(lambda: session, Viewer(make.user("ann").id), events, checks)


@pytest.fixture
def outcomes(make):
    benchmark, flavor = make.benchmark().id, make.flavor().id

    def outcomes(*values):
        return [
            Outcome(
                index,
                upload=Upload(
                    execution_datetime=WHEN,
                    benchmark_id=benchmark,
                    flavor_id=flavor,
                    json={"time": value},
                    place=Place(index),
                ),
            )
            for index, value in enumerate(values)
        ]

    return outcomes


def test_storing_shows_what_is_there_already(uploads, outcomes, session):
    Batch(uploads, outcomes(2), seconds=2).atomic(dry_run=False)
    first = session.query(Result).one().id
    with pytest.raises(errors.Duplicate) as told:
        Batch(uploads, outcomes(1, 2), seconds=2).atomic(dry_run=False)
    assert told.value.members["existing"] == first


def test_a_double_fails_alone_where_each_item_stands_for_itself(uploads, outcomes, session, events):
    Batch(uploads, outcomes(2), seconds=2).atomic(dry_run=False)
    first = session.query(Result).one().id
    events.clear()
    items = outcomes(1, 2, 3)
    Batch(uploads, items, seconds=2).each(dry_run=False)
    assert [item.id is not None for item in items] == [True, False, True]
    assert items[1].error.members["existing"] == first
    assert session.query(Result).count() == 3
    assert [event.id for event in events] == [items[0].id, items[2].id]


def test_a_single_upload_that_is_there_already_is_told_so(uploads, outcomes, session):
    (one,) = outcomes(1)
    first = uploads.submit(one.upload).id
    with pytest.raises(errors.Duplicate) as told:
        uploads.submit(one.upload)
    assert told.value.members["existing"] == first
    assert session.query(Result).count() == 1


def test_registered_checks_are_asked_and_point_into_the_item(uploads, outcomes, checks):
    def no_odd_times(submission):
        if submission.json["time"] % 2:
            yield Issue("is odd", "body", "time", "/time")

    checks["no_odd_times"] = no_odd_times
    items = outcomes(1, 2)
    Batch(uploads, items, seconds=2).each(dry_run=False)
    assert [issue.pointer for issue in items[0].error.issues] == ["/0/json/time"]
    assert items[1].id is not None


def test_checking_a_batch_ends(uploads, outcomes, checks):
    asked = []
    checks["slow"] = lambda submission: asked.append(submission) or ()
    items = outcomes(1, 2, 3)
    Batch(uploads, items, seconds=-1).each(dry_run=False)
    assert {type(item.error) for item in items} == {errors.ValidationTimedOut}
    assert asked == []


def test_a_timeout_of_a_whole_batch_names_its_items():
    late = errors.ValidationTimedOut("too slow")
    told = together([(1, late), (4, late)])
    assert isinstance(told, errors.ValidationTimedOut)
    assert [error["pointer"] for error in told.members["errors"]] == ["/1", "/4"]


def test_errors_of_different_kinds_are_one_validation_error():
    wrong = errors.Invalid([Issue("is odd", "body", "0.json.time", "/0/json/time")])
    told = together([(0, wrong), (2, errors.SchemaInvalid("broken"))])
    assert type(told) is errors.Invalid
    assert [error["pointer"] for error in told.members["errors"]] == ["/0/json/time", "/2"]


def test_more_than_a_hundred_errors_are_cut_off():
    told = together([(index, errors.Duplicate("again")) for index in range(150)])
    assert len(told.members["errors"]) == 100
    assert told.members["errors_truncated"] is True
