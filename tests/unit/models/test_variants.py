"""Several packages of one model: each held to its tolerance, compared, and gated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.models.adapters import onnx_variants
from mainspring.models.adapters.onnx_variants import to_browser, to_float32
from mainspring.models.packaging import build
from mainspring.models.ports import NotExportableError
from mainspring.models.training import train
from mainspring.models.variants import VariantComparison, compare_variants


@pytest.fixture(scope="module")
def forest(tables, transforms):
    params = {"n_estimators": 20}
    return train(
        tables["several"], transforms["several", "gaps"], estimator="RandomForestClassifier", params=params
    )


@pytest.fixture(scope="module")
def wide(fit):
    """A linear model over so many words that its matrix is worth quantising."""
    random = np.random.default_rng(0)
    words = {
        f"w{place}": random.choice([f"v{number}" for number in range(60)], 1500).tolist() for place in range(30)
    }
    label = random.choice(["a", "b", "c"], 1500).tolist()
    table = Table.from_columns({**words, "label": label})
    return train(table, fit(table), estimator="LogisticRegression", params={"C": 0.05}), table


def test_one_model_three_packages(forest, tables):
    table = tables["several"]
    packages = {name: build(forest, table, variant=name) for name in ("onnx", "onnx-float32", "native")}
    assert [package.runtime for package in packages.values()] == ["onnx", "onnx", "python"]
    assert [package.details["variant"] for package in packages.values()] == list(packages)
    comparison = compare_variants(packages, table, refused={"onnx-int8": "no large matrix product"})
    assert comparison.verdict
    exact, single, native = comparison.figures
    assert single.size < 0.9 * exact.size
    assert (exact.labels_equal, single.labels_equal, native.labels_equal) == (1.0, 1.0, 1.0)
    assert exact.max_difference <= 1e-12
    assert single.max_difference < 1e-6
    assert native.max_difference == 0.0
    expected = forest.predict(table)
    for package in packages.values():
        answer = package.predict(table)
        assert np.array_equal(answer.labels, expected.labels)
        np.testing.assert_allclose(answer.scores, expected.scores, rtol=0, atol=1e-6)
    told = str(comparison)
    assert told.count("\n") == 5
    assert "| onnx-float32 | onnx |" in told
    assert "- onnx-int8: no large matrix product" in told


def test_a_comparison_is_saved_and_limits_are_judged(forest, tables, tmp_path):
    packages = {
        "onnx": build(forest, tables["several"]),
        "browser": build(forest, tables["several"], variant="browser"),
    }
    comparison = compare_variants(packages, tables["several"], max_size=10)
    assert [reason.code for reason in comparison.verdict.failures] == ["SIZE_ABOVE_LIMIT"] * 2
    comparison.save(tmp_path)
    assert VariantComparison.load(tmp_path) == comparison
    assert comparison.properties()["ok"] is False


def test_a_package_that_lies_off_is_not_let_through(forest, tables):
    package = build(forest, tables["several"])
    wrong = replace(package, parity=replace(package.parity, max_abs_difference=0.5, rows_different=3))
    verdict = compare_variants({"onnx": wrong}, tables["several"]).verdict
    assert [reason.code for reason in verdict.failures] == ["ANSWERS_DIFFER"]
    assert "3 of" in verdict.failures[0].message


@pytest.mark.parametrize("task", ["binary", "several", "regression"])
@pytest.mark.parametrize("kind", ["filled", "gaps"])
def test_float32_keeps_to_its_tolerance(task, kind, tables, transforms):
    for name, trees in (
        ("LGBM", "n_estimators"),
        ("HistGradientBoosting", "max_iter"),
        ("RandomForest", "n_estimators"),
    ):
        estimator = name + ("Regressor" if task == "regression" else "Classifier")
        model = train(tables[task], transforms[task, kind], estimator=estimator, params={trees: 20})
        parity = build(model, tables[task], variant="onnx-float32").parity
        assert parity.ok
        assert parity.rows_different <= 1
        assert parity.max_abs_difference < 1e-4
        assert set(parity.kinds) == {"real", "single"}


def test_a_value_on_a_threshold_is_told_and_not_judged(fit):
    """The median of an even number of values lies half way between two of them, and so do thresholds."""
    random = np.random.default_rng(1)
    columns = {f"c{place}": np.round(random.normal(10, 3, 300), 3).tolist() for place in range(8)}
    label = (np.array(list(columns.values())).sum(axis=0) > 80).tolist()
    table = Table.from_columns({**columns, "label": label})
    model = train(table, fit(table), params={"n_estimators": 20})
    package = build(model, table, variant="onnx-float32")
    assert package.parity.ok
    assert package.details["strange_rows"]["rows"] > 1000
    assert (package.details["strange_rows"]["different"] > 0) == ("with a missing or unseen value" in package.card)


def test_thresholds_between_float32_values_keep_their_side():
    """1 + 2**-24 lies between two float32 values and is rounded to the lower one; 1 + 3 * 2**-24 to the upper."""
    thresholds = np.array([1 + 2.0**-24, 1 + 3 * 2.0**-24, -1 - 3 * 2.0**-24])
    single = np.array([1, 1 + 2.0**-23, 1 + 2.0**-22, -1 - 2.0**-22, -1 - 2.0**-23], dtype=np.float32)
    for mode, ask in ((0, np.less_equal), (1, np.less)):
        narrow = onnx_variants._towards(thresholds, np.full(3, mode, dtype=np.uint8))
        assert narrow.dtype == np.float32
        assert np.array_equal(ask.outer(single, narrow), ask.outer(single.astype(np.float64), thresholds))


def test_int8_where_it_pays(wide):
    model, table = wide
    exact = build(model, table)
    package = build(model, table, variant="onnx-int8")
    assert 0 < package.parity.max_abs_difference < 0.05
    assert package.parity.labels_equal >= 0.99
    graph = onnx.load_model_from_string(package.files.read("model.onnx")).graph
    assert "MatMulInteger" in {node.op_type for node in graph.node}
    assert "mainspring.signature" in {
        one.key for one in onnx.load_model_from_string(package.files.read("model.onnx")).metadata_props
    }
    assert package.signature == exact.signature


def test_int8_where_it_does_not(forest, tables):
    with pytest.raises(NotExportableError, match="int8 is not applicable: no matrix product has 4096 weights"):
        build(forest, tables["several"], variant="onnx-int8")


def test_a_variant_that_lies_too_far_off_is_not_made(wide, monkeypatch):
    model, table = wide

    def coarse(graph):
        made = to_float32(graph)
        for item in made.graph.initializer:
            if item.name.endswith("/float32"):
                values = np.round(onnx.numpy_helper.to_array(item), 1)
                item.CopyFrom(onnx.numpy_helper.from_array(values, item.name))
        return made

    monkeypatch.setattr(onnx_variants, "to_float32", coarse)
    with pytest.raises(NotExportableError, match=r"onnx-float32 lies too far off: .* by more than 0\.0001"):
        build(model, table, variant="onnx-float32")


def test_what_browsers_do_not_have():
    nodes = [onnx.helper.make_node("Gelu", ["x"], ["y"], domain="com.example")]
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes, "g", [value("x", onnx.TensorProto.FLOAT, [1])], [value("y", onnx.TensorProto.FLOAT, [1])]
    )
    imports = [onnx.helper.make_opsetid("", 24), onnx.helper.make_opsetid("com.example", 1)]
    with pytest.raises(NotExportableError, match=r"do not have com\.example\.Gelu, ai\.onnx 24"):
        to_browser(onnx.helper.make_model(graph, opset_imports=imports))


def test_wrong_names_and_nothing_to_compare(forest, tables):
    with pytest.raises(InputError, match="no variant 'tiny'"):
        build(forest, tables["several"], variant="tiny")
    with pytest.raises(InputError, match="nothing to compare"):
        compare_variants({}, tables["several"])
