import json

import numpy as np
import pytest

from mainspring.data.comparison import benjamini_hochberg
from mainspring.monitoring.correction import Counts, Memory, Spending, assess, exact_p_values

REFERENCE = np.array([5_000.0, 5_000.0])


def table(*window: float) -> Counts:
    return Counts(reference=REFERENCE, window=np.array(window))


def test_all_tables_are_corrected_together() -> None:
    tables = {"a": table(20, 80), "b": table(50, 50), "c": table(35, 65)}
    found = assess(tables)
    plain = exact_p_values([REFERENCE] * 3, [[20, 80], [50, 50], [35, 65]], [0, 0, 0]).tolist()
    assert [found[name][0].p_value for name in tables] == plain
    assert [found[name][0].adjusted_p for name in tables] == benjamini_hochberg(plain)


def test_what_one_window_cannot_tell_several_can() -> None:
    before = [{"a": [42, 58]}] * 5
    [alone, pooled] = assess({"a": table(42, 58)}, before, together=(1, 6))["a"]
    assert (alone.windows, pooled.windows) == (1, 6)
    assert pooled.counts.tolist() == [252, 348]
    assert alone.p_value > 0.1
    assert pooled.p_value < 1e-3


def test_few_rows_are_judged_when_there_are_enough_windows() -> None:
    assert assess({"a": table(1, 9)}, (), together=(1, 6), least_rows=30) == {"a": []}
    [pooled] = assess({"a": table(1, 9)}, [{"a": [1, 9]}] * 5, together=(1, 6), least_rows=30)["a"]
    assert pooled.windows == 6


def test_counts_of_other_bins_are_not_added_up() -> None:
    [alone] = assess({"a": table(42, 58)}, [{"a": [1, 2, 3]}, {"b": [1, 2]}], together=(1, 6))["a"]
    assert alone.windows == 1


def test_memory_keeps_the_last_windows_and_judges_none_twice() -> None:
    spending = Spending.of("1 per 30d", {})
    memory: dict = {}
    for hour in range(4):
        known = Memory.of(memory, "one")
        memory = json.loads(json.dumps(known.after(hour, {"a": table(hour, 1)}, most=2, spending=spending)))
    known = Memory.of(memory, "one")
    assert known.before(4.0) == [{"a": [2, 1]}, {"a": [3, 1]}]
    # The last window is judged again: its own counts are not held against it, and are replaced.
    assert known.before(3.0) == [{"a": [2, 1]}]
    memory = known.after(3.0, {"a": table(9, 9)}, most=2, spending=spending)
    assert Memory.of(memory, "one").before(9.0) == [{"a": [2, 1]}, {"a": [9, 9]}]
    # Another version begins anew.
    assert Memory.of(memory, "two").before(9.0) == []


def test_what_alarmed_already_is_not_counted_again() -> None:
    known = Memory.of({}, "one")
    tables = {"a": table(1, 2), "b": table(3, 4)}
    spending = Spending.of("1 per 30d", {})
    memory = known.after(0.0, tables, most=3, spending=spending, without=frozenset({"a"}))
    assert Memory.of(memory, "one").before(1.0) == [{"b": [3, 4]}]
    assert known.after(0.0, tables, most=0, spending=spending)["windows"] == []


@pytest.mark.parametrize("alone", [True, False])
def test_chance_alone_stays_at_the_level_although_windows_overlap_and_share_a_reference(alone: bool) -> None:
    random = np.random.default_rng(1)
    level, windows, columns, alarms = 0.2, 60, 5, 0
    for _ in range(10):
        references = random.multinomial(2_000, [0.1] * 10, size=columns).astype(float)
        before: list[dict[str, list[float]]] = []
        for _ in range(windows):
            drawn = random.multinomial(200, [0.1] * 10, size=columns).astype(float)
            tables = {
                str(place): Counts(reference=references[place], window=drawn[place], ordered=10)
                for place in range(columns)
            }
            found = assess(tables, before, together=(1,) if alone else (1, 4, 12))
            alarms += any(one.adjusted_p <= level for done in found.values() for one in done)
            before.append({name: one.window.tolist() for name, one in tables.items()})
    expected = level * windows * 10
    # On average no more than stated; alarms of windows that overlap come together, so that the bound is wide.
    assert expected / 20 < alarms <= expected * 1.2
