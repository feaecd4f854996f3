"""Everything the record knows of data, gathered with a few queries and kept until the record changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from mainspring.app.api.subjects.data.nouns import Checked, DataSet, Use, Version
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, ArtifactState, Execution, Kind, LinkKind, Value
from mainspring.core.spans.patterns import as_date
from mainspring.pipelines.recording import RUN, STEP

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

MOST: Final = 5000
"""So many of the newest artifacts of data are looked at."""
EXAMPLES: Final = "mainspring.Examples"
TABLE: Final = "mainspring.Table"
STATISTICS: Final = "mainspring.Statistics"
SCHEMA: Final = "mainspring.Schema"
VALIDATION: Final = "mainspring.Validation"
TRANSFORM: Final = "mainspring.Transform"
MODEL: Final = "mainspring.Model"
_LATEST: Final = 40
_FILE: Final = "mainspring.File"
_TYPES: Final = (EXAMPLES, TABLE, STATISTICS, SCHEMA, VALIDATION, TRANSFORM, MODEL, _FILE)
GONE: Final = (ArtifactState.DELETED, ArtifactState.MARKED_FOR_DELETION, ArtifactState.ABANDONED)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The data sets of a project.

    Attributes:
        sets: By name, the most lately changed first.
        artifacts: Everything of data in the record, by id.
        places: Artifact id to the version that it is, or that it describes: ``(data set, number)``.
    """

    sets: Mapping[str, DataSet]
    artifacts: Mapping[int, Artifact]
    places: Mapping[int, tuple[str, int]] = field(default_factory=dict)

    def data(self, name: str) -> DataSet:
        """A data set.

        Raises:
            NotFoundError: If there is none of that name.
        """
        if name not in self.sets:
            known = ", ".join(list(self.sets)[:10]) or "none yet: start a run"
            raise NotFoundError(f"there is no data set {name!r}", expected=known, fix="see the list of data sets")
        return self.sets[name]

    def version(self, name: str, version: str | int = "latest") -> Version:
        """A version of a data set, by its number or ``latest``.

        Raises:
            NotFoundError: If there is no such data set or version.
        """
        found = self.data(name)
        if str(version) == "latest":
            return found.latest
        for one in found.versions:
            if str(one.number) == str(version):
                return one
        raise NotFoundError(f"{name} has no version {version}", expected=f"latest, or 1 to {found.latest.number}")

    def before(self, version: Version) -> Version | None:
        """The version before, in the order of spans; ``None`` for the first."""
        line = self.data(version.data).in_time()
        place = line.index(version)
        return line[place - 1] if place else None


def catalogue(shared: Shared) -> Catalogue:
    """The data sets of the project, read anew when the record has changed."""
    return shared.remembered("data.catalogue", stamp(shared), lambda: _Gathering(shared).catalogue())


def versions_used_by(shared: Shared, run: str) -> list[Version]:
    """The versions that a run read or made."""
    found = catalogue(shared).sets.values()
    return [one for each in found for one in each.versions if any(use.run == run for use in one.uses)]


def stamp(shared: Shared, rest: str = "") -> Hashable:
    """Another value after every new execution or artifact, and when one of the latest executions moves on.

    It reads the ends of two tables by their keys: nothing that grows with the record.
    """
    record = shared.platform.store.record
    latest = record.find(Kind.EXECUTION, descending=True, limit=_LATEST).items
    newest = record.find(Kind.ARTIFACT, descending=True, limit=1).items
    return (
        tuple((one.id, str(cast("Execution", one).state)) for one in latest),
        tuple((one.id, one.updated_at) for one in newest),
    )


