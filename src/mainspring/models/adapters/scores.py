"""What trainers share: scores for all classes of the label, whichever of them a fitted estimator has seen."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.ports import Recipe
from mainspring.models.training_options import Ability, Ending, Iteration, TrainingOptions

ITERATIVE = frozenset(
    {
        Ability.WEIGHTS,
        Ability.VALIDATION,
        Ability.EARLY_STOPPING,
        Ability.WARM_START,
        Ability.MONOTONE,
        Ability.CHECKPOINTS,
        Ability.TIME_BUDGET,
    }
)
"""What boosting that calls back after every tree can do."""


def two_columns(second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities of both classes from those of the second."""
    return np.stack([1 - second, second], axis=1)


def chosen(indices: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64]:
    """1 for the chosen class of each row, 0 for the others."""
    return np.asarray(np.eye(classes)[indices], dtype=np.float64)


def spread(scores: npt.NDArray[np.float64], seen: Sequence[int], classes: int) -> npt.NDArray[np.float64]:
    """Scores of the classes seen in training, put into the columns of all classes.

    Args:
        scores: ``[n, len(seen)]``.
        seen: Index of each column's class.
        classes: Number of all classes; those not seen get 0.
    """
    if list(seen) == list(range(classes)):
        return np.ascontiguousarray(scores, dtype=np.float64)
    wide = np.zeros((len(scores), classes))
    wide[:, list(seen)] = scores
    return wide


def no_scores(classes: Sequence[str] | None) -> npt.NDArray[np.float64]:
    """The answer to no rows."""
    return np.zeros(0 if classes is None else (0, len(classes)))


def answers(
    found: npt.NDArray[np.float64], seen: Sequence[int], classes: Sequence[str] | None
) -> npt.NDArray[np.float64]:
    """What a booster said, as values ``[n]``, or as probabilities of all classes ``[n, classes]``.

    Args:
        found: Values, probabilities of the second of two classes, or of every class that was seen.
        seen: Index of the class of each column.
        classes: Of the label; ``None`` for regression.
    """
    if classes is None:
        return found.reshape(-1)
    return spread(found if found.ndim == 2 else two_columns(found), seen, len(classes))


def seen_classes(recipe: Recipe, target: npt.NDArray[Any]) -> tuple[int, ...]:
    """Indices of the classes that the rows have; empty for regression."""
    return () if recipe.classes is None else tuple(int(index) for index in np.unique(target))


def estimator_class(recipe: Recipe, estimators: Mapping[str, type], classifier: type) -> Any:
    """The class of a recipe's estimator.

    Raises:
        InputError: If it does the other task.
    """
    found = estimators[recipe.estimator]
    if (recipe.classes is not None) != (found is classifier):
        raise wrong_task(recipe.estimator, classification=recipe.classes is not None)
    return found


def check_params(
    estimator: str, params: Mapping[str, Any], named: Sequence[str], also: Collection[str] = ()
) -> None:
    """Refuse parameters that the estimator does not know, all at once.

    Args:
        estimator: Its full name.
        params: What was given.
        named: The parameters of its constructor.
        also: Further ones that it takes.

    Raises:
        InputError: With the closest names and all of the constructor's.
    """
    unknown = [name for name in params if name not in named and name not in also]
    if not unknown:
        return
    letters = {name.lower(): name for name in named}
    hints = []
    for name in unknown:
        near = get_close_matches(name.lower(), letters, n=1)
        hints.append(f"{name!r} (perhaps {letters[near[0]]!r})" if near else repr(name))
    raise InputError(
        f"{estimator} has no parameter {', '.join(hints)}",
        expected=("parameters such as " if also else "only ") + ", ".join(sorted(named)),
        fix="correct the name in params",
    )


def wrong_task(estimator: str, *, classification: bool) -> InputError:
    """The error for an estimator that does the other task."""
    if classification:
        return InputError(
            f"{estimator} predicts numbers, and the label has classes",
            expected="a classifier",
            fix="choose an estimator that is a classifier, such as lightgbm.LGBMClassifier",
        )
    return InputError(
        f"{estimator} predicts classes, and the label is a number",
        expected="a regressor",
        fix="choose an estimator that is a regressor, such as lightgbm.LGBMRegressor",
    )


