"""What the models room asks of a framework: to train, to export, and to answer.

Adapters keep these promises and come in through the plugin door (hooks ``mainspring_trainers``,
``mainspring_exporters`` and ``mainspring_runtimes``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError
from mainspring.models.files import Files
from mainspring.models.fitted import Fitted
from mainspring.models.signature import Signature
from mainspring.models.training_options import PLAIN, Ability, TrainingOptions

if TYPE_CHECKING:
    from mainspring.data import Transform
    from mainspring.models.calibration.ports import Calibrator
    from mainspring.models.decision import Decision


__all__ = [
    "Exported",
    "Exporter",
    "Fitted",
    "NotExportableError",
    "Recipe",
    "Runtime",
    "RuntimeLoader",
    "Trainer",
]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an estimator is made.

    Attributes:
        estimator: Its full name, such as ``"sklearn.linear_model.LogisticRegression"``.
        params: Arguments of its constructor: JSON values.
        seed: Of every random choice in training.
        classes: Of the label; ``None`` for regression.
    """

    estimator: str
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    classes: tuple[str, ...] | None = None


class Trainer(Protocol):
    """A learning framework.

    Promises:
        - ``fit`` on the same recipe and data gives a ``Fitted`` whose ``dump`` has the same bytes.
        - ``load(fitted.dump(), recipe)`` answers as ``fitted`` does, bit for bit, and runs no code found there.

    ``abilities`` and the options of ``fit`` came later: a trainer without the first is never given the second.
    :class:`mainspring.testing.conformance.TrainerSuite` holds a trainer to all of this.
    """

    libraries: Sequence[str]
    """Distributions that are needed to predict."""

    def estimators(self) -> Sequence[str]:
        """Full names of all estimators that it can train."""
        ...

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """What an estimator, by its full name, can be asked for beyond plain training."""
        ...

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> Fitted:
        """Train.

        Args:
            recipe: The estimator, by its full name, and how to make it.
            matrix: ``[n, features]``, NaN for missing.
            target: Class indices (int64) or values (float64), ``[n]``.
            options: Weights, rows to watch, a start, limits, and who is told.

        Raises:
            InputError: For parameters or data that the estimator refuses, an estimator for the other task, or
                options that it has no ability for.
        """
        ...

    def load(self, files: Files, recipe: Recipe) -> Fitted:
        """Read what ``Fitted.dump`` gave.

        Raises:
            IntegrityError: If the files hold anything that is not trusted.
        """
        ...


class NotExportableError(MainspringError):
    """An exporter does not know this estimator, or cannot say exactly the same in its format."""

    code = "NOT_EXPORTABLE"


@dataclass(frozen=True, slots=True)
class Exported:
    """A model in a portable format.

    Attributes:
        runtime: Name of the runtime that reads it.
        files: What that runtime reads.
        libraries: Distributions that the runtime needs.
        tolerance: How far a score may lie from the original's for the two to count as equal.
        boundaries: By column of the matrix, values at which the model's answer jumps: places to be checked.
    """

    runtime: str
    files: Files
    libraries: tuple[str, ...]
    tolerance: float
    boundaries: Mapping[int, npt.NDArray[np.float64]] = field(default_factory=dict)


class Exporter(Protocol):
    """Writes transform and estimator as one model in a portable format.

    Calibrators and decisions came later: only an exporter with ``finishes = True`` is given them. A model that has
    them is not exported by another one.
    """

    def export(
        self,
        fitted: Fitted,
        transform: Transform,
        signature: Signature,
        *,
        calibrator: Calibrator | None = None,
        decision: Decision | None = None,
    ) -> Exported:
        """Export.

        Args:
            fitted: The estimator.
            transform: What makes its matrix of raw columns.
            signature: What is asked for and answered; columns that only the decision reads come last.
            calibrator: What is done to the probabilities.
            decision: From which probability on a class is answered; the most probable one without it.

        Raises:
            NotExportableError: If it cannot be said exactly; the reason is told to the user.
        """
        ...


class Runtime(Protocol):
    """Answers predictions.

    Promises:
        - Many threads may ask at once.
        - Rows do not influence each other.
    """

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Predict on columns as :meth:`mainspring.models.signature.Signature.columns` gives them.

        Returns:
            Classification: ``label``, an object array of str, and ``probabilities``, float64 ``[n, classes]``.
            Regression: ``prediction``, float64 ``[n]``.
        """
        ...


class RuntimeLoader(Protocol):
    """Makes a runtime from the files of a package."""

    def __call__(self, files: Files, signature: Signature, *, threads: int = 1) -> Runtime:
        """Open.

        Raises:
            UnavailableError: If a library that it needs is not installed.
        """
        ...
