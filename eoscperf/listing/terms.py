"""Search in text: literal and case-insensitive, alike on both databases.

Text that is searched often is kept lower-cased in a column of its own (`search_text`), so that the
database only looks for one string in another. Where text cannot be prepared (`contains_ci`), the
database lowers it: SQLite with Python's own `str.lower`, PostgreSQL with the best collation it has.

Those of PostgreSQL, best first: `pg_unicode_fast` (from 18) and `und-x-icu` (where built with ICU)
do full Unicode lower-casing as Python does, the final sigma included; `pg_c_utf8` (17) and the
libc collations map character by character, so that İ becomes i without its dot and a final Σ
becomes σ. What remains in the first two are the letters that only one of the Unicode versions
behind Python and PostgreSQL knows: they are found as they are written, but not in the other case.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

SEPARATOR = "\x1f"


def search_text(*fields: str | None) -> str:
    """What to keep for the search in these fields; a match cannot reach from one into the next."""
    return SEPARATOR.join(field.lower() for field in fields if field is not None)


def matches_all(column: sa.ColumnElement[Any] | Any, terms: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether text made by `search_text` contains every term; empty terms are ignored, none is true."""
    wanted = [term for term in terms if term]
    if any(SEPARATOR in term or not storable(term) for term in wanted):
        return sa.false()
    distinct = dict.fromkeys(term.lower() for term in wanted)
    return sa.and_(sa.true(), *(contains_text(column, term) for term in distinct))


def contains_ci(expression: sa.ColumnElement[Any] | Any, text: str) -> sa.ColumnElement[bool]:
    """Whether text that is kept as written contains `text`, in any case; false where it is NULL."""
    if not storable(text):
        return sa.false()
    # The database lowers what is sought as well: letters that it alone pairs are still found as written.
    return contains_text(Lowered(expression), Lowered(sa.literal(text.lower(), sa.Text())))


def contains_text(expression: sa.ColumnElement[Any] | Any, text: Any) -> sa.ColumnElement[bool]:
    """Whether text contains other text exactly; false where either is NULL."""
    sought = sa.literal(text, sa.Text()) if isinstance(text, str) else text
    return sa.func.coalesce(TextPosition(expression, sought), sa.literal_column("0", sa.Integer())) > (
        sa.literal_column("0", sa.Integer())
    )


def storable(text: str) -> bool:
    """Whether a database could hold this: neither takes lone surrogates, PostgreSQL takes no NUL."""
    return _UNSTORABLE.search(text) is None


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class TextPosition(FunctionElement[int]):
    """Where text begins in other text, from 1; 0 where it does not occur."""

    name = "text_position"
    inherit_cache = True
    type = sa.Integer()


@compiles(TextPosition)
def _instr(element: TextPosition, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(TextPosition, "postgresql")
def _strpos(element: TextPosition, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


class Lowered(FunctionElement[str]):
    """Text in Unicode lower case."""

    name = "lowered"
    inherit_cache = True
    type = sa.Text()


@compiles(Lowered)
def _registered_function(element: Lowered, compiler: Any, **options: Any) -> str:
    return f"eoscperf_lower({compiler.process(element.clauses, **options)})"


@compiles(Lowered, "postgresql")
def _collated_lower(element: Lowered, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    collation = _collations.get(compiler.dialect, _BEST_COLLATIONS[0])
    if collation is None:
        return f"lower({text})"
    # The result compares by bytes again, which is quicker and the same for every collation here.
    return f'(lower(({text}) COLLATE {compiler.preparer.quote(collation)}) COLLATE "C")'


_BEST_COLLATIONS = ("pg_unicode_fast", "und-x-icu", "pg_c_utf8", "C.utf8", "en_US.utf8")

# By dialect, of which each engine has its own; None stands for the collation of the database.
_collations: weakref.WeakKeyDictionary[sa.Dialect, str | None] = weakref.WeakKeyDictionary()


@sa.event.listens_for(sa.Engine, "engine_connect")
def _find_collation(connection: sa.Connection) -> None:
    """Ask a server once which collations it has, before its first statement is compiled."""
    if connection.dialect.name != "postgresql" or connection.dialect in _collations:
        return
    cursor = connection.connection.cursor()
    try:
        cursor.execute(
            "SELECT collname FROM pg_collation WHERE pg_collation_is_visible(oid)"
            " AND collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))"
        )
        names = {name for (name,) in cursor.fetchall()}
    finally:
        cursor.close()
    connection.connection.rollback()
    _collations[connection.dialect] = next((name for name in _BEST_COLLATIONS if name in names), None)
