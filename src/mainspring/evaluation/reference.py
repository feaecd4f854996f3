"""The reference of a model: what the world looked like when it was made, to hold the world of today against.

It travels in the model's package, so that whoever has the package can watch the model: no store, no training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import IntegrityError, NotFoundError
from mainspring.core.records import Value
from mainspring.data import ColumnType, Schema, Statistics, Table, TableStatistics
from mainspring.evaluation.naming import by_column
from mainspring.evaluation.predictions import Predictions

OUTPUT: Final = "output."
"""Before the names of answers, as in the table of a prediction log."""
TRUTH: Final = "feedback.truth"
"""The column of what would have been right, as in a log that is joined with its feedback."""

LABEL: Final = f"{OUTPUT}label"
"""The column of the classes that were answered."""
PREDICTION: Final = f"{OUTPUT}prediction"
"""The column of the numbers that were answered."""
PROBABILITY: Final = f"{OUTPUT}probability."
"""Before the name of a class: its probability."""

PRIVATE: Final = frozenset({"identifier", "personal", "pii", "private", "sensitive"})
"""Tags of columns that a schema gives: no reference keeps rows of them, and no alert shows their values."""

IDENTIFYING: Final = frozenset({"identifier", "personal", "pii"})
"""Those of them by whose values somebody can be told: no statistics of them are kept either."""

_SPLIT = "reference"
_STATISTICS, _SCHEMA, _ROWS = "statistics", "schema", "rows"
_FLAGS: Final[Mapping[str | None, str]] = {"0": "false", "1": "true"}
_LARGE: Final = frozenset({ColumnType.BYTES, ColumnType.LIST, ColumnType.STRUCT, ColumnType.OTHER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a model was trained on and how it answered then.

    Attributes:
        statistics: Of the rows that it was trained on: inputs, and the label where it has one.
        schema: What rows should look like; its environment ``SERVING`` is without the label.
        rows: Rows that it was not trained on, as a log would have them: inputs under their names, its answers as
            ``output.label``, ``output.probability.<class>`` or ``output.prediction``, and ``feedback.truth``.
            ``None`` where none may be kept.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Reference"

    statistics: TableStatistics
    schema: Schema | None = None
    rows: Table | None = None

    @property
    def label(self) -> str | None:
        """Name of the label's column, if the schema knows one."""
        return None if self.schema is None else self.schema.label

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of its statistics without the label, in their order."""
        known = {self.label, self.statistics.label}
        return tuple(name for name in self.statistics.features if name not in known)

    def save(self, folder: Path) -> None:
        """Write it into a folder: ``statistics``, ``schema`` and ``rows``, as each of them writes itself."""
        for name, value in self._parts().items():
            (folder / name).mkdir()
            value.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            NotFoundError: If there is no reference.
            IntegrityError: If its statistics are those of something else.
        """
        if not (folder / _STATISTICS).is_dir():
            raise NotFoundError(
                f"there is no reference in {folder}", fix="package the model with its statistics: steps.package(…)"
            )
        statistics = Statistics.load(folder / _STATISTICS)
        if set(statistics.splits) != {_SPLIT}:
            raise IntegrityError("these are no statistics of a reference", where=str(folder))
        schema = Schema.load(folder / _SCHEMA) if (folder / _SCHEMA).is_dir() else None
        return cls(
            statistics=statistics.split(_SPLIT),
            schema=schema,
            rows=Table.load(folder / _ROWS) if (folder / _ROWS).is_dir() else None,
        )

    def held(self) -> Self:
        """The same with its rows in memory: the folder that it was read from may go."""
        return self if self.rows is None else replace(self, rows=self.rows.sql("SELECT * FROM this"))

    def by_column(self) -> Self:
        """The same with statistics under the names of columns; its schema keeps its paths."""
        statistics = by_column(self.statistics)
        return self if statistics is self.statistics else replace(self, statistics=statistics)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the files."""
        return {"rows": self.statistics.num_examples, "features": len(self.statistics.features)}

    def _parts(self) -> dict[str, Statistics | Schema | Table]:
        parts: dict[str, Statistics | Schema | Table | None] = {
            _STATISTICS: Statistics({_SPLIT: self.statistics}),
            _SCHEMA: self.schema,
            _ROWS: self.rows,
        }
        return {name: value for name, value in parts.items() if value is not None}


def private(schema: Schema | None, tags: frozenset[str] = PRIVATE) -> frozenset[str]:
    """The columns that a schema marks by one of some tags: those of :data:`PRIVATE`, if no others are named.

    Whether a tag is written with small letters or large ones does not matter.
    """
    from mainspring.data.profiling.paths import column_of

    features = {} if schema is None else schema.features
    return frozenset(column_of(name) for name, one in features.items() if tags & {tag.lower() for tag in one.tags})


def answered(table: Table, predictions: Predictions, *, label: str | None) -> Table:
    """Rows with the answers of a model and the truth beside them, as a log has them that is joined with feedback.

    Args:
        table: The rows.
        predictions: Of each row.
        label: The column of the truth; it is kept as :data:`TRUTH` alone.

    Bytes, lists and structures are left out.
    """
    kept = [column for column in table.columns if column.name != label and column.type not in _LARGE]
    cells = table.to_columns()
    found: dict[str, list[Any]] = {column.name: cells[column.name] for column in kept}
    types = {column.name: str(column.type) for column in kept}
    for name, values in _answers(predictions).items():
        found[name], types[name] = values, "STRING" if name == LABEL else "FLOAT"
    if label is not None and label in table.names:
        found[TRUTH] = _numbers(table.column(label)) if predictions.classes is None else _classes(table, label)
        types[TRUTH] = "FLOAT" if predictions.classes is None else "STRING"
    return Table.from_columns(found, types)


def _answers(predictions: Predictions) -> dict[str, list[Any]]:
    if predictions.classes is None:
        return {PREDICTION: _numbers(predictions.scores)}
    found: dict[str, list[Any]] = {LABEL: list(predictions.labels)}
    for place, name in enumerate(predictions.classes):
        found[f"{PROBABILITY}{name}"] = _numbers(predictions.scores[:, place])
    return found


def _classes(table: Table, label: str) -> list[str | None]:
    """The truth in the words of the answers."""
    # Imported here: transforms bring their whole arithmetic along, and most who hold a reference need none.
    from mainspring.data.transforms.kinds import as_words

    words = as_words(table.column(label))
    return [_FLAGS.get(word) for word in words] if table.type_of(label) is ColumnType.BOOL else words


def _numbers(values: npt.NDArray[Any]) -> list[float | None]:
    return [None if number != number else number for number in np.asarray(values, np.float64).tolist()]
