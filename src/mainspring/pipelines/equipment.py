"""What an engine works with: the stores, the runners, the folders, and who is told what happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainspring.pipelines.events import Listener, ignore
from mainspring.pipelines.options import Isolation
from mainspring.pipelines.ports import Platform, Runner
from mainspring.pipelines.recording import Recorder
from mainspring.pipelines.records import Records
from mainspring.store.ports import BlobStore, MetadataStore


@dataclass(kw_only=True)
class Equipment:
    """What an engine works with.

    Attributes:
        metadata: The record.
        blobs: The bytes of artifacts.
        home: The platform's own folder: logs and scratch space lie in it.
        root: The project's folder, where relative paths start.
        runners: One for each kind of isolation.
        platform: How steps in other processes get at resources.
        resources: Factories of resources for steps in this process.
        workers: How many executions at once.
        listener: Told of everything that happens.
    """

    metadata: MetadataStore
    blobs: BlobStore
    home: Path
    root: Path
    runners: Mapping[Isolation, Runner]
    platform: Platform | None = None
    resources: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    workers: int = field(default_factory=lambda: os.cpu_count() or 2)
    listener: Listener = ignore

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.metadata)
        self.records = Records(self.metadata)

    def scratch_of(self, run: str) -> Path:
        """The folder in which the scratch folders of a run's attempts lie, one for each process that ran it."""
        return self.home / "scratch" / run

    def checkpoints_of(self, key: str) -> Path:
        """The folder where a step with this cache key keeps how far it is: the same in every run and attempt."""
        return self.home / "checkpoints" / key
