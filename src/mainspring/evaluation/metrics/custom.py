"""Metrics of one's own: a function of rows that is averaged, or a state that merges.

The short form is a function that gives one number per row. Its parameters say what it needs: ``truth``,
``predicted``, ``scores`` and ``weights`` are given by the evaluation, any other name is a column of the table.
The figure is the (weighted) mean of its numbers, with an interval.

The long form is a class with ``of(answers)``, ``merge`` and ``measure``, for figures that are no means.

Either is given to ``evaluate(metrics=[…])`` as it is, by its import string ``"package.module:name"``, or by the
name under which a plugin offers it (hook ``mainspring_metrics``).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeVar, cast, overload, runtime_checkable

import numpy as np
import numpy.typing as npt

from mainspring.core import plugins
from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.means import RowMean
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints, Rows, State

_GIVEN = ("truth", "predicted", "scores", "weights")
_NO_ROWS = "there are no rows with a label"
_BROKEN = "the metric gave no finite number for {} of {} rows"


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """Rows with their labels and the model's answers, as a metric of one's own sees them.

    Attributes:
        truth: The labels, shape ``[n]``. Classification: class names (object array of str); regression: float64.
        predicted: The answers, of the same form as the labels.
        scores: Float64. Binary classification: the probability of the positive class, shape ``[n]``; several
            classes: probabilities in the order of ``classes``, shape ``[n, classes]``; regression: the values.
        weights: Row weights, shape ``[n]``; ``None`` weighs every row 1.
        classes: The classes that the model knows; ``None`` for regression.
        positive: The class that a binary task is about.
        columns: The columns of the table that the metric asked for, shape ``[n]`` each.
    """

    truth: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    scores: Floats
    weights: Floats | None = None
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: Ints) -> Self:
        """Some of the rows, by their indices."""
        return type(self)(
            truth=self.truth[rows],
            predicted=self.predicted[rows],
            scores=self.scores[rows],
            weights=None if self.weights is None else self.weights[rows],
            classes=self.classes,
            positive=self.positive,
            columns={name: values[rows] for name, values in self.columns.items()},
        )

    def column(self, name: str) -> npt.NDArray[Any]:
        """The values of a column that the metric asked for.

        Raises:
            InputError: If it did not ask for it, or the rows come without columns.
        """
        if name not in self.columns:
            raise InputError(
                f"the metric asks for the column {name!r}, which the rows do not carry",
                expected="one of " + (", ".join(self.columns) or "(no columns)"),
                fix="name the column in the metric's columns, and evaluate on a table that has it",
            )
        return self.columns[name]


@runtime_checkable
class Metric(Protocol):
    """One or several figures of a user's own.

    Promises:
        - ``rows`` looks at each row once and keeps none of them longer than the answer lives.
        - The states are as :class:`~mainspring.evaluation.metrics.states.State` says: bounded, and merging.
        - Every figure that a state measures has a fact under its stem; none has the name of a built-in figure.
    """

    @property
    def name(self) -> str:
        """Under which it is asked for."""
        ...

    @property
    def facts(self) -> Facts:
        """What is known of each figure."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that it needs besides labels and predictions."""
        ...

    def rows(self, answers: Answers) -> Rows[State]:
        """Rows that can be judged in parts."""
        ...


class _Kept(Protocol):
    """A state that is made from rows: what :func:`metric` turns into a metric."""

    @classmethod
    def of(cls, answers: Answers, /) -> Self: ...

    def merge(self, other: Any, /) -> Any: ...

    def measure(self, intervals: Intervals = CLOSED) -> Measured: ...


RowFunction = Callable[..., Any]
"""Arrays of rows to an array of one number per row."""

KeptT = TypeVar("KeptT", bound=_Kept)


class _Decorator(Protocol):
    @overload
    def __call__(self, given: type[KeptT], /) -> StateMetric: ...
    @overload
    def __call__(self, given: RowFunction, /) -> RowMetric: ...


def metric(
    *,
    better: Better | str,
    name: str = "",
    title: str = "",
    says: str = "",
    unit: bool = False,
    columns: tuple[str, ...] = (),
) -> _Decorator:
    """Turn a function of rows, or a state that merges, into a metric.

    Args:
        better: Which way it improves: ``"higher"``, ``"lower"``, or ``"neither"``.
        name: What it is called; the name of the function or class if not given.
        title: Its name for people.
        says: What it says, as half a sentence; the first line of the docstring if not given.
        unit: Whether it lies between 0 and 1.
        columns: Columns of the table that it needs; those that are parameters of a function need not be named.

    Raises:
        InputError: If the direction is none of the three, or the name cannot be one of a metric.

    Example:
        >>> @metric(name="underestimate", better="lower", says="by how much the forecast fell short")
        ... def underestimate(truth, predicted):
        ...     return np.maximum(truth - predicted, 0.0)
        >>> answers = Answers(truth=np.array([4.0, 9.0]), predicted=np.array([5.0, 6.0]), scores=np.zeros(2))
        >>> underestimate.rows(answers).state().measure().values
        {'underestimate': 1.5}
    """
    if better not in (*Better,):
        raise InputError(f"a metric that is better {str(better)!r}", expected="one of " + ", ".join(Better))

    def made(given: Any, /) -> Any:
        called = _checked(name or getattr(given, "__name__", ""))
        lines = (given.__doc__ or "").strip().splitlines()
        told = says or (lines[0].rstrip(".") if lines and not _is_generated(given) else "")
        fact = Fact(better=Better(better), title=title or called.replace("_", " "), says=told, unit=unit)
        facts = {called: fact, **getattr(given, "FACTS", {})}
        if inspect.isclass(given):
            return StateMetric(name=called, facts=facts, columns=columns, kind=cast("type[_Kept]", given))
        asked = tuple(inspect.signature(given).parameters)
        own = tuple(one for one in asked if one not in _GIVEN)
        return RowMetric(
            name=called, facts=facts, columns=tuple(dict.fromkeys((*columns, *own))), function=given, asked=asked
        )

    return cast("_Decorator", made)


