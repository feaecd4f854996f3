"""Brings versions of models in and takes them out again, and keeps the index up to date about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from mainspring.core.errors import MainspringError
from mainspring.serving.repository.index import Index
from mainspring.serving.repository.loading import Loader
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import PackageAt
from mainspring.serving.served import Served


class Porter:
    """Loads versions and lets go of them. Used on the thread of the event loop.

    Args:
        loader: Does the work; ``None`` if nothing is to be loaded here, and nothing let go of.
        index: Told of everything that is under way.
    """

    def __init__(self, loader: Loader | None, index: Index) -> None:
        self._loader, self._index = loader, index
        self._retiring: set[asyncio.Task[None]] = set()

    def load_now(self, at: PackageAt, options: ModelOptions) -> Served:
        """Load a version in this thread, before anything is answered.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        return self._needed().load(at, options)

    async def load_each(self, packages: Iterable[PackageAt], options: ModelOptions) -> dict[str, Served]:
        """Load several versions; if one of them cannot be, the others are let go of again.

        Raises:
            MainspringError: If one cannot be loaded.
        """
        loaded: dict[str, Served] = {}
        try:
            for at in packages:
                loaded[at.version] = await self._load_aside(at, options)
        except BaseException:
            self.retire(loaded.values())
            raise
        return loaded

    def retire(self, gone: Iterable[Served]) -> None:
        """Let go of versions once nothing is in flight there."""
        for served in gone:
            self._index.note_leaving(served)
            try:
                task = asyncio.get_running_loop().create_task(self._let_go(served))
            except RuntimeError:  # no loop yet: nothing is in flight
                served.model.close()
                self._index.note_gone(served)
                continue
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def close(self) -> None:
        """Begin nothing more."""
        if self._loader is not None:
            self._loader.close()

    async def _load_aside(self, at: PackageAt, options: ModelOptions) -> Served:
        self._index.note_loading(at)
        try:
            served = await self._needed().load_aside(at, options)
        except MainspringError as error:
            self._index.note_failed([at], error)
            raise
        self._index.note_loaded(at.name, at.version)
        return served

    async def _let_go(self, served: Served) -> None:
        await self._needed().retire(served)
        self._index.note_gone(served)

    def _needed(self) -> Loader:
        if self._loader is None:
            raise LookupError("this repository holds loaded models only")
        return self._loader
