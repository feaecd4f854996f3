"""A graph that is ready to be walked: its nodes in order, with the models that they are at the moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.decision import Decision
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.ports import Reference
from mainspring.serving.prediction import Inputs
from mainspring.serving.served import Served
from mainspring.serving.visit import Visit


class Unasked:
    """What stands for the answer of a node that was not asked yet."""


UNASKED = Unasked()


class Record(msgspec.Struct, eq=False):
    """What is kept of a request besides its answer, also of the graphs within the graph.

    Attributes:
        visits: The nodes that it was at.
        decisions: What routers decided.
        tags: What nodes say about the answer.
        metrics: What they want counted.
        told: Tags with a value for every row, by name.
        chosen: The branches that routers chose for all rows of the request, by their paths.
        blocked: The rows of the request that assertions of members block, and why.
    """

    visits: list[Visit] = msgspec.field(default_factory=list)
    decisions: list[Decision] = msgspec.field(default_factory=list)
    tags: dict[str, Any] = msgspec.field(default_factory=dict)
    metrics: list[Mapping[str, Any]] = msgspec.field(default_factory=list)
    told: dict[str, list[Any]] = msgspec.field(default_factory=dict)
    chosen: dict[str, int] = msgspec.field(default_factory=dict)
    blocked: dict[int, str] = msgspec.field(default_factory=dict)

    def apart(self) -> Record:
        """The same for some of the rows: what is told of these is kept by itself."""
        return Record(self.visits, self.decisions, self.tags, self.metrics, {}, self.chosen, self.blocked)

    def tell(self, tags: Mapping[str, Any], rows: int) -> None:
        """Keep tags: those with a value for every row by row."""
        for name, value in tags.items():
            if isinstance(value, list) and len(value) == rows:
                self.told[name] = value
            else:
                self.tags[name] = value

    def join(self, parts: Sequence[tuple[Record, npt.NDArray[np.intp]]], rows: int) -> None:
        """Take over what was told of parts of the rows: a row of which nothing was told has ``None``."""
        for part, group in parts:
            for name, values in part.told.items():
                if len(values) != len(group):
                    self.tags[name] = values
                    continue
                whole = self.told.setdefault(name, [None] * rows)
                for row, value in zip(group.tolist(), values, strict=True):
                    whole[row] = value

    def all_tags(self) -> dict[str, Any]:
        """Everything that is said about the answer; of the only row without a list."""
        told = {name: values[0] if len(values) == 1 else values for name, values in self.told.items()}
        return {**told, **self.tags}


class Way(Protocol):
    """A request on its way, as a step has it.

    Attributes:
        call: The request.
        record: What is kept of it.
        prefix: The path of the node that the graph is within, with a slash.
        deadline: When the answer is of no use any more.
        values: What nodes answered, by place; the last one is the request.
        choices: The branches that switches chose for these rows, by their place.
        rows: The numbers of the rows in the request; ``None`` for all of them.
    """

    call: Call
    record: Record
    prefix: str
    deadline: float | None
    values: list[Answer | Unasked | None]
    choices: dict[int, int]
    rows: npt.NDArray[np.intp] | None

    def known(self, place: int) -> Answer | None:
        """What a node answered that was asked before."""
        ...

    async def ask(self, place: int) -> Answer | None:
        """What a node answers, asked now if it was not before."""
        ...

    async def ask_all(self, places: Sequence[int]) -> None:
        """Ask several nodes, at once if that is possible."""
        ...

    async def compute(
        self, served: Served, inputs: Inputs, step: Step
    ) -> tuple[Mapping[str, npt.NDArray[Any]], Served]:
        """What a member gives, and which version of it that was."""
        ...

    async def within(self, plan: Plan, request: Answer, step: Step) -> Answer | None:
        """What a graph within the graph answers."""
        ...


class Gate(Protocol):
    """The condition of a node."""

    def opens(self, way: Way) -> bool:
        """Whether it holds for every row.

        Raises:
            PartedError: If it holds for some of them.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Step(ABC):
    """A node, ready to be asked.

    Attributes:
        name: Its name.
        place: Its number.
        needs: The nodes that are asked before it.
        fields: What it answers; empty if that is known only by asking.
        classes: Names of the classes, in the order of the probabilities that it answers.
        task: What it answers, as :class:`mainspring.serving.ports.Answering` has it.
        gate: Whether it is run.
        soft: Whether the graph goes on without its answer.
        timeout: Seconds within which it must answer.
        model: The model that it is; empty for none.
        version: Its version.
        managed: Whether the model has limits of its own, or a rollout.
        free: Whether a rollout may choose the version of the model.
    """

    name: str
    place: int
    needs: tuple[int, ...] = ()
    fields: tuple[Field, ...] = ()
    classes: Sequence[str] | None = None
    task: str = ""
    gate: Gate | None = None
    soft: bool = False
    timeout: float | None = None
    model: str = ""
    version: str = ""
    managed: bool = False
    free: bool = False

    @abstractmethod
    async def answer(self, way: Way) -> Answer | None:
        """What it answers; the nodes that it needs have been asked. ``None`` for no answer.

        Raises:
            MainspringError: If it fails.
            PartedError: If rows go different ways.
        """


@dataclass(slots=True, kw_only=True)
class Plan:
    """A graph, ready to be walked.

    Attributes:
        names: The nodes, each after those that it asks.
        steps: The same, in the same order.
        answers: The place of the node that answers.
        also: The places of the nodes that are run besides.
        inputs: What it asks for; empty if it takes anything.
        columns: The inputs that are read as columns of a table; others are tensors.
        outputs: What it answers; empty if that is known only by asking.
        task: What it answers, as :class:`mainspring.serving.ports.Answering` has it.
        classes: Names of the classes.
        pins: The members as they are named, and what answered for each of them when the plan was made.
        here: Whether all nodes are models of this server that can be asked without waiting.
        shared: Whether a node may be asked by several others, by place.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    answers: int
    also: tuple[int, ...] = ()
    inputs: tuple[Field, ...] = ()
    columns: frozenset[str] = frozenset()
    outputs: tuple[Field, ...] = ()
    task: str = ""
    classes: Sequence[str] | None = None
    pins: tuple[tuple[Reference, Served], ...] = ()
    here: bool = True
    shared: tuple[bool, ...] = field(default=())


@dataclass(slots=True, kw_only=True)
class WrongStep(Step):
    """Stands for a node with which something is wrong, so that the others are checked, too."""

    async def answer(self, way: Way) -> Answer | None:
        """Nothing: a plan with findings is refused.

        Raises:
            LookupError: Always.
        """
        raise LookupError(f"node {way.prefix}{self.name} is wrong, and was asked all the same")
