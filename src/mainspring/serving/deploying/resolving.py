"""From a declaration to what a server is told: which versions its references mean, and where they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from mainspring.core.errors import ConflictError, InputError, MainspringError, NotFoundError
from mainspring.models.registry.names import parted
from mainspring.serving.caching.keys import digest_of
from mainspring.serving.components.options import Component
from mainspring.serving.deploying.code import code_of, moved
from mainspring.serving.deploying.code import digest_of as digest_of_files
from mainspring.serving.deploying.declaration import Declaration, DeclaredModel, is_place
from mainspring.serving.deploying.ports import Found, Models
from mainspring.serving.deploying.revision import Pinned, Pins
from mainspring.serving.deploying.stock import Stock, copy
from mainspring.serving.model_files import STEM, holds_model, suffixes
from mainspring.serving.orders import Load, Lying
from mainspring.serving.repository import ModelOptions, VersionPolicy
from mainspring.serving.repository.sources import UNVERSIONED, deployed_version, fingerprint, graph_place, resolved
from mainspring.serving.rollout.options import Rollout

_SAME = ("trust", "threads", "timeout", "keep_old", "retries", "batching", "cache", "limits", "graph", "outliers")
"""What a model of a file and the options of a server's model have in common."""

_SHORT = 12
"""So much of a digest stands for the version of a package that has none."""


class Resolver:
    """Finds what models of files mean. For one thread.

    Args:
        models: Where registered models are found.
        stock: Where copies of what is served are kept.
    """

    def __init__(self, models: Models, stock: Stock) -> None:
        self._models, self.stock = models, stock
        self._digests: dict[tuple[Path, str], str] = {}
        self._found: dict[str, Found] = {}

    def forget(self) -> None:
        """Ask the registry anew from now on: aliases may have moved."""
        self._found.clear()

    def found(self, reference: str) -> Found:
        """The version in the registry that a reference means.

        Raises:
            NotFoundError: If it means nothing.
            MainspringError: If the registry does not answer.
        """
        if reference not in self._found:
            self._found[reference] = self._models.resolve(reference)
        return self._found[reference]

    def blessed(self, found: Found) -> bool | None:
        """What was said of a version last; ``None`` if nothing was."""
        return self._models.blessed(found)

    def pins(self, name: str, model: DeclaredModel, folder: Path) -> tuple[Pinned, ...]:
        """The versions that a model means now.

        Args:
            name: The model.
            model: What the file says of it.
            folder: What paths are relative to.

        Raises:
            NotFoundError: If a reference means nothing, or there is no such file.
            InputError: If a file is no model.
        """
        try:
            return self._pins(name, model, folder)
        except OSError as error:  # a name that is too long, a folder that nobody may look into
            raise NotFoundError(f"it cannot be read: {error}") from error

    def bring(self, name: str, model: DeclaredModel, pin: Pinned, folder: Path) -> Path:
        """Where a version lies that a server may be told to serve; it is brought there if need be.

        Raises:
            NotFoundError: If its bytes are gone.
            ConflictError: If other bytes lie there now.
        """
        if model.component is not None:
            return self._bring_class(model.component, pin, folder)
        if model.graph is not None:
            return graph_place(name)
        if pin.registered:
            registered, _, _ = parted(pin.reference)
            found = Found(name=registered, version=pin.version, digest=pin.digest)
            return self.stock.bring(pin.digest, lambda target: self._models.fetch(found, target))
        place = resolved(folder / pin.reference)
        return self.stock.bring(pin.digest, lambda target: self._copy(place, pin, target))

    def loads(self, declaration: Declaration, pins: Pins, folder: Path) -> Mapping[str, Load]:
        """What a server is told of a deployment, by model.

        Raises:
            MainspringError: If a package cannot be brought.
        """
        return {name: self.load(name, model, pins[name], folder) for name, model in declaration.models.items()}

    def load(self, name: str, model: DeclaredModel, pins: Sequence[Pinned], folder: Path) -> Load:
        """What a server is told of a model; its packages are brought if need be.

        Raises:
            MainspringError: If a package cannot be brought.
            InputError: If something is said of it that cannot be told.
        """
        places = {pin.version: (self.bring(name, model, pin, folder), pin.digest) for pin in pins}
        options = options_of(model, pins, folder)
        if model.component is not None and options.component is not None:
            place, _ = places[pins[0].version]
            if place == self.stock.place(pins[0].digest):
                options = replace(options, component=moved(options.component, place))
        try:
            config = msgspec.json.encode(options).decode()
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"{name}: this cannot be written as JSON: {error}") from error
        return Load(
            name=name,
            packages=tuple(Lying(str(place), one, digest) for one, (place, digest) in sorted(places.items())),
            config=config,
        )

    def _pins(self, name: str, model: DeclaredModel, folder: Path) -> tuple[Pinned, ...]:
        if model.model or model.versions:
            said = model.versions or {"": model.model}
            return tuple(self._pin(name, model, label, text, folder) for label, text in said.items())
        if model.component is not None:
            component = model.component.placed(folder)
            code = code_of(component, whole=bool(model.component.folder))
            digest = self._digest(component.place) if code is None else code.digest
            return (Pinned(version=model.version or UNVERSIONED, digest=digest, reference=model.component.entry),)
        if model.graph is not None:
            digest = hashlib.sha256(_encoded(model)).hexdigest()
            return (Pinned(version=model.version or UNVERSIONED, digest=f"graph:{digest}"),)
        version = model.version or deployed_version(folder / model.package)
        return (self._package(name, model, folder, Pinned(version=version, digest="", reference=model.package)),)

    def _pin(self, name: str, model: DeclaredModel, label: str, text: str, folder: Path) -> Pinned:
        """The version that a text means: of the registry, or what lies in a place."""
        if is_place(text):
            return self._package(name, model, folder, Pinned(version="", digest="", reference=text, label=label))
        found = self.found(text)
        return Pinned(version=found.version, digest=found.digest, label=label, reference=text, registered=True)

    def _package(self, name: str, model: DeclaredModel, folder: Path, pin: Pinned) -> Pinned:
        """What lies in the place of a pin now; without a version of its own it is called by its content."""
        place = resolved(folder / pin.reference)
        if not place.exists():
            raise NotFoundError(f"there is no {place}", expected="a package, a deployment, or a file of a model")
        if not holds_model(place) or not (place.is_dir() or (place.is_file() and place.suffix in suffixes())):
            raise InputError(
                f"{name}: {place} is no model", expected="the folder of a package, or a file such as model.onnx"
            )
        digest = self._digest(place)
        return replace(pin, digest=digest, version=pin.version or digest.rpartition(":")[2][:_SHORT])

    def _bring_class(self, component: Component, pin: Pinned, folder: Path) -> Path:
        """Where the files of a class lie; a module of its interpreter stays where it is."""
        kept = self.stock.place(pin.digest)
        if kept.is_dir():
            return kept
        placed = component.placed(folder)
        code = code_of(placed, whole=bool(component.folder))
        if code is None:
            return placed.place
        found = code

        def write(target: Path) -> None:
            found.copy(target)
            if digest_of_files(target, found.files) != pin.digest:
                raise _other_bytes(placed.place)

        return self.stock.bring(pin.digest, write)

    def _copy(self, place: Path, pin: Pinned, target: Path) -> None:
        if not place.exists():
            raise NotFoundError(f"there is no {place} any more")
        copy(place, target, stem=STEM)
        copied = target if place.is_dir() else target / f"{STEM}{place.suffix}"
        if "blake2b:" + digest_of(copied) != pin.digest:
            raise _other_bytes(place)

    def _digest(self, place: Path) -> str:
        """Of the bytes that lie there; read only where something was written since the last time."""
        key = (place, fingerprint(place))
        if key not in self._digests:
            try:
                self._digests[key] = "blake2b:" + digest_of(place)
            except OSError as error:
                raise NotFoundError(f"it cannot be read: {error}", where=str(place)) from error
        return self._digests[key]


