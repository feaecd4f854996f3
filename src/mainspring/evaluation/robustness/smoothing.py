"""Randomised smoothing: the majority of answers to a row under noise, and how far that is sure to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.metrics.intervals import clopper_pearson
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]

SIGMA = 0.25
DRAWS = 100
SURE = 0.001
"""The chance that a radius is too large, as the paper has it."""

_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothed:
    """A classifier that answers with the class that wins most often under normal noise on the numbers.

    It is a predictor like any other, at so many times the price of the one inside. The noise of a row comes from
    the row itself: the same row always gets the same answer.

    Attributes:
        inside: The classifier.
        asked: The same, asked in columns.
        scales: What one unit of noise is in each column of numbers.
        sigma: The standard deviation of the noise, in these units.
        draws: How often each row is asked about.
        seed: Changes the noise of all rows at once.
    """

    inside: Predictor
    asked: Asked
    scales: Mapping[str, float]
    sigma: float
    draws: int
    seed: int

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        like: Table,
        *,
        label: str | None = None,
        features: Sequence[str] | None = None,
        sigma: float = SIGMA,
        draws: int = DRAWS,
        seed: int = 0,
    ) -> Self:
        """Smooth a classifier.

        Args:
            predictor: The classifier; best one that was trained under such noise.
            like: Rows with its columns, such as the training rows: noise is in their standard deviations.
            label: A column that is no feature.
            features: The columns of numbers that get noise; all without it. Whole numbers and truth
                values get none.
            sigma: How much noise, in standard deviations.
            draws: How often each row is asked about.
            seed: Of the noise.

        Raises:
            InputError: If the model is no classifier, or there is no column of numbers.
        """
        given = like.drop([label]) if label is not None and label in like.names else like
        asked = Asked.of(predictor, given, output=(predictor.predict(given.rows(0, 1)).classes or (None,))[0])
        if asked.classes is None:
            raise InputError("the model predicts values", expected="a classifier: classes are voted on")
        names = [
            name for name in (features or given.names) if name in asked.types and asked.types[name] == "FLOAT"
        ]
        if not names:
            raise InputError("there is no column of numbers to smooth", expected="a column of the type FLOAT")
        scales = {}
        for name in names:
            known = given.column(name)
            known = known[np.isfinite(known)]
            scales[name] = (float(known.std()) if len(known) else 0.0) or 1.0
        return cls(inside=predictor, asked=asked, scales=scales, sigma=sigma, draws=draws, seed=seed)

    def predict(self, table: Table) -> Predictions:
        """The share of votes of each class."""
        return self.predict_columns(self.asked.columns(table))

    def predict_columns(self, columns: Columns) -> Predictions:
        """The same of raw columns."""
        votes = self._votes(columns, self.draws, self.seed)
        return Predictions(self.asked.classes, votes / self.draws)

    def radii(self, table: Table, *, draws: int = 1000, sure: float = SURE) -> tuple[npt.NDArray[Any], Floats]:
        """The answer to each row, and how far around it nothing can change that answer.

        Args:
            table: The rows.
            draws: How often each row is asked about; a tenth more to choose the class.
            sure: The chance that a radius is too large.

        Returns:
            Classes ``[n]``, and L2 radii in standard deviations of the columns ``[n]``: 0 where nothing is sure.

        Reference: J. Cohen, E. Rosenfeld and Z. Kolter, *Certified adversarial robustness via randomized
        smoothing*, ICML 2019, algorithm CERTIFY.
        """
        columns = self.asked.columns(table)
        # The class is chosen with noise of its own: with that of the count the bound would not hold.
        chosen = self._votes(columns, max(draws // 10, 1), self.seed + 1).argmax(axis=1)
        votes = self._votes(columns, draws, self.seed + 2)[np.arange(len(chosen)), chosen]
        lowest = {count: clopper_pearson(count, draws, 1 - 2 * sure).low for count in np.unique(votes).tolist()}
        radii = [max(_radius(lowest[count], self.sigma), 0.0) for count in votes.tolist()]
        names = np.array(self.asked.classes, dtype=object)
        return names[chosen], np.array(radii)

    def _votes(self, columns: Columns, draws: int, seed: int) -> Floats:
        """How often each class wins, ``[n, classes]``."""
        size = len(next(iter(columns.values())))
        found = np.zeros((size, len(self.asked.classes or ())))
        at_once = max(1, _ROWS // draws)
        for start in range(0, size, at_once):
            part = taken(columns, np.arange(start, min(start + at_once, size)))
            rows = len(next(iter(part.values())))
            noise = np.stack([self._noise(part, row, draws, seed) for row in range(rows)])
            noisy = {name: np.repeat(values, draws) for name, values in part.items()}
            for place, name in enumerate(self.scales):
                noisy[name] = noisy[name] + noise[:, :, place].reshape(-1) * self.scales[name]
            chosen = self.asked.predictions(noisy).chosen.reshape(rows, draws)
            for which in range(found.shape[1]):
                found[start : start + rows, which] = (chosen == which).sum(axis=1)
        return found

    def _noise(self, columns: Columns, row: int, draws: int, seed: int) -> Floats:
        generator = generator_of({name: values[row] for name, values in columns.items()}, seed)
        return self.sigma * generator.normal(size=(draws, len(self.scales)))


def _radius(lowest: float, sigma: float) -> float:
    return sigma * NormalDist().inv_cdf(lowest) if 0.5 < lowest < 1 else 0.0
