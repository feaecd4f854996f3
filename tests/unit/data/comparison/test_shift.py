"""Each kind of shift, made on purpose, is told from the others."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.comparison.shift import estimate_label_shares, shift_kinds


def rows(seed, count=1_500, *, moved=0.0, turned=False, share=None, noise=0.5):
    """A point in the plane; the label says on which side of a line it lies; the prediction knows the old line."""
    dice = np.random.default_rng(seed)
    many = 4 * count
    x, y = dice.normal(moved, 1, many), dice.normal(size=many)
    old = x + y + dice.normal(0, noise, many) > 0
    label = (x - y + dice.normal(0, noise, many) > 0) if turned else old
    if share is None:
        kept = np.arange(count)
    else:
        yes, no = np.flatnonzero(label), np.flatnonzero(~label)
        kept = np.concatenate([yes[: round(share * count)], no[: count - round(share * count)]])
    word = np.where(label, "yes", "no").astype(object)
    said = np.where(x + y > 0, "yes", "no").astype(object)
    return Table.from_columns({"x": x[kept], "y": y[kept], "label": word[kept], "said": said[kept]})


def kinds(found):
    return {name: getattr(found, name).shifted for name in ("inputs", "labels", "predictions", "concept")}


def test_nothing_moved():
    found = shift_kinds(rows(0), rows(1), label="label", prediction="said")
    assert kinds(found) == dict.fromkeys(("inputs", "labels", "predictions", "concept"), False)
    assert found.conclusion == "Nothing has moved that could be tested."


def test_covariate_shift_alone():
    # Along the line, so that labels stay half and half.
    before, after = rows(0), rows(1)
    after = after.sql("SELECT x + 1.5 AS x, y - 1.5 AS y, label, said FROM this")
    found = shift_kinds(before, after, label="label", prediction="said")
    assert kinds(found) == {"inputs": True, "labels": False, "predictions": False, "concept": False}
    assert found.conclusion.startswith("Inputs have moved (covariate shift)")
    assert set(list(found.classifier.columns)[:2]) == {"x", "y"}


def test_prior_shift_is_seen_and_estimated():
    before, after = rows(0), rows(1, share=0.8)
    found = shift_kinds(before, after, label="label", prediction="said")
    assert kinds(found) == {"inputs": True, "labels": True, "predictions": True, "concept": False}
    assert found.conclusion.startswith("Labels have moved (prior shift)")
    assert "explain" in found.concept.note
    blind = shift_kinds(before, after.drop(["label"]), label="label", prediction="said")
    assert (blind.labels.shifted, blind.concept.shifted) == (True, None)
    estimate = next(one for one in blind.estimates if one.label == "yes")
    assert estimate.before == pytest.approx(0.5, abs=0.05)
    assert estimate.after == pytest.approx(0.8, abs=0.04)
    assert estimate.interval[0] < 0.8 < estimate.interval[1]


def test_concept_change_is_told_from_covariate_shift():
    found = shift_kinds(rows(0), rows(1, turned=True), label="label", prediction="said")
    assert (found.inputs.shifted, found.concept.shifted) == (False, True)
    assert found.conclusion.startswith("The rule from inputs to labels has changed")
    assert "label new rows" in str(found)
    assert found.as_dict()["concept"]["p_value"] < 1e-6


def test_the_real_bike_counts(shared_bikes):
    one, other = shared_bikes
    found = shift_kinds(one, other, label="cnt", inputs=["hr", "temp", "weekday", "hum"])
    assert found.labels.shifted
    assert found.concept.shifted  # more riders in the same weather: 143.8 to 234.7


@pytest.fixture(scope="module")
def shared_bikes():
    from pathlib import Path

    path = Path(__file__).parents[5] / "shared/data/time_entities/bike_hour.csv.gz"
    if not path.exists():
        pytest.skip("the shared data set bike_hour.csv.gz is not here")
    table = Table.read_csv(path)
    return table.where("yr = 0").rows(5_000, 7_000), table.where("yr = 1").rows(5_000, 7_000)


def test_what_cannot_be_told_is_said():
    before, after = rows(0, 400), rows(1, 400)
    found = shift_kinds(before.drop(["label", "said"]), after.drop(["label", "said"]))
    assert kinds(found) == {"inputs": False, "labels": None, "predictions": None, "concept": None}
    assert found.labels.note == "there are no labels"
    with pytest.raises(InputError, match="'nothing'"):
        shift_kinds(before, after, label="nothing")


def test_estimates_by_hand_and_their_limits():
    labels = ["a"] * 100 + ["b"] * 100
    predicted = ["a"] * 90 + ["b"] * 10 + ["a"] * 20 + ["b"] * 80
    # P(a said) = 0.9 w + 0.2 (1 - w) = 0.55 at w = 0.5, and 0.34 at w = 0.2.
    a, b = estimate_label_shares(labels, predicted, ["a"] * 34 + ["b"] * 66)
    assert (a.after, b.after) == (pytest.approx(0.2), pytest.approx(0.8))
    assert a.interval[0] < 0.2 < a.interval[1]
    with pytest.raises(InputError, match="do not depend"):
        estimate_label_shares(["a", "b"] * 50, ["a"] * 100, ["a"])
    with pytest.raises(InputError, match="0 labels"):
        estimate_label_shares([], [], [])
