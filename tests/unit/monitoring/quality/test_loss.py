"""Estimated losses, held against losses that only the test knows."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.data import Table
from mainspring.monitoring.quality import LossEstimator, realised_quality

ALL = Slice()


def rows(seed: int, count: int, *, shift: float = 0.0, noise: float = 1.0) -> Table:
    """Errors that grow with x, and are twice as large where the kind is a."""
    random = np.random.default_rng(seed)
    x, kind = random.normal(shift, 1.0, count), random.choice(["a", "b", "c"], count)
    mean = 20 + 3 * x
    truth = mean + np.exp(0.4 * x) * np.where(kind == "a", 2, 1) * random.normal(size=count) * noise
    return Table.from_columns(
        {
            "x": x,
            "kind": kind.astype(object),
            "a.b": random.normal(size=count),
            "output.prediction": mean,
            "feedback.truth": truth,
        }
    )


@pytest.fixture(scope="module")
def learned() -> LossEstimator:
    return LossEstimator.fit(rows(0, 4_000), metrics=["mae", "rmse", "mape", "msle"])


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_other_inputs_are_judged(learned: LossEstimator, shift: float) -> None:
    window = rows(1, 4_000, shift=shift)
    metrics = ["mae", "rmse", "mape", "msle"]
    found = learned.estimate(window, metrics=metrics)[ALL]
    truth = realised_quality(window, metrics=metrics)
    assert truth is not None
    for name in metrics:
        assert found.values[name] == pytest.approx(truth.overall.values[name], rel=0.12), name
        low, high = found.intervals[name]
        assert low < found.values[name] < high
    assert found.values["rmse"] > found.values["mae"]


def test_slices(learned: LossEstimator) -> None:
    window = rows(2, 3_000)
    kinds = window.column("kind")
    parts = {Slice.of(kind=kind): np.flatnonzero(kinds == kind) for kind in ("a", "b")}
    found = learned.estimate(window, metrics=["mae"], parts=parts)
    ratio = found[Slice.of(kind="a")].values["mae"] / found[Slice.of(kind="b")].values["mae"]
    assert ratio == pytest.approx(2.0, rel=0.15)


def test_a_changed_relation_is_not_seen(learned: LossEstimator) -> None:
    """What is documented: inputs as before and larger errors look as before."""
    window = rows(3, 4_000, noise=3.0)
    found = learned.estimate(window, metrics=["mae"])[ALL]
    truth = realised_quality(window, metrics=["mae"])
    assert truth is not None
    assert found.values["mae"] < truth.overall.values["mae"] / 2


def test_windows_of_the_reference_vary_as_means_do(learned: LossEstimator) -> None:
    found = learned.usual(400, ["mae"])
    low, high = found.intervals["mae"]
    means = [realised_quality(rows(seed, 400), metrics=["mae"]) for seed in range(10, 50)]
    inside = sum(low <= one.overall.values["mae"] <= high for one in means if one is not None)
    assert inside >= 33


def test_what_cannot_be_learned_is_refused() -> None:
    with pytest.raises(InputError, match="'r2' cannot be estimated"):
        LossEstimator.fit(rows(0, 300), metrics=["r2"])
    with pytest.raises(InputError, match="100 of 100 reference rows"):
        LossEstimator.fit(rows(0, 100))
    with pytest.raises(InputError, match="no predicted values"):
        LossEstimator.fit(Table.from_columns({"x": [1.0] * 300, "feedback.truth": [1.0] * 300}))


def test_what_the_window_lacks_is_said(learned: LossEstimator) -> None:
    with pytest.raises(InputError, match="no column 'kind'"):
        learned.estimate(rows(1, 100).drop(["kind"]), metrics=["mae"])
    with pytest.raises(InputError, match="'rmsle' cannot"):
        LossEstimator.fit(rows(0, 300), metrics=["mae"]).estimate(rows(1, 100), metrics=["rmsle"])
