import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.serving.call import Call
from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.prediction import Inputs
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository.shelf import Shelf
from mainspring.serving.rollout import tally as tallies
from mainspring.serving.rollout.bandit import SharedBandit
from mainspring.serving.rollout.figures import named
from mainspring.serving.rollout.options import Bandit, Canary, Experiment, Guard, Rollout, Shadow
from mainspring.serving.rollout.rolling import FALLBACK, FORCED, Rolling
from mainspring.serving.rollout.standing import Standing
from mainspring.serving.rollout.state import SharedState
from mainspring.serving.rollout.tally import Tally
from mainspring.serving.rollout.telling import routed

Roll = Callable[..., Rolling]
Ask = Callable[..., Call]


def test_without_anything_else_the_primary_one_answers(roll: Roll, ask: Ask, shelf: Shelf) -> None:
    for rollout, version in ((Rollout(), "3"), (Rollout(primary="stable"), "1"), (Rollout(primary="2"), "2")):
        call = ask()
        assert roll(rollout).find(call) is shelf.versions[version]
        assert call.decisions[0].policy == "primary"


def test_a_canary_gets_its_percent_and_says_how_likely_that_was(roll: Roll, ask: Ask) -> None:
    rolling = roll(Rollout(primary="stable", canary=Canary(to="next", steps=(20,))), chance=random.Random(7))
    calls = [ask() for _ in range(2_000)]
    versions = Counter(rolling.find(call).version for call in calls)
    assert 320 < versions["2"] < 480
    assert {(call.decisions[0].arm, call.decisions[0].propensity) for call in calls} == {
        ("stable", 0.8),
        ("next", 0.2),
    }
    assert routed(calls[0])[0][1].decode() == calls[0].decisions[0].arm


def test_callers_stay_with_their_arm_by_header(roll: Roll, ask: Ask) -> None:
    rolling = roll(Rollout(experiment=Experiment(arms={"1": 1, "2": 1, "3": 2}, sticky="X-User")))
    for user in range(50):
        found = {rolling.find(ask(x_user=str(user))).version for _ in range(3)}
        assert len(found) == 1
    assert len({rolling.find(ask(x_user=str(user))).version for user in range(50)}) == 3


def test_callers_stay_with_their_arm_by_column(roll: Roll, ask: Ask) -> None:
    rolling = roll(Rollout(experiment=Experiment(arms={"1": 1, "2": 1}, sticky="column:company")))

    def choose(company: str | None) -> str:
        call = ask()
        assert rolling.find(call).version == "3"  # the primary one reads the question
        assert call.undecided is not None
        inputs = Inputs({"company": np.array([company], dtype=object)}, 1)
        return call.undecided.choose(inputs).version

    assert all(choose(name) == choose(name) for name in "ABCDEFGH")
    assert {choose(name) for name in "ABCDEFGH"} == {"1", "2"}
    assert {choose(None) for _ in range(50)} == {"1", "2"}  # nobody's key: chance


def test_whole_numbers_are_the_same_key_however_they_come(roll: Roll, ask: Ask) -> None:
    rolling = roll(Rollout(experiment=Experiment(arms={"1": 1, "2": 1}, sticky="column:hour")))
    for hour in range(24):
        found = set()
        for values in (np.array([float(hour)]), np.array([hour]), np.array([hour], dtype=object)):
            call = ask()
            rolling.find(call)
            assert call.undecided is not None
            found.add(call.undecided.choose(Inputs({"hour": values}, 1)).version)
        assert len(found) == 1


def test_a_caller_may_name_the_arm(roll: Roll, ask: Ask) -> None:
    rollout = Rollout(primary="stable", canary=Canary(to="next", steps=(0,)), shadow=Shadow(to="3"))
    rolling = roll(rollout)
    for arm, version in (("stable", "1"), ("next", "2"), ("3", "3")):
        call = ask(x_mainspring_route=arm)
        assert rolling.find(call).version == version
        assert call.decisions == (Decision("taxi", arm, 1.0, FORCED, call.decisions[0].place),)
    with pytest.raises(InputError, match="one of: stable, next, 3"):
        rolling.find(ask(x_mainspring_route="nobody"))
    other = roll(Rollout(primary="stable", canary=Canary(to="next", steps=(0,)), header="x-arm"))
    assert other.find(ask(x_arm="next")).version == "2"
    assert other.find(ask(x_mainspring_route="next")).version == "1"
    closed = roll(Rollout(primary="stable", canary=Canary(to="next", steps=(0,)), header=""))
    assert closed.find(ask(x_mainspring_route="next")).version == "1"


