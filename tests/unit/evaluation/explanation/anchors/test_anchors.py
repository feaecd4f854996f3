"""Anchors against planted rules whose precision and coverage can be counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked, Background, Budget
from mainspring.evaluation.explanation.anchors import Anchor, Predicate, anchors
from mainspring.evaluation.explanation.anchors.bounds import divergence, lower_bound, upper_bound

RNG = np.random.default_rng(0)
N = 2000
TABLE = Table.from_columns(
    {
        "a": RNG.normal(size=N),
        "b": RNG.normal(size=N),
        "c": RNG.normal(size=N),
        "job": RNG.choice(np.array(["smith", "baker", "clerk", None], dtype=object), N),
    }
)
BACKGROUND = Background.of(TABLE, rows=N)
MEDIANS = {name: float(np.quantile(TABLE.column(name), 0.5, method="inverted_cdf")) for name in "ab"}


class Rule:
    def __init__(self, of):
        self.of = of

    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})

    def predict_columns(self, columns):
        yes = np.asarray(self.of(columns), dtype=np.float64)
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


def both_high(held):
    return (held["a"] > MEDIANS["a"]) & (held["b"] > MEDIANS["b"])


def explained(rule, rows, **options):
    return anchors(Asked.of(Rule(rule), TABLE), rows, background=BACKGROUND, **options)


def rows_where(condition, count=5):
    held = {name: TABLE.column(name) for name in TABLE.names}
    places = np.flatnonzero(condition(held))[:count]
    return Table.from_rows([row for place, row in enumerate(TABLE.iter_rows()) if place in places])


def test_a_planted_rule_is_found_with_its_true_coverage():
    share = float(both_high({name: TABLE.column(name) for name in "ab"}).mean())
    for found in explained(both_high, rows_where(both_high), bins=2):
        assert set(found.predicates) == {
            Predicate("a", ">", MEDIANS["a"]),
            Predicate("b", ">", MEDIANS["b"]),
        }
        assert found.coverage == share
        assert found.precision == 1.0
        assert 0.95 <= found.at_least < 1
        assert (found.reached, found.answer) == (True, "yes")


def test_one_condition_is_enough_for_the_other_answer():
    def low(held):
        return held["a"] <= MEDIANS["a"]

    for found in explained(both_high, rows_where(low), bins=2):
        assert len(found.predicates) == 1
        assert found.predicates[0].feature in "ab"
        assert found.answer == "no"


def test_words_and_gaps_make_conditions():
    def rule(held):
        return np.array([job in ("smith", None) for job in held["job"]])

    found = explained(rule, TABLE.rows(0, 12))
    for one, job in zip(found, TABLE.column("job")[:12], strict=True):
        wanted = Predicate("job", "missing") if job is None else Predicate("job", "=", job)
        assert one.predicates == (wanted,)


def test_a_model_that_always_answers_alike_needs_no_condition():
    (found,) = explained(lambda held: np.zeros(len(held["a"])), TABLE.rows(0, 1))
    assert (found.predicates, found.coverage, found.reached) == ((), 1.0, True)
    assert str(found) == "if anything: no (precision 1.000, coverage 1.000)"


def test_what_no_rule_is_enough_for_is_told():
    def noise(held):
        return np.sin(held["a"] * 1e6) > 0

    (found,) = explained(noise, TABLE.rows(0, 1), longest=2)
    assert not found.reached
    assert "up to 2 conditions" in found.why
    assert str(found).startswith("no anchor")


def test_a_row_is_explained_alike_in_any_company():
    together = explained(both_high, TABLE.rows(0, 6))
    alone = explained(both_high, TABLE.rows(4, 5))
    assert together[4].predicates == alone[0].predicates
    assert together[4].trials == alone[0].trials
    assert together[4].spent.rows == alone[0].spent.rows


def test_the_estimate_is_that_of_fresh_rows():
    def mostly(held):
        return (held["a"] > 0.3) & (held["b"] > -1.2)

    found_ones = explained(mostly, rows_where(mostly, 8), precision=0.8, bins=8)
    assert sum(found.reached for found in found_ones) >= 4
    for found in found_ones:
        held = {name: TABLE.column(name).copy() for name in TABLE.names}
        rng = np.random.default_rng(9)
        for name in "ab":
            met = np.logical_and.reduce(
                [one.met(held[name]) for one in found.predicates if one.feature == name] or [np.ones(N, bool)]
            )
            held[name] = rng.permutation(held[name])
            if not met.all():
                held[name] = rng.choice(TABLE.column(name)[met], N)
        assert mostly(held).mean() == pytest.approx(found.precision, abs=0.06)
        assert not found.reached or mostly(held).mean() >= 0.78


def test_a_spent_budget_gives_the_best_so_far():
    asked = Asked.of(Rule(both_high), TABLE, budget=Budget(rows=500))
    (found,) = anchors(asked, rows_where(both_high, 1), background=BACKGROUND)
    assert not found.reached
    assert "500 rows" in found.why
    assert found.spent.rows <= 500


def test_they_are_kept(tmp_path):
    (found,) = explained(both_high, TABLE.rows(0, 1))
    found.save(tmp_path)
    assert Anchor.load(tmp_path) == found


def test_questions_that_make_no_sense():
    class Values:
        def predict(self, table):
            return Predictions(None, np.zeros(table.num_rows))

    with pytest.raises(InputError, match="predicts values"):
        anchors(Asked.of(Values(), TABLE), TABLE.rows(0, 1), background=BACKGROUND)
    with pytest.raises(InputError, match="precision of 1"):
        explained(both_high, TABLE.rows(0, 1), precision=1)


@given(st.floats(0, 1), st.floats(1e-6, 1))
def test_bounds_lie_at_the_level(share, level):
    given_share, given_level = np.array([share]), np.array([level])
    low, high = lower_bound(given_share, given_level), upper_bound(given_share, given_level)
    assert low[0] <= share <= high[0]
    for end in (low, high):
        assert divergence(given_share, end)[0] <= level + 1e-9
    if low[0] > 1e-6:
        assert divergence(given_share, low)[0] == pytest.approx(level, rel=1e-3, abs=1e-6)
