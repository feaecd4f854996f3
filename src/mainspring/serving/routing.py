"""The rollouts of a server's process, put together: what chooses, what learns, and what decides how they go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from mainspring.core.clock import Clock, now
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.feedback import FeedbackDoor
from mainspring.serving.feedback.ports import Learner
from mainspring.serving.graphs.bandits import GraphBandits
from mainspring.serving.repeating import repeated
from mainspring.serving.repository import Repository
from mainspring.serving.rollout.ports import Counting
from mainspring.serving.rollout.rollouts import Rollouts
from mainspring.serving.rollout.shadow.asking import Redact
from mainspring.serving.rollout.standing import StateFolder

STATE = "state"
"""The folder in that of the payload log where rollouts keep how they stand, unless the options say another."""

ROLLOUTS = "rollouts"
LOOK_SECONDS = 0.25


def state_folder(options: ServerOptions, run_folder: Path | None = None) -> Path | None:
    """Where is kept what outlives the server; without a log and a setting, what its processes share.

    Args:
        options: Of the server.
        run_folder: What its processes share.

    Returns:
        ``None`` for a process of its own that keeps nothing.
    """
    if options.state:
        return Path(options.state)
    if options.payloads.folder:
        return Path(options.payloads.folder) / STATE
    return None if run_folder is None else run_folder / STATE


class Learners(Mapping[str, Learner]):
    """Who learns from feedback, by the name of the router: rollouts, and others.

    Args:
        rollouts: By model.

    Attributes:
        others: Such as nodes of graphs, ``graph/node``; whoever decides puts itself in.
    """

    def __init__(self, rollouts: Mapping[str, Learner]) -> None:
        self._rollouts = rollouts
        self.others: dict[str, Learner] = {}

    def __getitem__(self, router: str) -> Learner:
        found = self._rollouts.get(router)
        return self.others[router] if found is None else found

    def __iter__(self) -> Iterator[str]:
        yield from self._rollouts
        yield from self.others

    def __len__(self) -> int:
        return len(self._rollouts) + len(self.others)


class Routing:
    """The rollouts of one process. For the thread of its event loop.

    Args:
        models: What it serves; its models are followed from now on.
        folder: Where is kept what outlives the server; ``None`` for a folder that ends with it.
        counting: Counts what rollouts do.
        redact: Takes out of the examples of a shadow what must not be kept.

    Attributes:
        rollouts: By model.
        learners: Who learns from feedback.
    """

    def __init__(
        self,
        models: Repository,
        folder: Path | None,
        *,
        counting: Counting | None = None,
        redact: Redact | None = None,
        clock: Clock = now,
    ) -> None:
        self._models = models
        state = StateFolder(None if folder is None else folder / ROLLOUTS)
        self.rollouts = Rollouts(
            state,
            relabel=models.relabel,
            again=self._changed,
            counting=counting,
            redact=redact,
            clock=clock,
        )
        self.learners = Learners(self.rollouts)
        self._graphs = GraphBandits(models, state, self.learners.others)
        models.watch(self._changed)

    @asynccontextmanager
    async def running(self, door: FeedbackDoor) -> AsyncIterator[None]:
        """Bring feedback to those who learn from it, also what came before its request was in the log."""

        async def look() -> None:
            if door.waits:
                await asyncio.to_thread(door.look_again)

        try:
            async with repeated(look, seconds=LOOK_SECONDS, complaint="feedback could not be looked at again"):
                yield
        finally:
            self.rollouts.close()
            self._graphs.close()
            self.rollouts.state.close()

    def _changed(self, model: str) -> None:
        options = self._models.options(model)
        shelf = self._models.shelf(model)
        self.rollouts.refresh(model, options.rollout, shelf, options.labels)
        self._graphs.follow(model, None if shelf is None else shelf.versions)
