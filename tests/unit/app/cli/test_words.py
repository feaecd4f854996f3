"""How the command line says things."""

import json
import time
from typing import Any

import click
import numpy as np
import pytest

from mainspring.app.cli.run import parse_pairs
from mainspring.app.cli.words import ago, duration, mark, print_json, print_verdict, short, state_word, table, who
from mainspring.core.errors import InputError
from mainspring.core.records import ExecutionState
from mainspring.core.verdicts import Reason, Verdict


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0042, "4 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (75.9, "1 min 15 s"),
        (3600, "1 h 0 min"),
        (90000, "25 h 0 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (-5, "just now"),
        (3, "just now"),
        (45, "45 s ago"),
        (150, "2 min ago"),
        (7300, "2 h ago"),
        (200000, "2 d ago"),
    ],
)
def test_how_long_ago(passed: float, text: str) -> None:
    assert ago(time.time() - passed) == text


def test_every_state_has_a_mark_and_a_word() -> None:
    for state in ExecutionState:
        assert click.unstyle(mark(state))
        assert click.unstyle(state_word(state)) == state.value.lower()


def test_tables_are_aligned_whatever_their_styles() -> None:
    rows = [["a", click.style("long", fg="red"), "x"], ["bbb", "s", "y"]]
    assert click.unstyle(table(rows, ["one", "two", "three"])) == "one  two   three\na    long  x\nbbb  s     y"
    assert table([]) == ""


def test_digests() -> None:
    assert short("sha256:0123456789abcdef") == "0123456789ab"
    assert short(None) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": (1, 2)}, '{"a": [1, 2]}'),
        ({"a": np.float64(0.5), "b": np.int64(3)}, '{"a": 0.5, "b": 3}'),
        ({"a": float("nan"), "b": float("inf")}, '{"a": null, "b": null}'),
        ({"ä": "ö\n"}, '{"ä": "ö\\n"}'),
        ({"a": ExecutionState.HELD}, '{"a": "HELD"}'),
    ],
)
def test_one_line_of_json(value: Any, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json(value)
    out = capsys.readouterr().out
    assert out == text + "\n"
    json.loads(out, parse_constant=lambda word: pytest.fail(word))


def test_a_verdict_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = [
        Reason(ok=True, code="A", message="fine"),
        Reason(ok=False, code="B", message="too low", subject="auc"),
    ]
    print_verdict(Verdict.of("model gate", reasons))
    lines = click.unstyle(capsys.readouterr().out).splitlines()
    assert lines[0].endswith("model gate: no")
    assert lines[1].strip() == "✗ auc: too low"
    assert len(lines) == 2, "what is fine is not told unless it is asked for"
    print_verdict(Verdict.of("model gate", reasons), all_reasons=True)
    assert "fine" in capsys.readouterr().out


def test_parameters() -> None:
    assert parse_pairs(("a=1", "b=x=y", "c=")) == {"a": "1", "b": "x=y", "c": ""}
    with pytest.raises(InputError, match="a parameter was given as 'a'"):
        parse_pairs(("a",))


def test_who_sits_at_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass

    monkeypatch.setenv("LOGNAME", "ada")
    assert who() == "ada"

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert who() == "unknown"
