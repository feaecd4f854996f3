"""Counterfactuals: the smallest changes of a row that get it another answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import BudgetError
from mainspring.evaluation.explanation.counterfactuals.constraints import Constraints
from mainspring.evaluation.explanation.counterfactuals.nouns import Change, Counterfactual, Counterfactuals
from mainspring.evaluation.explanation.distances import distances, feature_distances, scales_of
from mainspring.evaluation.explanation.effects.grids import grid_of

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEIGHBOURS = 5
"""Plausibility looks at the distance to the fifth nearest row."""

_HALVINGS = 30
_NO_LIMITS = Constraints()


def counterfactuals(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    wanted: str | tuple[float, float] | None = None,
    constraints: Constraints = _NO_LIMITS,
    count: int = 3,
    starts: int = 24,
    points: int = 32,
    least_plausible: float = 0.0,
    seed: int = 0,
) -> list[Counterfactuals]:
    """For each row the nearest rows that are answered as wanted, within hard limits.

    Two searches meet: each column alone is moved over the values of the data, and real rows with the wanted answer
    are drawn near, column by column back to the explained row and number by number to the border. Everything is
    asked in batches, and every row given is answered once more at the end.

    Args:
        asked: The model.
        rows: The rows to explain.
        background: A sample of the data, some thousand rows; values that words may take come from it.
        wanted: The class; without it the other one of two. For a regression the least and the largest value.
        constraints: What may be changed, and which way.
        count: The most counterfactuals for each row.
        starts: Real rows that are drawn near.
        points: Values of each column that are tried alone.
        least_plausible: Leave out what is less plausible; see :class:`Counterfactual`.
        seed: Not used: nothing is left to chance. It is there because every explainer takes one.

    Returns:
        One answer per row. Where nothing is found, or the budget is spent, ``why`` says so.

    Raises:
        InputError: If no class was named where there are more than two, the wanted answer does not exist, or the
            constraints cannot be kept.

    Reference: S. Wachter, B. Mittelstadt and C. Russell, *Counterfactual explanations without opening the black
    box*, Harvard Journal of Law & Technology 31 (2018); R. K. Mothilal, A. Sharma and C. Tan, *Explaining machine
    learning classifiers through diverse counterfactual explanations*, FAT* 2020.
    """
    constraints.check(background.columns)
    columns = asked.columns(rows)
    parameters = {
        "count": count,
        "starts": starts,
        "points": points,
        "least_plausible": least_plausible,
        "background": background.digest,
        "background_rows": len(background),
    }
    found = []
    for place in range(rows.num_rows):
        search = _Search(asked, taken(columns, [place]), background, constraints, wanted)
        found.append(search.run(count=count, starts=starts, points=points, least=least_plausible, told=parameters))
    return found


def nearest_alone(
    asked: Asked,
    row: Table,
    *,
    background: Background,
    wanted: str | tuple[float, float] | None = None,
    constraints: Constraints = _NO_LIMITS,
    points: int = 32,
) -> dict[str, Counterfactual]:
    """For each column the nearest value at which it alone, all others as they are, changes the answer to one row.

    Numbers are tried at quantiles of the data and then drawn back to the border; words as the data holds them.
    Columns that change nothing within the data are not among the answers.

    Args:
        asked: The model.
        row: A table of one row.
        background: A sample of the data.
        wanted: A class, or the least and the largest value; without it any class but the one it is.
        constraints: What may be changed, and which way.
        points: Values of each column that are tried.

    Raises:
        InputError: If the wanted answer does not exist, the row has it already, or the constraints cannot be kept.
        BudgetError: If the budget was spent.
    """
    constraints.check(background.columns)
    columns = taken(asked.columns(row), [0])
    anything = asked.classes is not None and wanted is None
    search = _Search(
        asked, columns, background, constraints, _Other(asked.labels(columns)[0]) if anything else wanted
    )
    return search.alone(points)


@dataclass(frozen=True, slots=True)
class _Other:
    """Any answer but one."""

    than: str

    def __str__(self) -> str:
        return f"not {self.than}"


class _Search:
    """The search for one row."""

    def __init__(
        self,
        asked: Asked,
        row: Columns,
        background: Background,
        constraints: Constraints,
        wanted: str | tuple[float, float] | _Other | None,
    ) -> None:
        self._asked, self._row, self._background = asked, row, background
        self._constraints = constraints
        self._scales = scales_of(background.columns, background.features)
        self._before = asked.spent
        self._answer = asked.labels(row)[0]
        self._wanted = wanted if isinstance(wanted, _Other) else _wanted(asked, self._answer, wanted)
        self._whole = frozenset(name for name in background.features if asked.types[name] in {"INT", "BOOL"})
        self._free = [name for name in background.features if name not in constraints.immutable]

    def run(
        self, *, count: int, starts: int, points: int, least: float, told: Mapping[str, Any]
    ) -> Counterfactuals:
        candidates: list[Columns] = []
        why = ""
        try:
            if self._right(self._row)[0]:
                why = "the row is answered so already"
            else:
                candidates.append(self._alone(points))
                candidates.append(self._drawn_near(starts))
        except BudgetError as error:
            why = error.found
        chosen = self._chosen(_joined(candidates), count, least) if candidates else ()
        if not chosen and not why:
            why = "no row within the constraints gets this answer, of those that were tried"
        return Counterfactuals(
            row=self._cells(self._row, 0),
            answer=str(self._answer),
            wanted=_named(self._wanted),
            found=chosen,
            why=why,
            parameters=told,
            spent=self._asked.spent.since(self._before),
        )

    def alone(self, points: int) -> dict[str, Counterfactual]:
        """Column to the nearest row that differs in it alone.

        Raises:
            InputError: If the row is answered as wanted already.
        """
        if self._right(self._row)[0]:
            raise InputError(f"the row is answered {_named(self._wanted)} already", expected="another answer")
        found = self._judged(self._alone(points), 0.0)
        return {one.changes[0].feature: one for one in found}

    # ------------------------------------------------------------------ the two searches

    def _alone(self, points: int) -> Columns:
        """For each column the nearest value at which it alone gets the answer."""
        tried, owners = [], []
        for name in self._free:
            values = self._values(name, points)
            if len(values):
                part = _repeated(self._row, len(values))
                part[name] = values
                tried.append(part)
                owners += [name] * len(values)
        if not tried:
            return taken(self._row, [])
        columns = _joined(tried)
        right = np.flatnonzero(self._right(columns))
        cost = self._distance(columns)
        best: dict[str, int] = {}
        for place in right[np.argsort(cost[right], kind="stable")].tolist():
            best.setdefault(owners[place], place)
        return self._shrunk(taken(columns, sorted(best.values())))

    def _drawn_near(self, starts: int) -> Columns:
        """The nearest real rows with the answer, with as few and as small changes as keep it."""
        near = dict(self._background.columns)
        near = {name: near[name].copy() for name in self._asked.names}
        size = len(self._background)
        for name in self._asked.names:
            before = self._row[name]
            if name not in self._free:
                near[name][:] = before[0]
            else:
                kept = self._constraints.allowed(name, before[0], near[name])
                near[name][~kept] = before[0]
        order = np.argsort(self._distance(near), kind="stable")
        picked: list[int] = []
        for start in range(0, size, 256):
            part = order[start : start + 256]
            picked += part[self._right(taken(near, part))].tolist()
            if len(picked) >= starts:
                break
        return self._shrunk(self._sparse(taken(near, picked[:starts])))

    def _sparse(self, columns: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Put back one column at a time, the one that brings a row nearest, as long as the answer stays."""
        rows = len(next(iter(columns.values())))
        while rows:
            trials, places, names = [], [], []
            for name in self._free:
                changed = np.flatnonzero(self._changed(columns, name))
                if len(changed):
                    part = taken(columns, changed)
                    part[name] = np.repeat(self._row[name], len(changed))
                    trials.append(part)
                    places.append(changed)
                    names += [name] * len(changed)
            if not trials:
                break
            tried, owners = _joined(trials), np.concatenate(places)
            right, cost = np.flatnonzero(self._right(tried)), self._distance(tried)
            best: dict[int, int] = {}
            for place in right[np.argsort(cost[right], kind="stable")].tolist():
                best.setdefault(int(owners[place]), place)
            if not best:
                break
            for row, place in best.items():
                columns[names[place]][row] = tried[names[place]][place]
        return columns

    def _shrunk(self, columns: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Move the numbers back towards the explained row, up to the border of the answer."""
        for name in self._free:
            if columns[name].dtype == object:
                continue
            before = float(self._row[name][0])
            moving = np.flatnonzero(self._changed(columns, name) & np.isfinite(columns[name]))
            if np.isnan(before) or not len(moving):
                continue
            part = taken(columns, moving)
            near, far = np.full(len(moving), before), part[name].copy()
            for _ in range(_HALVINGS):
                middle = (near + far) / 2
                if name in self._whole:
                    # Whole numbers: rounded away from the explained row, and done where nothing lies between.
                    middle = np.where(far > near, np.floor(middle), np.ceil(middle))
                if ((middle == near) | (middle == far)).all():
                    break
                right = self._right({**part, name: middle})
                near, far = np.where(right, near, middle), np.where(right, middle, far)
            columns[name][moving] = far
        return columns

    # ------------------------------------------------------------------ judging

    def _chosen(self, columns: Columns, count: int, least: float) -> tuple[Counterfactual, ...]:
        """The nearest of those that hold; those that change other columns than the ones before come first."""
        try:
            held = self._judged(columns, least)
        except BudgetError:
            return ()
        first: dict[frozenset[str], Counterfactual] = {}
        for one in held:
            first.setdefault(frozenset(change.feature for change in one.changes), one)
        others = [one for one in held if one not in first.values()]
        return tuple(sorted((*first.values(), *others)[:count], key=lambda one: one.distance))

    def _judged(self, columns: Columns, least: float) -> list[Counterfactual]:
        """Those that hold when they are asked again, the nearest first, each once.

        Raises:
            BudgetError: If the budget was spent.
        """
        figures, chosen = self._asked.answers(columns)
        labels = self._asked.named(figures, chosen)
        right = self._fits(labels)
        ordinary = self._plausibility(columns)
        cost = self._distance(columns)
        order = [
            place
            for place in np.argsort(cost, kind="stable").tolist()
            if right[place] and ordinary[place] >= least
        ]
        made: dict[tuple[Change, ...], Counterfactual] = {}
        for place in order:
            changes = self._changes(columns, place)
            if changes and changes not in made:
                made[changes] = Counterfactual(
                    changes=changes,
                    answer=str(labels[place]),
                    score=float(figures[place]),
                    distance=float(cost[place]),
                    plausibility=float(ordinary[place]),
                )
        return list(made.values())

    def _right(self, columns: Columns) -> Bools:
        return self._fits(self._asked.labels(columns))

    def _fits(self, labels: npt.NDArray[Any]) -> Bools:
        if isinstance(self._wanted, tuple):
            low, high = self._wanted
            within: Bools = (labels >= low) & (labels <= high)
            return within
        if isinstance(self._wanted, _Other):
            differs: Bools = np.asarray(labels != self._wanted.than, dtype=np.bool_)
            return differs
        equal: Bools = np.asarray(labels == self._wanted, dtype=np.bool_)
        return equal

    def _distance(self, columns: Columns) -> Floats:
        return distances(columns, self._row, self._background.features, self._scales)[:, 0]

    def _plausibility(self, columns: Columns) -> Floats:
        """How ordinary rows are among the real ones with the wanted answer."""
        real = {name: self._background.columns[name] for name in self._asked.names}
        own = taken(real, np.flatnonzero(self._right(real)))
        size = len(next(iter(own.values())))
        if size <= NEIGHBOURS:
            return np.full(len(next(iter(columns.values()))), np.nan)
        features = self._background.features
        among = np.sort(distances(own, own, features, self._scales), axis=1)[:, NEIGHBOURS]
        away = np.sort(distances(columns, own, features, self._scales), axis=1)[:, NEIGHBOURS - 1]
        ordinary: Floats = (among[None, :] >= away[:, None]).mean(axis=1)
        return ordinary

    def _changes(self, columns: Columns, place: int) -> tuple[Change, ...]:
        before, after = self._cells(self._row, 0), self._cells(columns, place)
        return tuple(
            Change(name, before[name], after[name])
            for name in self._background.features
            if before[name] != after[name]
        )

    def _changed(self, columns: Columns, name: str) -> Bools:
        return feature_distances(columns[name], self._row[name], 1.0)[:, 0] > 0

    def _values(self, name: str, points: int) -> npt.NDArray[Any]:
        """The values that a column may take alone."""
        like = self._background.columns[name]
        grid = grid_of(like, points)
        words = [point for point in grid if point is not None]
        values = np.empty(len(words), dtype=like.dtype)
        values[:] = words
        before = self._row[name][0]
        kept = values[self._constraints.allowed(name, before, values)]
        return kept[feature_distances(kept, self._row[name], 1.0)[:, 0] > 0]

    def _cells(self, columns: Columns, place: int) -> dict[str, Cell]:
        cells = {name: columns[name][place] for name in self._asked.names}
        return {
            name: cell if cell is None or isinstance(cell, str) else None if np.isnan(cell) else float(cell)
            for name, cell in cells.items()
        }


def _wanted(asked: Asked, answer: Any, wanted: str | tuple[float, float] | None) -> str | tuple[float, float]:
    if asked.classes is None:
        if isinstance(wanted, tuple) and len(wanted) == 2:
            return wanted
        raise InputError(
            f"the model predicts values, and {wanted!r} is wanted", expected="the least and the largest value"
        )
    if wanted is None and len(asked.classes) == 2:
        return next(name for name in asked.classes if name != answer)
    if wanted in asked.classes and isinstance(wanted, str):
        return wanted
    raise InputError(
        "no class was said to be wanted" if wanted is None else f"there is no class {wanted!r}",
        expected="one of " + ", ".join(map(repr, asked.classes)),
    )


def _named(wanted: str | tuple[float, float] | _Other) -> str:
    return f"{wanted[0]:g} to {wanted[1]:g}" if isinstance(wanted, tuple) else str(wanted)


def _repeated(row: Columns, times: int) -> dict[str, npt.NDArray[Any]]:
    return {name: np.repeat(values, times) for name, values in row.items()}


def _joined(parts: list[Any]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
