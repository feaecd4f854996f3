"""From what was kept of groups to their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mainspring.core import Slice
from mainspring.evaluation.fairness.across import Across, calibration, inequality, of_cells, of_means
from mainspring.evaluation.fairness.counting import State
from mainspring.evaluation.fairness.fairness import Group
from mainspring.evaluation.fairness.figures import Figure
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.metrics.intervals import Intervals

_BROKEN = "the model gave no finite value for {} of {} rows"
_OF_VALUES = ("mean_error", "mae", "mean_prediction", "mean_label")

Told = tuple[str, list[Across]]
"""What to add to the names of figures (the class of many, in brackets), and figures of all groups."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """What is wanted of the states."""

    questions: tuple[str, ...]
    thresholds: tuple[float, ...]
    edges: Floats
    smallest: int
    intervals: Intervals

    def figures(self, states: Sequence[State]) -> Iterator[Told]:
        """All figures of all groups, question by question."""
        single = len(self.questions) == 1
        for place, name in enumerate(self.questions):
            cells = [state.cells[place] for state in states]
            found = list(of_cells(cells, self.edges, self.thresholds, name, self.intervals))
            if not single:
                found = [one for one in found if one.name != "accuracy"]
            yield ("" if single else f"[{name}]", found)
        means = [state.means for state in states if state.means is not None]
        if means:
            names = ("accuracy",) if self.questions else _OF_VALUES
            why = [_BROKEN.format(one.broken, one.rows) if one.broken else "" for one in states]
            random = np.random.default_rng(self.intervals.seed)
            yield "", list(of_means(names, means, self.intervals, random, why))

    def inequality(self, whole: State, positive: str | None) -> Iterator[Told]:
        """Of a binary question, how unequally benefits are spread."""
        if positive is not None:
            yield "", list(inequality(whole.cells[0], self.intervals))

    def groups(
        self, spec: str, keys: Sequence[Slice], states: Sequence[State], told: Sequence[Told]
    ) -> list[Group]:
        """The same, group by group."""
        found = []
        for place, (key, state) in enumerate(zip(keys, states, strict=True)):
            figures = {
                f"{one.name}{of}" + ("" if one.at is None else f"@{one.at:g}"): _figure(one, place)
                for of, across in told
                for one in across
            }
            curves = {
                name: calibration(cells, self.edges)
                for name, cells in zip(self.questions, state.cells, strict=True)
            }
            found.append(
                Group(
                    key=key,
                    protected=spec,
                    count=state.rows,
                    weight=state.weight,
                    enough=state.rows >= self.smallest,
                    figures=figures,
                    calibration=curves,
                )
            )
        return found


def _figure(across: Across, place: int) -> Figure:
    return Figure(
        value=float(across.values[place]),
        top=float(across.tops[place]),
        bottom=float(across.bottoms[place]),
        rows=int(across.rows[place]),
        interval=across.intervals[place],
        reason=across.reasons[place],
    )
