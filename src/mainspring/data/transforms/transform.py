"""The transform: one fitted graph from raw columns to the matrix, the same in training and in serving."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.schema import Schema
from mainspring.data.tables import Table
from mainspring.data.transforms import evaluation, fitting, functions, labels, lowering, reading
from mainspring.data.transforms.graph import Columns
from mainspring.data.transforms.kinds import ColumnTransform, Numeric, OneHot, Ordinal
from mainspring.data.transforms.ops import Op

if TYPE_CHECKING:
    import numpy as np

_FILE: Final = "transform.json"
_KINDS: Final = {"Numeric": Numeric, "OneHot": OneHot, "Ordinal": Ordinal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """What every raw column becomes, and what the label means.

    Attributes:
        inputs: The raw columns that are read, with their types.
        steps: One rule per input, in the same order; or the ops of a preprocessing function, each behind those
            whose values it reads.
        label: The column to be predicted.
        classes: Its classes in order; ``None`` for a quantity.
        ignored: Columns that are no features, and why.
        results: For a preprocessing function, the values that make the matrix, in order; else empty.

    Missing, unseen and wrong values have defined results: see :meth:`apply`.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Transform"

    inputs: tuple[Column, ...]
    steps: tuple[ColumnTransform | Op, ...]
    label: str | None = None
    classes: tuple[str, ...] | None = None
    ignored: Mapping[str, str]
    results: tuple[str, ...] = ()
    _lowered: list[lowering.Lowered] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def fit(
        cls,
        table: Table | Sequence[Table],
        schema: Schema,
        *,
        function: Callable[[Columns], Any] | None = None,
        label: str | None = None,
        exclude: Sequence[str] = (),
        vocabulary_size: int = 100,
        impute: str | None = "median",
        categories: str = "onehot",
        task: str = "auto",
        cache: Path | None = None,
    ) -> Self:
        """Fit on the training rows.

        With a preprocessing function, what it returns makes the matrix, and the three options after ``exclude``
        have no meaning. Without one every column gets a rule by its type:

        Numbers and bools become ``Numeric``: the median stands in for a missing value, with an indicator if any
        was missing here, then mean 0 and population standard deviation 1 (a constant is only shifted). Words
        become ``OneHot`` over the most frequent ones, in descending order of frequency, then by the word.
        Ignored are columns without a value, points in time, identifiers (text that differs in more than 95 % of
        the rows), copies of the label, and what the schema does not name.

        Args:
            table: The training rows; a list of tables is taken as the parts of one, such as spans.
            schema: Says which columns there are and of what type.
            function: Takes :class:`~mainspring.data.transforms.Columns` and returns what becomes of them.
            label: The column to be predicted; the schema's if not given. A function needs none.
            exclude: Columns that must not be used.
            vocabulary_size: The largest number of words per column.
            impute: ``"median"`` or ``"mean"`` for missing numbers; ``None`` leaves them NaN.
            categories: ``"onehot"``, or ``"ordinal"`` for the place in the vocabulary as one number.
            task: ``"classification"`` or ``"regression"``, where the label alone does not say it.
            cache: A folder that keeps what was found out about each part for a function, for the next fit.

        Raises:
            InputError: If the label is unknown or missing in rows, excluded columns do not exist, columns of
                the schema are not in the table, or no feature is left.
        """
        import numpy as np

        if function is not None:
            made = functions.fit(table, schema, function, label=label, exclude=exclude, task=task, cache=cache)
            return cls(**made)
        if not isinstance(table, Table):
            table = functools.reduce(Table.concat, table)
        label = _checked_label(table, schema, label, exclude, impute, categories)
        classes = labels.find_classes(table, label, task=task)
        targets = labels.encode(table, label, classes)
        distinct = len(np.unique(targets))
        ignored: dict[str, str] = {}
        inputs: list[Column] = []
        steps: list[ColumnTransform] = []
        for name in table.names:
            if name == label:
                continue
            why = _why_left_out(schema, name, exclude)
            if why is None:
                material = fitting.Material.of(name, schema.features[name].type, table.column(name))
                why = fitting.why_ignored(material, targets, classes=distinct)
            if why is not None:
                ignored[name] = why
                continue
            inputs.append(Column(name, material.type))
            steps.append(
                fitting.fit_column(material, vocabulary_size=vocabulary_size, impute=impute, categories=categories)
            )
        if not steps:
            listed = "; ".join(f"{name}: {why}" for name, why in ignored.items())
            raise InputError(f"no column is left to learn from ({listed})", expected="at least one feature")
        return cls(inputs=tuple(inputs), steps=tuple(steps), label=label, classes=classes, ignored=ignored)

    @property
    def graph(self) -> lowering.Lowered:
        """All of it as ops, rules of columns too: the ops in order, the columns of each result, the raw kinds."""
        if not self._lowered:
            self._lowered.append(lowering.lowered(self.inputs, self.steps, self.results))
        return self._lowered[0]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""
        return tuple(name for names in self.graph[1].values() for name in names)

    @property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The raw columns that each column of the matrix is made of."""
        return lowering.sources_of(self.graph)

    def apply(self, table: Table) -> np.ndarray:
        """The matrix, float64 ``[n, len(outputs)]``.

        Missing values are filled, marked or NaN, as the column's rule says; an unseen word has its own column;
        text in a column of numbers is read as a number.

        Raises:
            InputError: If the table lacks input columns, or text in a column of numbers is not a number.
        """
        return self._whole(table, training=False)

    def apply_chunks(
        self, table: Table, rows: int = 61_440, *, dtype: str = "float64", training: bool = False
    ) -> Iterator[np.ndarray]:
        """The matrix piece by piece, so that it never has to fit into memory.

        Args:
            rows: Rows of each piece; the last holds what is left.
            dtype: ``float64`` or ``float32``; all is computed in float64 and rounded at the end.
            training: Whether these are the training rows: see :meth:`apply_training`.

        Raises:
            InputError: As :meth:`apply`.
        """
        self._check_columns(table.names)
        ops, results, kinds = self.graph
        if training:
            reading.check_folds(table, ops)
        return reading.matrices(table, ops, results, kinds, rows=rows, dtype=dtype, training=training)

    def apply_training(self, table: Table) -> np.ndarray:
        """The matrix of the rows that it was fitted on.

        The same as :meth:`apply`, but for columns made of the label (``target_mean``): there a row gets figures
        in which its own label has no part. Any selection of the training rows will do, with all their columns.
        """
        return self._whole(table, training=True)

    def apply_columns(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The matrix from raw arrays, in the form that ``Table.column`` gives."""
        self._check_columns(columns)
        ops, results, kinds = self.graph
        values = {name: evaluation.as_value(columns[name], kind, name) for name, kind in kinds.items()}
        return evaluation.matrix_of(ops, results, values)

    def labels(self, table: Table) -> np.ndarray:
        """The targets: class indices (int64) or numbers (float64), ``[n]``.

        Raises:
            InputError: If the transform has no label, it is missing in rows, or has classes unseen in training.
        """
        if self.label is None:
            raise InputError("this transform was fitted without a label")
        return labels.encode(table, self.label, self.classes)

    def class_of(self, index: int) -> str:
        """The class with an index.

        Raises:
            InputError: For regression, or if there is no such class.
        """
        if self.classes is None or not 0 <= index < len(self.classes):
            raise InputError(f"there is no class {index}", expected=f"classes {self.classes}")
        return self.classes[index]

    def save(self, folder: Path) -> None:
        """Write ``transform.json`` into the folder."""
        if self.results:
            functions.save(self, folder / _FILE)
            return
        value = {
            "version": 1,
            "label": self.label,
            "classes": self.classes,
            "inputs": [{"name": column.name, "type": column.type.value} for column in self.inputs],
            "steps": [{"kind": type(step).__name__, **asdict(step)} for step in self.steps],
            "ignored": dict(self.ignored),
        }
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / _FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        value = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if value["version"] == functions.VERSION:
            return cls(**functions.parse(value))
        return cls(
            inputs=tuple(Column(column["name"], ColumnType(column["type"])) for column in value["inputs"]),
            steps=tuple(_step(step) for step in value["steps"]),
            label=value["label"],
            classes=tuple(value["classes"]) if value["classes"] is not None else None,
            ignored=value["ignored"],
        )

    def properties(self) -> Mapping[str, Value]:
        """The label, how many columns go in and come out, and which are left out for what reason."""
        return {
            "inputs": len(self.inputs),
            "outputs": len(self.outputs),
            "ignored": len(self.ignored),
            "task": "regression" if self.classes is None else "classification",
            **({"label": self.label} if self.label else {}),
            **({"left_out": self._left_out()} if self.ignored else {}),
        }

    def _whole(self, table: Table, *, training: bool) -> np.ndarray:
        import numpy as np

        found = np.empty((table.num_rows, len(self.outputs)))
        start = 0
        for chunk in self.apply_chunks(table, training=training):
            found[start : start + len(chunk)] = chunk
            start += len(chunk)
        return found

    def _left_out(self) -> str:
        return "; ".join(f"{column}: {why}" for column, why in self.ignored.items())

    def _check_columns(self, names: Sequence[str] | Mapping[str, Any]) -> None:
        lacking = [column.name for column in self.inputs if column.name not in names]
        if lacking:
            raise InputError(
                "columns are missing: " + ", ".join(lacking),
                expected="all of " + ", ".join(column.name for column in self.inputs),
            )


