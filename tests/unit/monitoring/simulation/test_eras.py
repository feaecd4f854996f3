import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.predictions import Cutoff, Predictions
from mainspring.monitoring.simulation.eras import Era, Recorded, joined

ROWS = Table.from_columns(
    {
        "x": [1.0, 2.0, 3.0],
        "output.label": ["no", "yes", "yes"],
        "output.probability.no": [0.9, 0.6, 0.2],
        "output.probability.yes": [0.1, 0.4, 0.8],
        "request.version": ["1", "1", "1"],
    }
)


class Always:
    def predict(self, table: Table) -> Predictions:
        return Predictions(("no", "yes"), np.tile([0.0, 1.0], (table.num_rows, 1)))


def test_recorded_answers_stand_whatever_cutoff_they_were_made_with() -> None:
    found = Recorded().predict(ROWS)
    assert found.labels.tolist() == ["no", "yes", "yes"]
    assert found.scores[:, 1].tolist() == [0.1, 0.4, 0.8]
    with pytest.raises(InputError, match="no answers"):
        Recorded().predict(ROWS.select(["x"]))


def test_an_era_answers_in_the_place_of_what_was_recorded() -> None:
    rows = Era(since=0.0, version="simulated 1", model=Always()).answered(ROWS)
    assert rows.column("output.label").tolist() == ["yes"] * 3
    assert rows.column("output.probability.yes").tolist() == [1.0] * 3
    assert set(rows.column("request.version")) == {"simulated 1"}
    assert Era(since=0.0).answered(ROWS) is ROWS
    named = Era(since=0.0, version="simulated 1").answered(ROWS)
    assert named.column("output.label").tolist() == ["no", "yes", "yes"]


def test_answers_of_eras_are_joined_with_their_cutoffs_and_classes() -> None:
    first = Predictions(("no", "yes"), np.array([[0.7, 0.3]]), Cutoff("yes", 0.2))
    second = Predictions(("no", "yes"), np.array([[0.7, 0.3]]))
    assert joined([first, second]).labels.tolist() == ["yes", "no"]
    third = Predictions(("maybe",), np.array([[1.0]]))
    whole = joined([second, third])
    assert whole.classes == ("no", "yes", "maybe")
    assert whole.labels.tolist() == ["no", "maybe"]
    values = joined([Predictions(None, np.array([1.0])), Predictions(None, np.array([2.0]))])
    assert values.scores.tolist() == [1.0, 2.0]
