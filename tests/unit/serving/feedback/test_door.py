import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mainspring.serving.call import Call
from mainspring.serving.feedback import FeedbackDoor, FeedbackLog, read
from mainspring.serving.feedback.answers import LatestAnswers
from mainspring.serving.payloads import LogRecord, PredictionLog
from mainspring.serving.payloads.searching import find
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError, OverloadedError, UnsupportedError


class Counts:
    """What was counted."""

    def __init__(self) -> None:
        self.rewards: list[tuple[str, str, list[float]]] = []
        self.right = self.wrong = 0
        self.errors: list[float] = []

    def rewarded(self, model: str, version: str, rewards: Iterable[float]) -> None:
        self.rewards.append((model, version, list(rewards)))

    def known(self, model: str, version: str, *, right: int = 0, wrong: int = 0) -> None:
        self.right, self.wrong = self.right + right, self.wrong + wrong

    def differed(self, model: str, version: str, errors: Iterable[float]) -> None:
        self.errors += errors


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FeedbackLog]:
    with FeedbackLog(tmp_path / "feedback") as made:
        yield made


def _call(name: str, output: str, values: list[object]) -> Call:
    array = np.array(values, dtype=object if isinstance(values[0], str) else float)
    prediction = Prediction((), {output: array}, (), len(values), {}, 0.0)
    return Call(protocol="v2", model="taxi", version="1.0.0", id=name, prediction=prediction)


def test_feedback_is_safe_and_can_be_read_at_once(tmp_path: Path, log: FeedbackLog) -> None:
    door = FeedbackDoor(log, clock=lambda: 7.0)
    answer = door.answer({"model": "taxi"}, b'{"id": "a", "truth": "yes", "reward": 1}', caller="ann")
    assert answer == {"accepted": 2, "duplicates": 0, "pending": 2}
    assert [(one.id, one.key, one.value, one.time, one.model, one.caller) for one in read(tmp_path)] == [
        ("a", "truth", "yes", 7.0, "taxi", "ann"),
        ("a", "reward", 1, 7.0, "taxi", "ann"),
    ]


def test_telling_the_same_again_does_no_harm(tmp_path: Path, log: FeedbackLog) -> None:
    times = iter([1.0, 2.0, 3.0, 4.0, 5.0])
    counts = Counts()
    door = FeedbackDoor(log, counting=counts, clock=lambda: next(times))
    assert door.answer({}, b'{"id": "a", "reward": 1}')["accepted"] == 1
    assert door.answer({}, b'{"id": "a", "reward": 1}') == {"accepted": 0, "duplicates": 1, "pending": 0}
    assert door.answer({}, b'{"id": "a", "reward": 2}')["accepted"] == 1
    assert door.answer({}, b'{"id": "a", "reward": 2, "row": 0}')["accepted"] == 1
    assert door.answer({}, b'{"id": "a", "reward": 2, "time": 99}')["accepted"] == 1
    assert [(one.value, one.row, one.time) for one in read(tmp_path)] == [
        (1, None, 1.0),
        (2, None, 3.0),
        (2, 0, 4.0),
        (2, None, 99.0),
    ]
    assert counts.rewards == [("", "", [value]) for value in (1.0, 2.0, 2.0, 2.0)]


def test_the_truth_is_held_against_the_latest_answers(log: FeedbackLog) -> None:
    answers, counts = LatestAnswers(most=2), Counts()
    for call in (
        _call("old", "label", ["x"]),
        _call("a", "label", ["yes", "no"]),
        _call("b", "prediction", [1.5]),
    ):
        answers(call)
    assert answers.of("old") is None
    door = FeedbackDoor(log, answers=answers, counting=counts, find=lambda _: None)
    assert door.answer({}, b'{"id": "a", "truth": ["yes", "yes", "far"], "reward": [1, 0]}')["pending"] == 0
    assert (counts.right, counts.wrong) == (1, 1)
    assert counts.rewards == [("taxi", "1.0.0", [1.0, 0.0])]
    door.answer({}, b'{"id": "b", "truth": 2}')
    assert counts.errors == [0.5]
    assert door.answer({}, b'{"id": "old", "truth": "x"}')["pending"] == 1


def test_answers_of_other_processes_are_found_in_the_log(tmp_path: Path, log: FeedbackLog) -> None:
    with PredictionLog(tmp_path) as payloads:
        for number in range(1_000):
            outputs = {"label": ["yes" if number == 500 else "no"]}
            payloads.write(
                LogRecord(
                    id=f'r"{number}', time=1.0, model="taxi", version="2", columns={"a": [1]}, outputs=outputs
                )
            )
        payloads.flush(5)
        counts = Counts()
        door = FeedbackDoor(log, counting=counts)
        assert door.answer({}, b'{"id": "r\\"500", "truth": "yes", "reward": 1}')["pending"] == 0
        assert (counts.right, counts.rewards) == (1, [("taxi", "2", [1.0])])
        assert find(tmp_path, "r") is None
        found = find(tmp_path, 'r"999')
        assert found is not None
        assert found.id == 'r"999'


def test_a_server_without_a_log_takes_no_feedback() -> None:
    with pytest.raises(UnsupportedError, match="keeps no log"):
        FeedbackDoor(None).answer({}, b"{}")


def test_what_cannot_be_read_or_written_is_refused(tmp_path: Path) -> None:
    with FeedbackLog(tmp_path / "feedback", max_requests=1, flush_seconds=30) as log:
        door = FeedbackDoor(log)
        with pytest.raises(MalformedError):
            door.answer({}, b"{")
        with pytest.raises(OverloadedError):
            door.answer({}, b'{"id": "a", "reward": [1, 2]}')
        assert [one.row for one in read(tmp_path)] == [0]


def test_a_kill_loses_no_feedback(tmp_path: Path) -> None:
    code = """
import os, pathlib, signal, sys
from mainspring.serving.feedback import FeedbackDoor, FeedbackLog
door = FeedbackDoor(FeedbackLog(pathlib.Path(sys.argv[1]) / "feedback", flush_seconds=30))
for number in range(100):
    door.answer({"model": "m"}, b'{"id": "%d", "reward": 1}' % number)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with FeedbackLog(tmp_path / "feedback"):
        assert [one.id for one in read(tmp_path)] == [str(number) for number in range(100)]
