"""What a proof counts, on answers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.evaluation import Predictions
from mainspring.models.challenges import UNSEEN, Challenge, challenges
from mainspring.models.parity import Parity
from mainspring.models.proof import prove
from mainspring.models.signature import Signature

ROWS = {"x": np.array([1.0, 2.0, 3.0, 4.0]), "word": np.array(["a", None, "b", "a"], dtype=object)}


class Oracle:
    """Answers from a list, by the value of ``x``; refuses other values."""

    def __init__(self, classes, scores):
        self.classes, self.scores = classes, np.array(scores)

    def predict_columns(self, columns):
        places = columns["x"] - 1
        if np.isnan(places).any():
            raise InputError("no missing values, please")
        return Predictions(self.classes, self.scores[places.astype(int)])

    def predict(self, columns):
        answer = self.predict_columns(columns)
        if self.classes is None:
            return {"prediction": answer.scores}
        return {"label": answer.labels, "probabilities": answer.scores}


REAL = Challenge("real", ROWS)


def report(expected, found, classes=("no", "yes"), rows=(REAL,)):
    return prove(Oracle(classes, expected), Oracle(classes, found), rows, name="x", tolerance=1e-9)


SURE = [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [1.0, 0.0]]


def test_equal_answers():
    parity = report(SURE, SURE)
    assert parity.ok
    assert (parity.rows_compared, parity.kinds, parity.max_abs_difference) == (8, {"real": 4, "single": 4}, 0.0)
    assert parity.examples == ()


def test_scores_and_labels_that_differ():
    found = [[0.9, 0.1], [0.7, 0.3], [0.5, 0.5], [1.0 - 2e-7, 2e-7]]
    parity = report(SURE, found)
    assert not parity.ok
    assert (parity.max_abs_difference, parity.labels_different, parity.ties) == (0.5, 2, 0)
    first = parity.examples[0]
    assert first == {
        "kind": "real",
        "row": {"x": 2.0, "word": None},
        "model": [0.2, 0.8],
        "exported": {"label": "no", "probabilities": [0.7, 0.3]},
    }
    assert len(parity.examples) == 4


def test_a_tie_that_falls_the_other_way_is_counted_and_forgiven():
    parity = report(SURE, [*SURE[:2], [0.5, 0.5 + 1e-12], SURE[3]])
    assert (parity.labels_different, parity.ties, parity.ok) == (2, 2, True)
    assert parity.max_abs_difference == 1e-12


def test_differences_of_values_are_relative():
    parity = report([1e6, 0.0, 1.0, 2.0], [1e6 + 1e-4, 0.0, 1.0, 2.0], classes=None)
    assert parity.ok
    assert parity.max_abs_difference == pytest.approx(1e-10, rel=0.1)
    assert not report([1.0, 0.0, 1.0, 2.0], [1.0 + 1e-4, 0.0, 1.0, 2.0], classes=None).ok


def test_a_number_where_the_model_gives_none():
    parity = report([1.0, np.nan, 1.0, 2.0], [1.0, 7.0, 1.0, 2.0], classes=None)
    assert (parity.max_abs_difference, parity.ok) == (np.inf, False)
    assert report([1.0, np.nan, np.inf, 2.0], [1.0, np.nan, np.inf, 2.0], classes=None).ok


def test_what_the_model_refuses_is_left_out_unless_it_is_real():
    hole = {**ROWS, "x": np.full(4, np.nan)}
    parity = report(SURE, SURE, rows=(Challenge("real", ROWS), Challenge("missing", hole)))
    assert "missing" not in parity.kinds
    with pytest.raises(InputError, match="no missing values"):
        report(SURE, SURE, rows=(Challenge("real", hole),))


def test_the_report_comes_back():
    parity = report(SURE, [[0.9, 0.1], [0.7, 0.3], [0.5, 0.5], [1.0, 0.0]])
    assert Parity.from_dict(parity.as_dict()) == parity
    assert "largest difference 0.5, 2 other labels" in str(parity)


def test_challenges(tables, transforms):
    transform = transforms["binary", "filled"]
    signature = Signature.from_transform(transform, not_nullable={"hour"})
    table = tables["binary"].rows(0, 10)
    columns = {name: table.column(name) for name in signature.names}
    found = challenges(columns, signature, transform, {0: np.array([0.25])})
    kinds = [(challenge.kind, len(challenge)) for challenge in found]
    # Five columns may be missing, one by one and together; two hold words.
    assert kinds == [
        ("real", 10),
        *[("missing", 10)] * 5,
        ("missing", 1),
        *[("unseen", 10)] * 2,
        ("unseen", 1),
        *[("odd", 10), ("odd", 6), ("odd", 10), ("odd", 2), ("odd", 12), ("odd", 12)],
        ("boundary", 6),
    ]
    assert all(not np.isnan(challenge.columns["hour"]).any() for challenge in found)
    assert set(found[7].columns["company"]) == set(found[8].columns["payment"]) == {UNSEEN}
    step = transform.steps[0]
    raw = 0.25 * step.scale + step.shift
    values = found[-1].columns["fare"]
    assert {raw, np.nextafter(raw, np.inf), np.nextafter(raw, -np.inf), float(np.float32(raw))} <= set(
        values.tolist()
    )
