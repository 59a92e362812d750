"""Filters and sorting in SQL do what their definition in Python says, whatever is stored, on both of them."""

import functools
import json
import random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from eoscperf.db import CodePointText
from eoscperf.results import filters, json_sql, jsonpath
from eoscperf.results.filters import Filter
from eoscperf.results.jsonpath import Path

metadata = sa.MetaData()
documents = sa.Table(
    "json_documents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("json", CodePointText, nullable=False),
)


@pytest.fixture
def store(connection):
    """Replaces what is stored by documents, given as JSON text."""
    metadata.create_all(connection)

    def store(texts):
        connection.execute(documents.delete())
        connection.execute(documents.insert(), [{"id": i, "json": text} for i, text in enumerate(texts)])

    return store


def found(connection, *conditions):
    query = sa.select(documents.c.id).order_by(documents.c.id)
    return connection.scalars(query.where(*(json_sql.where(c, documents.c.json) for c in conditions))).all()


TRUTH = {
    "x > 5": ["7", "7.0", "8"],
    "x == 7": ["7", "7.0"],
    'x == "7"': ['"7"'],
    "x != 7": ["8"],
    'x != "7"': ['"AMD"'],
    "x == true": ["true"],
    "x contains 7": ['"7"', "[7]"],
    'x in [7, "7"]': ["7", "7.0", '"7"'],
    "x exists": ["7", "7.0", "8", '"7"', '"AMD"', "true", "[7]", "null"],
    "x exists false": ["missing"],
}
STORED = ["7", "7.0", "8", '"7"', '"AMD"', "true", "[7]", "null", "missing"]


def test_a_comparison_is_typed(connection, store):
    store("{}" if x == "missing" else f'{{"x":{x}}}' for x in STORED)
    answers = {text: [STORED[i] for i in found(connection, filters.parse(text))] for text in TRUTH}
    assert answers == TRUTH


def test_a_condition_is_true_or_false_and_can_be_negated(connection, store):
    store("{}" if x == "missing" else f'{{"x":{x}}}' for x in STORED)
    for text in TRUTH:
        condition = json_sql.where(filters.parse(text), documents.c.json)
        values = connection.scalars(sa.select(condition).order_by(documents.c.id)).all()
        assert [STORED[i] for i, value in enumerate(values) if value is True] == TRUTH[text]
        assert {type(value) for value in values} == {bool}
        others = connection.scalars(sa.select(documents.c.id).where(sa.not_(condition))).all()
        assert len(others) == len(STORED) - len(TRUTH[text])


def test_conditions_work_on_an_alias_and_beside_other_tables(connection, store):
    store(['{"x":[1,"a"]}', '{"x":"a"}', '{"x":2}'])
    other = documents.alias("other")
    condition = json_sql.where(filters.parse("x contains a"), other.c.json)
    query = sa.select(documents.c.id, other.c.id).join(other, other.c.id == documents.c.id + 1)
    assert connection.execute(query.where(condition)).all() == [(0, 1)]


def test_statements_of_the_same_shape_share_their_compiled_form(connection, store):
    store(['{"x":1,"y":"a"}', '{"x":2,"y":"b"}'])
    for text, ids in [("x == 1", [0]), ("x == 2", [1]), ("y == b", [1]), ("y == a", [0]), ("z == 1", [])]:
        assert found(connection, filters.parse(text)) == ids
    key = sa.select(json_sql.where(filters.parse("x == 1"), documents.c.json))._generate_cache_key()
    same = sa.select(json_sql.where(filters.parse("y == 2"), documents.c.json))._generate_cache_key()
    differs = sa.select(json_sql.where(filters.parse("y != 2"), documents.c.json))._generate_cache_key()
    assert key == same != differs


HOSTILE_VALUES = [
    "1e308",
    "1.7976931348623157e308",
    "-1.7976931348623157e308",
    "5e-324",
    "3e-324",
    "-0",
    "0.1",
    "0.1000000000000000055511151231257827",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775808",
    "12345678901234567890123",
    "1" + "0" * 300,
    "0." + "0" * 300 + "1",
    "1.0e+2",
    '"1e400"',
    '"NaN"',
    '"7"',
    '"0x10"',
    '"true"',
    '""',
    '"\\u0001\\n"',
    '"\\"\\\\"',
    '"\ufffd"',
    '"😀"',
    '"İstanbul ΣΑΣ"',
    '"a%b_c"',
    "[]",
    '[7,"7",true,null,[7],{"x":7},1e308]',
    "[9007199254740993]",
    "{}",
    '{"0":1,"":2}',
    "true",
    "false",
    "null",
]
NUMBERS = ["7", "9007199254740992", "0.1", "1e308", "5e-324", "0", "-1.7976931348623157e308", "100"]
STRINGS = ["7", "", "1e400", "true", "\ufffd", "😀", '"\\', "σας", "istanbul", "i̇stanbul", "%", "_", "\x01\n"]


