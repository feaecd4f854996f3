"""Streams whose changes are known, to hold detectors and learners to.

Each *concept* is a rule that gives rows and their classes. :func:`changing_stream` goes from one to the next at
known places, at once or little by little; :func:`stream_with_new_classes` lets classes appear that were not there
before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Concept = Callable[[int, int, np.random.Generator], tuple[Floats, Ints]]

_SEA = (8.0, 9.0, 7.0, 9.5)
_SEGMENTS = [
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Rows in their order.

    Attributes:
        rows: ``[rows, features]``.
        labels: ``[rows]``: their classes.
        changes: Where the concept changes, or begins to.
    """

    rows: Floats
    labels: Ints
    changes: tuple[int, ...]


def sea(concept: int, rows: int, random: np.random.Generator) -> tuple[Floats, Ints]:
    """Whether the first two of three features add up to a limit, 8, 9, 7 or 9.5; one label in ten is turned round.

    W. N. Street, Y. Kim, "A streaming ensemble algorithm (SEA) for large-scale classification", KDD 2001.
    """
    given = random.uniform(0, 10, (rows, 3))
    labels = given[:, 0] + given[:, 1] <= _SEA[concept % len(_SEA)]
    return given, (labels ^ (random.random(rows) < 0.1)).astype(np.int64)


def stagger(concept: int, rows: int, random: np.random.Generator) -> tuple[Floats, Ints]:
    """Three words of three values, as nine columns of 0 and 1, and one of three rules.

    Small and red; green or round; medium or large. J. Schlimmer, R. Granger, "Incremental learning from noisy
    data", Machine Learning 1 (1986).
    """
    size, colour, shape = random.integers(0, 3, (3, rows))
    rules = ((size == 0) & (colour == 0), (colour == 1) | (shape == 1), size >= 1)
    given = np.concatenate([np.eye(3)[size], np.eye(3)[colour], np.eye(3)[shape]], axis=1)
    return given, rules[concept % 3].astype(np.int64)


def hyperplane(concept: int, rows: int, random: np.random.Generator) -> tuple[Floats, Ints]:
    """On which side of a plane through the middle of ten features a row lies; each concept turns it by 30 degrees.

    One label in twenty is turned round. G. Hulten, L. Spencer, P. Domingos, "Mining time-changing data streams",
    KDD 2001.
    """
    given = random.random((rows, 10))
    angle = np.pi / 6 * concept
    one, other = np.repeat([1.0, 0.0], 5), np.repeat([0.0, 1.0], 5)
    side = (given - 0.5) @ (np.cos(angle) * one + np.sin(angle) * other) > 0
    return given, (side ^ (random.random(rows) < 0.05)).astype(np.int64)


def agrawal(concept: int, rows: int, random: np.random.Generator) -> tuple[Floats, Ints]:
    """Whether a loan is given: the first four functions of salary, commission, age, education and five columns
    more.

    R. Agrawal, T. Imielinski, A. Swami, "Database mining: a performance perspective", IEEE Transactions on
    Knowledge and Data Engineering 5 (1993).
    """
    salary = random.uniform(20_000, 150_000, rows)
    commission = np.where(salary >= 75_000, 0.0, random.uniform(10_000, 75_000, rows))
    age = random.integers(20, 81, rows)
    education = random.integers(0, 5, rows)
    zipcode = random.integers(0, 9, rows)
    house = (9 - zipcode) * 100_000 * random.uniform(0.5, 1.5, rows)
    given = np.stack(
        [
            salary,
            commission,
            age,
            education,
            random.integers(1, 21, rows),
            zipcode,
            house,
            random.integers(1, 31, rows),
            random.uniform(0, 500_000, rows),
        ],
        axis=1,
    )
    band = np.digitize(age, [40, 60])
    return given, _loan(concept % 4, band, salary, education).astype(np.int64)


def led(concept: int, rows: int, random: np.random.Generator) -> tuple[Floats, Ints]:
    """A digit by the seven lights that show it, each wrong one time in ten, among seventeen lights of chance.

    Each concept changes the places of as many lights as its number with those of chance. L. Breiman, J. Friedman,
    R. Olshen, C. Stone, "Classification and regression trees", 1984.
    """
    digits = random.integers(0, 10, rows)
    lights = np.array([[int(light) for light in lit] for lit in _SEGMENTS])
    shown = lights[digits] ^ (random.random((rows, 7)) < 0.1)
    given = np.concatenate([shown, random.integers(0, 2, (rows, 17))], axis=1).astype(np.float64)
    order = np.arange(24)
    moved = min(concept, 7)
    order[:moved], order[7 : 7 + moved] = np.arange(7, 7 + moved), np.arange(moved)
    return given[:, order], digits


CONCEPTS: Final[Mapping[str, Concept]] = {
    "agrawal": agrawal,
    "hyperplane": hyperplane,
    "led": led,
    "sea": sea,
    "stagger": stagger,
}


