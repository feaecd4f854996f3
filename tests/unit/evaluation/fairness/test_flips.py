from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.fairness.flipped import Flips, judge_flips
from mainspring.evaluation.fairness.flips import flip_protected

PEOPLE = Table.from_columns(
    {
        "sex": ["f", "f", "f", "m", "m", None],
        "veteran": [True, False, False, True, False, True],
        "pay": [30, 48, 60, 48, 60, 55],
    }
)


@dataclass(frozen=True)
class Rule:
    """Yes from a pay of 50, of 45 for men; probabilities move by 0.1 for veterans."""

    sees: bool = True

    def predict(self, table: Table) -> Predictions:
        man = (table.column("sex") == "m") if self.sees else np.zeros(table.num_rows, dtype=bool)
        pay = table.column("pay") + 5 * man
        chance = np.where(pay >= 50, 0.8, 0.2) + 0.1 * (table.column("veteran") == 1.0)
        return Predictions(("no", "yes"), np.column_stack([1 - chance, chance]))


def test_rows_are_asked_again_with_the_values_of_the_other_group() -> None:
    found = flip_protected(Rule(), PEOPLE, protected=["sex"])
    up, down = found.of("sex=f", "sex=m"), found.of("sex=m", "sex=f")
    assert (up.count, up.to_yes, up.to_no) == (3, 1, 0)
    assert up.mean == pytest.approx(0.2)
    assert (up.median, up.largest) == (0.0, pytest.approx(0.6))
    assert (down.count, down.to_yes, down.to_no) == (2, 0, 1)
    assert down.largest == pytest.approx(-0.6)
    assert (found.count, found.flipped) == (6, 2)
    assert found.share == pytest.approx(1 / 3)
    # Rows without a value are asked with each, and no row is made to have none.
    assert {(str(one.group), str(one.to)) for one in found.changes} == {
        ("sex=f", "sex=m"),
        ("sex=m", "sex=f"),
        ("sex=(missing)", "sex=f"),
        ("sex=(missing)", "sex=m"),
    }


def test_examples_are_rows_that_moved_furthest() -> None:
    found = flip_protected(Rule(), PEOPLE, protected=["sex"], examples=1)
    assert len(found.examples) == 1
    one = found.examples[0]
    assert (one.row, one.before, one.after) == (1, "no", "yes")
    assert one.change == pytest.approx(0.6)


def test_several_columns_change_together() -> None:
    found = flip_protected(Rule(), PEOPLE, protected=["sex", "veteran"])
    one = found.of("sex=f, veteran=false", "sex=m, veteran=true")
    assert (one.count, one.to_yes) == (2, 1)
    assert one.mean == pytest.approx((0.7 + 0.1) / 2)
    named = flip_protected(Rule(), PEOPLE, protected=["sex", "veteran"], values=[{"sex": "m", "veteran": "false"}])
    assert {str(change.to) for change in named.changes} == {"sex=m, veteran=false"}
    assert sum(change.count for change in named.changes) == 5


def test_pieces_give_the_same_as_the_whole() -> None:
    whole = flip_protected(Rule(), PEOPLE, protected=["sex"])
    pieces = flip_protected(Rule(), PEOPLE, protected=["sex"], chunk_rows=2)
    assert pieces.as_dict() == whole.as_dict()


def test_a_blind_model_has_no_flips_and_its_proxies_are_told() -> None:
    random = np.random.default_rng(0)
    man = random.random(500) < 0.5
    table = Table.from_columns(
        {
            "sex": np.where(man, "m", "f").tolist(),
            "title": np.where(man, "Mr", "Ms").tolist(),
            "veteran": [False] * 500,
            "pay": (40 + 20 * random.random(500)).round().astype(int),
        }
    )
    found = flip_protected(Rule(sees=False), table, protected=["sex"])
    assert found.flipped == 0
    assert list(found.proxies["sex"]) == ["title"]
    assert found.proxies["sex"]["title"] > 0.9
    assert "'sex' can be told from title" in found.notes[0]
    assert math.isnan(found.of("sex=f", "sex=m").chance)
    verdict = judge_flips(found, at_most=0.0)
    assert verdict.ok
    assert verdict.reasons[-1].code == "PROXIES"


def test_chance_is_an_exact_sign_test() -> None:
    table = Table.from_columns({"sex": ["f"] * 12 + ["m"] * 4, "veteran": [False] * 16, "pay": [47] * 16})
    found = flip_protected(Rule(), table, protected=["sex"])
    assert found.of("sex=f", "sex=m").chance == pytest.approx(stats.binomtest(12, 12).pvalue)


def test_the_gate_fails_where_too_many_rows_flip() -> None:
    found = flip_protected(Rule(), PEOPLE, protected=["sex"])
    verdict = judge_flips(found, at_most=0.4)
    assert not verdict.ok
    assert [reason.subject for reason in verdict.failures] == ["flips | sex=m as sex=f"]
    assert verdict.failures[0].observed == 0.5
    assert judge_flips(found, at_most=0.5).ok


def test_many_classes_and_values_are_looked_at_too() -> None:
    class Three:
        def predict(self, table: Table) -> Predictions:
            man = table.column("sex") == "m"
            return Predictions(("a", "b", "c"), np.where(man[:, None], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]))

    class Value:
        def predict(self, table: Table) -> Predictions:
            return Predictions(None, table.column("pay") + 5.0 * (table.column("sex") == "m"))

    many = flip_protected(Three(), PEOPLE, protected=["sex"])
    assert many.positive is None
    assert many.of("sex=f", "sex=m").share == 1.0
    assert many.examples[0].after == "c"
    values = flip_protected(Value(), PEOPLE, protected=["sex"])
    assert values.of("sex=f", "sex=m").mean == 5.0
    assert values.of("sex=f", "sex=m").share == 1.0


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    found = flip_protected(Rule(), PEOPLE, protected=["sex"])
    found.save(tmp_path)
    assert Flips.load(tmp_path).as_dict() == found.as_dict()
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False)) == found.as_dict()
    assert found.properties()["flipped"] == 2
    assert "sex=f as sex=m: 1 of 3" in str(found)


def test_what_cannot_be_tried_is_told() -> None:
    with pytest.raises(InputError, match="no column 'gender'"):
        flip_protected(Rule(), PEOPLE, protected=["gender"])
    with pytest.raises(InputError, match="to try"):
        flip_protected(Rule(), PEOPLE.where("sex = 'f'"), protected=["sex"])
    with pytest.raises(InputError, match="more than 12 numbers"):
        flip_protected(
            Rule(),
            Table.from_columns({"age": list(range(30)), "sex": ["f"] * 30}),
            protected=["age"],
        )
    with pytest.raises(InputError, match="values"):
        flip_protected(Rule(), PEOPLE, protected=["sex"], values=[{"race": "x"}])
    with pytest.raises(InputError, match="was not tried"):
        flip_protected(Rule(), PEOPLE, protected=["sex"]).of("sex=x", "sex=m")
