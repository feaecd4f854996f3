"""Where the versions of a model came from: a handful of queries, however many versions there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from mainspring.core.records import Artifact, Kind, Link, LinkKind

if TYPE_CHECKING:
    from mainspring.models.versions import Version
    from mainspring.store.ports import MetadataStore

_PAGE: Final = 1000
_VERSION: Final = "mainspring.ModelVersion"
_VERDICT: Final = "mainspring.Verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a version came from.

    Attributes:
        artifact: The version as a thing of the record; ``None`` if nothing is known.
        package: The artifact of its package.
        run: The run that made it; empty for one that was registered from outside.
        evaluation: The artifact of the evaluation that it was registered with.
        baseline: The artifact of the evaluation that a gate compared it with.
        verdict: The artifact of what that gate said.
        ok: What it said; ``None`` if no gate judged it.
    """

    artifact: int | None = None
    package: int | None = None
    run: str = ""
    evaluation: int | None = None
    baseline: int | None = None
    verdict: int | None = None
    ok: bool | None = None


def origins(record: MetadataStore, name: str) -> dict[Version, Origin]:
    """Where each version of a model came from."""
    # Imported here: the registry brings NumPy along, which a console that shows no model does without.
    from mainspring.models.versions import Version

    things = pages(record, Kind.ARTIFACT, "type = :type AND properties.name = :model", name, type=_VERSION)
    by_version = {str(one.properties["version"]): one for one in things}
    makers = _sources(record, Kind.ARTIFACT, [one.id for one in by_version.values()], LinkKind.OUTPUT)
    steps = _inputs(record, list(makers.values()))
    runs = {
        cast("int", one.id): str(one.properties.get("run") or "")
        for one in _got(record, Kind.EXECUTION, list(makers.values()))
    }
    gates = _gates(record, [one["evaluation"] for one in steps.values() if "evaluation" in one])
    found = {}
    for version, thing in by_version.items():
        maker = makers.get(thing.id, 0)
        used = steps.get(maker, {})
        judged = [gate for gate in gates.get(used.get("evaluation", 0), []) if gate[0] < maker]
        gate = max(judged, default=None)
        found[Version.parse(version)] = Origin(
            artifact=thing.id,
            package=used.get("package"),
            run=runs.get(maker, ""),
            evaluation=used.get("evaluation"),
            baseline=gate[1] if gate else None,
            verdict=gate[2] if gate else None,
            ok=gate[3] if gate else None,
        )
    return found


def _gates(
    record: MetadataStore, evaluations: Sequence[int]
) -> dict[int, list[tuple[int, int | None, int, bool]]]:
    """Evaluation to the gates that judged it: step, baseline, verdict, and what it said."""
    judged: dict[int, list[int]] = {}
    for link in _links(record, Kind.ARTIFACT, evaluations):
        if link.kind is LinkKind.INPUT and link.name == "evaluation" and link.source in set(evaluations):
            judged.setdefault(link.source, []).append(link.target)
    steps = sorted({step for some in judged.values() for step in some})
    told: dict[int, list[int]] = {}
    used: dict[int, dict[str, int]] = {}
    for link in _links(record, Kind.EXECUTION, steps):
        if link.kind is LinkKind.OUTPUT:
            told.setdefault(link.source, []).append(link.target)
        elif link.kind is LinkKind.INPUT:
            used.setdefault(link.target, {})[link.name or ""] = link.source
    outputs = {
        cast("int", one.id): cast("Artifact", one)
        for one in _got(record, Kind.ARTIFACT, sorted({each for some in told.values() for each in some}))
    }
    found: dict[int, list[tuple[int, int | None, int, bool]]] = {}
    for evaluation, its in judged.items():
        for step in its:
            for output in told.get(step, []):
                if outputs[output].type == _VERDICT:
                    ok = bool(outputs[output].properties.get("ok"))
                    entry = (step, used.get(step, {}).get("baseline"), output, ok)
                    found.setdefault(evaluation, []).append(entry)
    return found


def _sources(record: MetadataStore, kind: Kind, ids: Sequence[int], wanted: LinkKind) -> dict[int, int]:
    return {link.target: link.source for link in _links(record, kind, ids) if link.kind is wanted}


def _inputs(record: MetadataStore, steps: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for link in _links(record, Kind.EXECUTION, steps):
        if link.kind is LinkKind.INPUT:
            found.setdefault(link.target, {})[link.name or ""] = link.source
    return found


def _links(record: MetadataStore, kind: Kind, ids: Sequence[int]) -> Sequence[Link]:
    return record.links(kind, list(ids)) if ids else ()


def _got(record: MetadataStore, kind: Kind, ids: Sequence[int]) -> Sequence[Any]:
    return record.get(kind, sorted(set(ids))) if ids else ()


def pages(record: MetadataStore, kind: Kind, where: str, model: str, **values: Any) -> list[Any]:
    """All nodes about a model that satisfy a filter, oldest first."""
    found: list[Any] = []
    page: str | None = None
    while True:
        some = record.find(kind, where, {"model": model, **values}, limit=_PAGE, page=page)
        found += some.items
        page = some.next
        if page is None:
            return found
