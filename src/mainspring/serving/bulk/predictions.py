"""Answers to many rows as an artifact, for pipelines."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.data import Table
from mainspring.serving.bulk.report import Report

_ROWS: Final = "predictions.parquet"
_REPORT: Final = "report.json"

_OF_THE_RUN: Final = (
    "started",
    "finished",
    "seconds",
    "rows_per_second",
    "resumed",
    "processes",
    "peak_megabytes",
    "work",
    "out",
)
"""What a report tells of the run rather than of the answers: equal answers are equal artifacts."""


@dataclass(frozen=True, slots=True)
class BulkPredictions:
    """Answers that lie in a Parquet file.

    Attributes:
        path: The file.
        report: What was counted, as ``Report.as_dict`` tells it, without what the run took.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.BulkPredictions"

    path: Path
    report: Mapping[str, Any]

    @classmethod
    def of(cls, report: Report) -> Self:
        """What a run has written."""
        told = {name: value for name, value in report.as_dict().items() if name not in _OF_THE_RUN}
        return cls(Path(report.out), told)

    @property
    def table(self) -> Table:
        """The kept columns and the answers, row for row."""
        return Table.read_parquet(self.path)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps to search by."""
        model = self.report["model"]
        return {
            "rows": self.report["rows"],
            "written": self.report["written"],
            "bad": self.report["bad"]["rows"],
            "model": model["name"],
            "version": model["version"],
            "model_digest": model["digest"],
        }

    def save(self, folder: Path) -> None:
        """Write ``predictions.parquet`` and ``report.json`` into the folder."""
        try:
            os.link(self.path, folder / _ROWS)
        except OSError:
            shutil.copyfile(self.path, folder / _ROWS)
        text = json.dumps(self.report, indent=1, ensure_ascii=False) + "\n"
        (folder / _REPORT).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """A view of what :meth:`save` wrote."""
        return cls(folder / _ROWS, json.loads((folder / _REPORT).read_text(encoding="utf-8")))
