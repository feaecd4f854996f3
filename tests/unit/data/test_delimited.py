"""Delimited text: what is unusual is read, what is broken is named with its lines."""

import csv
import gc
import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table, delimited


@pytest.fixture
def write(tmp_path):
    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,x\n2,y\n",
        "a,b\n1,x\n2,y",
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\r\n1,x\n2,y\r\n",
        "a,b\n\n1,x\n\n2,y\n\n",
        "\ufeffa,b\n1,x\n2,y\n",
        'a,b\n"1","x"\n2,y\n',
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n2\ty\n",
        "a|b\n1|x\n2|y\n",
    ],
)
def test_ways_to_write_the_same(write, content):
    assert Table.read_csv(write(content)).to_columns() == {"a": [1, 2], "b": ["x", "y"]}


def test_gzip_is_seen_whatever_the_name(write):
    packed = gzip.compress(b"a,b\n1,x\n", mtime=0)
    for name in ("x.csv.gz", "x.csv", "x"):
        assert Table.read_csv(write(packed, name)).to_columns() == {"a": [1], "b": ["x"]}


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(write):
    table = Table.read_csv(write('a,"b\nc"\n"x, ""y""\nz",1\n'))
    assert table.to_columns() == {"a": ['x, "y"\nz'], "b\nc": [1]}


def test_one_column_keeps_its_empty_cells(write):
    assert Table.read_csv(write("a\n1\n\n3\n")).to_columns() == {"a": [1, None, 3]}


def test_header_alone_is_a_table_without_rows(write):
    table = Table.read_csv(write("a,b\n"))
    assert (table.names, table.num_rows) == (("a", "b"), 0)


def test_no_header(write):
    path = write("1,x\n2,y\n")
    assert Table.read_csv(path, header=False).names == ("column_1", "column_2")
    assert Table.read_csv(path, header=False, names=["n", "w"]).to_columns() == {"n": [1, 2], "w": ["x", "y"]}
    assert Table.read_csv(path, names=["n", "w"]).to_columns() == {"n": [2], "w": ["y"]}
    with pytest.raises(InputError, match="2 columns and 3 names"):
        Table.read_csv(path, names=["a", "b", "c"])


def test_a_column_without_a_name_gets_one(write):
    assert Table.read_csv(write(",b\n0,x\n")).names == ("column_1", "b")


def test_trim_takes_spaces_off_cells_and_names(write):
    path = write("a, b \n1, x y \n2,  \n")
    assert Table.read_csv(path, trim=True).to_columns() == {"a": [1, 2], "b": ["x y", None]}
    assert Table.read_csv(path).to_columns() == {"a": [1, 2], " b ": [" x y ", "  "]}


def test_other_encodings(write):
    assert (
        Table.read_csv(write("a,b\n1,caf\u00e9\n".encode("latin-1")), encoding="latin-1").column("b")[0]
        == "caf\u00e9"
    )
    assert (
        Table.read_csv(write("a,b\n1,caf\u00e9\n".encode("cp1252")), encoding="cp1252").column("b")[0]
        == "caf\u00e9"
    )
    assert Table.read_csv(write("a,b\n1,\u6f22\n".encode("utf-16")), encoding="utf-16").column("b")[0] == "\u6f22"


def test_very_long_cells(write):
    assert len(Table.read_csv(write("a,b\n1," + "x" * 3_000_000 + "\n")).column("b")[0]) == 3_000_000


def test_all_broken_rows_are_named_by_line(write):
    path = write('a,b\n1,2\n3\n"4\n5",6\n7,8,9\n')
    with pytest.raises(InputError) as caught:
        Table.read_csv(path)
    assert caught.value.found == "2 rows cannot be read: line 3: 1 cells; line 6: 3 cells"
    assert caught.value.where == str(path)
    assert caught.value.expected == "2 cells in every row"


def test_no_more_than_ten_broken_rows_are_listed(write):
    with pytest.raises(InputError, match="25 rows cannot be read") as caught:
        Table.read_csv(write("a,b\n" + "1\n" * 25))
    assert "line 11:" in str(caught.value)
    assert "line 12:" not in str(caught.value)
    assert "and 15 more" in str(caught.value)


def test_an_open_quote_is_named(write):
    with pytest.raises(InputError, match="line 3"):
        Table.read_csv(write('a,b\n1,2\n3,"open\n4,5\n'))


