"""Which rows people should look at: by chance, and the more probably the more they tell.

Each row is chosen with a probability of its own, which is never 0, so that figures of the chosen ones, weighed by
its inverse, are those of all rows (D. G. Horvitz and D. J. Thompson, *A generalization of sampling without
replacement from a finite universe*, Journal of the American Statistical Association 47, 1952).

Whether a row is chosen follows from a number between 0 and 1 that belongs to it for ever: its *permanent random
number* (E. Ohlsson, *Coordination of samples using permanent random numbers*, Business Survey Methods, 1995).
Choosing twice from the same rows gives the same ones, and choosing more gives these and others; together they were
chosen with the larger of the probabilities.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.evaluation.reference import TRUTH
from mainspring.evaluation.slicing import slice_rows
from mainspring.monitoring.quality.answers import Answers, read_answers
from mainspring.monitoring.reviewing.items import Chosen, Label

if TYPE_CHECKING:
    from mainspring.data import Table

Floats: TypeAlias = npt.NDArray[np.float64]

_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How rows are chosen.

    Attributes:
        rows: How many, about: each row is chosen or not on its own.
        uniform: The part of them that is drawn from all rows alike; above 0.
        uncertain: The part drawn the more probably the less sure the model was.
        strata: The part drawn so that all values of the columns ``by`` get as many.
        flagged: The part drawn from rows that are outliers or that an alert is about: those for which ``where``
            holds, and those that are named.
        by: Columns (or crosses, as for slices) of strata: by default the version that answered.
        where: A condition in SQL, such as ``age > 90``.
        reviewers: How many people should look at each.
        double: The share of them that one more should look at, so that agreement is known.
        seed: Another one gives other rows.

    Parts for which there is nothing to go by are given to ``uniform``.

    Raises:
        InputError: With all that makes no sense.
    """

    rows: int = 100
    uniform: float = 0.5
    uncertain: float = 0.25
    strata: float = 0.25
    flagged: float = 0.25
    by: tuple[str, ...] = ("request.version",)
    where: str = ""
    reviewers: int = 1
    double: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        problems = [
            f"{name} is {getattr(self, name)}" for name in ("rows", "reviewers") if getattr(self, name) < 1
        ]
        problems += [
            f"{name} is {getattr(self, name)}"
            for name in ("uncertain", "strata", "flagged")
            if getattr(self, name) < 0
        ]
        if not self.uniform > 0:
            problems.append(f"uniform is {self.uniform}, so some rows could never be chosen")
        if not 0 <= self.double <= 1:
            problems.append(f"double is {self.double}")
        if problems:
            raise InputError(
                "; ".join(problems),
                expected="one row or more, one reviewer or more, parts from 0 on, a share from 0 to 1",
                where="sampling",
            )


def choose(
    table: Table, sampling: Sampling, *, flagged: Collection[tuple[str, int]] = (), positive: str | None = None
) -> list[Chosen]:
    """Choose rows of a log to be reviewed.

    Args:
        table: Rows of a log: ``request.id``, ``request.row`` and so on; also those whose truth is known, which
            then need not be looked at.
        sampling: How.
        flagged: Request and row of those that are flagged besides ``where``.
        positive: The class that a binary task is about.

    Returns:
        The chosen rows, those to be looked at first in front.

    Raises:
        InputError: If a column of strata does not exist, or the condition is not valid.
    """
    count = table.num_rows
    if not count:
        return []
    ids, rows = table.column("request.id").tolist(), table.column("request.row").astype(np.int64).tolist()
    answers = read_answers(table, positive=positive)
    parts = _parts(table, sampling, answers, {*flagged}, list(zip(ids, rows, strict=True)))
    chance = probabilities(np.sum([*parts.values()], axis=0), sampling.rows)
    luck = _numbers(ids, rows, f"choose {sampling.seed}")
    places = np.flatnonzero(luck < chance)
    order = luck[places] / chance[places]
    more = _numbers([ids[place] for place in places], [rows[place] for place in places], f"double {sampling.seed}")
    known = _known(table)
    said = _said(answers, count)
    times, versions = table.column("request.time"), table.column("request.version").tolist()
    found = [
        Chosen(
            request=ids[place],
            row=rows[place],
            time=float(times[place]),
            version=versions[place] or "",
            probability=float(chance[place]),
            order=float(order[number]),
            why=max(parts, key=lambda name: float(parts[name][place])),
            wanted=sampling.reviewers + int(more[number] < sampling.double),
            said=said[place],
            known=known[place],
        )
        for number, place in enumerate(places.tolist())
    ]
    return sorted(found, key=lambda one: one.order)


