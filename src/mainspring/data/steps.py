"""The standard steps of data: ingest, statistics, assessment, schema, validation, transform.

Thin on purpose: each step is one call of a plain function of this room.
"""

from typing import Any, Final

from mainspring.data.assessment import Assessment
from mainspring.data.examples import TRAIN, Examples
from mainspring.data.profiling import summarize
from mainspring.data.schema import TRAINING, Schema
from mainspring.data.schema.inference import infer
from mainspring.data.spans import read_examples, rule_of
from mainspring.data.statistics import Statistics
from mainspring.data.transforms import Transform
from mainspring.data.transforms import named as preprocessing
from mainspring.data.transforms.augmentation import augment as augment_examples
from mainspring.data.transforms.reduction import reduce_transform
from mainspring.data.transforms.selection import FeatureSelection
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
    spans: str | int | None = None,
    splits: dict[str, Any] | str = _SHARES,
    method: str = "hash",
    by: str | list[str] = "",
    group: list[str] = _NONE,
    seed: int = 0,
    gap: str = "",
    span: int = 0,
    version: int | None = None,
    csv: dict[str, Any] = _DEFAULTS,
    options: dict[str, Any] = _DEFAULTS,
    where: str | None = None,
) -> Examples:
    """Read a file (a folder, a glob, or the spans of a pattern) and share its rows out to splits.

    Args:
        source: CSV, JSON lines, Parquet and what else ``read`` knows. A pattern such as
            ``in/{YYYY}/{MM}/{DD}/*.csv`` is read span by span, and the step depends on the spans it reads alone.
        spans: Which spans of a pattern: ``latest`` (the default), ``last 7``, ``10..20``. A range in the source,
            after ``@``, wins.
        splits: Split name to its share (``hash``, ``stratified``, ``time``), its bounds (``time``), the values
            that mean it (``given``), or a path or glob below the source (``files``); or all of the rule in one
            text, such as ``stratified train=3 eval=1 by=label``.
        method: ``hash``, ``time``, ``stratified``, ``given`` or ``files``.
        by: The column of time, of the class, or that names the split.
        group: Columns whose values alone decide the split, so that rows of one entity stay together.
        seed: Another seed gives another split.
        gap: The least time between one split and the next, such as ``1d``.
        span: Which stretch of time this is, where the source does not say it.
        version: Which edition of the span, where the source does not say it.
        csv: How text files are written: ``delimiter``, ``header``, ``names``, ``missing``, ``trim``, ``quote``,
            ``encoding``, ``types``, ``decimal_comma``.
        options: Options of the reader of other kinds of files.
        where: An SQL condition: only the rows for which it holds are taken, such as ``'"income" IS NOT NULL'``.
    """
    columns = [by] if isinstance(by, str) else by
    rule = rule_of(method, splits, by=columns, group=group, seed=seed, gap=gap)
    return read_examples(
        source.location,
        rule,
        spans=spans,
        csv=csv,
        options=options,
        where=where,
        span=span,
        version=version,
    )


@step
def statistics(
    examples: Examples,
    *,
    features: list[str] | None = None,
    weight: str | None = None,
    label: str | None = None,
    slices: list[str] = _NONE,
    sample: float | None = None,
    text: list[str] = _NONE,
    images: list[str] = _NONE,
    generators: list[str] = _NONE,
) -> Statistics:
    """What every column of every split holds.

    Args:
        features: The columns to describe; all if not given.
        weight: A column of numbers by which rows are weighted, in addition to the plain figures.
        label: The column to be predicted: how every other column hangs together with it is measured.
        slices: Rows to describe apart: ``sex`` for every value of a column, ``sex x race`` for pairs of values.
        sample: The share of the rows to draw, from 0 to 1; all if not given.
        text: Columns of natural language.
        images: Columns of pictures, as bytes or as names of files.
        generators: Names of further figures that plugins offer, or ``recognition``.
    """
    return summarize(
        examples,
        features=features,
        weight=weight,
        label=label,
        slices=tuple(slices),
        sample=sample,
        text=tuple(text),
        images=tuple(images),
        generators=tuple(generators),
    )


