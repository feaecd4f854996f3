"""Classes in processes of their own: the contract, crashes, limits, and several calls at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.unit.serving.components.conftest import component

from mainspring.core.errors import InputError, MainspringError, UnavailableError
from mainspring.serving.components import ComponentProcess
from mainspring.serving.components.node import Errand
from mainspring.serving.predictor import ModelError
from mainspring.serving.problems import DeadlineError, LoadingError, OverloadedError

Starts = Callable[..., ComponentProcess]
X = np.array([[1.0, 2.0]])


@pytest.fixture(scope="module")
def champion() -> Iterator[ComponentProcess]:
    with ComponentProcess(component("Champion", arguments={"factor": 3}), name="champion") as node:
        yield node


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_every_method_of_the_contract_can_be_called(champion: ComponentProcess) -> None:
    reply = champion.predict(X, ["a", "b"])
    np.testing.assert_array_equal(reply.value, X * 3)
    assert reply.tags == {"calls": 1}
    assert [one["key"] for one in reply.metrics] == ["calls", "f"]
    np.testing.assert_array_equal(champion.transform_input(X, ["a", "b"]).value, X + 1)
    out = champion.transform_output(X, ["a", "b"]).value
    np.testing.assert_array_equal(out["doubled"], X * 2)
    assert out["names"] == ["a", "b"]
    assert champion.route(np.array([[-1.0]])) == -1
    np.testing.assert_array_equal(champion.aggregate([X, X * 3]).value, X * 2)
    told = champion.send_feedback(X, reward=0.5, truth=np.array([1]), routing=2).value
    assert (told["rewards"], told["truth"].tolist(), told["routing"]) == ([0.5], [1], 2)
    assert champion.health_status() == {"calls": 1}
    assert champion.described.metadata["name"] == "champion"
    assert set(champion.described.methods) >= {"predict", "route", "aggregate", "tags", "metrics"}


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.array([[True], [False]]),
        np.array([1.5, np.nan, np.inf], dtype=np.float16),
        np.array([1.5, -2.0], dtype=">f8"),
        np.zeros((0, 4), dtype=np.float32),
        np.array(3.5),
        np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        np.array(["a", None, "ü"], dtype=object),
        np.array([b"\x00\xff", b""], dtype=object),
        np.array([2**63], dtype=np.uint64),
        np.random.default_rng(0).normal(size=(300, 300)),
    ],
    ids=lambda one: f"{one.dtype}{list(one.shape)}",
)
def test_arrays_go_there_and_back_unchanged(value: np.ndarray, echo: ComponentProcess) -> None:
    found = echo.predict(value).value
    assert found.dtype == value.dtype.newbyteorder("=")
    assert found.shape == value.shape
    np.testing.assert_array_equal(found, value)


@pytest.fixture(scope="module")
def echo() -> Iterator[ComponentProcess]:
    with ComponentProcess(component("Echo"), name="echo") as node:
        yield node


@pytest.mark.parametrize("value", ["text", b"\x00", 3, 2.5, None, True, [1, "a", None], {"a": [X.tolist(), {}]}])
def test_plain_values_go_there_and_back_unchanged(value: object, echo: ComponentProcess) -> None:
    found = echo.predict(value).value
    assert found == value
    assert type(found) is type(value)


def test_what_cannot_be_sent_is_refused(echo: ComponentProcess) -> None:
    with pytest.raises(InputError, match="object cannot be sent"):
        echo.predict(object())
    assert echo.predict(1).value == 1


def test_an_error_of_the_class_fails_one_call_and_is_logged(
    started: Starts, caplog: pytest.LogCaptureFixture
) -> None:
    node = started("Trouble")
    caplog.set_level(logging.INFO, "mainspring.serving.components")
    with pytest.raises(ModelError, match="ValueError: three is too much"):
        node.predict(np.array([3.0]))
    with pytest.raises(InputError, match="give me something else"):
        node.predict(np.array([5.0]))
    assert node.predict(np.array([0.0])).value.tolist() == [0.0]
    wait_until(lambda: "trouble: ValueError: three is too much" in caplog.messages)
    assert node.restarts == 0
    with pytest.raises(InputError, match="the class has no route; it has predict"):
        node.route(X)


def test_a_crash_fails_the_call_and_the_process_is_started_again(started: Starts) -> None:
    node = started("Trouble")
    [before] = node.pids
    with pytest.raises(LoadingError, match="killed by SIGSEGV") as caught:
        node.predict(np.array([1.0]))
    assert caught.value.retry_after > 0
    assert "SIGSEGV" in node.trouble
    assert "Segmentation fault" in node.last_words
    assert "Segmentation" not in node.trouble
    with pytest.raises(LoadingError, match="cannot answer at the moment"):
        node.predict(np.array([0.0]))
    wait_until(lambda: not node.trouble)
    assert node.predict(np.array([0.0])).value.tolist() == [0.0]
    assert node.pids != [before]
    assert node.restarts == 1
    with pytest.raises(LoadingError, match="ended with status 7"):
        node.predict(np.array([4.0]))


def test_a_crash_of_one_process_leaves_the_others(started: Starts) -> None:
    node = started("Trouble", processes=2)
    with pytest.raises(LoadingError):
        node.predict(np.array([1.0]))
    assert node.trouble == ""
    assert node.predict(np.array([0.0])).value.tolist() == [0.0]
    os.kill(node.pids[0], signal.SIGKILL)  # one that has nothing to do
    wait_until(lambda: node.restarts == 2)
    assert len(node.pids) == 2


def test_a_call_that_takes_too_long_ends_the_process(started: Starts) -> None:
    node = started("Trouble", call_seconds=0.3)
    began = time.monotonic()
    with pytest.raises(DeadlineError, match=r"did not answer within 0\.3 seconds"):
        node.predict(np.array([2.0]))
    assert time.monotonic() - began < 5
    wait_until(lambda: node.restarts == 1)
    assert node.predict(np.array([0.0])).value.tolist() == [0.0]


def test_a_process_that_holds_too_much_memory_is_ended(started: Starts) -> None:
    node = started("Trouble", memory=200_000_000)
    with pytest.raises(LoadingError, match="MB, and may hold 200 MB"):
        node.predict(np.array([6.0]))


def test_calls_that_find_no_process_free_wait_and_then_give_up(started: Starts) -> None:
    node = started("Slow", calls_at_once=1, call_seconds=0.4)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(node.predict, X) for _ in range(3)]
    errors = [type(call.exception()) for call in calls]
    assert errors.count(type(None)) == 2 or errors.count(OverloadedError) == 2
    assert OverloadedError in errors


@pytest.mark.parametrize("options", [{}, {"calls_at_once": 1, "processes": 2}], ids=["threads", "processes"])
def test_a_class_that_says_so_answers_several_calls_at_a_time(
    started: Starts, tmp_path: Path, options: dict[str, int]
) -> None:
    node = started("Meets", arguments={"folder": str(tmp_path)}, **options)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda n: node.predict(np.array([n])).value.tolist(), range(2)))
    assert found == [[0], [1]]


def test_an_asynchronous_class_answers_many_at_a_time(started: Starts) -> None:
    node = started("Waits")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: node.predict(np.array([n])).value.tolist(), range(8)))
    assert found == [[3 * n] for n in range(8)]


def test_what_a_class_keeps_is_never_overwritten(started: Starts) -> None:
    node = started("Keeps")
    for n in range(5):
        assert node.predict(np.full(20_000, float(n))).value == [float(m) for m in range(n + 1)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Broken", "FileNotFoundError: weights.bin; it wrote:\nlooking for the weights"),
        ("Streams", "predict is a generator"),
        ("Nothing", "has no predict"),
        ("Ill", "RuntimeError: no licence"),
        ("Missing", "has no 'Missing'"),
    ],
)
def test_a_class_that_cannot_be_loaded_says_why(name: str, text: str) -> None:
    node = ComponentProcess(component(name), name="it")
    with pytest.raises(UnavailableError) as caught:
        node.start()
    assert text in str(caught.value)
    assert node.pids == []


def test_a_class_that_is_not_loaded_in_time_is_given_up() -> None:
    node = ComponentProcess(component("Champion", start_seconds=0.01))
    with pytest.raises(UnavailableError, match=r"not loaded within 0\.01 seconds"):
        node.start()


def test_an_interpreter_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no interpreter '/nowhere/python'"):
        ComponentProcess(component("Champion", python="/nowhere/python")).start()


def test_stopping_lets_calls_finish_and_ends_what_does_not(started: Starts) -> None:
    node = started("Slow", calls_at_once=1)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(node.predict, X)
        time.sleep(0.1)
        node.close()
        assert call.result().value.tolist() == X.tolist()
    with pytest.raises(MainspringError):
        node.predict(X)
    stuck = started("Trouble", stop_seconds=0.2)
    [pid] = stuck.pids
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(stuck.predict, np.array([2.0]))
        time.sleep(0.1)
        stuck.close()
        assert isinstance(call.exception(), LoadingError)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_no_thread_and_no_file_is_left() -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with ComponentProcess(component("Echo")) as node:
        node.predict(X)
    before, threads = open_files(), threading.active_count()
    for _ in range(3):
        with ComponentProcess(component("Trouble")) as node, pytest.raises(LoadingError):
            node.predict(np.array([1.0]))
    assert (open_files(), threading.active_count()) == (before, threads)


def test_calls_are_awaited_without_a_thread(started: Starts) -> None:
    node = started("Waits")

    async def ask() -> list[list[float]]:
        replies = await asyncio.gather(*(node.ask(Errand("predict", np.array([n]))) for n in range(8)))
        return [reply.value.tolist() for reply in replies]

    assert asyncio.run(ask()) == [[3 * n] for n in range(8)]


def test_awaited_calls_fail_as_others_do(started: Starts) -> None:
    node = started("Trouble", call_seconds=0.3)

    async def ask(what: float) -> float:
        return float((await node.ask(Errand("predict", np.array([what])))).value[0])

    for what, error in ((3.0, ModelError), (5.0, InputError), (1.0, LoadingError)):
        with pytest.raises(error):
            asyncio.run(ask(what))
    wait_until(lambda: node.restarts == 1)
    with pytest.raises(DeadlineError):
        asyncio.run(ask(2.0))
    wait_until(lambda: node.restarts == 2)
    assert asyncio.run(ask(0.0)) == 0.0


def test_a_caller_that_goes_away_takes_no_answer_with_it(started: Starts) -> None:
    node = started("Slow", calls_at_once=1)

    async def leave() -> list[float]:
        for number in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(node.ask(Errand("predict", np.array([float(number)]))), 0.05)
        reply = await node.ask(Errand("predict", np.array([7.0])))
        return list(reply.value.tolist())

    assert asyncio.run(leave()) == [7.0]
    assert node.restarts == 0


@pytest.mark.parametrize("value", ["\ud800", {"a": np.array(["\ud800"], dtype=object)}])
def test_text_that_cannot_be_sent_ends_no_process(value: object, echo: ComponentProcess) -> None:
    pids = echo.pids
    with pytest.raises(InputError):
        echo.predict(value)
    assert echo.predict(1).value == 1
    assert echo.pids == pids


def test_a_thread_of_a_process_that_ends_takes_the_process_with_it(started: Starts) -> None:
    node = started("Trouble", calls_at_once=2)
    with pytest.raises(LoadingError, match="ended with status 1"):
        node.predict(np.array([4.0]))
    wait_until(lambda: node.restarts == 1)
    assert node.predict(np.array([0.0])).value.tolist() == [0.0]
