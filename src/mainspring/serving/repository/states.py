"""What can be said of a version of a model in a server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """As Triton's model repository extension has them."""

    UNKNOWN = "UNKNOWN"
    LOADING = "LOADING"
    READY = "READY"
    UNLOADING = "UNLOADING"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class VersionState:
    """The state of one version.

    Attributes:
        name: The model.
        version: Its version.
        state: What it is doing.
        reason: Why it is not ready.
        failed: Whether it should be ready and could not be loaded.
    """

    name: str
    version: str
    state: State
    reason: str = ""
    failed: bool = False
