from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Examples, Table
from mainspring.monitoring.retraining.steps import challenge, choose_training_window, logged_examples
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.log import FOLDER, FeedbackLog
from mainspring.serving.payloads import LogRecord, PredictionLog

DAY = 86400.0


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of five rows each; what was right is known of all but the first row of a day."""
    folder = tmp_path_factory.mktemp("log")
    with PredictionLog(folder) as written, FeedbackLog(folder / FOLDER) as told:
        for day in range(10):
            columns = {"fare": [float(day * 5 + row) for row in range(5)], "paid": ["Cash"] * 5}
            outputs = {"prediction": [0.0] * 5}
            record = LogRecord(
                id=f"r{day}", time=day * DAY, model="taxi", version="1", columns=columns, outputs=outputs
            )
            written.write(record)
            for row in range(1, 5):
                told.write(
                    Feedback(id=f"r{day}", key="truth", value=day * 5 + row, row=row, time=day * DAY, model="taxi")
                )
    return folder


def test_the_newest_rows_are_to_judge_by_and_those_before_to_train_on(log: Path) -> None:
    found = logged_examples(model="taxi", label="tip", predictions=log)
    train, held_out = found.split("train"), found.split("eval")
    assert train.names == ("fare", "paid", "tip")
    assert (train.num_rows, held_out.num_rows) == (32, 8)
    assert train.column("tip").tolist() == train.column("fare").tolist()
    assert held_out.column("fare").min() > train.column("fare").max()


def test_a_stretch_of_time_may_be_asked_for(log: Path) -> None:
    found = logged_examples(
        model="taxi", label="tip", since="1970-01-06", until="1970-01-08T00:00:00Z", time="at", predictions=log
    )
    rows = found.split("train").concat(found.split("eval"))
    assert rows.column("at").tolist() == [5 * DAY] * 4 + [6 * DAY] * 4
    assert (
        logged_examples(model="taxi", label="tip", newest=0.9, most_newest=3, predictions=log)
        .split("eval")
        .num_rows
        == 3
    )


def test_old_rows_come_first_and_give_the_types(log: Path) -> None:
    old = Examples(
        splits={
            "train": Table.from_columns(
                {"tip": [7, 8], "day": ["1969-12-30", "1969-12-31"], "fare": [7.0, 8.0]},
                {"tip": "INT", "day": "DATE", "fare": "FLOAT"},
            )
        }
    )
    found = logged_examples(old, model="taxi", label="tip", time="day", predictions=log)
    train = found.split("train")
    assert train.names == ("tip", "day", "fare")
    assert train.num_rows == 2 + 32
    assert train.type_of("tip") is ColumnType.INT
    assert train.column("tip").tolist()[:4] == [7, 8, 1, 2]
    assert str(found.split("eval").column("day")[0]).startswith("1970-01-0")


def test_what_cannot_be_joined_is_told(log: Path) -> None:
    with pytest.raises(InputError, match="nothing is known"):
        logged_examples(model="census", label="tip", predictions=log)
    with pytest.raises(InputError, match="asked with a column 'fare'"):
        logged_examples(model="taxi", label="fare", predictions=log)
    old = Examples(splits={"train": Table.from_columns({"tip": [1], "miles": [2.0]})})
    with pytest.raises(InputError, match="no column 'miles'"):
        logged_examples(old, model="taxi", label="tip", predictions=log)


def test_the_window_that_is_still_right_is_kept(changing: Table, fit: Any) -> None:
    examples = Examples(splits={"train": changing, "eval": changing.rows(3900, 4000)})
    asked: dict[str, Any] = {}

    def trainers(estimator: str, **options: Any) -> Any:
        asked.update(options, estimator=estimator)
        return fit

    found = choose_training_window(
        examples, None, label="y", time="request.time", candidates=["3d", "all"], trainers=trainers, estimator="e"
    )
    assert 1400 < found.split("train").num_rows < 1600
    assert found.split("eval").num_rows == 100
    assert (asked["estimator"], asked["label"]) == ("e", "y")


def test_champion_against_challenger(changing: Table, fit: Any) -> None:
    examples = Examples(splits={"eval": changing.rows(3500, 4000)})
    new, old = fit(changing.rows(2500, 3500)), fit(changing.rows(0, 2000))
    assert challenge(new, examples, old, label="y")
    assert challenge(new, examples, label="y")
    assert not challenge(old, examples, new, label="y", must="better")
