"""Reading feedback, from wherever it may lie."""

from pathlib import Path

import pytest

from mainspring.core.errors import IntegrityError
from mainspring.serving.feedback import Feedback, FeedbackLog, read
from mainspring.serving.payloads import LogRecord, PredictionLog
from mainspring.serving.payloads.compact import compact

TOLD = Feedback(id="1", key="truth", value="yes", time=5.0, model="taxi")


def test_feedback_of_a_log_and_of_its_own_folder(tmp_path: Path) -> None:
    with FeedbackLog(tmp_path / "feedback") as log:
        log.write(TOLD)
    assert list(read(tmp_path)) == list(read(tmp_path / "feedback")) == [TOLD]
    assert list(read(tmp_path, model="bikes")) == []


def test_a_log_of_which_nothing_was_told_yet_has_no_feedback(tmp_path: Path) -> None:
    with PredictionLog(tmp_path) as log:
        log.write(LogRecord(id="1", time=1.0, model="taxi", version="1", columns={"fare": [1.0]}))
        assert list(read(tmp_path)) == []  # while it is being written
    assert list(read(tmp_path)) == []
    compact(tmp_path)
    assert list(read(tmp_path)) == []
    assert list(read(tmp_path / "nowhere")) == []


def test_what_is_no_feedback_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "20260101T000000.000000Z-1-000001.jsonl").write_text('{"id": "1", "time": 5.0}\n')
    with pytest.raises(IntegrityError, match="not of the form of this log"):
        list(read(tmp_path))
