"""One window: what was said of it, what was measured, what its rows were like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.monitoring import windows
from mainspring.app.api.subjects.monitoring.nouns import Told
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.web.visit import Visit
from mainspring.core.errors import MainspringError
from mainspring.monitoring.alerts.examples import private_columns
from mainspring.monitoring.profiles import ProfileArchive
from mainspring.monitoring.viewing.shares import Distribution, distributions, told_of
from mainspring.serving.payloads import read
from mainspring.serving.payloads.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainspring.serving.payloads import LogRecord

ROWS: Final = 20
_COLUMNS: Final = 40
_TABLE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows of a window.

    Attributes:
        names: Of their columns.
        rows: The requests they came with, and the values.
        masked: The columns whose values nobody is shown.
        left_out: How many more columns there are.
    """

    names: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Any]]]
    masked: Sequence[str]
    left_out: int


def shown(visit: Visit) -> Response:
    """A window of a model."""
    sight = Sight(visit.desk.shared)
    told: Told = visit.ask(windows.shown, model=visit.path["model"], window=visit.path["window"])
    drifted = [one.subject for one in told.figures if one.check == "drift" and not one.slice]
    latest, shares = distributions_of(
        sight, told.model, told.window.version, told.window.since, told.window.until, drifted
    )
    return visit.render(
        "monitoring/window.html.j2",
        room="monitoring",
        judged=told,
        model=told.model,
        failures=[one for one in told.reasons if not one.ok],
        passed=[one for one in told.reasons if one.ok],
        figures=told.figures[:_TABLE],
        figures_left=max(len(told.figures) - _TABLE, 0),
        shares=shares,
        latest=latest,
        chosen=_chosen(visit, shares),
        sample=sample_of(sight, visit, told),
        alerts=[
            one
            for one in sight.seen.alerts(told.model)
            if one.fired_at is not None and one.since < told.window.until and one.last_seen > told.window.since
        ],
    )


def distributions_of(
    sight: Sight, model: str, version: str, since: float, until: float, features: Sequence[str]
) -> tuple[str, Sequence[Distribution]]:
    """How features were distributed in training and in a stretch of time, and which windows those are.

    Profiles of old windows are kept by days and weeks only: then it is the whole day or week, and is told so.
    """

    def made() -> tuple[str, Sequence[Distribution]]:
        profile = ProfileArchive(sight.home / "profiles").merged(model, since=since, until=until)
        if profile is None:
            return "", []
        return told_of(profile), distributions(sight.seen.reference(model, version), profile, features)

    key = ("monitoring.shares", model, since, until, tuple(features))
    return sight.remembered(key, sight.stamp(model), made)


def sample_of(sight: Sight, visit: Visit, told: Told) -> Sample:
    """Some rows of a window as the log has them, with what is private masked."""
    settings = visit.desk.platform.settings
    window = told.window
    found = read(settings.path(settings.serving.log), since=window.since, until=window.until, model=told.model)
    hidden = masks_of(sight, told.model, window.version)
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for record in islice(found, ROWS):
        rows += [(record.id, one) for one in _rows_of(record, hidden)]
        if len(rows) >= ROWS:
            break
    names = list(dict.fromkeys(name for _, one in rows for name in one))
    answers = [one for one in names if one.startswith("output.")]
    kept = [*answers, *(one for one in names if one not in answers)][:_COLUMNS]
    return Sample(
        names=kept,
        rows=[(request, [one.get(name) for name in kept]) for request, one in rows[:ROWS]],
        masked=[one for one in kept if hidden(one)],
        left_out=len(names) - len(kept),
    )


def masks_of(sight: Sight, model: str, version: str) -> Callable[[str], bool]:
    """Says of a column whether its values are masked: the schema tags it, or the monitoring file names it."""
    try:
        declared = sight.declared.get(model)
    except MainspringError:
        declared = None
    reference = sight.versions.known(model, version).reference
    schema = None if reference is None else reference.by_column().schema
    return private_columns(schema, () if declared is None else declared.how.alerts.private)


def _rows_of(record: LogRecord, hidden: Callable[[str], bool]) -> list[Mapping[str, Any]]:
    columns = {**record.columns, **{f"output.{name}": values for name, values in record.outputs.items()}}
    count = max((len(one) for one in columns.values()), default=0)
    return [
        {
            name: MASK if hidden(name) and values[place] is not None else values[place]
            for name, values in columns.items()
            if place < len(values)
        }
        for place in range(count)
        if place not in record.erased
    ]


def _chosen(visit: Visit, shares: Sequence[Distribution]) -> Distribution | None:
    """The feature that is shown: the one that is asked for, or the one that drifted most."""
    wanted = visit.query.get("feature", "")
    return next((one for one in shares if one.feature == wanted), shares[0] if shares else None)
