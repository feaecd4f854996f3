"""Bringing what was decided about rollouts to where people look for it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from mainspring.core.errors import MainspringError
from mainspring.serving.rollout import history
from mainspring.serving.rollout.ports import Recorder

_LOG = logging.getLogger(__name__)


class Publishing:
    """Gives every decision in a state folder to a recorder, also those of before; a context manager.

    It looks again and again, from a thread of its own, and a last time at the end. What the recorder cannot keep
    now, it is told again at the next look.

    Args:
        folder: Where is kept how rollouts stand; it need not be there yet.
        recorder: Keeps decisions; told of one twice, it keeps it once.
        seconds: How often it looks.
    """

    def __init__(self, folder: Path, recorder: Recorder, *, seconds: float = 2.0) -> None:
        self._folder, self._recorder, self._seconds = folder, recorder, seconds
        self._sizes: dict[Path, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollout-decisions", daemon=True)

    def look(self) -> int:
        """Give what is new to the recorder; gives how many decisions that were."""
        given = 0
        for path in sorted(self._folder.glob(f"*/{history.FILE}")):
            size = path.stat().st_size
            if self._sizes.get(path) == size:
                continue
            model = unquote(path.parent.name)
            for event in history.read(path.parent):
                details = {
                    "number": event.number,
                    "time": event.time,
                    "kind": event.kind,
                    "versions": dict(event.versions),
                    "arm": event.arm,
                    "by": event.by,
                    "plan": event.plan,
                }
                self._recorder.record(model, event.judged, details)
                given += 1
            self._sizes[path] = size
        return given

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            last = self._stop.wait(self._seconds)
            try:
                self.look()
            except (MainspringError, OSError) as error:
                _LOG.warning("what rollouts decided cannot be recorded now: %s", error)
            if last:
                return
