"""What a search finds of data, and what of it waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit, Waiting
from mainspring.app.api.subjects.data.files import schemas_here
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.nouns import DataSet
from mainspring.app.api.subjects.data.reading import statistics_of
from mainspring.app.api.subjects.data.schema_listing import described, file_for
from mainspring.core.clock import now

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_MOST: Final = 30
_SETS: Final = 20
_RECENT: Final = 14 * 86400.0


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Data sets, their versions, schema files and columns of that name; the nearest first."""
    words = text.lower().split()
    found = list(islice(_hits(desk.shared, words, text.strip().lower()), 200))
    found.sort(key=lambda one: (text.lower() != one.name.lower(), not one.name.lower().startswith(text.lower())))
    return found[:_MOST]


def waiting(desk: Desk) -> Sequence[Waiting]:
    """Versions that did not pass their latest validation, and what there is to do."""
    found = []
    for one in catalogue(desk.shared).sets.values():
        version = one.latest
        check = version.check
        if check is None or check.ok or check.at < now() - _RECENT:
            continue
        file = file_for(desk.shared, one.name)
        detail = f"{check.errors} error{'s' * (check.errors != 1)} hold the run {check.run}"
        detail += f"; accept it in {file.path}, or mend the data" if file is not None else ""
        found.append(
            Waiting(
                kind="validation",
                title=f"{one.name} {version.title} did not pass",
                path=f"/data/{quote(one.name)}/{version.number}/anomalies",
                detail=detail,
                since=check.at,
                urgency=2,
            )
        )
    return found


def _hits(shared: Shared, words: Sequence[str], text: str) -> Iterator[Hit]:
    sets = catalogue(shared).sets
    for one in sets.values():
        name = quote(one.name)
        if _has(words, f"{one.name} {one.source}"):
            yield Hit(kind="data", name=one.name, path=f"/data/{name}", detail=one.source, at=one.latest.made)
        for each in one.versions:
            digest = each.digest.rpartition(":")[2]
            if (len(text) >= 6 and digest.startswith(text.removeprefix("sha256:"))) or (
                each.labels and text and any(text == label.lower() for label in each.labels)
            ):
                path = f"/data/{name}/{each.number}"
                yield Hit(
                    kind="version", name=f"{one.name} {each.title}", path=path, detail=digest[:12], at=each.made
                )
    for file in schemas_here(shared):
        if _has(words, file.path):
            yield Hit(kind="schema", name=file.path, path=f"/data/schemas/{quote(file.path)}", at=file.changed)
    for one in list(sets.values())[:_SETS]:
        yield from _columns(shared, one, words)


def _columns(shared: Shared, one: DataSet, words: Sequence[str]) -> Iterator[Hit]:
    version = described(shared, one)
    if version is None:
        return
    names = dict.fromkeys(
        name for split in statistics_of(shared, version).splits.values() for name in split.features
    )
    for column in names:
        if _has(words, column):
            path = f"/data/{quote(one.name)}/{version.number}/column?{urlencode({'name': column})}"
            yield Hit(kind="column", name=column, path=path, detail=one.name, at=version.made)


def _has(words: Sequence[str], text: str) -> bool:
    lower = text.lower()
    return bool(words) and all(word in lower for word in words)
