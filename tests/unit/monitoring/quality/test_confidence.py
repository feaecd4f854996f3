"""Estimates without labels, held against truth that only the test knows."""

import math

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.data import Table
from mainspring.monitoring.quality import Confidence, realised_quality
from mainspring.monitoring.quality.adapting import adapted_weights

ALL = Slice()
METRICS = ["accuracy", "auc", "f1", "precision", "recall", "specificity", "average_precision"]


def binary(
    seed: int, rows: int, *, shift: float = 0.0, flip: float = 0.0, power: float = 1.0, noise: float = 0.0
) -> Table:
    """Rows whose truth follows a logistic curve; the model knows it, up to a power of its probabilities."""
    random = np.random.default_rng(seed)
    x = random.normal(shift, 1.0, rows)
    chance = 1 / (1 + np.exp(-1.5 * x))
    truth = random.random(rows) < np.where(x > 0, chance * (1 - flip) + (1 - chance) * flip, chance)
    said = np.clip(chance**power + noise * np.sign(x) * (x > 0), 0.001, 0.999)
    return Table.from_columns(
        {
            "x": x,
            "output.probability.no": 1 - said,
            "output.probability.yes": said,
            "output.label": np.where(said > 0.5, "yes", "no").astype(object),
            "feedback.truth": np.where(truth, "yes", "no").astype(object),
        }
    )


def gaps(reference: Table, window: Table, metrics: list[str] = METRICS) -> dict[str, float]:
    """Estimate minus truth."""
    found = Confidence.fit(reference).estimate(window, metrics=metrics)[ALL].values
    truth = realised_quality(window, metrics=metrics)
    assert truth is not None
    return {name: found[name] - truth.overall.values[name] for name in metrics}


def test_four_rows_by_hand() -> None:
    chances = np.array([0.9, 0.8, 0.3, 0.4])
    rows = Table.from_columns(
        {
            "output.probability.no": 1 - chances,
            "output.probability.yes": chances,
            "output.label": ["yes", "yes", "no", "no"],
        }
    )
    metrics = [*METRICS, "true_positives", "false_positives", "false_negatives", "true_negatives"]
    found = Confidence.fit(binary(0, 2_000)).estimate(rows, metrics=metrics)[ALL].values
    assert found["accuracy"] == pytest.approx((0.9 + 0.8 + 0.7 + 0.6) / 4)
    assert found["precision"] == pytest.approx(1.7 / 2)
    assert found["recall"] == pytest.approx(1.7 / 2.4)
    assert found["specificity"] == pytest.approx(1.3 / 1.6)
    assert found["f1"] == pytest.approx(2 * 1.7 / (2 * 1.7 + 0.3 + 0.7))
    counts = [found[name] for name in metrics[-4:]]
    assert counts == pytest.approx([1.7, 0.3, 0.7, 1.3])
    higher = np.sign(np.subtract.outer(chances, chances)) / 2 + 0.5
    pairs = np.outer(chances, 1 - chances)
    assert found["auc"] == pytest.approx(float((pairs * higher).sum() / pairs.sum()))


@pytest.mark.parametrize("shift", [-1.0, 0.0, 0.8])
def test_other_inputs_are_judged_within_a_hundredth(shift: float) -> None:
    found = gaps(binary(1, 20_000), binary(2, 20_000, shift=shift))
    assert max(map(abs, found.values())) < 0.01, found


def test_wrong_probabilities_are_calibrated_first() -> None:
    reference = binary(1, 20_000, power=3.0)
    assert Confidence.fit(reference).calibrator.curves
    found = gaps(reference, binary(2, 20_000, shift=0.5, power=3.0))
    assert max(map(abs, found.values())) < 0.01, found


def test_right_probabilities_are_left_alone() -> None:
    kept = [not Confidence.fit(binary(seed, 5_000)).calibrator.curves for seed in range(10)]
    assert sum(kept) >= 8


def test_a_changed_relation_is_not_seen() -> None:
    """What is documented: an estimate from probabilities is blind to concept drift."""
    learned, window = Confidence.fit(binary(1, 10_000)), binary(2, 10_000, flip=1.0)
    estimate, truth = learned.estimate(window, metrics=["accuracy"])[ALL], realised_quality(window)
    assert truth is not None
    assert estimate.values["accuracy"] - truth.overall.values["accuracy"] > 0.2
    low, high = learned.usual(10_000, ["accuracy"]).intervals["accuracy"]
    assert low - 0.01 < estimate.values["accuracy"] < high + 0.01


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    x = random.normal(0.3, 1.0, 1_000_000)
    chance = 1 / (1 + np.exp(-1.5 * x))
    accuracy = float(np.maximum(chance, 1 - chance).mean())
    held = 0
    for seed in range(40):
        learned = Confidence.fit(binary(1_000 + seed, 2_000))
        low, high = learned.estimate(binary(seed, 500, shift=0.3), metrics=["accuracy"])[ALL].intervals["accuracy"]
        held += low <= accuracy <= high
    assert held >= 35


