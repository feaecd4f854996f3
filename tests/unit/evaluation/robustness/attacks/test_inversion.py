"""A hidden column of which the model makes much is found; one that it does not read is not."""

from typing import Any

import numpy as np
import pytest

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.attacks import Inversion, invert_attribute

RNG = np.random.default_rng(0)
N = 1500
AGE = RNG.normal(size=N)
GENE = RNG.choice(np.array(["A", "B"], dtype=object), N, p=[0.6, 0.4])
CODE = np.where(GENE == "B", 1.0, -1.0)
LABEL = np.where(RNG.random(N) < 1 / (1 + np.exp(-(2 * CODE + AGE))), "high", "low")
TABLE = Table.from_columns({"age": AGE, "gene": GENE.tolist(), "dose": LABEL.tolist()})


class Dose:
    """The probabilities that the doses were drawn with, with as much of the gene as it is told."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def predict(self, table: Table) -> Predictions:
        code = np.where(table.column("gene") == "B", 1.0, -1.0)
        high = 1 / (1 + np.exp(-(self.weight * code + table.column("age"))))
        return Predictions(("high", "low"), np.column_stack([high, 1 - high]))


def test_the_guess_is_that_of_bayes() -> None:
    found = invert_attribute(Dose(2.0), TABLE, sensitive="gene", label="dose")
    likely = {}
    for name, code in (("A", -1.0), ("B", 1.0)):
        high = 1 / (1 + np.exp(-(2 * code + AGE)))
        likely[name] = np.where(LABEL == "high", high, 1 - high) * float((name == GENE).mean())
    by_hand = np.where(likely["B"] > likely["A"], "B", "A")
    assert found.accuracy == np.mean(by_hand == GENE)
    assert found.base_rate == np.mean(GENE == "A")
    assert found.caught["B"] == np.mean(by_hand[GENE == "B"] == "B")
    assert found.interval.low < found.accuracy < found.interval.high


def test_scores_give_the_column_away_and_labels_only_what_the_world_does() -> None:
    by_label, by_scores = (
        invert_attribute(Dose(2.0), TABLE, sensitive="gene", label="dose", known=known)
        for known in ("label", "scores")
    )
    # Who knows the label guesses the gene without the model; the model adds next to nothing to that.
    assert by_label.accuracy > by_label.base_rate + 0.15
    assert by_label.advantage < 0.05
    assert by_label.judge().ok
    assert by_scores.accuracy == 1.0
    verdict = by_scores.judge()
    assert verdict.failures[0].code == "ATTRIBUTE_LEAKS"


@pytest.mark.parametrize("known", ["label", "answer", "scores"])
def test_a_model_that_does_not_read_it_gives_nothing_away(known: Any) -> None:
    found = invert_attribute(Dose(0.0), TABLE, sensitive="gene", label="dose", known=known)
    assert found.accuracy == found.base_rate
    assert found.advantage <= 0
    assert found.judge().ok


def test_it_is_kept(tmp_path: Any) -> None:
    found = invert_attribute(Dose(1.0), TABLE, sensitive="gene", label="dose", known="answer")
    found.save(tmp_path)
    assert Inversion.load(tmp_path) == found
    assert plugins.load("artifact_types", Inversion.ARTIFACT_TYPE) is Inversion
    assert "without the model" in str(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sensitive": "dose"}, "no column 'dose' to guess"),
        ({"sensitive": "age"}, "'age' has 1500 values"),
        ({"sensitive": "gene", "known": "all"}, "knows 'all'"),
    ],
)
def test_what_cannot_be_guessed(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        invert_attribute(Dose(1.0), TABLE, label="dose", **given)
