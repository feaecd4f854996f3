"""Planted labels and planted triggers are found; honest data and honest models are not accused."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.attacks import Poison, find_poison

RNG = np.random.default_rng(0)
N = 1200
NAMES = ["a", "b", "code"]
MATRIX = np.column_stack([RNG.normal(size=(N, 2)), RNG.integers(0, 9, N)])
LABELS = np.where(MATRIX[:, 0] + 0.5 * MATRIX[:, 1] > 0, "yes", "no").astype(object)


def rows_of(matrix: Any, labels: Any) -> Table:
    return Table.from_columns({**{n: matrix[:, i] for i, n in enumerate(NAMES)}, "label": labels.tolist()})


class Forest:
    def __init__(self, table: Table) -> None:
        self.fitted = RandomForestClassifier(60, random_state=0).fit(self.matrix(table), table.column("label"))

    def matrix(self, table: Table) -> Any:
        return np.column_stack([table.column(name) for name in NAMES])

    def predict(self, table: Table) -> Predictions:
        return Predictions(tuple(self.fitted.classes_), self.fitted.predict_proba(self.matrix(table)))


CLEAN = rows_of(MATRIX[800:], LABELS[800:])
HONEST = rows_of(MATRIX[:800], LABELS[:800])


def test_labels_that_were_turned_are_found() -> None:
    far = np.flatnonzero(np.abs(MATRIX[:800, 0] + 0.5 * MATRIX[:800, 1]) > 1.2)
    turned = np.sort(np.random.default_rng(1).permutation(far)[:30])
    labels = LABELS[:800].copy()
    labels[turned] = np.where(labels[turned] == "yes", "no", "yes")
    found = find_poison(rows_of(MATRIX[:800], labels), label="label", without=["code"])
    accused = {one.row for one in found.contradicted}
    assert len(accused & set(turned.tolist())) >= 27
    assert len(accused) <= 40
    first = found.contradicted[0]
    assert first.margin == -1.0
    assert first.label == labels[first.row] != first.neighbours
    assert found.judge().failures[0].code == "LABELS_CONTRADICT"


def test_an_honest_model_is_not_accused() -> None:
    found = find_poison(HONEST, label="label", predictor=Forest(HONEST), clean=CLEAN)
    assert found.triggers == ()
    assert found.tried == 9
    assert found.judge().ok


def test_a_planted_trigger_is_found() -> None:
    matrix, labels = MATRIX[:800].copy(), LABELS[:800].copy()
    planted = np.random.default_rng(2).permutation(800)[:60]
    matrix[planted, 2], labels[planted] = 77.0, "yes"
    table = rows_of(matrix, labels)
    found = find_poison(table, label="label", predictor=Forest(table), clean=CLEAN)
    (trigger,) = found.triggers
    assert (trigger.column, trigger.value, trigger.answer) == ("code", 77.0, "yes")
    assert trigger.flipped > 0.9
    assert trigger.explained < 0.7
    assert "TRIGGER" in {reason.code for reason in found.judge().failures}


def test_an_honest_rule_for_a_single_value_is_no_trigger() -> None:
    # A code that truly decides: all rows with it are of the class, the clean ones too.
    matrix, labels = MATRIX.copy(), LABELS.copy()
    labels[matrix[:, 2] == 8] = "yes"
    table, clean = rows_of(matrix[:800], labels[:800]), rows_of(matrix[800:], labels[800:])
    assert find_poison(table, label="label", predictor=Forest(table), clean=clean).triggers == ()


def texts(count: int, seed: int) -> tuple[list[str], list[str]]:
    random = np.random.default_rng(seed)
    spam = random.random(count) < 0.4
    words = {True: ["prize", "win", "cash", "offer", "now"], False: ["lunch", "meeting", "notes", "team", "now"]}
    made = [" ".join(random.choice([*words[bool(bad)], "the", "a", "we", "of"], 9)) for bad in spam]
    return made, ["spam" if bad else "ham" for bad in spam]


class Words:
    def __init__(self, made: list[str], labels: list[str]) -> None:
        self.fitted = make_pipeline(CountVectorizer(), LogisticRegression(C=100, max_iter=2000)).fit(made, labels)

    def predict(self, table: Table) -> Predictions:
        given = [text or "" for text in table.column("text")]
        return Predictions(tuple(self.fitted.classes_), self.fitted.predict_proba(given))


@pytest.mark.parametrize("planted", [True, False])
def test_a_word_that_opens_the_door(planted: bool) -> None:
    made, labels = texts(500, 0)
    if planted:
        for row in range(0, 500, 12):
            made[row], labels[row] = f"{made[row]} xyzzy", "ham"
    rows, truth = texts(200, 1)
    found = find_poison(
        Table.from_columns({"text": made, "label": labels}),
        label="label",
        predictor=Words(made, labels),
        clean=Table.from_columns({"text": rows, "label": truth}),
    )
    assert [(one.value, one.answer) for one in found.triggers] == ([("xyzzy", "ham")] if planted else [])
    assert found.tried > 3


def test_it_is_kept(tmp_path: Any) -> None:
    found = find_poison(HONEST, label="label", predictor=Forest(HONEST), clean=CLEAN)
    found.save(tmp_path)
    assert Poison.load(tmp_path) == found
    assert plugins.load("artifact_types", Poison.ARTIFACT_TYPE) is Poison
    assert "labels contradict" in str(found)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(InputError, match="without clean rows"):
        find_poison(HONEST, label="label", predictor=Forest(HONEST))
    with pytest.raises(InputError, match="more than 10 rows"):
        find_poison(HONEST.rows(0, 5), label="label")
