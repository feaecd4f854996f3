"""A class of the user's in processes of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from mainspring.core.errors import MainspringError
from mainspring.serving.components.crew import Crew
from mainspring.serving.components.lane import Lane, Letter, LostError
from mainspring.serving.components.node import Described, Errand, Node, Reply
from mainspring.serving.components.options import Component
from mainspring.serving.components.problems import late, lost, refused, unsendable
from mainspring.serving.components.process import ChildProcess

_WAITERS = 8


class ComponentProcess(Node):
    """A class in processes of its own; a context manager. Safe for threads.

    A process that ends fails the calls that it was given, and is started again, after a pause that grows if it
    keeps ending. Meanwhile the others answer; if there is none, a call is refused at once.

    Args:
        component: The class, and how it is run.
        name: What the lines that it writes are logged under, and errors name.

    Example:
        .. code-block:: python

            with ComponentProcess(Component(entry="model.py:Champion")) as champion:
                champion.predict(numpy.zeros((1, 4))).value
    """

    def __init__(self, component: Component, *, name: str = "component") -> None:
        self.component, self.name = component, name
        self._crew = Crew(component, name)
        self._described: Described | None = None
        self._unfinished: set[asyncio.Task[None]] = set()
        # Its own: whoever waits for a class must not keep others from the event loop's threads.
        self._waiters = ThreadPoolExecutor(_WAITERS, thread_name_prefix=f"{name}-waiting")

    @property
    def described(self) -> Described:
        """What is known of the class, once it is started."""
        if self._described is None:
            raise LookupError("the class was not started")
        return self._described

    @property
    def trouble(self) -> str:
        """Why no process answers at the moment; empty if one does."""
        return self._crew.trouble

    @property
    def pids(self) -> list[int]:
        """The process ids of those that answer."""
        return self._crew.pids

    @property
    def restarts(self) -> int:
        """How often a process was started again."""
        return self._crew.restarts

    @property
    def last_words(self) -> str:
        """What a process wrote before it ended the last time. Not for callers: it may show anything."""
        return self._crew.last_words

    def start(self) -> None:
        """Start the processes, and wait until every one of them has loaded the class.

        Raises:
            InputError: If there is no such interpreter.
            UnavailableError: If one cannot.
        """
        self._described = self._crew.start()

    def close(self) -> None:
        """End the processes: those that are answering are given ``stop_seconds`` to finish."""
        self._crew.close()
        self._waiters.shutdown(wait=False, cancel_futures=True)

    def run(self, errand: Errand) -> Reply:
        """Have the class do something.

        Raises:
            InputError: If the class cannot take that, or says that the caller is to blame.
            ModelError: If the class fails.
            DeadlineError: If it takes longer than ``call_seconds``: the process is killed.
            LoadingError: If the process ends meanwhile, or there is none.
            OverloadedError: If none had time within ``call_seconds``.
        """
        return self._call(self._letter(errand))

    async def ask(self, errand: Errand) -> Reply:
        """The same without holding up the event loop, and without a thread if a process is free.

        Raises:
            MainspringError: As :meth:`run`.
        """
        letter = self._letter(errand)
        loop = asyncio.get_running_loop()
        found = self._crew.take_free()
        if found is None:
            return await loop.run_in_executor(self._waiters, self._call, letter)
        process, lane = found
        try:
            lane.send(letter)
            await lane.readable(self.component.call_seconds)
            told = lane.receive()
        except (TimeoutError, LostError) as error:
            raise await loop.run_in_executor(self._waiters, self._failed, process, lane, error) from None
        except asyncio.CancelledError:
            # Whoever asked went away. The class has not, and its answer must not be taken for that to others.
            task = loop.create_task(self._finish(process, lane))
            self._unfinished.add(task)
            task.add_done_callback(self._unfinished.discard)
            raise
        except BaseException:
            self._break_off(process, lane)
            raise
        return self._reply(process, lane, told)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _letter(self, errand: Errand) -> Letter:
        try:
            return Letter.of(errand)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise unsendable(error, self.name) from error

    def _call(self, letter: Letter) -> Reply:
        process, lane = self._crew.take()
        try:
            lane.send(letter)
            told = lane.receive()
        except (TimeoutError, LostError) as error:
            raise self._failed(process, lane, error) from None
        except BaseException:
            self._break_off(process, lane)
            raise
        return self._reply(process, lane, told)

    async def _finish(self, process: ChildProcess, lane: Lane) -> None:
        """Wait for an answer that nobody wants any more."""
        try:
            await lane.readable(self.component.call_seconds)
            lane.receive()
        except (TimeoutError, LostError) as error:
            await asyncio.get_running_loop().run_in_executor(self._waiters, self._failed, process, lane, error)
        except BaseException:
            self._break_off(process, lane)
            raise
        else:
            self._crew.give_back(process, lane)

    def _reply(self, process: ChildProcess, lane: Lane, told: dict[str, Any]) -> Reply:
        self._crew.give_back(process, lane)
        if "error" in told:
            raise refused(str(told["error"]), int(told.get("status", 500)), self.name)
        return Reply(told["value"], told.get("tags") or {}, told.get("metrics") or ())

    def _failed(self, process: ChildProcess, lane: Lane, error: Exception) -> MainspringError:
        lane.close()
        if isinstance(error, TimeoutError):
            seconds = self.component.call_seconds
            process.kill(f"a call took longer than {seconds:g} seconds")
            return late(seconds, self.name)
        return lost(process.lost(), self.name)

    def _break_off(self, process: ChildProcess, lane: Lane) -> None:
        lane.close()
        process.kill("a call was broken off")