def test_no_stored_value_makes_a_statement_fail(connection, store):
    texts = [f'{{"x":{value}}}' for value in HOSTILE_VALUES]
    store(texts)
    values = [filters.parse(f"x == {number}").value for number in NUMBERS]
    values += [filters.Value(string, string) for string in STRINGS]
    values += [filters.Value(True, "True"), filters.Value(False, "false")]
    path = Path(("x",))
    conditions = [Filter(path, name, (v,)) for name in (*filters.COMPARISONS, "contains") for v in values]
    conditions += [Filter(path, "in", tuple(values)), Filter(path, "in", tuple(values[:2]))]
    check(connection, texts, conditions, [path, Path(("x", "0")), Path(("x", ""))])


def test_numbers_beyond_the_range_of_a_double_only_fail_to_match(connection, store):
    store(['{"x":1e400}', '{"x":[1e400,-1e400,1]}', '{"x":1e-4000}', f'{{"x":{"9" * 400}}}', '{"x":2}'])
    assert found(connection, filters.parse("x > 1")) == [4]
    assert found(connection, filters.parse("x contains 1")) == [1]
    assert found(connection, filters.parse("x exists")) == [0, 1, 2, 3, 4]
    order = [c for c, _ in json_sql.sort_components(Path(("x",)), documents.c.json)]
    assert connection.scalars(sa.select(documents.c.id).order_by(*order)).all()[-1] == 1


KEYS = [
    *(
        "a",
        "b",
        "0",
        "1",
        "01",
        "-1",
        "+1",
        " 1",
        "\t1",
        "\n1",
        "1 ",
        "-",
        "²",
        "٣",
        "",
        "[0]",
        "$",
        "$.a",
        "a.b",
    ),
    *(
        '"',
        '""',
        "\\",
        '\\"',
        "'",
        "`",
        "*",
        "@",
        "#-1",
        "%s",
        "%(x)s",
        ":a",
        "?",
        "{}",
        "é",
        "e\u0301",
        "😀",
        "\x01",
    ),
    *("null", "true", "length()", "a/b", "~", "A", "9" * 30),
]


