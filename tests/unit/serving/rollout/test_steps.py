from typing import Literal

import pytest

from mainspring.core.errors import ConflictError, InputError
from mainspring.serving.rollout.experiments import Comparison, Judgement
from mainspring.serving.rollout.options import Canary, Rollout
from mainspring.serving.rollout.standing import Counted, Standing
from mainspring.serving.rollout.steps import advanced, decided, held, promoted, resumed, rolled_back

CANARY = Canary(to="next", steps=(5, 50), every=60)
ROLLOUT = Rollout(primary="stable", canary=CANARY)
NOTHING = Comparison(
    primary=0, candidate=0, difference=0, lower=-1, upper=1, p_value=1, counts=(0, 0), confidence=0.95
)


def says(answer: Literal["good", "bad", "unknown"]) -> Judgement:
    return Judgement(figure="accuracy", answer=answer, worse=0, lower=-1, upper=1, comparison=NOTHING)


@pytest.mark.parametrize(
    ("answers", "seconds", "step", "phase", "then"),
    [
        (["good", "good"], 60, 0, "running", "advance"),
        (["good", "good"], 60, 1, "running", "promote"),
        (["good", "good"], 59, 1, "running", "stay"),
        (["good", "unknown"], 1e9, 0, "running", "stay"),
        (["good", "bad"], 0, 0, "running", "roll back"),
        (["bad", "bad"], 1e9, 1, "running", "roll back"),
        ([], 60, 0, "running", "advance"),
        (["good"], 1e9, 0, "held", "stay"),
        (["bad"], 1e9, 0, "held", "stay"),
        (["bad"], 1e9, 0, "promoted", "stay"),
    ],
)
def test_what_a_canary_comes_to(answers, seconds, step, phase, then) -> None:  # type: ignore[no-untyped-def]
    standing = Standing(plan="p", phase=phase, step=step, since=1000.0)
    assert decided(CANARY, standing, list(map(says, answers)), 1000.0 + seconds) == then


def test_the_way_of_a_canary() -> None:
    counted = Counted(((1.0,), (2.0,)))
    first = Standing(plan="p", since=1.0, began=1.0)
    second = advanced(first, CANARY, counted, 2.0)
    assert (second.step, second.since, second.began, second.number, second.counted) == (1, 2.0, 1.0, 1, counted)
    with pytest.raises(ConflictError, match="step 2 of 2"):
        advanced(second, CANARY, counted, 3.0)
    waiting = held(second, 3.0)
    assert (waiting.phase, waiting.since) == ("held", 2.0)
    going = resumed(waiting, counted, 4.0)
    assert (going.phase, going.step, going.since) == ("running", 1, 4.0)
    with pytest.raises(InputError, match="runs already"):
        resumed(going, counted, 5.0)
    done = promoted(going, ROLLOUT, "2", {"stable": "1", "next": "2"}, 6.0)
    assert (done.phase, done.primary, done.labels, done.over) == ("promoted", "2", {"stable": "2"}, True)
    with pytest.raises(ConflictError, match="was promoted"):
        held(done, 7.0)
    with pytest.raises(ConflictError):
        advanced(done, CANARY, counted, 7.0)
    back = rolled_back(done, 8.0)
    assert (back.phase, back.primary, dict(back.labels)) == ("rolled_back", "", {})
    again = resumed(back, counted, 9.0)
    assert (again.phase, again.step, again.number) == ("running", 0, 6)


def test_a_version_that_is_primary_by_its_number_moves_no_label() -> None:
    done = promoted(Standing(plan="p"), Rollout(primary="1", canary=CANARY), "2", {"stable": "1"}, 1.0)
    assert (done.primary, dict(done.labels)) == ("2", {})
