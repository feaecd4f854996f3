"""``runs.compare``: many runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.comparing.choosing import Last, Named, OfPipeline, chosen, read
from mainspring.app.api.subjects.comparing.reading import ComparedRun
from mainspring.app.api.subjects.comparing.tabling import Row, main_keys, rows_of
from mainspring.app.api.subjects.runs.table import shown_first
from mainspring.core.errors import InputError

_NONE: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHead:
    """A run, in a word.

    Attributes:
        run: Its name.
        pipeline: Of which pipeline.
        state: Its state.
        started: When, in seconds since the epoch.
        seconds: How long it took; ``None`` while it runs.
        live: Whether it still runs.
    """

    run: str
    pipeline: str
    state: str
    started: float
    seconds: float | None
    live: bool

    @property
    def short(self) -> str:
        """The end of its name, which tells it from other runs of the day."""
        return self.run.rpartition("-")[2] if self.run.startswith(f"{self.pipeline}-") else self.run


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs beside each other.

    Attributes:
        runs: They, in the order asked for.
        base: The name of the run that the others are measured against.
        rows: What is known of them: everything, or only what differs.
        alike: How many rows were left out because all runs are alike in them.
        main: The keys of the metrics and parameters that are worth looking at first.
    """

    runs: Sequence[RunHead]
    base: str
    rows: Sequence[Row]
    alike: int
    main: Sequence[str]

    @property
    def base_place(self) -> int:
        """The place of the baseline among the runs."""
        return [one.run for one in self.runs].index(self.base)

    @property
    def live(self) -> Sequence[str]:
        """The runs that still run."""
        return [one.run for one in self.runs if one.live]


@operation("runs.compare", "GET", "/compare")
def compare(
    desk: Desk,
    run: Named = _NONE,
    *,
    base: Annotated[str, Meta(description="The run that the others are measured against; the first.")] = "",
    differing: Annotated[bool, Meta(description="Leave out what all runs are alike in.")] = True,
    last: Last = 0,
    pipeline: OfPipeline = "",
) -> Comparison:
    """Put runs beside each other: parameters, metrics, data, code and model, with the best of each metric.

    Of the first run, or of ``base``, the others are told apart. For two runs with code and data see ``runs.diff``.
    """
    chosen_rows = chosen(desk, run, last=last, pipeline=pipeline)
    names = [row.name for row in chosen_rows]
    if not names:
        raise InputError("there is nothing to compare", expected="runs", fix="name some with run=…, or last=20")
    against = chosen(desk, [base])[0].name if base else names[0]
    if against not in names:
        raise InputError(
            f"the baseline {against} is not among the runs", expected=f"one of {', '.join(names[:20])}"
        )
    found = read(desk, chosen_rows)
    rows = rows_of(found)
    shown = [row for row in rows if row.differs] if differing and len(found) > 1 else rows
    return Comparison(
        runs=[_head(one) for one in found],
        base=against,
        rows=shown,
        alike=len(rows) - len(shown),
        main=main_keys(rows, shown_first(chosen_rows)),
    )


def _head(run: ComparedRun) -> RunHead:
    row = run.row
    return RunHead(
        run=row.name,
        pipeline=row.pipeline,
        state=row.state,
        started=row.started,
        seconds=row.seconds,
        live=run.live,
    )
