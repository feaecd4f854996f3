"""Agreement of people, against scikit-learn and the table of Fleiss."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mainspring.core import InputError
from mainspring.evaluation.agreement import Agreement, agreement, fleiss_kappa, krippendorff_alpha

FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
"""Fourteen people, ten rows, five answers: a table that many texts on Fleiss' kappa use; its kappa is 0.210."""


def test_kappa_of_many_people() -> None:
    assert fleiss_kappa(np.array(FLEISS)) == pytest.approx(0.20993, abs=1e-5)


def test_kappa_of_pairs_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 80)
    answers = {
        name: [str(one) for one in np.where(random.random(80) < 0.7, truth, random.integers(0, 3, 80))]
        for name in ("ann", "ben", "cem")
    }
    found = agreement(answers)
    for (one, other), kappa in found.cohen.items():
        assert kappa == pytest.approx(cohen_kappa_score(answers[one], answers[other]))
    assert len(found.cohen) == 3
    assert "80 rows" in str(found)
    assert Agreement.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found


def test_rows_that_one_left_out_do_not_count() -> None:
    found = agreement({"ann": ["a", None, "b"], "ben": ["a", "b", None]})
    assert (found.rows, found.same) == (1, 1.0)
    assert math.isnan(found.fleiss)
    assert found.as_dict()["fleiss"] is None
    assert "does not exist" in str(found)


def test_nothing_in_common() -> None:
    found = agreement({"ann": [None], "ben": ["b"]})
    assert found.rows == 0
    assert math.isnan(found.same)


def test_one_person_cannot_agree() -> None:
    with pytest.raises(InputError, match="1 people"):
        agreement({"ann": ["a"]})


def test_alpha_is_that_of_the_paper() -> None:
    """The data of Krippendorff (2011): four observers, twelve units, missing answers."""
    people = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    rows = [[None if one == "." else one for one in row] for row in zip(*people, strict=True)]
    assert krippendorff_alpha(rows) == pytest.approx(0.743, abs=5e-4)
    numbers = [[None if one is None else float(one) for one in row] for row in rows]
    assert krippendorff_alpha(numbers, level="interval") == pytest.approx(0.849, abs=5e-4)


def test_alpha_without_anything_to_compare() -> None:
    assert math.isnan(krippendorff_alpha([["a"], [None, "b"]]))
    assert math.isnan(krippendorff_alpha([["a", "a"], ["a", "a"]]))
    with pytest.raises(InputError, match="no distance"):
        krippendorff_alpha([["a", "b"]], level="interval")
