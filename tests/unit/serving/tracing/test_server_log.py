"""Lines about the server itself."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.serving.tracing.lines import Lines
from mainspring.serving.tracing.server_log import logging_by

KEY = "msk_abcdefgh_" + "x" * 43
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"

LOG = logging.getLogger("mainspring.serving.test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def fail(call: Any = None) -> None:
    try:
        raise ValueError(f"refused: Bearer {TOKEN}")
    except ValueError:
        LOG.exception("a request with %s failed", KEY, extra={"call": call})


def test_lines_for_machines(file: Path, call: Callable[..., Any]) -> None:
    lines, made = Lines(str(file)), call()
    with logging_by(lines, "json"):
        fail(made)
        LOG.info("models: %d", 3)
        LOG.debug("not said")
    LOG.error("after the end")
    lines.close()
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert (first["level"], first["logger"], first["error"]) == ("ERROR", "mainspring.serving.test", "ValueError")
    assert (first["request"], first["trace"], first["model"]) == ("request-1", made.trace.trace, "taxi")
    assert "line 2" in first["stack"]
    assert first["time"].endswith("Z")
    assert second["message"] == "models: 3"
    assert "stack" not in second


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_not_written(file: Path, form: Any) -> None:
    lines = Lines(str(file))
    with logging_by(lines, form):
        fail()
        LOG.warning("authorization: bearer %s", "abcdefgh12345678")
        LOG.warning("the store is at postgresql://ann:pa55word@db/mainspring")
    lines.close()
    text = file.read_text()
    for secret in (KEY, TOKEN, "eyJhbGci", "abcdefgh12345678", "pa55word"):
        assert secret not in text
    assert text.count("[hidden]") >= 4


def test_lines_for_people(file: Path) -> None:
    lines = Lines(str(file))
    with logging_by(lines):
        LOG.info("not said")
        LOG.warning("the disk is nearly full")
        fail()
    lines.close()
    first, second, *stack = file.read_text().splitlines()
    assert first == "WARNING mainspring.serving.test: the disk is nearly full"
    assert second == "ERROR mainspring.serving.test: a request with [hidden] failed"
    assert stack[0] == "Traceback (most recent call last):"


def test_by_default_lines_go_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    with logging_by(lines):
        LOG.warning("hello")
    lines.close()
    assert capfd.readouterr().err == "WARNING mainspring.serving.test: hello\n"


def test_logging_is_left_as_it_was(file: Path) -> None:
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    lines = Lines(str(file))
    with logging_by(lines, "json"):
        assert len(root.handlers) == len(before[1]) + 1
    lines.close()
    assert (root.level, root.handlers) == before


def test_what_cannot_be_formatted_harms_nobody(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    root = logging.getLogger()
    others = list(root.handlers)
    for handler in others:
        root.removeHandler(handler)
    lines = Lines(str(file))
    try:
        with logging_by(lines, "json"):
            LOG.warning("%d", "no number")
            LOG.warning("still here")
    finally:
        for handler in others:
            root.addHandler(handler)
    lines.close()
    assert [json.loads(line)["message"] for line in file.read_text().splitlines()] == ["still here"]
