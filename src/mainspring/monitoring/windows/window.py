"""Windows: stretches of the prediction log that are judged as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.clock import iso
from mainspring.data import Table
from mainspring.data.engine import quote
from mainspring.data.sketches import Quantiles
from mainspring.evaluation.reference import OUTPUT, TRUTH
from mainspring.serving.feedback.joining import FEEDBACK
from mainspring.serving.payloads.cells import REQUEST

__all__ = ["FEEDBACK", "LOGGED", "REQUEST", "REWARD", "TRUTH", "WEIGHT", "Window"]

LOGGED: Final = (REQUEST, OUTPUT, FEEDBACK)
"""How the names of columns begin that are no inputs."""
REWARD: Final = f"{FEEDBACK}reward"
"""The column of how good answers were."""
WEIGHT: Final = f"{REQUEST}weight"
"""The column that says how many rows a row stands for, in windows of logs of which only a share is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of the prediction log.

    Attributes:
        since: Its beginning, in seconds since the epoch.
        until: Its end: the moment after it, or, in a window by count, its last request.
        table: The rows that were answered: inputs under their names, ``output.…`` and ``request.…`` beside them,
            and ``feedback.…`` for what became known of any of them.
        requests: How many requests there were.
        errors: How many of them failed.
        complete: Whether nothing more is waited for.
        blocked: How many requests an assertion of the model refused; they are errors, too.
        late: Rows that came after the window was given for the first time.
        versions: Rows by the version of the model that answered them.
        latency: The distribution of the seconds that requests took.
        asked: How many requests these stand for, if only a share of all was logged; ``None`` if all were.
        failed: The same for those that failed.
        failures: How many requests failed for the same reason, the most frequent first; see
            :func:`mainspring.monitoring.windows.failures.why`.
        revision: How often the window was given before with other rows or feedback.
        number: Its number: of the window since the epoch, or, in windows by count, since the beginning of the log.
    """

    since: float
    until: float
    table: Table
    requests: int
    errors: int
    complete: bool
    blocked: int = 0
    late: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    latency: Quantiles = field(default_factory=Quantiles)
    asked: float | None = None
    failed: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0
    number: int = 0

    def __str__(self) -> str:
        return f"{iso(self.since)} to {iso(self.until)}, {self.table.num_rows} rows"

    @property
    def version(self) -> str:
        """The version that answered most of the rows; empty if there are none."""
        return max(self.versions, key=lambda name: (self.versions[name], name), default="")

    @property
    def latency_p50(self) -> float:
        """The median of the seconds that requests took; NaN if there are none."""
        return self.latency.at(0.5)

    @property
    def latency_p95(self) -> float:
        """Nineteen of twenty requests took no longer than this, in seconds; NaN if there are none."""
        return self.latency.at(0.95)

    @property
    def labelled(self) -> int:
        """Rows of which the truth is known."""
        if TRUTH not in self.table.names:
            return 0
        counted = " ".join(("SELECT count(", quote(TRUTH), ") AS known FROM this"))
        return int(self.table.sql(counted).column("known")[0])

    def weights(self) -> npt.NDArray[np.float64]:
        """How many rows each row stands for: 1, unless only a share of the requests was logged. ``[rows]``."""
        if WEIGHT in self.table.names:
            return self.table.column(WEIGHT)
        return np.ones(self.table.num_rows)