@step
def assess(
    examples: Examples, *, label: str | None = None, protected: list[str] = _NONE, split: str = TRAIN
) -> Assessment:
    """What a careful person would find in the rows of a split before learning from them. Holds nothing up.

    Args:
        label: The column to be predicted.
        protected: Columns by which people must not be treated differently; those whose names say so are added.
    """
    from mainspring.data.assessment import assess as assess_table  # as long to import as all the other steps

    return assess_table(examples.split(split), label=label, protected=protected)


@step
def infer_schema(statistics: Statistics, *, label: str, split: str = TRAIN) -> Schema:
    """The schema that the rows of a split follow."""
    return infer(statistics, label=label, split=split)


@step(gate=True)
def validate(
    statistics: Statistics,
    schema: Schema,
    *,
    previous: Statistics | None = None,
    serving: Statistics | None = None,
    previous_version: Statistics | None = None,
    examples: Examples | None = None,
    environment: str = TRAINING,
    checks: list[str] = _NONE,
    slices: list[str] = _NONE,
) -> Validation:
    """Hold the data against the schema, and against other data. Errors hold the run, warnings do not.

    Args:
        previous: The statistics of the span before, to measure drift from.
        serving: The statistics of serving data, to measure skew from.
        previous_version: The statistics of the same span as it was delivered before.
        examples: The rows: for checks in SQL and Python, and to show some of the rows that are wrong.
        environment: Where the data is used; columns absent there need not be in the data.
        checks: Names of checks that plugins offer, or import strings.
        slices: Slices of the statistics that are validated too.
    """
    return validate_statistics(
        statistics,
        schema,
        environment=environment,
        previous=previous,
        serving=serving,
        previous_version=previous_version,
        tables=examples,
        checks=checks,
        slices=slices,
    )


@step
def transform(
    examples: Examples,
    schema: Schema,
    selection: FeatureSelection | None = None,
    *,
    exclude: list[str] = _NONE,
    vocabulary_size: int = 100,
    impute: str | None = "median",
    categories: str = "onehot",
    task: str = "auto",
    split: str = TRAIN,
    function: str = "",
) -> Transform:
    """Fit what turns raw columns into the matrix that models learn from, on the rows of one split.

    Args:
        selection: A choice of columns: those that it leaves out are not used.
        exclude: Columns that must not be used.
        vocabulary_size: The largest number of words per column.
        impute: ``median`` or ``mean`` for missing numbers; ``null`` leaves them missing.
        categories: ``onehot`` or ``ordinal``.
        task: ``classification`` or ``regression``, where the label alone does not say it.
        function: The preprocessing function as an import string, such as ``features:prepare`` for the function
            ``prepare`` of the file ``features.py`` beside the pipeline's. Its code counts as code of the step. The
            three options before ``task`` have no meaning then.
    """
    return Transform.fit(
        examples.split(split),
        schema,
        exclude=[*exclude, *(selection.excluded if selection is not None else ())],
        vocabulary_size=vocabulary_size,
        impute=impute,
        categories=categories,
        task=task,
        function=preprocessing(function) if function else None,
    )


@step
def reduce(
    examples: Examples,
    transform: Transform,
    *,
    method: str = "pca",
    components: float = 0.95,
    whiten: bool = False,
    seed: int = 0,
    split: str = TRAIN,
) -> Transform:
    """Put a reduction behind a transform, fitted on the rows of one split: fewer columns that keep most.

    Args:
        method: ``pca``, ``svd``, ``lda``, ``ica`` or ``random``.
        components: How many columns to keep; below 1 the share of the variance (``pca``, ``svd``).
        whiten: Whether principal components get unit variance.
        seed: Of random directions.
    """
    found, _ = reduce_transform(
        transform, examples.split(split), method=method, components=components, whiten=whiten, seed=seed
    )
    return found


@step
def augment(
    examples: Examples,
    *,
    method: str,
    label: str | None = None,
    options: dict[str, Any] = _DEFAULTS,
    seed: int = 0,
    split: str = TRAIN,
) -> Examples:
    """Make further rows of the training split, or leave some out; every other split stays as it is.

    Args:
        method: ``copies``, ``smote``, ``adasyn``, ``fewer``, ``noise``, ``mixup``, ``drop_words``,
            ``swap_words`` or ``synonyms``.
        label: The column of classes.
        options: Of the method: ``ratio``, ``neighbours``, ``share``, ``size``, ``alpha``, ``columns``, ``rate``,
            ``synonyms``.
        seed: Of every random choice.
    """
    return augment_examples(examples, method, label=label, seed=seed, split=split, **options)
