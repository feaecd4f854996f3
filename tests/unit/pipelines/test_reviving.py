"""Taking a run up again: who is dead, who may, and that only one does; heartbeats; Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mainspring.core.errors import MainspringError, StateError, UnavailableError
from mainspring.core.records import Execution, ExecutionState
from mainspring.pipelines import at_exit, pipeline, step
from mainspring.pipelines.heartbeat import Heartbeat
from mainspring.pipelines.interrupts import stopping
from mainspring.pipelines.recording import STEP, Recorder
from mainspring.pipelines.reviving import new_worker, revive

HOST = socket.gethostname()


@pytest.fixture
def dead() -> str:
    """The name of a worker that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{HOST}:{process.pid}:abc"


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """A shell that starts tests in the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def started(place: Any, worker: str, *, steps: int = 1, lease: float = 60.0) -> Execution:
    """A run that a worker began, with a step that it began."""
    recorder = Recorder(place.stores.record)
    run, _ = recorder.start_run("r", "p", {}, worker, lease)
    for number in range(steps):
        properties = {"node": f"n{number}", "run": "r", "pipeline": "p", "step": "n"}
        until = time.time() + lease
        recorder.publish(
            [
                Execution(
                    type=STEP,
                    state=ExecutionState.RUNNING,
                    properties=properties,
                    worker=worker,
                    lease_until=until,
                )
            ],
            [],
        )
    return run


def test_a_run_of_a_dead_worker_is_lost_and_so_are_its_steps(place: Any, dead: str) -> None:
    started(place, dead, steps=2)
    assert revive(place.records, "r").state is ExecutionState.LOST
    assert [one.state for one in place.records.steps("r")] == [ExecutionState.LOST] * 2
    assert revive(place.records, "r").state is ExecutionState.LOST, "again"


@pytest.mark.parametrize(
    "worker",
    [new_worker(), "elsewhere:1:a", f"{HOST}:1:a", f"{HOST}:x"],
    ids=["this", "elsewhere", "reused", "odd"],
)
def test_a_run_of_a_living_worker_is_left_alone(place: Any, worker: str) -> None:
    """A worker on another machine is believed until its lease ends; so is one that cannot be asked."""
    started(place, worker)
    with pytest.raises(StateError, match=f"run r is running .worker {worker}"):
        revive(place.records, "r")
    assert place.records.run("r").state is ExecutionState.RUNNING
    assert [one.state for one in place.records.steps("r")] == [ExecutionState.RUNNING]


def test_a_worker_elsewhere_whose_lease_ended(place: Any) -> None:
    started(place, "elsewhere:1", lease=0.001)
    time.sleep(0.01)
    assert revive(place.records, "r").state is ExecutionState.LOST


def test_a_run_that_nobody_leased(place: Any) -> None:
    """Killed between the transition and the lease."""
    run = started(place, new_worker(), steps=0)
    place.stores.record.transition(run.id, ExecutionState.FAILED)
    place.stores.record.transition(run.id, ExecutionState.RUNNING)
    assert place.records.run("r").worker is None
    assert revive(place.records, "r").state is ExecutionState.LOST


def test_the_lease_of_who_took_it_first_is_not_broken(place: Any, dead: str) -> None:
    """One process read the run as abandoned; before it went on, another took it up."""
    from mainspring.pipelines.reviving import _release

    run = started(place, dead, steps=0)
    stale = place.records.run("r")
    revive(place.records, "r")
    place.stores.record.transition(run.id, ExecutionState.RUNNING)
    mine = new_worker()
    place.stores.record.lease(run.id, mine, 60)
    _release(place.stores.record, stale)
    place.stores.record.reap()
    now = place.records.run("r")
    assert (now.state, now.worker) == (ExecutionState.RUNNING, mine)


LET_GO = threading.Event()
"""Ends the sleep of steps that nobody waits for any more."""


@step(cache=False)
def slow(seconds: float = 0.3) -> int:
    LET_GO.wait(seconds)
    return 1


@step
def second(number: int) -> int:
    return number + 1


@step(cache=False)
def goodbye() -> str:
    return "bye"


@pipeline
def sleeping(seconds: float = 0.3) -> None:
    second(slow(seconds))
    at_exit(goodbye)


@pytest.fixture
def let_go() -> Iterator[None]:
    """No step sleeps on when the test is over."""
    LET_GO.clear()
    yield
    LET_GO.set()
    wait_until(lambda: not any("mainspring-step" in one.name for one in threading.enumerate()))
    LET_GO.clear()


def test_of_several_who_resume_one_wins(place: Any, dead: str) -> None:
    started(place, dead, steps=0)
    graph = sleeping.build()
    barrier, won, lost = threading.Barrier(4), [], []

    def resume() -> None:
        barrier.wait()
        try:
            won.append(place.engine().resume(graph, "r"))
        except MainspringError as error:
            lost.append(error)

    threads = [threading.Thread(target=resume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert won[0].state is ExecutionState.COMPLETE
    assert all(isinstance(one, StateError) for one in lost), lost
    assert [one.node for one in place.records.steps("r") if one.state is ExecutionState.COMPLETE] == [
        "slow",
        "second",
        "goodbye",
    ]


class Store:
    """A record in which things go wrong on demand; everything else is the real one."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.trouble: MainspringError | None = None
        self.asked = 0

    def get(self, *arguments: Any) -> Any:
        """Get nodes."""
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return self.store.get(*arguments)

    def lease(self, *arguments: Any) -> Any:
        """Lease."""
        return self.store.lease(*arguments)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hearts beat faster."""
    monkeypatch.setattr("mainspring.pipelines.heartbeat._BEAT", 0.01)
    monkeypatch.setattr("mainspring.pipelines.heartbeat._RENEWED_EVERY", 2)


def wait_until(true: Any) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.mark.usefixtures("quick")
def test_a_heartbeat_keeps_the_lease(place: Any) -> None:
    run = started(place, new_worker(), lease=1)
    (step_record,) = place.records.steps("r")
    before = place.records.run("r").lease_until
    stops: list[str] = []
    with Heartbeat(place.stores.record, run.id, run.worker, lambda: [step_record.execution.id], stops.append):
        wait_until(lambda: place.records.run("r").lease_until > before + 5)
        wait_until(lambda: place.records.steps("r")[0].execution.lease_until > before + 5)
    assert stops == []


@pytest.mark.usefixtures("quick")
def test_a_heartbeat_survives_a_database_that_is_away(place: Any) -> None:
    run = started(place, new_worker(), lease=1)
    store, stops = Store(place.stores.record), []
    before = place.records.run("r").lease_until
    store.trouble = UnavailableError("away")
    with Heartbeat(store, run.id, run.worker, list, stops.append):  # type: ignore[arg-type]  # a store
        wait_until(lambda: store.asked > 3)
        store.trouble = None
        wait_until(lambda: place.records.run("r").lease_until > before)
    assert stops == []


@pytest.mark.usefixtures("quick")
def test_a_heartbeat_hears_a_request_to_stop_and_beats_on(place: Any) -> None:
    from mainspring.pipelines.cancelling import cancel

    run = started(place, new_worker(), lease=1)
    stops: list[str] = []
    with Heartbeat(place.stores.record, run.id, run.worker, list, stops.append):
        cancel(place.records, "r", by="Ada", reason="enough")
        wait_until(lambda: bool(stops))
        before = place.records.run("r").lease_until
        wait_until(lambda: place.records.run("r").lease_until > before)
    assert stops == ["cancelled by Ada: enough"]


@pytest.mark.usefixtures("quick")
def test_a_heartbeat_notices_that_the_run_was_taken_over(place: Any) -> None:
    run = started(place, new_worker(), lease=0.001)
    stops: list[str] = []
    time.sleep(0.01)
    place.stores.record.reap()
    beating = Heartbeat(place.stores.record, run.id, run.worker, list, stops.append)
    with beating:
        wait_until(lambda: bool(stops))
    assert beating.lost
    assert stops[0].startswith("the run was taken over")


@pytest.mark.usefixtures("quick", "let_go")
def test_a_run_that_was_taken_over_ends_without_a_word(place: Any) -> None:
    def take_over() -> None:
        wait_until(lambda: place.records.runs() and place.records.run("r").state is ExecutionState.RUNNING)
        place.stores.record.transition(place.records.run("r").id, ExecutionState.LOST)

    thread = threading.Thread(target=take_over)
    thread.start()
    result = place.run(sleeping.build(seconds=20), name="r")
    thread.join()
    assert result.state is ExecutionState.LOST
    assert place.records.run("r").state is ExecutionState.LOST, "it is for others to say how it ends"
    assert "goodbye" not in [one.node for one in place.records.steps("r")]
    place.close_runners()


@pytest.mark.usefixtures("quick", "let_go")
def test_a_run_is_cancelled_from_outside(place: Any) -> None:
    from mainspring.pipelines.cancelling import cancel

    def ask() -> None:
        wait_until(lambda: any(one.node == "slow" for one in place.events))
        cancel(place.records, "r", by="Ada", reason="enough")

    thread = threading.Thread(target=ask)
    thread.start()
    begun = time.monotonic()
    result = place.run(sleeping.build(seconds=20), name="r")
    thread.join()
    assert time.monotonic() - begun < 10, "a thread cannot be stopped, but it is not waited for"
    assert result.state is ExecutionState.CANCELED
    found = {one.node: one.state.value for one in place.records.steps("r")}
    assert found == {"slow": "CANCELED", "goodbye": "COMPLETE"}
    cancelled = place.records.run("r")
    assert cancelled.custom["cancel"]["by"] == "Ada"  # type: ignore[index,call-overload]  # a mapping
    on = place.resume(sleeping.build(seconds=0.05), "r")
    assert on.state is ExecutionState.COMPLETE, "the request was for the attempt before"
    again = place.records.run("r")
    assert again.custom["cancel"] is None
    assert [one["reason"] for one in again.custom["cancelled"]] == ["enough"]
    place.close_runners()


def test_the_first_signal_stops_and_the_second_breaks_off() -> None:
    words: list[str] = []
    before = signal.getsignal(signal.SIGINT)

    def twice() -> None:
        with stopping(words.append):
            os.kill(os.getpid(), signal.SIGINT)
            wait_until(lambda: bool(words))
            assert words == ["interrupted"]
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_signals_that_somebody_handles_are_left_to_them() -> None:
    words: list[str] = []
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        with stopping(words.append):
            os.kill(os.getpid(), signal.SIGTERM)
            wait_until(lambda: bool(seen))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert words == []


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    def inside() -> None:
        with stopping(lambda _: None):
            found.append(signal.getsignal(signal.SIGINT))

    found: list[Any] = []
    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]


@pytest.mark.usefixtures("let_go")
def test_ctrl_c_ends_a_run_in_good_order(place: Any) -> None:
    timer = threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    result = place.run(sleeping.build(seconds=20), name="r")
    assert result.state is ExecutionState.CANCELED
    assert {one.node: one.state.value for one in place.records.steps("r")} == {
        "slow": "CANCELED",
        "goodbye": "COMPLETE",
    }
    assert place.resume(sleeping.build(seconds=0.01), "r").state is ExecutionState.COMPLETE
    place.close_runners()
