"""Calibrated models and models with a cutoff: on new rows, saved, packaged in every form, and proved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mainspring.core import plugins
from mainspring.core.errors import InputError
from mainspring.core.plugins import hookimpl
from mainspring.data import Table
from mainspring.evaluation import Predictions, evaluate
from mainspring.models.adapters.onnx_export import OnnxExporter
from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.finishing import calibrate, choose_threshold, set_threshold
from mainspring.models.model import Model
from mainspring.models.package import Package, columns_of
from mainspring.models.packaging import build
from mainspring.models.ports import NotExportableError
from mainspring.models.training import train

COSTS = {"false_positive": 1, "false_negative": 5}


def noisy(rows: int, seed: int, *, several: bool = False) -> Table:
    """A signal with so much noise that a forest without limits is far too sure."""
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 1, (2, rows))
    kind = random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    signal = x + 0.5 * (kind == "b") + random.normal(0, 1.5, rows)
    label = np.array(["low", "middle", "high"])[np.digitize(signal, [-0.7, 0.9])] if several else signal > 0.5
    return Table.from_columns(
        {
            "x": x.tolist(),
            "y": [None if one > 2 else one for one in y.tolist()],
            "kind": [None if one > 2.2 else word for one, word in zip(y.tolist(), kind.tolist(), strict=True)],
            "region": random.choice(["north", "south", "west"], rows, p=[0.5, 0.4, 0.1]).tolist(),
            "tier": random.choice([1, 2, 3], rows).tolist(),
            "label": label.tolist(),
        }
    )


LEARNT, HELD, NEW = (noisy(rows, seed) for seed, rows in enumerate((600, 1500, 1500)))


@pytest.fixture(scope="module")
def models(fit) -> dict[str, Model]:
    """Binary, by estimator; the columns ``region`` and ``tier`` are not read."""
    transform = fit(LEARNT, exclude=["region", "tier"], impute="median")
    forest = {"n_estimators": 12, "max_depth": 6}
    return {
        name: train(LEARNT, transform, estimator=name, params=params)
        for name, params in {
            "RandomForestClassifier": forest,
            "LogisticRegression": {"C": 100.0},
            "LGBMClassifier": {"n_estimators": 60, "learning_rate": 0.3},
        }.items()
    }


@pytest.fixture(scope="module")
def boosted(models) -> Model:
    """Far too sure."""
    return models["LGBMClassifier"]


def error_of(model: Model, table: Table) -> float:
    """The calibration error on these rows, worked out anew."""
    scores, truth = model.predict(table).scores[:, 1], table.column("label")
    parts = np.array_split(np.argsort(scores, kind="stable"), 10)
    return float(sum(len(part) * abs(scores[part].mean() - truth[part].mean()) for part in parts) / len(truth))


@pytest.mark.parametrize("method", ["platt", "isotonic", "temperature", "auto"])
def test_calibration_holds_on_new_rows(boosted, method) -> None:
    calibrated = calibrate(boosted, HELD, method=method, split="calibration")
    found = calibrated.calibration
    assert error_of(boosted, NEW) > 0.15
    assert error_of(calibrated, NEW) < 0.05
    assert found.before.calibration_error == pytest.approx(error_of(boosted, HELD), abs=0.01)
    assert found.after.calibration_error < 0.06
    assert found.after.log_loss < found.before.log_loss
    assert found.after.brier < found.before.brier
    assert (found.rows, found.split) == (1500, "calibration")
    before, after = (evaluate(one, NEW, label="label").overall for one in (boosted, calibrated))
    assert after["log_loss"] < before["log_loss"] - 0.15


def test_figures_like_those_of_scikit_learn(boosted) -> None:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    matrix, truth = boosted.transform.apply(HELD), HELD.column("label").astype(int)
    for method, ours in (("isotonic", "isotonic"), ("sigmoid", "platt")):
        theirs = CalibratedClassifierCV(FrozenEstimator(_Scored(boosted)), method=method, ensemble=False)
        theirs.fit(matrix, truth)
        scores = theirs.predict_proba(boosted.transform.apply(NEW))
        expected = evaluate(Predictions(("false", "true"), scores), NEW, label="label").overall
        found = evaluate(calibrate(boosted, HELD, method=ours), NEW, label="label").overall
        assert found["brier"] == pytest.approx(expected["brier"], abs=0.003)
        assert found["auc"] == pytest.approx(expected["auc"], abs=0.01)


class _Scored:
    """A model as scikit-learn sees it."""

    classes_ = np.array([0, 1])
    _estimator_type = "classifier"

    def __init__(self, model: Model) -> None:
        self.model = model
        self.n_features_in_ = len(model.transform.outputs)

    def fit(self, matrix, truth):
        return self

    def predict(self, matrix):
        return self.predict_proba(matrix).argmax(axis=1)

    def predict_proba(self, matrix):
        return self.model.fitted.scores(matrix)

    def decision_function(self, matrix):
        scores = self.predict_proba(matrix).clip(1e-6, 1 - 1e-6)
        return np.log(scores[:, 1] / scores[:, 0])

    def __sklearn_tags__(self):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression().__sklearn_tags__()


def test_a_model_without_is_saved_as_before(boosted, tmp_path) -> None:
    assert {name.split("/")[0] for name in boosted.files().names} == {
        "model.json",
        "training.json",
        "estimator",
        "transform",
    }
    decided = choose_threshold(calibrate(boosted, HELD), HELD, costs=COSTS, group="region")
    files = decided.files().read_all()
    assert {*files.names} - {*boosted.files().names} == {"calibration.json", "decision.json"}
    decided.save(tmp_path)
    loaded = Model.load(tmp_path)
    assert loaded.calibration == decided.calibration
    assert loaded.decision == decided.decision
    assert loaded.predict(NEW) == decided.predict(NEW)
    assert loaded.files().read_all() == files
    again = choose_threshold(calibrate(boosted, HELD), HELD, costs=COSTS, group="region")
    assert again.files().read_all() == files
    assert decided.properties()["cutoff"] == decided.decision.at


@pytest.mark.parametrize("estimator", ["RandomForestClassifier", "LogisticRegression", "LGBMClassifier"])
@pytest.mark.parametrize("method", ["platt", "isotonic", "temperature"])
def test_the_graph_answers_as_the_model(models, estimator, method) -> None:
    model = calibrate(models[estimator], HELD, method=method)
    model = choose_threshold(model, HELD, costs=COSTS, group="region", min_group_size=50)
    package = build(model, NEW)
    assert package.runtime == "onnx", package.parity.fallback_reason
    assert package.parity.ok
    assert package.parity.kinds["cutoff"] > 10
    expected, found = model.predict(NEW), package.predict(NEW)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-9)
    assert found.labels.tolist() == expected.labels.tolist()
    answer = package.open().predict(columns_of(NEW, package.signature))
    assert answer["label"].tolist() == expected.labels.tolist()
    assert (expected.labels != replace(model, decision=None).predict(NEW).labels).sum() > 100


def test_isotonic_curves_are_exact_to_the_last_bit(models) -> None:
    """Of the same scores the graph makes the same bits: a forest of so few trees adds up alike."""
    model = calibrate(models["RandomForestClassifier"], HELD, method="isotonic")
    raw = replace(model, calibration=None)
    rows = columns_of(NEW, model.signature())
    plain, calibrated = (build(one, NEW).open().predict(rows)["probabilities"] for one in (raw, model))
    same = (plain == raw.predict(NEW).scores).all(axis=1)
    assert same.mean() > 0.5
    np.testing.assert_array_equal(calibrated[same], model.predict(NEW).scores[same])


@pytest.fixture(scope="module")
def dyadic(fit) -> tuple[Model, Table]:
    """A tree of which every score is a quarter, so that a cutoff can lie on one."""
    table = Table.from_columns(
        {"x": [float(i // 4) for i in range(16)], "label": [i % 4 < i // 4 for i in range(16)]}
    )
    model = train(table, fit(table), estimator="DecisionTreeClassifier")
    assert sorted(set(model.predict(table).scores[:, 1].tolist())) == [0.0, 0.25, 0.5, 0.75]
    return model, table


@pytest.mark.parametrize("positive", ["true", "false"])
@pytest.mark.parametrize("at", [0.0, 0.25, 0.5, float(np.nextafter(0.5, 1)), 0.75, 1.0])
def test_a_row_exactly_at_the_cutoff_is_positive(dyadic, at, positive) -> None:
    model, table = dyadic
    decided = set_threshold(model, at, positive=positive)
    expected = decided.predict(table)
    place = ("false", "true").index(positive)
    told = expected.scores[:, place] >= at
    assert [one == positive for one in expected.labels] == told.tolist()
    package = build(decided, table)
    assert package.runtime == "onnx"
    assert package.parity.labels_different == 0
    assert package.predict(table).labels.tolist() == expected.labels.tolist()
    answer = package.open().predict(columns_of(table, package.signature))
    assert answer["label"].tolist() == expected.labels.tolist()


@pytest.mark.parametrize(
    ("group", "groups", "values"),
    [
        ("kind", {"a": 0.2, "b": 0.8}, ["a", "b", "c", None, "new"]),
        ("region", {"north": 0.2, "south": 0.8}, ["north", "south", "west", None, "new"]),
        ("tier", {"1": 0.2, "2": 0.8}, [1, 2, 3, None, 7]),
        ("x", {"-0.5": 0.2}, [-0.5, 0.0, None, 1e9, 0.25]),
    ],
)
@pytest.mark.parametrize("variant", ["onnx", "native"])
def test_groups_have_cutoffs_of_their_own(models, group, groups, values, variant) -> None:
    model = set_threshold(models["LogisticRegression"], 0.5, group=group, groups=groups, table=HELD)
    package = build(model, NEW, variant=variant)
    assert package.runtime == {"onnx": "onnx", "native": "python"}[variant]
    read = {field.name: field for field in package.signature.inputs}
    assert read[group].nullable
    assert set(read) == {"x", "y", "kind", group}
    rows = [{"x": x, "y": 0.1, "kind": "a", group: value} for value in values for x in (-3.0, 0.3, 3.0)]
    columns = package.signature.columns([{name: row[name] for name in read} for row in rows])
    expected = model.predict_columns(columns)
    assert expected.cutoff.at.tolist() == [groups.get(str(row[group]), 0.5) for row in rows]
    answer = package.open().predict(columns)
    assert answer["label"].tolist() == expected.labels.tolist()
    assert package.predict(NEW).labels.tolist() == model.predict(NEW).labels.tolist()


def test_a_column_that_only_the_cutoff_reads_must_be_sent(models) -> None:
    model = set_threshold(models["LogisticRegression"], 0.5, group="region", groups={"north": 0.1}, table=HELD)
    signature = build(model, NEW).signature
    with pytest.raises(InputError, match="region"):
        signature.columns([{"x": 1.0, "y": 1.0, "kind": "a"}])
    with pytest.raises(InputError, match="region"):
        model.predict(NEW.drop(["region"]))
    with pytest.raises(InputError, match="'region', by which the cutoff"):
        model.predict_columns({name: NEW.column(name) for name in ("x", "y", "kind")})


@pytest.mark.parametrize("method", ["platt", "isotonic", "temperature"])
def test_several_classes(fit, method) -> None:
    learnt, held = noisy(600, 3, several=True), noisy(1500, 4, several=True)
    model = train(learnt, fit(learnt), params={"n_estimators": 30, "learning_rate": 0.3})
    calibrated = calibrate(model, held, method=method)
    assert calibrated.calibration.after.calibration_error < calibrated.calibration.before.calibration_error / 2
    package = build(calibrated, held)
    assert package.runtime == "onnx"
    np.testing.assert_allclose(package.predict(held).scores, calibrated.predict(held).scores, atol=1e-9)
    with pytest.raises(InputError, match="3 classes apart"):
        choose_threshold(calibrated, held, maximise="f1")


@pytest.mark.parametrize("variant", ["onnx-float32", "browser"])
def test_small_variants_keep_the_cutoff(boosted, variant) -> None:
    model = choose_threshold(calibrate(boosted, HELD), HELD, costs=COSTS)
    package = build(model, NEW, variant=variant)
    assert (package.predict(NEW).labels == model.predict(NEW).labels).mean() > 0.99
    assert package.predict(NEW).cutoff.at == model.decision.at


class ShiftingExporter(OnnxExporter):
    """Moves every score by a little: less than the tolerance of int8, and across the cutoff."""

    def export(self, fitted, transform, signature, **finish):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mainspring.models.adapters.onnx_export.emit_linear", self._emit)
            return super().export(fitted, transform, signature, **finish)

    @staticmethod
    def _emit(graph: Graph, form, matrix: str) -> str:
        scores = emit_linear(graph, form, matrix)
        return graph.add("Add", scores, graph.doubles([[-0.03, 0.03]]))


class OldExporter:
    """From before there were cutoffs."""

    def export(self, fitted, transform, signature):
        return OnnxExporter().export(fitted, transform, signature)


class Shifting:
    @hookimpl
    def mainspring_exporters(self):
        return {"onnx-int8": f"{__name__}:ShiftingExporter", "old": f"{__name__}:OldExporter"}


from mainspring.models.adapters.onnx_links import emit_linear  # noqa: E402


def test_a_variant_that_moves_scores_across_the_cutoff_is_refused(models, exporters) -> None:
    model = models["LogisticRegression"]
    scores = model.predict(NEW).scores[:, 1]
    crowded = float(np.median(scores))
    rare = float(np.sort(scores)[-3])
    package = build(set_threshold(model, rare), NEW, variant="onnx-int8")
    near = package.details["near_cutoff"]
    assert near["rows"] == np.count_nonzero(np.abs(scores - rare) <= 0.05)
    assert near["different"] == np.count_nonzero((scores >= rare) != (scores + 0.03 >= rare))
    assert f"it answers {near['different']} otherwise" in package.card
    assert build(set_threshold(model, 0.9999), NEW, variant="onnx-int8").parity.ok
    with pytest.raises(NotExportableError, match="with another label"):
        build(set_threshold(model, crowded), NEW, variant="onnx-int8")


def test_an_exporter_that_knows_no_cutoff_is_not_asked(models, exporters) -> None:
    model = models["LogisticRegression"]
    assert build(model, NEW, exporters=["old"]).runtime == "onnx"
    package = build(set_threshold(model, 0.3), NEW, exporters=["old"])
    assert package.runtime == "python"
    assert "with a cutoff of their own" in package.parity.fallback_reason
    assert package.predict(NEW).labels.tolist() == set_threshold(model, 0.3).predict(NEW).labels.tolist()


@pytest.fixture
def exporters(monkeypatch):
    """Exporters of a plugin."""
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules[ShiftingExporter.__module__])
    plugin = Shifting()
    manager = plugins.manager()
    manager.register(plugin)
    yield
    manager.unregister(plugin)


def test_the_package_tells_of_it(boosted) -> None:
    model = choose_threshold(calibrate(boosted, HELD, split="calibration"), HELD, costs=COSTS, split="calibration")
    package = build(model, NEW)
    assert package.decision == model.decision
    assert package.details["calibration"]["method"] == model.calibration.method
    assert json.loads(package.files.text("package.json"))["details"]["decision"]["at"] == model.decision.at
    assert "false_negative=5" in package.card
    assert "calibrated by" in package.card
    again = Package.from_files(package.files)
    assert again.decision == model.decision


def test_costs_decide_the_cutoff(boosted) -> None:
    calibrated = calibrate(boosted, HELD)
    dear, cheap = (
        choose_threshold(calibrated, HELD, costs={"false_positive": 1, "false_negative": cost}).decision
        for cost in (5, 1)
    )
    assert dear.at < 0.3 < cheap.at
    assert dear.rule == "costs false_positive=1, false_negative=5"
    assert dear.interval[0] <= dear.at <= dear.interval[1]
    limited = choose_threshold(calibrated, HELD, maximise="recall at precision 0.6").decision
    assert limited.figures["precision"] >= 0.6


def test_the_base_rate_of_another_place(boosted) -> None:
    share = HELD.column("label").mean()
    here, there = (calibrate(boosted, HELD, method="platt", base_rate=rate) for rate in (None, 0.05))
    assert here.predict(HELD).scores[:, 1].mean() == pytest.approx(share, abs=0.02)
    rare = NEW.column("label").astype(bool)
    kept = ~rare | (np.random.default_rng(0).random(len(rare)) < 0.05 / 0.95 * (~rare).sum() / rare.sum())
    scores = there.predict(NEW).scores[:, 1][kept]
    assert scores.mean() == pytest.approx(rare[kept].mean(), abs=0.02)
    assert there.calibration.base_rate == 0.05
    decided = choose_threshold(boosted, HELD, maximise="f1", base_rate=0.05).decision
    assert (
        decided.figures["precision"] < choose_threshold(boosted, HELD, maximise="f1").decision.figures["precision"]
    )


def test_a_group_that_is_too_small_has_the_cutoff_of_all(boosted) -> None:
    found = choose_threshold(
        calibrate(boosted, HELD), HELD, costs=COSTS, group="region", min_group_size=300
    ).decision
    assert set(found.groups) == {"north", "south"}
    assert any(note.startswith("region=west has the cutoff of all rows") for note in found.notes)


def test_nothing_to_gain_is_said(fit) -> None:
    model = train(HELD, fit(HELD, exclude=["region", "tier"]), estimator="LogisticRegression")
    calibrated = calibrate(model, noisy(4000, 8))
    assert calibrated.calibration.method == "none"
    assert str(calibrated.calibration).startswith("not calibrated on 4000 rows: ")
    assert "calibrated already" in calibrated.calibration.notes[0]
    assert calibrated.predict(NEW) == model.predict(NEW)
    package = build(calibrated, NEW)
    assert package.runtime == "onnx"
    assert "no calibration was better" in package.card


def test_rows_of_training_are_pointed_out(boosted, caplog) -> None:
    found = calibrate(boosted, LEARNT, split="train")
    assert "learnt from" in found.calibration.notes[0]
    assert "learnt from" in caplog.text


def test_calibrating_again_starts_over(boosted) -> None:
    decided = choose_threshold(calibrate(boosted, HELD), HELD, costs=COSTS)
    again = calibrate(decided, HELD)
    assert again.decision is None
    assert "dropped" in again.calibration.notes[-1]
    assert again.predict(NEW) == calibrate(boosted, HELD).predict(NEW)


def test_what_cannot_be_calibrated_or_cut_is_refused(fit, tables, models) -> None:
    regression = train(tables["regression"], fit(tables["regression"]), estimator="Ridge")
    with pytest.raises(InputError, match="is a regression"):
        calibrate(regression, tables["regression"])
    with pytest.raises(InputError, match="one of auto"):
        calibrate(models["LogisticRegression"], HELD, method="beta")
    margin = train(LEARNT, fit(LEARNT), estimator="LinearSVC")
    with pytest.raises(InputError, match="no probabilities"):
        choose_threshold(margin, HELD, maximise="f1")
    assert choose_threshold(calibrate(margin, HELD), HELD, maximise="f1").decision.at > 0
    with pytest.raises(InputError, match="no column 'place'"):
        choose_threshold(models["LogisticRegression"], HELD, maximise="f1", group="place")
    with pytest.raises(InputError, match=r"base rate of 1\.5"):
        calibrate(models["LogisticRegression"], HELD, base_rate=1.5)
    with pytest.raises(InputError, match="0 or more"):
        set_threshold(models["LogisticRegression"], -0.5)
    with pytest.raises(InputError, match="holds numbers"):
        set_threshold(models["LogisticRegression"], 0.5, group="x", groups={"many": 0.1})
