"""What a model was trained on travels in its package."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Examples, Table, infer, summarize
from mainspring.models import Package, build, train
from mainspring.models.referring import refer, with_reference


@pytest.fixture(scope="module")
def examples(tables) -> Examples:
    table = tables["binary"]
    return Examples(splits={"train": table.rows(0, 300), "eval": table.rows(300, 400)})


@pytest.fixture(scope="module")
def model(examples, fit):
    return train(examples.split("train"), fit(examples.split("train")), params={"n_estimators": 5})


@pytest.fixture(scope="module")
def package(model, examples) -> Package:
    return build(model, examples.split("eval"), examples=examples)


def test_a_package_knows_what_it_was_trained_on(package, examples):
    reference = package.reference
    assert reference.statistics == summarize(examples, label="label").split("train")
    assert reference.schema == infer(summarize(examples, label="label"), label="label")
    assert reference.rows.num_rows == 100
    assert "label" not in reference.rows.names
    assert reference.rows.to_columns()["feedback.truth"] == examples.split("eval").to_columns()["label"]
    answers = package.predict(examples.split("eval"))
    assert reference.rows.to_columns()["output.label"] == answers.labels.tolist()
    assert reference.rows.column("output.probability.yes").tolist() == answers.scores[:, 1].tolist()


def test_saved_and_read_again_with_equal_bytes(package, model, examples, tmp_path):
    package.save(tmp_path)
    again = build(model, examples.split("eval"), examples=examples)
    names = [name for name in package.files.names if name.startswith("reference/")]
    assert names == [
        "reference/rows/data.parquet",
        "reference/schema/schema.yaml",
        "reference/statistics/statistics.json",
    ]
    assert [package.files.read(name) for name in names] == [again.files.read(name) for name in names]
    found = Package.load(tmp_path)
    assert found.reference.statistics == package.reference.statistics
    assert found.model_size == package.model_size == build(model, examples.split("eval")).model_size


def test_packages_without_it_stay_readable(model, examples, tmp_path):
    build(model, examples.split("eval")).save(tmp_path)
    assert Package.load(tmp_path).reference is None


def test_neither_reading_nor_answering_reads_it(package, examples, tmp_path):
    package.save(tmp_path)
    for path in (tmp_path / "reference").rglob("*.*"):
        path.write_bytes(b"damaged")
    found = Package.load(tmp_path)
    assert found.predict(examples.split("eval")) == package.predict(examples.split("eval"))
    with pytest.raises(InputError, match="damaged statistics"):
        _ = found.reference


def test_statistics_and_schema_that_are_given(model, examples):
    statistics = summarize(examples)
    schema = infer(statistics, label="label", ranges=True)
    reference = build(
        model, examples.split("eval"), examples=examples, statistics=statistics, schema=schema, reference_rows=10
    ).reference
    assert reference.statistics == statistics.split("train")
    assert reference.schema == schema
    assert reference.rows.num_rows == 10


def test_no_rows_where_none_are_wanted(model, examples):
    reference = build(model, examples.split("eval"), examples=examples, reference_rows=0).reference
    assert reference.rows is None
    with pytest.raises(InputError, match="-1 rows"):
        build(model, examples.split("eval"), examples=examples, reference_rows=-1)


def test_marked_columns_stay_at_home(model, examples):
    statistics = summarize(examples)
    schema = infer(statistics, label="label")
    marked = replace(schema.features["company"], tags=("personal",))
    schema = replace(schema, features={**schema.features, "company": marked})
    package = build(model, examples.split("eval"), examples=examples, statistics=statistics, schema=schema)
    assert "company" not in package.reference.rows.names
    assert "company" not in package.reference.statistics.features
    assert "hour" in package.reference.rows.names
    content = package.files.under("reference")
    assert not [name for name in content.names if b"Blue Ribbon" in content.read(name) and "schema" not in name]


def test_rows_that_the_model_refuses_are_left_out(tables, fit):
    table = tables["binary"]
    whole = table.where("fare IS NOT NULL AND miles IS NOT NULL AND shared IS NOT NULL")
    model = train(whole, fit(whole, impute=None), estimator="LogisticRegression", params={"max_iter": 500})
    package = build(model, table, examples=Examples(splits={"all": table}))
    assert {one.name for one in package.signature.inputs if not one.nullable} >= {"fare", "miles", "shared"}
    assert package.reference.rows.column("fare").tolist() == whole.column("fare").tolist()


def test_columns_that_the_model_does_not_ask_for_are_left_out(examples, fit):
    model = train(
        examples.split("train"), fit(examples.split("train"), exclude=["hour"]), params={"n_estimators": 5}
    )
    for statistics in (None, summarize(examples)):
        reference = build(model, examples.split("eval"), examples=examples, statistics=statistics).reference
        assert reference.inputs == ("fare", "miles", "shared", "company", "payment")
        assert reference.rows.names[:5] == reference.inputs
        assert reference.label == "label"


def test_long_texts_are_kept_of_fewer_rows(examples, fit):
    dice = np.random.default_rng(0)
    long = [dice.bytes(4000).hex() for _ in range(400)]
    columns = {name: values * 4 for name, values in examples.split("eval").to_columns().items()}
    table = Table.from_columns({**columns, "story": long})
    names = [*examples.split("train").names, "story"]
    told = examples.split("train").to_columns()
    examples = Examples(splits={"train": Table.from_columns({**told, "story": ["once"] * 300})})
    transform = fit(examples.split("train"), function=None)
    package = build(train(examples.split("train"), transform, params={"n_estimators": 5}), table)
    assert set(package.signature.names) == set(names) - {"label"}
    reference = refer(package, examples, table=table)
    assert reference.rows.num_rows == 200
    assert with_reference(package, reference).files.size("reference/rows/data.parquet") <= 1 << 20


def test_another_reference_takes_its_place(package, examples):
    without = refer(package, examples, table=None)
    found = with_reference(package, without)
    assert found.reference.rows is None
    assert found.files.names == tuple(name for name in package.files.names if "reference/rows" not in name)
