"""What a version answers to a row, why, and what it would answer to another one: the nouns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Cell = float | int | bool | str | None
"""A value of a row; ``None`` is a missing one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A column that a model reads, as a form asks for it.

    Attributes:
        name: The column.
        kind: ``number``, ``whole``, ``choice``, ``truth`` or ``text``.
        value: That of the example.
        low: The least value of training; ``None`` if it is not known.
        high: The largest.
        choices: The categories known from training.
        missing: Whether it may be missing.
    """

    name: str
    kind: str
    value: Cell
    low: float | None
    high: float | None
    choices: Sequence[str]
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a model asks for.

    Attributes:
        model: Name of the model.
        version: Its version.
        task: ``classification`` or ``regression``.
        classes: Names of the classes; empty for a regression.
        columns: What it reads.
        examples: Real rows, to begin with.
        ready: Whether it is open, so that it answers at once.
    """

    model: str
    version: str
    task: str
    classes: Sequence[str]
    columns: Sequence[Asked]
    examples: Sequence[Mapping[str, Cell]]
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a version answers to a row.

    Attributes:
        model: Name of the model.
        version: The version that answered.
        answer: The class, or the value as text.
        value: The value of a regression; ``None`` for a class.
        probabilities: Class to probability, the most probable first; empty for a regression.
        cutoff: From which probability on the positive class is answered; ``None`` for the more probable class.
        flags: Assertions whose condition the row met.
        notes: What to bear in mind, such as values beyond those of training.
        seconds: How long the model took.
    """

    model: str
    version: str
    answer: str
    value: float | None
    probabilities: Mapping[str, float]
    cutoff: float | None
    flags: Sequence[str]
    notes: Sequence[str]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a column adds to an answer.

    Attributes:
        column: The column.
        value: The row's cell, in words.
        amount: In the units of the answer.
    """

    column: str
    value: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why a version answers a row as it does.

    Attributes:
        method: What found it.
        about: What the figures are: ``probability of yes``, ``logit of yes``, ``value``.
        base: The answer where nothing is known of a row.
        outcome: The answer to this row.
        parts: What each column adds, the largest first.
        registered: Whether the explainer was registered with the version, or made of the rows in its package.
    """

    method: str
    about: str
    base: float
    outcome: float
    parts: Sequence[Part]
    registered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A column that would have to be different.

    Attributes:
        column: The column.
        before: What the row has.
        after: What it would have to be.
    """

    column: str
    before: Cell
    after: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Changes that lead to another answer.

    Attributes:
        changes: What is different.
        answer: The answer then.
        score: The figure then.
        plausibility: How ordinary such a row is, from 0 to 1; ``None`` if that was not looked at.
    """

    changes: Sequence[Change]
    answer: str
    score: float
    plausibility: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """What would have to be different for another answer.

    Attributes:
        answer: What the row is answered as it is.
        wanted: The answer that was looked for.
        alone: Single columns that are enough, the nearest value of each.
        together: Several columns at once, the nearest first.
        swings: Column to how far it moves the figure alone, the furthest first.
        notes: What to bear in mind.
    """

    answer: str
    wanted: str
    alone: Sequence[Way]
    together: Sequence[Way]
    swings: Mapping[str, float]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """How much each column matters to the answers of a version.

    Attributes:
        method: What found it.
        about: What the figures are.
        rows: On how many rows.
        means: Column to the mean size of what it adds, the largest first.
        registered: Whether the explainer was registered with the version.
    """

    method: str
    about: str
    rows: int
    means: Mapping[str, float]
    registered: bool
