"""Agreement counted by hand, and the stability of a method that needs no luck."""

import math

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Attributions, explain
from mainspring.evaluation.explanation.agreement import agreement, stability

RNG = np.random.default_rng(0)
TABLE = Table.from_columns({name: RNG.normal(size=300) for name in "abcd"})


def attributions(rows):
    contributions = np.array(rows, dtype=np.float64)
    count = len(contributions)
    return Attributions(
        method="m",
        features=tuple("abcd"),
        base=np.zeros(count),
        contributions=contributions,
        outputs=contributions.sum(axis=1),
        values=((None,) * 4,) * count,
        output=None,
        scale="value",
    )


def test_agreement_by_hand():
    first, second = attributions([[4, -3, 2, 1]]), attributions([[4, 3, 1, 2]])
    found = agreement({"x": first, "y": second}, top=3)
    # Tops {a, b, c} and {a, b, d}: two of four. Ranks 3 2 1 0 and 3 2 0 1.
    assert found.overlap == 2 / 4
    assert found.correlation == pytest.approx(0.8)
    assert found.same_sign == 1 / 2
    assert found.spread == {"a": 0.0, "b": 3.0, "c": 0.5, "d": 0.5}
    assert found.pairs == {"x and y": 0.5}


def test_explanations_without_any_difference():
    flat = attributions([[1, 1, 1, 1]])
    found = agreement({"x": flat, "y": flat})
    assert found.overlap == 1
    assert math.isnan(found.correlation)


def test_what_cannot_be_compared():
    one = attributions([[1, 2, 3, 4]])
    with pytest.raises(InputError, match="1 explanations"):
        agreement({"x": one})
    with pytest.raises(InputError, match="2 kinds"):
        agreement({"x": one, "y": attributions([[1, 2, 3, 4]] * 2)})


def test_more_background_is_more_stable():
    class Model:
        def predict(self, table):
            a, b, c = (table.column(name) for name in "abc")
            return Predictions(None, a * b + 0.8 * c)

    def explained(background, seed):
        return explain(Model(), TABLE.rows(0, 10), background=background, method="exact_shapley", seed=seed)

    few = stability(explained, TABLE, background_rows=3)
    many = stability(explained, TABLE, background_rows=200)
    assert many.spread["a"] < few.spread["a"] / 2
    assert many.overlap >= few.overlap
    assert many.spread["d"] == pytest.approx(0, abs=1e-12)
