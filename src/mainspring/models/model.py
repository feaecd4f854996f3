"""The model: a trained estimator together with the transform that feeds it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.records import Value
from mainspring.data import Table, Transform
from mainspring.evaluation import Predictions
from mainspring.models.files import Files
from mainspring.models.ports import Fitted, Recipe, Trainer
from mainspring.models.training_record import TrainingRecord

HEAD = "model.json"
RECORD = "training.json"


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
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Model"

    trainer: str
    recipe: Recipe
    fitted: Fitted
    transform: Transform
    training: TrainingRecord | None = None

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of a table; columns that it does not know are ignored.

        Raises:
            InputError: If a column is missing or holds values of another type, or if the estimator cannot take
                the missing values that are there.
        """
        return Predictions(self.recipe.classes, self.fitted.scores(self.transform.apply(table)))

    def predict_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> Predictions:
        """Predict on raw columns in the form of ``Table.column``."""
        return Predictions(self.recipe.classes, self.fitted.scores(self.transform.apply_columns(columns)))

    def takes(self, columns: Mapping[str, npt.NDArray[Any]]) -> bool:
        """Whether the estimator gives finite answers to these rows, or refuses them."""
        try:
            return bool(np.isfinite(self.predict_columns(columns).scores).all())
        except InputError:
            return False

    def save(self, folder: Path) -> None:
        """Write ``model.json``, ``training.json``, the estimator's files and the transform."""
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
        record = {} if self.training is None else {RECORD: self.training.to_json().encode()}
        return Files({HEAD: text.encode(), **record}).merged(parts)

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
        return cls(head["trainer"], recipe, fitted, Transform.load(folder / "transform"), record)

    def properties(self) -> dict[str, Value]:
        """What the record keeps beside the files."""
        return {
            "estimator": self.recipe.estimator,
            "params": cast("Value", dict(self.recipe.params)),
            "seed": self.recipe.seed,
            "task": "regression" if self.recipe.classes is None else "classification",
            "probabilistic": self.fitted.probabilistic,
            **self._told(),
        }

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
