"""Nodes that are other methods of a class than ``predict``: transformers, routers, combiners of Seldon's contract.

Specification: https://docs.seldon.io/projects/seldon-core/en/v1.17.1/python/python_component.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from mainspring.models.signature import Field
from mainspring.serving.components.answers import array_of, outputs_of
from mainspring.serving.components.model import ComponentModel
from mainspring.serving.components.node import How, Reply
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Step, Way
from mainspring.serving.graphs.routing import RouterStep
from mainspring.serving.graphs.wires import Loose
from mainspring.serving.predictor import ModelError
from mainspring.serving.served import Served

ALL, NONE = -1, -2
"""What a class answers to ``route`` besides the number of a branch: all of them, or none, and the request itself
is the answer."""


@runtime_checkable
class Waits(Protocol):
    """A class in processes of its own, which can be asked without a thread that waits."""

    async def ask(
        self,
        do: str,
        value: Any = None,
        *,
        how: How = "value",
        names: Sequence[Any] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Reply:
        """What ``call`` gives."""
        ...


@dataclass(slots=True, kw_only=True)
class MethodStep(Step):
    """A method of a class, asked of what the node reads.

    Attributes:
        served: The class.
        method: The method.
        feed: What it reads.
        declared: What it promises; empty for nothing.
    """

    served: Served
    method: str
    feed: Loose
    declared: tuple[Field, ...] = ()

    async def answer(self, way: Way) -> Answer | None:
        """What the class answers.

        Raises:
            MainspringError: If it fails.
        """
        read = self.feed.gathered(way)
        if read is None:
            return None
        reply = await ask(way, self.served, self.method, read)
        return _answered(reply, self, read.rows, self.declared)


@dataclass(slots=True, kw_only=True)
class AggregateStep(Step):
    """The ``aggregate`` of a class: one answer of several.

    Attributes:
        served: The class.
        sources: The nodes, and the output of each (empty for all).
    """

    served: Served
    sources: tuple[tuple[int, str, str], ...]

    async def answer(self, way: Way) -> Answer | None:
        """One answer; ``None`` if one of those is not there that it is made of.

        Raises:
            MainspringError: If the class fails.
        """
        parts: list[Answer] = []
        for place, output, _ in self.sources:
            part = way.known(place)
            if part is None and not self.soft:
                return None
            if part is not None:
                parts.append(Answer({output: part.columns[output]}, part.rows) if output else part)
        return await aggregated(way, self, self.served, parts)


@dataclass(slots=True, kw_only=True)
class RouteStep(RouterStep):
    """The ``route`` of a class: it chooses among the branches.

    Attributes:
        served: The class.
        feed: What it reads.
    """

    served: Served
    feed: Loose

    async def answer(self, way: Way) -> Answer | None:
        """What the branch answers that the class chose; what all of them do, made one; or what it reads itself.

        Raises:
            ModelError: If there is no such branch.
            MainspringError: If the class fails.
        """
        read = self.feed.gathered(way)
        if read is None:
            return None
        chosen = self.chosen(way)
        if chosen is None:
            chosen = (await ask(way, self.served, "route", read)).value
            self._check(chosen)
            if chosen >= 0:
                self.decide(way, chosen, 1.0, "route")
            else:
                self.note(way, "all" if chosen == ALL else "none", chosen)
        if chosen == NONE:
            return read
        if chosen != ALL:
            return await self.follow(way, chosen)
        await way.ask_all(self.branches)
        parts = [part for part in map(way.known, self.branches) if part is not None]
        return await aggregated(way, self, self.served, parts) if parts else None

    def _check(self, chosen: int) -> None:
        if not NONE <= chosen < len(self.branches):
            raise ModelError(
                f"the class routes to branch {chosen}, and the node has {len(self.branches)}",
                expected=f"a number from 0 to {len(self.branches) - 1}, -1 for all, or -2 for none",
                where=f"{self.model} {self.version}",
            )


async def ask(way: Way, served: Served, method: str, read: Answer) -> Reply:
    """What a method of a class gives for what a node reads.

    Raises:
        MainspringError: If it fails, or there is none.
    """
    value: Any = read.columns
    if read.how == "rows":
        value = next(iter(read.columns.values())).tolist()
        return await _asked(way, served, method, value, "rows", None)
    return await _asked(way, served, method, value, "tensors", None)


async def aggregated(way: Way, step: Step, served: Served, parts: Sequence[Answer]) -> Answer:
    """What a class makes of several answers.

    Raises:
        MainspringError: If it fails, or cannot do that.
    """
    if not parts:
        raise ModelError("there is nothing to put together: no branch has an answer")
    values = [_one(part) for part in parts]
    names = [list(part.columns) for part in parts]
    reply = await _asked(way, served, "aggregate", values, "value", names)
    only = names[0][0] if len(names[0]) == 1 and all(one == names[0] for one in names) else ""
    if only and not isinstance(reply.value, Mapping):  # the only output is still called what branches call it
        reply = replace(reply, value={only: array_of(reply.value)})
    return _answered(reply, step, parts[0].rows, ())


async def _asked(
    way: Way, served: Served, method: str, value: Any, how: How, names: Sequence[Any] | None
) -> Reply:
    model = served.model
    if not isinstance(model, ComponentModel):
        raise ModelError(f"{method} is asked of what is no class", where=served.name)
    node = model.node
    if isinstance(node, Waits):
        reply = await node.ask(method, value, how=how, names=names)
    else:
        pool = served.pool
        reply = await asyncio.get_running_loop().run_in_executor(
            pool, lambda: node.call(method, value, how=how, names=names)
        )
    way.record.tags.update(reply.tags)
    way.record.metrics += reply.metrics
    return reply


def _answered(reply: Reply, step: Step, rows: int, declared: Sequence[Field]) -> Answer:
    outputs = outputs_of(reply.value, declared, None, f"{step.model} {step.version}")
    sizes = {len(one) for one in outputs.values()}
    return Answer(outputs, sizes.pop() if len(sizes) == 1 else rows)


def _one(part: Answer) -> Any:
    """An answer as one array: the only output, or several columns side by side; by name where that cannot be."""
    arrays = list(part.columns.values())
    if len(arrays) == 1:
        return arrays[0]
    if all(one.ndim == 1 and one.dtype.kind in "biuf" for one in arrays):
        return np.column_stack(arrays)
    return dict(part.columns)
