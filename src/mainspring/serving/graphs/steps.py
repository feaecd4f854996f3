"""Nodes that compute: models of this server, and graphs within the graph."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from mainspring.core.errors import InputError
from mainspring.serving.graphs.blocking import BLOCKED, block, told
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Plan, Step, Way
from mainspring.serving.prediction import Inputs
from mainspring.serving.served import Served


class Feed(Protocol):
    """What goes into a node."""

    def inputs(self, way: Way) -> Inputs | None:
        """What it is asked; ``None`` if a node that it reads has no answer."""
        ...


@dataclass(slots=True, kw_only=True)
class MemberStep(Step):
    """A model of this server.

    Attributes:
        served: What answers.
        feed: What goes into it.
        finishes: Whether its own outputs are not all that it says: it has assertions, or tags.
    """

    served: Served
    feed: Feed
    finishes: bool = False

    async def answer(self, way: Way) -> Answer | None:
        """What the model answers, with what its assertions make of it.

        Raises:
            BlockedError: If an assertion forbids the answer to the only row.
            MainspringError: If the model fails.
        """
        inputs = self.feed.inputs(way)
        if inputs is None:
            return None
        began = time.perf_counter() if self.finishes else 0.0
        outputs, served = await way.compute(self.served, inputs, self)
        if not self.finishes:
            return Answer(outputs, inputs.rows)
        prediction = served.model.finish(inputs, outputs, time.perf_counter() - began)
        if prediction.answered is not None:
            block(way, self, prediction.answered.blocked, inputs.rows)
        if served.walks:
            block(way, self, told({}, prediction.tags, inputs.rows), inputs.rows)
            way.record.tell({name: one for name, one in prediction.tags.items() if name != BLOCKED}, inputs.rows)
        else:
            way.record.tags.update(prediction.tags)
        way.record.metrics += prediction.metrics
        return Answer(prediction.outputs, inputs.rows)


@dataclass(slots=True, kw_only=True)
class InnerStep(Step):
    """A graph within the graph.

    Attributes:
        plan: The graph.
        feed: What it is asked.
    """

    plan: Plan
    feed: Feed

    async def answer(self, way: Way) -> Answer | None:
        """What its answering node answers."""
        inputs = self.feed.inputs(way)
        if inputs is None:
            return None
        if not inputs.columns:
            raise InputError("the graph within reads nothing of what it is given")
        return await way.within(self.plan, Answer(inputs.columns, inputs.rows), self)
