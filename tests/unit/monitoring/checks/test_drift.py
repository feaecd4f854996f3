import json
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.unit.monitoring.checks.watched import HOUR, codes, failed, profile, reference, run, seen

from mainspring.core import InputError
from mainspring.data import ColumnType, Table
from mainspring.monitoring.checks.drift import DriftCheck


def rows(seed: int, count: int, *, shift: float = 0.0, cash: float = 0.5, tip: float = 0.1) -> Table:
    random = np.random.default_rng(seed)
    return Table.from_columns(
        {
            "fare": random.normal(10 + shift, 1, count),
            "payment": np.where(random.random(count) < cash, "cash", "card").astype(object),
            "tip": np.where(random.random(count) < 0.8, 0.0, random.exponential(size=count)),
            "note": np.where(random.random(count) < tip, None, "x").astype(object),
        }
    )


KNOWN = reference(rows(0, 20_000))
ALONE = {"l_infinity": 0.0, "jensen_shannon": 0.0, "missing": 0.0}


def test_rows_like_those_of_training_do_not_alarm() -> None:
    found = run(DriftCheck(), [seen(rows(hour + 1, 300), KNOWN, hour=hour) for hour in range(12)])
    assert all(one.verdict.ok for one in found)
    assert codes(found[-1]) == dict.fromkeys(("fare", "payment", "tip", "note"), "NO_DRIFT")
    assert found[-1].figures["fare"].most == 0.03
    assert found[-1].figures["payment"].value < 0.1


def test_what_moved_is_named_with_its_figure_limit_and_rows() -> None:
    window = seen(rows(1, 500, cash=0.8), KNOWN)
    judged = DriftCheck().judge(window, {})
    [reason] = judged.verdict.failures
    assert (reason.subject, reason.code, reason.expected) == ("payment", "DRIFT", 0.1)
    assert reason.observed == pytest.approx(0.3, abs=0.05)
    assert judged.figures["payment"].value == reason.observed
    assert {window.window.table.column("payment")[place] for place in judged.rows} == {"cash"}
    assert judged.verdict.details["rows"] == 500


@pytest.mark.parametrize(
    ("change", "name"),
    [({"shift": 1.0}, "fare"), ({"cash": 0.2}, "payment"), ({"tip": 0.6}, "note")],
)
def test_each_kind_of_column_is_seen_in_the_first_window(change: dict[str, float], name: str) -> None:
    assert failed(DriftCheck().judge(seen(rows(2, 200, **change), KNOWN), {})) == [name]


def test_a_shift_too_small_for_one_window_shows_in_several() -> None:
    small = [seen(rows(hour + 50, 60, shift=0.5), KNOWN, hour=hour) for hour in range(24)]
    together = run(DriftCheck(least_rows=50), small)
    first = next(place for place, one in enumerate(together) if "fare" in failed(one))
    [reason] = together[first].verdict.failures
    assert "over the last" in reason.message
    # The distance of each window alone is charted all the same.
    assert together[first].figures["fare"].value != reason.observed
    single = run(DriftCheck(least_rows=50, together=(1,)), small)
    assert sum(not one.verdict.ok for one in together) > sum(not one.verdict.ok for one in single)


def test_windows_that_are_too_small_alone_are_judged_together() -> None:
    found = run(DriftCheck(), [seen(rows(hour, 30, cash=0.95), KNOWN, hour=hour) for hour in range(8)])
    assert codes(found[0]) == {None: "TOO_FEW_ROWS"}
    assert found[0].verdict.ok
    assert failed(found[4]) == ["payment"]


def test_an_alarm_ends_with_the_windows_it_was_about() -> None:
    windows = [seen(rows(h, 300, cash=0.9 if 3 <= h < 6 else 0.5), KNOWN, hour=h) for h in range(12)]
    assert [one.verdict.ok for one in run(DriftCheck(), windows)] == [True] * 3 + [False] * 3 + [True] * 6


def test_a_window_that_is_judged_again_gives_the_same_answer() -> None:
    windows = [seen(rows(hour, 200, shift=0.3), KNOWN, hour=hour) for hour in range(6)]
    check = DriftCheck(usual=ALONE)
    last = run(check, windows)[-1]
    again = check.judge(windows[-1], json.loads(json.dumps(last.memory)))
    assert again.verdict == last.verdict
    assert again.memory == last.memory


def test_another_version_begins_anew() -> None:
    check = DriftCheck()
    memory = check.judge(seen(rows(1, 200), KNOWN), {}).memory
    later = check.judge(seen(rows(2, 200), KNOWN, hour=1, version="2"), memory).memory
    assert len(memory["windows"]) == len(later["windows"]) == 1


