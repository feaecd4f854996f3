"""Everything that the record knows about a registered model, read at once and remembered until it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from mainspring.app.api.subjects.models.origins import Origin, origins, pages
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Execution, Kind

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.models.registry import (
        AliasMove,
        Blessing,
        Decision,
        Facts,
        ModelVersion,
        Note,
        Reproduction,
    )
    from mainspring.models.versions import Version
    from mainspring.store.ports import MetadataStore

T = TypeVar("T")

_EVENTS: Final = (
    "Registration",
    "AliasMove",
    "Blessing",
    "Decision",
    "Note",
    "Reproduction",
    "Companion",
    "Rollout",
)
_TYPES: Final = [f"mainspring.{name}" for name in _EVENTS]
_FACTS: Final = "mainspring.VersionFacts"
_MODEL: Final = "mainspring.RegisteredModel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A registered model with all that was decided and said about it.

    Attributes:
        name: Its name.
        about: Its description and tags.
        versions: In the order of their numbers.
        registered: When each was registered.
        facts: What people said of each.
        moves: Every move of every alias, oldest first.
        decisions: Every decision, oldest first.
        decided: The decisions about each version.
        blessings: What was said about each version, oldest first.
        notes: What was remarked, oldest first.
        reproductions: How versions came out when they were made again, oldest first.
        explained: Versions that have an explainer.
        origins: Where each came from.
    """

    name: str
    about: Facts
    versions: Sequence[ModelVersion]
    registered: Mapping[Version, float]
    facts: Mapping[Version, Facts]
    moves: Sequence[AliasMove]
    decisions: Sequence[Decision]
    decided: Mapping[Version, Sequence[Decision]]
    blessings: Mapping[Version, Sequence[Blessing]]
    notes: Sequence[Note]
    reproductions: Sequence[Reproduction]
    explained: frozenset[str]
    origins: Mapping[Version, Origin]

    @property
    def aliases(self) -> dict[str, Version]:
        """Where every alias points."""
        return {move.alias: move.after for move in self.moves}

    def version(self, wanted: str) -> ModelVersion:
        """One version: its number, ``latest``, or the name of an alias.

        Raises:
            NotFoundError: If there is none.
        """
        if wanted == "latest":
            return self.versions[-1]
        held = self.aliases.get(wanted)
        for one in self.versions:
            if str(one.version) == wanted or one.version == held:
                return one
        listed = ", ".join(str(one.version) for one in self.versions[-12:])
        raise NotFoundError(
            f"{self.name} has no version {wanted!r}",
            expected=f"one of {listed}",
            fix=f"see them all: mainspring models {self.name}",
        )

    def decisions_on(self, version: Version) -> Sequence[Decision]:
        """What was decided about a version, oldest first."""
        return self.decided.get(version, ())

    def blessed(self, version: Version) -> bool | None:
        """Whether it may be used; ``None`` if nobody said so."""
        said = self.blessings.get(version)
        return said[-1].ok if said else None

    def held(self, version: Version) -> list[str]:
        """The aliases that point at a version."""
        return sorted(alias for alias, one in self.aliases.items() if one == version)


def stamp(shared: Shared, model: str = "") -> int:
    """Another number after every change of a model; of any model, for an empty name."""
    where, values = "type IN :types", {"types": _TYPES}
    if model:
        where, values = f"{where} AND properties.model = :model", {**values, "model": cast("Any", model)}
    found = shared.platform.store.record.find(
        Kind.EXECUTION, where, cast("Any", values), descending=True, limit=1
    ).items
    return cast("int", found[0].id) if found else 0


def names(shared: Shared) -> Sequence[str]:
    """All models, by name."""
    return shared.remembered(("models", "names"), stamp(shared), shared.platform.models.models)


def shelf(shared: Shared, name: str) -> Shelf:
    """One model.

    Raises:
        NotFoundError: If none is registered under that name.
    """
    at = stamp(shared, name)
    if not at:
        known = ", ".join(names(shared)) or "none yet"
        raise NotFoundError(
            f"no model is registered as {name!r}",
            expected=f"one of: {known}",
            fix="register one: a pipeline's register step does it",
        )
    return shared.remembered(("models", "shelf", name), at, lambda: _read(shared, name))


def shelves(shared: Shared) -> Sequence[Shelf]:
    """All of them, by name."""
    return [shelf(shared, name) for name in names(shared)]


def _read(shared: Shared, name: str) -> Shelf:
    # Imported here: the registry brings NumPy along, which a console that shows no model does without.
    from mainspring.models.registry import AliasMove, Blessing, Decision, Facts, ModelVersion, Reproduction
    from mainspring.models.versions import Version

    record = shared.platform.store.record
    events = _events(record, name)

    def read(kind: str, make: Callable[[Execution], Any]) -> list[Any]:
        return [make(event) for event in events[kind]]

    found = [
        (ModelVersion.from_dict({key: value for key, value in one.properties.items() if key != "model"}), one)
        for one in events["Registration"]
    ]
    found.sort(key=lambda pair: pair[0].version)
    decisions = read("Decision", lambda event: Decision.read(event.properties, event.name, event.created_at))
    blessings = read("Blessing", lambda event: Blessing.read(event.properties, event.created_at))
    said = {
        Version.parse(str(one.properties["version"])): Facts.read(cast("Any", one))
        for one in pages(record, Kind.CONTEXT, "type = :type AND properties.model = :model", name, type=_FACTS)
    }
    about = record.find(Kind.CONTEXT, "type = :kind AND name = :name", {"kind": _MODEL, "name": name}).items
    return Shelf(
        name=name,
        about=Facts.read(cast("Any", about[0])) if about else Facts(),
        versions=[one for one, _ in found],
        registered={one.version: event.created_at for one, event in found},
        facts={one.version: said.get(one.version, Facts()) for one, _ in found},
        moves=read("AliasMove", lambda event: AliasMove.read(event.properties, event.name, event.created_at)),
        decisions=decisions,
        decided=_by_version(decisions),
        blessings=_by_version(blessings),
        notes=shared.platform.models.notes(name) if events["Note"] else (),
        reproductions=read("Reproduction", lambda event: Reproduction.read(event.properties, event.created_at)),
        explained=frozenset(
            str(one.properties["version"])
            for one in events["Companion"]
            if one.properties["what"] == "mainspring.Explainer"
        ),
        origins=origins(record, name),
    )


def _events(record: MetadataStore, name: str) -> dict[str, list[Execution]]:
    """What happened to a model, by its kind."""
    found: dict[str, list[Execution]] = {kind: [] for kind in _EVENTS}
    for event in pages(record, Kind.EXECUTION, "type IN :types AND properties.model = :model", name, types=_TYPES):
        found[event.type.removeprefix("mainspring.")].append(cast("Execution", event))
    return found


def _by_version(several: Iterable[T]) -> dict[Version, list[T]]:
    found: dict[Version, list[T]] = {}
    for one in several:
        found.setdefault(cast("Any", one).version, []).append(one)
    return found