class _Troubled:
    """A model that cannot answer at the moment."""

    def __init__(self, model: Any, trouble: str) -> None:
        self._model, self.trouble = model, trouble

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _Counts:
    def __init__(self) -> None:
        self.fallen: list[str] = []
        self.sent: Counter[tuple[str, str]] = Counter()

    def routed(self, model: str, arm: str, policy: str) -> None:
        self.sent[arm, policy] += 1

    def fell_back(self, model: str, arm: str) -> None:
        self.fallen.append(arm)

    def compared(self, model: str, arm: str, outcome: str, count: int) -> None:
        raise AssertionError


def test_an_arm_in_trouble_is_stood_in_for_and_counted(roll: Roll, ask: Ask, shelf: Shelf) -> None:
    counts = _Counts()
    rolling = roll(Rollout(primary="stable", canary=Canary(to="next", steps=(100,))), counting=counts)
    served = shelf.versions["2"]
    served.model = _Troubled(served.model, "the process died")  # type: ignore[assignment]
    call = ask()
    assert rolling.find(call).version == "1"
    assert counts.fallen == ["next"]
    assert call.decisions[0].policy == FALLBACK
    assert not rolling.at_once
    with pytest.raises(LoadingError, match="the process died"):
        rolling.find(ask(x_mainspring_route="next"))
    first = shelf.versions["1"]
    first.model = _Troubled(first.model, "this one, too")  # type: ignore[assignment]
    with pytest.raises(LoadingError, match="this one, too"):
        rolling.find(ask())


def test_a_rollout_that_is_over_sends_nothing_to_the_candidate(roll: Roll, ask: Ask) -> None:
    rollout = Rollout(primary="stable", canary=Canary(to="next", steps=(50,)))
    for standing, version in (
        (Standing(plan="p", phase="rolled_back"), "1"),
        (Standing(plan="p", phase="promoted", primary="2"), "1"),  # the label has not moved on this shelf
    ):
        rolling = roll(rollout, standing=standing)
        assert {rolling.find(ask()).version for _ in range(50)} == {version}
    newest = roll(
        Rollout(primary="1", canary=Canary(to="2")), standing=Standing(plan="p", phase="promoted", primary="2")
    )
    assert {newest.find(ask()).version for _ in range(50)} == {"2"}


def test_finished_requests_are_counted_by_arm(roll: Roll, ask: Ask, tmp_path: Path) -> None:
    tally, counts = Tally(tmp_path, 2), _Counts()
    rolling = roll(Rollout(primary="stable", canary=Canary(to="next", steps=(100,))), tally=tally, counting=counts)
    for status in (200, 400, 500):
        call = ask()
        call.version, call.status = rolling.find(call).version, status
        rolling.tell(call)
    forced = ask(x_mainspring_route="next")
    forced.version = rolling.find(forced).version
    rolling.tell(forced)
    rows = tallies.total(tmp_path, 2)
    assert rows[0][tallies.REQUESTS] == 0
    assert (rows[1][tallies.REQUESTS], rows[1][tallies.ERRORS]) == (3, 1)
    assert rows[1][tallies.SECONDS] == pytest.approx(0.003)
    assert counts.sent == {("next", "canary"): 3, ("next", "forced"): 1}


def told(key: str, value: object, **more: Any) -> Feedback:
    return Feedback(id="a", key=key, value=value, time=more.pop("time", 1.0), **more)


def test_feedback_about_a_canary_is_added_up_by_arm(roll: Roll, tmp_path: Path) -> None:
    canary = Canary(to="next", guards=(Guard(figure="accuracy"), Guard(figure="margin")))
    with SharedState(tmp_path) as quality:
        rolling = roll(Rollout(primary="stable", canary=canary), quality=quality)
        decision = Decision("taxi", "next", 0.05, "canary", 1)
        answered = Answered("taxi", "2", np.array(["yes", "no"], dtype=object), (decision,))
        rolling.learn(decision, [told("truth", "yes"), told("margin", 2.5)], answered)
        rolling.learn(decision, [told("truth", "yes"), told("margin", 2.5)], answered)  # again: nothing new
        known = quality.known([named("accuracy", "next"), named("margin", "next"), named("accuracy", "stable")])
        assert known.count.tolist() == [2, 1, 0]
        assert known.mean.tolist() == [0.5, 2.5, 0]
        rolling.learn(decision, [told("truth", "no", row=1, time=2.0)], answered)  # later: it was right there
        assert quality.known([named("accuracy", "next")]).mean.tolist() == [1.0]
        old = Answered("taxi", "9", answered.labels, (decision,))
        rolling.learn(decision, [told("truth", "no", time=3.0)], old)  # of a version that is no arm any more
        forced = Decision("taxi", "next", 1.0, FORCED, 1)
        rolling.learn(forced, [Feedback(id="b", key="margin", value=9.0, time=1.0)], answered)
        assert quality.known([named("margin", "next")]).count.tolist() == [1]


