"""Figures that are asked for: each is there when it is, in chunks too, and not when it is not."""

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table, summarize
from mainspring.data.profiling import features, summarizing


@pytest.fixture
def table():
    return Table.of_query(
        "SELECT range AS n, range % 3 AS k, 'w' || (range % 5) AS w, 1.0 + range % 2 AS weight, "
        "range % 3 = 1 AS y, [range] AS l FROM range(600)"
    )


@pytest.fixture(params=[False, True], ids=["whole", "chunks"])
def chunked(request, monkeypatch):
    if request.param:
        for module in (features, summarizing):
            monkeypatch.setattr(module, "CHUNK_ROWS", 130)


def test_nothing_more_is_computed_by_itself(table):
    found = summarize(table).split("train")
    assert (found.weight, found.num_examples_weighted, found.label, found.crosses) == (None, None, None, None)
    assert not found.slices
    assert not found.composites
    assert all(feature.weighted is None and feature.text is None for feature in found.features.values())


def test_weights(table, chunked):
    found = summarize(table, weight="weight").split("train")
    assert (found.weight, found.num_examples_weighted) == ("weight", 900.0)
    assert found.feature("n").weighted.num_non_missing == 900.0
    assert found.feature("n").weighted.numbers.mean == pytest.approx((300 * 299 + 2 * 300 * 300) / 900)
    assert found.feature("w").weighted.words.weights == {f"w{n}": 180.0 for n in range(5)}


def test_the_label_brings_crosses(table, chunked):
    found = summarize(table, label="y").split("train")
    assert found.label == "y"
    assert found.crosses is not None
    assert summarize(table, label="y", crosses=False).split("train").crosses is None
    assert summarize(table, crosses=["n", "k"]).split("train").crosses is not None


def test_all_unknown_columns_are_named(table):
    with pytest.raises(InputError, match="there is no column 'a', 'b', 'c'"):
        summarize(table, features=["a", "n"], weight="b", label="c")
    with pytest.raises(InputError, match="0 threads"):
        summarize(table, threads=0)


def test_slices_are_described_in_the_same_call(table, chunked):
    found = summarize(table, slices=["k", {"few": "n < 10"}], weight="weight").split("train")
    assert set(found.slices) == {"k=0", "k=1", "k=2", "few"}
    assert [found.slices[f"k={k}"].num_examples for k in range(3)] == [200, 200, 200]
    assert found.slices["k=1"].feature("n").numbers.mean == pytest.approx(299.5)
    assert found.slices["few"].feature("n").numbers.quantiles.values == tuple(range(10))
    assert found.slices["few"].num_examples_weighted == 15.0
    assert not found.slices["few"].slices


def test_a_sample_says_what_it_is_of(table, chunked):
    found = summarize(table, sample=0.25, seed=3).split("train")
    assert (found.sample.rate, found.sample.seed, found.sample.rows_of) == (0.25, 3, 600)
    assert 100 <= found.num_examples <= 200
    assert summarize(table, sample=0.25, seed=3).split("train") == found


def test_text_images_composites_and_figures_of_ones_own(chunked):
    table = Table.of_query(
        "SELECT 'a b' AS t, 'GIF89a'::BLOB AS p, [1, 2] AS v, [3, 4] AS i, range AS n FROM range(300)"
    )

    class Largest:
        name = "largest"

        def measure(self, table, features):
            return {"n": max(table.to_columns()["n"])} if "n" in features else {}

        def merge(self, one, other):
            return max(one, other)

    sparse = type("Sparse", (), {"name": "s", "index": ("i",), "value": "v"})()
    found = summarize(
        table, text=["t"], vocabularies={"t": ["a"]}, images=["p"], sparse=[sparse], generators=[Largest()]
    ).split("train")
    assert found.feature("t").text.coverage == 0.5
    assert found.feature("p").images is not None
    assert set(found.composites) == {"s"}
    assert found.feature("n").custom == {"largest": 299}
    assert not found.feature("t").custom
