"""What a run looks like while it happens."""

import io
import sys
import time

import click
import pytest

from mainspring.app.cli.progress import Progress
from mainspring.core.records import ExecutionState
from mainspring.pipelines.events import Event


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]  # an attribute of other streams

    def isatty(self) -> bool:
        """So it is."""
        return True


def tell(progress: Progress) -> None:
    """A short run."""
    progress(Event(run="r", state=ExecutionState.RUNNING))
    progress(Event(run="r", node="load", state=ExecutionState.CACHED))
    progress(Event(run="r", node="train", state=ExecutionState.RUNNING))
    progress(
        Event(run="r", node="train", state=ExecutionState.RUNNING, message="it broke; again in 1 s", attempt=2)
    )
    progress(Event(run="r", node="train", state=ExecutionState.COMPLETE, seconds=1.25))
    progress(Event(run="r", node="gate", state=ExecutionState.FAILED, message="too low\n  do: train more"))
    progress(Event(run="r", state=ExecutionState.FAILED))


def test_a_line_per_step_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Progress())
    out = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in click.unstyle(out).splitlines()]
    assert lines == [
        "run r",
        "● load cached",
        "▸ train it broke; again in 1 s",
        "✓ train 1.2 s",
        "✗ gate too low",
        "do: train more",
    ]
    assert "\r" not in out


def test_nothing_beside_the_json_of_machines(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Progress(quiet=True))
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_what_runs_is_shown_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    progress = Progress()
    progress(Event(run="r", state=ExecutionState.RUNNING))
    progress(Event(run="r", node="train", state=ExecutionState.RUNNING))
    deadline = time.monotonic() + 10
    while terminal.getvalue().count("train") < 3:
        assert time.monotonic() < deadline, "it is shown again and again"
        time.sleep(0.05)
    progress(Event(run="r", node="train", state=ExecutionState.COMPLETE, seconds=2))
    progress(Event(run="r", state=ExecutionState.COMPLETE))
    last = click.unstyle(terminal.getvalue()).rpartition("\r")[2]
    assert last.strip() == "✓ train                  2.0 s"


def test_progress_goes_to_the_error_stream_of_a_terminal_beside_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    tell(Progress(quiet=True))
    assert "train" in terminal.getvalue()
    assert capsys.readouterr().out == ""
