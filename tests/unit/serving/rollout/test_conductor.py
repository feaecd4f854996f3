"""Canaries that go on by themselves, in one process and by a clock of our own."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import ConflictError, UnavailableError
from mainspring.core.verdicts import Verdict
from mainspring.serving.call import Call
from mainspring.serving.control import LocalControl
from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import ModelOptions, Repository
from mainspring.serving.rollout import steps
from mainspring.serving.rollout.conductor import Conductor
from mainspring.serving.rollout.desk import Desk
from mainspring.serving.rollout.options import Bandit, Canary, Experiment, Guard, Rollout
from mainspring.serving.rollout.publishing import Publishing
from mainspring.serving.rollout.state.entries import Reset, as_line
from mainspring.serving.routing import Routing

GUARDS = (Guard(figure="accuracy", worse=0.1, least=50), Guard(figure="error_rate", worse=0.1, least=50))
ROLLOUT = Rollout(primary="stable", canary=Canary(to="next", steps=(20, 50), every=60, guards=GUARDS))
NUMBERS = itertools.count()
LABELS = {"stable": "1", "next": "2"}


class Process:
    """One process of a server, without a server."""

    def __init__(self, rule: ModuleType, folder: Path, rollout: Rollout = ROLLOUT) -> None:
        self.now = 1000.0
        self.models = Repository.of(
            Predictor(rule.package(), name="taxi", version=version) for version in ("1", "2", "3")
        )
        self.models.rearrange(self.models.arrange("taxi", ModelOptions(labels=LABELS, rollout=rollout)))
        self.routing = Routing(self.models, folder, clock=lambda: self.now)
        self.desk = Desk(self.routing.rollouts, LocalControl(self.models), clock=lambda: self.now)
        self.conductor = Conductor(self.routing.rollouts, self.desk, clock=lambda: self.now)

    def look(self, seconds: float = 0.0) -> str:
        """Let time pass, and have rollouts looked at; gives the phase and the step."""
        self.now += seconds
        asyncio.run(self.conductor.look())
        standing = self.routing.rollouts["taxi"].standing
        return f"{standing.phase} {standing.step}"

    def answer(self, arm: str, count: int, *, right: float = 1.0, failed: float = 0.0) -> None:
        """Requests that an arm answered, and what became known of them."""
        rolling = self.routing.rollouts["taxi"]
        found = next(one for one in rolling.arms if one.name == arm)
        decision = Decision("taxi", arm, 0.5, "canary", found.place)
        for number in range(count):
            status = 500 if number < failed * count else 200
            call = Call("v2", "taxi", found.version, began=1.0, ended=1.01, status=status, decisions=(decision,))
            rolling.tell(call)
            truth = "yes" if number < right * count else "no"
            name = f"request {next(NUMBERS)}"
            feedback = [Feedback(id=name, key="truth", value=truth, time=self.now)]
            rolling.learn(decision, feedback, Answered("taxi", found.version, ["yes"], (decision,)))


Made = Callable[..., Process]


@pytest.fixture
def process(rule: ModuleType, tmp_path: Path) -> Made:
    return lambda rollout=ROLLOUT: Process(rule, tmp_path, rollout)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_a_worse_candidate_is_rolled_back_and_the_verdict_says_why(process: Made) -> None:
    mine = process()
    assert mine.look() == "running 0"
    mine.answer("stable", 400, right=0.95)
    mine.answer("next", 100, right=0.5)
    assert mine.look(1.0) == "rolled_back 0"  # long before its step is over
    began, end = mine.desk.history("taxi")
    assert (began.kind, end.kind, end.arm, end.by) == ("began", "rolled_back", "next", "")
    assert not end.judged.ok
    failure = end.judged.failures[0]
    assert (failure.subject, failure.code, failure.observed) == ("accuracy", "WORSE", 0.5)
    arms = {one["arm"]: one for one in end.judged.details["arms"]}
    assert (arms["next"]["requests"], arms["next"]["feedback"]["accuracy"]["count"]) == (100, 100)
    assert end.versions == {"stable": "1", "next": "2"}
    call = Call("v2", "taxi")
    assert {mine.routing.rollouts["taxi"].find(call).version for _ in range(50)} == {"1"}
    assert mine.look(1000.0) == "rolled_back 0"


def test_a_good_candidate_goes_step_by_step_and_takes_the_label(process: Made) -> None:
    mine = process()
    mine.look()
    mine.answer("stable", 2000, right=0.9)
    mine.answer("next", 500, right=0.93)
    assert mine.look(30.0) == "running 0"  # satisfied, and the step has not lasted
    assert mine.look(31.0) == "running 1"
    assert mine.look(100.0) == "running 1"  # the step began without figures
    mine.answer("stable", 1000, right=0.9)
    mine.answer("next", 1000, right=0.93)
    assert mine.look() == "promoted 1"
    assert mine.models.labels("taxi") == {"stable": "2", "next": "2"}
    kinds = [(one.kind, one.judged.ok) for one in mine.desk.history("taxi")]
    assert kinds == [("began", True), ("advanced", True), ("promoted", True)]
    told = run(mine.desk.told("taxi"))
    assert told["primary"] == {"arm": "stable", "version": "2"}


def test_it_goes_on_where_it_was_after_a_kill(process: Made) -> None:
    first = process()
    first.look()
    first.answer("stable", 2000, right=0.9)
    first.answer("next", 500, right=0.93)
    assert first.look(61.0) == "running 1"
    first.answer("next", 30)
    first.routing.rollouts.close()  # what a kill lets go of as well
    assert first.conductor._leading is not None
    first.conductor._leading.let_go()
    second = process()
    second.now = first.now
    assert second.look() == "running 1"
    canary = run(second.desk.told("taxi"))["canary"]
    assert [one["requests"] for one in canary["arms"]] == [0, 30]
    assert canary["arms"][1]["feedback"]["accuracy"]["count"] == 30
    second.answer("stable", 1000, right=0.9)
    second.answer("next", 1000, right=0.93)
    assert second.look(61.0) == "promoted 1"
    assert second.models.labels("taxi")["stable"] == "2"
    third = process()
    assert third.models.labels("taxi")["stable"] == "2"  # before anything is looked at


def test_one_process_decides_and_the_others_follow(process: Made) -> None:
    first, second = process(), process()
    assert first.look() == "running 0"
    assert second.look() == "running 0"
    second.answer("next", 100, right=0.5)
    first.answer("stable", 400)
    assert second.look() == "running 0"  # it is not the one that decides
    assert first.look() == "rolled_back 0"  # by the figures of both
    assert second.look() == "rolled_back 0"
    assert len(first.desk.history("taxi")) == 2


def test_others_are_answered_while_guards_are_judged(process: Made) -> None:
    mine = process()
    mine.look()
    mine.answer("stable", 400)
    mine.answer("next", 100)

    async def ask() -> int:
        told, turns = asyncio.ensure_future(mine.desk.told("taxi")), 0
        while not told.done():
            await asyncio.sleep(0)
            turns += 1
        assert [one["figure"] for one in told.result()["canary"]["guards"]] == ["accuracy", "error_rate"]
        return turns

    assert run(ask()) > 1


def test_two_who_decide_at_the_same_moment(process: Made) -> None:
    first, second = process(), process()
    first.look()
    stale = second.desk.look("taxi")  # it has caught up
    run(first.desk.act("taxi", "hold", by="ann"))
    fresh = steps.rolled_back(stale.rolling.standing, 1.0)
    with pytest.raises(ConflictError, match="at the same moment"):
        run(second.desk.change(stale, fresh, "rolled_back", Verdict.of("rollout", [])))
    run(second.desk.act("taxi", "rollback", by="bob"))  # who looks again may
    assert [one.kind for one in second.desk.history("taxi")] == ["began", "held", "rolled_back"]


def test_who_decides_about_what_they_do_not_see_any_more_is_told_what_happened(process: Made) -> None:
    first = process()
    first.look()
    seen = first.routing.rollouts["taxi"].standing.number
    run(first.desk.act("taxi", "advance", by="ann", reason="it looks good", seen=seen))
    with pytest.raises(ConflictError, match="since you looked: advanced by ann: it looks good"):
        run(first.desk.act("taxi", "advance", by="bob", seen=seen))
    assert first.routing.rollouts["taxi"].standing.step == 1  # not two steps at once
    run(first.desk.act("taxi", "rollback", by="bob"))  # the way back asks nobody what they have seen


def test_what_is_held_is_not_judged(process: Made) -> None:
    mine = process()
    mine.look()
    run(mine.desk.act("taxi", "hold"))
    mine.answer("stable", 400)
    mine.answer("next", 100, right=0.1)
    assert mine.look(1000.0) == "held 0"
    run(mine.desk.act("taxi", "resume"))
    assert mine.look() == "running 0"  # counting anew
    mine.answer("stable", 400)
    mine.answer("next", 100, right=0.1)
    assert mine.look() == "rolled_back 0"


def test_an_experiment_is_read_out(process: Made) -> None:
    arms = {"stable": 1.0, "next": 1.0, "3": 2.0}
    mine = process(Rollout(experiment=Experiment(arms=arms, figure="accuracy", effect=0.1)))
    mine.look()
    for arm, count, right in (("stable", 500, 0.7), ("next", 500, 0.9), ("3", 1000, 0.72)):
        mine.answer(arm, count, right=right)
    told = run(mine.desk.told("taxi"))["experiment"]
    assert (told["best"], told["sound"]) == ("next", True)
    assert told["comparisons"]["next"]["difference"] == pytest.approx(0.2)
    assert told["comparisons"]["next"]["lower"] > 0 > told["comparisons"]["3"]["lower"]
    assert set(told["needed"]) == set(arms)
    mine.look()
    mine.look()
    [_, concluded] = mine.desk.history("taxi")  # once
    assert (concluded.kind, concluded.arm) == ("concluded", "next")
    assert [one.code for one in concluded.judged.reasons] == ["DIFFERENT", "NOT_SURE"]
    mine.answer("stable", 1500)  # far more than its share
    assert not run(mine.desk.told("taxi"))["experiment"]["sound"]
    run(mine.desk.act("taxi", "promote", arm="next", by="ann", reason="it is better"))
    assert {mine.routing.rollouts["taxi"].find(Call("v2", "taxi")).version for _ in range(20)} == {"2"}


def test_an_experiment_by_caller_is_read_out_over_callers(process: Made) -> None:
    """Forty callers of whom each asks fifty times the same are no two thousand values."""
    experiment = Experiment(arms={"stable": 1.0, "next": 1.0, "3": 0.0}, sticky="x-user", figure="reward")
    mine = process(Rollout(experiment=experiment, header="x-arm"))
    mine.look()
    rolling, told = mine.routing.rollouts["taxi"], []
    for number in range(400):
        user = number % 40
        call = Call("v2", "taxi", headers={b"x-user": b"%d" % user})
        version = rolling.find(call).version
        feedback = [Feedback(id=str(number), key="reward", value=float(user % 2), time=1.0, received=1.0)]
        rolling.learn(call.decisions[0], feedback, Answered("taxi", version, ()))
        told.append(call.decisions[0].arm)
    readout = run(mine.desk.told("taxi"))["experiment"]
    counts = readout["comparisons"]["next"]["counts"]
    assert counts == [len({n % 40 for n, arm in enumerate(told) if arm == one}) for one in ("stable", "next")]
    assert readout["mismatch"]["counts"] == {"stable": counts[0], "next": counts[1]}
    assert readout["sound"]
    assert not readout["comparisons"]["next"]["significant"]


def test_a_clock_that_is_set_back_holds_up_nothing_for_longer_than_a_step(process: Made) -> None:
    mine = process()
    mine.look()
    mine.answer("stable", 2000, right=0.9)
    mine.answer("next", 500, right=0.93)
    assert mine.look(-900.0) == "running 0"
    assert mine.look(59.0) == "running 0"
    assert mine.look(1.0) == "running 1"
    mine.answer("stable", 2000, right=0.9)
    mine.answer("next", 500, right=0.93)
    assert mine.look(59.0) == "running 1"
    assert mine.look(1.0) == "promoted 1"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_what_cannot_be_written_down_is_not_done(process: Made, tmp_path: Path) -> None:
    mine = process()
    mine.look()
    folder = mine.routing.rollouts.state.of("taxi")
    (folder / "history.jsonl").rename(tmp_path / "kept")
    (folder / "history.jsonl").symlink_to("/dev/full")
    with pytest.raises(UnavailableError, match="cannot be written down"):
        run(mine.desk.act("taxi", "promote"))
    (folder / "history.jsonl").unlink()
    (tmp_path / "kept").rename(folder / "history.jsonl")
    assert mine.look() == "running 0"
    run(mine.desk.act("taxi", "promote"))
    assert [one.kind for one in mine.desk.history("taxi")] == ["began", "promoted"]


def test_a_bandit_whose_memory_is_spoilt_leaves_requests_to_the_primary_version(
    process: Made, tmp_path: Path
) -> None:
    first = process(Rollout(primary="stable", bandit=Bandit(arms=("stable", "next"))))
    folder = first.routing.rollouts.state.of("taxi") / "bandit"
    first.routing.rollouts.close()
    for each in folder.glob("journal-*"):
        each.write_bytes(b"spoilt\n" + as_line(Reset("stable")))
    (folder / "board").unlink()
    second = process(Rollout(primary="stable", bandit=Bandit(arms=("stable", "next"))))
    call = Call("v2", "taxi")
    assert second.routing.rollouts["taxi"].find(call).version == "1"
    assert call.decisions[0].policy == "primary"
    assert run(second.desk.told("taxi"))["phase"] == "running"


class Recorded:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, int, bool]] = []

    def record(self, model: str, verdict: Any, details: Any) -> None:
        self.told.append((model, details["kind"], details["number"], verdict.ok))


def test_decisions_are_brought_to_a_recorder_also_those_of_before(process: Made, tmp_path: Path) -> None:
    mine, recorded = process(), Recorded()
    mine.look()
    publishing = Publishing(tmp_path / "rollouts", recorded)
    assert publishing.look() == 1
    assert publishing.look() == 0
    with publishing:
        run(mine.desk.act("taxi", "rollback", by="ann"))
    assert set(recorded.told) == {("taxi", "began", 1, True), ("taxi", "rolled_back", 2, False)}


def test_who_was_asked_before_a_rollout_was_declared_anew_still_chooses(process: Made) -> None:
    """A request whose question is read only now finds the bandit that it came for."""
    bandit = Bandit(arms=("1", "2"), policy="linucb", context=("fare",))

    async def run_it() -> str:
        mine = process(Rollout(bandit=bandit))
        call = Call("v2", "taxi")
        mine.routing.rollouts["taxi"].find(call)
        fresh = ModelOptions(labels=LABELS, rollout=ROLLOUT)
        mine.models.rearrange(mine.models.arrange("taxi", fresh))
        assert call.undecided is not None
        return call.undecided.choose(Inputs({"fare": np.array([1.0])}, 1)).version

    assert run(run_it()) in ("1", "2")
