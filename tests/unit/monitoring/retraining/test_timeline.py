import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.retraining.timeline import Timeline


def test_rows_are_sorted_by_time_and_those_without_label_are_left_out() -> None:
    rows = Table.from_columns({"at": [3.0, 1.0, None, 1.0, 2.0], "y": ["c", "a", "x", "b", None]})
    line = Timeline.of(rows, time="at", label="y")
    assert line.rows.column("y").tolist() == ["a", "b", "c"]
    assert line.times.tolist() == [1.0, 1.0, 3.0]
    assert line.between(1.0, 3.0).column("y").tolist() == ["a", "b"]
    assert line.between(None, None).num_rows == 3
    assert line.rows.names == ("at", "y")


def test_dates_and_texts_are_times() -> None:
    for days in (["1970-01-03", "1970-01-02"], ["1970-01-03T00:00:00Z", "1970-01-02T02:00:00+02:00"]):
        line = Timeline.of(Table.from_columns({"day": days, "y": [1, 2]}), time="day", label="y")
        assert line.times.tolist() == [86400.0, 2 * 86400.0]


def test_what_has_no_order_is_refused() -> None:
    with pytest.raises(InputError, match="is BOOL"):
        Timeline.of(Table.from_columns({"t": [True], "y": [1]}), time="t", label="y")
    with pytest.raises(InputError, match="no row has both"):
        Timeline.of(Table.from_columns({"t": [1.0], "y": [None]}), time="t", label="y")
