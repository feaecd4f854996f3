"""Nouns of the judgement that lie in one JSON file each."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self


class StoredAsJson(ABC):
    """Saves what ``as_dict`` tells, and loads what ``from_dict`` reads.

    The same value always gives the same bytes. Figures that do not exist must be ``None`` in the dict: NaN is no
    JSON, and is refused.
    """

    __slots__ = ()

    FILE: ClassVar[str]
    """The name of the file in the folder of the artifact."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""

    @classmethod
    @abstractmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""

    def save(self, folder: Path) -> None:
        """Write the file into the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / self.FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_dict(json.loads((folder / cls.FILE).read_text(encoding="utf-8")))


class StoredWithoutTime(StoredAsJson):
    """The same of what knows what it took (``spent`` in the dict, or deeper in it): the seconds are not saved.

    Equal answers have equal bytes, however long they took.
    """

    __slots__ = ()

    def save(self, folder: Path) -> None:
        """Write the file into the folder, without the seconds."""
        text = json.dumps(_timeless(self.as_dict()), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / self.FILE).write_text(text, encoding="utf-8")


def _timeless(value: Any) -> Any:
    """Plain values in which whatever was spent took no time."""
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _timeless(one) for name, one in value.items()}
    return {**plain, "spent": {**plain["spent"], "seconds": 0.0}} if "spent" in plain else plain
