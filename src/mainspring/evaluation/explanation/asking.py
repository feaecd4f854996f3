"""A model as a function of raw columns: one number for each row, asked in batches, counted and bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget, Meter, Spent
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Cutoff, Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

Floats: TypeAlias = npt.NDArray[np.float64]
Columns: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Raw columns in the form of ``Table.column``: float64 with NaN, or objects with ``None``."""

Scale = Literal["probability", "logit", "value"]

BATCH: Final = 16_384
_SURE: Final = 1e-12
"""A probability is kept this far from 0 and 1 before it becomes log-odds."""

_NUMBERS: Final = frozenset({"INT", "FLOAT", "BOOL"})


class AnswersColumns(Protocol):
    """A predictor that takes raw columns as they are, which spares making a table of them."""

    def predict_columns(self, columns: Columns) -> Predictions:
        """Predict on raw columns in the form of ``Table.column``."""
        ...


class Asked:
    """A predictor, asked about one output.

    Attributes:
        names: The raw columns that it is given.
        types: Their types, as the table names them.
        output: The class asked about; ``None`` for a regression.
        scale: ``"probability"``, ``"logit"`` (natural log-odds of it) or ``"value"``.
        classes: All classes; ``None`` for a regression.
    """

    def __init__(
        self,
        predictor: Predictor,
        types: Mapping[str, str],
        *,
        classes: tuple[str, ...] | None,
        output: str | None,
        scale: Scale,
        meter: Meter,
        batch_rows: int = BATCH,
        remember: int = 0,
    ) -> None:
        self.types = dict(types)
        self.classes, self.output, self.scale = classes, output, scale
        self._predictor, self._meter, self._batch = predictor, meter, batch_rows
        self._remember = remember
        self._known: dict[tuple[Any, ...], tuple[float, int]] = {}
        self._place = None if classes is None or output is None else classes.index(output)

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        like: Table,
        *,
        output: str | None = None,
        scale: Scale | None = None,
        budget: Budget = UNLIMITED,
        batch_rows: int = BATCH,
        remember: int = 0,
        progress: Callable[[Spent], None] | None = None,
    ) -> Asked:
        """Ask a model about one class, or its value.

        Args:
            predictor: Here, or on the other side of a wire.
            like: Rows with the columns and types that it is asked in; one of them is answered to learn the
                classes, outside of the budget.
            output: The class. Without it the positive class of two; of more classes one must be named.
            scale: ``"probability"`` by default, ``"value"`` of a regression.
            budget: The most that may be spent.
            batch_rows: Rows of one call.
            remember: So many answers are kept, for rows that are asked about again: worth it over a wire.
            progress: Told what was spent, at every call.

        Raises:
            InputError: If the class does not exist or none was named, the scale does not fit the task, or
                there are no rows.
        """
        if not like.num_rows:
            raise InputError("there are no rows to learn a model's columns from", expected="one row at least")
        classes = predictor.predict(like.rows(0, 1)).classes
        if classes is not None:
            output = _class(classes, output)
        elif output is not None:
            raise InputError(f"the class {output!r} was asked about, but the model predicts values")
        scale = scale or ("value" if classes is None else "probability")
        if (scale == "value") is not (classes is None):
            wanted = "value" if classes is None else "probability or logit"
            raise InputError(f"the scale {scale!r} does not fit the model", expected=wanted)
        return cls(
            predictor,
            {column.name: str(column.type) for column in like.columns},
            classes=classes,
            output=output,
            scale=scale,
            meter=Meter(budget, progress),
            batch_rows=batch_rows,
            remember=remember,
        )

    def again(self, budget: Budget = UNLIMITED) -> Asked:
        """The same question with a budget of its own, of which nothing is spent."""
        return Asked(
            self._predictor,
            self.types,
            classes=self.classes,
            output=self.output,
            scale=self.scale,
            meter=Meter(budget),
            batch_rows=self._batch,
            remember=self._remember,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The raw columns, in order."""
        return tuple(self.types)

    @property
    def predictor(self) -> Predictor:
        """The model itself, for explanations that look inside."""
        return self._predictor

    @property
    def spent(self) -> Spent:
        """What was spent until now."""
        return self._meter.spent

    @property
    def left(self) -> Callable[[int], int]:
        """How many of so many rows the budget still holds."""
        return self._meter.left

    def columns(self, table: Table) -> dict[str, npt.NDArray[Any]]:
        """The columns of a table that the model is given."""
        return {name: table.column(name) for name in self.names}

    def __call__(self, columns: Columns) -> Floats:
        """The number asked for, shape ``[n]``.

        Raises:
            BudgetError: If the budget does not hold so many rows.
        """
        return self.answers(columns)[0]

    def labels(self, columns: Columns) -> npt.NDArray[Any]:
        """The model's answers: classes (object array of str), or its values."""
        return self.named(*self.answers(columns))

    def named(self, figures: Floats, chosen: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """What :meth:`answers` gave, as the model's answers."""
        if self.classes is None:
            return figures
        names = np.empty(len(self.classes), dtype=object)
        names[:] = self.classes
        labels: npt.NDArray[Any] = names[chosen]
        return labels

    def answers(self, columns: Columns) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The number asked for and the index of the chosen class (0 for a regression), both of shape ``[n]``."""
        rows = len(next(iter(columns.values()))) if columns else 0
        figures, chosen = np.empty(rows), np.zeros(rows, dtype=np.int64)
        asked, keys = self._unknown(columns, figures, chosen, rows)
        for start in range(0, len(asked), self._batch):
            part = asked[start : start + self._batch]
            self._meter.allow(len(part))
            whole = len(part) == rows
            given = columns if whole else {name: values[part] for name, values in columns.items()}
            figures[part], chosen[part] = self._read(self._predict(given))
        for row in asked.tolist() if keys else ():
            if len(self._known) < self._remember:
                self._known[keys[row]] = (float(figures[row]), int(chosen[row]))
        return figures, chosen

    def predictions(self, columns: Columns) -> Predictions:
        """The model's whole answers, of all classes; they count, and none is remembered.

        Raises:
            BudgetError: If the budget does not hold so many rows.
        """
        rows = len(next(iter(columns.values()))) if columns else 0
        parts = []
        for start in range(0, max(rows, 1), self._batch):
            self._meter.allow(min(self._batch, rows - start))
            given = {name: values[start : start + self._batch] for name, values in columns.items()}
            parts.append(self._predict(columns if rows <= self._batch else given))
        return parts[0] if len(parts) == 1 else joined(parts)

    def _unknown(
        self, columns: Columns, figures: Floats, chosen: npt.NDArray[np.int64], rows: int
    ) -> tuple[npt.NDArray[np.int64], list[tuple[Any, ...]]]:
        """The rows that must be asked, after filling in those that are remembered; and the key of every row."""
        if not self._remember:
            return np.arange(rows), []
        # NaN is not equal to itself, and -0.0 is to 0.0: bits are what counts.
        parts = [_bits(columns[name]) for name in self.names]
        keys = list(zip(*parts, strict=True))
        first: dict[tuple[Any, ...], int] = {}
        asked = []
        for row, key in enumerate(keys):
            if key in self._known:
                figures[row], chosen[row] = self._known[key]
                first.setdefault(key, row)
            elif key not in first:
                first[key] = row
                asked.append(row)
            else:
                asked.append(row)
        self._meter.recall(rows - len(asked))
        return np.array(asked, dtype=np.int64), keys

    def _predict(self, columns: Columns) -> Predictions:
        direct = getattr(self._predictor, "predict_columns", None)
        if direct is not None:
            return cast("AnswersColumns", self._predictor).predict_columns(columns)
        return self._predictor.predict(self.table(columns))

    def _read(self, answer: Predictions) -> tuple[Floats, npt.NDArray[np.int64]]:
        if answer.classes is None or self._place is None:
            return answer.scores, np.zeros(len(answer), dtype=np.int64)
        figures = answer.scores[:, self._place]
        return (logit(figures) if self.scale == "logit" else figures), answer.chosen

    def table(self, columns: Columns) -> Table:
        """Raw columns as a table of the types that the model knows."""
        from mainspring.data import Table

        return Table.from_columns(
            {name: typed(values, self.types[name]) for name, values in columns.items()}, self.types
        )


def logit(probabilities: Floats) -> Floats:
    """Natural log-odds; certainty counts as 1e-12 away from it.

    Example:
        >>> logit(np.array([0.5, 0.75])).round(4).tolist()
        [0.0, 1.0986]
    """
    kept = np.clip(probabilities, _SURE, 1 - _SURE)
    odds: Floats = np.log(kept) - np.log1p(-kept)
    return odds


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Answers to pieces of rows, one behind the other."""
    cutoff = parts[0].cutoff
    if cutoff is not None:
        levels = [np.broadcast_to(part.cutoff.at, len(part)) for part in parts if part.cutoff is not None]
        cutoff = Cutoff(cutoff.positive, np.concatenate(levels))
    return Predictions(parts[0].classes, np.concatenate([part.scores for part in parts]), cutoff)


def taken(columns: Columns, rows: npt.NDArray[np.int64] | Sequence[int]) -> dict[str, npt.NDArray[Any]]:
    """Some rows of columns, by index."""
    return {name: values[np.asarray(rows, dtype=np.int64)] for name, values in columns.items()}


def _class(classes: tuple[str, ...], wanted: str | None) -> str:
    if wanted is not None and wanted in classes:
        return wanted
    found = positive_class(classes, wanted) if wanted is None or len(classes) == 2 else None
    if found is None:
        raise InputError(
            f"there is no class {wanted!r}" if wanted is not None else "no class was named to be explained",
            expected="one of " + ", ".join(map(repr, classes)),
            fix="say it as output=",
        )
    return found


def _bits(values: npt.NDArray[Any]) -> list[Any]:
    bits: list[Any] = (values if values.dtype == object else values.astype(np.float64).view(np.int64)).tolist()
    return bits


def typed(values: npt.NDArray[Any], kind: str) -> list[Any] | npt.NDArray[Any]:
    """Values as a table column of that type takes them; a number is not whole any more where it was perturbed."""
    if kind not in _NUMBERS or kind == "FLOAT":
        return values
    known = values.astype(np.float64).tolist()
    if kind == "BOOL":
        return [None if value != value else value >= 0.5 for value in known]
    return [None if value != value else round(value) for value in known]
