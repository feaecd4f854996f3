"""What if: the model's own answers, the nearest turn of each column, and a page that shows nothing else."""

import base64
import hashlib
import json
import math
import re

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Background, Budget, BudgetError
from mainspring.evaluation.explanation.counterfactuals import Change, Constraints
from mainspring.evaluation.explanation.what_if import WhatIf, what_if
from mainspring.evaluation.explanation.what_if.page import what_if_page

RNG = np.random.default_rng(0)
N = 600
TABLE = Table.from_columns(
    {
        "age": RNG.integers(20, 80, N).tolist(),
        "debt": RNG.uniform(0, 10, N),
        "job": RNG.choice(np.array(["smith", "baker", "clerk"], dtype=object), N),
        "owns": (RNG.random(N) < 0.5).tolist(),
    },
    {"age": "INT", "debt": "FLOAT", "job": "STRING", "owns": "BOOL"},
)
ROW = Table.from_columns(
    {"age": [40], "debt": [6.0], "job": ["clerk"], "owns": [False]},
    {"age": "INT", "debt": "FLOAT", "job": "STRING", "owns": "BOOL"},
)


class Loans:
    """Paid from an age of 50 on, or with a debt of at most 2.5, or by a smith."""

    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})

    def predict_columns(self, held):
        score = 0.1 * (held["age"] >= 50) + 0.2 * (held["debt"] <= 2.5) + 0.3 * (held["job"] == "smith")
        yes = 0.45 + score
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


class Worth:
    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})

    def predict_columns(self, held):
        return Predictions(None, 100.0 * held["age"] + held["debt"])


def test_the_answers_are_the_models_own():
    found = what_if(Loans(), ROW, {"age": 60, "job": "smith"}, background=TABLE)
    assert found.before.answer == "no"
    assert found.before.score == pytest.approx(0.45)
    (case,) = found.cases
    assert case.changes == (Change("age", 40.0, 60.0), Change("job", "clerk", "smith"))
    assert (case.answer, case.turned) == ("yes", True)
    assert case.score == pytest.approx(0.85)


def test_two_lists_make_a_grid_in_one_call():
    found = what_if(Loans(), ROW, {"age": [40, 60], "job": ["clerk", "smith"]}, background=TABLE)
    assert [round(case.score, 2) for case in found.cases] == [0.45, 0.75, 0.55, 0.85]
    assert found.grid == ("age", "job")
    assert found.changed(found.cases[1]) == {"age": 40.0, "job": "smith"}
    assert found.cases[0].changes == ()


def test_the_nearest_value_that_turns_the_answer_is_at_the_border():
    found = what_if(Loans(), ROW, background=Background.of(TABLE, rows=N))
    turns = {one.feature: one.turns.changes[0].after for one in found.turning}
    assert turns["age"] == 50.0
    assert turns["debt"] == pytest.approx(2.5, abs=1e-6)
    assert turns["job"] == "smith"
    assert "owns" not in turns
    assert [one.feature for one in found.alone] == ["job", "debt", "age", "owns"]
    owns = found.alone[-1]
    assert (owns.points, owns.own, owns.swing) == ((False, True), 0, 0.0)


def test_every_point_of_a_column_is_answered_by_the_model():
    found = what_if(Loans(), ROW, background=TABLE, points=8)
    for one in found.alone:
        again = what_if(Loans(), ROW, {one.feature: list(one.points)}, background=TABLE)
        assert tuple(case.score for case in again.cases) == pytest.approx(one.scores)
        assert tuple(case.answer for case in again.cases) == one.answers
        assert one.points[one.own] == found.row[one.feature]


def test_limits_hold_for_single_columns():
    found = what_if(Loans(), ROW, background=TABLE, constraints=Constraints(immutable=("job",), falling=("age",)))
    assert [one.feature for one in found.turning] == ["debt"]


