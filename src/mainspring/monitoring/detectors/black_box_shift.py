"""Black box shift: labels have become more or less frequent, by what the model says alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data.comparison import estimate_label_shares, homogeneity
from mainspring.data.comparison.shift import LabelEstimate
from mainspring.monitoring.detectors.blocks import require
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.ports import DetectorState, Finding


@dataclass(slots=True, kw_only=True)
class BlackBoxShift(Kept):
    """Compares what a model says of a batch with what it said of labelled rows, and estimates the labels' shares.

    If only the shares of labels change, and inputs of one label look as before, what the model says has another
    distribution exactly if the labels have, as long as it tells them apart: so that is tested (Pearson's
    chi-squared), and the confusion matrix of the labelled rows is solved for the shares that explain what is said.
    A wrong model will do. It remembers no batch.

    References:
        Z. C. Lipton, Y.-X. Wang, A. J. Smola, "Detecting and correcting for label shift with black box
        predictors", ICML 2018.

    Args:
        level: Significance of an alarm; 0.001.
        limit: How far the estimated shares may be from those of the labelled rows (the share of rows that would
            have to change their label); 0.05.
        counts: How often each label was called each name, as ``[label, said, rows]``; ``None`` before :meth:`fit`.

    Example:
        >>> pairs = [("yes", "yes")] * 400 + [("yes", "no")] * 100 + [("no", "yes")] * 100 + [("no", "no")] * 400
        >>> detector = BlackBoxShift().fit(pairs)
        >>> found = detector.update(["yes"] * 320 + ["no"] * 680)
        >>> found.state, round(found.distance, 3)
        (<DetectorState.DRIFT: 'DRIFT'>, 0.3)
    """

    level: float = 0.001
    limit: float = 0.05

    counts: list[list[Any]] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(0 <= self.limit <= 1, "limit", self.limit, "from 0 to 1")

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn how a model confuses labels.

        Args:
            reference: ``[rows, 2]``: the true label, and what the model says, of rows that it has not learned
                from.

        Raises:
            InputError: If these are no pairs, or what it says does not depend on the label.
        """
        given = np.asarray(reference)
        if given.ndim != 2 or given.shape[1] != 2 or not len(given):
            raise InputError(
                f"the reference has the shape {given.shape}", expected="rows of a label and what is said"
            )
        pairs = Counter((str(label), str(said)) for label, said in given.tolist())
        labels, said = _spread([[*pair, count] for pair, count in pairs.items()])
        estimate_label_shares(labels, said, said)
        self.counts = [[*pair, count] for pair, count in sorted(pairs.items())]
        return self

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch.

        Args:
            batch: ``[rows]``: what the model says.

        Returns:
            The distance of the estimated shares from those of the labelled rows (total variation), and by how much
            that of each label has risen.

        Raises:
            InputError: If the detector is not fitted, or there are no rows.
        """
        found = self.estimate(batch)
        later = Counter(_words(batch))
        said = Counter(_spread(self.counts or [])[1])
        p_value = homogeneity([(said[word], later[word]) for word in sorted({*said, *later})])
        risen = {one.label: one.after - one.before for one in found}
        distance = sum(map(abs, risen.values())) / 2
        return Finding(
            state=DetectorState.DRIFT if p_value <= self.level and distance > self.limit else DetectorState.STABLE,
            distance=distance,
            threshold=self.limit,
            p_value=p_value,
            features=dict(sorted(risen.items(), key=lambda one: -abs(one[1]))),
        )

    def estimate(self, batch: npt.ArrayLike) -> tuple[LabelEstimate, ...]:
        """The share of each label in a batch, with the interval in which it lies with 95 % confidence.

        Args:
            batch: ``[rows]``: what the model says.

        Raises:
            InputError: If the detector is not fitted, or there are no rows.
        """
        if self.counts is None:
            raise InputError("the detector is not fitted", expected="a reference", fix="call fit(reference) first")
        return estimate_label_shares(*_spread(self.counts), _words(batch))


def _words(batch: npt.ArrayLike) -> list[str]:
    given = np.asarray(batch)
    if given.ndim != 1 or not len(given):
        raise InputError(f"the batch has the shape {given.shape}", expected="one row of what the model says")
    return [str(word) for word in given.tolist()]


def _spread(counts: list[list[Any]]) -> tuple[list[str], list[str]]:
    """Counted pairs as two lists of words."""
    labels = [label for label, _, rows in counts for _ in range(rows)]
    said = [word for _, word, rows in counts for _ in range(rows)]
    return labels, said
