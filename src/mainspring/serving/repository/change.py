"""Versions of a model that were loaded and wait to take their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mainspring.core.errors import NotFoundError
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import PackageAt
from mainspring.serving.repository.versions import order
from mainspring.serving.rollout.arms import check_arms
from mainspring.serving.served import Served


@dataclass(frozen=True, slots=True)
class Change:
    """Versions that were loaded and wait to take their place.

    Attributes:
        name: The model.
        versions: All versions of it that will be served.
        options: How.
        brought: Whether they came with an order, and do not lie in the repository.
        ordered: Where they lie, if whoever runs the server ordered them from there.
    """

    name: str
    versions: Mapping[str, Served]
    options: ModelOptions
    brought: bool = False
    ordered: tuple[PackageAt, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Other labels, or another rollout, for versions that are loaded already.

    Attributes:
        name: The model.
        options: How it will be served.
    """

    name: str
    options: ModelOptions


def check_named(name: str, options: ModelOptions, loaded: Mapping[str, Served]) -> None:
    """See that every label of a model, and every arm of its rollout, stands for a version that is loaded.

    Raises:
        NotFoundError: If one does not.
        InputError: If the rollout is one of a version to itself.
    """
    missing = {label: version for label, version in options.labels.items() if version not in loaded}
    if missing:
        raise NotFoundError(
            f"labels of model {name!r} stand for versions that are not loaded: {missing}",
            expected="versions among " + ", ".join(loaded),
        )
    if options.rollout is not None:
        growing = {version: loaded[version] for version in sorted(loaded, key=order)}
        check_arms(name, options.rollout, growing, options.labels)
