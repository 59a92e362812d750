from __future__ import annotations

import datetime
import sys
import unicodedata
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from eoscperf.db import make_engine
from eoscperf.listing import contains_ci, contains_text, matches_all, search_text, terms
from eoscperf.listing.terms import Lowered
from tests.unit.listing.listing_entries import Entry

TIME = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

# What both Unicode versions at hand are sure to know.
LETTERS = st.characters(max_codepoint=0x24F, exclude_characters="\0")


def found(session: orm.Session, *wanted: str) -> list[str]:
    return sorted(session.scalars(sa.select(Entry.name).where(matches_all(Entry.search, wanted))))


def fill(session: orm.Session, rows: dict[str, tuple[str | None, ...]]) -> None:
    session.add_all(
        [
            Entry(id=uuid.uuid4(), name=name, time=TIME, search=search_text(*fields))
            for name, fields in rows.items()
        ]
    )
    session.flush()


def truth(session: orm.Session, condition: sa.ColumnElement[bool]) -> bool:
    return bool(session.scalar(sa.select(sa.case((condition, 1), else_=0))))


@pytest.fixture
def sites(entries):
    fill(
        entries,
        {
            "CESGA": ("CESGA", "Santiago de Compostela", None),
            "IFCA": ("IFCA-LCG2", "Santander, España", "100% renewable_energy"),
            "Prag": ("PRAGUE", "Na Slovance\t1999\\2", "ΟΔΟΣ İzmir"),
        },
    )
    return entries


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ((), ["CESGA", "IFCA", "Prag"]),
        (("",), ["CESGA", "IFCA", "Prag"]),
        (("sant",), ["CESGA", "IFCA"]),
        (("SANT", "", "españa"), ["IFCA"]),
        (("ESPAÑA",), ["IFCA"]),
        (("espana",), []),
        (("santiago", "ifca"), []),
        (("ifca", "santander", "renew"), ["IFCA"]),
        (("%",), ["IFCA"]),
        (("_e",), ["IFCA"]),
        (("s_nt",), []),
        (("sa%er",), []),
        (("\\2",), ["Prag"]),
        (("\\",), ["Prag"]),
        ((" de ",), ["CESGA"]),
        ((" santiago",), []),
        (("lcg2santander",), []),
        (("lcg2 santander",), []),
        (("2\x1fsant",), []),
        (("\x1f",), []),
        (("\t",), ["Prag"]),
        (("\0",), []),
        (("\ud800",), []),
        (("ΟΔΟΣ",), ["Prag"]),
        (("οδος",), ["Prag"]),
        (("İZM",), ["Prag"]),
        (("izm",), []),
        (("x" * 100_000,), []),
        (("'; DROP TABLE x; --",), []),
        ((":name %(x)s ?",), []),
    ],
)
def test_every_term_must_occur_literally_in_one_field(sites, wanted, names):
    assert found(sites, *wanted) == names


def test_search_text_skips_what_is_missing_and_lowers_field_by_field():
    assert search_text("AB", None, "", "ΟΔΟΣ") == "ab\x1f\x1fοδος"
    assert search_text() == ""
    assert search_text("ΟΔΟΣ", "x").split("\x1f")[0] == "ΟΔΟΣ".lower()


@pytest.mark.parametrize(
    ("text", "sought", "expected"),
    [
        ("AMD EPYC 7742", "epyc", True),
        ("AMD EPYC 7742", "EPYC 77", True),
        ("AMD EPYC 7742", "", True),
        ("", "", True),
        ("", "x", False),
        ("100%", "%", True),
        ("100", "%", False),
        ("a_b", "A_B", True),
        ("axb", "a_b", False),
        ("España", "ESPAÑA", True),
        ("ΟΔΟΣ", "οδος", True),
        ("İstanbul", "i̇stanbul", True),
        ("Ꭰ", "ꭰ", True),
        ("\U00010400", "\U00010428", True),
        ("straße", "STRASSE", False),
        ("a\x01b", "\x01B", True),
        ("x", "\0", False),
        ("x", "\ud800", False),
    ],
)
def test_text_as_written_is_searched_in_any_case(session, text, sought, expected):
    assert truth(session, contains_ci(sa.literal(text), sought)) is expected


def test_a_missing_text_contains_nothing_and_its_negation_holds(session):
    missing = sa.null()
    assert not truth(session, contains_ci(sa.cast(missing, sa.Text()), "x"))
    assert truth(session, ~contains_ci(sa.cast(missing, sa.Text()), "x"))
    assert not truth(session, contains_text(sa.cast(missing, sa.Text()), ""))


def test_letters_are_lowered_as_python_does(session):
    codes = [code for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    letters = [chr(code) for code in codes if chr(code) != "\n"]
    lowered = session.scalar(sa.select(Lowered(sa.literal("\n".join(letters), sa.Text())))).split("\n")
    differing = [one for one, low in zip(letters, lowered, strict=True) if one.lower() != low]
    # A database may know letters that came after the Unicode of this Python.
    assert [letter for letter in differing if unicodedata.category(letter) != "Cn"] == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.one_of(st.sampled_from("ΣσςΑİiIſK ẞß.'\u0301"), LETTERS), max_size=12),
    sought=st.text(st.one_of(st.sampled_from("ΣσςΑİiI.'"), LETTERS), max_size=2),
)
def test_any_text_is_found_as_python_would(session, text, sought):
    for part in (sought, text[1:4], text[-3:], text.upper()):
        assert truth(session, contains_ci(sa.literal(text), part)) is (part.lower() in text.lower())


@pytest.mark.parametrize("letter", ["\ua7cb", "\U00010d50", "\U0010ffff"])
def test_letters_that_only_one_side_knows_are_found_as_written(session, letter):
    assert truth(session, contains_ci(sa.literal(f"x{letter}y"), letter))


def test_postgresql_lowers_with_the_best_collation_that_it_has():
    def lowered(best: str | None) -> str:
        dialect = postgresql.dialect()
        terms._collations[dialect] = best
        return str(Lowered(sa.column("x")).compile(dialect=dialect))

    assert lowered("und-x-icu") == '(lower((x) COLLATE "und-x-icu") COLLATE "C")'
    assert lowered("pg_unicode_fast") == '(lower((x) COLLATE pg_unicode_fast) COLLATE "C")'
    assert lowered(None) == "lower(x)"


def test_the_collations_of_a_server_are_known_before_its_first_statement(empty_database_url):
    engine = make_engine(empty_database_url)
    sent: list[str] = []
    with engine.connect() as connection:
        assert not connection.in_transaction()
        sa.event.listen(connection, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
        assert connection.scalar(sa.select(contains_ci(sa.literal("x"), "X")))
    if engine.dialect.name == "postgresql":
        assert terms._collations[engine.dialect] in ("pg_unicode_fast", "und-x-icu")
        assert terms._collations[engine.dialect] in sent[-1]
    else:
        assert engine.dialect not in terms._collations
        assert "eoscperf_lower" in sent[-1]
    engine.dispose()