def test_limits_per_column_and_columns_left_out() -> None:
    window = seen(rows(1, 500, cash=0.8, shift=1), KNOWN)
    assert failed(DriftCheck(limits={"payment": {"l_infinity": 0.5}}).judge(window, {})) == ["fare"]
    assert failed(DriftCheck(exclude=("fare",)).judge(window, {})) == ["payment"]
    measured = DriftCheck(limits={"fare": {}}, exclude=("payment",)).judge(window, {})
    assert codes(measured)["fare"] == "NO_LIMIT"
    assert measured.verdict.ok
    far = DriftCheck(limits={"fare": {"wasserstein": 2.0}}, exclude=("payment",)).judge(window, {})
    assert far.verdict.ok
    assert far.figures["fare"].value == pytest.approx(1.0, abs=0.1)


def test_a_lenient_budget_alarms_sooner_than_a_strict_one() -> None:
    window = seen(rows(1, 500, shift=0.15), KNOWN)
    assert DriftCheck(usual=ALONE, false_alarms="1 per 365d").judge(window, {}).verdict.ok
    assert failed(DriftCheck(usual=ALONE, false_alarms="12 per 1d").judge(window, {})) == ["fare"]


def test_a_share_of_false_alarms_is_a_budget_too() -> None:
    check = DriftCheck(false_alarms="5%")
    windows = [seen(rows(h, 300, cash=0.9 if h % 5 == 4 else 0.5), KNOWN, hour=h) for h in range(15)]
    found = run(check, windows)
    assert [h for h, one in enumerate(found) if not one.verdict.ok] == [4, 9, 14]
    assert found[-1].memory["control"]["found"] == [5, 10, 15]
    json.dumps(found[-1].memory, allow_nan=False)


def test_what_was_dropped_renamed_or_changed_its_type_is_told_in_the_first_window() -> None:
    known = reference(rows(0, 5_000), rows=rows(1, 100))
    served = rows(2, 200)
    without = Table.from_columns({**served.drop(["tip"]).to_columns(), "tips": [0.0] * 200})
    judged = DriftCheck().judge(seen(without, known), {})
    assert failed(judged) == ["tip"]
    assert codes(judged)["tip"] == "DROPPED"
    assert codes(judged)["tips"] == "NOT_TRAINED"
    texts = Table.from_columns({**served.drop(["fare"]).to_columns(), "fare": ["ten"] * 200})
    assert codes(DriftCheck().judge(seen(texts, known), {}))["fare"] == "TYPE_CHANGED"
    # A column of the training that the model was never asked with is not missed.
    fewer = reference(rows(0, 5_000), rows=rows(1, 100).drop(["tip"]))
    told = DriftCheck().judge(seen(served.drop(["tip"]), fewer), {})
    assert told.verdict.ok
    assert codes(told)["tip"] == "NOT_SERVED"


