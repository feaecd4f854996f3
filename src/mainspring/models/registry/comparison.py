"""Two versions side by side: code, data, parameters, metrics, environment, size, signature, assertions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, cast

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, Direction, Kind
from mainspring.evaluation import Better, better
from mainspring.models.asserting import ASSERTIONS
from mainspring.models.package import MANIFEST, SIGNATURE, Package
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.rule import SignatureChange, signature_changes
from mainspring.store.ports import BlobStore, MetadataStore

Way: TypeAlias = Literal["better", "worse", "same", "changed", "only before", "only after"]
"""How a value went."""

_DATA: Final = ("mainspring.Examples", "mainspring.Statistics", "mainspring.File")
_LARGEST_FILE = 200_000
_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that two versions have, or one of them.

    Attributes:
        name: What it is.
        before: In the first version; ``None`` if it has none.
        after: In the second.
        way: How it went.
        difference: Second minus first, of two numbers.
    """

    name: str
    before: Any
    after: Any
    way: Way
    difference: float | None = None

    def __str__(self) -> str:
        grown = "" if self.difference is None else f" ({self.difference:+.4g})"
        return f"{self.name}: {_told(self.before)} → {_told(self.after)}{grown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of a model, side by side.

    Attributes:
        before: The first.
        after: The second.
        code: Files that differ, by name.
        code_diff: The same as a unified diff.
        data: Content digests and row counts of what they were trained and judged on.
        schema: What changed in the schema of the data, as sentences.
        parameters: Estimator, seed and arguments that differ.
        metrics: Every metric of either.
        environment: Interpreter and libraries that differ.
        size: Bytes of the package, and of every file whose size differs.
        signature: What changed for callers.
        assertions: Those that differ, by name.
    """

    before: ModelVersion
    after: ModelVersion
    code: tuple[Item, ...]
    code_diff: tuple[str, ...]
    data: tuple[Item, ...]
    schema: tuple[str, ...]
    parameters: tuple[Item, ...]
    metrics: tuple[Item, ...]
    environment: tuple[Item, ...]
    size: tuple[Item, ...]
    signature: tuple[SignatureChange, ...]
    assertions: tuple[Item, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        parts = ("code", "data", "parameters", "metrics", "environment", "size", "signature", "assertions")
        return {
            "name": self.before.name,
            "before": str(self.before.version),
            "after": str(self.after.version),
            **{part: [asdict(one) for one in getattr(self, part)] for part in parts},
            "code_diff": list(self.code_diff),
            "schema": list(self.schema),
        }


def compare(before: ModelVersion, after: ModelVersion, *, record: MetadataStore, blobs: BlobStore) -> Comparison:
    """Put two versions side by side, as far as what they came from is still there.

    Args:
        before: The first version.
        after: The second.
        record: Where their lineage is.
        blobs: Where their packages are.

    Raises:
        NotFoundError: If the bytes of one of the packages are gone.
    """
    old, new = (described(one, blobs) for one in (before, after))
    above = tuple(_above(one, record) for one in (before, after))
    files = tuple(_files(one, "mainspring.Code", blobs) for one in above)
    return Comparison(
        before=before,
        after=after,
        code=_items(*({name: digest for name, (digest, _) in one.items()} for one in files), changed_only=True),
        code_diff=tuple(_diff(files[0], files[1], blobs)),
        data=_items(*(_data(package, some) for package, some in zip((old, new), above, strict=True))),
        schema=_schema(above[0], above[1], blobs),
        parameters=_items(*(_parameters(one) for one in (old, new)), changed_only=True),
        metrics=_metrics(before.metrics, after.metrics),
        environment=_items(*(_environment(one) for one in (old, new)), changed_only=True),
        size=_sizes(*({one.path: one.size for one in blobs.entries(each.digest)} for each in (before, after))),
        signature=signature_changes(old.signature, new.signature),
        assertions=_items(
            *({one.name: str(one) for one in each.assertions} for each in (old, new)), changed_only=True
        ),
    )


def described(version: ModelVersion, blobs: BlobStore) -> Package:
    """What a package says of itself, without its model.

    Raises:
        NotFoundError: If its bytes are gone.
    """
    from mainspring.models.files import Files

    content: dict[str, Any] = {}
    there = {one.path for one in blobs.entries(version.digest)}
    for name in (MANIFEST, SIGNATURE, *({ASSERTIONS} & there)):
        with blobs.open(version.digest, name) as file:
            content[name] = file.read()
    return Package.from_files(Files(content))


def _above(version: ModelVersion, record: MetadataStore) -> list[Artifact]:
    """Everything that the package came from, newest first."""
    where, values = "type = :type AND digest = :digest", {"type": Package.ARTIFACT_TYPE, "digest": version.digest}
    # The oldest one is what was registered; later ones are repetitions of it.
    found = record.find(Kind.ARTIFACT, where, values, limit=1).items
    if not found:
        return []
    lineage = record.lineage(Kind.ARTIFACT, [cast("Artifact", found[0]).id or 0], direction=Direction.UP)
    nodes = [node for node in lineage.nodes.values() if isinstance(node, Artifact)]
    return sorted(nodes, key=lambda one: one.id or 0, reverse=True)


_Found: TypeAlias = dict[str, tuple[str, tuple[str, str]]]
"""Name of a file to its digest, and where it is: the blob and the path in it."""


def _files(above: Sequence[Artifact], kind: str, blobs: BlobStore) -> _Found:
    found: _Found = {}
    for artifact in above:
        if artifact.type != kind:
            continue
        try:
            entries = blobs.entries(str(artifact.digest))
        except NotFoundError:  # the bytes are gone
            continue
        for entry in entries:
            found.setdefault(entry.path, (entry.digest, (str(artifact.digest), entry.path)))
    return found


def _diff(before: _Found, after: _Found, blobs: BlobStore) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if before.get(name, ("",))[0] == after.get(name, ("",))[0]:
            continue
        old, new = (_text(one.get(name), blobs) for one in (before, after))
        yield from (line.rstrip("\n") for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))


def _text(place: tuple[str, tuple[str, str]] | None, blobs: BlobStore) -> list[str]:
    if place is None:
        return []
    with blobs.open(*place[1]) as file:
        return file.read(_LARGEST_FILE).decode("utf-8", "replace").splitlines(keepends=True)


def _data(package: Package, above: Sequence[Artifact]) -> dict[str, Any]:
    found: dict[str, Any] = dict(package.details.get("data") or {})
    for artifact in above:
        if artifact.type not in _DATA:
            continue
        name = str(artifact.properties.get("name") or artifact.type.removeprefix("mainspring."))
        found.setdefault(name, artifact.digest)
        for key, value in artifact.properties.items():
            if key.startswith("rows_") and value is not None:
                found.setdefault(f"rows of {key.removeprefix('rows_')}", value)
    return found


def _schema(before: Sequence[Artifact], after: Sequence[Artifact], blobs: BlobStore) -> tuple[str, ...]:
    # Imported here: registering needs none of it.
    from mainspring.data import Schema, diff

    old, new = (next((one for one in some if one.type == Schema.ARTIFACT_TYPE), None) for some in (before, after))
    if old is None or new is None or old.digest == new.digest:
        return ()
    try:
        pair = [Schema.load(blobs.local(str(one.digest))) for one in (old, new)]
    except NotFoundError:
        return ("the bytes of a schema are gone",)
    return tuple(line for line in str(diff(pair[0], pair[1])).splitlines() if line.strip())


def _parameters(package: Package) -> dict[str, Any]:
    details = package.details
    found = {name: details[name] for name in ("estimator", "seed", "label") if name in details}
    return found | {f"params.{name}": value for name, value in (details.get("params") or {}).items()}


def _environment(package: Package) -> dict[str, Any]:
    found = dict(package.details.get("environment") or {})
    found["runtime"] = package.runtime
    for pinned in package.requirements:
        name, _, version = pinned.partition("==")
        found[name] = version or "any"
    return found


def _metrics(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[Item, ...]:
    found = []
    for one in _items(before, after):
        direction = better(one.name)
        if one.difference and direction is not Better.NEITHER and one.way == "changed":
            good = (one.difference < 0) == (direction is Better.LOWER)
            found.append(Item(**{**asdict(one), "way": "better" if good else "worse"}))
        else:
            found.append(one)
    return tuple(found)


def _sizes(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[Item, ...]:
    whole = _items({"package": sum(before.values())}, {"package": sum(after.values())})
    return (*whole, *_items(before, after, changed_only=True))


def _items(before: Mapping[str, Any], after: Mapping[str, Any], *, changed_only: bool = False) -> tuple[Item, ...]:
    found = []
    for name in sorted({*before, *after}):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        way: Way = "same" if old == new else "changed"
        if old is _MISSING or new is _MISSING:
            way = "only after" if old is _MISSING else "only before"
        if way == "same" and changed_only:
            continue
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (old, new))
        found.append(
            Item(
                name=name,
                before=None if old is _MISSING else old,
                after=None if new is _MISSING else new,
                way=way,
                difference=new - old if numbers else None,
            )
        )
    return tuple(found)


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text[7:19] if text.startswith("sha256:") else text
