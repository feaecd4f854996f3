"""Looking at the sources again and again: what lies there now, and what of it is new and whole."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mainspring.serving.repository.catalogue import Catalogue
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import PackageAt

Prints: TypeAlias = Mapping[tuple[str, str], str]
"""What the files of packages look like, by name and version."""


@dataclass(frozen=True, slots=True)
class Look:
    """What lies in the sources at one moment.

    Attributes:
        packages: By model.
        prints: What the files of each look like.
        stable: Those that look as they did the last time.
    """

    packages: Mapping[str, Sequence[PackageAt]]
    prints: Prints
    stable: frozenset[tuple[str, str]]


class Polling:
    """Remembers what the sources looked like. Used on the thread of the event loop.

    Args:
        catalogue: What lies in them.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._seen: Prints = {}
        self._broken: dict[str, Prints] = {}

    def begin(self) -> None:
        """Take what lies there now for whole: the next look tells only what changed."""
        self._seen = self._catalogue.fingerprints()

    async def look(self) -> Look:
        """What lies there now.

        Raises:
            UnavailableError: If a source cannot be read.
            ConflictError: If two packages have the same name and version.
        """
        packages, found = await asyncio.get_running_loop().run_in_executor(None, self._catalogue.look)
        stable = frozenset(key for key, print_ in found.items() if self._seen.get(key) == print_)
        self._seen = found
        return Look(packages, found, stable)

    def news(self, look: Look, name: str, options: ModelOptions, loaded: Prints) -> Prints | None:
        """What of a model should be loaded anew; ``None`` if there is nothing new, or it is not all there yet.

        Args:
            look: What was seen.
            name: The model.
            options: How it is served.
            loaded: What its versions looked like when they were loaded.
        """
        chosen = {(name, at.version) for at in self._catalogue.chosen(look.packages[name], options)}
        wanted = {key: look.prints[key] for key in chosen & look.prints.keys()}
        # What changed since the last look may still be written; what failed fails until it is written anew.
        if chosen <= look.stable and wanted != loaded and self._broken.get(name) != wanted:
            return wanted
        return None

    def note_broken(self, name: str, wanted: Prints) -> None:
        """A model could not be loaded as it lies there: it is not tried again before it is written anew."""
        self._broken[name] = wanted
