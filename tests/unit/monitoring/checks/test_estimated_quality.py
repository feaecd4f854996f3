from collections.abc import Sequence

import numpy as np
import pytest
from tests.unit.monitoring.checks import watched

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.checks.estimated_quality import EstimatedQualityCheck
from mainspring.monitoring.ports import Check
from mainspring.monitoring.seen import Judged


def judged(window: Table, known: Table | None, check: Check, slices: Sequence[str] = ()) -> Judged:
    seen = watched.seen(window, watched.reference(window, known), slices=tuple(slices))
    return check.judge(seen, {})


def rows(seed: int, count: int, *, spread: float = 2.0, truth: bool = False) -> Table:
    """Rows that are the harder to tell apart the smaller the spread of x is."""
    random = np.random.default_rng(seed)
    x = random.normal(0, spread, count)
    chance = 1 / (1 + np.exp(-x))
    columns = {
        "x": x,
        "sex": np.where(random.random(count) < 0.3, "Female", "Male").astype(object),
        "output.probability.no": 1 - chance,
        "output.probability.yes": chance,
        "output.label": np.where(chance > 0.5, "yes", "no").astype(object),
    }
    told = np.where(random.random(count) < chance, "yes", "no").astype(object)
    return Table.from_columns({**columns, "feedback.truth": told} if truth else columns)


REFERENCE = rows(0, 5_000, truth=True)


def test_windows_like_the_reference_are_quiet() -> None:
    for seed in range(1, 9):
        found = judged(rows(seed, 1_000), REFERENCE, EstimatedQualityCheck())
        assert found.verdict.ok, found.verdict.failures


def test_harder_inputs_are_an_alarm_that_says_what_it_assumes() -> None:
    found = judged(rows(1, 1_000, spread=0.8), REFERENCE, EstimatedQualityCheck(), ["sex"])
    assert {one.subject for one in found.verdict.failures} == {"accuracy", "auc"}
    [assumed] = [one for one in found.verdict.reasons if one.code == "ASSUMES"]
    assert "concept drift" in assumed.message
    figure = found.figures["accuracy"]
    assert figure.least is not None
    assert figure.high is not None
    assert figure.value < figure.least
    assert "accuracy|sex=Female" in found.figures


def test_bounds_that_people_set() -> None:
    window = rows(1, 2_000)
    good = EstimatedQualityCheck(at_least={"accuracy": 0.7}, worse={"f1": 0.05})
    assert judged(window, REFERENCE, good).verdict.ok
    strict = EstimatedQualityCheck(
        at_least={"accuracy": 0.9}, costs={"yes": {"no": 5.0}}, at_most={"expected_cost": 9.0}
    )
    found = judged(window, REFERENCE, strict, ["sex"])
    assert {one.subject for one in found.verdict.failures} == {
        "accuracy",
        "accuracy | sex=Female",
        "accuracy | sex=Male",
    }
    assert 0 < found.figures["expected_cost"].value < 5


def test_values_are_estimated_from_their_losses() -> None:
    def values(seed: int, shift: float) -> Table:
        random = np.random.default_rng(seed)
        x = random.normal(shift, 1, 1_000)
        return Table.from_columns(
            {
                "x": x,
                "output.prediction": 3 * x,
                "feedback.truth": 3 * x + np.exp(0.6 * x) * random.normal(size=1_000),
            }
        )

    reference = values(0, 0.0)
    assert judged(values(1, 0.0), reference, EstimatedQualityCheck()).verdict.ok
    found = judged(values(1, 1.0).drop(["feedback.truth"]), reference, EstimatedQualityCheck())
    assert [one.subject for one in found.verdict.failures] == ["mae"]
    assert found.figures["rmse"].value > found.figures["mae"].value


def test_weighted_reference_rows() -> None:
    found = judged(rows(1, 1_000), REFERENCE, EstimatedQualityCheck(adapt=True))
    assert found.verdict.ok
    assert found.figures["accuracy"].value == pytest.approx(
        judged(rows(1, 1_000), REFERENCE, EstimatedQualityCheck()).figures["accuracy"].value, abs=0.03
    )


def test_what_cannot_be_estimated_is_said() -> None:
    def code(window: Table, reference: Table | None, check: Check) -> str:
        found = judged(window, reference, check)
        assert found.verdict.ok
        [reason] = found.verdict.reasons
        return reason.code

    window, check = rows(1, 500), EstimatedQualityCheck()
    assert code(window, None, check) == "NO_REFERENCE"
    assert code(rows(1, 50), REFERENCE, check) == "TOO_FEW_ROWS"
    assert code(window.select(["x", "output.label"]), REFERENCE, check) == "CANNOT_ESTIMATE"
    assert code(window, REFERENCE.rows(0, 20), check) == "CANNOT_ESTIMATE"
    assert code(window, REFERENCE, EstimatedQualityCheck(metrics=("mae",))) == "CANNOT_ESTIMATE"
    assert code(window.drop(["x"]), REFERENCE, EstimatedQualityCheck(adapt=True)) == "CANNOT_ESTIMATE"


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="deviations 0"):
        EstimatedQualityCheck(deviations=0)
    with pytest.raises(InputError, match="no metric 'x'"):
        EstimatedQualityCheck(metrics=("x",))