def test_every_key_can_be_named(connection, store):
    document = json.dumps(
        {key: {"k": i, "in": {key: i}, "list": [i, [i]]} for i, key in enumerate(KEYS)},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    texts = [document, "[1,2]", '"0"', json.dumps({"a": list(range(12))})]
    store(texts)
    conditions = []
    for i, key in enumerate(KEYS):
        value = filters.Value(float(i), str(i))
        conditions += [
            Filter(Path((key, "k")), "==", (value,)),
            Filter(Path((key, "in", key)), "==", (value,)),
            Filter(Path((key, "list", "1", "00")), "==", (value,)),
            Filter(Path(("a", key)), "exists", (filters.Value(True, "true"),)),
            Filter(Path((key,)), "exists", (filters.Value(True, "true"),)),
        ]
        assert [condition.matches(json.loads(document)) for condition in conditions[-5:-2]] == [True] * 3
    check(connection, texts, conditions, [])


def test_the_deepest_document_and_the_longest_path_work(connection, store):
    depth = 64
    texts = ['{"a":' * depth + "1" + "}" * depth, '{"0":' + "[" * (depth - 1) + "1" + "]" * (depth - 1) + "}"]
    store(texts)
    deep = Path(("a",) * jsonpath.MAX_SEGMENTS)
    long = Path(("0",) * jsonpath.MAX_SEGMENTS)
    exists = (filters.Value(True, "true"),)
    check(connection, texts, [Filter(deep, "exists", exists), Filter(long, "exists", exists)], [deep, long])


def test_several_conditions_count_together(connection, store):
    store(['{"x":1,"y":["a"]}', '{"x":1,"y":"A"}', '{"x":2,"y":"a"}', '{"y":"a"}'])

    def ids(*texts):
        conditions = [filters.parse(text) for text in texts]
        condition = json_sql.where_all(conditions, documents.c.json)
        query = sa.select(condition).select_from(documents).order_by(documents.c.id)
        values = connection.scalars(query).all()
        assert {type(value) for value in values} == {bool}
        return [i for i, value in enumerate(values) if value]

    assert ids() == [0, 1, 2, 3]
    assert ids("x == 1") == [0, 1]
    assert ids("x == 1", "y contains a") == [0, 1]
    assert ids("x exists", "y == a", "y contains A") == [2]
    assert ids("x exists", "x exists false") == []
    assert ids("y contains a", "y contains a") == [0, 1, 2, 3]
    assert ids("x in [1, a]", "x in [true, 1]") == [0, 1]


def test_twenty_long_filters_fit_one_statement(connection, store):
    store(['{"x":1}', '{"y":1}'])
    items = ",".join(f'{i},"{i}"' for i in range(100))
    conditions = [filters.parse(f"x in [{items}]") for _ in range(20)]
    assert found(connection, *conditions) == [0]
    assert found(connection, *conditions, filters.parse("x contains 1")) == []
    together = json_sql.where_all(conditions, documents.c.json)
    assert connection.scalars(sa.select(documents.c.id).where(together)).all() == [0]


def check(connection, texts, conditions, paths):
    """Compare what SQL answers on everything stored with the definition."""
    parsed = [json.loads(text) for text in texts]
    for start in range(0, len(conditions), 50):
        some = conditions[start : start + 50]
        columns = [json_sql.where(c, documents.c.json).label(f"c{i}") for i, c in enumerate(some)]
        rows = connection.execute(sa.select(*columns).order_by(documents.c.id)).all()
        for text, document, row in zip(texts, parsed, rows, strict=True):
            for condition, answer in zip(some, row, strict=True):
                assert answer is condition.matches(document), (condition.text(), text)
    for start in range(0, min(len(conditions), 24), 3):
        some = conditions[start : start + 3]
        query = sa.select(documents.c.id).where(json_sql.where_all(some, documents.c.json)).order_by("id")
        together = [i for i, document in enumerate(parsed) if all(c.matches(document) for c in some)]
        assert connection.scalars(query).all() == together, [c.text() for c in some]
        assert found(connection, *some) == together
    for path in paths:
        check_order(connection, parsed, path)


def check_order(connection, parsed, path):
    components = json_sql.sort_components(path, documents.c.json)
    rows = connection.execute(
        sa.select(*(expression for expression, _ in components)).order_by(documents.c.id)
    ).all()
    assert [tuple(row) for row in rows] == [json_sql.sort_key(path, document) for document in parsed]
    for descending in (False, True):
        order = [
            expression.desc() if descending and follows else expression.asc()
            for expression, follows in components
        ]
        ids = connection.scalars(sa.select(documents.c.id).order_by(*order, documents.c.id)).all()
        values_there = [path.lookup(document) for document in parsed]
        first = functools.partial(compare, descending=descending)
        assert ids == sorted(
            range(len(parsed)), key=[functools.cmp_to_key(first)(v) for v in values_there].__getitem__
        )


def compare(x, y, descending):
    """Which of two values is listed first, spelled out case by case."""
    kinds = [(int, float), (str,), (bool,), (list, dict)]

    def kind(value):
        # A boolean is an int in Python.
        if isinstance(value, bool):
            return 2
        return next((i for i, types in enumerate(kinds) if isinstance(value, types)), 4)

    if kind(x) != kind(y):
        return kind(x) - kind(y)
    if kind(x) > 2:
        return 0
    if kind(x) == 0:
        x, y = float(x), float(y)
    difference = (x > y) - (x < y)
    return -difference if descending else difference


def test_mixed_values_are_sorted_by_type_in_both_directions(connection, store):
    values = [
        "10",
        "9.5",
        '"b"',
        '"a"',
        '"😀"',
        '"\ufffd"',
        "true",
        "false",
        "[2]",
        '{"a":1}',
        "null",
        "-1e3",
    ]
    texts = [f'{{"x":{value}}}' for value in values] + ["{}"]
    store(texts)

    def listed(descending):
        components = json_sql.sort_components(Path(("x",)), documents.c.json)
        order = [e.desc() if descending and follows else e for e, follows in components]
        ids = connection.scalars(sa.select(documents.c.id).order_by(*order, documents.c.id)).all()
        return [values[i] if i < len(values) else "missing" for i in ids]

    last = ["[2]", '{"a":1}', "null", "missing"]
    assert listed(False) == ["-1e3", "9.5", "10", '"a"', '"b"', '"\ufffd"', '"😀"', "false", "true", *last]
    assert listed(True) == ["10", "9.5", "-1e3", '"😀"', '"\ufffd"', '"b"', '"a"', "true", "false", *last]


# Each letter here has the same pair in every version of Unicode that Python and PostgreSQL may have.
letters = st.sampled_from(
    ["a", "A", "b", "é", "É", "ß", "Ω", "ω", "7", ".", "%", "_", '"', "\\", "😀", "\ufffd", " "]
)
strings = st.text(letters, max_size=3)
numbers = (
    st.sampled_from([value for value in HOSTILE_VALUES if value[0] in "-0123456789"])
    | st.integers(-9, 9).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.tuples(st.integers(-99, 99), st.text("0123456789", min_size=1, max_size=25)).map(
        "{0[0]}.{0[1]}".format
    )
)
scalars = (
    numbers
    | strings.map(functools.partial(json.dumps, ensure_ascii=False))
    | st.sampled_from(["true", "false", "null", *HOSTILE_VALUES])
)
keys = st.sampled_from(KEYS)


def as_object(members):
    return (
        "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{v}" for k, v in sorted(members.items())) + "}"
    )


