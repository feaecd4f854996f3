"""Laws that a rule keeps, and laws that it breaks, counted by hand."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness import Relation, check_relations, judge_relations

TABLE = Table.from_columns(
    {"age": [20.0, 40.0, 60.0, 80.0], "job": ["a", "b", "a", "b"], "noise": [1.0, 2.0, 3.0, 4.0]}
)


class Hump:
    """Rises with age up to 60 and falls after; noise is read by nobody."""

    def predict(self, table):
        chance = 0.9 - np.abs(table.column("age") - 60) / 100
        return Predictions(("no", "yes"), np.column_stack([1 - chance, chance]))


def kept(**options):
    (found,) = check_relations(Hump(), TABLE, [Relation(name="law", **options)])
    return found


def test_laws_are_kept_and_broken():
    assert kept(change=lambda c: {"noise": c["noise"] * 100}).broken == 0
    older = {"change": lambda c: {"age": c["age"] + 10}}
    assert kept(**older, expect="rises").broken == 2
    assert kept(**older, expect="falls").broken == 2
    assert kept(**older, expect="rises", tolerance=0.11).broken == 0
    young = kept(**older, expect="rises", where=lambda c: c["age"] < 60)
    assert (young.rows, young.broken) == (2, 0)
    assert kept(**older, expect=lambda before, after: np.abs(after - before) < 0.2).broken == 0
    flipped = kept(change=lambda c: {"age": c["age"] - 30}, expect="same_answer")
    assert flipped.broken == 1
    assert flipped.examples[0] == (1, pytest.approx(0.7), pytest.approx(0.4))


def test_a_verdict_tells_the_worst_row():
    found = check_relations(
        Hump(),
        TABLE,
        [
            Relation(name="older rises", change=lambda c: {"age": c["age"] + 10}, expect="rises"),
            Relation(name="noise is noise", change=lambda c: {"noise": -c["noise"]}),
            Relation(name="of nobody", change=dict, where=lambda c: c["age"] > 100),
        ],
    )
    verdict = judge_relations(found)
    assert {reason.subject: reason.code for reason in verdict.failures} == {
        "older rises": "RELATION_BROKEN",
        "of nobody": "NOT_TESTED",
    }
    assert "2 of 4 rows break it, such as row 2: 0.9, then 0.8" in verdict.failures[0].message
    assert judge_relations(found[:2], at_most={"older rises": 0.5}).ok
    assert not judge_relations([]).ok


def test_changes_must_fit():
    with pytest.raises(InputError, match="'height', which does not fit"):
        kept(change=lambda c: {"height": c["age"]})
    with pytest.raises(InputError, match="expects 'jumps'"):
        Relation(name="law", change=dict, expect="jumps")
