"""``NAME@VERSION`` on the command line."""

from __future__ import annotations

from mainspring.core.errors import InputError
from mainspring.models.registry import ModelVersion, Registry


def version_of(registry: Registry, reference: str) -> ModelVersion:
    """The version that ``taxi@1.2.0``, ``taxi:1.2.0``, ``taxi@staging`` or ``taxi:latest`` means.

    Raises:
        InputError: For a name alone: what is decided is decided about one version.
        NotFoundError: If there is none.
    """
    if not {"@", ":"} & set(reference):
        found = registry.versions(reference)
        fix = f"name one: {reference}@{found[-1].version}" if found else "see what there is: mainspring models"
        raise InputError(f"{reference!r} names no version", expected="NAME@VERSION, such as taxi@1.2.0", fix=fix)
    return registry.resolve(reference)


def about_of(registry: Registry, reference: str) -> tuple[str, str | None]:
    """A model, and the version of it that is meant, if one is."""
    if not {"@", ":"} & set(reference):
        return registry.resolve(reference).name, None
    found = registry.resolve(reference)
    return found.name, str(found.version)
