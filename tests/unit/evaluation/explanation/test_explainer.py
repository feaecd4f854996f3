"""Explainers: fitted, saved, loaded and asked, with the same answers wherever and whenever they are given."""

import json

import numpy as np
import pytest

from mainspring.core import InputError, NotFoundError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Budget, BudgetError, explain
from mainspring.evaluation.explanation.answers import Answer, Remembered
from mainspring.evaluation.explanation.explainer import Explainer, fit_explainer

RNG = np.random.default_rng(0)
ROWS = 400
TABLE = Table.from_columns(
    {
        "age": RNG.integers(18, 80, ROWS).tolist(),
        "rate": RNG.normal(size=ROWS),
        "job": RNG.choice(np.array(["smith", "baker", None], dtype=object), ROWS),
        "late": RNG.choice(np.array(["no", "yes"]), ROWS).astype(object),
    },
    {"age": "INT", "rate": "FLOAT", "job": "STRING", "late": "STRING"},
)
LIMITS = {"immutable": ["job"], "rising": ["age"], "within": {"rate": [-2, 2]}}


class Rule:
    """Says yes to old smiths; it counts how often it is asked."""

    calls = 0

    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})

    def predict_columns(self, columns):
        self.calls += 1
        job = np.array([name == "smith" for name in columns["job"]])
        logit = (columns["age"] - 50) / 5 + 2 * job - np.nan_to_num(columns["rate"])
        yes = 1 / (1 + np.exp(-logit))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


class Sum(Rule):
    def predict_columns(self, columns):
        return Predictions(None, columns["age"] + np.nan_to_num(columns["rate"]))


@pytest.fixture
def explainer():
    return fit_explainer(TABLE, predictor=Rule(), label="late", background_rows=200, constraints=LIMITS)


def test_what_is_fitted_holds_rows_and_options_and_no_model(explainer):
    assert list(explainer.methods) == ["shap", "anchors", "counterfactuals"]
    assert explainer.columns == ("age", "rate", "job")
    assert explainer.background.num_rows == 200
    assert str(explainer.background.type_of("age")) == "INT"
    assert explainer.model is None
    assert explainer.properties()["methods"] == "shap, anchors, counterfactuals"
    assert list(fit_explainer(TABLE, predictor=Sum(), label="late").methods) == ["shap"]


def test_it_is_saved_with_the_same_bytes_and_comes_back(explainer, tmp_path):
    again = fit_explainer(TABLE, predictor=Rule(), label="late", background_rows=200, constraints=LIMITS)
    for name, one in (("first", explainer), ("second", again)):
        (tmp_path / name).mkdir()
        one.save(tmp_path / name)
    files = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file()]
    assert sorted(map(str, files)) == ["background/data.parquet", "explainer.json"]
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
    loaded = Explainer.load(tmp_path / "first")
    assert loaded == explainer
    assert loaded.digest == explainer.digest
    rows = TABLE.rows(0, 3)
    for method in explainer.methods:
        assert loaded.explain(Rule(), rows, method) == explainer.explain(Rule(), rows, method)
    with pytest.raises(InputError, match=r"no explainer\.json"):
        Explainer.load(tmp_path)


@pytest.mark.parametrize("method", ["shap", "anchors", "counterfactuals"])
def test_answers_are_plain_json_and_come_back(explainer, method):
    found = explainer.explain(Rule(), TABLE.rows(0, 2), method)
    assert [one.method for one in found] == [method, method]
    for one in found:
        plain = json.loads(json.dumps(one.as_dict(), allow_nan=False))
        assert Answer.from_dict(plain) == one
        assert plain["text"] == str(one)
    alone = explainer.explain(Rule(), TABLE.rows(1, 2), method)
    assert alone == found[1:]


def test_shap_is_what_the_open_door_gives(explainer):
    options = dict(explainer.methods["shap"])
    background = options.pop("background_rows")
    found = explainer.explain(Rule(), TABLE.rows(0, 1))[0].found
    same = explain(
        Rule(), TABLE.rows(0, 1), background=explainer._sample(background), method=options.pop("method"), **options
    )
    assert found == same
    assert found.residual < 1e-9


def test_constraints_are_kept(explainer):
    young = TABLE.where("age < 40").rows(0, 5)
    for answer in explainer.explain(Rule(), young, "counterfactuals"):
        assert answer.found.found
        for one in answer.found.found:
            assert {change.feature for change in one.changes} <= {"age", "rate"}
            assert all(change.after > change.before for change in one.changes if change.feature == "age")


def test_what_was_explained_is_remembered_for_this_model(explainer):
    kept, model = Remembered(size=3), Rule()
    first = explainer.explain(model, TABLE.rows(0, 2), model="a", remembered=kept)
    calls = model.calls
    again = explainer.explain(model, TABLE.rows(0, 2), model="a", remembered=kept)
    assert again == first
    assert model.calls == calls
    assert [one.remembered for one in (*first, *again)] == [False, False, True, True]
    for other in (
        explainer.explain(model, TABLE.rows(0, 1), model="b", remembered=kept),
        explainer.explain(model, TABLE.rows(0, 1), "anchors", model="a", remembered=kept),
        explainer.explain(model, TABLE.rows(0, 1), model="a", output="no", remembered=kept),
    ):
        assert not other[0].remembered
    assert len(kept) == 3
    assert not explainer.explain(model, TABLE.rows(0, 1), model="a", remembered=kept)[0].remembered, "forgotten"


