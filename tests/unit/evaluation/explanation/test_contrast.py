"""Contrast: planted rules are what is enough, and the border is what is missing."""

import json

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked, Background
from mainspring.evaluation.explanation.contrast import Contrast, contrast
from mainspring.evaluation.explanation.counterfactuals import Change, Constraints

RNG = np.random.default_rng(0)
N = 800
TABLE = Table.from_columns(
    {
        "debt": RNG.uniform(0, 10, N),
        "pay": RNG.uniform(0, 10, N),
        "job": RNG.choice(np.array(["smith", "baker"], dtype=object), N),
    }
)
BACKGROUND = Background.of(TABLE, rows=N)
ROW = Table.from_columns({"debt": [9.0], "pay": [3.0], "job": ["smith"]})


class Loans:
    """Refused with a debt above 7.5, whatever else is so."""

    def __init__(self, classes=("no", "yes")):
        self.classes = classes

    def predict(self, table):
        return self.predict_columns({name: table.column(name) for name in table.names})

    def predict_columns(self, held):
        place = (held["debt"] <= 7.5).astype(int)
        if len(self.classes) == 3:
            place = place + (place * (held["pay"] > 8)).astype(int)
        return Predictions(self.classes, np.eye(len(self.classes))[place])


def test_the_planted_rule_is_enough_and_the_border_is_what_is_missing():
    (found,) = contrast(Asked.of(Loans(), TABLE), ROW, background=BACKGROUND)
    assert (found.answer, found.other) == ("no", "yes")
    assert found.present.reached
    assert {one.feature for one in found.present.predicates} == {"debt"}
    (change,) = found.needed.changes
    assert (change.feature, change.before) == ("debt", 9.0)
    assert change.after == pytest.approx(7.5, abs=1e-6)
    assert str(found).splitlines()[0].startswith("no because debt > 7.")
    assert str(found).splitlines()[1].startswith("yes only if debt: 9")


def test_fewer_changes_come_before_nearer_ones():
    asked = Asked.of(Loans(("no", "yes", "gold")), TABLE, output="gold")
    (found,) = contrast(asked, ROW, background=BACKGROUND, other="gold")
    assert {change.feature for change in found.needed.changes} == {"debt", "pay"}
    assert Change("job", "smith", "baker") not in found.needed.changes
    (near,) = contrast(asked, ROW, background=BACKGROUND, other="yes")
    assert len(near.needed.changes) == 1
    with pytest.raises(InputError, match="no class was said"):
        contrast(asked, ROW, background=BACKGROUND)


def test_where_nothing_may_change_it_says_so():
    asked = Asked.of(Loans(), TABLE)
    (found,) = contrast(asked, ROW, background=BACKGROUND, constraints=Constraints(immutable=("debt",)))
    assert found.needed is None
    assert "no row within the constraints" in str(found)
    assert found.properties()["changes"] == 0


def test_it_comes_back_from_json_and_from_a_folder(tmp_path):
    (found,) = contrast(Asked.of(Loans(), TABLE), ROW, background=BACKGROUND)
    assert Contrast.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found
    found.save(tmp_path)
    assert Contrast.load(tmp_path) == found
    assert found.spent.rows > 0