def test_wrong_encoding_says_what_to_do(write):
    with pytest.raises(InputError, match="0xe9") as caught:
        Table.read_csv(write(b"a,b\n1,caf\xe9\n"))
    assert "encoding='latin-1'" in str(caught.value)
    late = b"a,b\n" + b"1,x\n" * 40_000 + b"1,caf\xe9\n"
    with pytest.raises(InputError, match="0xe9"):
        Table.read_csv(write(late))
    with pytest.raises(InputError, match="no encoding named"):
        Table.read_csv(write("a,b\n"), encoding="klingon")


def test_truncated_gzip(write):
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 10_000, mtime=0)
    with pytest.raises(InputError, match="cannot be read"):
        Table.read_csv(write(packed[: len(packed) // 2], "x.csv.gz"))


@pytest.mark.parametrize("content", ["", "\n\n", "  \n"])
def test_empty_files(write, content):
    with pytest.raises(InputError, match="the file is empty"):
        Table.read_csv(write(content))


def test_repeated_names(write):
    with pytest.raises(InputError) as caught:
        Table.read_csv(write("a,b,A,c,b\n1,2,3,4,5\n"))
    assert "'a', 'A' in columns 1 and 3; 'b' in columns 2 and 5" in str(caught.value)


@pytest.mark.parametrize("options", [{"delimiter": "||"}, {"delimiter": ""}, {"quote": "\n"}])
def test_delimiters_are_one_character(write, options):
    with pytest.raises(InputError, match="one ASCII character"):
        Table.read_csv(write("a,b\n1,2\n"), **options)


def test_no_file(tmp_path):
    with pytest.raises(NotFoundError, match=r"nowhere\.csv"):
        Table.read_csv(tmp_path / "nowhere.csv")


def test_several_files_are_typed_together(tmp_path, write):
    one, two = write("a,b\n1,2\n", "1.csv"), write("b,a\n3,x\n", "2.csv")
    assert Table.read_csv([one, two]).to_columns() == {"a": ["1", "x"], "b": [2, 3]}
    with pytest.raises(InputError, match="different columns"):
        Table.read_csv([one, write("a,c\n1,2\n", "3.csv")])


# A bare carriage return outside quotes may be a line end or not, and Python writes it so: it is left out.
CELL = st.text(st.sampled_from(list("a1 \",;|\t\n\\'\u6f22")), max_size=6)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6)),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_whatever_python_writes_is_read(tmp_path_factory, rows, end, quoting):
    names = [f"c{place}" for place in range(len(rows[0]) if rows else 1)]
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=end, quoting=quoting)
        writer.writerows([names, *rows])
    table = Table.read_csv(path, delimiter=",", types=dict.fromkeys(names, "STRING"))
    assert [list(row.values()) for row in table.iter_rows()] == [[cell or None for cell in row] for row in rows]


