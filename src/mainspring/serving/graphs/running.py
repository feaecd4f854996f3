"""One request on its way through a graph: what was asked, what was answered, and what went wrong.

A walk is demand-driven: whoever is asked asks the nodes that it reads, and a router only the branch that it chose.
The steps are written once, as coroutines. :class:`Walk` drives them here and now, and none of them ever waits;
:class:`TaskWalk` runs those that need nothing of each other at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.call import Call
from mainspring.serving.graphs.parting import Answer, PartedError, joined, rows_of
from mainspring.serving.graphs.plan import UNASKED, Plan, Record, Step, Unasked
from mainspring.serving.limits import in_time, within
from mainspring.serving.limits.deadlines import earlier
from mainspring.serving.prediction import Inputs
from mainspring.serving.problems import DeadlineError, NoAnswerError
from mainspring.serving.quickness import FEW_ROWS
from mainspring.serving.served import Served
from mainspring.serving.visit import Visit
from mainspring.serving.walking import Work, walking

_Value = TypeVar("_Value")
_clock = time.perf_counter
_NONE: Mapping[int, str] = {}
_NODE = "node "


class Walk:
    """A request on its way, which waits for nothing.

    Args:
        plan: The graph.
        call: The request.
        request: What was asked.
        record: What is kept of it.
        prefix: The path of the node that the graph is within, with a slash.
        deadline: When the answer is of no use any more, by ``time.perf_counter``.

    Attributes:
        values: What nodes answered, by place; ``None`` for no answer. The last one is the request.
        versions: The versions that answered, by place, where a rollout chose another than that of the plan.
        choices: The branch that a switch chose for these rows, by its place.
        rows: The numbers of the rows in the request; ``None`` for all of them.
    """

    __slots__ = ("call", "choices", "deadline", "plan", "prefix", "record", "rows", "steps", "values", "versions")

    def __init__(
        self,
        plan: Plan,
        call: Call,
        request: Answer,
        record: Record,
        *,
        prefix: str = "",
        deadline: float | None = None,
    ) -> None:
        self.plan, self.steps, self.call, self.record = plan, plan.steps, call, record
        self.prefix, self.deadline = prefix, deadline
        self.values: list[Answer | Unasked | None] = [UNASKED] * len(plan.steps)
        self.values.append(request)
        self.choices: dict[int, int] = {}
        self.rows: npt.NDArray[np.intp] | None = None
        self.versions: Mapping[int, str] = _NONE

    async def answer(self) -> Answer | None:
        """What the graph answers; ``None`` if its answering node has no answer.

        Raises:
            MainspringError: If a node fails that the answer depends on.
        """
        first, *others = await self.ends()
        for place, answer in zip(self.plan.also, others, strict=True):
            if answer is not None:
                self._tell(self.plan.names[place], answer)
        return first

    async def ends(self) -> list[Answer | None]:
        """What the answering node answers, and those that are run besides."""
        plan = self.plan
        try:
            if not plan.also:
                return [await self.ask(plan.answers)]
            await self.ask_all((plan.answers, *plan.also))
        except PartedError as parting:
            return await self._in_parts(parting.groups)
        return [self.known(place) for place in (plan.answers, *plan.also)]

    def known(self, place: int) -> Answer | None:
        """What a node answered that was asked before."""
        value = self.values[place]
        return None if isinstance(value, Unasked) else value

    async def ask(self, place: int) -> Answer | None:
        """What a node answers, asked now if it was not before."""
        value = self.values[place]
        if value is not UNASKED:
            return self.known(place)
        step = self.steps[place]
        for other in step.needs:
            if self.values[other] is UNASKED:
                await self.ask(other)
        return await self.visit(place, step)

    async def ask_all(self, places: Sequence[int]) -> None:
        """Ask several nodes."""
        for place in places:
            await self.ask(place)

    async def visit(self, place: int, step: Step) -> Answer | None:
        """Have a node answer; those that it reads have been asked."""
        began = _clock()
        if self.deadline is not None and began >= self.deadline:
            in_time(self.deadline, self.call.arrived)
        try:
            if step.gate is not None and not step.gate.opens(self):
                answer = None
            elif step.timeout is None:
                answer = await step.answer(self)
            else:
                answer = await self.hurried(step, began + step.timeout, began)
        except PartedError:
            raise
        except NoAnswerError:  # of a graph that is a member, here or elsewhere
            answer = None
        except Exception as error:  # noqa: BLE001  whatever a node does, the graph may go on without it
            self._note(step, began, f"{type(error).__name__}: {error}")
            if not step.soft:
                raise named(error, self.prefix + step.name) from error.__cause__
            self.record.tags[f"{self.prefix}{step.name}.error"] = _short(error)
            answer = None
        else:
            if answer is not None:
                self._note(step, began, "")
        self.values[place] = answer
        return answer

    async def hurried(self, step: Step, until: float, began: float) -> Answer | None:
        """What a node answers, if it does so in time."""
        answer = await step.answer(self)
        in_time(until, began)
        return answer

    async def compute(
        self, served: Served, inputs: Inputs, step: Step
    ) -> tuple[Mapping[str, npt.NDArray[Any]], Served]:
        """What a member gives, and which version of it that was."""
        if not served.walks:
            return served.model.compute(inputs), served
        part = part_of(self.call, served, self.deadline)
        try:
            return walking(served).walk_now(part, inputs), served
        except MainspringError as error:
            raise within_node(error, self.prefix + step.name) from error.__cause__
        finally:
            self.take(part, step)

    def take(self, part: Call, step: Step) -> None:
        """Take over what a graph that is a member tells of its nodes."""
        for visit in part.visits:
            visit.node = f"{self.prefix}{step.name}/{visit.node}"
            self.record.visits.append(visit)
        self.record.decisions += part.decisions
        if part.version and part.version != step.version:
            self.versions = {**self.versions, step.place: part.version}

    async def within(self, plan: Plan, request: Answer, step: Step) -> Answer | None:
        """What a graph within the graph answers."""
        return await self.inner(plan, request, step).answer()

    def inner(self, plan: Plan, request: Answer, step: Step) -> Walk:
        """The same request on its way through a graph within the graph."""
        deadline = self.deadline if step.timeout is None else earlier(self.deadline, _clock() + step.timeout)
        prefix = f"{self.prefix}{step.name}/"
        walk = type(self)(plan, self.call, request, self.record, prefix=prefix, deadline=deadline)
        walk.rows = self.rows
        return walk

    def part(self, rows: npt.NDArray[np.intp]) -> Walk:
        """The same request for some of its rows: what is known already is not asked again."""
        record = self.record.apart()
        of = type(self)(self.plan, self.call, self._request(), record, prefix=self.prefix, deadline=self.deadline)
        of.rows = rows if self.rows is None else self.rows[rows]
        count = self._request().rows
        of.values = [one.part(rows, count) if isinstance(one, Answer) else one for one in self.values]
        of.choices = dict(self.choices)
        return of

    def _request(self) -> Answer:
        request = self.values[-1]
        if not isinstance(request, Answer):
            raise LookupError("a walk has a request")
        return request

    async def _in_parts(self, groups: Sequence[npt.NDArray[np.intp]]) -> list[Answer | None]:
        """The answers to rows that go different ways, put together again."""
        walks = [self.part(rows) for rows in groups]
        parts = [await walk.answer() for walk in walks]
        for walk, answer in zip(walks, parts, strict=True):
            if answer is None and walk.rows is not None and any(one is not None for one in parts):
                raise NotFoundError(
                    f"there is an answer for some rows only: none for {rows_of(walk.rows)}",
                    expected="a way for every row",
                    where=f"node {self.prefix}{self.plan.names[self.plan.answers]}",
                )
        rows = self._request().rows
        self.record.join([(walk.record, group) for walk, group in zip(walks, groups, strict=True)], rows)
        # What is run besides was told of for every part of the rows.
        return [_whole(parts, groups), *[None] * len(self.plan.also)]

    def _tell(self, name: str, answer: Answer) -> None:
        for output, values in answer.columns.items():
            self.record.told[f"{self.prefix}{name}.{output}"] = values.tolist()

    def _note(self, step: Step, began: float, error: str) -> None:
        version = self.versions.get(step.place, step.version) if self.versions else step.version
        visit = Visit(self.prefix + step.name, step.model, version, began, _clock() - began, error)
        self.record.visits.append(visit)


class TaskWalk(Walk):
    """A request on its way, in tasks: nodes that need nothing of each other work at once.

    Attributes:
        work: Has members answer.
        tasks: What is under way; none of it outlives the walk.
    """

    __slots__ = ("_asked", "tasks", "work")

    work: Work

    def __init__(
        self,
        plan: Plan,
        call: Call,
        request: Answer,
        record: Record,
        *,
        prefix: str = "",
        deadline: float | None = None,
    ) -> None:
        super().__init__(plan, call, request, record, prefix=prefix, deadline=deadline)
        self.tasks: set[asyncio.Task[Answer | None]] = set()
        self._asked: dict[int, asyncio.Task[Answer | None]] = {}

    async def ends(self) -> list[Answer | None]:
        """What the answering node answers, and those that are run besides; nothing is under way afterwards."""
        try:
            return await super().ends()
        finally:
            await self._let_go()

    async def ask(self, place: int) -> Answer | None:
        """What a node answers, asked now if it was not before."""
        if self.values[place] is not UNASKED:
            return self.known(place)
        if not self.plan.shared[place]:
            return await self._ask(place)
        # Several may wait for it, and one that gives up must not take it from the others.
        task = self._asked.get(place)
        if task is None:
            task = self._asked[place] = self._begin(place)
        return await asyncio.shield(task)

    async def ask_all(self, places: Sequence[int]) -> None:
        """Ask several nodes at once."""
        waiting = [place for place in places if self.values[place] is UNASKED]
        if len(waiting) == 1:
            await self.ask(waiting[0])
        elif waiting:
            await asyncio.gather(*[self._track(self.ask(place)) for place in waiting])

    async def hurried(self, step: Step, until: float, began: float) -> Answer | None:
        """What a node answers, if it does so in time; it is let go of otherwise."""
        return await within(until, began, step.answer(self))

    async def compute(
        self, served: Served, inputs: Inputs, step: Step
    ) -> tuple[Mapping[str, npt.NDArray[Any]], Served]:
        """What a member gives: through its rollout, limits, cache and batches, in a thread, or at once."""
        model = served.model
        if model.quick and served.plain and not step.managed and not served.walks and inputs.rows <= FEW_ROWS:
            return model.compute(inputs), served
        deadline = self.deadline if step.timeout is None else earlier(self.deadline, _clock() + step.timeout)
        part = part_of(self.call, served, deadline)
        if step.managed and step.free:
            part.version = ""
        try:
            computed = await self.work.part(part, inputs)
        except MainspringError as error:
            if not served.walks:
                raise
            raise within_node(error, self.prefix + step.name) from error.__cause__
        finally:
            self.take(part, step)
        return computed.outputs, part.served or served

    def inner(self, plan: Plan, request: Answer, step: Step) -> TaskWalk:
        """The same request on its way through a graph within the graph."""
        found = super().inner(plan, request, step)
        if not isinstance(found, TaskWalk):
            raise LookupError("a walk gives walks of its kind")
        found.work = self.work
        return found

    def part(self, rows: npt.NDArray[np.intp]) -> TaskWalk:
        """The same request for some of its rows."""
        found = super().part(rows)
        if not isinstance(found, TaskWalk):
            raise LookupError("a walk gives walks of its kind")
        found.work = self.work
        return found

    async def _in_parts(self, groups: Sequence[npt.NDArray[np.intp]]) -> list[Answer | None]:
        await self._let_go()  # what is under way for all rows goes on for some of them
        return await super()._in_parts(groups)

    async def _ask(self, place: int) -> Answer | None:
        step = self.steps[place]
        if step.needs:
            await self.ask_all(step.needs)
        return await self.visit(place, step)

    def _begin(self, place: int) -> asyncio.Task[Answer | None]:
        return self._track(self._ask(place))

    def _track(self, work: Coroutine[Any, Any, Answer | None]) -> asyncio.Task[Answer | None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        return task

    async def _let_go(self) -> None:
        tasks, self.tasks = self.tasks, set()
        self._asked = {}
        left = [task for task in tasks if not task.done()]
        for task in tasks:
            task.add_done_callback(_seen)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)


def part_of(call: Call, served: Served, deadline: float | None) -> Call:
    """The part of a request that a member answers, as a request of its own."""
    return Call(
        call.protocol,
        served.name,
        served.version,
        id=call.id,
        time=call.time,
        arrived=call.arrived,
        began=call.began,
        headers=call.headers,
        peer=call.peer,
        caller=call.caller,
        trace=call.trace,
        deadline=deadline,
        priority=call.priority,
        served=served,
        made_up=call.made_up,
    )


def at_once(work: Coroutine[Any, Any, _Value]) -> _Value:
    """What a coroutine gives that waits for nothing.

    Raises:
        LookupError: If it does wait.
    """
    try:
        work.send(None)
    except StopIteration as done:
        value: _Value = done.value
        return value
    work.close()
    raise LookupError("a node of a quick graph waits for something")


def named(error: Exception, path: str) -> Exception:
    """The same error, with the node at which it happened."""
    if isinstance(error, MainspringError) and not (error.where or "").startswith(_NODE):
        return _at(error, f"{_NODE}{path}" + (f", {error.where}" if error.where else ""))
    return error


def within_node(error: MainspringError, path: str) -> MainspringError:
    """The same error of a graph that is a member, with the path that its node has in the graph that asks it."""
    where = error.where or ""
    return _at(error, f"{_NODE}{path}/{where[len(_NODE) :]}") if where.startswith(_NODE) else error


def _at(error: MainspringError, where: str) -> MainspringError:
    """A copy of an error: several requests may have been told of the same, each on its own way."""
    found = type(error).__new__(type(error), *error.args)
    found.__dict__.update(error.__dict__, where=where)
    return found.with_traceback(error.__traceback__)


def _whole(parts: Sequence[Answer | None], groups: Sequence[npt.NDArray[np.intp]]) -> Answer | None:
    """One answer of those to parts of the rows; ``None`` if one is not there."""
    there = [one for one in parts if one is not None]
    return joined(there, groups) if len(there) == len(parts) else None


def _seen(task: asyncio.Task[Answer | None]) -> None:
    """Whoever asked has the error of a task; nobody else will look at it."""
    if not task.cancelled():
        task.exception()


def _short(error: Exception) -> str:
    if isinstance(error, DeadlineError):
        return "late"
    return error.found if isinstance(error, MainspringError) else f"{type(error).__name__}: {error}"
