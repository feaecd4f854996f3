"""Which columns of a model hold what not everybody may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mainspring.app.api.subjects.data.files import schemas_here
from mainspring.app.deploying import deployments_of
from mainspring.core.errors import MainspringError
from mainspring.evaluation.reference import private

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

MASK: Final = "•••"
T = TypeVar("T")


def private_columns(shared: Shared, model: str) -> frozenset[str]:
    """The columns that a schema marks as private: that of any version of a model, or one of the project.

    A model may be served under a name that the registry does not know: then those of what its deployment names
    count, and of a graph, or of what nobody declared, those of all models.
    """
    models = shared.platform.models
    names = {model, *_references(shared, model)}
    registered = set(models.models())
    found = [_of(shared, name) for name in names & registered or registered]
    found += [private(one.schema) for one in schemas_here(shared) if one.schema is not None]
    return frozenset().union(*found)


def masked(values: Mapping[str, T], hidden: Collection[str]) -> dict[str, T | str]:
    """Values by column, without those that are hidden."""
    return {name: MASK if name in hidden else value for name, value in values.items()}


def masked_columns(values: Mapping[str, Sequence[Any]], hidden: Collection[str]) -> dict[str, Sequence[Any]]:
    """Columns, the values of those that are hidden masked."""
    return {name: [MASK] * len(cells) if name in hidden else cells for name, cells in values.items()}


def _references(shared: Shared, model: str) -> Collection[str]:
    revision = deployments_of(shared.platform).archive.current
    if revision is None:
        return ()
    pins = [pin for each in revision.pins.values() for pin in each.get(model, ()) if pin.registered]
    return {pin.reference.partition("@")[0].partition(":")[0] for pin in pins}


def _of(shared: Shared, name: str) -> frozenset[str]:
    models = shared.platform.models
    versions = models.versions(name)

    def read() -> frozenset[str]:
        found: set[str] = set()
        for version in versions[-_MOST:]:
            try:
                reference = models.fetch(version).reference
            except MainspringError:
                continue
            found |= private(None if reference is None else reference.schema)
        return frozenset(found)

    made: frozenset[str] = shared.remembered(
        ("deployments.private", name), tuple(v.digest for v in versions), read
    )
    return made


_MOST: Final = 8
"""Schemas of so many of the latest versions are read."""
