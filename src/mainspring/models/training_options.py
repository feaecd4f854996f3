"""What may accompany a training: weights, rows to watch, a start, limits, and who is told about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mainspring.models.files import Files
    from mainspring.models.fitted import Fitted


class Ability(StrEnum):
    """What an estimator can be asked for beyond plain training; see :class:`TrainingOptions`."""

    WEIGHTS = "weights"
    VALIDATION = "validation"
    """Figures of every iteration, also on rows that are not learnt from."""
    EARLY_STOPPING = "early stopping"
    WARM_START = "warm start"
    MONOTONE = "monotonic constraints"
    CHECKPOINTS = "checkpoints"
    TIME_BUDGET = "time budget"
    RESUME = "resume"
    """To go on after a kill from the last checkpoint, and end with the same bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as an estimator takes them.

    Attributes:
        matrix: ``[n, features]``, NaN for missing.
        target: Class indices (int64) or values (float64), ``[n]``.
        weights: What each row counts, ``[n]``; ``None`` if all count 1.
    """

    matrix: npt.NDArray[np.float64]
    target: npt.NDArray[Any]
    weights: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Iteration:
    """One step of a training: a tree, an epoch.

    Attributes:
        number: Counted from 1.
        figures: Figures after it, such as ``{"train logloss": 0.4, "validation logloss": 0.5}``.
    """

    number: int
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a training ended.

    Attributes:
        reason: ``"done"`` (as many iterations as were asked for), ``"early"`` (no gain on the validation rows)
            or ``"time"`` (the time budget was spent: another run may end elsewhere).
        iterations: How many iterations were made.
        kept: How many of them the trained estimator has; fewer after an early stop.
    """

    reason: str = "done"
    iterations: int = 0
    kept: int = 0


class Pacing(Protocol):
    """Says when the next checkpoint is due."""

    def is_due(self, *, epoch_ended: bool) -> bool:
        """Count a step, or the end of an epoch; whether a checkpoint is to be made after it."""
        ...


class CheckpointPlace(Protocol):
    """Where the state of a training outlives its process: :class:`~mainspring.models.training.Checkpoints`."""

    def latest(self) -> Files | None:
        """The newest state that is whole, if there is one."""
        ...

    def save(self, number: int, files: Files) -> None:
        """Keep a state; later ones have larger numbers."""
        ...

    def pace(self) -> Pacing:
        """What tells when the next is due."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrainingOptions:
    """What accompanies a training. The default is none of it.

    Attributes:
        weights: What each training row counts, ``[n]``.
        validation: Rows to watch, never to learn from.
        patience: Stop after so many iterations without a gain on the validation rows, and keep the best.
        initial: An estimator to go on from, of the same name.
        monotone: Column of the matrix to 1 (the answer may only rise with it) or -1 (only fall).
        seconds: Stop at the first iteration after this time.
        on_iteration: Told about every iteration.
        on_checkpoint: Given the iteration and the estimator so far, every ``checkpoint_every`` iterations.
        checkpoint_every: How often; 0 for never.
        on_end: Told how it ended.
        checkpoints: Where the state of the training is kept, and gone on from if there is one.

    A trainer raises :class:`~mainspring.core.errors.InputError` for what the estimator has no
    :class:`Ability` for; it never passes over it in silence.
    """

    weights: npt.NDArray[np.float64] | None = None
    validation: Rows | None = None
    patience: int | None = None
    initial: Fitted | None = None
    monotone: Mapping[int, int] = field(default_factory=dict)
    seconds: float | None = None
    on_iteration: Callable[[Iteration], None] | None = None
    on_checkpoint: Callable[[int, Fitted], None] | None = None
    checkpoint_every: int = 0
    on_end: Callable[[Ending], None] | None = None
    checkpoints: CheckpointPlace | None = None

    def wanted(self) -> frozenset[Ability]:
        """The abilities without which this cannot be had. To be told about iterations is no demand."""
        asked = {
            Ability.WEIGHTS: self.weights is not None,
            Ability.VALIDATION: self.validation is not None,
            Ability.EARLY_STOPPING: self.patience is not None,
            Ability.WARM_START: self.initial is not None,
            Ability.MONOTONE: bool(self.monotone),
            Ability.CHECKPOINTS: self.on_checkpoint is not None and self.checkpoint_every > 0,
            Ability.TIME_BUDGET: self.seconds is not None,
            Ability.RESUME: self.checkpoints is not None,
        }
        return frozenset(ability for ability, yes in asked.items() if yes)


PLAIN = TrainingOptions()
"""Nothing beside the matrix and the target."""