def test_of_several_classes_any_other_one_turns():
    class Three:
        def predict(self, table):
            age = table.column("age")
            place = np.where(age < 30, 0, np.where(age < 60, 1, 2))
            return Predictions(("young", "middle", "old"), np.eye(3)[place])

    found = what_if(Three(), ROW, background=TABLE, output="middle")
    (one,) = found.turning
    assert one.turns.changes == (Change("age", 40.0, 29.0),)
    assert one.turns.answer == "young"
    towards = what_if(Three(), ROW, background=TABLE, output="middle", wanted="old")
    assert towards.turning[0].turns.changes[0].after == 60.0


def test_a_value_turns_where_it_is_as_wanted():
    found = what_if(Worth(), ROW, {"age": 70}, background=TABLE, wanted=(5000.0, math.inf))
    assert found.cases[0].turned
    assert found.output is None
    assert found.turning[0].turns.changes[0].after == 50.0
    plain = what_if(Worth(), ROW, background=TABLE)
    assert plain.turning == ()
    assert "which values are wanted" in plain.notes[0]


def test_a_row_that_is_answered_so_already_needs_no_search():
    found = what_if(Loans(), ROW, background=TABLE, wanted="no")
    assert found.turning == ()
    assert found.notes == ("the row is answered no already",)


def test_values_that_the_data_does_not_hold_are_noted():
    found = what_if(Loans(), ROW, {"age": 130, "job": "pilot"}, background=TABLE)
    assert [note.partition(":")[0] for note in found.notes] == ["age", "job"]


def test_a_missing_value_can_be_asked_about():
    found = what_if(Loans(), ROW, {"job": None}, background=TABLE)
    assert found.cases[0].changes == (Change("job", "clerk", None),)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError) as caught:
        what_if(Loans(), ROW, {"height": 3, "age": "old", "job": 3, "owns": "maybe", "debt": []}, background=TABLE)
    for word in (
        "height",
        "'age' holds numbers",
        "'job' holds words",
        "'owns' holds truth",
        "'debt' was given no",
    ):
        assert word in str(caught.value)
    with pytest.raises(InputError, match="3 columns were given several values"):
        what_if(Loans(), ROW, {"age": [1, 2], "debt": [1, 2], "job": ["smith", "clerk"]}, background=TABLE)
    with pytest.raises(InputError, match="2 rows"):
        what_if(Loans(), TABLE.rows(0, 2), background=TABLE)


def test_the_changes_come_before_the_columns_if_the_budget_is_small():
    found = what_if(Loans(), ROW, {"age": 60}, background=TABLE, budget=Budget(rows=10))
    assert found.cases[0].score == pytest.approx(0.55)
    assert found.alone == ()
    assert "not looked at alone" in found.notes[0]
    with pytest.raises(BudgetError):
        what_if(Loans(), ROW, {"age": list(range(20, 40))}, background=TABLE, budget=Budget(rows=10))


def test_it_comes_back_from_json_and_from_a_folder(tmp_path):
    found = what_if(Loans(), ROW, {"age": [50, 60], "job": ["smith", "clerk"]}, background=TABLE)
    assert WhatIf.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found
    found.save(tmp_path)
    assert WhatIf.load(tmp_path) == found
    assert found.properties() == {"answer": "no", "cases": 4, "turned": 4, "turning": 3}
    assert "what if age" in str(found)


def test_the_page_is_complete_and_shows_all_points():
    found = what_if(Loans(), ROW, {"age": [50, 60], "job": ["smith", "clerk"]}, background=TABLE)
    page = what_if_page(found, title="<b>loan</b>")
    assert page.html == what_if_page(WhatIf.from_dict(found.as_dict()), title="<b>loan</b>").html
    assert "<b>loan</b>" not in page.html
    assert not re.search(r"(src|href)=\"(?!#|data:)", page.html)
    script = re.search(r"<script>(.*)</script>", page.html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page.html
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.html, re.DOTALL).group(1))
    assert [one["feature"] for one in data["columns"]] == [one.feature for one in found.alone]
    assert [len(one["points"]) for one in data["columns"]] == [len(one.points) for one in found.alone]
    assert page.html.count('type="range"') == 2
    assert page.html.count("<select") == 2
    assert "iframe" in found._repr_html_()
    assert "Move a column" in what_if_page(what_if(Worth(), ROW, background=TABLE)).html
