"""Files put together without looking into their rows, read back by two other readers."""

import gzip
import hashlib
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import IntegrityError
from mainspring.data import Table, engine
from mainspring.serving.bulk.formats import Format
from mainspring.serving.bulk.merging import join
from mainspring.serving.bulk.thrift import (
    BINARY,
    BYTE,
    DOUBLE,
    I64,
    LIST,
    STRUCT,
    TRUE,
    Items,
    Struct,
    decode,
    encode,
)

PARQUET = Format("parquet")


def part(path: Path, start: int, stop: int, *, group: int = 2048) -> Path:
    """Numbers, texts that repeat (with a dictionary and a Bloom filter), nothing, and lists."""
    query = (
        "SELECT i AS id, 'word ' || i % 10 AS word, CASE WHEN i % 2 = 0 THEN i / 3.0 END AS half, "
        f"[i, i + 1] AS pair FROM range({start}, {stop}) t(i)"
    )
    options = (
        f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group}, KV_METADATA {{'of': 'part', 'kept': 'yes'}}"
    )
    with engine.cursor() as found:
        found.execute(f"COPY ({query}) TO {engine.literal(str(path))} ({options})").fetchall()
    return path


def test_groups_of_rows_are_copied_and_found_again(tmp_path: Path) -> None:
    bounds = [0, 5_000, 5_000, 5_001, 12_000, 12_345]
    parts = [
        part(tmp_path / f"{number}.parquet", start, stop)
        for number, (start, stop) in enumerate(itertools.pairwise(bounds))
    ]
    out = tmp_path / "all.parquet"
    seen: list[int] = []
    digest = join(parts, out, PARQUET, stamp={"of": "all", "model": "taxi"}, seen=seen.append)
    assert digest == hashlib.sha256(out.read_bytes()).hexdigest()
    assert seen == [1, 2, 3, 4, 5]
    whole = part(tmp_path / "whole.parquet", 0, 12_345)
    assert Table.read_parquet(out).to_columns() == Table.read_parquet(whole).to_columns()
    # A condition that statistics, dictionaries and Bloom filters of the groups decide.
    found = engine.fetch(f"SELECT count(*), max(id) FROM '{out}' WHERE word = 'word 3' AND id > 11000")
    assert found == [(len(range(11_003, 12_345, 10)), 12_343)]
    told = engine.fetch(f"SELECT key, value FROM parquet_kv_metadata('{out}') ORDER BY key")
    assert told == [(b"kept", b"yes"), (b"model", b"taxi"), (b"of", b"all")]


def test_another_library_reads_them_too(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    parts = [part(tmp_path / f"{n}.parquet", n * 3_000, (n + 1) * 3_000) for n in range(4)]
    join(parts, tmp_path / "all.parquet", PARQUET)
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table.column("id").to_pylist() == list(range(12_000))
    assert table.column("pair").to_pylist()[11_999] == [11_999, 12_000]
    file = parquet.ParquetFile(tmp_path / "all.parquet")
    ends = [file.metadata.row_group(n).column(0).statistics.max for n in range(file.metadata.num_row_groups)]
    assert (ends[0], ends[-1]) == (2_047, 11_999)
    assert file.read_row_group(7).column("id")[-1].as_py() == 11_999


def test_what_is_no_part_is_told(tmp_path: Path) -> None:
    good = part(tmp_path / "good.parquet", 0, 10)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(good.read_bytes()[:-1])
    other = tmp_path / "other.parquet"
    engine.write_parquet("SELECT 1 AS one", other)
    with pytest.raises(IntegrityError, match="not a whole Parquet file"):
        join([good, cut], tmp_path / "a.parquet", PARQUET)
    with pytest.raises(IntegrityError, match="other columns than the first"):
        join([good, other], tmp_path / "a.parquet", PARQUET)


def test_texts_follow_one_another(tmp_path: Path) -> None:
    for number, text in enumerate(["a\n1\n", "", "2\n"]):
        (tmp_path / f"{number}.csv").write_text(text)
        (tmp_path / f"{number}.gz").write_bytes(gzip.compress(text.encode()))
    join([tmp_path / f"{n}.csv" for n in range(3)], tmp_path / "all.csv", Format("csv"))
    assert (tmp_path / "all.csv").read_text() == "a\n1\n2\n"
    join([tmp_path / f"{n}.gz" for n in range(3)], tmp_path / "all.gz", Format("csv", packed=True))
    assert gzip.decompress((tmp_path / "all.gz").read_bytes()) == b"a\n1\n2\n"


values = st.recursive(
    st.one_of(
        st.tuples(st.just(TRUE), st.booleans()),
        st.tuples(st.just(BYTE), st.integers(0, 255)),
        st.tuples(st.just(I64), st.integers(-(2**63), 2**63 - 1)),
        st.tuples(st.just(DOUBLE), st.binary(min_size=8, max_size=8)),
        st.tuples(st.just(BINARY), st.binary(max_size=20)),
        st.tuples(
            st.just(LIST), st.lists(st.integers(-(2**31), 2**31), max_size=20).map(lambda one: Items(I64, [*one]))
        ),
    ),
    lambda inner: st.one_of(
        st.dictionaries(st.integers(1, 60), inner, max_size=5).map(lambda fields: (STRUCT, Struct(fields))),
        st.lists(st.dictionaries(st.integers(1, 60), inner, max_size=3).map(Struct), max_size=3).map(
            lambda items: (LIST, Items(STRUCT, [*items]))
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(1, 300), values, max_size=8).map(Struct))
def test_structures_come_back_as_they_were(struct: Struct) -> None:
    def plain(value: object) -> object:
        """A boolean is its kind on the wire."""
        if isinstance(value, Struct):
            return {n: (TRUE if kind in (1, 2) else kind, plain(one)) for n, (kind, one) in value.fields.items()}
        return [plain(one) for one in value.values] if isinstance(value, Items) else value

    assert plain(decode(encode(struct))) == plain(struct)


def test_bytes_that_are_no_structure_are_refused() -> None:
    for data in (b"", b"\x1c", b"\x18\xff\x01abc", b"\x1b\x01\x01"):
        with pytest.raises(IntegrityError):
            decode(data)
