"""Dates and times as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from mainspring.core.errors import InputError
from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Moment(Op):
    """Seconds since 1970-01-01T00:00:00 of a date or time in ISO 8601, with parts of a second; NaN where missing.

    A text without an offset is in UTC; a date is its midnight.
    """

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The seconds, float64 ``[n]``.

        Raises:
            InputError: If texts are no dates or times; the first are named.
        """
        import numpy as np

        (words,) = values
        found: dict[str | None, float] = {None: np.nan}
        wrong = []
        for word in words:
            if word not in found:
                try:
                    found[word] = seconds_of(word)
                except ValueError:
                    wrong.append(word)
                    found[word] = np.nan
        if wrong:
            raise InputError(
                f"{self.inputs[0]!r} holds what is no date or time: {', '.join(map(repr, wrong[:10]))}",
                expected="ISO 8601, such as 2024-05-31 or 2024-05-31T18:30:00",
                fix="mend the values, or leave them empty",
            )
        return np.fromiter((found[word] for word in words), dtype=np.float64, count=len(words))


def seconds_of(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 text, in UTC if it has no offset.

    Raises:
        ValueError: If it is no date or time.
    """
    found = datetime.fromisoformat(text.strip())
    since = found.replace(tzinfo=found.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return float(since.days * 86_400 + since.seconds) + since.microseconds / 1e6
