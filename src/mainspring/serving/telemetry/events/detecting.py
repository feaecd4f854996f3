"""Finding what is odd about the rows and answers of one model, many rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mainspring.serving.ports import Answering
from mainspring.serving.ranges import Ranges
from mainspring.serving.telemetry.events.event import EventKind
from mainspring.serving.telemetry.events.options import EventOptions

Columns = Mapping[str, npt.NDArray[Any]]


class Part(NamedTuple):
    """Rows of one call.

    Attributes:
        columns: As they were read, column by column.
        outputs: What the model itself answered.
    """

    columns: Columns
    outputs: Columns


class Found(NamedTuple):
    """Rows that are odd in one way.

    Attributes:
        kind: In which.
        column: In which column.
        rows: Indices of the rows.
        values: What is there, row for row.
        expected: What would not have been odd.
    """

    kind: EventKind
    column: str
    rows: Sequence[int]
    values: Sequence[object]
    expected: str


class Detector:
    """Looks at rows and answers of one version of a model.

    Args:
        model: What answers.
        options: What is looked for.

    Attributes:
        skipped: What cannot be looked for, and why.
    """

    def __init__(self, model: Answering, options: EventOptions) -> None:
        self._confidence = options.confidence
        fields = model.inputs
        self._names = frozenset(field.name for field in fields)
        self._domains = {field.name: frozenset(field.domain) for field in fields if field.domain}
        ranges: Ranges = getattr(model, "ranges", {})
        numbers = [field.name for field in fields if field.datatype in ("FP64", "INT64", "FP32", "INT32")]
        known = [name for name in numbers if name in ranges]
        self._numbers = known
        wide = [(high - low) * options.margin for low, high in (ranges[name] for name in known)]
        self._low = np.array([ranges[name][0] - more for name, more in zip(known, wide, strict=True)])
        self._high = np.array([ranges[name][1] + more for name, more in zip(known, wide, strict=True)])
        self.skipped: dict[str, str] = {}
        if len(known) < len(numbers):
            missing = ", ".join(name for name in numbers if name not in ranges)
            self.skipped["out_of_range"] = f"the package does not know the range in training of {missing}"
        if not self._domains:
            self.skipped["unseen_category"] = "the signature names no categories"
        if not any(field.name == "probabilities" for field in model.outputs):
            self.skipped["low_confidence"] = "the model gives no probabilities"

    def column(self, name: str | None) -> str:
        """The name of a column, if the model has one of this name: others are no labels of metrics."""
        return name if name in self._names else ""

    def find(self, parts: Sequence[Part]) -> Iterator[Found]:
        """What is odd about rows, which are counted through all parts."""
        yield from self._unseen([part.columns for part in parts])
        yield from self._out_of_range([part.columns for part in parts])
        yield from self._unsure(confidences([part.outputs for part in parts]))

    def _unseen(self, parts: Sequence[Columns]) -> Iterator[Found]:
        for name, domain in self._domains.items():
            values = [value for columns in parts for value in columns[name].tolist()]
            if domain.issuperset(values):
                continue
            rows = [row for row, value in enumerate(values) if value is not None and value not in domain]
            if rows:
                expected = f"one of {len(domain)} categories known from training"
                yield Found(EventKind.UNSEEN_CATEGORY, name, rows, [values[row] for row in rows], expected)

    def _out_of_range(self, parts: Sequence[Columns]) -> Iterator[Found]:
        if not self._numbers:
            return
        if max(len(columns[self._numbers[0]]) for columns in parts) > 1:
            arrays = [columns[name] for name in self._numbers for columns in parts]
            table = np.concatenate(arrays).reshape(len(self._numbers), -1)
        else:  # joining thousands of arrays of one number takes longer than reading them
            values = [columns[name].item() for columns in parts for name in self._numbers]
            table = np.array(values).reshape(-1, len(self._numbers)).T
        # Comparisons with NaN, the missing value, are false.
        odd = (table < self._low[:, None]) | (table > self._high[:, None])
        if not odd.any():
            return
        for place in np.flatnonzero(odd.any(axis=1)).tolist():
            rows = np.flatnonzero(odd[place]).tolist()
            expected = f"{self._low[place]:.6g} to {self._high[place]:.6g}, as in training"
            values = table[place, rows].tolist()
            yield Found(EventKind.OUT_OF_RANGE, self._numbers[place], rows, values, expected)

    def _unsure(self, best: npt.NDArray[np.float64] | None) -> Iterator[Found]:
        if best is None:
            return
        rows = np.flatnonzero(best < self._confidence).tolist()
        if rows:
            expected = f"a probability of {self._confidence:g} or more"
            yield Found(EventKind.LOW_CONFIDENCE, "", rows, best[rows].tolist(), expected)


def confidences(outputs: Sequence[Columns]) -> npt.NDArray[np.float64] | None:
    """The probability of the best class, row by row; ``None`` for a model that gives none."""
    found = [part["probabilities"] for part in outputs if "probabilities" in part]
    if len(found) < len(outputs) or any(one.ndim != 2 or not one.size for one in found):
        return None
    best: npt.NDArray[np.float64] = np.concatenate(found).max(axis=1)
    return best
