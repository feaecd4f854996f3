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
from mainspring.serving.deploying.declaration import Declaration, DeclaredModel
from mainspring.serving.deploying.ports import Found, Models
from mainspring.serving.deploying.revision import Pinned, Pins
from mainspring.serving.deploying.stock import Stock, copy
from mainspring.serving.model_files import STEM, holds_model, suffixes
from mainspring.serving.orders import Load, Lying
from mainspring.serving.repository import ModelOptions, VersionPolicy
from mainspring.serving.repository.sources import UNVERSIONED, deployed_version, fingerprint, graph_place, resolved
from mainspring.serving.rollout.options import Rollout

_SAME = ("trust", "threads", "timeout", "keep_old", "retries", "batching", "cache", "limits", "graph")
"""What a model of a file and the options of a server's model have in common."""


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
        if model.references:
            found = {label: self.found(reference) for label, reference in model.references.items()}
            return tuple(
                Pinned(
                    version=one.version,
                    digest=one.digest,
                    label=label,
                    reference=model.references[label],
                    registered=True,
                )
                for label, one in found.items()
            )
        if model.component is not None:
            place = _placed(model.component, folder).place
            if not place.exists():
                raise NotFoundError(f"there is no {place}", expected="the file of the class")
            return (
                Pinned(version=model.version or UNVERSIONED, digest=self._digest(place), reference=str(place)),
            )
        if model.graph is not None:
            digest = hashlib.sha256(_encoded(model)).hexdigest()
            return (Pinned(version=model.version or UNVERSIONED, digest=f"graph:{digest}"),)
        place = resolved(folder / model.package)
        if not place.exists():
            raise NotFoundError(f"there is no {place}", expected="a package, a deployment, or a file of a model")
        if not holds_model(place) or (place.is_file() and place.suffix not in suffixes()):
            raise InputError(
                f"{name}: {place} is no model", expected="the folder of a package, or a file such as model.onnx"
            )
        version = model.version or deployed_version(folder / model.package)
        pin = Pinned(version=version, digest=self._digest(place), reference=model.package)
        self.bring(name, model, pin, folder)  # now: who knows what lies there later
        return (pin,)

    def bring(self, name: str, model: DeclaredModel, pin: Pinned, folder: Path) -> Path:
        """Where a version lies that a server may be told to serve; it is brought there if need be.

        Raises:
            NotFoundError: If its bytes are gone.
            ConflictError: If other bytes lie there now.
        """
        if model.component is not None:
            return _placed(model.component, folder).place
        if model.graph is not None:
            return graph_place(name)
        if model.references:
            registered, _, _ = parted(pin.reference)
            found = Found(name=registered, version=pin.version, digest=pin.digest)
            return self.stock.bring(pin.digest, lambda target: self._models.fetch(found, target))
        place = resolved(folder / model.package)
        return self.stock.bring(pin.digest, lambda target: self._copy(place, pin, target))

    def loads(self, declaration: Declaration, pins: Pins, folder: Path) -> Mapping[str, Load]:
        """What a server is told of a deployment, by model.

        Raises:
            MainspringError: If a package cannot be brought.
        """
        return {name: self._load(name, model, pins[name], folder) for name, model in declaration.models.items()}

    def _load(self, name: str, model: DeclaredModel, pins: Sequence[Pinned], folder: Path) -> Load:
        places = {pin.version: (self.bring(name, model, pin, folder), pin.digest) for pin in pins}
        options = options_of(model, pins, folder)
        return Load(
            name=name,
            packages=tuple(Lying(str(place), version, digest) for version, (place, digest) in places.items()),
            config=msgspec.json.encode(options).decode(),
        )

    def _copy(self, place: Path, pin: Pinned, target: Path) -> None:
        if not place.exists():
            raise NotFoundError(f"there is no {place} any more")
        copy(place, target, stem=STEM)
        copied = target if place.is_dir() else target / f"{STEM}{place.suffix}"
        if "blake2b:" + digest_of(copied) != pin.digest:
            raise ConflictError(
                "other bytes lie there now than those that were meant",
                where=str(place),
                fix="deploy again, once nobody writes there",
            )

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
        component=None if model.component is None else _placed(model.component, folder),
        versions=VersionPolicy(specific=tuple(dict.fromkeys(pin.version for pin in pins))),
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


def _placed(component: Component, folder: Path) -> Component:
    return component.placed(folder)


def _encoded(model: DeclaredModel) -> bytes:
    return msgspec.json.encode(model.graph, order="deterministic")
