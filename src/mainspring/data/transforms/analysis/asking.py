"""Requests: what an op needs to know of all training rows, before it is known.

A request names the values that it looks at, the summary that a full pass keeps of them, and the answer that it
reads from the summary of all rows. Requests for the same summary of the same values share one.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from mainspring.data.transforms.analysis.summaries import Moments

LABEL: Final = "label of the row\0"
"""The name of the value that holds the label as a number."""
FOLDS: Final = "fold of the row \0"
"""The name of the value that holds the fold of a row starts so: see :func:`fold_name`."""


def fold_name(folds: int, columns: tuple[str, ...]) -> str:
    """The name of the value that holds the fold of a row, as the columns decide it."""
    return FOLDS + json.dumps([folds, *columns])


def folds_in(name: str) -> tuple[int, tuple[str, ...]]:
    """How many folds there are and which columns decide, from the name of the value."""
    folds, *columns = json.loads(name.removeprefix(FOLDS))
    return folds, tuple(columns)


@dataclass(frozen=True, slots=True)
class Request(ABC):
    """What is asked of all training rows.

    Attributes:
        of: Names of the values that are looked at.
        SUMMARY: What a pass keeps of them.
    """

    of: tuple[str, ...]

    SUMMARY: ClassVar[type[Any]] = Moments

    @abstractmethod
    def answer(self, summary: Any) -> Any:
        """The constant, from the summary of all rows."""
