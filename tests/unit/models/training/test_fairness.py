from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Examples, Table, Transform, infer, summarize
from mainspring.evaluation import assess_fairness
from mainspring.evaluation.metrics.intervals import CLOSED
from mainspring.evaluation.steps import flip_protected, gate, reweigh
from mainspring.models.model import Model
from mainspring.models.steps import compare_mitigations, train, train_fairly
from mainspring.models.steps import cut_fairly as cut_step
from mainspring.models.training.fairness import cut_fairly, learner
from mainspring.models.training.fairness import train_fairly as search_fairly

LOGISTIC = "sklearn.linear_model.LogisticRegression"


def make(rows: int, seed: int) -> Table:
    random = np.random.default_rng(seed)
    man = random.random(rows) < 0.6
    skill, years = random.normal(0, 1, rows), random.normal(0, 1, rows) + 0.6 * man
    chance = 1 / (1 + np.exp(-(1.5 * skill + years + 0.8 * man - 1)))
    return Table.from_columns(
        {
            "skill": skill,
            "years": years,
            "sex": np.where(man, "m", "f").tolist(),
            "hired": np.where(random.random(rows) < chance, "yes", "no").tolist(),
        }
    )


TRAIN, EVAL = make(1200, 1), make(800, 2)
EXAMPLES = Examples(splits={"train": TRAIN, "eval": EVAL})
TRANSFORM = Transform.fit(TRAIN, infer(summarize(TRAIN), label="hired"), label="hired")


def gap(model: Model) -> float:
    found = assess_fairness(
        model, EVAL, label="hired", protected=["sex"], positive="yes", thresholds=(), intervals=CLOSED
    )
    return found.gap("demographic_parity_difference").value


def test_one_model_of_a_grid_treats_groups_about_alike(tmp_path: Path) -> None:
    plain = learner(TRANSFORM, estimator=LOGISTIC)(TRAIN, None)
    model = train_fairly(
        EXAMPLES,
        TRANSFORM,
        protected=["sex"],
        constraint="demographic_parity",
        estimator=LOGISTIC,
        at_most=0.03,
        models=10,
    )
    assert gap(plain) > 0.2
    assert gap(model) < 0.08
    assert model.training is not None
    found = model.training.findings
    assert found["gap"] <= 0.03 < found["plain gap"]
    assert found["models"] <= 10
    model.save(tmp_path)
    assert Model.load(tmp_path).predict(EVAL) == model.predict(EVAL)


def test_cutoffs_of_groups_go_with_the_model(tmp_path: Path) -> None:
    plain = learner(TRANSFORM, estimator=LOGISTIC)(TRAIN, None)
    assert isinstance(plain, Model)
    model = cut_fairly(plain, EVAL, protected="sex", constraint="demographic_parity", at_most=0.01)
    assert gap(model) <= 0.01
    assert model.decision is not None
    assert set(model.decision.groups) == {"f", "m"}
    assert model.decision.rule == "demographic_parity within 0.01"
    model.save(tmp_path)
    assert Model.load(tmp_path).predict(EVAL).labels.tolist() == model.predict(EVAL).labels.tolist()


def test_weights_of_reweighing_are_heeded() -> None:
    plain = train(EXAMPLES, TRANSFORM, estimator=LOGISTIC)
    weighed = reweigh(EXAMPLES, label="hired", protected=["sex"])
    assert weighed.split("train").names == (*TRAIN.names, "fair_weight")
    assert weighed.split("eval").names == EVAL.names
    model = train(weighed, TRANSFORM, estimator=LOGISTIC, weight="fair_weight")
    assert gap(model) < gap(plain) - 0.05


def test_flips_are_held_against_a_bound_by_the_gate() -> None:
    from mainspring.evaluation.steps import evaluate

    model = train(EXAMPLES, TRANSFORM, estimator=LOGISTIC)
    flips = flip_protected(model, EXAMPLES, protected=["sex"], label="hired")
    assert flips is not None
    assert flips.share > 0.05
    evaluation = evaluate(model, EXAMPLES, label="hired")
    assert evaluation is not None
    assert not gate(evaluation, flips=flips, flips_at_most=0.01)
    assert gate(evaluation, flips=flips, flips_at_most=0.9)
    assert flip_protected(None, EXAMPLES, protected=["sex"]) is None


def test_mitigations_are_compared_in_a_step() -> None:
    found = compare_mitigations(
        EXAMPLES,
        TRANSFORM,
        protected=["sex"],
        constraint="demographic_parity",
        estimator=LOGISTIC,
        methods=["reweigh", "thresholds"],
        at_most=0.05,
    )
    assert [one.method for one in found.outcomes] == ["untouched", "reweigh", "thresholds"]
    assert found.recommended != "untouched"


def test_a_transform_without_a_label_is_told() -> None:
    with pytest.raises(InputError, match="does not know the label"):
        search_fairly(TRAIN, replace(TRANSFORM, label=None), protected=["sex"])


def test_the_step_gives_cutoffs_too() -> None:
    model = train(EXAMPLES, TRANSFORM, estimator=LOGISTIC)
    cut = cut_step(model, EXAMPLES, protected="sex", split="eval", costs={"false_negative": 3.0})
    assert cut.decision is not None
    assert cut.decision.at < 0.45
