import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.quality import label_delays, labelled_differ
from mainspring.serving.feedback import Feedback
from mainspring.serving.payloads import LogRecord


def record(name: str, time: float, rows: int = 1) -> LogRecord:
    return LogRecord(id=name, time=time, model="m", version="1", columns={"x": [1.0] * rows})


def test_rows_that_still_wait_do_not_make_labels_late() -> None:
    """By hand: events at 10 (of 4 waiting) and 20 (of 2), one leaves at 15 and one at 30 without a truth."""
    log = [record("a", 0), record("b", 0), record("c", 85), record("d", 70)]
    told = [
        Feedback(id="a", key="truth", value=1, time=10.0),
        Feedback(id="a", key="truth", value=0, time=50.0),
        Feedback(id="b", key="truth", value=1, time=20.0),
        Feedback(id="c", key="reward", value=1, time=86.0),
    ]
    found = label_delays(log, told, now=100.0)
    assert (found.rows, found.labelled) == (4, 2)
    assert found.seconds.tolist() == [10.0, 20.0]
    assert found.known.tolist() == pytest.approx([0.25, 1 - 0.75 * 0.5])
    assert found.share_after(5.0) == 0.0
    assert found.until(0.5) == 20.0
    assert found.until(0.9) is None


def test_rows_of_a_request_are_told_apart() -> None:
    told = [
        Feedback(id="a", key="truth", value=1, row=1, time=5.0),
        Feedback(id="b", key="truth", value=1, time=7.0),
    ]
    found = label_delays([record("a", 0, rows=2), record("b", 0, rows=2)], told, now=50.0)
    assert found.labelled == 3
    assert found.share_after(6.0) == 0.25


def test_without_rows() -> None:
    found = label_delays([], [], now=0.0)
    assert np.isnan(found.share_after(1.0))
    assert found.until(0.5) is None


def table(known: np.ndarray, amount: np.ndarray) -> Table:
    return Table.from_columns({"amount": amount, "feedback.truth": [1 if one else None for one in known]})


def test_labelled_rows_that_differ_are_seen() -> None:
    random = np.random.default_rng(0)
    amount = random.normal(size=4_000)
    by_chance, large = random.random(4_000) < 0.5, amount > 0.5
    assert labelled_differ(table(by_chance, amount)) == ()
    [found] = labelled_differ(table(large, amount))
    assert found.path == "amount"
    assert labelled_differ(table(np.arange(4_000) < 50, amount)) == ()
    with pytest.raises(InputError, match="no truth"):
        labelled_differ(Table.from_columns({"amount": amount}))
