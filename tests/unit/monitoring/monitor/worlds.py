"""A model with a small log that a test writes, and what watches it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from mainspring.core.records import Execution, Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.alerts import AlertBook, AlertOptions
from mainspring.monitoring.declaration import Declared, Watched
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.monitor import Known, Look, Monitor
from mainspring.monitoring.ports import Check
from mainspring.monitoring.retraining import RetrainingPolicy
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.serving.feedback import Feedback
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.segments import SegmentWriter
from mainspring.store import open_blobs, open_store

MODEL = "taxi"


@dataclass(frozen=True, kw_only=True)
class MeanCheck:
    """Is bad where the mean of a column is above a limit; counts the windows that it saw."""

    name: ClassVar[str] = "mean"

    column: str = "fare"
    most: float = 10.0
    on_truth: bool = False
    asked: list[tuple[float, int]] = field(default_factory=list)

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        window = seen.window
        self.asked.append((window.since, window.revision))
        values = window.table.column(self.column).tolist() if self.column in window.table.names else []
        mean = float(sum(values) / len(values)) if values else float("nan")
        reason = Reason(
            ok=not mean > self.most,
            code="HIGH" if mean > self.most else "USUAL",
            message=f"the mean is {mean:g}",
            subject=self.column,
            observed=mean,
            expected=self.most,
        )
        windows = [*memory.get("windows", []), window.since]  # type: ignore[misc]
        return Judged(
            verdict=Verdict.of(self.name, [reason]),
            figures={self.column: Figure(value=mean, most=self.most)},
            memory={"windows": windows},
            rows=range(min(2, window.table.num_rows)),
        )


@dataclass(frozen=True, kw_only=True)
class KeeperCheck(MeanCheck):
    """One that says that it remembers rows."""

    keeps_rows: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class BrokenCheck:
    """Breaks in windows that begin before a time."""

    name: ClassVar[str] = "broken"
    on_truth: ClassVar[bool] = False

    until: float = float("inf")

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        if seen.window.since < self.until:
            raise ZeroDivisionError("no rows")
        return Judged(verdict=Verdict.of(self.name, [Reason(ok=True, code="WELL", message="well")]))


class Versions:
    """What is known of versions, as a test says."""

    def __init__(self) -> None:
        self.references: dict[str, Reference] = {}

    def known(self, model: str, version: str) -> Known:
        return Known(version=version, reference=self.references.get(version))


@dataclass
class World:
    """A log, and everything that a monitor needs."""

    folder: Path
    time: float = 10_000.0
    checks: dict[str, Check] = field(default_factory=lambda: {"mean": MeanCheck()})
    how: Watched = field(default_factory=lambda: Watched(window=10.0, wait=0, alerts=AlertOptions()))

    def __post_init__(self) -> None:
        self.log = self.folder / "log"
        self.versions = Versions()
        self.store = open_store("memory:")
        self.ledger = WatchLedger(self.store, open_blobs(str(self.folder / "blobs")))
        self.book = AlertBook(self.folder / "home" / "alerts", clock=lambda: self.time)

    def ask(self, name: str, time: float, fare: Any = 1.0, **more: Any) -> None:
        """A request of one row."""
        given: dict[str, Any] = {
            "id": name,
            "time": time,
            "model": MODEL,
            "version": "1",
            "columns": {"fare": [fare]},
            "outputs": {"label": ["no"]},
        }
        self._append(self.log, [LogRecord(**(given | more))])

    def tell(self, name: str, value: Any, **more: Any) -> None:
        """What became known of a request."""
        self._append(self.log / "feedback", [Feedback(id=name, key="truth", value=value, time=0.0, **more)])

    def monitor(self) -> Monitor:
        """One that was just begun."""
        return Monitor(
            Declared(model=MODEL, how=self.how, checks=self.checks, where="monitoring.yaml:1"),
            log=self.log,
            home=self.folder / "home",
            book=self.book,
            versions=self.versions,
            ledger=self.ledger,
            queue=self.store,
            clock=lambda: self.time,
        )

    def look(self) -> list[Look]:
        """What a monitor that was just begun sees."""
        return list(self.monitor().look())

    def retrain(self, **policy: Any) -> None:
        """Train again as a policy says."""
        self.how = replace(self.how, retraining=RetrainingPolicy(**policy))

    def recorded(self) -> list[Execution]:
        """The windows in the record, oldest first."""
        return [event for event, _ in self.ledger.verdicts(MODEL)]

    def written(self) -> str:
        """Everything that lies in the folder of what was seen, as text."""
        files = [one for one in (self.folder / "home").rglob("*") if one.is_file()]
        return "".join(one.read_bytes().decode(errors="replace") for one in files)

    def remembered(self) -> dict[str, Any]:
        """What the monitor remembers."""
        found: dict[str, Any] = json.loads((self.folder / "home" / MODEL / "memory.json").read_bytes())
        return found

    def _append(self, folder: Path, lines: Iterable[msgspec.Struct]) -> None:
        writer = SegmentWriter(folder, max_bytes=1 << 20, max_seconds=3600.0)
        writer.append(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        writer.close()
