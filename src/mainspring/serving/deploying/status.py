"""How deployments stand, as the server that follows them says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

State: TypeAlias = Literal["pending", "applied", "failed"]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one deployment stands.

    Attributes:
        state: It is served as wanted, or that failed and what was served before still is, or it was not tried yet.
        serving: The revision that is served of it; 0 for none.
        message: Why it failed.
        attempts: How often that was tried.
        models: What is served of it: versions by model.
    """

    state: State
    serving: int = 0
    message: str = ""
    attempts: int = 0
    models: Mapping[str, tuple[str, ...]] = {}


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How all stand.

    Attributes:
        pid: The process that follows.
        url: Where the server answers.
        source: What is followed; empty for what ``mainspring deploy`` is told.
        commit: The commit that is served, if it comes from git.
        number: The revision that is wanted.
        at: When this was written, in seconds since the epoch.
        deployments: By name.
        refused: Why the files of the source are not followed; empty if they are.
        trouble: What keeps it from looking, such as a source that does not answer.
        repaired: How often something was put right that was changed by hand.
        outside: Models that are served and that no deployment names.
        restart: What takes effect only when the server is started again; empty for nothing.
    """

    pid: int
    url: str
    source: str = ""
    commit: str = ""
    number: int = 0
    at: float = 0.0
    deployments: Mapping[str, Standing] = {}
    refused: str = ""
    trouble: str = ""
    repaired: int = 0
    outside: tuple[str, ...] = ()
    restart: str = ""

    @property
    def settled(self) -> bool:
        """Whether everything that is wanted was tried."""
        return all(one.state != "pending" for one in self.deployments.values())

    @property
    def ok(self) -> bool:
        """Whether everything is as wanted."""
        standing = self.deployments.values()
        return not (self.refused or self.trouble) and all(one.state == "applied" for one in standing)
