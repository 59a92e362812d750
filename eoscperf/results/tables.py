"""The tables under the models, for statements without objects."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa

from eoscperf.results.models import Result
from eoscperf.results.projection.models import ResultField, ResultValue
from eoscperf.results.tallies.models import ResultTally

RESULTS = cast(sa.Table, Result.__table__)
FIELDS = cast(sa.Table, ResultField.__table__)
VALUES = cast(sa.Table, ResultValue.__table__)
TALLIES = cast(sa.Table, ResultTally.__table__)
