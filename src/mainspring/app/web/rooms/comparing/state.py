"""What an address of the comparison says: which runs, against which, which view, sorted by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.app.web.visit import Visit

VIEWS: Final[Mapping[str, str]] = {
    "table": "Table",
    "parallel": "Parallel coordinates",
    "scatter": "Scatter",
    "curves": "Curves",
    "changes": "Code and data",
}
"""Names of views with what people call them."""

FEW: Final = 8
"""Up to so many runs are columns; more are rows."""

_OF_PICTURES: Final = ("axes", "brush", "colour", "x", "y", "log", "metric", "smooth", "over", "group", "raw")
"""What pictures keep in the address; their scripts read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an address of the comparison says.

    Attributes:
        runs: Runs by name, or a part of it.
        last: Instead or besides, so many of the newest.
        pipeline: Of this pipeline.
        base: The run that the others are measured against; empty for the first.
        view: One of :data:`VIEWS`.
        every: Whether also what all runs are alike in is shown.
        sort: The key that runs are sorted by, with ``-`` before it for the greatest first; empty for none.
        metrics: The metrics that the table shows; empty for those worth looking at first, ``*`` for all.
        before: The run that changes are told from, in the view of code and data.
        after: The run that they are told to.
        pictures: What pictures keep in the address.
    """

    runs: Sequence[str]
    last: int
    pipeline: str
    base: str
    view: str
    every: bool
    sort: str
    metrics: Sequence[str]
    before: str
    after: str
    pictures: Mapping[str, str]

    def query(self, **changes: Any) -> dict[str, Any]:
        """What stands behind the question mark, with some things changed."""
        said = {
            "run": list(self.runs),
            "last": str(self.last or ""),
            "pipeline": self.pipeline,
            "base": self.base,
            "view": "" if self.view == "table" else self.view,
            "all": "yes" if self.every else "",
            "sort": self.sort,
            "metrics": list(self.metrics),
            "before": self.before,
            "after": self.after,
            **self.pictures,
        }
        return {**said, **changes}

    def fields(self, *left_out: str) -> Sequence[tuple[str, str]]:
        """The same as hidden fields of a form, without some."""
        return [
            (name, each)
            for name, value in self.query().items()
            if name not in left_out
            for each in (value if isinstance(value, list) else [value])
            if each
        ]


def state_of(visit: Visit) -> State:
    """What an address says."""
    query = visit.query
    last = query.get("last", "")
    view = query.get("view", "table")
    return State(
        runs=list(dict.fromkeys(visit.many("run"))),
        last=int(last) if last.isdecimal() and len(last) < 6 else 0,
        pipeline=query.get("pipeline", ""),
        base=query.get("base", ""),
        view=view if view in VIEWS else "table",
        every=query.get("all", "") == "yes",
        sort=query.get("sort", ""),
        metrics=visit.many("metrics"),
        before=query.get("before", ""),
        after=query.get("after", ""),
        pictures={name: query[name] for name in _OF_PICTURES if query.get(name)},
    )


def changed(visit: Visit, state: State, names: Sequence[str]) -> dict[str, Any] | None:
    """The query after runs were added or taken away, as buttons of the page ask for; ``None`` if none was.

    Args:
        visit: The request.
        state: What its address says.
        names: The runs that it means.
    """
    without, kept = visit.many("without"), visit.many("keep")
    added = [part for one in visit.many("add") for part in one.split()]
    keeping = visit.query.get("do", "") == "keep" and kept
    if not (without or added or keeping):
        return None
    chosen = [one for one in names if one not in without and (not keeping or one in kept)] + added
    base = state.base if state.base in chosen else ""
    return state.query(run=list(dict.fromkeys(chosen)), last="", pipeline="", base=base)
