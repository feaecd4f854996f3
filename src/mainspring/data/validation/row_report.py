"""What validation row by row found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.tables import Table
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, ExampleRow, Severity, on_one_line
from mainspring.data.validation.custom import NotEvaluated
from mainspring.data.validation.findings import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReason:
    """One thing that is wrong with some rows.

    Attributes:
        path: The feature, or the check: ``check 'name'``.
        type: Which kind of anomaly it is.
        severity: How bad it is.
        expected: What the schema asks for.
        rows: How many rows are wrong.
        examples: The first few of them.
    """

    path: str
    type: AnomalyType
    severity: Severity
    expected: str
    rows: int
    examples: tuple[ExampleRow, ...] = ()

    def __str__(self) -> str:
        lines = [
            f"{self.severity:<7} {on_one_line(self.path)}: {self.type}",
            f"        found      {plural(self.rows, 'row')}",
            f"        expected   {self.expected}",
        ]
        lines += [f"        {'such as' if not place else '':<10} {one}" for place, one in enumerate(self.examples)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowReport:
    """Which rows of a table are not as the schema says. ``print`` shows it.

    Attributes:
        environment: The environment the rows were held to.
        num_rows: Rows looked at.
        num_errors: Rows with at least one error.
        reasons: What is wrong with rows, errors first, then the most frequent.
        columns: Columns that are missing or new, which no single row can show.
        rows: The rows that are wrong: their number ``row`` in the source, the ``reasons``, and all their columns.
        not_evaluated: What could not be checked row by row.
    """

    environment: str
    num_rows: int
    num_errors: int
    reasons: tuple[RowReason, ...]
    columns: tuple[Anomaly, ...]
    rows: Table
    not_evaluated: tuple[NotEvaluated, ...] = ()

    @property
    def blessed(self) -> bool:
        """Whether nothing is an error."""
        found = [one.severity for one in self.reasons] + [one.severity for one in self.columns]
        return Severity.ERROR not in found + [one.severity for one in self.not_evaluated]

    def describe(self) -> str:
        """The report, for people."""
        head = f"{plural(self.rows.num_rows, 'row is', 'rows are')} not as the schema says"
        head += f" ({plural(self.num_errors, 'row has', 'rows have')} errors) of {self.num_rows:,} rows"
        lines = [f"{head} of {self.environment} data", *map(str, self.columns), *map(str, self.reasons)]
        return "\n".join([*lines, *map(str, self.not_evaluated)])

    def __str__(self) -> str:
        return self.describe()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "blessed": self.blessed,
            "environment": self.environment,
            "num_rows": self.num_rows,
            "num_offending": self.rows.num_rows,
            "num_errors": self.num_errors,
            "reasons": [
                {
                    "path": one.path,
                    "type": one.type.value,
                    "severity": one.severity.value,
                    "expected": one.expected,
                    "rows": one.rows,
                    "examples": [{"row": example.row, "values": dict(example.values)} for example in one.examples],
                }
                for one in self.reasons
            ],
            "columns": [one.as_dict() for one in self.columns],
            "not_evaluated": [
                {"name": one.name, "reason": one.reason, "severity": one.severity.value}
                for one in self.not_evaluated
            ],
        }

    def write(self, path: str | Path) -> None:
        """Write the rows that are wrong to a file: ``.csv`` or ``.parquet``.

        Raises:
            InputError: If the name ends in another way.
        """
        place = Path(path)
        if place.suffix == ".parquet":
            self.rows.write_parquet(place)
        elif place.suffix == ".csv":
            target = engine.literal(str(place))
            engine.fetch(f"COPY ({self.rows.query()}) TO {target} (FORMAT csv, HEADER true)")
        else:
            raise InputError(f"a file {place.name!r}", expected="a name that ends in .csv or .parquet")
