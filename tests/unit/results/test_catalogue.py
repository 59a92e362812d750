"""The small tables in memory, and what is answered while they change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf.results.catalogue import Catalogue, CatalogueStamp, CatalogueView, read_stamp


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


def changing(session, times: int, *, relies: bool):
    """Work during which the catalogue is changed so many times, and the stamps it was done under."""
    seen: list[int] = []

    def work(view: CatalogueView) -> tuple[int, bool]:
        seen.append(view.stamp)
        if len(seen) <= times:
            session.execute(sa.update(CatalogueStamp.__table__).values(stamp=view.stamp // 2 + len(seen)))
        return len(seen), relies

    return work, seen


def test_an_answer_that_relies_on_fields_is_made_again_when_the_catalogue_changed_meanwhile(
    session, database_kind, catalogue
):
    work, seen = changing(session, 1, relies=True)
    answer = catalogue.answer(session, read_stamp(session), work)
    # A transaction of SQLite sees nothing that was committed since it began.
    assert answer == len(seen) == (1 if database_kind == "sqlite" else 2)
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("relies", [False, True])
def test_it_is_made_once_when_nothing_changed_or_does_not_matter(session, catalogue, relies):
    work, seen = changing(session, 0 if relies else 1, relies=relies)
    assert catalogue.answer(session, read_stamp(session), work) == len(seen) == 1


def test_it_is_not_made_for_ever(session, catalogue):
    work, seen = changing(session, 1000, relies=True)
    assert catalogue.answer(session, read_stamp(session), work) == len(seen)
    assert len(seen) < 10