def options_of(model: DeclaredModel, pins: Sequence[Pinned], folder: Path) -> ModelOptions:
    """How a server serves a model of a file."""
    labels = {pin.label: pin.version for pin in pins if pin.label}
    rollout = model.rollout
    if labels and (rollout is None or not rollout.primary):
        rollout = replace(rollout or Rollout(), primary=next(iter(labels)))
    if rollout is not None:
        rollout = _without_itself(rollout, labels)
    return ModelOptions(
        **{name: getattr(model, name) for name in _SAME},
        component=None if model.component is None else model.component.placed(folder),
        versions=VersionPolicy(specific=tuple(sorted({pin.version for pin in pins}))),
        labels=labels,
        rollout=rollout,
    )


def told(error: MainspringError) -> str:
    """An error in one line."""
    parts = [error.found, f"expected: {error.expected}" if error.expected else ""]
    return "; ".join(part for part in parts if part)


def _without_itself(rollout: Rollout, labels: Mapping[str, str]) -> Rollout:
    """The rollout without a candidate that is the primary version by now: its alias arrived where it was going."""
    primary = labels.get(rollout.primary, rollout.primary)
    arrived = {
        role: None
        for role, one in (("canary", rollout.canary), ("shadow", rollout.shadow))
        if one is not None and labels.get(one.to, one.to) == primary
    }
    return replace(rollout, **arrived) if arrived else rollout


def _other_bytes(place: Path) -> ConflictError:
    return ConflictError(
        "other bytes lie there now than those that were meant",
        where=str(place),
        fix="deploy again, once nobody writes there",
    )


def _encoded(model: DeclaredModel) -> bytes:
    return msgspec.json.encode(model.graph, order="deterministic")
