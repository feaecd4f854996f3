"""Asks a model about one row with other values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Asked, Columns, Scale
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget, BudgetError
from mainspring.evaluation.explanation.counterfactuals import Change, Constraints, Counterfactual, nearest_alone
from mainspring.evaluation.explanation.effects.grids import grid_of
from mainspring.evaluation.explanation.what_if.nouns import Alone, Case, WhatIf
from mainspring.evaluation.ports import Predictor

if TYPE_CHECKING:
    from mainspring.data import Table

Changes = Mapping[str, Cell | Sequence[Cell]]

POINTS = 24
_MOST_CASES = 10_000
_NO_LIMITS = Constraints()


def what_if(
    predictor: Predictor,
    row: Table,
    changes: Changes | None = None,
    *,
    background: Background | Table,
    output: str | None = None,
    scale: Scale | None = None,
    wanted: str | tuple[float, float] | None = None,
    constraints: Constraints = _NO_LIMITS,
    points: int = POINTS,
    budget: Budget = UNLIMITED,
) -> WhatIf:
    """What a model answers to one row, as it is and with other values, and what alone would change its answer.

    Args:
        predictor: The model, here or over a wire.
        row: A table of one row.
        changes: Column to its new value, all of them together; lists of values for one or two columns make a grid.
            ``None`` is a missing value.
        background: A sample of the data: where the values come from that each column is moved over alone. Columns
            that are no features of it keep the row's values.
        output: The class that figures are of; the positive one of two without it.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        wanted: The answer that single columns are searched for: a class, or the least and the largest value of a
            regression, which has no other answer without it. Without it any class but the row's own.
        constraints: What single columns may become.
        points: Of each column alone.
        budget: The most that may be spent. The changes asked about come first; what it does not hold is left out,
            and a note says so.

    Raises:
        InputError: If there is not one row, a column does not exist or cannot hold a value (all problems at once),
            or more than two columns have lists.
        BudgetError: If the budget does not even hold the changes.
    """
    sample = background if isinstance(background, Background) else Background.of(background)
    if row.num_rows != 1:
        raise InputError(f"{row.num_rows} rows were given", expected="one row", fix="choose it: table.rows(7, 8)")
    asked = Asked.of(predictor, row.select(list(sample.columns)), output=output, scale=scale, budget=budget)
    held = asked.columns(row)
    own = _cells(asked, held)
    every = _cases(asked, own, dict(changes or {}))
    asking = _Asking(asked, held, wanted)
    before, *cases = asking.cases(own, [{}, *every])
    alone: tuple[Alone, ...] = ()
    notes = _strange(sample, asked, every)
    try:
        turns = asking.turns(row, sample, constraints, points)
        alone = asking.alone(own, sample, turns, points)
    except BudgetError as error:
        notes.append(f"the columns were not looked at alone: {error.found}")
    if asked.classes is None and wanted is None:
        notes.append("values have no other answer: say which values are wanted to learn what leads to them")
    elif asking.already:
        notes.append(f"the row is answered {asking.wanted} already")
    return WhatIf(
        row=own,
        output=asked.output,
        scale=asked.scale,
        before=before,
        cases=tuple(cases),
        alone=alone,
        wanted=asking.wanted,
        notes=tuple(notes),
        parameters={"points": points, "background": sample.digest, "background_rows": len(sample)},
        spent=asked.spent,
    )


class _Asking:
    """The questions about one row."""

    def __init__(self, asked: Asked, held: Columns, wanted: str | tuple[float, float] | None) -> None:
        self._asked, self._held, self._range = asked, held, wanted
        self._first = str(asked.labels(held)[0])

    @property
    def wanted(self) -> str:
        """The answer that is looked for, in words; empty if there is none."""
        if isinstance(self._range, tuple):
            return f"{self._range[0]:g} to {self._range[1]:g}"
        return self._range or ("" if self._asked.classes is None else f"not {self._first}")

    @property
    def already(self) -> bool:
        """Whether the row as it is has the answer that is looked for."""
        if isinstance(self._range, tuple):
            return self._asked.classes is None and self._turned(float(self._first))
        return self._range == self._first

    def cases(self, own: Mapping[str, Cell], every: Sequence[Mapping[str, Cell]]) -> list[Case]:
        """The answers to the row with each of these changes, asked together."""
        columns = {}
        for name, values in self._held.items():
            column = np.repeat(values, len(every))
            for place, changes in enumerate(every):
                if name in changes:
                    column[place] = _held(changes[name], column)
            columns[name] = column
        figures, chosen = self._asked.answers(columns)
        labels = self._asked.named(figures, chosen)
        return [
            Case(
                changes=tuple(
                    Change(name, own[name], after) for name, after in changes.items() if after != own[name]
                ),
                answer=_answer(label),
                score=float(figure),
                turned=self._turned(label),
            )
            for changes, label, figure in zip(every, labels.tolist(), figures.tolist(), strict=True)
        ]

    def _turned(self, label: Any) -> bool:
        if isinstance(self._range, tuple):
            return bool(self._range[0] <= label <= self._range[1])
        return self._asked.classes is not None and str(label) != self._first

    def turns(
        self, row: Table, sample: Background, constraints: Constraints, points: int
    ) -> dict[str, Counterfactual]:
        """Column to the nearest value that gets the row the wanted answer by itself."""
        if self.already or (self._asked.classes is None and self._range is None):
            return {}
        return nearest_alone(
            self._asked, row, background=sample, wanted=self._range, constraints=constraints, points=points
        )

    def alone(
        self, own: Mapping[str, Cell], sample: Background, turns: Mapping[str, Counterfactual], points: int
    ) -> tuple[Alone, ...]:
        """Every column over its points, asked together; the one that moves the figure furthest first."""
        places = {}
        for name in sample.features:
            turned = [turns[name].changes[0].after] if name in turns else []
            grid = [_plain(point, self._asked.types[name]) for point in grid_of(sample.columns[name], points)]
            places[name] = _ordered([*grid, own[name], *(_plain(one, self._asked.types[name]) for one in turned)])
        asked = [{name: point} for name, found in places.items() for point in found]
        answered = iter(self.cases(own, asked))
        made = []
        for name, found in places.items():
            cases = list(itertools.islice(answered, len(found)))
            at = None
            if name in turns:
                at = cases[found.index(_plain(turns[name].changes[0].after, self._asked.types[name]))]
            made.append(
                Alone(
                    feature=name,
                    points=tuple(found),
                    answers=tuple(case.answer for case in cases),
                    scores=tuple(case.score for case in cases),
                    own=found.index(own[name]),
                    turns=at,
                )
            )
        return tuple(sorted(made, key=lambda one: (-one.swing, one.feature)))


def _cases(asked: Asked, own: Mapping[str, Cell], changes: Changes) -> list[dict[str, Cell]]:
    """Every combination of the values asked about.

    Raises:
        InputError: Naming all that is wrong.
    """
    lists = {name: _listed(values) for name, values in changes.items()}
    wrong = [f"there is no column {name!r}" for name in lists if name not in own]
    wrong += [f"{name!r} was given no value" for name, cells in lists.items() if not cells]
    for name, cells in lists.items():
        if name in own:
            wrong += [told for cell in cells for told in [_misfit(name, cell, asked.types[name])] if told]
    grids = [name for name, cells in lists.items() if len(cells) > 1]
    if len(grids) > 2:
        wrong.append(f"{len(grids)} columns were given several values: {', '.join(grids)}")
    if math.prod(map(len, lists.values())) > _MOST_CASES:
        wrong.append(f"more than {_MOST_CASES:,} combinations")
    if wrong:
        raise InputError(
            "; ".join(wrong),
            expected="values that columns can hold, several for two of them at most, of " + ", ".join(own),
        )
    plain = {name: [_plain(cell, asked.types[name]) for cell in cells] for name, cells in lists.items()}
    return [dict(zip(plain, cells, strict=True)) for cells in itertools.product(*plain.values())] if plain else []


def _listed(values: Cell | Sequence[Cell]) -> list[Cell]:
    if values is None or isinstance(values, str | bool | int | float):
        return [values]
    return list(dict.fromkeys(values))


def _misfit(name: str, cell: Cell, kind: str) -> str:
    """What is wrong with a cell for a column of that type; empty if nothing is."""
    if cell is None:
        return ""
    if kind in {"INT", "FLOAT"}:
        fits = isinstance(cell, int | float) and not isinstance(cell, bool)
        return "" if fits else f"{name!r} holds numbers, not {cell!r}"
    if kind == "BOOL":
        return "" if isinstance(cell, bool) or cell in (0, 1) else f"{name!r} holds truth values, not {cell!r}"
    return "" if isinstance(cell, str) else f"{name!r} holds words, not {cell!r}"


def _strange(sample: Background, asked: Asked, every: Sequence[Mapping[str, Cell]]) -> list[str]:
    """Values asked about that the data does not hold: the model was never shown anything like them."""
    notes = []
    for name in dict.fromkeys(name for changes in every for name in changes):
        values = sample.columns[name]
        cells = dict.fromkeys(changes[name] for changes in every if changes[name] is not None)
        if values.dtype == object:
            known = set(values.tolist())
            odd = [repr(cell) for cell in cells if cell not in known]
            if odd:
                notes.append(f"{name}: {', '.join(odd)} is not among the {len(sample):,} rows compared with")
        elif asked.types[name] != "BOOL" and not np.isnan(values).all():
            low, high = float(np.nanmin(values)), float(np.nanmax(values))
            odd = [f"{cell:g}" for cell in cells if isinstance(cell, float) and not low <= cell <= high]
            if odd:
                notes.append(f"{name}: {', '.join(odd)} lies outside of the data ({low:g} to {high:g})")
    return notes


def _cells(asked: Asked, held: Columns) -> dict[str, Cell]:
    return {name: _plain(values[0], asked.types[name]) for name, values in held.items()}


def _plain(cell: Any, kind: str) -> Cell:
    """A cell as a person would write it; a number is a float, a truth value a bool."""
    if cell is None or cell != cell:
        return None
    if isinstance(cell, str):
        return cell
    return bool(cell) if kind == "BOOL" else float(cell)


def _held(cell: Cell, column: npt.NDArray[Any]) -> Any:
    """A cell as the column holds it."""
    return cell if column.dtype == object else np.nan if cell is None else float(cell)


def _ordered(points: Sequence[Cell]) -> list[Cell]:
    """Each once: numbers rising, words as they came, what is missing last."""
    known: list[Cell] = list(dict.fromkeys(point for point in points if point is not None))
    if known and not isinstance(known[0], str):
        known.sort(key=lambda point: float(point or 0))
    return [*known, None] if any(point is None for point in points) else known


def _answer(label: Any) -> str:
    return label if isinstance(label, str) else f"{label:.6g}"
