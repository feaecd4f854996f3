import json

import numpy as np
import pytest
from tests.unit.monitoring.checks.watched import codes, failed, reference, run, seen

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.monitoring.checks.predictions import PredictionsCheck


def answered(seed: int, count: int, *, yes: float = 0.5, truth: bool = True) -> Table:
    """A model that is right in 85 of 100 rows, whatever the label."""
    random = np.random.default_rng(seed)
    labels = np.where(random.random(count) < yes, "yes", "no").astype(object)
    right = random.random(count) < 0.85
    said = np.where(right, labels, np.where(labels == "yes", "no", "yes")).astype(object)
    score = np.where(said == "yes", random.uniform(0.5, 1, count), random.uniform(0, 0.5, count))
    columns = {
        "x": random.normal(size=count),
        "output.label": said,
        "output.probability.no": 1 - score,
        "output.probability.yes": score,
    }
    return Table.from_columns({**columns, "feedback.truth": labels} if truth else columns)


KNOWN = reference(answered(0, 5_000), rows=answered(1, 3_000))


def test_steady_answers_do_not_alarm() -> None:
    found = run(PredictionsCheck(), [seen(answered(h + 9, 400, truth=False), KNOWN, hour=h) for h in range(10)])
    assert all(one.verdict.ok for one in found)
    # Of two probabilities one says all.
    assert set(found[0].figures) == {"output.label", "output.probability.yes", "label no", "label yes"}


def test_labels_that_became_rare_are_estimated_before_any_is_known() -> None:
    judged = PredictionsCheck().judge(seen(answered(2, 800, yes=0.2, truth=False), KNOWN), {})
    assert set(failed(judged)) == {"output.label", "output.probability.yes", "label yes", "label no"}
    figure = judged.figures["label yes"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 0.2 < figure.high
    # What the model says alone would be wrong: 15 % of the no are called yes.
    said = 0.2 * 0.85 + 0.8 * 0.15
    assert abs(figure.value - 0.2) < abs(said - 0.2) / 2
    [reason] = [one for one in judged.verdict.failures if one.subject == "label yes"]
    assert (reason.code, reason.expected) == ("LABEL_SHIFT", pytest.approx(0.5, abs=0.02))


def test_a_label_shift_that_the_limit_of_answers_lets_pass_is_told_too() -> None:
    window = seen(answered(3, 3_000, yes=0.4, truth=False), KNOWN)
    judged = PredictionsCheck(limits={"output.label": {"l_infinity": 0.3}}).judge(window, {})
    assert "output.label" not in failed(judged)
    assert "label yes" in failed(judged)
    assert "label yes" not in failed(PredictionsCheck(label_shares=0.3).judge(window, {}))


def test_predictions_of_a_regression() -> None:
    random = np.random.default_rng(0)

    def rows(shift: float, count: int) -> Table:
        return Table.from_columns({"output.prediction": random.normal(shift, 1, count)})

    known = reference(Table.from_columns({"x": [1.0]}), rows=rows(0, 5_000))
    assert PredictionsCheck().judge(seen(rows(0, 500), known), {}).verdict.ok
    judged = PredictionsCheck().judge(seen(rows(1, 500), known), {})
    assert failed(judged) == ["output.prediction"]
    assert len(judged.rows) == 5


def test_what_cannot_be_told_is_said() -> None:
    check = PredictionsCheck()
    bare = reference(answered(0, 500))
    memory = {"kept": 1}
    told = check.judge(seen(answered(1, 300), bare), memory)
    assert codes(told) == {None: "NO_REFERENCE_ROWS"}
    assert told.memory == memory
    without = answered(2, 300, truth=False).select(["x"])
    assert codes(check.judge(seen(without, KNOWN), {})) == {None: "NO_ANSWERS"}
    assert codes(check.judge(seen(answered(2, 20), KNOWN), {})) == {None: "TOO_FEW_ROWS"}
    # A model that says the same whatever the label says nothing of the labels.
    same = Table.from_columns({"output.label": ["yes"] * 400, "feedback.truth": ["yes", "no"] * 200})
    found = check.judge(seen(same, reference(same, rows=same)), {})
    assert found.verdict.ok
    assert set(found.figures) == {"output.label"}


def test_memory_is_plain_and_options_are_checked() -> None:
    memory = PredictionsCheck(false_alarms="5%").judge(seen(answered(3, 300), KNOWN), {}).memory
    assert json.loads(json.dumps(memory, allow_nan=False)) == memory
    for wrong in ({"label_shares": 2.0}, {"false_alarms": "never"}, {"together": ()}, {"usual": {"far": 1.0}}):
        with pytest.raises((InputError, ValueError)):
            PredictionsCheck(**wrong)
