"""LIME on a line, and what is said of how well it fits."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Background, explain

RNG = np.random.default_rng(0)
TABLE = Table.from_columns({name: RNG.normal(size=500) for name in "abcd"})


class Of:
    def __init__(self, of):
        self.of = of

    def predict(self, table):
        return Predictions(None, self.of({name: table.column(name) for name in table.names}))


def line(held):
    return 3 * held["a"] - 2 * held["b"] + 0.5 * held["c"]


def test_a_line_is_found_again():
    background = Background.of(TABLE, rows=500)
    found = explain(Of(line), TABLE.rows(0, 3), background=background, method="lime", samples=20_000)
    rows = {name: TABLE.column(name)[:3] for name in "abcd"}
    expected = np.column_stack(
        [
            weight * (rows[name] - TABLE.column(name).mean())
            for name, weight in zip("abcd", (3, -2, 0.5, 0), strict=True)
        ]
    )
    assert np.abs(found.contributions - expected).max() < 0.15


def test_the_fit_is_told():
    flat = Background.of(Table.from_columns({name: [0.0] for name in "abcd"}))
    told = explain(Of(line), TABLE.rows(0, 2), background=flat, method="lime").parameters["fidelity"]
    assert told == pytest.approx([1.0, 1.0], abs=1e-3)
    parity = explain(
        Of(lambda held: np.sign(held["a"] * held["b"] * held["c"] * held["d"])),
        TABLE.rows(0, 2),
        background=TABLE,
        method="lime",
    )
    assert max(parity.parameters["fidelity"]) < 0.2


def test_the_same_row_has_the_same_weights_in_any_company():
    together = explain(Of(line), TABLE.rows(0, 4), background=TABLE, method="lime", samples=100)
    alone = explain(Of(line), TABLE.rows(2, 3), background=TABLE, method="lime", samples=100)
    assert together.contributions[2].tolist() == alone.contributions[0].tolist()


def test_too_few_samples():
    with pytest.raises(InputError, match="5 samples for 4 features"):
        explain(Of(line), TABLE.rows(0, 1), background=TABLE, method="lime", samples=5)
