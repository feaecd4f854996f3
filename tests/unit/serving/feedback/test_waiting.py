import time
from pathlib import Path

import pytest

from mainspring.serving.decision import Decision
from mainspring.serving.feedback import waiting as module
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.feedback.waiting import Waiting
from mainspring.serving.payloads import LogRecord, PredictionLog


def told(name: str) -> list[Feedback]:
    return [Feedback(id=name, key="reward", value=1, time=1.0)]


def logged(name: str, number: int = 0) -> LogRecord:
    decision = Decision("taxi", "2", 0.5, "thompson", 1)
    return LogRecord(id=name, time=float(number), model="taxi", version="2", decisions=(decision,))


def test_feedback_waits_until_its_request_is_in_the_log(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=0.001) as log:
        log.write(logged("before"))
        log.flush()
        waiting = Waiting(tmp_path)
        for name in ("a", 'odd "id" \\', "never"):
            waiting.add(name, told(name))
        assert list(waiting.found()) == []
        for number in range(500):
            log.write(logged(f"other {number}", number))
        log.write(logged("a"))
        log.write(logged('odd "id" \\'))
        log.flush()
        found = {record.id: (mine, record.decisions) for mine, record in waiting.found()}
        assert found == {name: (told(name), logged(name).decisions) for name in ("a", 'odd "id" \\')}
        assert list(waiting.found()) == []
        assert len(waiting) == 1


def test_what_several_say_of_one_request_waits_together(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path)
    waiting.add("a", told("a"))
    waiting.add("a", [Feedback(id="a", key="truth", value="yes", time=2.0)])
    with PredictionLog(tmp_path) as log:
        log.write(logged("a"))
    [(mine, _)] = waiting.found()
    assert [one.key for one in mine] == ["reward", "truth"]


def test_a_line_that_is_half_there_is_looked_at_again(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path)
    waiting.add("a", told("a"))
    line = b'{"id":"a","time":1.0,"model":"taxi","version":"2"}\n'
    segment = tmp_path / "20260101T000000.000000Z-1-000001.jsonl.open"
    segment.write_bytes(line[:20])
    assert list(waiting.found()) == []
    segment.write_bytes(line)
    segment.rename(tmp_path / "20260101T000000.000000Z-1-000001.jsonl")  # closed meanwhile
    assert [record.id for _, record in waiting.found()] == ["a"]


def test_nobody_waits_for_ever_or_for_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    waiting = Waiting(tmp_path)
    for number in range(10):
        waiting.add(str(number), told(str(number)))
    assert len(waiting) == 3
    moment = time.monotonic() + module.LONGEST_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    list(waiting.found())
    assert len(waiting) == 0
    assert list(Waiting(None).found()) == []
