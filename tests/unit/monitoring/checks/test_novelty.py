"""The check of novelty: quiet where nothing is new, and what it says of rows and groups that are."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.novelty import METHODS, NoveltyCheck
from mainspring.monitoring.checks.scaled import scale_of, scaled_rows
from mainspring.monitoring.seen import Judged, Seen, Series
from mainspring.monitoring.windows import Window

HOUR = 3_600.0
ONE_ROW = summarize({"rows": Table.from_columns({"age": [1.0]})}).split("rows")
CENTRES = np.array([[40.0, 1_000.0, 0.5], [60.0, 3_000.0, 0.2], [30.0, 5_000.0, 0.9]])
SPREAD = np.array([2.0, 100.0, 0.03])


class Nothing:
    """A history of no figures."""

    def names(self, prefix: str = "") -> Sequence[str]:
        return ()

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        none = np.zeros(0)
        return Series(times=none, values=none, low=none, high=none, least=none, most=none)


def rows(seed: int, size: int, classes: int = 2) -> tuple[Table, np.ndarray]:
    """Rows of so many of the classes, and which they are of."""
    random = np.random.default_rng(seed)
    which = random.integers(0, classes, size)
    values = CENTRES[which] + random.normal(0, 1, (size, 3)) * SPREAD
    columns: dict[str, Any] = {
        "age": values[:, 0],
        "income": values[:, 1],
        "share": values[:, 2],
        "word": ["x"] * size,
        "constant": np.ones(size),
        "output.label": np.array(["a", "b", "a"])[which],
        "output.probability.a": np.where(which == 1, 0.1, 0.9),
        "feedback.truth": np.array(["a", "b", "c"])[which],
    }
    return Table.from_columns(columns), which


def seen(number: int, table: Table, reference: Table | None, *, version: str = "1") -> Seen:
    window = Window(
        since=HOUR * number, until=HOUR * (number + 1), table=table, requests=1, errors=0, complete=True
    )
    return Seen(
        model="m",
        version=version,
        window=window,
        statistics=ONE_ROW,
        reference=Reference(statistics=ONE_ROW, rows=reference),
        history=Nothing(),
    )


def run(check: NoveltyCheck, windows: Sequence[Table], reference: Table) -> list[Judged]:
    memory: Mapping[str, Any] = {}
    found = []
    for number, table in enumerate(windows):
        found.append(check.judge(seen(number, table, reference), memory))
        memory = json.loads(json.dumps(found[-1].memory, allow_nan=False))
    return found


@pytest.mark.parametrize("method", METHODS)
def test_a_new_class_is_found_with_rows_that_show_it(method: str) -> None:
    reference, _ = rows(0, 3_000)
    windows = [rows(1, 1_000), rows(2, 1_000), rows(3, 1_000, classes=3), rows(4, 1_000, classes=3)]
    judged = run(NoveltyCheck(method=method), [table for table, _ in windows], reference)
    assert [one.verdict.ok for one in judged[:3]] == [True, True, False]
    failures = judged[2].verdict.failures
    assert {"UNKNOWN_ROWS", "NOVEL_CLUSTER"} == {reason.code for reason in failures}
    assert judged[2].figures["unknown"].value == pytest.approx(1 / 3, abs=0.06)
    novel = next(reason for reason in failures if reason.code == "NOVEL_CLUSTER")
    assert novel.subject == "novel 1"
    assert "income about" in novel.message
    assert len(judged[2].rows) == 5
    assert all(windows[2][1][place] == 2 for place in judged[2].rows)
    assert judged[2].figures["clusters"].value >= 1
    assert judged[3].figures["novel"].value > 0.2


@pytest.mark.parametrize("method", METHODS)
def test_windows_in_which_nothing_is_new_are_quiet(method: str) -> None:
    reference, _ = rows(0, 2_000)
    judged = run(NoveltyCheck(method=method), [rows(seed, 400)[0] for seed in range(1, 31)], reference)
    assert [one.verdict.ok for one in judged] == [True] * 30
    assert judged[-1].figures["unknown"].value < 0.15


def test_a_few_wild_rows_are_no_alarm_and_many_are() -> None:
    reference, _ = rows(0, 3_000)
    table, _ = rows(1, 1_000)
    columns = {name: table.column(name) for name in table.names}
    random = np.random.default_rng(0)
    for share, ok in ((0.01, True), (0.3, False)):
        wild = random.random(1_000) < share
        income = np.where(wild, random.uniform(1e4, 1e9, 1_000), columns["income"])
        [judged] = run(NoveltyCheck(), [Table.from_columns({**columns, "income": income})], reference)
        assert judged.verdict.ok == ok
        assert judged.figures["unknown"].value == pytest.approx(share + 0.02, abs=0.04)
        assert judged.rows == [] or all(wild[place] for place in judged.rows)


def test_without_classes_there_is_one() -> None:
    reference, _ = rows(0, 3_000)
    numbers = reference.select(["age", "income", "share"])
    judged = run(NoveltyCheck(), [rows(1, 500)[0], rows(2, 1_000, classes=3)[0]], numbers)
    assert [one.verdict.ok for one in judged] == [True, False]


def test_answers_are_classes_where_the_truth_is_not_known() -> None:
    reference, _ = rows(0, 900)
    known = reference.drop(["feedback.truth"])
    judged = NoveltyCheck().judge(seen(0, rows(1, 500)[0], known), {})
    assert judged.memory["detector"]["classes"] == ["a", "b"]  # type: ignore[index, call-overload]


def test_missing_numbers_count_as_the_mean_and_columns_can_be_chosen() -> None:
    reference, _ = rows(0, 900)
    table, _ = rows(1, 500)
    columns = {name: table.column(name) for name in table.names}
    columns["age"] = np.full(500, np.nan)
    gone = Table.from_columns(columns, {"age": "FLOAT"})
    scale = scale_of(reference, gone, (), ("share",))
    assert scale.names == ("age", "income")
    assert (scaled_rows(gone, scale)[:, 0] == 0).all()
    judged = NoveltyCheck(columns=("income",)).judge(seen(0, gone, reference), {})
    assert judged.memory["columns"] == ["income"]
    assert judged.verdict.ok


def test_a_new_version_begins_anew() -> None:
    reference, _ = rows(0, 900)
    check = NoveltyCheck()
    one = check.judge(seen(0, rows(1, 300)[0], reference), {})
    two = check.judge(seen(1, rows(2, 300)[0], reference, version="2"), one.memory)
    assert two.memory["version"] == "2"
    # A third of the reference has been tried, and the window.
    assert two.memory["detector"]["items"] == 300 + 300  # type: ignore[index, call-overload]


def test_where_nothing_can_be_said_it_is_said() -> None:
    reference, _ = rows(0, 900)
    check = NoveltyCheck()
    few, _ = rows(1, 50)
    cases = [
        (seen(0, few, reference), "TOO_FEW_ROWS"),
        (seen(0, rows(1, 500)[0], None), "NO_REFERENCE"),
        (seen(0, rows(1, 500)[0], few), "NO_REFERENCE"),
        (seen(0, Table.from_columns({"word": ["x"] * 500}), reference), "NO_NUMBERS"),
    ]
    for window, code in cases:
        judged = check.judge(window, {"version": "1"} if code == "TOO_FEW_ROWS" else {})
        assert judged.verdict.ok
        assert [reason.code for reason in judged.verdict.reasons] == [code]


def test_it_says_nothing_twice_in_a_large_window() -> None:
    reference, _ = rows(0, 900)
    judged = NoveltyCheck().judge(seen(0, rows(1, 30_000)[0], reference), {})
    assert judged.verdict.details == {"rows": 30_000, "looked_at": 20_000}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "kmeans"}, "method is 'kmeans'"),
        ({"rise": 1.5}, "rise is 1.5"),
        ({"least_rows": 0}, "least_rows is 0"),
        ({"settings": {"sleeping": 3}}, "minas has no setting 'sleeping'"),
        ({"settings": {"radius": -1}}, "radius is -1"),
        ({"settings": {"radius": "wide"}}, "the settings of minas do not fit"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        NoveltyCheck(**options)
    assert message in error.value.found
