"""The supervisor: starts the workers, replaces those that die, and gives every order to all of them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import msgspec

from mainspring.core.errors import UnavailableError
from mainspring.serving.orders import Load, Told
from mainspring.serving.workers.messages import Channel, Done, History, Order, Ready, Trouble
from mainspring.serving.workers.notify import notify

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_LASTING_SECONDS = 30.0
_KILL_AFTER = 10.0


Beside: TypeAlias = "Callable[[Supervisor], AbstractAsyncContextManager[None]]"
"""What runs beside the workers, and gives them orders."""


_ARRANGEMENT = "\0"
"""In the history of orders: what changed labels and rollout alone. No version is called so."""


_LOST = 0
"""The number of an answer that nobody gave: the worker ended before."""


class _Worker:
    """One place among the workers: a listening socket, and the process that answers on it now."""

    def __init__(self, index: int, listener: socket.socket) -> None:
        self.index, self.listener = index, listener
        self.process: asyncio.subprocess.Process | None = None
        self.channel: Channel | None = None
        self.ready = asyncio.Event()
        self.url = ""
        self.orders: dict[int, asyncio.Future[Done]] = {}
        self.told: tuple[Order, ...] = ()

    def lost(self) -> None:
        """The process is gone: nothing that was ordered is waited for any longer; its successor catches up."""
        self.ready.clear()
        for waiting in self.orders.values():
            if not waiting.done():
                waiting.set_result(Done(number=_LOST))
        if self.channel is not None:
            self.channel.close()
        self.channel = None


class Supervisor:
    """Runs workers until it is told to stop.

    Args:
        command: What starts a worker. It is given ``--worker``, ``--listener`` and ``--control`` besides, the last
            two as numbers of open files.
        listeners: A bound socket per worker. They stay open here, so that connections which wait for a worker
            that died are answered by the next one.
        grace: Seconds that workers are given to stop.
        started: Called with the URL once every worker answers.
    """

    def __init__(
        self,
        command: Sequence[str],
        listeners: Sequence[socket.socket],
        *,
        grace: float,
        started: Callable[[str], None] | None = None,
    ) -> None:
        self._command, self._grace, self._started = tuple(command), grace, started
        self._workers = [_Worker(index, listener) for index, listener in enumerate(listeners)]
        self._history: dict[tuple[str, str | None], Order] = {}
        self._numbers = itertools.count(1)
        self._ordering = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, beside: Beside | None = None) -> None:
        """Start, watch and at the end stop the workers.

        Args:
            beside: What runs on this event loop as long as they answer, such as what gives them orders.

        Raises:
            UnavailableError: If a worker does not start.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._renew()))
        try:
            await asyncio.gather(*(self._start(worker) for worker in self._workers))
            if self._started is not None:
                self._started(self._workers[0].url)
            notify("READY=1")
            watching = [asyncio.create_task(self._watch(worker)) for worker in self._workers]
            async with contextlib.nullcontext() if beside is None else beside(self):
                await self._stopping.wait()
            for task in watching:
                task.cancel()
        finally:
            notify("STOPPING=1")
            for worker in self._workers:
                worker.listener.close()  # once its process takes no more connections, nobody shall wait for it
            await asyncio.gather(*(self._end(worker) for worker in self._workers))

    async def change(self, loads: Sequence[Load], unloads: Sequence[str] = ()) -> None:
        """Have every worker serve these models so, and stop serving those; all of it or nothing.

        Raises:
            MainspringError: If a model cannot be loaded; then nothing changed.
        """
        orders = [
            Order(number=0, step="load", name=one.name, config=one.config, packages=one.packages) for one in loads
        ]
        async with self._ordering:
            trouble = await self._load(orders)
            if trouble is not None:
                raise trouble.error()
            for name in unloads:
                order = Order(number=0, step="unload", name=name)
                await self._all(order)  # its only trouble is that it is not served
                self._keep(order)

    async def expect(self, names: Sequence[str]) -> None:
        """Tell every worker which models will be served: without them it is not ready."""
        async with self._ordering:
            for name in names:
                await self._all(Order(number=0, step="expect", name=name))

    async def survey(self) -> Sequence[Mapping[str, Told]]:
        """What each worker that answers serves, by name."""
        async with self._ordering:
            return [one.models for one in await self._ask_all(Order(number=0, step="survey", name=""))]

    def _stop(self) -> None:
        if self._stopping.is_set():  # a second signal: at once
            for worker in self._workers:
                self._signal(worker.process, signal.SIGTERM)
        self._stopping.set()

    async def _start(self, worker: _Worker) -> None:
        """Start a process in a worker's place, and wait until it answers."""
        ours, theirs = socket.socketpair()
        listener = worker.listener.fileno()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *("--worker", str(worker.index)),
                *("--listener", str(listener)),
                *("--control", str(theirs.fileno())),
                "--until-stdin-closes",
                stdin=asyncio.subprocess.PIPE,
                pass_fds=(listener, theirs.fileno()),
            )
        worker.process = process
        channel = worker.channel = await Channel.over(ours)
        worker.told = tuple(self._history.values())
        channel.send(History(orders=worker.told))
        self._spawn(self._listen(worker, channel))
        ready, gone = asyncio.create_task(worker.ready.wait()), asyncio.create_task(process.wait())
        await asyncio.wait({ready, gone}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            gone.cancel()
            return
        ready.cancel()
        worker.lost()
        raise UnavailableError(
            f"worker {worker.index} did not start: exit status {gone.result()}",
            expected="a worker that answers; what it wrote to standard error says more",
        )

    async def _watch(self, worker: _Worker) -> None:
        """Replace the process of a worker whenever it ends."""
        pause = _FIRST_PAUSE
        while worker.process is not None:
            began, process = time.monotonic(), worker.process
            status = await process.wait()
            if worker.process is not process:
                continue  # it was replaced on purpose
            worker.lost()
            if time.monotonic() - began > _LASTING_SECONDS:
                pause = _FIRST_PAUSE
            print(
                f"worker {worker.index} ended with status {status}; another one takes its place", file=sys.stderr
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            with contextlib.suppress(UnavailableError):  # then the loop waits for a process that has ended
                await self._start(worker)

    async def _renew(self) -> None:
        """Replace every process by a new one, one after the other; the port answers all the time."""
        for worker in self._workers:
            before, channel = worker.process, worker.channel
            worker.ready.clear()
            try:
                await self._start(worker)
            except UnavailableError as error:
                worker.process, worker.channel = before, channel
                worker.ready.set()
                print(error, file=sys.stderr)
                return
            self._signal(before, signal.SIGTERM)
            if before is not None:
                await before.wait()
            if channel is not None:
                channel.close()

    async def _end(self, worker: _Worker) -> None:
        process = worker.process
        if process is None:
            return
        self._signal(process, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), self._grace + _KILL_AFTER)
        except TimeoutError:
            self._signal(process, signal.SIGKILL)
            await process.wait()
        worker.lost()

    async def _listen(self, worker: _Worker, channel: Channel) -> None:
        while True:
            message = await channel.receive()
            if message is None:
                return
            if isinstance(message, Ready):
                worker.url = message.url
                self._spawn(self._welcome(worker, channel))
            elif isinstance(message, Done):
                waiting = worker.orders.pop(message.number, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            elif isinstance(message, Order):
                self._spawn(self._carry_out(channel, message))

    async def _welcome(self, worker: _Worker, channel: Channel) -> None:
        """Have a worker that answers now follow what was ordered while it started; then it counts as ready."""
        async with self._ordering:
            for order in [one for one in self._history.values() if all(one is not known for known in worker.told)]:
                done = await self._give(worker, order)
                if done.trouble is not None:
                    print(f"worker {worker.index}: {done.trouble.error()}", file=sys.stderr)
            if worker.channel is channel:
                worker.ready.set()

    async def _carry_out(self, channel: Channel, asked: Order) -> None:
        """Give an order that one worker asks for to all of them; in two steps, so that all do or none."""
        asked = msgspec.structs.replace(asked, packages=())
        async with self._ordering:
            if asked.step == "unload":
                trouble = await self._all(asked)
                if trouble is None:
                    self._keep(asked)
            else:
                trouble = await self._load([msgspec.structs.replace(asked, step="load")])
        channel.send(Done(number=asked.number, trouble=trouble))

    async def _load(self, orders: Sequence[Order]) -> Trouble | None:
        """Have all workers load several models; none of the models is served if one of them cannot be."""
        trouble, prepared = None, []
        for order in orders:
            prepared.append(order.name)
            trouble = await self._prepare(msgspec.structs.replace(order, step="prepare"))
            if trouble is not None:
                break
        for name in prepared:
            await self._all(Order(number=0, step="commit" if trouble is None else "abandon", name=name))
        if trouble is None:
            for order in orders:
                self._keep(order)
        return trouble

    async def _prepare(self, order: Order) -> Trouble | None:
        """Have every worker prepare; one that ends over it shall not find the order again when it is replaced."""
        done = await self._ask_all(order)
        troubles = [one.trouble for one in done if one.trouble is not None]
        if not troubles and (not done or any(one.number == _LOST for one in done)):
            found = f"a worker ended while it loaded {order.name}" if done else "no worker answers"
            fix = "try again; the log of the server says more"
            return Trouble(code=UnavailableError.code, found=found, fix=fix)
        return troubles[0] if troubles else None

    def _keep(self, order: Order) -> None:
        """Remember an order for workers that start later; one about a whole model replaces those before it."""
        if not order.loads:
            if order.config is not None:  # how a rollout stands is read from its file
                self._history[order.name, _ARRANGEMENT] = order
            return
        kept = {None} if _is_said(order) else {None, _ARRANGEMENT}
        if order.version is None:
            for key in [key for key in self._history if key[0] == order.name and key[1] not in kept]:
                del self._history[key]
        self._history[order.name, order.version] = order  # in its old place: others may build on the model

    async def _all(self, order: Order) -> Trouble | None:
        """Give an order to every worker that answers; the first trouble that one of them has with it."""
        done = await self._ask_all(order)
        return next((one.trouble for one in done if one.trouble is not None), None)

    async def _ask_all(self, order: Order) -> Sequence[Done]:
        return await asyncio.gather(
            *(self._give(worker, order) for worker in self._workers if worker.ready.is_set())
        )

    async def _give(self, worker: _Worker, order: Order) -> Done:
        if worker.channel is None:
            return Done(number=_LOST)
        number = next(self._numbers)
        answer: asyncio.Future[Done]
        answer = worker.orders[number] = asyncio.get_running_loop().create_future()
        worker.channel.send(msgspec.structs.replace(order, number=number))
        return await answer

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    def _signal(process: asyncio.subprocess.Process | None, number: signal.Signals) -> None:
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)


def _is_said(order: Order) -> bool:
    """Whether an order says labels and rollout itself, or the model is gone."""
    if order.step == "unload":
        return True
    given = msgspec.json.decode(order.config, type=dict[str, msgspec.Raw]) if order.config else {}
    return bool(given.keys() & {"labels", "rollout"})