def changing_stream(
    kind: str, concepts: Sequence[int], *, rows: int, changes: Sequence[int], width: int = 1, seed: int = 0
) -> Stream:
    """A stream that goes from one concept to the next.

    With a width a row is of the new concept with the chance *1 / (1 + exp(-4 (t - c) / w))* of the sigmoid that A.
    Bifet et al. use in "New ensemble methods for evolving data streams", KDD 2009; it begins half a width before
    its middle *c*, and that is where the change is said to be.

    Args:
        kind: One of :data:`CONCEPTS`.
        concepts: Numbers of concepts, one more than there are changes; one may come back.
        rows: How many.
        changes: Where the next concept begins, in rising order.
        width: Rows that a change takes; 1 for an abrupt one.
        seed: Of all that is random.

    Raises:
        InputError: If there is no such kind, or concepts and changes do not fit.

    Example:
        >>> stream = changing_stream("sea", [0, 2], rows=2000, changes=[1000])
        >>> stream.rows.shape, stream.changes
        ((2000, 3), (1000,))
    """
    if kind not in CONCEPTS:
        raise InputError(f"there is no stream {kind!r}", expected=", ".join(CONCEPTS))
    if len(concepts) != len(changes) + 1 or list(changes) != sorted(changes):
        raise InputError(
            f"{len(concepts)} concepts with changes at {list(changes)}",
            expected="rising places, one fewer than there are concepts",
        )
    random = np.random.default_rng(seed)
    place, now = np.arange(rows), np.zeros(rows, dtype=np.int64)
    for change in changes:
        middle = change + width // 2
        steep = np.clip(-4 * (place - middle) / width, -50, 50)
        turned = place >= change if width <= 1 else random.random(rows) < 1 / (1 + np.exp(steep))
        now += turned & (place >= change)
    given, labels = CONCEPTS[kind](concepts[0], rows, random)
    for number in range(1, len(concepts)):
        ours = now == number
        others, said = CONCEPTS[kind](concepts[number], rows, random)
        given[ours], labels[ours] = others[ours], said[ours]
    return Stream(rows=given, labels=labels, changes=tuple(changes))


def stream_with_new_classes(
    *,
    known: int = 3,
    new: int = 2,
    features: int = 5,
    rows: int = 6_000,
    begins: Sequence[int] = (2_000, 3_000),
    spread: float = 0.05,
    apart: float = 0.5,
    seed: int = 0,
) -> Stream:
    """Round clusters, one for each class, of which the last ones appear later.

    Centres are drawn from the unit cube, as in the random RBF generator of MOA, anew until they lie apart.

    Args:
        known: Classes that are there from the first row on: 0, 1 and so on.
        new: Classes that appear later, with the numbers after these.
        features: How many.
        rows: How many.
        begins: Where each of the new classes appears; these are the changes of the stream.
        spread: Standard deviation of each feature within a class.
        apart: The least distance of two centres.
        seed: Of all that is random.

    Raises:
        InputError: If there is not one beginning for each new class.
    """
    if len(begins) != new:
        raise InputError(f"{len(begins)} beginnings for {new} new classes", expected="one for each")
    random = np.random.default_rng(seed)
    centres = random.random((known + new, features))
    while _least_distance(centres) < apart:
        centres = random.random((known + new, features))
    there = known + (np.arange(rows)[:, None] >= np.asarray(begins, dtype=np.int64)).sum(axis=1)
    labels = (random.random(rows) * there).astype(np.int64)
    given = centres[labels] + random.normal(0, spread, (rows, features))
    return Stream(rows=given, labels=labels, changes=tuple(begins))


def _loan(function: int, band: Ints, salary: Floats, education: Ints) -> Bools:
    """Whether a row is of the first group; ``band`` is 0 below 40 years, 1 below 60, else 2."""
    if function == 0:
        return np.not_equal(band, 1)
    if function == 1:
        return _between(salary, band, ((50, 100), (75, 125), (25, 75)))
    least, most = np.array([[0, 1], [1, 3], [2, 4]])[band].T
    middle: Bools = (least <= education) & (education <= most)
    if function == 2:
        return middle
    low = _between(salary, band, ((25, 75), (50, 100), (50, 100)))
    high = _between(salary, band, ((50, 100), (75, 125), (25, 75)))
    return np.where(middle, low, high)


def _between(salary: Floats, band: Ints, limits: Sequence[tuple[int, int]]) -> Bools:
    low, high = np.array(limits, dtype=np.float64)[band].T * 1_000
    between: Bools = (salary >= low) & (salary <= high)
    return between


def _least_distance(centres: Floats) -> float:
    away = np.sqrt(((centres[:, None] - centres) ** 2).sum(axis=2))
    return float(away[~np.eye(len(centres), dtype=bool)].min())
