"""The model that answers now: one that is replaced between two batches when its alias moves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from mainspring.core.errors import MainspringError
from mainspring.models.package import Package
from mainspring.serving.predictor import Predictor

_LOG = logging.getLogger(__name__)

EVERY: Final = 2.0
"""Seconds between two looks at an alias."""

Resolve = Callable[[], "tuple[str, str, str, Callable[[], Package]]"]
"""Gives name, version and digest of what is meant now, and a way to get its package. May raise."""


class Current:
    """The model that answers now.

    Args:
        resolve: Says what is meant now. Called in a thread.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._digest = ""
        self._model: Predictor | None = None
        self.reloads = 0
        """How often the model was replaced."""

    @property
    def model(self) -> Predictor:
        """The model; it is loaded on first use."""
        if self._model is None:
            self.load()
        if self._model is None:
            raise MainspringError("there is no model")
        return self._model

    def load(self) -> bool:
        """Load what is meant now, if it is another model than before; gives whether it is.

        Raises:
            MainspringError: If it cannot be found, loaded, or does not answer its own example.
        """
        name, version, digest, fetch = self._resolve()
        if digest == self._digest:
            return False
        package = fetch()
        made = Predictor(package, name=name, version=version)
        made.warm(package.input_example)
        replaced = self._model is not None
        self._model, self._digest = made, digest
        self.reloads += replaced
        return replaced

    async def follow(self, stop: Callable[[], Awaitable[object]], *, every: float = EVERY) -> None:
        """Look again and again, until told to stop. What cannot be loaded is left for the next look.

        Args:
            stop: Waits until the end.
            every: Seconds between two looks.
        """
        ending = asyncio.ensure_future(stop())
        while True:
            done, _ = await asyncio.wait({ending}, timeout=every)
            if done:
                return
            try:
                if await asyncio.to_thread(self.load):
                    _LOG.info("answering with %s %s from now on", self.model.name, self.model.version)
            except MainspringError as error:
                _LOG.warning("the model is not replaced: %s", error)
