"""The model: a trained estimator together with the transform that feeds it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.records import Value
from mainspring.data import Table, Transform
from mainspring.evaluation import Predictions
from mainspring.evaluation.assertions import Assertion, Enforced, enforce
from mainspring.models.asserting import assertion_files, assertions_in, read_by
from mainspring.models.calibration.record import Calibration
from mainspring.models.decision import Decision
from mainspring.models.files import Files
from mainspring.models.package import columns_of
from mainspring.models.ports import Fitted, Recipe, Trainer
from mainspring.models.signature import Signature
from mainspring.models.training_record import TrainingRecord

HEAD = "model.json"
RECORD = "training.json"
CALIBRATION = "calibration.json"
DECISION = "decision.json"


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained estimator and its transform; it answers raw rows.

    Saved without pickle: LightGBM as its text, scikit-learn through skops with a list of trusted types, and always
    with the same bytes for the same training.

    Attributes:
        trainer: The framework, as the plugins name it: ``"sklearn"``, ``"lightgbm"``.
        recipe: Estimator, parameters, seed and classes.
        fitted: The trained estimator.
        transform: What turns raw columns into its matrix.
        training: How it came about: environment, settings, curves; ``None`` if it was not told.
        calibration: What makes its scores reliable probabilities, if it was calibrated.
        decision: From which probability on it answers with the positive class; the more probable class without it.
        assertions: What its answers must keep, in the order in which they are enforced.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Model"

    trainer: str
    recipe: Recipe
    fitted: Fitted
    transform: Transform
    training: TrainingRecord | None = None
    calibration: Calibration | None = None
    decision: Decision | None = None
    assertions: tuple[Assertion, ...] = ()

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of a table, assertions enforced; columns that it does not know are ignored.

        Raises:
            InputError: If a column is missing or holds values of another type, or if the estimator cannot take
                the missing values that are there.
        """
        return self.enforce(table).predictions if self.assertions else self.predict_own(table)

    def predict_own(self, table: Table) -> Predictions:
        """Predict on every row of a table, whatever the assertions say.

        Raises:
            InputError: As :meth:`predict`.
        """
        return self._answer(self.fitted.scores(self.transform.apply(table)), table.column)

    def enforce(self, table: Table) -> Enforced:
        """Predict on every row of a table, and say which rows violate which assertions.

        Raises:
            InputError: As :meth:`predict`.
        """
        columns = columns_of(table, read_by(self.assertions, self.signature()))
        return enforce(self.assertions, columns, self.predict_own(table))

    def predict_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> Predictions:
        """Predict on raw columns in the form of ``Table.column``, whatever the assertions say: what is explained
        and proved is the model itself.
        """
        return self._answer(self.fitted.scores(self.transform.apply_columns(columns)), partial(_column, columns))

    def takes(self, columns: Mapping[str, npt.NDArray[Any]]) -> bool:
        """Whether the estimator gives finite answers to these rows, or refuses them."""
        try:
            return bool(np.isfinite(self.predict_columns(columns).scores).all())
        except InputError:
            return False

    def signature(self, *, not_nullable: Collection[str] = ()) -> Signature:
        """What it asks for and answers.

        Args:
            not_nullable: Columns in which it cannot take a missing value.
        """
        also = None if self.decision is None else self.decision.field()
        return Signature.from_transform(self.transform, not_nullable=not_nullable, also=also)

    def save(self, folder: Path) -> None:
        """Write ``model.json``, the estimator, the transform, and what is told of training, scores and answers."""
        self.files().write(folder)

    def files(self) -> Files:
        """What :meth:`save` writes."""
        head = {
            "trainer": self.trainer,
            "estimator": self.recipe.estimator,
            "params": dict(self.recipe.params),
            "seed": self.recipe.seed,
            "classes": None if self.recipe.classes is None else list(self.recipe.classes),
        }
        text = json.dumps(head, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
            self.transform.save(Path(folder))
            transform = Files.in_folder(Path(folder)).read_all()
        parts = self.fitted.dump().inside("estimator").merged(transform.inside("transform"))
        kept = {HEAD: text.encode()}
        if self.training is not None:
            kept[RECORD] = self.training.to_json().encode()
        for name, told in ((CALIBRATION, self.calibration), (DECISION, self.decision)):
            if told is not None:
                kept[name] = _json(told.as_dict())
        kept |= assertion_files(self.assertions)
        return Files(kept).merged(parts)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            IntegrityError: If the estimator's file holds anything that is not trusted.
            NotFoundError: If no plugin offers its framework.
        """
        files = Files.in_folder(folder)
        head = json.loads(files.text(HEAD))
        classes = head["classes"]
        recipe = Recipe(
            head["estimator"], head["params"], head["seed"], None if classes is None else tuple(classes)
        )
        trainer = cast("Trainer", load_plugin("trainers", head["trainer"])())
        fitted = trainer.load(files.under("estimator"), recipe)
        record = TrainingRecord.from_json(files.text(RECORD)) if RECORD in files.names else None
        return cls(
            head["trainer"],
            recipe,
            fitted,
            Transform.load(folder / "transform"),
            record,
            Calibration.from_dict(json.loads(files.text(CALIBRATION))) if CALIBRATION in files.names else None,
            Decision.from_dict(json.loads(files.text(DECISION))) if DECISION in files.names else None,
            assertions_in(files),
        )

    def properties(self) -> dict[str, Value]:
        """What the record keeps beside the files."""
        return {
            "estimator": self.recipe.estimator,
            "params": cast("Value", dict(self.recipe.params)),
            "seed": self.recipe.seed,
            "task": "regression" if self.recipe.classes is None else "classification",
            "probabilistic": self.fitted.probabilistic,
            **({} if self.calibration is None else {"calibration": self.calibration.method}),
            **({} if self.decision is None else {"cutoff": self.decision.at}),
            **({"assertions": len(self.assertions)} if self.assertions else {}),
            **self._told(),
        }

    def _answer(self, scores: npt.NDArray[np.float64], values: Callable[[str], npt.NDArray[Any]]) -> Predictions:
        """What scores of the estimator become: calibrated, and answered by the decision."""
        if self.calibration is not None and self.calibration.calibrator is not None:
            scores = self.calibration.calibrator.apply(scores)
        cutoff = None if self.decision is None else self.decision.cutoff(values)
        return Predictions(self.recipe.classes, scores, cutoff)

    def _told(self) -> dict[str, Value]:
        """Of the training, what is worth searching by."""
        if self.training is None:
            return {}
        told: dict[str, Value] = {"rows": self.training.rows}
        if self.training.ending is not None and self.training.ending.iterations:
            told["iterations"], told["ended"] = self.training.ending.kept, self.training.ending.reason
        for candidate in self.training.candidates:
            figure = candidate.figures.get(self.training.metric or "")
            if figure is not None:
                told[f"{self.training.metric} {candidate.name}"] = figure
            if candidate.kept:
                told["kept"] = candidate.name
        return told


def _column(columns: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    if name not in columns:
        raise InputError(
            f"no column {name!r}, by which the cutoff is chosen", expected="a value in every row, or nothing"
        )
    return columns[name]


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n").encode()
