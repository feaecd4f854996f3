"""Choosing features: the table of methods, its searches, their budget, and what is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table, Transform, infer, summarize
from mainspring.data.bundled import load
from mainspring.data.transforms.selection import FeatureSelection, Figure, SelectionRow
from mainspring.models.selection import DEFAULT, METHODS, select_features
from mainspring.models.selection.judging import Judge, importances
from mainspring.models.selection.material import Material

QUICK = {"estimator": "GaussianNB"}


def planted(rows=240, *, task="classes", seed=0):
    """Two columns of numbers and one of words that matter, one near copy, three that are noise."""
    random = np.random.default_rng(seed)
    one, two, noise = random.normal(size=rows), random.normal(size=rows), random.normal(size=(3, rows))
    word = random.choice(["p", "q", "r"], rows)
    signal = 2 * one - 2 * two + 2.5 * (word == "q")
    copy = one + 0.01 * random.normal(size=rows)
    label = signal.tolist() if task == "numbers" else np.where(signal > 0.8, "yes", "no").tolist()
    return Table.from_columns(
        {
            "one": one,
            "noise_a": noise[0],
            "copy": copy,
            "two": two,
            "noise_b": noise[1],
            "word": word.tolist(),
            "noise_c": noise[2],
            "label": label,
        }
    )


def schema_of(table, label="label"):
    return infer(summarize(table), label=label)


TABLE = planted()
SCHEMA = schema_of(TABLE)


def material_of(table=TABLE, schema=SCHEMA):
    return Material.of(table, Transform.fit(table, schema))


@pytest.fixture(scope="module")
def cancer():
    table = load("breast_cancer")
    return table, schema_of(table, "target")


def test_the_breast_cancer_table(cancer):
    """The shape that every course shows: seven methods, thirty columns, figures between 0.9 and 1."""
    table, schema = cancer
    arguments = {"positive": "malignant", "count": 15, "held_out": table.rows(350, 569)}
    found = select_features(table.rows(0, 350), schema, **arguments)
    assert [row.method for row in found.rows] == list(DEFAULT)
    sizes = {row.method: len(row.features) for row in found.rows}
    assert sizes["all"] == 30
    assert 10 <= sizes["correlation"] < 25
    assert {sizes[name] for name in ("univariate", "rfe", "importance", "mutual_information")} == {15}
    assert 5 <= sizes["l1"] <= 15
    for row in found.rows:
        assert row.metrics.keys() >= {"accuracy", "auc", "precision", "recall", "f1"}
        assert all(0.85 <= row.metrics[name].mean <= 1 for name in ("accuracy", "precision", "recall", "f1"))
        assert 0.97 <= row.metrics["auc"].mean <= 1
    assert found.row("all").metrics["auc"].mean > 0.99
    assert "worst_perimeter" in found.row("univariate").features
    assert len(found.features) < 30
    assert found.metric == "auc"
    assert found.positive == "malignant"
    lines = found.describe().splitlines()
    assert lines[1].split() == ["method", "features", "accuracy", "ROC", "AUC", "precision", "recall", "F1"]
    assert len(lines) == 2 + 7 + 1


def test_methods_find_what_was_planted():
    found = select_features(TABLE, SCHEMA, methods=list(METHODS), count=3, held_out=TABLE, **QUICK)
    for row in found.rows:
        if row.method in {"all", "correlation"}:
            continue
        told = {"one" if name == "copy" else name for name in row.features}
        assert len(row.features) <= 3
        assert {"one", "two"} <= told, row.method
    assert len({"one", "copy"} & set(found.row("correlation").features)) == 1
    assert set(found.row("forward").features) in ({"one", "two", "word"}, {"copy", "two", "word"})


def test_sizes_by_cross_validation():
    methods = ["univariate", "rfe", "l1", "forward", "backward", "permutation"]
    found = select_features(TABLE, SCHEMA, methods=methods, held_out=planted(seed=1), **QUICK)
    for row in found.rows:
        assert 2 <= len(row.features) <= 7
        assert row.complete
        assert row.metrics["auc"].mean > 0.8
    assert set(found.excluded) | set(found.features) == set(found.candidates)


def test_numbers():
    table = planted(task="numbers")
    found = select_features(table, schema_of(table), methods=["all", "l1", "univariate", "rfe"], folds=2)
    assert found.task == "regression"
    assert found.metric == "rmse"
    assert found.row("all").metrics["r2"].mean > 0.95
    assert {"two", "word"} <= set(found.row("l1").features)
    assert "R²" in found.describe()
    assert found.best().metrics["rmse"].mean < 0.5
    assert found.row("l1").stability["two"] == 1
    assert found.row("l1").stability.keys() == set(found.candidates)


def test_equal_data_gives_an_equal_table():
    arguments = {"methods": ["rfe", "l1", "importance", "mutual_information"], "folds": 2, "count": 3, **QUICK}
    assert select_features(TABLE, SCHEMA, **arguments) == select_features(TABLE, SCHEMA, **arguments)


def test_rows_held_out():
    found = select_features(
        TABLE.rows(0, 160), SCHEMA, methods=["all", "univariate"], held_out=TABLE.rows(160, 240), count=3
    )
    assert found.judged == "chosen on 160 rows, judged on 80 others"
    assert 0 < found.row("all").metrics["accuracy"].error < 0.1
    assert found.row("all").fits == 1


def test_figures_are_not_made_on_rows_that_chose():
    """Of 120 columns of noise the best look good on the rows they were chosen by; not in the table."""
    random = np.random.default_rng(3)
    columns = {f"x{place}": random.normal(size=60) for place in range(120)}
    table = Table.from_columns({**columns, "label": ["a", "b"] * 30})
    found = select_features(table, schema_of(table), methods=["univariate"], count=10, **QUICK)
    assert found.row("univariate").metrics["auc"].mean < 0.7


def test_a_budget_stops_and_a_later_run_goes_on():
    arguments = {"methods": ["forward", "backward"], "held_out": TABLE, **QUICK}
    stopped = select_features(TABLE, SCHEMA, max_fits=30, **arguments)
    assert not stopped.row("backward").complete
    assert "(stopped)" in stopped.describe()
    assert all(row.features and row.metrics for row in stopped.rows)
    resumed = select_features(TABLE, SCHEMA, resume=stopped, **arguments)
    whole = select_features(TABLE, SCHEMA, **arguments)
    assert [row.features for row in resumed.rows] == [row.features for row in whole.rows]
    assert sum(row.fits for row in resumed.rows) < sum(row.fits for row in whole.rows)
    assert resumed.trials == whole.trials
    nothing = select_features(
        TABLE, SCHEMA, max_seconds=0.0, methods=["rfe", "importance", "permutation"], folds=2
    )
    assert not any(row.complete for row in nothing.rows)
    with pytest.raises(InputError, match="other data or other settings"):
        select_features(TABLE.rows(0, 200), SCHEMA, resume=stopped, **arguments)


def test_what_a_model_leans_on():
    material = material_of()
    judge = Judge(estimator="LogisticRegression", params={}, metric="auc")
    for estimator in ("LogisticRegression", "DecisionTreeClassifier", "LGBMClassifier", "KNeighborsClassifier"):
        params = {"n_estimators": 20, "n_jobs": 1} if estimator == "LGBMClassifier" else {}
        fitted = judge.fit(material, material.names, estimator=estimator, params=params)
        found = importances(judge, fitted, material, material.names)
        assert list(found) == list(material.names)
        assert found["two"] > max(found["noise_a"], found["noise_b"], found["noise_c"])


def test_folds_are_even_and_apart():
    material = material_of()
    parts = list(material.folds(3, 1))
    assert sum(len(judged.target) for _, judged in parts) == 240
    shares = [judged.target.mean() for _, judged in parts]
    assert max(shares) - min(shares) < 0.02
    again = [judged.matrix.tolist() for _, judged in material.folds(3, 1)]
    assert again == [judged.matrix.tolist() for _, judged in parts]


def figures(**rows):
    return FeatureSelection(
        label="y", task="classification", estimator="E", metric="auc", judged="by hand",
        candidates=("a", "b", "c"),
        chosen="x",
        rows=tuple(
            SelectionRow(method=name, features=tuple("abc"[:size]), metrics={"auc": Figure(mean, error)})
            for name, (size, mean, error) in rows.items()
        ),
    )  # fmt: skip


def test_the_best_is_the_smallest_within_one_standard_error():
    found = figures(x=(3, 0.95, 0.02), y=(2, 0.94, 0.05), z=(1, 0.92, 0.001))
    assert found.best().method == "y"
    assert found.best(within=0).method == "x"
    assert found.best(within=2).method == "z"
    with pytest.raises(NotFoundError, match="'f1'"):
        found.best("f1")
    with pytest.raises(NotFoundError, match="'w'"):
        found.row("w")


def test_a_metric_that_no_fold_has_is_kept_too(tmp_path):
    random = np.random.default_rng(0)
    label = ["a"] * 38 + ["b"] * 2
    table = Table.from_columns({"x": random.normal(size=40), "y": random.normal(size=40), "label": label})
    found = select_features(table, schema_of(table), methods=["all", "forward"], folds=2, **QUICK)
    assert "auc" in found.row("all").metrics
    found.save(tmp_path)
    assert FeatureSelection.load(tmp_path) == found


def test_figures_are_written_alike():
    assert [str(Figure(*one)) for one in [(0.5, 0.01), (56.0, 0.4), (12345.6, 7)]] == [
        "0.500 ± 0.010",
        "56.00 ± 0.40",
        "12345.6 ± 7.0",
    ]


def test_saved_and_shown(tmp_path):
    found = select_features(TABLE, SCHEMA, methods=["all", "univariate"], folds=2, count=2, choose="univariate")
    assert found.chosen == "univariate"
    found.save(tmp_path)
    assert FeatureSelection.load(tmp_path) == found
    assert found.properties()["features"] == 2
    assert found.as_dict()["features"] == list(found.features)
    assert "trials" not in found.as_dict()
    page = found._repr_html_()
    assert page.count("<tr>") == 3
    assert "univariate" in page
    assert str(found) == found.describe()


def test_what_is_refused():
    with pytest.raises(InputError) as caught:
        select_features(TABLE, SCHEMA, methods=["rfa"], count=0, folds=1, choose="l1")
    for words in ("'rfa'", "count is 0", "folds is 1", "choose is 'l1'"):
        assert words in caught.value.found
    with pytest.raises(InputError, match="no metric 'auk'"):
        select_features(TABLE, SCHEMA, metric="auk")
    with pytest.raises(InputError, match="there is no estimator"):
        select_features(TABLE, SCHEMA, estimator="Nothing")
