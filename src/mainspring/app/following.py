"""Keeps a folder of deployments as the registry has it: a server that follows the folder follows the registry."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from mainspring.app import platform
from mainspring.core.errors import MainspringError
from mainspring.serving.push import Deployment


class Follower:
    """Looks at references again and again, from a thread of its own; a context manager.

    Args:
        references: Models of the registry, such as ``"taxi@production"``.
        folder: Where their packages go, one deployment per model.
        seconds: How often it looks.
    """

    def __init__(self, references: Sequence[str], folder: Path, *, seconds: float = 2.0) -> None:
        self._references, self._folder, self._seconds = tuple(references), folder, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follow", daemon=True)

    def look(self) -> None:
        """Bring the folder up to date.

        Raises:
            NotFoundError: If a reference means nothing.
        """
        with platform.existing() as opened:
            for reference in self._references:
                version = opened.models.resolve(reference)
                deployment = Deployment(self._folder, version.name)
                last = deployment.history()[-1:]
                if not last or last[0].version != str(version.version):
                    package = opened.models.fetch(version)
                    deployment.serve(str(version.version), package, reason=f"{reference} stands for it")

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.look()
            except MainspringError as error:
                print(f"following the registry: {error}", file=sys.stderr)
