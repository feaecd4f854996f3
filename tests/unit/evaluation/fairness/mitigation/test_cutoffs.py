from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Predictions, evaluate
from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs

CUTOFFS = GroupCutoffs(
    positive="yes",
    columns=("sex", "veteran"),
    cutoffs={
        Slice.of(sex="f", veteran="true"): 0.2,
        Slice.of(sex="m", veteran="false"): 0.7,
        Slice.of(sex="(missing)", veteran="true"): 0.9,
    },
    default=0.4,
)


def rows() -> Table:
    return Table.from_columns(
        {"sex": ["f", "m", None, "x", "f"], "veteran": [True, False, True, True, None], "y": ["yes"] * 4 + ["no"]}
    )


def test_every_row_has_the_cutoff_of_its_group_and_others_the_default() -> None:
    assert CUTOFFS.at(rows()).tolist() == [0.2, 0.7, 0.9, 0.4, 0.4]


def test_columns_give_the_same_as_the_table() -> None:
    table = rows()
    columns = {name: table.column(name) for name in table.names}
    assert CUTOFFS.at_columns(columns).tolist() == CUTOFFS.at(table).tolist()


def test_numbers_are_found_by_value() -> None:
    cutoffs = GroupCutoffs(
        positive="1", columns=("code",), cutoffs={Slice.of(code="1"): 0.1, Slice.of(code="x"): 0.2}
    )
    assert cutoffs.at(Table.from_columns({"code": [1, 2, None]})).tolist() == [0.1, 0.5, 0.5]
    assert cutoffs.at(Table.from_columns({"code": [1.0, 1.5]})).tolist() == [0.1, 0.5]
    assert cutoffs.at(Table.from_columns({"code": ["1", "x"]})).tolist() == [0.1, 0.2]


def test_applied_it_changes_answers_and_not_probabilities() -> None:
    scores = np.array([0.3, 0.6, 0.8, 0.45, 0.1])
    predictions = Predictions(("no", "yes"), np.column_stack([1 - scores, scores]))
    answered = CUTOFFS.apply(predictions, rows())
    assert answered.labels.tolist() == ["yes", "no", "no", "yes", "no"]
    assert np.array_equal(answered.scores, predictions.scores)
    assert evaluate(answered, rows(), label="y").count == 5


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    CUTOFFS.save(tmp_path)
    assert GroupCutoffs.load(tmp_path) == CUTOFFS
    assert CUTOFFS.properties()["cutoff sex=f, veteran=true"] == 0.2
    assert "sex=m, veteran=false: 0.7" in str(CUTOFFS)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), st.floats(0, 1), max_size=5), st.floats(0, 1))
def test_any_of_them_survives_json(by_word: dict[str, float], default: float) -> None:
    one = GroupCutoffs(
        positive="yes",
        columns=("g",),
        cutoffs={Slice.of(g=word): at for word, at in by_word.items()},
        default=default,
    )
    assert GroupCutoffs.from_dict(one.as_dict()) == one


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(InputError, match="groups sex=f"):
        GroupCutoffs(positive="yes", columns=("sex", "age"), cutoffs={Slice.of(sex="f"): 0.1})
    with pytest.raises(InputError, match="no number as the cutoff of default"):
        GroupCutoffs(positive="yes", columns=("sex",), cutoffs={}, default=math.nan)
    with pytest.raises(InputError, match="no column 'sex'"):
        CUTOFFS.at(Table.from_columns({"veteran": [True]}))
    with pytest.raises(InputError, match="no column 'veteran'"):
        CUTOFFS.at_columns({"sex": np.array(["f"], dtype=object)})
