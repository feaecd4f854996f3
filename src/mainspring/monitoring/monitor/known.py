"""What is known of the versions that answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mainspring.evaluation.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a version of a model.

    Attributes:
        version: It.
        reference: What it was trained on; ``None`` if its package does not say.
        package: The digest of its package; empty if it is not known.
        trained: When it was trained, in seconds since the epoch; ``None`` if it is not known.
    """

    version: str
    reference: Reference | None = None
    package: str = ""
    trained: float | None = None


class Versions(Protocol):
    """Finds what is known of the versions of models.

    Promises:
        - A version of which nothing is known gives a :class:`Known` without anything; it never raises for one.
        - The same version gives the same answer: a package does not change.
    """

    def known(self, model: str, version: str) -> Known:
        """What is known of a version, by the names under which it is served."""
        ...
