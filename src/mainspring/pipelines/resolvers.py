"""Nodes that the driver answers from the record: the latest of a kind, the latest blessed, by alias, by span,
a curated file, an import from outside. Nothing is executed for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Artifact, ArtifactState, Direction, Kind, Value
from mainspring.core.spans import find_spans, is_pattern, settle
from mainspring.pipelines import options
from mainspring.pipelines.arguments import resource
from mainspring.pipelines.codecs import FILE, Encoded, loader_of
from mainspring.pipelines.fingerprints import fingerprint
from mainspring.pipelines.options import Options
from mainspring.pipelines.steps import Step
from mainspring.store.ports import BlobStore, MetadataStore

MODEL = "mainspring.Model"
MODEL_VERSION = "mainspring.ModelVersion"
PACKAGE = "mainspring.Package"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a resolver answers.

    Attributes:
        artifact: Something that the record has already, or nothing.
        made: Something new, to be stored.
        note: What was done, in words.
        used: What the answer was made from, for the lineage.
    """

    artifact: Artifact | None = None
    made: Encoded | None = None
    note: str = ""
    used: Sequence[Artifact] = ()


@dataclass(frozen=True, slots=True)
class Resolving:
    """What a resolver may look at.

    Attributes:
        scratch: A folder, not there yet, for what it makes.
    """

    metadata: MetadataStore
    blobs: BlobStore
    pipeline: str
    root: Path
    scratch: Path
    resources: Mapping[str, Callable[[], Any]] = field(default_factory=dict)

    def newest(
        self,
        type_name: str,
        *,
        where: str = "",
        parameters: Mapping[str, Value] | None = None,
        anywhere: bool = False,
    ) -> Sequence[Artifact]:
        """Live artifacts of a type, newest first, made in this pipeline (or anywhere)."""
        condition = "type = :type_name AND state IN (LIVE, REFERENCE)"
        if where:
            condition += f" AND ({where})"
        values: dict[str, Value] = {"type_name": type_name, **(parameters or {})}
        if not anywhere:
            condition += (
                " AND contexts.run.type = 'mainspring.Run' AND contexts.run.properties.pipeline = :pipeline"
            )
            values["pipeline"] = self.pipeline
        found = self.metadata.find(Kind.ARTIFACT, condition, values, descending=True, limit=200)
        return cast("Sequence[Artifact]", found.items)


def _resolver(function: Callable[..., Resolved], name: str) -> Step[..., Any]:
    return Step(function, name=name, options=Options(cache=False), kind=options.Kind.RESOLVER)


def _latest(
    *,
    other_than: object | None = None,
    type_name: str = "",
    where: str = "",
    led_to: str = "",
    anywhere: bool = False,
    context: Resolving = resource("resolving"),
) -> Resolved:
    candidate = cast("Artifact | None", other_than)
    avoid = candidate.digest if candidate is not None else None
    if not led_to:
        for artifact in context.newest(type_name, where=where, anywhere=anywhere):
            if artifact.digest != avoid:
                return Resolved(artifact)
        return Resolved(note="there is none yet")
    for outcome in _standing(context.newest(led_to, anywhere=anywhere), context):
        above = context.metadata.lineage(Kind.ARTIFACT, [cast("int", outcome.id)], direction=Direction.UP, hops=2)
        found = [
            node
            for node in above.nodes.values()
            if isinstance(node, Artifact) and node.type == type_name and node.digest != avoid
        ]
        if found and found[0].state is ArtifactState.LIVE:
            return Resolved(max(found, key=lambda node: cast("int", node.id)))
    return Resolved(note="there is no other yet")