def refused(estimator: str, error: Exception) -> InputError:
    """The error for what a framework refused, in the framework's words."""
    text = " ".join(str(error).split()).partition(" Stack trace:")[0]
    if "contains NaN" in text:
        return InputError(
            f"{estimator} cannot take missing values",
            expected="a matrix without NaN",
            fix="fill missing values in the transform, or choose lightgbm.LGBMClassifier, "
            "sklearn.ensemble.HistGradientBoostingClassifier or a forest",
        )
    return InputError(f"{estimator} refused: {text}", fix="correct params, or choose another estimator")


def check_abilities(estimator: str, options: TrainingOptions, abilities: Collection[Ability]) -> None:
    """Refuse options that an estimator cannot honour, all at once.

    Raises:
        InputError: With what it can do.
    """
    lacking = sorted(options.wanted() - set(abilities))
    if lacking:
        raise InputError(
            f"{estimator} cannot do: {', '.join(lacking)}",
            expected="only " + ", ".join(sorted(abilities)) if abilities else "plain training",
            fix="leave it out, or choose an estimator that can, such as lightgbm.LGBMClassifier",
        )


def check_start(
    estimator: str, *, classes: tuple[Sequence[int], Sequence[int]], columns: tuple[int, int], same: bool = True
) -> None:
    """Refuse to go on from an estimator that was made otherwise.

    Args:
        estimator: Its full name.
        classes: Indices of the classes seen then and now; empty for regression.
        columns: Columns of the matrix then and now.
        same: Whether it is of the same name.

    Raises:
        InputError: With everything that differs.
    """
    problems = [] if same else ["it is another estimator"]
    if list(classes[0]) != list(classes[1]):
        problems.append(f"it knows the classes {list(classes[0])}, and the rows have {list(classes[1])}")
    if columns[0] != columns[1]:
        problems.append(f"its matrix had {columns[0]} columns, and this one has {columns[1]}")
    if problems:
        raise InputError(
            f"{estimator} cannot go on from the given start: {'; '.join(problems)}",
            expected="a start of the same estimator, with the same classes and columns",
            fix="start over: leave the start out",
        )


@dataclass(slots=True)
class Watch:
    """Follows a training for its options: tells of iterations, and knows when to stop and which was the best.

    The rule is one for all frameworks: the best iteration is the first with the largest gain, and a training
    ends ``patience`` iterations after it.
    """

    options: TrainingOptions
    started: float = field(default_factory=time.monotonic)
    iterations: int = 0
    best: int = 0
    largest: float = -math.inf
    reason: str = "done"

    def step(self, figures: Mapping[str, float], gain: float | None = None) -> bool:
        """Note an iteration; whether to stop after it.

        Args:
            figures: What to tell.
            gain: How good it is on the validation rows: more is better.
        """
        self.iterations += 1
        if self.options.on_iteration is not None:
            self.options.on_iteration(Iteration(self.iterations, dict(figures)))
        if gain is not None and gain > self.largest:
            self.largest, self.best = gain, self.iterations
        patience, seconds = self.options.patience, self.options.seconds
        if patience is not None and self.iterations - self.best >= patience:
            self.reason = "early"
        elif seconds is not None and time.monotonic() - self.started >= seconds:
            self.reason = "time"
        return self.reason != "done"

    @property
    def kept(self) -> int:
        """How many iterations are worth keeping: up to the best one if there is patience, else all."""
        return self.best if self.options.patience is not None and self.best else self.iterations

    @property
    def is_checkpoint(self) -> bool:
        """Whether a checkpoint is due after the iteration that was noted last."""
        every = self.options.checkpoint_every
        return self.options.on_checkpoint is not None and every > 0 and self.iterations % every == 0

    def end(self) -> None:
        """Tell how it ended."""
        if self.options.on_end is not None:
            self.options.on_end(Ending(self.reason, self.iterations, self.kept))


def installed(distribution: str) -> bool:
    """Whether a distribution is installed."""
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
