"""The standard steps of data: ingest, statistics, schema, validation, transform.

Thin on purpose: each step is one call of a plain function of this room.
"""

from typing import Any, Final

from mainspring.data.examples import TRAIN, Examples
from mainspring.data.profiling import summarize
from mainspring.data.schema import TRAINING, Schema
from mainspring.data.schema.inference import infer
from mainspring.data.sources import read
from mainspring.data.splits import split_rows
from mainspring.data.statistics import Statistics
from mainspring.data.transforms import Transform
from mainspring.data.validation import Validation
from mainspring.data.validation import validate as validate_statistics
from mainspring.pipelines import File, step

_SHARES: Final = {"train": 3, "eval": 1}
_NONE: Final[list[str]] = []
_DEFAULTS: Final[dict[str, Any]] = {}


@step
def ingest(
    source: File,
    *,
    splits: dict[str, int] = _SHARES,
    group: list[str] = _NONE,
    seed: int = 0,
    span: int = 0,
    version: int | None = None,
    csv: dict[str, Any] = _DEFAULTS,
    where: str | None = None,
) -> Examples:
    """Read a file (or a folder or glob of files) and share its rows out to splits by a hash of what they hold.

    Args:
        source: CSV, TSV or Parquet; text may be gzipped.
        splits: Split name to its share.
        group: Columns whose values alone decide the split, so that rows of one entity stay together.
        seed: Another seed gives another split.
        span: Which stretch of time this is.
        version: Which edition of the span.
        csv: How text files are written: ``delimiter``, ``header``, ``names``, ``missing``, ``trim``, ``quote``,
            ``encoding``, ``types``, ``decimal_comma``.
        where: An SQL condition: only the rows for which it holds are taken, such as ``'"income" IS NOT NULL'``.
    """
    rows = read(source.path, csv=csv)
    tables, origins = split_rows(rows if where is None else rows.where(where), splits, group=group, seed=seed)
    return Examples(splits=tables, origins=origins, span=span, version=version, source=source.location)


@step
def statistics(examples: Examples) -> Statistics:
    """What every column of every split holds."""
    return summarize(examples)


@step
def infer_schema(statistics: Statistics, *, label: str, split: str = TRAIN) -> Schema:
    """The schema that the rows of a split follow."""
    return infer(statistics, label=label, split=split)


@step(gate=True)
def validate(
    statistics: Statistics, schema: Schema, *, previous: Statistics | None = None, environment: str = TRAINING
) -> Validation:
    """Hold the data against the schema, and against the data before it. Errors hold the run, warnings do not."""
    return validate_statistics(statistics, schema, environment=environment, previous=previous)


@step
def transform(
    examples: Examples,
    schema: Schema,
    *,
    exclude: list[str] = _NONE,
    vocabulary_size: int = 100,
    impute: str | None = "median",
    categories: str = "onehot",
    task: str = "auto",
    split: str = TRAIN,
) -> Transform:
    """Fit what turns raw columns into the matrix that models learn from, on the rows of one split.

    Args:
        exclude: Columns that must not be used.
        vocabulary_size: The largest number of words per column.
        impute: ``median`` or ``mean`` for missing numbers; ``null`` leaves them missing.
        categories: ``onehot`` or ``ordinal``.
        task: ``classification`` or ``regression``, where the label alone does not say it.
    """
    return Transform.fit(
        examples.split(split),
        schema,
        exclude=exclude,
        vocabulary_size=vocabulary_size,
        impute=impute,
        categories=categories,
        task=task,
    )
