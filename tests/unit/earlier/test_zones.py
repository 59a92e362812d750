"""Times without an offset become instants."""

from __future__ import annotations

import datetime

import pytest

from eoscperf.earlier.zones import LocalTimes, UnknownZone


def instant(zone: str, text: str) -> tuple[str, str | None]:
    found, oddity = LocalTimes(zone).instant(datetime.datetime.fromisoformat(text))
    return found.isoformat(), oddity


@pytest.mark.parametrize("zone", ["UTC", "utc"])
def test_utc_keeps_every_time(zone: str) -> None:
    assert instant(zone, "2022-03-27T02:30:00.000001") == ("2022-03-27T02:30:00.000001+00:00", None)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Berlin", "2022-01-01T12:00", "2022-01-01T11:00:00+00:00"),
        ("Europe/Berlin", "2022-07-01T12:00", "2022-07-01T10:00:00+00:00"),
        ("America/New_York", "2022-07-01T23:30", "2022-07-02T03:30:00+00:00"),
        ("Asia/Kolkata", "2022-07-01T05:00", "2022-06-30T23:30:00+00:00"),
    ],
)
def test_the_offset_of_that_day_counts(zone: str, local: str, utc: str) -> None:
    assert instant(zone, local) == (utc, None)


@pytest.mark.parametrize(
    ("local", "utc"),
    [("02:00:00", "00:00:00"), ("02:30:00", "00:30:00"), ("02:59:59.999999", "00:59:59.999999")],
)
def test_of_an_hour_that_came_twice_the_earlier_instant_is_taken(local: str, utc: str) -> None:
    assert instant("Europe/Berlin", f"2021-10-31T{local}") == (f"2021-10-31T{utc}+00:00", "ambiguous")


def test_the_hours_around_it_came_once() -> None:
    assert instant("Europe/Berlin", "2021-10-31T01:59:59") == ("2021-10-30T23:59:59+00:00", None)
    assert instant("Europe/Berlin", "2021-10-31T03:00:00") == ("2021-10-31T02:00:00+00:00", None)


def test_an_hour_that_never_came_is_read_as_if_the_clock_had_not_been_put_forward() -> None:
    assert instant("Europe/Berlin", "2022-03-27T02:30") == ("2022-03-27T01:30:00+00:00", "missing")
    assert instant("Europe/Berlin", "2022-03-27T03:30") == ("2022-03-27T01:30:00+00:00", None)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_named_with_what_is_expected(zone: str) -> None:
    with pytest.raises(UnknownZone, match=r"no time zone .* here\. Name one .* Europe/Berlin"):
        LocalTimes(zone)
