"""Versions of a model that were loaded and wait to take their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mainspring.core.errors import NotFoundError
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.served import Served


@dataclass(frozen=True, slots=True)
class Change:
    """Versions that were loaded and wait to take their place.

    Attributes:
        name: The model.
        versions: All versions of it that will be served.
        options: How.
        brought: Whether they came with an order, and do not lie in the repository.
    """

    name: str
    versions: Mapping[str, Served]
    options: ModelOptions
    brought: bool = False


def check_labels(name: str, options: ModelOptions, loaded: Iterable[str]) -> None:
    """See that every label of a model stands for a version that is loaded.

    Raises:
        NotFoundError: If one does not.
    """
    missing = {label: version for label, version in options.labels.items() if version not in loaded}
    if missing:
        raise NotFoundError(
            f"labels of model {name!r} stand for versions that are not loaded: {missing}",
            expected="versions among " + ", ".join(loaded),
        )