def _standing(outcomes: Sequence[Artifact], context: Resolving) -> Sequence[Artifact]:
    """Registered versions in the order in which they count: what production points to, what it pointed to before,
    then those that it never pointed to, newest first. Those that it was taken back from are no baseline.
    """
    if "registry" not in context.resources:
        return outcomes
    registry = context.resources["registry"]()
    lines: dict[str, list[str]] = {}
    tried: dict[str, set[str]] = {}
    for name in {str(one.properties.get("name") or "") for one in outcomes} - {""}:
        lines[name] = [str(version) for version in registry.standing(name)]
        tried[name] = {str(move.after) for move in registry.history(name, "production")}
    first, others = [], []
    for one in outcomes:
        name, version = str(one.properties.get("name") or ""), str(one.properties.get("version"))
        if version in lines.get(name, ()):
            first.append((lines[name].index(version), one))
        elif version not in tried.get(name, ()):
            others.append(one)
    return [*(one for _, one in sorted(first, key=lambda pair: pair[0])), *others]


def _type_name(wanted: Any) -> str:
    return str(getattr(wanted, "ARTIFACT_TYPE", wanted))


def latest(wanted: Any, *, where: str = "", other_than: Any = None, anywhere: bool = False) -> Any:
    """The newest live artifact of a type that this pipeline made; nothing if there is none.

    Args:
        wanted: A class with ``ARTIFACT_TYPE``, or a type's name.
        where: A filter on artifacts, as in the record's query language (``"properties.accuracy > 0.9"``).
        other_than: The output of a step; artifacts with the same content are passed over.
        anywhere: Look at every pipeline's artifacts.
    """
    arguments: dict[str, Any] = {"type_name": _type_name(wanted), "where": where, "anywhere": anywhere}
    if other_than is not None:
        arguments["other_than"] = other_than
    return _resolver(_latest, "latest")(**arguments)


def latest_blessed(candidate: Any = None, *, anywhere: bool = False, wanted: Any = MODEL) -> Any:
    """The model that a candidate has to beat, other than the candidate itself; nothing at first.

    It passed every gate and was registered: the one that the alias ``production`` points to, or else the newest.
    One that production was taken back from (``mainspring rollback``) is passed over.

    Args:
        candidate: The output of the step that trains. A model with the same content is passed over: a model is
            not its own baseline, and so a run that is repeated unchanged asks the same question again.
        anywhere: Look at every pipeline's models.
        wanted: Another type on the way to the registered version, such as ``Package``, to measure what it takes to
            run.
    """
    arguments: dict[str, Any] = {"type_name": _type_name(wanted), "led_to": MODEL_VERSION, "anywhere": anywhere}
    if candidate is not None:
        arguments["other_than"] = candidate
    return _resolver(_latest, "latest_blessed")(**arguments)


def _by_span(
    *, type_name: str = "", first: int = 0, last: int = 0, context: Resolving = resource("resolving")
) -> Resolved:
    found = context.newest(
        type_name,
        where="properties.span >= :first AND properties.span <= :last",
        parameters={"first": first, "last": last},
    )
    best = sorted(
        found,
        key=lambda one: (_number(one.properties.get("span")), _number(one.properties.get("version"))),
        reverse=True,
    )
    if not best:
        return Resolved(note=f"there is no {type_name} with a span from {first} to {last}")
    return Resolved(best[0])