def _step(value: dict[str, Any]) -> ColumnTransform:
    kind = _KINDS[value.pop("kind")]
    if "vocabulary" in value:
        value["vocabulary"] = tuple(value["vocabulary"])
    found: ColumnTransform = kind(**value)
    return found


def _why_left_out(schema: Schema, name: str, exclude: Sequence[str]) -> str | None:
    if name in exclude:
        return "excluded"
    if name not in schema.features:
        return "not in the schema"
    absent = schema.features[name].absent_in
    return "absent in " + ", ".join(absent) if absent and name != schema.label else None


def _checked_label(
    table: Table,
    schema: Schema,
    label: str | None,
    exclude: Sequence[str],
    impute: str | None,
    categories: str,
) -> str:
    """The label, given or the schema's; an error that lists everything wrong with the arguments."""
    wanted = label or schema.label or ""
    problems = []
    if not wanted:
        problems.append("no label is given, and the schema has none")
    elif wanted not in table.names:
        problems.append(f"there is no label column {wanted!r}")
    unknown = [name for name in exclude if name not in table.names]
    if unknown:
        problems.append("excluded columns do not exist: " + ", ".join(unknown))
    lacking = [name for name, feature in schema.features.items() if feature.required and name not in table.names]
    if lacking:
        problems.append("columns of the schema are not in the table: " + ", ".join(lacking))
    if impute not in {None, "median", "mean"}:
        problems.append(f"impute is {impute!r}, not median, mean or None")
    if categories not in {"onehot", "ordinal"}:
        problems.append(f"categories is {categories!r}, not onehot or ordinal")
    if problems:
        raise InputError("; ".join(problems), where="transform", expected="columns of " + ", ".join(table.names))
    return wanted
