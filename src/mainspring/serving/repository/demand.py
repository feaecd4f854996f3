"""Models that are loaded when somebody asks for them, and let go of when others need the room."""

from __future__ import annotations

import time
from collections.abc import Callable

from mainspring.core.errors import NotFoundError
from mainspring.serving.repository.absence import absence
from mainspring.serving.repository.catalogue import Catalogue
from mainspring.serving.repository.index import Index
from mainspring.serving.repository.options import ModelOptions, RepositoryOptions
from mainspring.serving.repository.porter import Porter
from mainspring.serving.repository.room import too_much
from mainspring.serving.repository.shelf import Shelves


class Demand:
    """Loads what is asked for. Used on the thread of the event loop.

    Args:
        catalogue: What lies in the sources.
        shelves: What is loaded.
        index: What is under way.
        porter: Loads and lets go.
        options: How each model is served.
        settings: Whether models are loaded on demand at all, and how many there may be.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        shelves: Shelves,
        index: Index,
        porter: Porter,
        *,
        options: Callable[[str], ModelOptions],
        settings: RepositoryOptions,
    ) -> None:
        self._catalogue, self._shelves, self._index, self._porter = catalogue, shelves, index, porter
        self._options, self._settings = options, settings

    def may_load(self, name: str, version: str = "") -> bool:
        """Whether a model, or that version of it, can be loaded when it is asked for."""
        return self._settings.on_demand and self._catalogue.has(name, version)

    def version_of(self, name: str, label: str) -> str:
        """The version that a label stands for and that can be loaded; empty if there is none."""
        return self._options(name).labels.get(label, "") if self._settings.on_demand else ""

    async def fetch(self, name: str, version: str = "") -> None:
        """Load a version of a model, or those that its options choose, beside what is loaded.

        Raises:
            NotFoundError: If it does not lie in the repository.
            MainspringError: If it cannot be loaded.
        """
        options, packages = self._options(name), self._catalogue.by_name().get(name, [])
        chosen = (
            [at for at in packages if at.version == version]
            if version
            else self._catalogue.chosen(packages, options)
        )
        if not chosen:
            if not self.may_load(name, version):
                raise absence(name, version, self._shelves, self._index)
            raise NotFoundError(f"model {name!r} is not in the repository")
        loaded = await self._porter.load_each(chosen, options)
        shelf = self._shelves.get(name)
        kept = {**({} if shelf is None else shelf.versions), **loaded}
        self._shelves.fill(name, kept, {key: one for key, one in options.labels.items() if one in kept})
        for served in loaded.values():
            served.used = time.perf_counter()

    def make_room(self) -> list[str]:
        """Let go of what was not used for longest, as far as there is too much; gives the models that are gone."""
        if not self._settings.on_demand:
            return []
        gone = too_much(self._shelves.served(), self._settings)
        for served in gone:
            self._shelves.take(served.name, served.version)
            self._porter.retire([served])
        return [name for name in dict.fromkeys(one.name for one in gone) if name not in self._shelves]
