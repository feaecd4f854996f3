import json
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.retraining import choose_window

DAY = 86400.0
CANDIDATES = ("3d", "10d", "all")


def test_while_nothing_changes_nothing_is_forgotten(steady: Table, fit: Any) -> None:
    found = choose_window(steady, fit, label="y", candidates=CANDIDATES)
    assert (found.window, found.since, found.change) == ("all", None, None)
    assert [one.name for one in found.ranking.contenders] == ["all", "10d", "3d"]


def test_after_a_change_only_what_came_since_is_right(changing: Table, fit: Any) -> None:
    found = choose_window(changing, fit, label="y", candidates=CANDIDATES)
    assert found.window == "since the change"
    assert found.change is not None
    assert found.change.low <= 2500 <= found.change.high
    assert found.since is not None
    assert abs(found.since - 2500 * 600) <= 20 * 600
    assert found.ranking["all"].surely_worse
    assert not found.ranking["3d"].surely_worse
    assert "the losses changed from 0.0" in found.because


def test_a_length_counts_back_from_the_newest_row(changing: Table, fit: Any) -> None:
    given = Table.from_columns({**changing.to_columns(), "loss": [0.0] * 4000})
    found = choose_window(given, fit, label="y", candidates=("4d", "all"), losses="loss")
    assert found.window == "4d"
    assert found.since == pytest.approx(3999 * 600 - 4 * DAY)


def test_losses_of_the_model_in_use_tell_the_change(fit: Any, world: Any) -> None:
    rows = world(changed=2500)
    column = np.where(np.arange(4000) >= 2500, 1.0, 0.0)
    column[::7] = np.nan
    given = Table.from_columns({**rows.to_columns(), "loss": column.tolist()})
    found = choose_window(given, fit, label="y", candidates=("all",), losses="loss")
    assert found.change is not None
    assert abs(found.change.place - 2500) <= 1
    assert found.window == "since the change"


def test_windows_with_few_or_the_same_rows_are_not_tried(steady: Table, fit: Any) -> None:
    found = choose_window(steady, fit, label="y", candidates=("1d", "300d", "all"))
    assert [one.name for one in found.ranking.contenders] == ["all"]
    assert found.notes == (
        "300d holds the same rows as all",
        "1d has only 144 rows, fewer than 200, and was not tried",
    )


def test_a_metric_that_is_better_when_lower_counts_the_other_way(changing: Table, fit: Any) -> None:
    found = choose_window(changing, fit, label="y", candidates=CANDIDATES, metric="log_loss")
    assert found.ranking.metric == "log_loss"
    assert found.ranking["all"].value > found.ranking["3d"].value
    assert found.ranking["all"].gap_low > 0


def test_the_same_rows_give_the_same_choice(changing: Table, fit: Any) -> None:
    first = choose_window(changing, fit, label="y", candidates=CANDIDATES)
    mixed = changing.sql("SELECT * FROM this ORDER BY a")
    assert choose_window(mixed, fit, label="y", candidates=CANDIDATES).as_dict() == first.as_dict()
    told = json.loads(json.dumps(first.as_dict(), allow_nan=False))
    assert told["ranking"]["chosen"] == told["window"] == "since the change"


def test_rows_without_labels_are_left_out_and_too_few_are_refused(steady: Table, fit: Any) -> None:
    few = steady.sql('SELECT a, b, CASE WHEN a > 2 THEN y END AS y, "request.time" FROM this')
    with pytest.raises(InputError, match="too few to test windows"):
        choose_window(few, fit, label="y")