def test_odd_columns_have_an_answer() -> None:
    count = 300
    random = np.random.default_rng(0)
    trained = Table.from_columns(
        {
            "void": [None] * 5_000,
            "same": [1.0] * 5_000,
            "wide": np.where(random.random(5_000) < 0.01, np.inf, random.normal(size=5_000)),
            "a.b": random.normal(size=5_000),
            "word": ["a"] * 5_000,
        },
        types={"void": ColumnType.FLOAT},
    )
    known = reference(trained)
    usual = {
        "void": [None] * count,
        "same": [1.0] * count,
        "wide": random.normal(size=count),
        "a.b": random.normal(size=count),
        "word": ["a"] * count,
    }
    quiet = DriftCheck().judge(seen(Table.from_columns(usual, types={"void": ColumnType.FLOAT}), known), {})
    assert quiet.verdict.ok
    assert set(quiet.figures) == set(usual)
    lost = {name: [None] * count for name in usual}
    assert sorted(failed(DriftCheck().judge(seen(Table.from_columns(lost), known), {}))) == [
        "a.b", "same", "wide", "word",
    ]  # fmt: skip
    odd = {
        "void": [1.0] * count,
        "same": [2.0] * count,
        "wide": [np.inf, -np.inf, np.nan] * (count // 3),
        "a.b": [1e300, -1e300, 5e-324] * (count // 3),
        "word": [f"new{place}" for place in range(count)],
    }
    assert sorted(failed(DriftCheck().judge(seen(Table.from_columns(odd), known), {}))) == sorted(usual)


def test_an_empty_window_says_so() -> None:
    judged = DriftCheck().judge(seen(rows(1, 0), KNOWN), {})
    assert judged.verdict.ok
    assert codes(judged) == {None: "TOO_FEW_ROWS"}


def test_points_in_time_move_on_without_an_alarm_but_may_not_get_lost() -> None:
    def days(year: int, share: float) -> Table:
        stamps = [f"{year}-{1 + place % 12:02}-01T00:00:00" for place in range(600)]
        cells = [None if place < 600 * share else stamp for place, stamp in enumerate(stamps)]
        return Table.from_columns({"at": cells}, types={"at": ColumnType.TIMESTAMP})

    known = reference(days(2025, 0.0))
    moved = DriftCheck().judge(seen(days(2026, 0.0), known), {})
    assert moved.verdict.ok
    assert failed(DriftCheck().judge(seen(days(2026, 0.5), known), {})) == ["at"]
    own = DriftCheck(limits={"at": {"kolmogorov_smirnov": 0.5}}).judge(seen(days(2026, 0.0), known), {})
    assert failed(own) == ["at"]


def test_drift_inside_a_slice_is_seen_where_it_is_asked_for() -> None:
    def traffic(seed: int, count: int, shift: float) -> Table:
        random = np.random.default_rng(seed)
        town = random.choice(["a", "b", "c", "d"], size=count)
        # One town rises, the others fall by a third of that: all rows together have the mean that they had.
        moved = np.where(town == "a", shift, -shift / 3)
        fare = random.normal(0, 3, count) + moved
        return Table.from_columns({"town": town.astype(object), "fare": fare})

    known = reference(traffic(0, 10_000, 0.0), rows=traffic(1, 10_000, 0.0))
    window = seen(traffic(2, 2_000, 3.0), known, slices=("town",))
    check = DriftCheck(slices=True)
    assert "fare" not in failed(DriftCheck().judge(window, {}))
    assert "fare | town=a" in failed(check.judge(window, {}))
    assert check.judge(seen(traffic(3, 2_000, 0.0), known, slices=("town",)), {}).verdict.ok
    assert "fare|town=a" in check.judge(window, {}).figures


def test_against_the_window_before() -> None:
    check = DriftCheck(against="previous")
    assert codes(check.judge(seen(rows(1, 200), KNOWN), {})) == {None: "NOTHING_TO_COMPARE"}
    before = profile(rows(1, 500, shift=3))
    assert check.judge(seen(rows(2, 500, shift=3), KNOWN, previous=before), {}).verdict.ok
    assert failed(check.judge(seen(rows(2, 500), KNOWN, previous=before), {})) == ["fare"]


def test_against_the_same_hour_of_that_weekday() -> None:
    # Mondays at noon are dear; the training, and every other hour, knows nothing of that.
    monday = datetime(2026, 11, 16, 12, tzinfo=UTC).timestamp()
    asked = []

    def earlier(since: float, until: float) -> object:
        asked.append((since, until))
        return profile(rows(int(since) % 1_000, 400, shift=2)) if since > monday - 15 * 86_400 else None

    check = DriftCheck(against="weekday")
    hour = int(monday / HOUR)
    dear = seen(rows(5, 400, shift=2), KNOWN, hour=hour, earlier=earlier)
    assert failed(DriftCheck().judge(dear, {})) == ["fare"]
    assert check.judge(dear, {}).verdict.ok
    assert failed(check.judge(seen(rows(5, 400), KNOWN, hour=hour, earlier=earlier), {})) == ["fare"]
    weeks = [7 * 86_400.0 * back for back in (4, 3, 2, 1)]
    assert asked[:4] == [(monday - week, monday + HOUR - week) for week in weeks]
    assert codes(check.judge(seen(rows(5, 400), KNOWN), {})) == {None: "NOTHING_TO_COMPARE"}


def test_two_hundred_columns_of_many_rows_are_judged() -> None:
    random = np.random.default_rng(0)
    columns = {f"x{place}": random.normal(size=5_000) for place in range(200)}
    known = reference(Table.from_columns(columns))
    moved = {name: values + (name == "x7") for name, values in columns.items()}
    assert failed(DriftCheck().judge(seen(Table.from_columns(moved), known), {})) == ["x7"]


@pytest.mark.parametrize(
    "options",
    [
        {"false_alarms": "often"},
        {"against": "tomorrow"},
        {"together": (6,)},
        {"together": (1, 0)},
        {"least_rows": 0},
        {"limits": {"fare": {"nearness": 0.1}}},
        {"limits": {"fare": {"psi": -1.0}}},
        {"usual": {"psi": True}},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        DriftCheck(**options)


def test_slices_of_very_many_rows_are_looked_at_in_blocks() -> None:
    random = np.random.default_rng(0)

    def traffic(shift: float) -> Table:
        town = np.where(np.arange(45_000) % 2, "a", "b")
        return Table.from_columns({"town": town.astype(object), "fare": random.normal(0, 1, 45_000) + shift})

    known = reference(traffic(0.0).rows(0, 5_000), rows=traffic(0.0))
    judged = DriftCheck(slices=True).judge(seen(traffic(1.0), known, slices=("town",)), {})
    assert set(failed(judged)) == {"fare", "fare | town=a", "fare | town=b"}


def test_that_nothing_can_be_compared_is_said() -> None:
    answered = Table.from_columns({"output.label": ["a"] * 200})
    judged = DriftCheck().judge(seen(answered, reference(answered)), {})
    assert [one.code for one in judged.verdict.reasons] == ["NOTHING_TO_COMPARE"]