class _Gathering:
    def __init__(self, shared: Shared) -> None:
        self._record, self._root = shared.platform.store.record, shared.platform.settings.root
        self._artifacts = self._data()
        self._inputs: dict[int, list[tuple[str, int]]] = defaultdict(list)
        self._outputs: dict[int, list[int]] = defaultdict(list)
        self._readers: dict[int, list[int]] = defaultdict(list)
        self._makers: dict[int, list[int]] = defaultdict(list)
        self._steps = self._linked()
        self._runs = {
            str(one.name): cast("Execution", one)
            for one in self._record.find(
                Kind.EXECUTION, "type = :type", {"type": RUN}, descending=True, limit=MOST
            ).items
        }
        self._places: dict[int, tuple[str, int]] = {}

    def catalogue(self) -> Catalogue:
        slots: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, artifact in self._artifacts.items():
            if artifact.type not in (EXAMPLES, TABLE):
                continue
            for maker in self._makers[number]:
                step = self._steps[maker]
                slot = (str(step.properties.get("pipeline", "")), str(step.properties.get("node", "")))
                same = slots[slot][artifact.digest or f"artifact {number}"]
                same += [] if number in same else [number]
        made = [self._set(slot, contents) for slot, contents in slots.items()]
        made.sort(key=lambda one: max([one.latest.made, *(use.at for use in one.latest.uses)]), reverse=True)
        return Catalogue({one.name: one for one in made}, self._artifacts, self._places)

    def _data(self) -> dict[int, Artifact]:
        where = " OR ".join(f"type = :t{place}" for place in range(len(_TYPES)))
        values: dict[str, Value] = {f"t{place}": name for place, name in enumerate(_TYPES)}
        found: list[Artifact] = []
        page: str | None = None
        while len(found) < MOST:
            part = self._record.find(Kind.ARTIFACT, where, values, descending=True, limit=1000, page=page)
            found += cast("Sequence[Artifact]", part.items)
            page = part.next
            if page is None:
                break
        return {cast("int", one.id): one for one in reversed(found)}

    def _linked(self) -> dict[int, Execution]:
        links = [one for one in self._record.links(Kind.ARTIFACT, list(self._artifacts)) if one.name or one.kind]
        wanted = {
            link.target if link.kind is LinkKind.INPUT else link.source
            for link in links
            if link.kind in (LinkKind.INPUT, LinkKind.OUTPUT)
        }
        found = cast("Sequence[Execution]", self._record.get(Kind.EXECUTION, sorted(wanted)))
        steps = {cast("int", one.id): one for one in found if one.type == STEP}
        for link in links:
            if link.kind is LinkKind.INPUT and link.target in steps:
                self._inputs[link.target].append((link.name, link.source))
                self._readers[link.source].append(link.target)
            elif link.kind is LinkKind.OUTPUT and link.source in steps:
                self._outputs[link.source].append(link.target)
                self._makers[link.target].append(link.source)
        return steps

    def _set(self, slot: tuple[str, str], contents: Mapping[str, list[int]]) -> DataSet:
        pipeline, node = slot
        name = ".".join(part for part in slot if part) or "data"
        ordered = sorted(contents.items(), key=lambda one: one[1][0])
        versions = [self._version(name, slot, place, ids) for place, (_, ids) in enumerate(ordered, 1)]
        newest = versions[-1]
        step = self._steps[self._makers[newest.artifact][-1]]
        return DataSet(
            name=name,
            pipeline=pipeline,
            node=node,
            step=str(step.properties.get("step", node)),
            source=newest.source,
            versions=tuple(reversed(versions)),
        )

    def _version(self, name: str, slot: tuple[str, str], number: int, ids: Sequence[int]) -> Version:
        artifact = self._artifacts[ids[-1]]
        makers = [one for each in ids for one in self._makers[each] if self._slot(one) == slot]
        readers = [one for each in ids for one in self._readers[each]]
        made = self._made_by(readers)
        statistics = made.get(STATISTICS, [])
        checks = self._checks(
            [
                *made.get(VALIDATION, []),
                *self._made_by([reader for each in statistics for reader in self._readers[each]]).get(
                    VALIDATION, []
                ),
            ]
        )
        for each in [*ids, *statistics, *(one.artifact for one in checks), *made.get(TRANSFORM, [])]:
            self._places.setdefault(each, (name, number))
        source, dated = self._source(makers)
        spans = _spans(artifact)
        edition = artifact.properties.get("version")
        return Version(
            data=name,
            number=number,
            artifact=ids[-1],
            digest=artifact.digest or "",
            made=self._artifacts[ids[0]].created_at,
            rows=_rows(artifact),
            columns=self._columns(artifact, statistics),
            spans=spans,
            labels=tuple(as_date(one).isoformat() if dated else str(one) for one in spans),
            edition=edition if isinstance(edition, int) else None,
            source=source,
            uses=self._uses(makers, readers),
            statistics=tuple(sorted(statistics, reverse=True)),
            checks=checks,
            transforms=tuple(sorted(made.get(TRANSFORM, []), reverse=True)),
            models=tuple(sorted(made.get(MODEL, []), reverse=True)),
            deleted=artifact.state in GONE,
        )

    def _slot(self, step: int) -> tuple[str, str]:
        found = self._steps[step].properties
        return str(found.get("pipeline", "")), str(found.get("node", ""))

    def _made_by(self, steps: Iterable[int]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for step in steps:
            for output in self._outputs[step]:
                kind = self._artifacts[output].type
                if output not in found[kind]:
                    found[kind].append(output)
        return found

    def _checks(self, ids: Iterable[int]) -> tuple[Checked, ...]:
        return tuple(self._checked(one) for one in sorted(set(ids), reverse=True))

    def _checked(self, number: int) -> Checked:
        artifact = self._artifacts[number]
        step = self._steps[max(self._makers[number])]
        inputs = self._inputs[min(self._makers[number])] or self._inputs[max(self._makers[number])]
        schemas = [each for _, each in inputs if self._artifacts[each].type == SCHEMA]
        told = {name: _whole(artifact.properties.get(name)) for name in ("errors", "warnings", "not_evaluated")}
        return Checked(
            artifact=number,
            run=str(step.properties.get("run", "")),
            node=str(step.properties.get("node", "")),
            at=artifact.created_at,
            ok=bool(artifact.properties.get("ok")),
            schema=schemas[-1] if schemas else None,
            **told,
        )

    def _uses(self, makers: Sequence[int], readers: Sequence[int]) -> tuple[Use, ...]:
        found: dict[str, Use] = {}
        for step in [*makers, *readers]:
            execution = self._steps[step]
            name = str(execution.properties.get("run", ""))
            run = self._runs.get(name)
            if name in found or not name:
                continue
            found[name] = Use(
                run=name,
                state=str(run.state) if run is not None else "",
                at=run.created_at if run is not None else execution.created_at,
                made=step in makers and execution.state == "COMPLETE",
            )
        return tuple(sorted(found.values(), key=lambda one: -one.at))

    def _columns(self, artifact: Artifact, statistics: Sequence[int]) -> int | None:
        told = [artifact.properties.get("columns")]
        told += [self._artifacts[each].properties.get("features") for each in statistics]
        return next((one for one in told if isinstance(one, int)), None)

    def _source(self, makers: Sequence[int]) -> tuple[str, bool]:
        """Where rows came from, and whether their spans are dates."""
        for maker in reversed(makers):
            for _, each in self._inputs[maker]:
                artifact = self._artifacts[each]
                if artifact.type == _FILE:
                    where = artifact.uri or str(artifact.properties.get("name", ""))
                    return _within(where, self._root), "{YYYY}" in where
        return "", False


def _within(where: str, root: Path) -> str:
    return where.removeprefix(f"{root}/") if not where.startswith("blob:") else ""


def _rows(artifact: Artifact) -> dict[str, int]:
    found = {
        name.removeprefix("rows_"): value
        for name, value in artifact.properties.items()
        if name.startswith("rows_") and isinstance(value, int)
    }
    alone = artifact.properties.get("rows")
    return found or ({"rows": alone} if isinstance(alone, int) else {})


def _spans(artifact: Artifact) -> tuple[int, ...]:
    """The numbers in a text such as ``10..12,14``; none for data that has no spans."""
    told = str(artifact.properties.get("spans", "") or artifact.properties.get("span", ""))
    found: list[int] = []
    for part in told.split(","):
        first, _, last = part.strip().partition("..")
        if first.isdecimal():
            found += range(int(first), int(last if last.isdecimal() else first) + 1)
    return tuple(found) if found != [0] else ()


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
