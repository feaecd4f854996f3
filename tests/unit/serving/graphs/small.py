"""Small members of graphs, in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.components.opening import open_component
from mainspring.serving.components.options import Component, TensorSpec
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.graphs.graph import Graph, Node
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.limits import Limiter, LimitOptions, ModelLimits
from mainspring.serving.limits.deadlines import earlier
from mainspring.serving.opening import ServerMembers
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.question import Question
from mainspring.serving.repository import Repository
from mainspring.serving.served import Served
from mainspring.serving.tensor_models.model import TensorModel
from mainspring.serving.trace_context import TraceContext

CLASSES = Path(__file__).parent / "classes.py"


class Function:
    """A function of arrays as a runtime."""

    runtime, may_batch, notes = "function", True, {}

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Field], outputs: Sequence[Field]) -> None:
        self.function, self.inputs, self.outputs = function, tuple(inputs), tuple(outputs)

    def run(self, tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self.function(**tensors)
        return found if isinstance(found, dict) else {self.outputs[0].name: found}


def fields(text: str) -> list[Field]:
    """Fields as text: ``x:FP64 m:FP64[-1,2]``; numbers if nothing is said."""
    found = []
    for word in text.split():
        name, _, kind = word.partition(":")
        datatype, _, shape = kind.rstrip("]").partition("[")
        sizes = tuple(int(size) for size in shape.split(",")) if shape else (-1,)
        found.append(Field(name, datatype or "FP64", nullable=False, shape=sizes))  # type: ignore[arg-type]
    return found


def function(
    name: str, calls: Callable[..., Any], inputs: str = "x", outputs: str = "y", version: str = "1"
) -> TensorModel:
    """A model that is a function."""
    return TensorModel(Function(calls, fields(inputs), fields(outputs)), name=name, version=version)


def of_class(name: str, kind: str, *, inputs: str = "", outputs: str = "", **arguments: Any) -> Answering:
    """A model that is a class of ``classes.py``, in this process."""

    def specs(text: str) -> tuple[TensorSpec, ...]:
        return tuple(TensorSpec(name=one.name, datatype=one.datatype, shape=one.shape) for one in fields(text))

    component = Component(
        entry=f"{CLASSES}:{kind}", arguments=arguments, inline=True, inputs=specs(inputs), outputs=specs(outputs)
    )
    return open_component(component, name=name)


class Server:
    """Models and graphs of them, asked as a server asks them."""

    def __init__(self, models: Sequence[Answering], limits: Mapping[str, ModelLimits]) -> None:
        self.repository = Repository.of(models)
        self.members = ServerMembers(self.repository)
        self.members.is_managed = lambda name: name in limits  # type: ignore[method-assign]
        limiter = Limiter(LimitOptions(max_requests=0), limits.get)
        self.dispatcher = Dispatcher(self.repository, threads=4, limiter=limiter)
        self.last = Call("v2", "")

    def graph(
        self, name: str = "g", /, *, answers: str = "", also: Sequence[str] = (), **nodes: Node
    ) -> GraphModel:
        return GraphModel(Graph(nodes=nodes, answers=answers, also=tuple(also)), self.members, name=name)

    async def ask(
        self,
        graph: GraphModel,
        *,
        deadline: float | None = None,
        timeout: float | None = None,
        trace: TraceContext | None = None,
        **lists: Any,
    ) -> Prediction:
        """What a graph answers; what is known of the request is in ``last``."""
        call = self.last = Call("v2", graph.name, arrived=time.perf_counter(), trace=trace)
        call.deadline = earlier(deadline, None if timeout is None else call.arrived + timeout)
        call.served = Served(graph)
        call.served.in_flight += 1
        try:
            inputs = self.dispatcher.read(call, Question(lists=lists))
            return await self.dispatcher.compute(call, inputs)
        except BaseException as error:
            self.dispatcher.fail(call, error)
            raise
        finally:
            self.dispatcher.tell(call)

    def now(self, graph: GraphModel, **lists: Any) -> dict[str, list[Any]]:
        """The outputs, as lists."""
        found = asyncio.run(self.ask(graph, **lists))
        return {name: values.tolist() for name, values in found.outputs.items()}

    @property
    def way(self) -> list[str]:
        """The nodes that the last request was at."""
        return [visit.node for visit in self.last.visits]
