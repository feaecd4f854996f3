import numpy as np
import pytest
from tests.unit.monitoring.checks import watched

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.checks.calibration import CalibrationCheck
from mainspring.monitoring.ports import Check
from mainspring.monitoring.seen import Judged


def judged(window: Table, known: Table | None) -> Judged:
    check: Check = CalibrationCheck()
    return check.judge(watched.seen(window, watched.reference(window, known)), {})


def rows(seed: int, count: int, power: float = 1.0) -> Table:
    random = np.random.default_rng(seed)
    chance = random.random(count)
    return Table.from_columns(
        {
            "output.probability.no": 1 - chance,
            "output.probability.yes": chance,
            "feedback.truth": np.where(random.random(count) < chance**power, "yes", "no").astype(object),
        }
    )


def test_windows_like_the_reference_are_quiet() -> None:
    for power in (1.0, 2.0):
        reference = rows(0, 5_000, power)
        assert all(judged(rows(seed, 800, power), reference).verdict.ok for seed in range(1, 9))


def test_probabilities_that_mean_something_else_are_an_alarm() -> None:
    found = judged(rows(1, 1_000, 2.0), rows(0, 5_000))
    [reason] = found.verdict.failures
    assert reason.code == "CALIBRATION_MOVED"
    assert reason.subject == "calibration"
    assert found.figures["gap"].value == pytest.approx(np.sqrt(1 / 30), abs=0.04)
    assert found.figures["error"].value == pytest.approx(1 / 6, abs=0.04)
    shares = [name for name in found.figures if name.startswith("share|probability=")]
    assert len(shares) == 10
    assert all(name.replace("share", "mean") in found.figures for name in shares)


def test_of_several_classes_the_answered_one_counts() -> None:
    def several(seed: int, mixed: float) -> Table:
        random = np.random.default_rng(seed)
        scores = random.dirichlet([0.7] * 3, 2_000)
        truth = (scores.cumsum(axis=1) < random.random((2_000, 1))).sum(axis=1)
        truth = np.where(random.random(2_000) < mixed, random.integers(0, 3, 2_000), truth)
        names = np.array(["a", "b", "c"], dtype=object)
        columns = {f"output.probability.{name}": scores[:, place] for place, name in enumerate(names)}
        return Table.from_columns({**columns, "feedback.truth": names[truth]})

    assert judged(several(1, 0.0), several(0, 0.0)).verdict.ok
    assert not judged(several(1, 0.4), several(0, 0.0)).verdict.ok


def test_what_cannot_be_judged_is_said() -> None:
    window, reference = rows(1, 500), rows(0, 500)
    for found, code in (
        (judged(window, None), "NO_REFERENCE"),
        (judged(window.drop(["feedback.truth"]), reference), "NO_LABELS"),
        (judged(rows(1, 100), reference), "TOO_FEW_LABELS"),
        (judged(window.select(["feedback.truth"]), reference), "TOO_FEW_LABELS"),
    ):
        assert found.verdict.ok
        assert [one.code for one in found.verdict.reasons] == [code]


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="bins 1"):
        CalibrationCheck(bins=1)
