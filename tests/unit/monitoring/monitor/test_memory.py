"""What a monitor remembers, also when it was killed between two windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring.core.errors import IntegrityError
from mainspring.monitoring.monitor.memory import FILE, Memory


def test_a_window_that_is_judged_again_after_a_kill_sees_what_was_remembered_before(tmp_path: Path) -> None:
    memory = Memory().judged(0.0, 0, version="1", labelled=0, checks={"drift": {"seen": 1}})
    memory = memory.judged(60.0, 0, version="1", labelled=0, checks={"drift": {"seen": 2}})
    memory.save(tmp_path)
    again = Memory.load(tmp_path)
    assert again == memory
    assert again.for_window(60.0, 0) == {"drift": {"seen": 1}}
    assert again.for_window(120.0, 0) == {"drift": {"seen": 2}}
    assert again.judged(60.0, 0, version="1", labelled=0, checks={"drift": {"seen": 2}}) == memory


def test_checks_that_were_not_asked_keep_what_they_remember() -> None:
    memory = Memory().judged(0.0, 0, version="1", labelled=3, checks={"drift": {"a": 1}, "quality": {"b": 1}})
    memory = memory.judged(0.0, 1, version="1", labelled=9, checks={"quality": {"b": 2}})
    assert memory.checks == {"drift": {"a": 1}, "quality": {"b": 2}}
    assert sum(memory.labelled.values()) == 9


def test_labels_are_counted_anew_for_another_version() -> None:
    memory = Memory().judged(0.0, 0, version="1", labelled=3, checks={})
    assert memory.judged(60.0, 0, version="1", labelled=4, checks={}).labelled == {"0.0": 3, "60.0": 4}
    assert memory.judged(60.0, 0, version="2", labelled=4, checks={}).labelled == {"60.0": 4}


def test_a_damaged_memory_is_told_of(tmp_path: Path) -> None:
    assert Memory.load(tmp_path) == Memory()
    (tmp_path / FILE).write_text("{")
    with pytest.raises(IntegrityError, match="damaged"):
        Memory.load(tmp_path)
