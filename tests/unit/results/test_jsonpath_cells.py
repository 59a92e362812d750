import pytest

from eoscperf import jsontext
from eoscperf.results import json_sql, jsonpath
from eoscperf.results.json_sql import Cell

DOCUMENT = (
    b'{"s":"=1","n":11.0,"e":1E+2,"i":12345678901234567890123,"t":true,"f":false,"z":null,'
    b'"l":[1.10, "\xc3\xa9", null],"o":{"b": 1.0, "a": []},"":0}'
)


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("s", Cell("string", "=1")),
        ("n", Cell("number", "11.0")),
        ("e", Cell("number", "1E+2")),
        ("i", Cell("number", "12345678901234567890123")),
        ("t", Cell("boolean", "true")),
        ("f", Cell("boolean", "false")),
        ("z", Cell("null", "null")),
        ("l", Cell("json", '[1.10,"é",null]')),
        ("l.0", Cell("number", "1.10")),
        ("o", Cell("json", '{"a":[],"b":1.0}')),
        ("o.a.0", Cell("missing", "")),
        ("x", Cell("missing", "")),
    ],
)
def test_a_table_shows_a_value_as_it_was_sent(path, cell):
    assert json_sql.column_value(jsonpath.parse(path), jsontext.loads(DOCUMENT)) == cell


def test_filters_understand_documents_that_keep_their_literals():
    document = jsontext.loads(b'{"n":[7.0, 7, 1e2, -0, 12345678901234567890123],"s":"7","b":true}')
    cells = [json_sql.sort_key(jsonpath.parse(f"n.{i}"), document) for i in range(5)]
    assert cells == [(0, 7.0, ""), (0, 7.0, ""), (0, 100.0, ""), (0, 0.0, ""), (0, 1.2345678901234568e22, "")]
    assert json_sql.sort_key(jsonpath.parse("s"), document) == (1, 0.0, "7")
    assert json_sql.sort_key(jsonpath.parse("b"), document) == (2, 0.0, "true")
