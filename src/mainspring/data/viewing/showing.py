"""One page of statistics, a schema, a validation or a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mainspring.core.errors import InputError
from mainspring.data.comparison import Comparison
from mainspring.data.schema import Schema
from mainspring.data.statistics import Statistics, TableStatistics
from mainspring.data.tables import Table
from mainspring.data.validation import Validation
from mainspring.data.viewing.drifts import of_comparison, of_measurements, of_tables, worst_first
from mainspring.data.viewing.material import gather
from mainspring.data.viewing.page import Page, render

if TYPE_CHECKING:
    from mainspring.data.assessment import Assessment


def view(
    what: Statistics
    | TableStatistics
    | Table
    | Mapping[str, Statistics | TableStatistics | Table]
    | Schema
    | Validation
    | Comparison
    | None = None,
    *,
    statistics: Statistics
    | TableStatistics
    | Table
    | Mapping[str, Statistics | TableStatistics | Table]
    | None = None,
    schema: Schema | None = None,
    validation: Validation | None = None,
    comparison: Comparison | None = None,
    assessment: Assessment | None = None,
    title: str = "",
) -> Page:
    """One offline page on which to see data: every feature with its figures and its distribution.

    Splits, and the values of a mapping, are laid over each other. A validation puts its anomalies beside the
    features, a comparison its distances, a schema what it asks for, and an
    assessment puts its findings above them. Two data sets that nobody compared are compared here.

    Args:
        what: Whatever there is to see; the others are told apart by their names.

    Raises:
        InputError: If there is nothing to see.

    Example:
        >>> from mainspring.data import Table, summarize
        >>> page = view(summarize(Table.from_columns({"fare": [2.0, 4.0, None]})), title="Taxi trips")
        >>> "Taxi trips" in page.html
        True
    """
    if isinstance(what, Schema):
        schema = what
    elif isinstance(what, Validation):
        validation = what
    elif isinstance(what, Comparison):
        comparison = what
    elif what is not None:
        statistics = what
    if all(given is None for given in (statistics, schema, validation, comparison, assessment)):
        raise InputError("there is nothing to see", expected="statistics, a schema, a validation or a comparison")
    tables = tables_of(statistics) if statistics is not None else {}
    drifts = of_comparison(comparison) if comparison is not None else []
    if validation is not None:
        drifts = worst_first([*drifts, *of_measurements(validation.measurements)])
    if not drifts and len(tables) > 1:
        drifts = of_tables(tables)
    return render(
        gather(
            tables,
            schema=schema,
            validation=validation,
            drifts=drifts,
            findings=assessment.findings if assessment is not None else (),
            notes=_notes(comparison) if comparison is not None else (),
            title=title or _title(tables, schema, validation),
        )
    )


def tables_of(
    found: Statistics | TableStatistics | Table | Mapping[str, Statistics | TableStatistics | Table],
) -> dict[str, TableStatistics]:
    """The data sets to lay over each other, by name.

    Raises:
        InputError: If something is no data.
    """
    from mainspring.data.profiling import summarize, summarize_table

    if isinstance(found, TableStatistics):
        return {"data": found}
    if isinstance(found, Statistics):
        return dict(found.splits)
    if not isinstance(found, Mapping):
        return dict(summarize(found).splits)
    tables: dict[str, TableStatistics] = {}
    for name, one in found.items():
        if isinstance(one, TableStatistics):
            tables[name] = one
        elif isinstance(one, Table):
            tables[name] = summarize_table(one)
        else:
            alone = len(one.splits) == 1
            tables |= {name if alone else f"{name} {split}": table for split, table in one.splits.items()}
    return tables


def _notes(comparison: Comparison) -> list[str]:
    """What a comparison says beside the distances of all rows."""
    moved = {name: [one.name for one in parts if one.drifted] for name, parts in comparison.slices.items()}
    told = [f"In slice {name}: {', '.join(names)} drifted" for name, names in moved.items() if names]
    return [*comparison.notes, *told]


def _title(tables: Mapping[str, TableStatistics], schema: Schema | None, validation: Validation | None) -> str:
    if tables:
        return ""
    if validation is not None:
        return "Validation"
    return "Schema" if schema is not None else "Comparison"