def test_budgets_hold_for_all_rows_together(explainer):
    spent = explainer.explain(Rule(), TABLE.rows(0, 1))[0].found.spent
    with pytest.raises(BudgetError, match="budget"):
        explainer.explain(Rule(), TABLE.rows(0, 3), budget=Budget(rows=spent.rows * 2))
    with pytest.raises(BudgetError, match="seconds"):
        explainer.explain(Rule(), TABLE.rows(0, 3), budget=Budget(seconds=0))
    small = fit_explainer(TABLE, label="late", method="anchors", budget={"rows": 500})
    [answer] = small.explain(Rule(), TABLE.rows(0, 1), budget=Budget(rows=10_000_000))
    assert not answer.found.reached
    assert "budget of 500 rows" in answer.found.why


def test_what_ran_out_of_time_is_not_remembered(explainer):
    kept = Remembered()
    [answer] = explainer.explain(Rule(), TABLE.rows(0, 1), "anchors", budget=Budget(seconds=1e-6), remembered=kept)
    assert not answer.found.reached
    assert len(kept) == 0


def test_wrong_questions_are_refused(explainer):
    with pytest.raises(NotFoundError, match="no method 'lime'"):
        explainer.explain(Rule(), TABLE.rows(0, 1), "lime")
    with pytest.raises(InputError, match="anchors takes no 'wanted'"):
        explainer.explain(Rule(), TABLE.rows(0, 1), "anchors", wanted="yes")
    with pytest.raises(NotFoundError, match="'tea_leaves'"):
        fit_explainer(TABLE, label="late", method="tea_leaves")
    with pytest.raises(InputError, match="takes no 'cups'"):
        fit_explainer(TABLE, label="late", method={"anchors": {"cups": 3}})
    with pytest.raises(InputError, match="no column 'shoe'"):
        fit_explainer(TABLE, label="late", constraints={"immutable": ["shoe"]})
    with pytest.raises(InputError, match="these are no constraints"):
        fit_explainer(TABLE, label="late", constraints={"frozen": ["age"]})
    with pytest.raises(InputError, match="no counterfactuals"):
        fit_explainer(TABLE, label="late", method="shap", constraints=LIMITS)


def test_rows_in_columns_become_a_table_of_the_background_types(explainer):
    table = explainer.table({"age": np.array([40.0, np.nan]), "job": np.array(["smith", None], dtype=object)})
    assert table.to_columns() == {"age": [40, None], "rate": [None, None], "job": ["smith", None]}


def test_methods_of_other_names_and_options(tmp_path):
    explainer = fit_explainer(
        TABLE,
        label="late",
        method={
            "quick": {"method": "sampled_shapley", "orders": 2, "background_rows": 10},
            "lime": {"samples": 50},
        },
        features=["age", "job"],
    )
    [quick] = explainer.explain(Rule(), TABLE.rows(0, 1))
    assert quick.method == "quick"
    assert quick.found.method == "sampled_shapley"
    assert quick.found.features == ("age", "job")
    assert quick.found.parameters["background_rows"] == 10
    assert explainer.explain(Rule(), TABLE.rows(0, 1), "lime")[0].found.parameters["samples"] == 50


def test_a_model_that_can_be_read_is_kept_inside_and_must_be_the_one_that_answers(tmp_path):
    from mainspring.data import Transform, infer, summarize
    from mainspring.models.training import train

    transform = Transform.fit(TABLE, infer(summarize(TABLE), label="late"))
    models = [
        train(TABLE, transform, estimator="lightgbm.LGBMClassifier", params={"n_estimators": count})
        for count in (5, 9)
    ]
    explainer = fit_explainer(TABLE, predictor=models[0], label="late")
    assert explainer.methods["shap"] == {
        "background_rows": 50,
        "method": "tree_shap",
        "inside": True,
        "scale": "logit",
    }
    explainer.save(tmp_path)
    loaded = Explainer.load(tmp_path)
    assert loaded == explainer
    [answer] = loaded.explain(models[0], TABLE.rows(0, 1))
    assert answer.found == explain(
        models[0], TABLE.rows(0, 1), background=loaded._sample(50), method="tree_shap", scale="logit"
    )
    assert answer.found.spent.calls == 1
    with pytest.raises(InputError, match="the one that the explainer holds"):
        loaded.explain(models[1], TABLE.rows(0, 1))


def test_the_step_does_the_same():
    from mainspring.data import Examples
    from mainspring.evaluation import steps

    examples = Examples(splits={"train": TABLE.rows(0, 300), "eval": TABLE.rows(300, 400)})
    found = steps.fit_explainer(examples, Rule(), label="late", constraints=LIMITS, budget={"rows": 9}, seed=2)
    assert found == fit_explainer(
        TABLE.rows(0, 300), predictor=Rule(), label="late", constraints=LIMITS, budget={"rows": 9}, seed=2
    )
    assert steps.fit_explainer(examples, label="late", methods={"lime": {}}).methods == {
        "lime": {"method": "lime"}
    }
