import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.repository.shelf import Shelf
from mainspring.serving.rollout.arms import arms_of, awake, check_arms
from mainspring.serving.rollout.options import Bandit, Canary, Experiment, Rollout, Shadow

LABELS = {"stable": "1", "next": "2"}


def test_arms_are_versions_and_labels(shelf: Shelf) -> None:
    arms = arms_of(["stable", "2", "", "nobody"], shelf)
    assert [(arm.name, arm.version) for arm in arms] == [("stable", "1"), ("2", "2"), ("3", "3"), ("nobody", "")]
    assert arms[0].served is shelf.versions["1"]
    assert "not loaded" in arms[3].trouble


@pytest.mark.parametrize(
    "rollout",
    [
        Rollout(primary="gone"),
        Rollout(canary=Canary(to="gone")),
        Rollout(shadow=Shadow(to="gone")),
        Rollout(experiment=Experiment(arms={"stable": 1, "gone": 1})),
        Rollout(bandit=Bandit(arms=("stable", "gone"))),
    ],
)
def test_a_rollout_names_nothing_but_what_is_loaded(shelf: Shelf, rollout: Rollout) -> None:
    with pytest.raises(NotFoundError, match="gone") as caught:
        check_arms("taxi", rollout, shelf.versions, LABELS)
    assert "versions 1, 2, 3 or of the labels stable, next" in str(caught.value)


@pytest.mark.parametrize(
    "rollout",
    [
        Rollout(canary=Canary(to="3")),
        Rollout(primary="next", canary=Canary(to="2")),
        Rollout(primary="stable", shadow=Shadow(to="1")),
    ],
)
def test_a_version_is_not_compared_with_itself(shelf: Shelf, rollout: Rollout) -> None:
    with pytest.raises(InputError, match="which is the primary one"):
        check_arms("taxi", rollout, shelf.versions, LABELS)


def test_a_candidate_that_became_the_primary_version_rests() -> None:
    rollout = Rollout(primary="stable", canary=Canary(to="next"), shadow=Shadow(to="dark"))
    met = {"stable": "2", "next": "2", "dark": "3"}
    check_arms("taxi", rollout, ["2", "3"], met)
    assert awake(rollout, met) == Rollout(primary="stable", shadow=Shadow(to="dark"))
    assert awake(rollout, {**met, "next": "3"}) == rollout


def test_what_is_right_is_taken(shelf: Shelf) -> None:
    check_arms("taxi", Rollout(primary="stable", canary=Canary(to="next")), shelf.versions, LABELS)
    check_arms("taxi", Rollout(experiment=Experiment(arms={"1": 1, "stable": 1})), shelf.versions, LABELS)
