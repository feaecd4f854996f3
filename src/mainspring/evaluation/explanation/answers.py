"""Explanations as plain values, and those that were given before."""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from mainspring.core.plugins import load as load_plugin
from mainspring.evaluation.explanation.budgets import Spent

REMEMBERED = 1024


class Explained(Protocol):
    """What a method gives for a row: attributions, an anchor, counterfactuals, or a plugin's own noun."""

    @property
    def spent(self) -> Spent:
        """What the model was asked."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One row's explanation.

    Attributes:
        method: The explainer's name of the method.
        found: What the method gave: attributions of this row alone, an anchor, or counterfactuals.
        remembered: Whether it was known already, and the model was not asked.
    """

    method: str
    found: Explained
    remembered: bool = False

    def __str__(self) -> str:
        return str(self.found)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Answer):
            return NotImplemented
        return (self.method, self.found) == (other.method, other.found)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: ``method``, ``type`` (of the artifact), ``text`` and ``data``."""
        kind: str = getattr(self.found, "ARTIFACT_TYPE", type(self.found).__name__)
        return {
            "method": self.method,
            "type": kind,
            "text": str(self.found),
            "remembered": self.remembered,
            "data": _plain(self.found.as_dict()),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            NotFoundError: If no plugin offers an artifact of that type.
        """
        kind = load_plugin("artifact_types", value["type"])
        return cls(method=value["method"], found=kind.from_dict(value["data"]), remembered=value["remembered"])


class Remembered:
    """Explanations given before, the least used forgotten first. Safe for threads.

    Args:
        size: The most that are kept.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> Answer | None:
        """What was given for this question, marked as remembered."""
        with self._lock:
            answer = self._kept.get(key)
            if answer is None:
                return None
            self._kept.move_to_end(key)
        return Answer(method=answer.method, found=answer.found, remembered=True)

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def canonical(value: Any) -> str:
    """Plain values as JSON that is the same for equal values, whatever the order of their names."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """Lists for tuples, and ``None`` for what is no number: JSON has no word for it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
