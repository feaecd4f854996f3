"""Every finding of skew has a window that raises it and one that does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr

from mainspring.core.errors import InputError
from mainspring.data import Schema, Table, TableStatistics, infer, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.skew import SkewCheck
from mainspring.monitoring.ports import Check
from mainspring.monitoring.profiles.history import FigureHistory
from mainspring.monitoring.seen import Judged, Seen
from mainspring.monitoring.skew import Material, changes_since, relate
from mainspring.monitoring.windows import Window

HOUR = 3600.0
Columns = dict[str, npt.NDArray[Any]]


def asked(rows: int, seed: int) -> Columns:
    """Trips as they were learned from: how long, how far, how paid, from where, by whom."""
    chance = np.random.default_rng(seed)
    return {
        "minutes": chance.gamma(3.0, 6.0, rows),
        "miles": np.where(chance.random(rows) < 0.02, np.nan, chance.gamma(2.0, 2.0, rows)),
        "stops": chance.integers(0, 12, rows).astype(np.float64),
        "payment": chance.choice(np.array(["Cash", "Card", "Other"], dtype=object), rows, p=[0.5, 0.45, 0.05]),
        "zone": chance.choice(np.array(["north", "south", "west"], dtype=object), rows),
        "score": chance.random(rows),
        "customer": chance.integers(0, 40, rows).astype(np.float64),
    }


def with_answers(columns: Columns, *, seed: int = 0, known: float = 0.0) -> Columns:
    """The same with answers of a model, and the truth of some."""
    chance = np.random.default_rng(seed + 100)
    miles = np.nan_to_num(columns["miles"], nan=3.0).astype(np.float64)
    signal = 0.12 * (np.asarray(columns["minutes"], np.float64) - 18) + 0.3 * (miles - 4)
    signal = signal + 1.0 * (columns["payment"] == "Card")
    yes = 1 / (1 + np.exp(-signal))
    rows = len(yes)
    found: Columns = {
        **columns,
        "output.label": np.where(yes > 0.5, "yes", "no").astype(object),
        "output.probability.no": 1 - yes,
        "output.probability.yes": yes,
    }
    if known:
        truth = np.where(chance.random(rows) < yes, "yes", "no").astype(object)
        truth[chance.random(rows) >= known] = None
        found["feedback.truth"] = truth
    return found


def table(columns: Mapping[str, npt.NDArray[Any]], *, number: int = 0) -> Table:
    rows = len(next(iter(columns.values())))
    times = HOUR * number + np.linspace(0, HOUR - 1, rows)
    lists = {name: [None if one != one else one for one in values.tolist()] for name, values in columns.items()}
    return Table.from_columns(
        {**lists, "request.time": times.tolist(), "request.row": [0] * rows},
        {name: "INT" for name in ("stops", "customer") if columns[name].dtype != object},
    )


def described(rows: Table) -> TableStatistics:
    kept = [name for name in rows.names if not name.startswith(("feedback.", "request."))]
    return summarize({"rows": rows.select(kept)}).split("rows")


TRAINED = summarize({"train": table(asked(6000, 1)).drop(["request.time", "request.row"])})
SCHEMA = infer(TRAINED, label="minutes")
SCHEMA = replace(SCHEMA, label=None, features={n: replace(f, absent_in=()) for n, f in SCHEMA.features.items()})
SCHEMA = replace(SCHEMA, features={**SCHEMA.features, "stops": replace(SCHEMA.features["stops"], min=0, max=20)})
REFERENCE = Reference(
    statistics=TRAINED.split("train"), schema=SCHEMA, rows=table(with_answers(asked(3000, 2), known=1.0))
)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Judged]:
    """What the check says of a window, by its columns."""

    def judge(
        columns: Columns,
        *,
        before: Columns | None = None,
        reference: Reference = REFERENCE,
        memory: Mapping[str, Any] | None = None,
        number: int = 1,
        **options: Any,
    ) -> Judged:
        return SkewCheck(**options).judge(
            _seen(columns, tmp_path, previous=before, reference=reference, number=number), memory or {}
        )

    return judge


def _seen(
    columns: Columns, folder: Path, *, previous: Columns | None, reference: Reference, number: int = 1
) -> Seen:
    rows = table(columns, number=number)
    window = Window(
        since=HOUR * number, until=HOUR * (number + 1), table=rows, requests=rows.num_rows, errors=0, complete=True
    )
    return Seen(
        model="trips",
        version="1.0.0",
        window=window,
        statistics=described(rows),
        reference=reference,
        previous=None if previous is None else described(table(previous)),
        history=FigureHistory(folder),
    )


def usual(seed: int = 10, rows: int = 1500) -> Columns:
    return with_answers(asked(rows, seed), seed=seed)


def codes(judged: Judged) -> set[tuple[str, str | None]]:
    return {(one.code, one.subject) for one in judged.verdict.failures}


def test_it_is_a_check():
    check: Check = SkewCheck()
    assert check.name == "skew"
    with pytest.raises(InputError, match="lag of 0"):
        SkewCheck(lag=0)
    with pytest.raises(InputError, match=r"relation: 1\.5"):
        SkewCheck(relation=1.5)
    with pytest.raises(InputError, match="budget"):
        SkewCheck(false_alarms="sometimes")


@pytest.mark.parametrize("seed", range(20, 32))
def test_usual_windows_have_no_finding(judged, seed):
    found = judged(
        with_answers(asked(900, seed), seed=seed, known=0.5), before=usual(seed + 500), keys=("customer",)
    )
    assert found.verdict.ok, [one.message for one in found.verdict.failures]
    assert found.figures["missing.miles"].value == pytest.approx(0.02, abs=0.02)
    figure = found.figures["relation.minutes"]
    assert figure.low < figure.value < figure.high


def changed(**values: Any) -> Columns:
    """A usual window with some columns made otherwise: by a function of all columns."""
    columns = asked(1500, 11)
    for name, change in values.items():
        columns[name] = change(columns)
    return with_answers(columns, seed=11)


def holes(share: float) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(5).random(1500) < share


FINDINGS: dict[str, tuple[str, str, Columns]] = {
    "nothing there": ("FEATURE_UNAVAILABLE", "zone", changed(zone=lambda _: np.full(1500, None, dtype=object))),
    "holes": ("MISSING_VALUES", "stops", changed(stops=lambda c: np.where(holes(0.2), np.nan, c["stops"]))),
    "zeros": ("DENSE_TO_SPARSE", "miles", changed(miles=lambda c: np.where(holes(0.7), 0.0, c["miles"]))),
    "a default": ("DENSE_TO_SPARSE", "stops", changed(stops=lambda c: np.where(holes(0.8), 7.0, c["stops"]))),
    "mostly missing": (
        "DENSE_TO_SPARSE",
        "score",
        changed(score=lambda c: np.where(holes(0.8), np.nan, c["score"])),
    ),
    "kilometres": ("UNIT_CHANGED", "miles", changed(miles=lambda c: 1.609344 * c["miles"])),
    "seconds": ("UNIT_CHANGED", "minutes", changed(minutes=lambda c: 60.0 * c["minutes"])),
    "one value": ("STALE_FEATURE", "score", changed(score=lambda _: np.full(1500, 0.25))),
    "words": ("TYPE_CHANGED", "stops", changed(stops=lambda c: np.where(holes(0.9), "a few", "1").astype(object))),
    "a new word": (
        "NEW_VALUES",
        "payment",
        changed(payment=lambda c: np.where(holes(0.3), "Bitcoin", c["payment"]).astype(object)),
    ),
    "out of range": ("OUT_OF_RANGE", "stops", changed(stops=lambda c: np.where(holes(0.01), 99.0, c["stops"]))),
    "upper case": (
        "WRITTEN_OTHERWISE",
        "zone",
        changed(zone=lambda c: np.array([one.upper() for one in c["zone"]], dtype=object)),
    ),
    "whole numbers": ("ROUNDED", "minutes", changed(minutes=lambda c: np.round(c["minutes"]))),
}


@pytest.mark.parametrize("name", list(FINDINGS))
def test_a_finding_has_its_code(judged, name):
    code, subject, columns = FINDINGS[name]
    found = judged(columns)
    assert (code, subject) in codes(found), [str(one) for one in found.verdict.failures]
    reason = next(one for one in found.verdict.failures if (one.code, one.subject) == (code, subject))
    assert repr(subject) in reason.message


def test_a_dropped_column_is_found_in_the_first_window(judged):
    columns = {name: values for name, values in usual().items() if name != "zone"}
    assert ("FEATURE_UNAVAILABLE", "zone") in codes(judged(columns))
    few = judged({name: values[:20] for name, values in columns.items()})
    assert codes(few) == {("FEATURE_UNAVAILABLE", "zone")}
    assert "TOO_FEW_ROWS" in {one.code for one in few.verdict.reasons}
    assert judged({name: values[:20] for name, values in usual().items()}).verdict.ok
    assert judged(columns, exclude=("zone",)).verdict.ok


def test_a_renamed_and_a_new_column(judged):
    columns = usual()
    columns["area"] = columns.pop("zone")
    assert ("COLUMN_RENAMED", "zone, area") in codes(judged(columns))
    more = judged({**usual(), "extra": np.arange(1500.0)})
    assert more.verdict.ok
    assert ("NEW_COLUMN", "extra") in {(one.code, one.subject) for one in more.verdict.reasons}


def test_swapped_columns(judged):
    columns = asked(1500, 12)
    columns["minutes"], columns["score"] = columns["score"], columns["minutes"]
    assert ("COLUMNS_SWAPPED", "minutes, score") in codes(judged(with_answers(columns)))


def test_gaps_that_are_filled():
    chance = np.random.default_rng(0)
    before = chance.integers(0, 100, 2000).astype(np.float64)
    gaps = chance.random(2000) < 0.2
    filled = [np.where(gaps, fill, before) for fill in (np.nan, -1.0)]
    lists = [[None if one != one else one for one in values.tolist()] for values in filled]
    sides = [summarize({"rows": Table.from_columns({"gap": values})}).split("rows") for values in lists]
    [found] = [one for one in changes_since(*sides, since="training") if not one.ok]
    assert (found.code, found.subject) == ("DEFAULT_FILLED", "gap")


def test_the_window_before_tells_what_training_does_not(judged):
    # Trained on trips with and without a zone: what is unusual is that none has one from one hour to the next.
    columns = usual()
    sparse = Schema(features={name: replace(one, presence=0.0) for name, one in SCHEMA.features.items()})
    trained = asked(6000, 1)
    trained["zone"] = np.where(np.random.default_rng(1).random(6000) < 0.5, None, trained["zone"])
    statistics = summarize({"train": table(trained).drop(["request.time", "request.row"])}).split("train")
    reference = Reference(statistics=statistics, schema=sparse, rows=REFERENCE.rows)
    now = {**columns, "zone": np.where(holes(0.45), None, columns["zone"])}
    assert ("DENSE_TO_SPARSE", "zone") in codes(judged(now, before=usual(77), reference=reference))
    assert judged(now, before=usual(77), reference=reference, previous=False).verdict.ok
    assert "NO_PREVIOUS" in {one.code for one in judged(now, reference=reference).verdict.reasons}


def test_the_values_of_the_window_before_again(judged):
    columns = usual()
    again = {**usual(99), "minutes": columns["minutes"]}
    found = judged(again, before=columns)
    assert ("STALE_FEATURE", "minutes") in codes(found)
    assert codes(judged(usual(99), before=columns)) == set()


def clocked(number: int, *, stopped_at: int | None = None, behind: float = 60.0) -> Columns:
    """A window whose column ``read`` is the moment at which something was read, a little before the request."""
    columns = usual(seed=200 + number, rows=300)
    moment = HOUR * (number if stopped_at is None else min(number, stopped_at)) + np.linspace(0, HOUR - 1, 300)
    if stopped_at is not None and number > stopped_at:
        moment = np.full(300, moment[-1]) - np.linspace(100, 0, 300)
    stamps = np.datetime64("1970-01-01", "s") + (moment - behind).astype("timedelta64[s]")
    columns["read"] = np.array([str(one) for one in stamps], dtype=object)
    return columns


def watched(folder: Path, windows: list[Columns], judged_twice: int | None = None) -> list[Judged]:
    """The check over windows one after the other."""
    trained = {**asked(2000, 1), "read": clocked(0)["read"][np.arange(2000) % 300]}
    rows = table(trained).drop(["request.time", "request.row"])
    rows = Table.from_columns(rows.to_columns(), {"read": "TIMESTAMP", "stops": "INT"})
    reference = Reference(statistics=summarize({"train": rows}).split("train"))
    found: list[Judged] = []
    for number, columns in enumerate(windows):
        seen = _seen(columns, folder, previous=None, reference=reference, number=number)
        typed = Table.from_columns(seen.window.table.to_columns(), {"read": "TIMESTAMP", "stops": "INT"})
        seen = replace(seen, window=replace(seen.window, table=typed), statistics=described(typed))
        found.append(SkewCheck().judge(seen, found[-1].memory if found else {}))
        if number == judged_twice:
            found[-1] = SkewCheck().judge(seen, found[-1].memory)
    return found


def test_a_clock_that_stopped(tmp_path):
    found = watched(tmp_path, [clocked(number, stopped_at=5) for number in range(8)])
    assert [("STALE_FEATURE", "read") in codes(one) for one in found] == [False] * 6 + [True] * 2
    assert found[6].memory["clocks"]["read"]["streak"] >= 3


def test_a_window_that_is_judged_again_moves_no_clock(tmp_path):
    windows = [clocked(number) for number in range(5)]
    found = watched(tmp_path, windows)
    again = watched(tmp_path, windows, judged_twice=4)
    assert [codes(one) for one in again] == [codes(one) for one in found]
    assert again[-1].memory == found[-1].memory


def test_a_clock_that_lags(tmp_path):
    windows = [clocked(number) for number in range(6)] + [clocked(number, behind=7300.0) for number in range(6, 8)]
    found = watched(tmp_path, windows)
    assert [("LAGGING_FEATURE", "read") in codes(one) for one in found[:6]] == [False] * 6
    assert [("LAGGING_FEATURE", "read") in codes(one) for one in found[6:]] == [True] * 2


@pytest.mark.parametrize("kept", [True, False])
def test_a_prediction_that_is_always_the_same(judged, kept):
    columns = usual()
    columns["output.probability.yes"] = np.full(1500, 0.4)
    columns["output.probability.no"] = np.full(1500, 0.6)
    reference = REFERENCE if kept else replace(REFERENCE, rows=None)
    found = judged(columns, reference=reference)
    assert ("CONSTANT_PREDICTION", "output.probability.yes") in codes(found)
    assert judged(usual(), reference=reference).verdict.ok
    assert ("NO_REFERENCE_ROWS" in {one.code for one in found.verdict.reasons}) is not kept


def test_an_answer_that_takes_the_place_of_others(judged):
    columns = usual()
    columns["output.label"] = np.full(1500, "no", dtype=object)
    assert ("CONSTANT_PREDICTION", "output.label") in codes(judged(columns))


def test_an_input_that_hangs_together_otherwise(judged):
    columns = usual()
    columns["minutes"] = np.random.default_rng(3).permutation(columns["minutes"])
    found = judged(columns)
    assert codes(found) == {("RELATION_CHANGED", "minutes")}
    figure = found.figures["relation.minutes"]
    assert figure.value == pytest.approx(0.0, abs=0.1)


def test_relations_are_spearmans(tmp_path):
    columns = usual()
    seen = _seen(columns, tmp_path, previous=None, reference=REFERENCE)
    found = {one.column: one for one in relate(Material.of(seen))}
    expected = spearmanr(columns["minutes"], columns["output.probability.yes"]).statistic
    assert found["minutes"].after == pytest.approx(expected)
    assert found["minutes"].score == "output.probability.yes"
    by_word = {
        word: columns["output.probability.yes"][columns["payment"] == word].mean() for word in ("Cash", "Card")
    }
    assert by_word["Card"] > by_word["Cash"]
    assert found["payment"].after > 0.2
    assert found["minutes"].p_value <= found["minutes"].adjusted_p


def looped(rows: int = 1500, *, share: float = 1.0) -> Columns:
    """Windows in which a customer's score is the probability that was answered the time before."""
    columns = with_answers(asked(rows, 44))
    last: dict[float, float] = {}
    chance = np.random.default_rng(4).random(rows)
    for row in range(rows):
        customer = float(columns["customer"][row])
        if customer in last and chance[row] < share:
            columns["score"][row] = last[customer]
        last[customer] = float(columns["output.probability.yes"][row])
    return columns


