"""The worker's side: it follows the orders of its supervisor, and hands over those that callers give it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.serving.control import LocalControl
from mainspring.serving.orders import Load
from mainspring.serving.repository import Arrangement, Change
from mainspring.serving.workers.messages import Channel, Done, History, Order, Ready, Trouble

_LOG = logging.getLogger(__name__)


class SharedControl:
    """A :class:`mainspring.serving.ports.Control` of all workers: a call becomes an order of the supervisor.

    Args:
        local: Changes what this process serves.
        end: The worker's end of the socket pair.
    """

    def __init__(self, local: LocalControl, end: socket.socket) -> None:
        self._local, self._end = local, end
        self._channel: Channel | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._prepared: dict[str, Change | Arrangement] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(
        self, name: str, *, config: str | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Load a model in every worker; see :class:`mainspring.serving.ports.Control`.

        Raises:
            MainspringError: If a worker cannot: then none of them serves it.
        """
        await self._ask(Order(number=next(self._numbers), step="load", name=name, config=config, files=files))

    async def arrange(self, name: str, *, config: str | None = None) -> None:
        """Give a model other labels or another rollout in every worker; see
        :class:`mainspring.serving.ports.Control`.

        Raises:
            MainspringError: If a worker cannot: then none of them does.
        """
        await self._ask(Order(number=next(self._numbers), step="load", name=name, config=config, loads=False))

    async def unload(self, name: str, *, version: str | None = None) -> None:
        """Stop serving a model in every worker; see :class:`mainspring.serving.ports.Control`.

        Raises:
            NotFoundError: If it is not served.
        """
        await self._ask(Order(number=next(self._numbers), step="unload", name=name, version=version))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Catch up with what was ordered before this worker began, and follow orders from then on."""
        channel = self._channel = await Channel.over(self._end)
        history = await channel.receive()
        if isinstance(history, History):
            for order in history.orders:
                await self._catch_up(order)
        listening = asyncio.create_task(self._listen(channel))
        try:
            yield
        finally:
            listening.cancel()
            channel.close()

    def ready(self, url: str) -> None:
        """Tell the supervisor that this worker answers."""
        if self._channel is not None:
            self._channel.send(Ready(url=url))

    async def _ask(self, order: Order) -> None:
        if self._channel is None:
            raise UnavailableError("the worker is not running yet", fix="ask again in a moment")
        answer = self._asked[order.number] = asyncio.get_running_loop().create_future()
        self._channel.send(order)
        try:
            await answer
        finally:
            del self._asked[order.number]

    async def _listen(self, channel: Channel) -> None:
        while True:
            message = await channel.receive()
            if message is None:
                return
            if isinstance(message, Done):
                self._told(message)
            elif isinstance(message, Order):
                # Not waited for: loading takes long, and the answer to another order may come meanwhile.
                task = asyncio.create_task(self._answer(channel, message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _told(self, done: Done) -> None:
        answer = self._asked.get(done.number)
        if answer is None or answer.done():
            return
        if done.trouble is None:
            answer.set_result(None)
        else:
            answer.set_exception(done.trouble.error())

    async def _answer(self, channel: Channel, order: Order) -> None:
        try:
            await self._follow(order)
        except MainspringError as error:
            channel.send(Done(number=order.number, trouble=Trouble.of(error)))
        else:
            models = self._local.survey() if order.step == "survey" else {}
            channel.send(Done(number=order.number, models=models))

    async def _catch_up(self, order: Order) -> None:
        """Follow an order that was given earlier. What cannot be done any more keeps no worker from starting."""
        try:
            await self._follow(order)
        except MainspringError as error:
            if order.step == "load":  # one to unload is not there, as it should be
                _LOG.warning("model %r cannot be loaded as ordered: %s", order.name, error)
                self._local.expect(order.name)

    async def _follow(self, order: Order) -> None:
        name = order.name
        if order.step == "unload":
            await self._local.unload(name, version=order.version)
        elif order.step == "load" and not order.loads:
            await self._local.arrange(name, config=order.config)
        elif order.step == "prepare" and not order.loads:
            self._prepared[name] = self._local.prepare_arrangement(name, config=order.config)
        elif order.step == "load" and order.packages:
            self._local.commit(await self._local.prepare_said(_said(order)))
        elif order.step == "load":
            await self._local.load(name, config=order.config, files=order.files)
        elif order.step == "prepare" and order.packages:
            self._prepared[name] = await self._local.prepare_said(_said(order))
        elif order.step == "prepare":
            self._prepared[name] = await self._local.prepare(name, config=order.config, files=order.files)
        elif order.step == "expect":
            self._local.expect(name)
        elif name in self._prepared:
            change = self._prepared.pop(name)
            finish = self._local.commit if order.step == "commit" else self._local.abandon
            finish(change)


def _said(order: Order) -> Load:
    return Load(name=order.name, packages=order.packages, config=order.config or "{}")
