"""What deployments need of others: a registry to take models from, a server to order, a record to write to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mainspring.core.errors import NotFoundError
from mainspring.core.verdicts import Verdict
from mainspring.serving.orders import Load, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A version in the registry.

    Attributes:
        name: The registered model.
        version: Its version.
        digest: Of its package.
    """

    name: str
    version: str
    digest: str


class Models(Protocol):
    """Where registered models are found. Safe for threads.

    Promises:
        - The same digest always means the same bytes.
    """

    def resolve(self, reference: str) -> Found:
        """The version that a reference means now.

        Raises:
            NotFoundError: If it means nothing.
            MainspringError: If the registry does not answer.
        """
        ...

    def blessed(self, found: Found) -> bool | None:
        """What was said of a version last: that it may be used, or not; ``None`` if nothing was."""
        ...

    def fetch(self, found: Found, folder: Path) -> None:
        """Write the package of a version into a folder that is not there yet.

        Raises:
            NotFoundError: If its bytes are gone.
        """
        ...


class NoModels:
    """A :class:`Models` without any model: for where there is no project."""

    def resolve(self, reference: str) -> Found:
        """Refuse.

        Raises:
            NotFoundError: Always.
        """
        raise NotFoundError(f"there is no registry that {reference!r} could be found in", fix="work in a project")

    def blessed(self, found: Found) -> bool | None:
        """Nothing is known."""
        return None

    def fetch(self, found: Found, folder: Path) -> None:
        """Do nothing: nothing was ever found."""


class Server(Protocol):
    """A running server, with all of its processes.

    Promises:
        - A change that fails leaves everything as it was, and raises.
        - When a method returns, every process of the server has made the change.
        - Requests are answered all the while.
    """

    def change(self, loads: Sequence[Load], unloads: Sequence[str]) -> None:
        """Serve these models so, and stop serving those; a model that is not served need not be unloaded.

        Raises:
            MainspringError: If a model cannot be loaded: nothing changed.
        """
        ...

    def expect(self, names: Sequence[str]) -> None:
        """Say which models will be served: without them the server is not ready."""
        ...

    def survey(self) -> Sequence[Mapping[str, Told]]:
        """What each process serves, by name."""
        ...


class Recorder(Protocol):
    """Keeps what became of deployments in a project's record. Safe for threads.

    Promises:
        - Nothing is raised because the record cannot be written: deployments do not wait for it.
    """

    def record(self, number: int, told: Mapping[str, str], verdict: Verdict) -> None:
        """Keep that a revision was accepted.

        Args:
            number: Of the revision.
            told: Who, from where, why, and what changed.
            verdict: What was checked.
        """
        ...