def resolve(given: Metric | str) -> Metric:
    """The metric that is meant by itself, by ``"package.module:name"``, or by the name that a plugin offers.

    Raises:
        InputError: If it is no metric.
        NotFoundError: If no plugin offers a metric of that name.
    """
    found: Any = given
    if isinstance(given, str):
        found = plugins.load_string(given) if ":" in given else plugins.load("metrics", given)
    if inspect.isclass(found) or not isinstance(found, Metric):
        told = given if isinstance(given, str) else getattr(given, "__name__", type(given).__name__)
        raise InputError(
            f"{told!r} is no metric",
            expected="what the decorator mainspring.evaluation.metric makes, or an object that keeps the promises "
            "of mainspring.evaluation.metrics.custom.Metric",
            fix='write @metric(better="higher") or @metric(better="lower") above the function or class',
        )
    return found


@dataclass(frozen=True, kw_only=True)
class RowMetric:
    """The mean of a function of rows. Made by :func:`metric`."""

    name: str
    facts: Facts
    columns: tuple[str, ...]
    function: RowFunction
    asked: tuple[str, ...]

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the function says of rows."""
        return self.function(*args, **options)

    def rows(self, answers: Answers) -> MeanRows:
        """The number of each row.

        Raises:
            InputError: If the function gives something else than one number per row.
        """
        given = {one: getattr(answers, one) if one in _GIVEN else answers.column(one) for one in self.asked}
        numbers = np.asarray(self.function(**given), dtype=np.float64)
        if numbers.shape != (len(answers),):
            raise InputError(
                f"the metric {self.name!r} gave the shape {list(numbers.shape)} for {len(answers)} rows",
                expected="one number per row",
                fix="give the numbers of the rows, not their mean: the evaluation averages them",
            )
        return MeanRows(self.name, numbers, answers.weights)


@dataclass(frozen=True, kw_only=True)
class StateMetric:
    """Figures of a state that merges. Made by :func:`metric`."""

    name: str
    facts: Facts
    columns: tuple[str, ...]
    kind: type[_Kept]

    def rows(self, answers: Answers) -> StateRows:
        """The rows, as they are."""
        return StateRows(self.kind, answers)


@dataclass(frozen=True, eq=False)
class StateRows:
    """Rows of which a class makes its states."""

    kind: type[_Kept]
    answers: Answers

    def __len__(self) -> int:
        return len(self.answers)

    def state(self, rows: Ints | None = None) -> State:
        """The state of some rows, given by their indices, or of all."""
        return self.kind.of(self.answers if rows is None else self.answers.take(rows))


@dataclass(frozen=True, eq=False)
class MeanRows:
    """A number of each row, to be averaged.

    Attributes:
        name: Of the figure.
        numbers: Shape ``[n]``.
        weights: Row weights; ``None`` weighs every row 1.
    """

    name: str
    numbers: Floats
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def state(self, rows: Ints | None = None) -> MeanState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        numbers = self.numbers[part]
        finite = np.isfinite(numbers)
        return MeanState(
            name=self.name,
            rows=len(numbers),
            broken=len(numbers) - int(np.count_nonzero(finite)),
            weighted=self.weights is not None,
            mean=RowMean.of(np.where(finite, numbers, 0.0), None if self.weights is None else self.weights[part]),
        )


@dataclass(frozen=True)
class MeanState:
    """A mean with what its interval takes.

    Attributes:
        name: Of the figure.
        rows: Rows, unweighted.
        broken: Rows without a finite number.
        weighted: Whether rows carry weights.
        mean: Of the numbers.
    """

    name: str
    rows: int
    broken: int
    weighted: bool
    mean: RowMean

    def merge(self, other: Self) -> Self:
        """The state over the rows of both."""
        return type(self)(
            name=self.name,
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            weighted=self.weighted or other.weighted,
            mean=self.mean.merge(other.mean),
        )

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """The mean with its interval."""
        sheet = Sheet(self.rows)
        if self.broken:
            sheet.put(self.name, math.nan, why=_BROKEN.format(self.broken, self.rows))
        else:
            interval = self.mean.interval(intervals, weighted=self.weighted, low=-math.inf)
            sheet.put(self.name, self.mean.value, why=_NO_ROWS, interval=interval)
        return sheet.done()


def _checked(name: str) -> str:
    parsed = MetricName.parse(name)
    if not name or name == "<lambda>" or parsed.stem != name:
        raise InputError(
            f"{name!r} cannot be the name of a metric",
            expected="a name without brackets and @, that does not end in _weighted or _micro",
            fix="give one: @metric(name=…)",
        )
    return name


def _is_generated(given: Any) -> bool:
    """Whether the docstring is the one that a dataclass writes by itself."""
    return str(given.__doc__).startswith(f"{getattr(given, '__name__', '')}(")