values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: "[" + ",".join(items) + "]")
        | st.dictionaries(keys, inner, max_size=4).map(as_object)
    ),
    max_leaves=8,
)
stored = st.lists(
    st.dictionaries(keys, values, min_size=1, max_size=5).map(as_object), min_size=1, max_size=15
)


def places(value, path=()):
    """Every path in a document, with what stands there."""
    if path:
        yield path, value
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield from places(member, (*path, str(key)))


def as_value(value):
    """A filter's value equal to a stored scalar."""
    text = value if isinstance(value, str) else json.dumps(value)
    return filters.Value(float(value) if type(value) is int else value, text)


@st.composite
def cases(draw):
    texts = draw(stored)
    parsed = [json.loads(text) for text in texts]
    there = [place for document in parsed for place in places(document)]
    chooser = random.Random(draw(st.integers(0, 2**32)))
    some_values = [
        as_value(json.loads(draw(scalars.filter(lambda text: text[0] not in "[{n")))) for _ in range(4)
    ]
    some_values += [as_value(value) for _, value in there if isinstance(value, str | int | float)]
    some_paths = [path for path, _ in there] * 3 + [(*path, draw(keys)) for path, _ in there[:3]]
    some_paths.append(tuple(draw(st.lists(keys, min_size=1, max_size=4))))
    conditions = []
    for _ in range(30):
        path, name = Path(chooser.choice(some_paths)), chooser.choice(filters.OPERATORS)
        if name == "in":
            chosen = tuple(chooser.choices(some_values, k=chooser.randint(1, 4)))
        elif name == "exists":
            chosen = (chooser.choice([filters.Value(True, "true"), filters.Value(False, "false")]),)
        else:
            same = [as_value(v) for p, v in there if p == path.segments and isinstance(v, str | int | float)]
            kinds = {value.kind for value in same}
            near = same + [value for value in some_values if value.kind in kinds]
            chosen = (chooser.choice(near or some_values),)
        conditions.append(Filter(path, name, chosen))
    return texts, conditions, [Path(path) for path in chooser.sample(some_paths, k=min(2, len(some_paths)))]


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
@example(case=(['{"a":[1]}'], [Filter(Path(("a", " 0")), "exists", (filters.Value(True, "true"),))], []))
def test_sql_means_what_the_definition_says(connection, store, case):
    texts, conditions, paths = case
    # After an error PostgreSQL answers nothing more in a transaction; the next case starts afresh.
    with connection.begin_nested():
        store(texts)
        check(connection, texts, conditions, paths)


@pytest.mark.parametrize("text", ["x < a", "x == a", "x in [a, b]", "x contains a"])
def test_postgresql_compares_strings_by_code_point_whatever_its_locale(text):
    statement = sa.select(json_sql.where(filters.parse(text), documents.c.json))
    assert 'COLLATE "C"' in str(statement.compile(dialect=postgresql.dialect()))


def test_postgresql_sorts_strings_by_code_point_whatever_its_locale():
    text, _ = json_sql.sort_components(Path(("x",)), documents.c.json)[-1]
    assert 'COLLATE "C"' in str(sa.select(text).compile(dialect=postgresql.dialect()))
