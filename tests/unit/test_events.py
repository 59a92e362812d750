"""Events: inside the transaction first, after the commit once it has really happened."""

import logging
from dataclasses import dataclass

import pytest
import transaction

from eoscperf.events import Events
from eoscperf.extend.configurator import PlatformConfigurator


@dataclass(frozen=True)
class Happened:
    number: int


@dataclass(frozen=True)
class HappenedTwice(Happened):
    pass


class Stage:
    """A registry with subscribers that write down what they hear, and a transaction manager."""

    def __init__(self):
        self.heard = []
        self.manager = transaction.TransactionManager(explicit=True)
        self.config = PlatformConfigurator(settings={})
        self.config.include("eoscperf.events")
        self.config.commit()

    def inside(self, function, event=Happened):
        self.config.add_transaction_subscriber(function, event)
        self.config.commit()

    def after(self, function, event=Happened):
        self.config.add_subscriber(function, event)
        self.config.commit()

    def events(self, request=None):
        return Events(self.config.registry, self.manager, request)


@pytest.fixture
def stage():
    stage = Stage()
    stage.inside(lambda event, request: stage.heard.append(("inside", event.number)))
    stage.after(lambda event: stage.heard.append(("after", event.number)))
    return stage


def test_subscribers_inside_hear_at_once_and_the_others_after_the_commit(stage):
    with stage.manager:
        stage.events().emit(Happened(1))
        assert stage.heard == [("inside", 1)]
    assert stage.heard == [("inside", 1), ("after", 1)]


def test_nobody_hears_after_an_abort(stage):
    stage.manager.begin()
    stage.events().emit(Happened(1))
    stage.manager.abort()
    stage.manager.begin()
    stage.manager.commit()
    assert stage.heard == [("inside", 1)]


def test_events_keep_their_order(stage):
    with stage.manager:
        events = stage.events()
        for number in range(3):
            events.emit(Happened(number))
    assert [number for when, number in stage.heard if when == "after"] == [0, 1, 2]


def test_who_waits_for_a_kind_of_event_hears_its_subclasses_and_no_others(stage):
    narrow = []
    stage.inside(lambda event, request: narrow.append(("inside", event)), HappenedTwice)
    stage.after(lambda event: narrow.append(("after", event)), HappenedTwice)
    with stage.manager:
        events = stage.events()
        events.emit(Happened(1))
        events.emit(HappenedTwice(2))
    assert stage.heard == [("inside", 1), ("inside", 2), ("after", 1), ("after", 2)]
    assert narrow == [("inside", HappenedTwice(2)), ("after", HappenedTwice(2))]


def test_what_a_subscriber_inside_raises_reaches_the_one_who_emits(stage):
    def veto(event, request):
        raise ValueError("no")

    stage.inside(veto)
    stage.manager.begin()
    with pytest.raises(ValueError, match="no"):
        stage.events().emit(Happened(1))
    stage.manager.abort()
    assert stage.heard == [("inside", 1)]


def test_a_subscriber_that_fails_after_the_commit_is_logged_and_stops_nobody(stage, caplog):
    def broken(event):
        raise RuntimeError("no coffee")

    stage.after(broken)
    stage.after(lambda event: stage.heard.append(("last", event.number)))
    with caplog.at_level(logging.ERROR), stage.manager:
        stage.events().emit(Happened(1))
    assert ("after", 1) in stage.heard
    assert ("last", 1) in stage.heard
    assert "no coffee" in caplog.text


def test_subscribers_inside_get_the_request(stage):
    seen = []
    stage.inside(lambda event, request: seen.append(request))
    with stage.manager:
        stage.events("the request").emit(Happened(1))
    assert seen == ["the request"]
