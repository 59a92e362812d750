"""What the links between results and tags repeat of results."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from eoscperf.results.models import Tag, result_tags
from eoscperf.results.tables import RESULTS
from eoscperf.testing.factories import Make

COPIED = ("execution_datetime", "upload_datetime", "benchmark_id", "flavor_id")


def test_a_link_repeats_of_its_result_what_never_changes(session: Any) -> None:
    result = Make(session).result()
    tag = Tag(id=uuid.uuid4(), name="new")
    session.add(tag)
    session.flush()
    session.execute(sa.insert(result_tags), [{"result_id": result.id, "tag_id": tag.id}])
    (link,) = session.execute(sa.select(*(result_tags.c[name] for name in COPIED)))
    (there,) = session.execute(sa.select(*(RESULTS.c[name] for name in COPIED)))
    assert tuple(link) == tuple(there)