def test_several_classes() -> None:
    def rows(seed: int, count: int, centre: float) -> Table:
        random = np.random.default_rng(seed)
        x = random.normal(centre, 1.0, (count, 2))
        logits = np.column_stack([x[:, 0], x[:, 1], -x.sum(axis=1)]) * 1.2
        chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        truth = (chance.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
        names = np.array(["a", "b", "c"], dtype=object)
        return Table.from_columns(
            {
                **{f"output.probability.{name}": chance[:, place] for place, name in enumerate(names)},
                "output.label": names[chance.argmax(axis=1)],
                "feedback.truth": names[truth],
            }
        )

    window = rows(2, 10_000, 0.7)
    metrics = ["accuracy", "auc", "f1", "recall[c]"]
    learned = Confidence.fit(rows(1, 8_000, 0.0), metrics=metrics)
    assert learned.positive is None
    found = learned.estimate(window, metrics=metrics)[ALL]
    truth = realised_quality(window, metrics=metrics)
    assert truth is not None
    for name in metrics:
        allowed = 0.03 if name == "recall[c]" else 0.015
        assert found.values[name] == pytest.approx(truth.overall.values[name], abs=allowed), name
    assert {"accuracy", "auc", "f1"} <= found.intervals.keys()


def test_what_answers_cost() -> None:
    costs = {"yes": {"no": 10.0}, "no": {"yes": 1.0, "no": -0.5}}
    chances = np.array([0.9, 0.2])
    rows = Table.from_columns(
        {
            "output.probability.no": 1 - chances,
            "output.probability.yes": chances,
            "output.label": ["yes", "no"],
        }
    )
    learned = Confidence.fit(binary(0, 2_000), costs=costs)
    found = learned.estimate(rows, metrics=["expected_cost"])[ALL]
    assert found.values["expected_cost"] == pytest.approx((0.1 * 1 + 0.2 * 10 - 0.8 * 0.5) / 2)
    low, high = found.intervals["expected_cost"]
    assert low < found.values["expected_cost"] < high


def test_slices_have_figures_of_their_own() -> None:
    window = binary(3, 4_000)
    x = window.column("x")
    parts = {Slice.of(side="right"): np.flatnonzero(x > 1), Slice.of(side="middle"): np.flatnonzero(abs(x) < 0.3)}
    found = Confidence.fit(binary(1, 20_000)).estimate(window, metrics=["accuracy"], parts=parts)
    assert found[Slice.of(side="right")].values["accuracy"] > 0.85
    assert found[Slice.of(side="middle")].values["accuracy"] < 0.62
    assert found[Slice.of(side="middle")].count == len(parts[Slice.of(side="middle")])


def test_weighted_reference_rows_see_larger_shifts() -> None:
    """A model that is too sure of itself where x is above 0 only, and a window that has moved there."""

    def rows(seed: int, count: int, centre: float) -> Table:
        random = np.random.default_rng(seed)
        x, z = random.normal(centre, 1.0, count), random.normal(0.0, 1.0, count)
        said = 1 / (1 + np.exp(-2 * z))
        chance = np.where(x > 0, 0.5 + (said - 0.5) * 0.4, said)
        truth = random.random(count) < chance
        return Table.from_columns(
            {
                "x": x,
                "z": z,
                "output.probability.no": 1 - said,
                "output.probability.yes": said,
                "output.label": np.where(said > 0.5, "yes", "no").astype(object),
                "feedback.truth": np.where(truth, "yes", "no").astype(object),
            }
        )

    reference, window = rows(1, 6_000, -0.5), rows(2, 6_000, 1.0)
    truth = realised_quality(window)
    assert truth is not None
    plain = Confidence.fit(reference)
    adapted = Confidence.fit(reference, weights=adapted_weights(reference, window))
    off = [
        abs(one.estimate(window)[ALL].values["accuracy"] - truth.overall.values["accuracy"])
        for one in (plain, adapted)
    ]
    assert off[0] > 0.05
    assert off[1] < off[0] / 3


def test_rows_without_probabilities_are_refused() -> None:
    labels = Table.from_columns({"output.label": ["a"] * 200, "feedback.truth": ["a"] * 200})
    with pytest.raises(InputError, match="no probabilities"):
        Confidence.fit(labels)
    with pytest.raises(InputError, match="50 reference rows"):
        Confidence.fit(binary(0, 50))


def test_rows_without_an_answer_are_left_out() -> None:
    window = binary(5, 1_000)
    columns = window.to_columns()
    columns["output.probability.yes"][0] = None
    found = Confidence.fit(binary(1, 2_000)).estimate(Table.from_columns(columns))[ALL]
    assert found.count == 999
    assert math.isfinite(found.values["auc"])
