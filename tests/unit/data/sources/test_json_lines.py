"""JSON lines: types over all rows, nested values as they are, and everything that is wrong with its line."""

import datetime
import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import ColumnType, Table, delimited
from mainspring.data.sources import read


@pytest.fixture
def rows(tmp_path):
    def rows(content, name="x.jsonl", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, **options)

    return rows


def test_types_are_decided_over_all_rows(rows):
    table = rows(
        '{"z": 1, "a": "x", "l": [1, 2], "s": {"q": 1, "p": null}, "d": "2020-01-01"}\n\n'
        '{"a": null, "b": 1.5, "l": [2.5], "s": {"p": "x"}, "z": -3, "m": [{"x": 1}], "n": null, '
        '"d": "2021-02-01"}'
    )
    assert [(column.name, column.type.value, column.nested) for column in table.columns] == [
        ("z", "INT", ""),
        ("a", "STRING", ""),
        ("l", "LIST", "DOUBLE[]"),
        ("s", "STRUCT", "STRUCT(q BIGINT, p VARCHAR)"),
        ("d", "DATE", ""),
        ("b", "FLOAT", ""),
        ("m", "LIST", "STRUCT(x BIGINT)[]"),
        ("n", "STRING", ""),
    ]
    assert list(table.iter_rows())[1] == {
        "z": -3,
        "a": None,
        "l": [2.5],
        "s": {"q": None, "p": "x"},
        "d": datetime.date(2021, 2, 1),
        "b": 1.5,
        "m": [{"x": 1}],
        "n": None,
    }


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.ndjson"])
@pytest.mark.parametrize(
    "content",
    ['{"a": 1}\n{"a": 2}\n', '\ufeff{"a": 1}\r\n{"a": 2}', ' [{"a": 1},\n {"a": 2}]', '{"a": 1}\n\n{"a": 2}'],
)
def test_ways_to_write_the_same(rows, content, name):
    for packed in (content.encode(), gzip.compress(content.encode(), mtime=0)):
        assert rows(packed, name).to_columns() == {"a": [1, 2]}
    assert rows(packed, name + ".gz").to_columns() == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ('{"z": 1}\n\n{"z":}\n{\n', ["line 3: not JSON", "line 4: not JSON"]),
        ('3\n{"a": 1}\n[1]', ["line 1: not an object: 3", "line 3: not an object: [1]"]),
        ("[1]", ["element 1: not an object: 1"]),
        ('{"a": 1} {"a": 2}', ["line 1: not JSON"]),
        ("", ["the file is empty"]),
        (
            '{"a": 1}\n{"a": "x"}\n{"a": true}',
            ["'a' is INT (first in line 1) and STRING (first in line 2) and BOOL"],
        ),
        (
            '{"a": {"b": [1]}}\n{"a": {"b": ["x"]}}',
            ["'a.b[]' is INT (first in line 1) and STRING (first in line 2)"],
        ),
        ('{"a": 1, "A": 2}', ["upper and lower case alone: a, A"]),
        ('{"a": 1}\n{"a": 18446744073709551615}', ["too long for 64 bits (first in line 2)"]),
        (b'{"a": "\xff"}', ["line 1: not UTF-8 (the byte 0xff)"]),
        ('{"a": "\\ud800"}', ["line 1: half of a pair"]),
        ('{"a": 1}\n{"": 5}', ["line 2: a value without a name: 5"]),
        ("{}\n{}", ["no object has a value under a name"]),
    ],
)
def test_everything_that_is_wrong_has_its_line(rows, content, messages):
    with pytest.raises(InputError) as caught:
        rows(content)
    assert [message for message in messages if message not in str(caught.value)] == []
    assert "x.jsonl" in str(caught.value)


def test_many_problems_are_counted(rows):
    with pytest.raises(InputError, match="and 15 more"):
        rows("nope\n" * 25)


def test_text_may_be_asked_to_be_of_a_type(rows):
    content = '{"a": "x", "b": "2020-01-01", "c": 1}'
    assert rows(content, types={"b": "STRING"}).type_of("b") is ColumnType.STRING
    with pytest.raises(InputError, match="'a' is not DATE: 'x'"):
        rows(content, types={"a": "DATE"})
    with pytest.raises(InputError, match="cannot be read as they were asked for: 'c' as STRING"):
        rows(content, types={"c": "STRING"})
    with pytest.raises(InputError, match="do not exist: q"):
        rows(content, types={"q": "STRING"})
    with pytest.raises(InputError, match=r"unknown options for \.jsonl files: sep"):
        rows(content, sep=";")


def test_files_are_one_table_and_large_ones_too(rows, tmp_path, monkeypatch):
    rows('{"a": 1, "l": [1]}', "1.jsonl")
    rows('{"b": "x", "a": 2.5}', "2.jsonl.gz")
    table = read(tmp_path)
    assert table.to_columns() == {"a": [1.0, 2.5], "l": [[1], None], "b": [None, "x"]}
    monkeypatch.setattr(delimited, "HELD", 0)
    assert read(tmp_path).digest() == table.digest()
    with pytest.raises(NotFoundError):
        read(tmp_path / "nowhere.jsonl")


NAMES = st.text(st.characters(categories=["Ll", "Po", "Zs"], max_codepoint=500), min_size=1, max_size=3)
SHAPES = st.fixed_dictionaries(
    {"i": st.none() | st.integers(-(2**63), 2**63 - 1), "t": st.none() | st.text(st.characters(codec="utf-8"))},
    optional={
        "f": st.floats(allow_nan=False, allow_infinity=False),
        "l": st.lists(st.lists(st.booleans() | st.none())),
        "s": st.fixed_dictionaries({"a b": st.integers(-5, 5)}, optional={"c": st.lists(st.text("ab,]'\""))}),
    },
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=5))
def test_what_python_writes_is_read_back(tmp_path_factory, objects):
    path = tmp_path_factory.mktemp("json") / "x.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in objects))
    table = read(path, types={"t": "STRING"} if any(one["t"] is not None for one in objects) else {})
    for found, given_ in zip(table.iter_rows(), objects, strict=True):
        for name in found:
            value = given_.get(name)
            if isinstance(value, dict):
                value = {inner: value.get(inner) for inner in found[name]}
            assert found[name] == value
    assert table.digest() == Table.from_arrow(table).digest()
