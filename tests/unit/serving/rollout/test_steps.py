from typing import Literal

import pytest

from mainspring.core.errors import ConflictError, InputError
from mainspring.serving.rollout.experiments import Comparison, Judgement
from mainspring.serving.rollout.options import Canary, Rollout
from mainspring.serving.rollout.standing import Counted, Standing
from mainspring.serving.rollout.steps import (
    advanced,
    decided,
    following,
    held,
    promoted,
    resumed,
    rolled_back,
    share_of,
    shared,
)

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


@pytest.mark.parametrize(
    ("percent", "step", "then"),
    [(0, 0, 0), (2, 0, 0), (5, 0, 1), (49.5, 0, 1), (50, 1, None), (100, 1, None)],
)
def test_a_share_by_hand_stands_between_two_steps(percent: float, step: int, then: int | None) -> None:
    counted = Counted(((1.0,), (2.0,)))
    moved = shared(Standing(plan="p", since=1.0, began=1.0), CANARY, percent, counted, 2.0)
    assert (moved.step, moved.share, moved.since, moved.number, moved.counted) == (step, percent, 2.0, 1, counted)
    assert share_of(moved, CANARY) == percent
    assert following(moved, CANARY) == then
    comes = decided(CANARY, moved, [says("good")], 1000.0)
    assert comes == ("promote" if then is None else "advance")
    if then is not None:
        following_step = advanced(moved, CANARY, counted, 3.0)
        assert (following_step.step, following_step.share) == (then, None)
        assert share_of(following_step, CANARY) == CANARY.steps[then]


def test_a_share_by_hand_is_kept_while_it_is_held_and_forgotten_when_it_is_over() -> None:
    moved = shared(Standing(plan="p"), CANARY, 12.5, Counted(), 2.0)
    assert held(moved, 3.0).share == 12.5
    assert resumed(held(moved, 3.0), Counted(), 4.0).share == 12.5
    assert decided(CANARY, moved, [says("bad")], 2.0) == "roll back"
    over = rolled_back(moved, 5.0)
    assert over.share is None
    assert share_of(resumed(over, Counted(), 6.0), CANARY) == 5
    with pytest.raises(ConflictError, match="was rolled back"):
        shared(over, CANARY, 10, Counted(), 6.0)
    with pytest.raises(InputError, match="101"):
        shared(moved, CANARY, 101, Counted(), 6.0)
