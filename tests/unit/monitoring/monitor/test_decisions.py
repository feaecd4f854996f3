"""What the policy said: noted when it changes, read back whatever happened to the file."""

from __future__ import annotations

from pathlib import Path

from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.monitor import DecisionLog
from mainspring.monitoring.monitor.decisions import FILE, moment_of
from mainspring.monitoring.retraining import Decision


def decision(*calls: str, hindered: str = "") -> Decision:
    wanted = [Reason(ok=False, code="DRIFT", message=f"{one} has drifted", subject=one) for one in calls]
    obstacles = [Reason(ok=False, code="COOL_DOWN", message=hindered)] if hindered else []
    return Decision(
        retrain=bool(calls) and not hindered,
        wanted=Verdict.of("retraining", wanted),
        allowed=Verdict.of("may retrain", obstacles),
    )


def test_a_line_is_written_when_something_changes_and_not_for_every_window(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "census")
    assert log.read() == []
    assert log.note(decision(), asked=False, at=1.0) is None
    log.note(decision("age", hindered="1 h ago"), asked=False, at=2.0, window=1.5)
    assert log.note(decision("age", hindered="2 h ago"), asked=False, at=3.0, window=2.5) is None
    log.note(decision("age", "sex", hindered="3 h ago"), asked=False, at=4.0, window=3.5)
    log.note(decision(), asked=False, at=5.0)
    assert log.note(decision(), asked=False, at=6.0) is None
    log.note(decision("age"), asked=True, at=7.0)
    log.note(decision("age"), asked=True, at=8.0)
    log.note(decision("age"), asked=False, at=9.0)
    assert [(one.outcome, moment_of(one)) for one in log.read()] == [
        ("blocked", 1.5),
        ("blocked", 3.5),
        ("settled", 5.0),
        ("asked", 7.0),
        ("asked", 8.0),
        ("waiting", 9.0),
    ]
    first = log.read()[0]
    assert (first.calls, first.obstacles) == (("age has drifted",), ("1 h ago",))
    assert first.because == "age has drifted, but 1 h ago"
    assert [one.outcome for one in log.read(since=3.5, until=7.0)] == ["blocked", "settled"]


def test_half_a_line_of_a_killed_process_is_passed_over(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    log.note(decision("age"), asked=True, at=1.0)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"at": 2.0, "outc')
    assert [one.at for one in log.read()] == [1.0]
    log.note(decision("sex"), asked=True, at=3.0)
    assert [one.at for one in log.read()] == [1.0, 3.0]