def _number(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else -1.0


def by_span(wanted: Any, span: int, *, last: int | None = None) -> Any:
    """The artifact of a type with a span, or with the newest span of a range, and of those the newest version."""
    step = _resolver(_by_span, "by_span")
    return step(type_name=_type_name(wanted), first=span, last=span if last is None else last)


def _by_alias(*, reference: str = "", type_name: str = "", context: Resolving = resource("resolving")) -> Resolved:
    if "registry" not in context.resources:
        raise InputError("by_alias() needs a registry, and this platform has none")
    version = context.resources["registry"]().resolve(reference)
    found = context.newest(
        type_name, where="digest = :digest", parameters={"digest": version.digest}, anywhere=True
    )
    artifact = found[0] if found else _made_from(version.digest, type_name, context)
    if artifact is None:
        raise NotFoundError(f"{reference} is registered, but its {type_name} is not in the record")
    return Resolved(artifact, note=f"{reference} is version {version.version}")


def _made_from(digest: str, type_name: str, context: Resolving) -> Artifact | None:
    """What a package was made from, such as its model: the newest of the type."""
    packages = context.newest(PACKAGE, where="digest = :digest", parameters={"digest": digest}, anywhere=True)
    ids = [cast("int", package.id) for package in packages]
    if not ids:
        return None
    above = context.metadata.lineage(Kind.ARTIFACT, ids, direction=Direction.UP, hops=1)
    found = [
        node
        for node in above.nodes.values()
        if isinstance(node, Artifact) and node.type == type_name and node.state is ArtifactState.LIVE
    ]
    return max(found, key=lambda node: cast("int", node.id), default=None)


def by_alias(reference: str, *, wanted: Any = PACKAGE) -> Any:
    """The package that a registered name means, such as ``"taxi@production"`` or ``"taxi:1.2.0"``.

    Args:
        reference: A name with an alias or a version.
        wanted: Another type for what the package was made from, such as ``Model`` for a warm start.
    """
    return _resolver(_by_alias, "by_alias")(reference=reference, type_name=_type_name(wanted))


def _curated(proposal: object, *, file: str, context: Resolving = resource("resolving")) -> Resolved:
    proposed = cast("Artifact", proposal)
    entries = context.blobs.entries(str(proposed.digest))
    if len(entries) != 1:
        raise InputError(
            f"{proposed.type} is stored as {len(entries)} files, and cannot be curated as one",
            expected="an artifact that is one text file, such as a schema",
        )
    target = context.root / file
    note = ""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with context.blobs.open(str(proposed.digest), entries[0].path) as source:
            temporary = target.with_name(target.name + ".new")
            temporary.write_bytes(source.read())
            temporary.replace(target)
        note = f"wrote {file}: from now on it is yours to edit"
    edited, keep = context.scratch / "edited", context.scratch / "value"
    edited.mkdir(parents=True)
    shutil.copyfile(target, edited / (entries[0].path or target.name))
    value = loader_of(proposed.type).load(edited)  # refuses a file that people broke, naming the place
    keep.mkdir()
    value.save(keep)
    return Resolved(made=Encoded(proposed.type, path=keep, properties=_told(value)), note=note, used=[proposed])


def _told(value: Any) -> Mapping[str, Value]:
    tell = getattr(value, "properties", None)
    return dict(tell()) if callable(tell) else {}


def curated(proposal: Any, *, file: str) -> Any:
    """A proposal that people take over as a file: written on the first run, read ever after.

    A schema is the usual case: it is inferred once, then kept beside the code, edited by people and reviewed like
    code. While the file is not edited, the same content gives the same artifact, and steps after it stay cached.

    Args:
        proposal: The output of the step that proposes; an artifact that is one text file.
        file: Where to keep it, from the project's folder.
    """
    return _resolver(_curated, "curated")(proposal, file=file)


def _import(*, location: str, type_name: str, context: Resolving = resource("resolving")) -> Resolved:
    fingerprint(location, context.root)  # refuses what is not there
    given = location
    if is_pattern(location):
        location = find_spans(settle(location, root=context.root), root=context.root)[-1].location
    path = Path(location) if Path(location).is_absolute() else context.root / location
    keep = context.scratch / "value"
    context.scratch.mkdir(parents=True)
    if path.is_dir():
        shutil.copytree(path, keep)
    elif type_name == FILE:
        shutil.copyfile(path, keep)
    else:
        keep.mkdir()
        shutil.copyfile(path, keep / path.name)
    properties: Mapping[str, Value] = {"name": path.name, "imported_from": given}
    if type_name != FILE:
        properties = {**properties, **_told(loader_of(type_name).load(keep))}
    return Resolved(made=Encoded(type_name, path=keep, properties=properties), note=f"imported {location}")


def import_artifact(location: str, *, wanted: Any = FILE) -> Any:
    """Bring something from outside into the record: a file, or a folder that holds a saved artifact.

    The content is copied into the blob store and checked by loading it; the same content is imported once.

    Args:
        location: A path, from the project's folder; of a pattern of spans, the latest.
        wanted: The class or type name of the artifact; a plain file by default.
    """
    return _resolver(_import, "import")(location=location, type_name=_type_name(wanted))
