from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.applying import METHODS, Task, mitigate
from mainspring.evaluation.fairness.mitigation.comparing import compare_cutoffs, compare_mitigations
from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison
from mainspring.evaluation.fairness.mitigation.pricing import Fit
from mainspring.evaluation.metrics.intervals import Intervals

FEW = Intervals(method="bootstrap", resamples=100)


@pytest.fixture(scope="module")
def found(people: Table, learn: Fit) -> MitigationComparison:
    return compare_mitigations(
        learn,
        people.rows(0, 1400),
        people.rows(1400, 2000),
        label="y",
        protected=["g"],
        methods=["reweigh", "grid", "thresholds"],
        constraint="demographic_parity",
        at_most=0.05,
        intervals=FEW,
    )


def test_each_mitigation_stands_beside_the_untouched_model(found: MitigationComparison) -> None:
    assert [one.method for one in found.outcomes] == ["untouched", "reweigh", "grid", "thresholds"]
    before = found.untouched.gap.value
    assert before > 0.15
    assert found.outcome("thresholds").gap.value < before / 2
    for one in found.outcomes[1:]:
        assert one.gap_change is not None
        assert one.gap_change.before == pytest.approx(before)
        assert one.gap_change.after == pytest.approx(one.gap.value)
        assert one.accuracy_change is not None
        assert one.accuracy_change.after == pytest.approx(one.figures["accuracy"].value)
        assert one.cost == pytest.approx(1 - one.figures["accuracy"].value)
        assert one.gap.interval is not None


def test_it_tells_who_gains_and_who_loses(found: MitigationComparison) -> None:
    one = found.outcome("thresholds")
    assert Slice.of(g="b") in one.lost
    by_group = {str(turned.group): turned for turned in one.groups}
    assert by_group["g=b"].to_no > 0
    assert by_group["g=b"].to_yes == 0
    assert sum(turned.count for turned in one.groups) == 600


def test_it_recommends_in_a_sentence(found: MitigationComparison) -> None:
    assert found.recommended in {"grid", "thresholds"}
    assert found.recommendation.startswith(f"Take {found.recommended}: it narrows the demographic parity gap by g")
    assert "accuracy falls by" in found.recommendation
    assert "of g=b" in found.recommendation
    assert found.recommendation in str(found)
    assert "rows that no model learns from" in found.notes[0]


def test_it_comes_back_as_it_was(found: MitigationComparison, tmp_path: Path) -> None:
    found.save(tmp_path)
    assert MitigationComparison.load(tmp_path).as_dict() == found.as_dict()
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False)) == found.as_dict()
    assert found.properties()["recommended"] == found.recommended
    assert "gap untouched" in found.properties()


def test_a_model_that_is_fair_enough_is_left_alone(people: Table, learn: Fit) -> None:
    model = learn(people, None)
    rows = people.rows(0, 1000), people.rows(1000, 2000)
    fine = compare_cutoffs(
        model, *rows, label="y", protected=["g"], constraint="demographic_parity", at_most=0.5, intervals=FEW
    )
    assert fine.recommended == "untouched"
    assert "is within 0.5 as it is" in fine.recommendation
    random = np.random.default_rng(0)
    same = Table.from_columns(
        {
            "x1": random.normal(0, 1, 400),
            "x2": random.normal(0, 1, 400),
            "g": random.choice(["a", "b"], 400).tolist(),
            "y": random.integers(0, 2, 400),
        }
    )
    chance = compare_cutoffs(
        model, same, same, label="y", protected=["g"], at_most=0.0, min_group_size=10, intervals=FEW
    )
    assert chance.count == 400


def test_every_mitigation_answers_rows(people: Table, learn: Fit) -> None:
    task = Task(
        fit=learn,
        table=people.rows(0, 600),
        choose_on=people.rows(600, 1000),
        label="y",
        protected=("g",),
        at_most=0.05,
    )
    rows = people.rows(1000, 1200)
    for method in METHODS:
        found = mitigate(method, task)
        assert len(found.predictor.predict(rows)) == 200
        assert found.predictor.predict(rows).classes == ("0", "1")


def test_what_cannot_be_compared_is_told(people: Table, learn: Fit) -> None:
    with pytest.raises(InputError, match="no mitigation 'magic'"):
        compare_mitigations(learn, people, people, label="y", protected=["g"], methods=["magic"])
    with pytest.raises(InputError, match="'grid' needs to train"):
        compare_cutoffs(learn(people, None), people, people, label="y", protected=["g"], methods=["grid"])
