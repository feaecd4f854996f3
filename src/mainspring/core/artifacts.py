"""What makes a value an artifact: it can write itself into a folder and come back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from mainspring.core.records import Value


@runtime_checkable
class Storable(Protocol):
    """A value that travels between steps, lives in the record, and is content-addressed.

    Every noun of Mainspring (``Table``, ``Statistics``, ``Schema``, ``Model``, ``Verdict`` …) keeps this
    promise, and so may a user's own class: it is all that the engine asks for.

    Promises:
        - ``save`` writes the whole value as files into an existing, empty folder, and writes the same
          bytes for an equal value (no clock, no random names): the digest of the folder is its identity.
        - ``load`` needs nothing but that folder, treats it as read-only, and runs no code found in it.

    Optional:
        - ``properties() -> Mapping[str, Value]``: figures and words by which the record can be searched.
    """

    ARTIFACT_TYPE: ClassVar[str]

    def save(self, folder: Path) -> None:
        """Write the value into the folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a value back."""
        ...


def properties_of(value: Any) -> Mapping[str, Value]:
    """The searchable properties of an artifact, empty if it has none to tell."""
    tell = getattr(value, "properties", None)
    return dict(tell()) if callable(tell) else {}
