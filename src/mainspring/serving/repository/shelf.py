"""The loaded versions of models, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


class Shelves(dict[str, Shelf]):
    """The loaded versions of all models, by the name of the model. A dictionary, so that a look costs nothing.

    Attributes:
        told: Called with the name of a model whenever its shelf is another one, or gone.
    """

    told: Callable[[str], None] = staticmethod(lambda _: None)

    def served(self) -> Iterator[Served]:
        """Every version of every model."""
        return (served for shelf in self.values() for served in shelf.versions.values())

    def fill(self, name: str, versions: Mapping[str, Served], labels: Mapping[str, str]) -> None:
        """Put these versions where others of the model were."""
        self[name] = Shelf(dict(versions), dict(labels))
        self.told(name)

    def take(self, name: str, version: str) -> Served:
        """Take a version away, and the labels that stand for it; with the last one the shelf goes too."""
        shelf = self[name]
        served = shelf.versions[version]
        kept = {key: one for key, one in shelf.versions.items() if key != version}
        if kept:
            self.fill(name, kept, {label: one for label, one in shelf.labels.items() if one != version})
        else:
            self.clear_of(name)
        return served

    def clear_of(self, name: str) -> Shelf:
        """Take all versions of a model away."""
        shelf = self.pop(name)
        self.told(name)
        return shelf
