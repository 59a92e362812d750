"""Local times without an offset, as the earlier service kept them, and the instants they stood for."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Literal

Oddity = Literal["ambiguous", "missing"]
"""The clock showed this time twice, or never: it was put back or forward."""


class UnknownZone(ValueError):
    """There is no such time zone; the message says what is expected."""


class LocalTimes:
    """The clock of one time zone, named as in the IANA database, such as `Europe/Berlin`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = None if name.upper() == "UTC" else _zone(name)

    def instant(self, naive: datetime.datetime) -> tuple[datetime.datetime, Oddity | None]:
        """When the clock showed this, in UTC.

        Of an hour that came twice the earlier one; of one that was left out the instant that the clock would
        have shown it at, had it not been put forward.
        """
        if self._zone is None:
            return naive.replace(tzinfo=datetime.UTC), None
        first, second = (
            naive.replace(tzinfo=self._zone, fold=fold).astimezone(datetime.UTC) for fold in (0, 1)
        )
        if first == second:
            return first, None
        return first, "ambiguous" if first < second else "missing"


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise UnknownZone(
            f"There is no time zone {name} here. "
            "Name one as in the IANA database, such as UTC or Europe/Berlin."
        ) from problem
