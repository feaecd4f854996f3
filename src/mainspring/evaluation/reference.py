"""The reference of a model: what the world looked like when it was made, to hold the world of today against.

It travels in the model's package, so that whoever has the package can watch the model: no store, no training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Self

from mainspring.core.errors import IntegrityError, NotFoundError
from mainspring.core.records import Value
from mainspring.data import Schema, Statistics, Table, TableStatistics

OUTPUT: Final = "output."
"""Before the names of answers, as in the table of a prediction log."""
TRUTH: Final = "feedback.truth"
"""The column of what would have been right, as in a log that is joined with its feedback."""

_SPLIT = "reference"
_STATISTICS, _SCHEMA, _ROWS = "statistics", "schema", "rows"


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