def test_a_bandit_learns_rewards_of_any_kind_and_rows_with_their_context(roll: Roll, tmp_path: Path) -> None:
    options = Bandit(arms=("1", "2"), policy="linucb", context=("fare",), reward="gain", kind="number")
    bandit = SharedBandit(options, tmp_path)
    rolling = roll(Rollout(bandit=options), bandit=bandit)
    decision = Decision("taxi", "2", 0.5, "linucb", 1)
    answered = Answered("taxi", "2", [], (decision,), {"fare": np.array([1.0, 3.0])})
    rolling.learn(decision, [told("gain", -7, row=0), told("gain", 2.25, row=1)], answered)
    known = bandit.known
    assert known.count.tolist() == [0, 2]
    assert known.mean[1] == pytest.approx(-2.375)
    assert known.features == ("1", "fare")
    assert known.gram[1].tolist() == [[2.0, 4.0], [4.0, 10.0]]
    forced = Decision("taxi", "1", 1.0, FORCED, 0)
    rolling.learn(forced, [told("gain", 5)], answered)
    assert bandit.known.count.tolist() == [0, 2]
    taught = roll(Rollout(bandit=options, learn_forced=True), bandit=bandit)
    taught.learn(forced, [told("gain", 5)], answered)
    assert bandit.known.count.tolist() == [1, 2]
    rolling.learn(decision, [told("gain", True), told("gain", "much")], answered)  # neither does harm
    bandit.close()


def test_a_reward_that_cannot_be_learned_is_said_and_nothing_else_suffers(
    roll: Roll, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = Bandit(arms=("1", "2"))
    bandit = SharedBandit(options, tmp_path)
    rolling = roll(Rollout(bandit=options), bandit=bandit)
    decision = Decision("taxi", "2", 0.5, "thompson", 1)
    rolling.learn(decision, [told("reward", 17)], Answered("taxi", "2", [], (decision,)))
    assert "from 0 to 1" in caplog.text
    assert bandit.known.count.tolist() == [0, 0]
    bandit.close()


def test_an_experiment_by_caller_counts_callers(roll: Roll, ask: Ask, tmp_path: Path) -> None:
    with SharedState(tmp_path / "feedback") as quality:
        experiment = Experiment(arms={"1": 1, "2": 1}, sticky="x-user")
        rolling = roll(Rollout(experiment=experiment), quality=quality)
        decisions = {}
        for number in range(60):
            call = ask(x_user=f"user {number % 6}")
            version = rolling.find(call).version
            [decision] = decisions[f"user {number % 6}"] = call.decisions
            assert len(decision.key) == 16
            assert "user" not in decision.key
            feedback = [Feedback(id=str(number), key="reward", value=float(number % 2), time=1.0, received=1.0)]
            rolling.learn(decision, feedback, Answered("taxi", version, ()))
        known = quality.known()
        assert known.count.sum() == len({one.key for [one] in decisions.values()}) == 6
        # Each caller answered the same ten times: means of 0 and 1.
        assert known.mean @ known.count == 3.0
        call = ask()
        rolling.find(call)
        assert call.decisions[0].key == ""  # nobody said who asked


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Guard(figure="latency_banana"), "latency_p95"),
        (lambda: Guard(figure=""), "no figure"),
        (lambda: Canary(to="next", steps=()), "no steps"),
        (lambda: Canary(to="next", sticky="Käufer"), "no header can be called"),
        (lambda: Experiment(arms={"1": 1, "2": 1}, sticky="x user"), "no header can be called"),
        (lambda: Experiment(arms={"1": 1, "2": 1}, sticky="column:"), "no column"),
        (lambda: Rollout(header="€"), "no header can be called"),
    ],
)
def test_what_could_never_work_is_refused_when_it_is_declared(made: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made()


def test_headers_without_a_value_say_nothing(roll: Roll, ask: Ask) -> None:
    rolling = roll(Rollout(experiment=Experiment(arms={"1": 1, "2": 1}, sticky="x-user")))
    call = ask(x_mainspring_route="", x_user="")
    rolling.find(call)
    assert (call.decisions[0].policy, call.decisions[0].key) == ("experiment", "")
