"""One column: what it holds over versions and spans, what the schema asks of it, and where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data import figures
from mainspring.app.api.subjects.data.anomaly_listing import Found, anomalies_of
from mainspring.app.api.subjects.data.binning import Bins, bars_beside, shared_bins, shares_in
from mainspring.app.api.subjects.data.describing import (
    column_in,
    column_of,
    figures_of,
    known_to,
    overlaid,
    table_of,
)
from mainspring.app.api.subjects.data.drifting import Cell, Sides, compared, effect_of
from mainspring.app.api.subjects.data.figures import ColumnFigures
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.app.api.subjects.data.privacy import is_private, private_columns
from mainspring.app.api.subjects.data.reading import condition, folder_of, statistics_of
from mainspring.core.records import Artifact, Direction, Kind
from mainspring.data.schema.plain import said

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.data.statistics import FeatureStatistics

Distances: TypeAlias = Mapping[str, tuple[float, float | None]]
"""How far apart two columns are, and the limit, by the measure."""

_LAST: Final = 12
_WORDS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A column in one version.

    Attributes:
        version: The version.
        rows: Rows.
        missing: The share without a value.
        distinct: Different values.
        mean: The mean, for numbers.
        shares: Of the bins that all versions share.
        errors: Anomalies of it that stop a run.
        warnings: Anomalies that do not.
        drift: How far it is from the version before it.
    """

    version: Version
    rows: int
    missing: float
    distinct: int
    mean: float | None = None
    shares: Sequence[float] = ()
    errors: int = 0
    warnings: int = 0
    drift: Cell = field(default_factory=Cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A transform that a column goes into, and what was made with it.

    Attributes:
        artifact: Id of the transform.
        used: Whether the column is one of its inputs.
        why_not: Why it was left out, if the transform says so.
        outputs: What becomes of it: the columns of the matrix.
        models: The registered models, as ``name version``.
    """

    artifact: int
    used: bool
    why_not: str = ""
    outputs: Sequence[str] = ()
    models: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPage:
    """One column.

    Attributes:
        version: The version it is looked at in.
        figures: What it holds there, beside what is laid over.
        over: What is laid over, in words; empty for nothing.
        bins: The names of the bins that the versions share: edges of numbers, or words.
        edges: The edges, for numbers and times; empty for words.
        moments: Versions in the order of time, the latest dozen.
        schema: What the schema asks of it: key to value; ``None`` if it does not name it.
        anomalies: What validations found in it, the newest first.
        usages: Where it is used.
        distances: Every distance to what is laid over.
        why: What drifted, as sentences.
    """

    version: Version
    figures: ColumnFigures
    over: str
    bins: Sequence[str]
    edges: Sequence[float]
    moments: Sequence[Moment]
    schema: Mapping[str, Any] | None
    anomalies: Sequence[Found]
    usages: Sequence[Usage]
    distances: Distances
    why: Sequence[str]


@operation("data.column", "GET", "/data/{name}/versions/{version}/column")
def column_page(
    desk: Desk,
    name: str,
    version: str = "latest",
    *,
    column: str,
    split: str = "",
    over: str = "",
    over_split: str = "",
) -> ColumnPage:
    """One column: its distribution over versions and spans, its schema, its anomalies, and where it is used.

    Args:
        column: Its name; a field of a structure has a path.
        split: Only the rows of this split.
        over: Another version, as for ``data.columns``.
        over_split: A split of it.
    """
    shared = desk.shared
    found = catalogue(shared)
    here = found.version(name, version)
    statistics = statistics_of(shared, here)
    one = column_of(statistics, column, split) or column_in(table_of(statistics, split), column)
    hidden = private_columns(shared, here)
    closed = is_private(column, hidden)
    shown = figures_of(one, private=closed)
    other, words = overlaid(shared, here, over, over_split)
    distances: Distances = {}
    why: Sequence[str] = ()
    if other is not None:
        shown, distances, why = _laid_over(shared, shown, one, (here, split), other)
    bins, edges, moments = _over_time(shared, here, column, closed)
    schema = known_to(shared, here)
    return ColumnPage(
        version=here,
        figures=shown,
        over=words,
        bins=bins,
        edges=edges,
        moments=moments,
        schema=None if schema is None or column not in schema.features else said(schema.features[column]),
        anomalies=[
            each
            for each in anomalies_of(shared, found.data(name), most=_LAST)
            if each.column == column or each.column.startswith(f"{column}.")
        ],
        usages=_usages(shared, here, column),
        distances=distances,
        why=why,
    )


def _laid_over(
    shared: Shared, shown: ColumnFigures, one: FeatureStatistics, here: Sides, other: Sides
) -> tuple[ColumnFigures, Distances, Sequence[str]]:
    """A column beside the same in another version or split: its bars, how far apart they are, and why."""
    known = {each.name: each for each in compared(shared, other, here, (shown.name,)).features}
    apart = known.get(shown.name)
    distances: Distances = {}
    why: Sequence[str] = ()
    if apart is not None:
        distances = {key: (each.value, each.threshold) for key, each in apart.distances.items()}
        shown, why = replace(shown, drifted=apart.drifted), apart.why
    beside = column_of(statistics_of(shared, other[0]), shown.name, other[1])
    private = shown.private or is_private(shown.name, private_columns(shared, other[0]))
    if beside is not None and not private:
        shown = replace(shown, bars=bars_beside(one, beside))
    return shown, distances, why


def _over_time(
    shared: Shared, here: Version, column: str, closed: bool
) -> tuple[Sequence[str], Sequence[float], Sequence[Moment]]:
    """The column in the latest versions, over bins that all of them share."""
    line = [one for one in catalogue(shared).data(here.data).in_time() if _readable(shared, one)]
    place = line.index(here) if here in line else len(line) - 1
    line = line[max(0, min(place, len(line) - 1) - _LAST + 1) :][:_LAST]
    parts = [(one, column_of(statistics_of(shared, one), column)) for one in line]
    kept = [(one, part) for one, part in parts if part is not None]
    bins = Bins(()) if closed else shared_bins([part for _, part in kept])
    moments = []
    before: Version | None = None
    for one, part in kept:
        found = _counted(shared, one, column)
        moments.append(
            Moment(
                version=one,
                rows=part.num_examples,
                missing=1.0 - part.presence,
                distinct=part.unique,
                mean=None if closed else figures.moments_of(part.numbers)[0],
                shares=() if closed else shares_in(part, bins),
                errors=found[0],
                warnings=found[1],
                drift=_apart(shared, before, one, column),
            )
        )
        before = one
    return bins.names, bins.edges, moments


def _readable(shared: Shared, one: Version) -> bool:
    return bool(one.statistics) and condition(shared, one.statistics[0]) == "there"


def _counted(shared: Shared, one: Version, column: str) -> tuple[int, int]:
    check = one.check
    if check is None or not (check.errors or check.warnings):
        return 0, 0
    found = [each for each in anomalies_of(shared, one, most=1) if each.column == column]
    errors = sum(1 for each in found if each.severity == "ERROR")
    return errors, len(found) - errors


def _apart(shared: Shared, before: Version | None, one: Version, column: str) -> Cell:
    if before is None:
        return Cell()
    known = {each.name: each for each in compared(shared, (before, ""), (one, ""), (column,)).features}
    found = known.get(column)
    if found is None:
        return Cell()
    main = found.distances[found.main]
    return Cell(
        value=main.value,
        measure=found.main,
        limit=main.threshold,
        effect=effect_of(found),
        drifted=found.drifted,
    )


def _usages(shared: Shared, here: Version, column: str) -> Sequence[Usage]:
    return [_usage(shared, one, column) for one in here.transforms[:4] if condition(shared, one) == "there"]


def _usage(shared: Shared, artifact: int, column: str) -> Usage:
    from mainspring.data.transforms import Transform

    record = catalogue(shared).artifacts[artifact]
    made = shared.remembered(
        ("data.transform", record.digest), "", lambda: Transform.load(folder_of(shared, artifact))
    )
    left = str(record.properties.get("left_out", ""))
    why = next((part.partition(": ")[2] for part in left.split("; ") if part.startswith(f"{column}: ")), "")
    outputs = [name for name in made.outputs if name == column or name.startswith((f"{column}=", f"{column}_"))]
    used = any(one.name == column for one in made.inputs)
    return Usage(
        artifact=artifact,
        used=used,
        why_not="" if used else why or ("it is the label" if record.properties.get("label") == column else ""),
        outputs=outputs[:_WORDS],
        models=models_of(shared, [artifact]) if used else (),
    )


def models_of(shared: Shared, transforms: Sequence[int]) -> Sequence[tuple[str, str]]:
    """The registered versions that were made with transforms: name and number."""
    below = shared.platform.store.record.lineage(Kind.ARTIFACT, transforms, direction=Direction.DOWN, hops=4)
    nodes = [cast("Artifact", one) for (kind, _), one in below.nodes.items() if kind is Kind.ARTIFACT]
    return sorted(
        {
            (str(one.properties.get("name")), str(one.properties.get("version")))
            for one in nodes
            if one.type == "mainspring.ModelVersion" and one.properties
        }
    )
