"""Which runs are meant: names, parts of names, ``latest``, or the newest of a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from mainspring.app.api.desk import Desk
from mainspring.app.api.subjects.comparing.reading import ComparedRun, RunsRead
from mainspring.app.api.subjects.runs.table import Row, table_of
from mainspring.core.errors import InputError

MOST: Final = 500
"""The most runs that are compared at once."""

Named = Annotated[list[str], Meta(description="Names, or parts of names that only one run has; repeated.")]
"""Runs by their names."""

Last = Annotated[int, Meta(ge=0, description="Also so many of the newest runs.")]
"""Runs by their age."""

OfPipeline = Annotated[str, Meta(description="Of this pipeline only, with `last`.")]
"""Whose the newest runs are."""


def chosen(desk: Desk, runs: Sequence[str], *, last: int = 0, pipeline: str = "") -> Sequence[Row]:
    """Runs, as the table of runs has them.

    Args:
        desk: Of whom.
        runs: Names, parts of names that only one run has, ``latest`` or ``latest~N``.
        last: Also so many of the newest runs, the oldest of them first.
        pipeline: Of this pipeline only.

    Raises:
        NotFoundError: If there is no such run.
        InputError: If a part of a name means several, or too many are asked for.
    """
    rows = {row.name: row for row in table_of(desk.shared).rows()}
    records = desk.platform.pipelines.records
    names = [one if one in rows else str(records.run(one).name) for one in runs]
    names += [row.name for row in rows.values() if not pipeline or row.pipeline == pipeline][:last][::-1]
    names = list(dict.fromkeys(names))
    if len(names) > MOST:
        raise InputError(f"{len(names)} runs cannot be compared at once", expected=f"at most {MOST}")
    return [rows[name] for name in names]


def read(desk: Desk, rows: Sequence[Row]) -> Sequence[ComparedRun]:
    """Runs with what they were made of."""
    cache: RunsRead = desk.shared.remembered("comparing.runs", 0, RunsRead)
    return cache.read(desk.platform.pipelines.records, rows)