def test_an_answer_that_comes_back_as_an_input(judged):
    found = judged(looped(), keys=("customer",))
    assert ("FEEDBACK_LOOP", "score") in codes(found)
    assert ("FEEDBACK_LOOP", "score") in codes(judged(looped(share=0.5), keys=("customer",)))
    # Without the key it cannot be followed; without a loop there is none.
    assert judged(looped()).verdict.ok
    assert judged(usual(44), keys=("customer",)).verdict.ok


def test_an_answer_that_steers_an_input(judged):
    columns = looped()
    columns["score"] = 1 - 0.8 * columns["score"] + np.random.default_rng(0).normal(0, 0.05, 1500)
    found = judged(columns, keys=("customer",))
    assert ("FEEDBACK_LOOP", "score") in codes(found)
    [reason] = [one for one in found.verdict.failures if one.code == "FEEDBACK_LOOP"]
    assert reason.observed < -0.5


def test_what_an_entity_keeps_is_no_loop(judged):
    # A customer's own tariff decides its answers, and so hangs together with the answers of before.
    columns = asked(1500, 45)
    tariff = np.random.default_rng(1).random(40)
    columns["minutes"] = 10 + 20 * tariff[columns["customer"].astype(int)]
    columns["score"] = tariff[columns["customer"].astype(int)]
    found = judged(with_answers(columns), keys=("customer",))
    assert not [one for one in found.verdict.failures if one.code == "FEEDBACK_LOOP"]


