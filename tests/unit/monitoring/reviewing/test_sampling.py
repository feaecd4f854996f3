from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.reviewing import Sampling, choose
from mainspring.monitoring.reviewing.sampling import probabilities


def rows(count: int, seed: int = 0, *, known: int = 0) -> Table:
    random = np.random.default_rng(seed)
    chance = random.beta(2, 2, count)
    columns: dict[str, Any] = {
        "age": random.integers(18, 95, count),
        "output.probability.no": 1 - chance,
        "output.probability.yes": chance,
        "output.label": np.where(chance > 0.5, "yes", "no").astype(object),
        "request.id": [f"r{number}" for number in range(count)],
        "request.row": [0] * count,
        "request.time": np.arange(count, dtype=np.float64),
        "request.version": ["1.0.0"] * (count - count // 20) + ["2.0.0"] * (count // 20),
    }
    if known:
        columns["feedback.truth"] = ["yes"] * known + [None] * (count - known)
    return Table.from_columns(columns)


def test_choosing_again_gives_the_same_and_more_gives_others_too() -> None:
    table = rows(2_000)
    few, again, more = ({one.id: one for one in choose(table, Sampling(rows=size))} for size in (100, 100, 300))
    assert few == again
    assert few.keys() < more.keys()
    assert all(more[name].probability >= one.probability for name, one in few.items())
    other = choose(table, Sampling(rows=100, seed=1))
    assert len({one.id for one in other} & few.keys()) < 50
    assert 60 < len(few) < 140


def test_totals_weighed_by_probabilities_are_right_on_average() -> None:
    """The law of Horvitz and Thompson: over many samples, the weighed sum is the sum of all rows."""
    table = rows(1_000)
    ages = {f"r{place}/0": age for place, age in enumerate(table.column("age"))}
    found = []
    for seed in range(200):
        chosen = choose(table, Sampling(rows=80, seed=seed, strata=0), flagged=[("r7", 0), ("r9", 0)])
        found.append(sum(ages[one.id] / one.probability for one in chosen))
    total = sum(ages.values())
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - total) < 4 * error
    assert error < 0.02 * total


def test_unsure_rare_and_flagged_rows_are_more_probable() -> None:
    table = rows(4_000)
    sampling = Sampling(rows=400, where="age > 90")
    chosen = choose(table, sampling, flagged=[("r7", 0)])
    confidence = np.abs(table.column("output.probability.yes") - 0.5)
    unsure = choose(table, Sampling(rows=400, uniform=0.2, uncertain=0.8, strata=0))
    assert confidence[[int(one.request[1:]) for one in unsure]].mean() < 0.7 * confidence.mean()
    places = [int(one.request[1:]) for one in chosen]
    assert np.mean([one.version == "2.0.0" for one in chosen]) > 0.1
    assert np.mean(table.column("age")[places] > 90) > 2 * np.mean(table.column("age") > 90)
    assert {"uniform", "uncertain", "flagged", "request.version=2.0.0"} >= {one.why for one in chosen}
    named = [one.probability for one in choose(table, sampling, flagged=[("r7", 0)]) if one.request == "r7"]
    plain = [one.probability for one in choose(table, sampling) if one.request == "r7"]
    assert not plain or not named or named[0] > plain[0]


def test_every_row_can_be_chosen_and_all_are_if_enough_are_asked_for() -> None:
    table = rows(50)
    every = choose(table, Sampling(rows=50))
    assert len(every) == 50
    assert {one.probability for one in every} == {1.0}
    assert choose(table.rows(0, 0), Sampling()) == []


def test_some_are_for_one_more() -> None:
    chosen = choose(rows(2_000), Sampling(rows=1_000, reviewers=2, double=0.3))
    assert {one.wanted for one in chosen} == {2, 3}
    assert 0.22 < np.mean([one.wanted == 3 for one in chosen]) < 0.38


def test_rows_whose_truth_is_known_need_nobody() -> None:
    chosen = choose(rows(200, known=100), Sampling(rows=100))
    assert {one.known for one in chosen} == {True, False}
    assert all(one.known == (int(one.request[1:]) < 100) for one in chosen)


def test_models_of_numbers_have_nothing_to_be_unsure_of() -> None:
    table = rows(500).drop(["output.probability.no", "output.probability.yes", "output.label"])
    columns = table.to_columns() | {"output.prediction": [1.5] * 500}
    chosen = choose(Table.from_columns(columns), Sampling(rows=50, strata=0))
    assert {one.why for one in chosen} == {"uniform"}
    assert {one.said for one in chosen} == {1.5}


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 400), st.integers(0, 3))
def test_probabilities_add_up_to_what_was_asked_for(count: int, wanted: int, seed: int) -> None:
    sizes = np.random.default_rng(seed).pareto(0.7, count) + 1e-9
    found = probabilities(sizes / sizes.sum(), wanted)
    assert found.min() > 0
    assert found.max() <= 1
    assert found.sum() == pytest.approx(min(count, wanted), rel=1e-6)


def test_what_makes_no_sense_is_refused_at_once() -> None:
    with pytest.raises(InputError) as error:
        Sampling(rows=0, uniform=0, strata=-1, double=2)
    for part in ("rows is 0", "uniform is 0", "strata is -1", "double is 2"):
        assert part in error.value.found
    with pytest.raises(InputError, match="no column"):
        choose(rows(10), Sampling(rows=5, by=("sex",)))
