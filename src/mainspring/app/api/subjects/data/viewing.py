"""Statistics as figures, and as the whole page on which they can be looked through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.describing import known_to, overlaid, table_of
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.privacy import private_columns, shielded, shown_anomaly
from mainspring.app.api.subjects.data.reading import is_kept, read_validation, statistics_of
from mainspring.data.viewing import view

if TYPE_CHECKING:
    from mainspring.data.statistics import Statistics, TableStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePage:
    """A page that is complete in itself.

    Attributes:
        title: What it shows.
        html: All of it.
    """

    title: str
    html: str


@operation(
    "data.statistics", "GET", "/data/{name}/versions/{version}/statistics", command="mainspring data stats DATA"
)
def statistics(desk: Desk, name: str, version: str = "latest") -> Mapping[str, Any]:
    """All statistics of a version, split by split; private columns tell only what is missing."""
    found = catalogue(desk.shared).version(name, version)
    shown = shielded(statistics_of(desk.shared, found), private_columns(desk.shared, found))
    return dict(shown.splits)


@operation("data.view", "GET", "/data/{name}/versions/{version}/view")
def whole_page(
    desk: Desk, name: str, version: str = "latest", *, split: str = "", over: str = "", over_split: str = ""
) -> WholePage:
    """The page of statistics of a version, with its schema and its anomalies; another version may lie over it.

    Args:
        split: Only this split.
        over: Another version, as for ``data.columns``.
        over_split: A split of it.
    """
    shared = desk.shared
    found = catalogue(shared).version(name, version)
    hidden = private_columns(shared, found)
    own = shielded(statistics_of(shared, found), hidden)
    other, words = overlaid(shared, found, over, over_split)
    shown: Statistics | TableStatistics | dict[str, TableStatistics] = own.split(split) if split else own
    if other is not None:
        kept = hidden | private_columns(shared, other[0])
        laid = shielded(statistics_of(shared, other[0]), kept)
        here = f"{found.title}, {split}" if split else found.title
        shown = {here: table_of(shielded(own, kept), split), words: table_of(laid, other[1])}
    check = found.check
    validation = None
    if check is not None and other is None and is_kept(shared, check.artifact):
        told = read_validation(shared, check.artifact)
        validation = _shielded(told, hidden)
    title = f"{name}, {found.title}"
    page = view(statistics=shown, schema=known_to(shared, found), validation=validation, title=title)
    return WholePage(title=title, html=page.html)


def _shielded(told: Any, hidden: frozenset[str]) -> Any:
    from dataclasses import replace

    return replace(told, anomalies=tuple(shown_anomaly(one, hidden) for one in told.anomalies))
