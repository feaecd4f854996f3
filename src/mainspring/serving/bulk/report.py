"""What came of a run: how many rows how fast, what was answered, and whether the data is like that of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from mainspring.core.clock import iso
from mainspring.serving.bulk.expectations import Expectations
from mainspring.serving.bulk.tally import ColumnTally, Distribution, Tally

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

_NOTABLE: Final = 0.01
_MORE_MISSING: Final = 0.05
_MOSTLY: Final = 0.5
_SHOWN: Final = 5
_MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a run.

    Attributes:
        model: Name, version and digest of the model.
        mainspring: The version of this software.
        data: Where the data is, the digest of its content, its rows.
        out: Where the answers are.
        digest: Of the answers, where they are one file.
        started: When the run was started first, in seconds since the epoch.
        finished: When it was done.
        seconds: How long this process worked on it.
        resumed: Rows that an earlier process had answered already.
        processes: How many processes worked at a time; connections, where a server was asked.
        tally: What was counted.
        expectations: What is known of the training data.
        errors: The file that lists the rows left out.
        files: The files of the data.
    """

    model: Mapping[str, str]
    mainspring: str
    data: Mapping[str, Any]
    out: str
    digest: str | None
    started: float
    finished: float
    seconds: float
    resumed: int
    processes: int
    tally: Tally = field(repr=False)
    expectations: Expectations = field(repr=False)
    errors: str | None = None
    files: tuple[Path, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of the data."""
        return self.tally.rows

    @property
    def rate(self) -> float:
        """Rows that this process answered in a second."""
        return (self.rows - self.resumed) / self.seconds if self.seconds else 0.0

    @property
    def notes(self) -> tuple[str, ...]:
        """What somebody should look at, as sentences."""
        found = [note for name in self.tally.columns for note in self._column_notes(name)]
        if self.tally.bad:
            found.insert(0, f"{_counted(self.tally.bad, 'row')} could not be answered")
        return tuple(found)

    def answers(self) -> dict[str, Any]:
        """What was answered: the share of every class with that of training, or a distribution of numbers."""
        if self.tally.predictions is not None:
            return {"prediction": _distribution(self.tally.predictions)}
        total = sum(self.tally.labels.values())
        classes = {
            label: {
                "rows": count,
                "share": _share(count, total),
                "training": self.expectations.answers.get(label),
            }
            for label, count in sorted(self.tally.labels.items(), key=lambda item: -item[1])
        }
        certainty = self.tally.certainty
        return {"classes": classes, "certainty": None if certainty is None else _distribution(certainty)}

    def columns(self) -> dict[str, dict[str, Any]]:
        """What every column of the model held, and what it held in training where that is known."""
        return {name: self._column(name, one) for name, one in self.tally.columns.items()}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        tally = self.tally
        return {
            "model": dict(self.model),
            "mainspring": self.mainspring,
            "data": dict(self.data),
            "out": self.out,
            "digest": self.digest,
            "started": iso(self.started),
            "finished": iso(self.finished),
            "seconds": round(self.seconds, 3),
            "rows": tally.rows,
            "written": tally.written,
            "resumed": self.resumed,
            "rows_per_second": round(self.rate, 1),
            "processes": self.processes,
            "peak_megabytes": round(tally.peak / _MEBIBYTE, 1),
            "work": {"read": round(tally.read, 3), "model": round(tally.model, 3), "write": round(tally.wrote, 3)},
            "bad": {"rows": tally.bad, "reasons": dict(tally.reasons), "listed": self.errors},
            "assertions": {
                "violated": dict(tally.violated),
                "blocked": tally.blocked,
                "overridden": tally.overridden,
            },
            "answers": self.answers(),
            "columns": self.columns(),
            "notes": list(self.notes),
        }

    def to_json(self) -> bytes:
        """The text of the file beside the answers."""
        return msgspec.json.format(msgspec.json.encode(self.as_dict()), indent=1) + b"\n"

    def _column(self, name: str, found: ColumnTally) -> dict[str, Any]:
        known = self.expectations.column(name)
        rows = self.rows - self.tally.bad
        told: dict[str, Any] = {
            "missing": _share(found.missing, rows),
            "training_missing": known.missing,
        }
        if found.numbers is None:
            if known.words is not None:
                told |= {"unseen": _share(found.unseen, rows), "unseen_values": dict(found.words)}
        elif found.numbers.count:
            numbers = found.numbers
            told |= {
                "mean": numbers.mean,
                "deviation": numbers.deviation,
                "least": numbers.least,
                "most": numbers.most,
                "training_mean": known.mean,
            }
            if known.low is not None:
                told |= {"outside": _share(found.outside, rows), "training_range": [known.low, known.high]}
        return told

    def _column_notes(self, name: str) -> list[str]:
        found, told = self.tally.columns[name], self._column(name, self.tally.columns[name])
        notes = []
        before = told["training_missing"]
        if told["missing"] > (_MOSTLY if before is None else before + _MORE_MISSING):
            trained = "" if before is None else f", {_percent(before)} in training"
            notes.append(f"{name}: {_percent(told['missing'])} of the rows have no value{trained}")
        if told.get("unseen", 0.0) >= _NOTABLE:
            words = ", ".join(repr(word) for word in list(found.words)[:_SHOWN])
            notes.append(f"{name}: {_percent(told['unseen'])} of the rows have a new category: {words}")
        if told.get("outside", 0.0) >= _NOTABLE:
            low, high = told["training_range"]
            notes.append(
                f"{name}: {_percent(told['outside'])} of the rows lie outside {low:.6g} to {high:.6g}, "
                "the range of training"
            )
        return notes


def _distribution(found: Distribution) -> dict[str, Any]:
    moments = found.moments
    if not moments.count:
        return {"rows": 0}
    quantiles = found.quantiles
    return {
        "rows": moments.count,
        "mean": moments.mean,
        "deviation": moments.deviation,
        "least": moments.least,
        "most": moments.most,
        "quantiles": {str(share): quantiles.at(share) for share in QUANTILES},
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