def test_keys_that_are_not_there_and_few_pairs(judged):
    reasons = {one.code: one for one in judged(usual(), keys=("who",)).verdict.reasons}
    assert reasons["NO_KEYS"].ok
    alone = {**usual(), "customer": np.arange(1500.0)}
    assert "TOO_FEW_PAIRS" in {one.code for one in judged(alone, keys=("customer",)).verdict.reasons}


def test_truth_that_is_what_was_answered(judged):
    columns = usual()
    truth = columns["output.label"].copy()
    truth[::2] = None
    columns["feedback.truth"] = truth
    assert codes(judged(columns)) == {("TRUTH_IS_THE_ANSWER", "feedback.truth")}
    assert judged(with_answers(asked(1500, 10), known=0.5)).verdict.ok


def test_rows_that_show_it(judged):
    columns = usual()
    columns["stops"] = columns["stops"].copy()
    columns["stops"][[7, 700]] = 99.0
    found = judged(columns)
    assert list(found.rows) == [7, 700]
    assert judged(usual()).rows == []


def test_without_a_schema(judged):
    found = judged(usual(), reference=replace(REFERENCE, schema=None))
    assert found.verdict.ok
    assert "NO_SCHEMA" in {one.code for one in found.verdict.reasons}


def test_the_memory_is_plain_json(judged):
    first = judged(usual())
    assert json.loads(json.dumps(first.memory)) == dict(first.memory)
    assert judged(usual(11), memory=first.memory) == judged(usual(11), memory=first.memory)
