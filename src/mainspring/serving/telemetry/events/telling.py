"""What ``GET /v2/models/{m}/events`` answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mainspring.core.errors import InputError
from mainspring.serving.repository import Repository
from mainspring.serving.telemetry.events.examining import Examiner
from mainspring.serving.telemetry.events.recent import RecentEvents

MOST = 1_000


class EventTeller:
    """Tells of the last events of a model.

    Args:
        models: What is served.
        recent: The last events.
        examiner: What looks for them; ``None`` if nothing does.
    """

    def __init__(self, models: Repository, recent: RecentEvents, examiner: Examiner | None) -> None:
        self._models, self._recent, self._examiner = models, recent, examiner

    def told(self, model: str, version: str = "", last: int = 100) -> Mapping[str, Any]:
        """The last events of a model, the newest first, and what cannot be looked for.

        Args:
            model: The model.
            version: One version of it; empty for all.
            last: How many at most.

        Raises:
            NotFoundError: If the model is not served.
            InputError: If ``last`` is out of range.
        """
        if not 1 <= last <= MOST:
            raise InputError(f"the parameter last is {last}", expected=f"a number from 1 to {MOST}")
        served = self._models.find(model, version)
        events = self._recent.last(last, model=model, version=version)
        skipped: Mapping[str, str] = {}
        if self._examiner is None:
            skipped = {"everything": "events.enabled is false"}
        elif served is not None:
            skipped = self._examiner.skipped(served)
        return {"model": model, "events": [msgspec.to_builtins(event) for event in events], "skipped": skipped}