def probabilities(sizes: Floats, rows: int) -> Floats:
    """Probabilities in proportion to sizes, none above 1, that add up to the number of rows.

    Args:
        sizes: How probable each row is to be the next one, ``[rows]``, above 0.
        rows: How many are to be chosen.
    """
    if rows >= len(sizes):
        return np.ones(len(sizes))
    chance = np.minimum(1.0, rows * sizes)
    for _ in range(_ROUNDS):
        open_ = chance < 1.0
        left = rows - float((~open_).sum())
        scaled = np.where(open_, left * sizes / sizes[open_].sum(), 1.0)
        chance = np.minimum(1.0, scaled)
        if not (scaled > 1.0).any():
            break
    return chance


def _parts(
    table: Table,
    sampling: Sampling,
    answers: Answers | None,
    named: set[tuple[str, int]],
    keys: list[tuple[str, int]],
) -> dict[str, Floats]:
    """For each reason to choose a row, how probable each is to be the next one; together they add up to 1."""
    count = table.num_rows
    parts: dict[str, Floats] = {"uniform": np.full(count, sampling.uniform / count)}
    # Squared, so that rows on the fence stand out from those that are somewhat unsure.
    unsure = np.zeros(count) if answers is None else np.nan_to_num(1 - answers.confidence) ** 2
    if unsure.any():
        parts["uncertain"] = sampling.uncertain * unsure / unsure.sum()
    marked = np.array([key in named for key in keys]) if named else np.zeros(count, dtype=np.bool_)
    if sampling.where:
        holds = slice_rows(table, [f"sql flagged: {sampling.where}"], min_slice_size=1).rows
        marked[holds.get(Slice.of(sql="flagged"), np.zeros(0, dtype=np.int64))] = True
    if marked.any():
        parts["flagged"] = sampling.flagged * marked / marked.sum()
    strata = slice_rows(table, sampling.by, min_slice_size=1).rows if sampling.by and sampling.strata else {}
    for key, rows in strata.items():
        part = np.zeros(count)
        part[rows] = sampling.strata / len(strata) / len(rows)
        parts[str(key)] = part
    total = sum(float(part.sum()) for part in parts.values())
    return {name: part / total for name, part in parts.items()}


def _numbers(ids: Sequence[str], rows: Sequence[int], salt: str) -> Floats:
    """The permanent random number of each row."""
    found = [
        int.from_bytes(hashlib.blake2b(f"{salt} {row} {name}".encode(), digest_size=7).digest(), "big")
        for name, row in zip(ids, rows, strict=True)
    ]
    return np.array(found, dtype=np.float64) / 2.0**56


def _known(table: Table) -> list[bool]:
    if TRUTH not in table.names:
        return [False] * table.num_rows
    return [value is not None and value == value for value in table.column(TRUTH).tolist()]


def _said(answers: Answers | None, count: int) -> list[Label | None]:
    if answers is None:
        return [None] * count
    if answers.classes is None:
        return [float(one) if kept else None for one, kept in zip(answers.scores, answers.known, strict=True)]
    named: Mapping[int, str] = dict(enumerate(answers.classes))
    found: list[Any] = [named.get(place) for place in answers.chosen.tolist()]
    return found
