"""The loaded versions of one model, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field

from mainspring.serving.repository.versions import order
from mainspring.serving.served import Served


@dataclass(slots=True)
class Shelf:
    """The loaded versions of one model.

    Attributes:
        versions: By version, growing.
        labels: Versions by label.
        newest: What answers if no version is asked for.
    """

    versions: dict[str, Served]
    labels: dict[str, str] = field(default_factory=dict)
    newest: Served = field(init=False)

    def __post_init__(self) -> None:
        self.versions = dict(sorted(self.versions.items(), key=lambda item: order(item[0])))
        self.newest = next(reversed(self.versions.values()))
