"""Files of statistics: versions, old files, damaged ones, size."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Statistics, Table, summarize
from mainspring.data.statistics import FORMAT

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def table():
    return Table.of_query(
        "SELECT unnest([1.5, NULL, 3.0, 'nan'::DOUBLE]) AS x, unnest(['a', 'b', NULL, 'a']) AS w, "
        "unnest([[1, 2], [], NULL, [3]]) AS l, unnest([DATE '2020-01-01', NULL, NULL, DATE '2020-01-03']) AS d, "
        "{'b': 'x'::BLOB} AS s"
    )


def test_the_golden_file_of_this_version_is_what_is_written(table, tmp_path):
    summarize(table).save(tmp_path)
    assert (tmp_path / "statistics.json").read_text() == (GOLDEN / f"version{FORMAT}.json").read_text()


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_files_of_every_version_are_read(version, table, tmp_path):
    shutil.copy(GOLDEN / f"version{version}.json", tmp_path / "statistics.json")
    found = Statistics.load(tmp_path).split("train")
    assert found.num_examples == 4
    assert found.feature("x") == summarize(table).split("train").feature("x")
    assert found.feature("w").words.frequencies.counts == {"a": 2, "b": 1}


def test_a_newer_version_is_refused(tmp_path):
    (tmp_path / "statistics.json").write_text('{"splits": 7, "version": 99}')
    with pytest.raises(InputError, match="statistics in format 99") as caught:
        Statistics.load(tmp_path)
    assert "newer" in str(caught.value.fix)
    with pytest.raises(InputError, match="format 99"):
        Statistics.from_bytes(b"mainspring.Statistics 99\nabc")


def test_bytes_give_the_same_statistics(table):
    found = summarize({"train": table, "eval": table.rows(0, 2)})
    assert Statistics.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize("data", [b"", b"hello", b"mainspring.Statistics 2\nhello", b"mainspring.Statistics x\n"])
def test_other_bytes_are_refused(data):
    with pytest.raises(InputError, match=r"bytes that start with|damaged"):
        Statistics.from_bytes(data)


def test_twenty_mixed_columns_take_less_than_a_hundred_thousand_bytes():
    dice = np.random.default_rng(0)
    columns = {f"x{place}": dice.normal(size=20_000) for place in range(10)}
    columns |= {f"n{place}": dice.integers(0, 9 * 10**place, 20_000) for place in range(6)}
    columns |= {f"w{place}": [f"word{n}" for n in dice.zipf(1.3, 20_000) % 9000] for place in range(4)}
    assert len(summarize(Table.from_columns(columns)).to_bytes()) < 100_000
