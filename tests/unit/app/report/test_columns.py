"""The data section: figures known by hand, and 500 columns that stay small."""

from dataclasses import replace

import numpy as np
import pytest

from mainspring.app.report.columns import material_of, rebinned
from mainspring.app.report.nouns import ColumnRow, Headline, Material, Motion, Provenance, Report
from mainspring.app.report.page import render
from mainspring.data import Schema, Statistics, Table, infer, summarize, validate
from mainspring.data.statistics import Histogram, TableStatistics


def described(columns: dict[str, list[object]]) -> tuple[Statistics, Schema]:
    table = Table.from_columns(columns)
    statistics = summarize({"train": table, "eval": table})
    return statistics, infer(statistics, label="y")


def row(material: Material | None, name: str) -> ColumnRow:
    assert material is not None
    return next(one for one in material.columns if one.name == name)


def test_figures_of_numbers_and_words() -> None:
    statistics, schema = described(
        {"x": [1.0, 2.0, 6.0, None], "w": ["a", "b", "a", "a"], "y": ["n", "p", "n", "p"]}
    )
    material = material_of(statistics, schema, None)
    x, w, y = (row(material, name) for name in "xwy")
    assert x.missing == "25 %"
    assert x.unique == "3"
    # By hand: mean 3, population deviation sqrt(14 / 3).
    assert x.values == [[("mean", "3 ± 2.16")], [("min", "1"), ("median", "2"), ("max", "6")]]
    assert w.values == [[("a", "75 %"), ("b", "25 %")]]
    assert [flag.text for flag in y.flags] == ["label"]


def test_a_column_that_is_not_there_comes_first_with_its_error() -> None:
    _, schema = described({"x": [1.0] * 4, "z": [2.0] * 4, "y": ["n", "p"] * 2})
    short = summarize({"train": Table.from_columns({"x": [1.0] * 4, "y": ["n", "p"] * 2})})
    material = material_of(short, schema, validate(short, schema))
    assert material is not None
    assert material.columns[0].name == "z"
    assert [flag.kind for flag in material.columns[0].flags] == ["error"]
    assert material.summary == "4 rows of 3 columns, 1 error."


def test_nothing_is_known() -> None:
    assert material_of(None, None, None) is None


def test_rebinning_keeps_rows_that_lie_inside() -> None:
    assert rebinned(Histogram((0, 10), (10,)), (0, 2, 10)) == pytest.approx((2.0, 8.0))
    assert rebinned(Histogram((3, 3), (7,)), (0, 2, 10)) == (0, 7)
    assert rebinned(Histogram((), ()), (0, 1)) == (0,)


def test_five_hundred_columns_stay_below_a_megabyte_and_a_half() -> None:
    random = np.random.default_rng(0)
    colours = np.array(["red", "green", "blue", "a longer category"])[random.integers(0, 4, 300)]
    table = Table.from_columns({"number": random.normal(5, 2, 300).tolist(), "word": colours.tolist()})
    kinds = list(summarize({"train": table}).split("train").features.values())
    names = [f"a_rather_long_name_{place:03}" for place in range(500)]
    split = TableStatistics(300, {name: replace(kinds[place % 2], name=name) for place, name in enumerate(names)})
    statistics = Statistics({"train": split, "eval": split})
    schema = infer(statistics, label=names[0])
    page = render(replace(EMPTY, material=material_of(statistics, schema, validate(statistics, schema))))
    assert page.count("<tr") > 1000
    assert len(page.encode()) < 1_500_000


def test_rows_that_are_wrong_and_checks_that_were_not_evaluated_are_shown() -> None:
    rows = Table.from_columns({"age": [39, -1]})
    text = "{checks: {c: {sql: speed > 3}}, features: {age: {type: INT, min: 0}}}"
    schema, statistics = Schema.from_text(text), summarize({"train": rows})
    found = validate(statistics, schema, tables={"train": rows})
    page = render(replace(EMPTY, material=material_of(statistics, schema, found)))
    assert "<dt>Such as</dt><dd>row 2: age = -1</dd>" in page
    assert "check &#39;c&#39;" in page
    assert "not evaluated" in page


EMPTY = Report(
    headline=Headline(run="r", pipeline="p", sentence="The run finished.", state="complete", sign="", facts=()),
    gates=(),
    signatures=(),
    motion=Motion(picture="", narrow=True, rows=()),
    qualities=(),
    proof=None,
    material=None,
    provenance=Provenance(subject="", picture="", sources=(), code=(), environment=(), parameters=()),
    gone=(),
    version="0",
)