def test_decimal_commas_in_the_columns_that_are_named(write):
    table = Table.read_csv(write("a;b\n1,5;x,y\n-2;z\n;1,5\n"), decimal_comma=["a", "not there"])
    assert table.to_columns() == {"a": [1.5, -2.0, None], "b": ["x,y", "z", "1,5"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inner", ["\n", "\r\n"])
def test_names_of_several_lines_cost_no_rows(write, end, inner):
    """As spreadsheets write them: rows end with one thing, lines inside a name with another."""
    content = end.join([f'"price{inner}in euros",kind', "1,a", f'2,"b{inner}c"', "3,d", ""])
    table = Table.read_csv(write(content))
    assert table.names == (f"price{inner}in euros", "kind")
    assert table.to_columns() == {table.names[0]: [1, 2, 3], "kind": ["a", f"b{inner}c", "d"]}


@given(
    cells=st.lists(
        st.lists(st.sampled_from(["", "1", "x", "\n", "\r\n", "\r", '"', ",", "é"]), min_size=2, max_size=2),
        min_size=1,
        max_size=6,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    name=st.sampled_from(["b", "b\nc"]),
)
@settings(max_examples=40, deadline=None)
def test_no_row_is_lost_whatever_the_cells_hold(tmp_path_factory, cells, end, name):
    path = tmp_path_factory.mktemp("rows") / "file.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerow(["a", name])
        writer.writerows(cells)
    table = Table.read_csv(path, types={"a": "STRING", name: "STRING"})
    expected = [[cell or None for cell in row] for row in cells]
    assert [list(row.values()) for row in table.iter_rows()] == expected


LARGE = "a,b,c\n" + "".join(f"{n},{n / 4},w {n % 5}\n" for n in range(3000))


@pytest.fixture
def nothing_is_held(monkeypatch):
    monkeypatch.setattr(delimited, "HELD", 0)


@pytest.mark.parametrize(
    "content",
    [
        LARGE,
        LARGE.replace("\n7,", '\n"7",'),
        LARGE.replace("\n2999,", "\nx,"),
        LARGE.replace("\n", "\r\n", 1000),
        "a,b,c\n",
        gzip.compress(LARGE.encode(), mtime=0),
    ],
    ids=["plain", "quotes", "late text", "line ends", "no rows", "packed"],
)
def test_large_files_are_read_as_small_ones_are(write, content, monkeypatch):
    path = write(content)
    held = Table.read_csv(path, types={"b": "STRING"})
    monkeypatch.setattr(delimited, "HELD", 0)
    streamed = Table.read_csv(path, types={"b": "STRING"})
    assert streamed.columns == held.columns
    assert streamed.digest() == held.digest()


def test_what_is_wrong_with_large_files_is_said_too(write, nothing_is_held):
    write(LARGE, "0.csv")
    broken = write(LARGE.replace("\n7,", "\n7,7,").replace("\n99,", '\n9"9,"'), "1.csv")
    with pytest.raises(InputError, match="line 9: 4 cells") as caught:
        Table.read_csv([broken.parent / "0.csv", broken])
    assert str(broken) in str(caught.value)
    with pytest.raises(InputError, match="'w 0' in row 1"):
        Table.read_csv(broken.parent / "0.csv", types={"c": "INT"})


def test_the_file_of_a_large_table_goes_with_it(write, nothing_is_held):
    table = Table.read_csv(write(LARGE))
    (path,) = re.findall(r"'([^']*[.]parquet)'", table.query())
    view = table.rows(10, 20).select(["c"])
    del table
    gc.collect()
    assert view.to_columns()["c"][0] == "w 0"
    del view
    gc.collect()
    assert not Path(path).exists()


@pytest.mark.parametrize("held", [0, 1 << 20])
def test_rows_that_cannot_be_read_are_left_out_only_into_a_file(write, tmp_path, monkeypatch, held):
    monkeypatch.setattr(delimited, "HELD", held)
    path = write('a,b\n1,x\n2\n3,"y\nz"\n4,y,z\n5,"o"o\n6,x\n', "in.csv")
    rejects = tmp_path / "out/rejects.csv"
    rejects.parent.mkdir()
    table = Table.read_csv(path, rejects=rejects)
    assert table.to_columns() == {"a": [1, 3, 6], "b": ["x", "y\nz", "x"]}
    with rejects.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "line", "reason", "text"]
    assert [(line, text) for _, line, _, text in rows[1:]] == [("3", "2"), ("6", "4,y,z"), ("7", '5,"o"o')]
    assert rows[1][0] == str(path)
    assert rows[1][2] == "1 cells"
    assert [one.name for one in rejects.parent.iterdir()] == ["rejects.csv"]


def test_rejects_are_written_even_if_there_are_none(write, tmp_path):
    Table.read_csv(write("a,b\n1,x\n"), rejects=tmp_path / "rejects.csv")
    assert (tmp_path / "rejects.csv").read_text() == "file,line,reason,text\n"


def test_a_thousand_columns(write):
    names = [f"c{n}" for n in range(1000)]
    table = Table.read_csv(write(",".join(names) + "\n" + ",".join(map(str, range(1000))) + "\n"))
    assert table.names == tuple(names)
    assert table.rows(0, 1).select(["c999", "c7"]).to_columns() == {"c999": [999], "c7": [7]}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("cell", ["x", '"x\ny"'])
def test_empty_lines_before_the_names_are_passed_over(tmp_path: Path, end: str, packed: bool, cell: str) -> None:
    path = tmp_path / "trips.csv"
    content = f"{end}{end}a,b{end}1,{cell}{end}2,z{end}".encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    assert Table.read_csv(path).to_columns() == {"a": [1, 2], "b": [cell.strip('"'), "z"]}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04\xff", "begins as a zip archive"),
        (b"PAR1\xff", "begins as Parquet"),
        ("ä,b\n".encode("utf-16"), "not written in utf-8"),
    ],
)
def test_a_file_that_is_no_text_is_told_for_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "trips.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        Table.read_csv(path)
    assert caught.value.fix == ("give the encoding, such as encoding='utf-16'" if "utf" in says else None)


def test_quotes_that_are_plain_characters_are_told_how_to_read(tmp_path: Path) -> None:
    path = tmp_path / "texts.tsv"
    path.write_text('ham\t"Yes" he said\nspam\tno\n')
    with pytest.raises(InputError) as caught:
        Table.read_csv(path, header=False)
    assert "--quote none" in str(caught.value.fix)
    assert Table.read_csv(path, header=False, quote="\x01").to_columns()["column_2"] == ['"Yes" he said', "no"]
