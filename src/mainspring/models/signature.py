"""The signature: what a model asks for and what it answers, as a contract that callers can read.

Data types are those of the Open Inference Protocol (https://github.com/kserve/open-inference-protocol).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.inputs import read_lists, read_rows
from mainspring.models.problems import BadInputError, Problem

__all__ = ["BadInputError", "Datatype", "Field", "MISSING", "Problem", "Signature", "Task", "empty_column"]

Datatype: TypeAlias = Literal[
    "FP64",
    "INT64",
    "BOOL",
    "BYTES",
    "FP32",
    "FP16",
    "BF16",
    "INT32",
    "INT16",
    "INT8",
    "UINT64",
    "UINT32",
    "UINT16",
    "UINT8",
]
"""The types of a value. Text is ``BYTES`` in UTF-8, and so are dates and times (ISO 8601).

Columns are of the first four; models of tensors may be of any.
"""

Task: TypeAlias = Literal["classification", "regression"]
"""What a model answers: one class of several with probabilities, or a number."""

DATATYPES: Mapping[str, Datatype] = {"INT": "INT64", "FLOAT": "FP64", "BOOL": "BOOL"}
"""Data types of the column types that hold numbers; all other columns are text."""

MISSING = "__missing__"
"""The text that stands for a missing category in an exported model, whose tensors cannot hold nothing."""

LARGEST_DOMAIN = 100
"""A column with more known categories than this has no domain in the signature."""


class TransformLike(Protocol):
    """What :meth:`Signature.from_transform` reads of a transform."""

    @property
    def inputs(self) -> Sequence[Any]:
        """The raw columns, each with ``name`` and ``type``."""
        ...

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes of the label, or ``None`` for regression."""
        ...

    @property
    def steps(self) -> Sequence[Any]:
        """The rules of columns, each with ``column``, or ops, each with ``inputs``."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One named input or output.

    Attributes:
        name: Name of the column.
        datatype: Type of its values.
        required: Whether every row must name it; if not, a row without it counts as missing there.
        nullable: Whether a value may be missing (``null``).
        domain: The categories known from training. Others are allowed, and treated as unseen.
        shape: Shape of the tensor for a batch, with -1 for the number of rows.
    """

    name: str
    datatype: Datatype
    required: bool = True
    nullable: bool = True
    domain: tuple[str, ...] | None = None
    shape: tuple[int, ...] = (-1,)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        value: dict[str, Any] = {
            "name": self.name,
            "datatype": self.datatype,
            "required": self.required,
            "nullable": self.nullable,
            "shape": list(self.shape),
        }
        if self.domain is not None:
            value["domain"] = list(self.domain)
        return value

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        domain = value.get("domain")
        return cls(
            name=value["name"],
            datatype=value["datatype"],
            required=value.get("required", True),
            nullable=value.get("nullable", True),
            domain=None if domain is None else tuple(domain),
            shape=tuple(value.get("shape", (-1,))),
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """What a model asks for and what it answers.

    Attributes:
        inputs: The columns it reads, in the order of training; callers may send them in any order.
        outputs: ``label`` (``BYTES``, ``[n]``) and ``probabilities`` (``FP64``, ``[n, classes]``) for
            classification, ``prediction`` (``FP64``, ``[n]``) for regression.
        task: Classification or regression.
        classes: Names of the classes, in the order of the probabilities; ``None`` for regression.

    Example:
        >>> signature = Signature.of([Field("age", "INT64"), Field("city", "BYTES")], classes=("no", "yes"))
        >>> columns = signature.columns([{"city": "Bern", "age": 30}, {"city": None, "age": None}])
        >>> columns["age"].tolist(), columns["city"].tolist()
        ([30.0, nan], ['Bern', None])
    """

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    task: Task
    classes: tuple[str, ...] | None = None

    @classmethod
    def of(cls, inputs: Sequence[Field], *, classes: Sequence[str] | None) -> Self:
        """The signature of a classifier over these classes, or of a regression (``classes=None``)."""
        if classes is None:
            outputs: tuple[Field, ...] = (Field("prediction", "FP64", nullable=False),)
            return cls(tuple(inputs), outputs, "regression")
        outputs = (
            Field("label", "BYTES", nullable=False, domain=tuple(classes)),
            Field("probabilities", "FP64", nullable=False, shape=(-1, len(classes))),
        )
        return cls(tuple(inputs), outputs, "classification", tuple(classes))

    @classmethod
    def from_transform(
        cls, transform: TransformLike, *, not_nullable: Collection[str] = (), also: Field | None = None
    ) -> Self:
        """The signature of a model behind this transform.

        Args:
            transform: The fitted transform: it names the raw columns, their types and the classes.
            not_nullable: Columns in which the model cannot take a missing value.
            also: A column that is read besides, if the transform does not read it.
        """
        words = {column: known for column, known in map(_known_words, transform.steps) if known}
        inputs = [
            Field(
                column.name,
                DATATYPES.get(str(column.type), "BYTES"),
                nullable=column.name not in not_nullable,
                domain=words.get(column.name),
            )
            for column in transform.inputs
        ]
        if also is not None and also.name not in {field.name for field in inputs}:
            inputs.append(also)
        return cls.of(inputs, classes=transform.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the input columns."""
        return tuple(field.name for field in self.inputs)

    def columns(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        ignore: Collection[str] = (),
        ignore_unknown: bool = False,
    ) -> dict[str, npt.NDArray[Any]]:
        """Check rows given by a caller and turn them into columns.

        Numbers become float64 with NaN for missing (true is 1, false 0), text becomes an object array of str
        and ``None``: the form of ``Table.column``. Numbers written as text are refused, and so are booleans
        for numbers.

        Args:
            rows: Values by column name, in any order.
            ignore: Columns that may be there and are not read, such as the label.
            ignore_unknown: Do not read any other column either, instead of refusing it.

        Raises:
            BadInputError: With every problem found.
        """
        return read_rows(self.inputs, rows, ignore=ignore, ignore_unknown=ignore_unknown)

    def columns_from_lists(
        self,
        lists: Mapping[str, Sequence[Any] | npt.NDArray[Any]],
        *,
        ignore: Collection[str] = (),
        ignore_unknown: bool = False,
    ) -> dict[str, npt.NDArray[Any]]:
        """Check columns given by a caller, each a list of values, as :meth:`columns` does.

        Raises:
            BadInputError: With every problem found.
        """
        return read_lists(self.inputs, lists, ignore=ignore, ignore_unknown=ignore_unknown)

    def breaks(self, other: Signature) -> tuple[str, ...]:
        """What would break for callers of this signature if ``other`` took its place, as sentences.

        A caller of today sends every column of today and reads today's outputs.
        """
        found = [] if self.task == other.task else [f"the task is {other.task}, was {self.task}"]
        if self.classes != other.classes and self.task == other.task:
            found.append(f"the classes are {_list(other.classes)}, were {_list(self.classes)}")
        before, after = ({field.name: field for field in s.inputs} for s in (self, other))
        found += [f"column {name!r} is not read any more" for name in before if name not in after]
        for name, field in after.items():
            old = before.get(name)
            if old is None:
                if field.required:
                    found.append(f"column {name!r} is new and required")
            elif field.datatype != old.datatype and (old.datatype, field.datatype) != ("INT64", "FP64"):
                found.append(f"column {name!r} is {field.datatype}, was {old.datatype}")
            elif old.nullable and not field.nullable:
                found.append(f"column {name!r} may not be missing any more")
            elif field.required and not old.required:
                found.append(f"column {name!r} is required now")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "task": self.task,
            "classes": None if self.classes is None else list(self.classes),
            "inputs": [field.as_dict() for field in self.inputs],
            "outputs": [field.as_dict() for field in self.outputs],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If it is not the form of a signature.
        """
        try:
            classes = value["classes"]
            return cls(
                inputs=tuple(Field.from_dict(field) for field in value["inputs"]),
                outputs=tuple(Field.from_dict(field) for field in value["outputs"]),
                task=cast("Task", value["task"]),
                classes=None if classes is None else tuple(classes),
            )
        except (KeyError, TypeError) as error:
            raise InputError(
                f"this is not a signature: {error!r}",
                expected="an object with task, classes, inputs and outputs, as signature.json has",
            ) from error

    def to_json(self) -> str:
        """The text of ``signature.json``."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the text of ``signature.json``.

        Raises:
            InputError: If it is not the form of a signature.
        """
        return cls.from_dict(json.loads(text))


def empty_column(field: Field, rows: int) -> npt.NDArray[Any]:
    """A column of that many missing values, in the form that :meth:`Signature.columns` gives."""
    return np.full(rows, None, dtype=object) if field.datatype == "BYTES" else np.full(rows, np.nan)


def _known_words(step: Any) -> tuple[str, tuple[str, ...]]:
    """The raw column that a rule or an op looks up, and the words that it knows if they are few."""
    column = step.column if hasattr(step, "column") else step.inputs[0]
    known = tuple(getattr(step, "vocabulary", None) or ())
    return column, known if len(known) <= LARGEST_DOMAIN else ()


def _list(words: Sequence[str] | None) -> str:
    return "none" if words is None else ", ".join(repr(word) for word in words)
