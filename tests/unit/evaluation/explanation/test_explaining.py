"""The one door: raw columns in, additive parts out, counted and bounded."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked, Attributions, Background, Budget, BudgetError, explain

RNG = np.random.default_rng(0)
TABLE = Table.from_columns(
    {
        "age": RNG.integers(18, 80, 200).tolist(),
        "rate": RNG.normal(size=200),
        "job": RNG.choice(np.array(["smith", "baker", None], dtype=object), 200),
        "idle": RNG.normal(size=200),
    },
    {"age": "INT", "rate": "FLOAT", "job": "STRING", "idle": "FLOAT"},
)


class Rule:
    """A linear rule on raw columns, text and gaps included."""

    calls = 0

    def value(self, table):
        jobs = np.array([{"smith": 2.0, "baker": -1.0}.get(job, 0.5) for job in table.column("job")])
        return 0.1 * table.column("age") - 3 * np.nan_to_num(table.column("rate")) + jobs

    def predict(self, table):
        self.calls += 1
        assert str(table.type_of("age")) == "INT"
        return Predictions(None, self.value(table))


class Chance(Rule):
    def predict(self, table):
        chance = 1 / (1 + np.exp(-self.value(table)))
        return Predictions(("no", "yes"), np.column_stack([1 - chance, chance]))


@pytest.mark.parametrize("method", ["exact_shapley", "kernel_shap", "sampled_shapley"])
def test_a_linear_rule_has_a_closed_form(method):
    background = Background.of(TABLE, rows=50)
    rows = TABLE.rows(0, 6)
    found = explain(Rule(), rows, background=background, method=method)
    held = background.columns
    jobs = {"smith": 2.0, "baker": -1.0, None: 0.5}
    mean_job = np.mean([jobs[job] for job in held["job"]])
    expected = np.column_stack(
        [
            0.1 * (rows.column("age") - held["age"].mean()),
            -3 * (rows.column("rate") - held["rate"].mean()),
            np.array([jobs[job] for job in rows.column("job")]) - mean_job,
            np.zeros(6),
        ]
    )
    assert found.contributions == pytest.approx(expected, abs=1e-9)
    assert found.residual < 1e-9
    assert found.checked(1e-9) is found
    assert found.row(0)[0].feature in TABLE.names
    assert list(found.importance())[-1] == "idle"


def test_the_log_odds_of_a_class():
    rows = TABLE.rows(0, 3)
    logit = explain(Chance(), rows, background=TABLE, scale="logit")
    value = explain(Rule(), rows, background=TABLE)
    assert logit.contributions == pytest.approx(value.contributions, abs=1e-6)
    other = explain(Chance(), rows, background=TABLE, scale="logit", output="no")
    assert other.contributions == pytest.approx(-logit.contributions, abs=1e-6)
    assert (logit.output, logit.scale) == ("yes", "logit")


def test_a_row_is_explained_alike_in_any_company():
    together = explain(Chance(), TABLE.rows(0, 5), background=TABLE, method="sampled_shapley", orders=4)
    alone = explain(Chance(), TABLE.rows(3, 4), background=TABLE, method="sampled_shapley", orders=4)
    assert together.contributions[3].tolist() == alone.contributions[0].tolist()


def test_features_that_are_not_asked_about_keep_the_row():
    background = Background.of(TABLE, rows=20, features=["age"])
    rows = TABLE.rows(0, 2)
    found = explain(Rule(), rows, background=background)
    assert found.features == ("age",)
    assert found.contributions.shape == (2, 1)
    assert found.base[0] != found.base[1]
    assert found.residual < 1e-9


def test_answers_are_counted_bounded_and_remembered():
    asked = Asked.of(Rule(), TABLE, batch_rows=100, remember=1000)
    columns = asked.columns(TABLE)
    asked(columns)
    assert (asked.spent.calls, asked.spent.rows) == (2, 200)
    asked(columns)
    assert (asked.spent.rows, asked.spent.remembered) == (200, 200)
    told = []
    small = Asked.of(Rule(), TABLE, budget=Budget(rows=250), progress=told.append)
    small(columns)
    with pytest.raises(BudgetError, match="250 rows"):
        small(columns)
    assert small.spent.rows == 200
    assert [one.rows for one in told] == [200]
    with pytest.raises(BudgetError):
        explain(Rule(), TABLE.rows(0, 2), background=TABLE, budget=Budget(calls=1))


def test_they_are_kept_and_grouped(tmp_path):
    found = explain(Chance(), TABLE.rows(0, 3), background=TABLE)
    found.save(tmp_path)
    loaded = Attributions.load(tmp_path)
    assert loaded == found
    together = found.grouped({"who": ["age", "job"]})
    assert together.features == ("rate", "idle", "who")
    assert together.residual == pytest.approx(found.residual, abs=1e-12)
    assert "probability of yes" in str(found)
    with pytest.raises(InputError, match="'height'"):
        found.grouped({"who": ["height"]})


def test_questions_that_make_no_sense():
    with pytest.raises(InputError, match="'maybe'"):
        explain(Chance(), TABLE.rows(0, 1), background=TABLE, output="maybe")
    with pytest.raises(InputError, match="predicts values"):
        explain(Rule(), TABLE.rows(0, 1), background=TABLE, output="yes")
    with pytest.raises(InputError, match="'logit' does not fit"):
        explain(Rule(), TABLE.rows(0, 1), background=TABLE, scale="logit")
    with pytest.raises(InputError, match="'height'"):
        Background.of(TABLE, features=["height"])
    with pytest.raises(InputError, match="no rows"):
        Asked.of(Rule(), TABLE.rows(0, 0))
