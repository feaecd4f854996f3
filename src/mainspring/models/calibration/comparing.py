"""Methods of calibration held against each other, each on rows that it was not fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.models.calibration.ports import Floats, Ints
from mainspring.models.calibration.registry import METHODS, fit_calibrator

AS_IT_IS: Final = "none"
"""The model without calibration."""

FOLDS: Final = 5
"""A calibrator is judged on a fifth of the rows, fitted on the others, five times over."""

WORTH: Final = 1e-3
"""A method has to take away more than this share of the loss to be worth its parameters."""

_SMALLEST: Final = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came out.

    Attributes:
        losses: Method to its mean loss on unseen rows, :data:`AS_IT_IS` among them.
        best: The simplest method whose loss is the least, but for one standard error or a thousandth of it.
        scores: Method to its probabilities of every row, by a calibrator that did not see the row.
        by: The loss: ``"log_loss"`` or ``"brier"``.
    """

    losses: Mapping[str, float]
    best: str
    scores: Mapping[str, Floats]
    by: str


def compare_calibrators(
    scores: Floats,
    truth: Ints,
    weights: Floats | None = None,
    *,
    methods: Sequence[str] = tuple(METHODS),
    by: str = "log_loss",
    folds: int = FOLDS,
    seed: int = 0,
) -> Comparison:
    """Cross-validate methods of calibration.

    Args:
        scores: Probabilities of the model, ``[n, classes]``, finite.
        truth: Index of each row's class, ``[n]``.
        weights: What each row counts; 1 without it.
        methods: Names of :data:`mainspring.models.calibration.METHODS`.
        by: The loss that decides: ``"log_loss"``, which punishes certain errors hard, or ``"brier"``.
        folds: Into how many parts the rows are cut, each with the same share of every class.
        seed: Of the parts.

    Raises:
        InputError: For another loss, or if a class has fewer rows than there are folds.
    """
    if by not in {"log_loss", "brier"}:
        raise InputError(f"calibrators are not compared by {by!r}", expected="log_loss or brier")
    counts = np.bincount(truth)
    rarest = int(counts[counts > 0].min()) if len(truth) else 0
    if rarest < folds:
        raise InputError(
            f"a class has {rarest} rows, too few to judge calibration by {folds} parts",
            expected=f"at least {folds} rows of every class",
            fix="give more rows to calibrate on",
        )
    weight = np.ones(len(truth)) if weights is None else weights
    part = _parts(truth, folds, seed)
    found = {AS_IT_IS: scores}
    for method in methods:
        made = np.empty_like(scores)
        for fold in range(folds):
            held = part == fold
            calibrator = fit_calibrator(method, scores[~held], truth[~held], weight[~held])
            made[held] = calibrator.apply(scores[held])
        found[method] = made
    losses = {method: _loss(one, truth, by) for method, one in found.items()}
    means = {method: float(np.average(loss, weights=weight)) for method, loss in losses.items()}
    return Comparison(losses=means, best=_simplest(losses, means, weight), scores=found, by=by)


def mean_loss(scores: Floats, truth: Ints, weights: Floats | None, by: str) -> float:
    """The mean loss of rows, ``"log_loss"`` or ``"brier"``."""
    return float(np.average(_loss(scores, truth, by), weights=weights))


def _parts(truth: Ints, folds: int, seed: int) -> Ints:
    """The part of each row: every class is dealt out evenly, in an order that the seed decides."""
    shuffled = np.random.default_rng(seed).permutation(len(truth))
    by_class = shuffled[np.argsort(truth[shuffled], kind="stable")]
    part = np.empty(len(truth), dtype=np.int64)
    part[by_class] = np.arange(len(truth)) % folds
    return part


def _loss(scores: Floats, truth: Ints, by: str) -> Floats:
    """The loss of each row."""
    given = scores[np.arange(len(truth)), truth]
    if by == "log_loss":
        losses: Floats = -np.log(np.clip(given, _SMALLEST, 1.0))
        return losses
    squares: Floats = (scores**2).sum(axis=1) - 2 * given + 1.0
    return squares / 2 if scores.shape[1] == 2 else squares


def _simplest(losses: Mapping[str, Floats], means: Mapping[str, float], weight: Floats) -> str:
    least = min(means, key=lambda method: means[method])
    total = float(weight.sum())
    for method in losses:  # the simplest comes first
        apart = losses[method] - losses[least]
        gap = means[method] - means[least]
        error = float(np.sqrt((weight**2) @ (apart - gap) ** 2)) / total
        if gap <= max(error, WORTH * means[least]):
            return method
    return least
