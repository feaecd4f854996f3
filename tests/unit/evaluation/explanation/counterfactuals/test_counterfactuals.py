"""Counterfactuals: valid always, minimal where the minimum is known, within every limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked, Background, Budget
from mainspring.evaluation.explanation.counterfactuals import Constraints, Counterfactuals, counterfactuals
from mainspring.evaluation.explanation.distances import distances

RNG = np.random.default_rng(0)
N = 1500
TABLE = Table.from_columns(
    {
        "age": RNG.integers(18, 80, N).tolist(),
        "debt": RNG.normal(0, 1, N),
        "pay": RNG.normal(0, 1, N),
        "job": RNG.choice(np.array(["smith", "baker", "clerk"], dtype=object), N),
    },
    {"age": "INT", "debt": "FLOAT", "pay": "FLOAT", "job": "STRING"},
)
BACKGROUND = Background.of(TABLE, rows=N)
JOBS = {"smith": 1.0, "baker": 0.0, "clerk": -1.0}


class Rule:
    def __init__(self, of):
        self.of = of

    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})

    def predict_columns(self, columns):
        yes = 1 / (1 + np.exp(-4 * np.asarray(self.of(columns), dtype=np.float64)))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


def loan(held):
    return 0.02 * (held["age"] - 40) - held["debt"] + held["pay"] + [JOBS[job] for job in held["job"]] - 1.5


def asked_of(rule, table=TABLE, **options):
    return Asked.of(Rule(rule), table, **options)


def applied(row, one):
    changed = {**row, **{change.feature: change.after for change in one.changes}}
    return {
        name: np.array([value], dtype=object if isinstance(value, str) else float)
        for name, value in changed.items()
    }


def test_every_one_is_valid_when_asked_again():
    asked = asked_of(loan)
    found = counterfactuals(asked, TABLE.rows(0, 60), background=BACKGROUND)
    assert all(one.found for one in found)
    for answer in found:
        for one in answer.found:
            assert one.answer == answer.wanted != answer.answer
            assert asked.labels(applied(answer.row, one))[0] == answer.wanted
            assert 0 <= one.plausibility <= 1


def test_the_smallest_change_of_one_number_is_found_at_the_border():
    def line(held):
        return 2 * held["debt"] - held["pay"] + 0.5 * held["age"] / 100 - 1

    table = Table.from_columns({"debt": [0.0], "pay": [1.0], "age": [0.0]})
    rng = np.random.default_rng(1)
    around = Table.from_columns({name: rng.normal(0, 2, 800) for name in ("debt", "pay", "age")})
    asked = Asked.of(Rule(line), around)
    (found,) = counterfactuals(asked, table, background=Background.of(around, rows=800))
    # The score is -2: debt alone has to grow by 1, pay alone to fall by 2.
    by_feature = {one.changes[0].feature: one for one in found.found if len(one.changes) == 1}
    assert by_feature["debt"].changes[0].after == pytest.approx(1.0, abs=1e-6)
    assert by_feature["pay"].changes[0].after == pytest.approx(-1.0, abs=1e-6)
    assert found.found[0] is by_feature["debt"]


def test_the_nearest_box_of_a_tree():
    def tree(held):
        # A leaf is "yes" where debt > 0.7 and pay <= 0.2, or age > 70.
        inside = ((held["debt"] > 0.7) & (held["pay"] <= 0.2)) | (held["age"] > 70)
        return np.where(inside, 1.0, -1.0)

    asked = asked_of(tree)
    row = Table.from_columns(
        {"age": [40], "debt": [0.5], "pay": [0.3], "job": ["smith"]},
        {"age": "INT", "debt": "FLOAT", "pay": "FLOAT", "job": "STRING"},
    )
    (found,) = counterfactuals(asked, row, background=BACKGROUND)
    both = next(one for one in found.found if len(one.changes) == 2)
    assert {change.feature: change.after for change in both.changes} == pytest.approx(
        {"debt": 0.7, "pay": 0.2}, abs=1e-4
    )
    assert both is found.found[0]
    older = next(one for one in found.found if len(one.changes) == 1)
    assert older.changes[0].after == 71.0


@settings(max_examples=8, deadline=None)
@given(
    st.sets(st.sampled_from(["age", "debt", "pay", "job"]), max_size=2),
    st.sampled_from([(), ("age",), ("pay", "age")]),
)
def test_limits_are_never_broken(fixed, rising):
    limits = Constraints(
        immutable=tuple(fixed),
        rising=rising,
        falling=("debt",),
        within={"pay": (-1.0, 1.5)},
        among={"job": ["baker", "smith"]},
    )
    for answer in counterfactuals(asked_of(loan), TABLE.rows(0, 8), background=BACKGROUND, constraints=limits):
        assert answer.found or "constraints" in answer.why
        for one in answer.found:
            for change in one.changes:
                assert change.feature not in fixed
                if change.feature in rising:
                    assert change.after >= change.before
                if change.feature == "debt":
                    assert change.after <= change.before
                if change.feature == "pay":
                    assert -1.0 <= change.after <= 1.5
                if change.feature == "job":
                    assert change.after in ("baker", "smith")
                if change.feature == "age":
                    assert change.after == round(change.after)


def test_several_change_different_columns():
    (found,) = counterfactuals(asked_of(loan), TABLE.rows(3, 4), background=BACKGROUND, count=4)
    kinds = [frozenset(change.feature for change in one.changes) for one in found.found]
    assert len(set(kinds)) == len(kinds) == 4
    costs = [one.distance for one in found.found]
    assert costs == sorted(costs)


def test_where_there_is_none_it_says_so():
    (never,) = counterfactuals(
        asked_of(lambda held: held["age"] * 0.0 - 1), TABLE.rows(0, 1), background=BACKGROUND
    )
    assert never.found == ()
    assert "no row within the constraints" in never.why
    already = counterfactuals(asked_of(loan), TABLE.rows(0, 3), background=BACKGROUND, wanted="no")
    assert any(one.why == "the row is answered so already" for one in already)


def test_a_value_can_be_wanted():
    class Price:
        def predict(self, table):
            return Predictions(None, 10 * table.column("pay") + table.column("age"))

    (found,) = counterfactuals(
        Asked.of(Price(), TABLE), TABLE.rows(0, 1), background=BACKGROUND, wanted=(100.0, 120.0)
    )
    assert all(100 <= float(one.answer) <= 120 for one in found.found)
    assert found.wanted == "100 to 120"


def test_a_spent_budget_is_told():
    asked = asked_of(loan, budget=Budget(rows=150))
    (found,) = counterfactuals(asked, TABLE.rows(0, 1), background=BACKGROUND)
    assert "150 rows" in found.why


def test_what_is_implausible_is_left_out():
    asked = asked_of(loan)
    found = counterfactuals(asked, TABLE.rows(0, 10), background=BACKGROUND, least_plausible=0.2)
    assert all(one.plausibility >= 0.2 for answer in found for one in answer.found)


def test_they_are_kept(tmp_path):
    (found,) = counterfactuals(asked_of(loan), TABLE.rows(0, 1), background=BACKGROUND)
    found.save(tmp_path)
    assert Counterfactuals.load(tmp_path) == found
    assert "\N{RIGHTWARDS ARROW}" in str(found)


def test_distances_are_counted_by_hand():
    first = {"pay": np.array([1.0, np.nan]), "job": np.array(["smith", None], dtype=object)}
    second = {"pay": np.array([3.0, np.nan]), "job": np.array(["baker", None], dtype=object)}
    found = distances(first, second, ("pay", "job"), {"pay": 0.5})
    assert found.tolist() == [[5.0, 2.0], [2.0, 0.0]]


def test_questions_that_make_no_sense():
    rows = TABLE.rows(0, 1)
    with pytest.raises(InputError, match="no column 'height'; 'job' holds words"):
        counterfactuals(
            asked_of(loan),
            rows,
            background=BACKGROUND,
            constraints=Constraints(immutable=("height",), rising=("job",)),
        )
    with pytest.raises(InputError, match="no class 'maybe'"):
        counterfactuals(asked_of(loan), rows, background=BACKGROUND, wanted="maybe")


def test_a_value_that_is_there_is_never_taken_away():
    holes = Table.from_columns({"pay": [*RNG.normal(size=50), *[None] * 50], "job": ["smith", None] * 50})
    limits = Constraints()
    held = {name: holes.column(name) for name in ("pay", "job")}
    assert not limits.allowed("pay", 1.0, held["pay"])[50:].any()
    assert limits.allowed("pay", np.nan, held["pay"]).all()
    assert limits.allowed("job", "baker", held["job"]).tolist() == [True, False] * 50

    def gaps(held):
        return np.where(np.isnan(held["pay"]), 1.0, -1.0)

    asked = Asked.of(Rule(gaps), holes)
    (found,) = counterfactuals(asked, holes.rows(0, 1), background=Background.of(holes))
    assert found.found == ()
