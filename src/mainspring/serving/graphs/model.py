"""A graph as a model like any other: what REST, gRPC, the cache and the log ask."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError
from mainspring.evaluation.assertions import Assertion
from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.components.answers import OUTPUT, plain
from mainspring.serving.components.model import SAID
from mainspring.serving.graphs.blocking import BLOCKED, without
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Plan, Record
from mainspring.serving.graphs.planning import Keeps, plan_of
from mainspring.serving.graphs.ports import Members, models_of
from mainspring.serving.graphs.requests import RequestReader
from mainspring.serving.graphs.routing import Chooser
from mainspring.serving.graphs.running import TaskWalk, Walk, at_once
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.problems import LoadingError, NoAnswerError
from mainspring.serving.question import Question
from mainspring.serving.quickness import Quickness
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.tensor_models.reading import fields_of
from mainspring.serving.walking import Work


class GraphInputs(Inputs, eq=False):
    """A question for a graph.

    Attributes:
        how: What the columns are: arrays by name, or the rows of the question.
    """

    how: str = "tensors"

    @property
    def apart(self) -> str:
        """The form of the question."""
        return self.how

    def of(self, columns: Mapping[str, npt.NDArray[Any]], rows: int) -> GraphInputs:
        """The same question about other rows."""
        return GraphInputs(columns, rows, self.how)


class GraphModel:
    """A graph as an :class:`mainspring.serving.ports.Answering`. For the event loop's thread, but for ``read``.

    Its members have to be loaded before it. It follows them: as soon as one is replaced, the plan is made anew; if
    what came does not fit, the graph cannot answer until something does. Rows of several requests are not computed
    together for a graph; they are by its members.

    Args:
        graph: The graph.
        members: The models of the server.
        name: The name under which it is served.
        version: Its version.

    Attributes:
        graph: The graph.
        asks: The names of the models of this server that it asks.
        choosers: What chooses for its bandits, by router; whoever keeps what they learn puts them in.
        walks: That it asks other models.

    Raises:
        InputError: If the graph is wrong, with everything that is.
    """

    walks = True
    batches = False

    def __init__(self, graph: Graph, members: Members, *, name: str, version: str = "1") -> None:
        self.name, self.version, self.runtime = name, version, "graph"
        self.assertions: tuple[Assertion, ...] = ()
        self.graph, self._members = graph, members
        self.asks = frozenset(one.name for one in models_of(graph).values())
        self._pace = Quickness()
        self._stale = False
        self._keeps = Keeps()
        self.choosers: dict[str, Chooser] = self._keeps.choosers
        self._plan = plan_of(graph, members, name=name, keeps=self._keeps)
        self._reader = RequestReader(self._plan.inputs, self._plan.columns, self._plan.outputs)

    @property
    def inputs(self) -> Sequence[Field]:
        """What its nodes read of the request; empty if it takes anything."""
        return self._plan.inputs

    @property
    def outputs(self) -> Sequence[Field]:
        """What its answering node answers; empty if that is known only by asking."""
        return self._plan.outputs

    @property
    def task(self) -> str:
        """That of the answering node."""
        return self._plan.task

    @property
    def classes(self) -> Sequence[str] | None:
        """Those of the answering node."""
        return self._plan.classes

    @property
    def quick(self) -> bool:
        """Whether all of its members are asked where the request is, and take little time together."""
        plan = self._plan
        if self._stale or not (plan.here and self._pace.quick):
            return False
        return all(served.model.quick for _, served in plan.pins)

    @property
    def trouble(self) -> str:
        """Which of its members cannot answer at the moment, or does not fit any more; empty if all can."""
        try:
            self._current(loaded=False)
        except MainspringError as error:
            return error.found
        return ""

    def heed(self, model: str) -> None:
        """Other versions of a model answer, or it is managed in another way: plan anew if it is asked here."""
        self._stale = self._stale or model in self.asks

    def read(self, question: Question) -> GraphInputs:
        """Check a question against what the nodes read of it.

        Raises:
            BadInputError: With every problem in it.
        """
        read = self._reader.read(question)
        return GraphInputs(read.columns, read.rows, read.how)

    def compute(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """What the graph answers, computed here and now.

        Raises:
            MainspringError: If a node fails that the answer depends on.
        """
        return self.walk_now(Call("", self.name, self.version), inputs)

    def walk_now(self, call: Call, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """What the graph answers, computed here and now; see :class:`mainspring.serving.walking.Walking`.

        Raises:
            NoAnswerError: If no node answers.
            MainspringError: If a node fails that the answer depends on.
        """
        plan, record = self._current(), Record()
        began = time.perf_counter()
        try:
            answer = at_once(Walk(plan, call, _asked(inputs), record, deadline=call.deadline).answer())
        finally:
            _note(call, record)
        self._pace.note(time.perf_counter() - began, inputs.rows)
        return self._answered(plan, record, answer, inputs.rows)

    async def walk(self, call: Call, inputs: Inputs, work: Work) -> Mapping[str, npt.NDArray[Any]]:
        """What the graph answers; see :class:`mainspring.serving.walking.Walking`.

        Raises:
            NoAnswerError: If no node answers.
            DeadlineError: If there is no answer in time.
            MainspringError: If a node fails that the answer depends on.
        """
        plan, record = await self._awaited(), Record()
        walk = TaskWalk(plan, call, _asked(inputs), record, deadline=call.deadline)
        walk.work = work
        for _, served in plan.pins:  # none of them is let go of before it has answered
            served.in_flight += 1
            served.used = call.arrived
            work.ready(served)
        try:
            answer = await walk.answer()
        finally:
            for _, served in plan.pins:
                served.in_flight -= 1
            _note(call, record)
        return self._answered(plan, record, answer, inputs.rows)

    def finish(self, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float) -> Prediction:
        """The answer, with what nodes say about it."""
        tags: dict[str, Any] = {}
        metrics: list[Mapping[str, Any]] = []
        if SAID in outputs:
            outputs = dict(outputs)
            tags, metrics = msgspec.json.decode(outputs.pop(SAID)[0])
        fields = self.outputs
        if len(fields) != len(outputs) or any(field.name not in outputs for field in fields):
            fields = fields_of(outputs)
        classes = self.classes if fields is self.outputs else None
        return Prediction(
            self.inputs or fields_of(inputs.columns),
            outputs,
            fields,
            inputs.rows,
            inputs.columns,
            seconds,
            classes,
            tags=tags,
            metrics=metrics,
        )

    def nothing(self, inputs: Inputs) -> Prediction:
        """The answer to no row at all; no node is asked."""
        promised = self.outputs or (Field(OUTPUT, "FP64", nullable=False),)
        outputs = {
            one.name: np.empty([0, *(max(size, 0) for size in one.shape[1:])], dtype=DTYPES[one.datatype])
            for one in promised
        }
        fields = self.inputs or fields_of(inputs.columns)
        return Prediction(fields, outputs, promised, 0, inputs.columns, 0.0, self.classes)

    def warm(self, example: Sequence[Mapping[str, Any]] = ()) -> None:
        """Answer an example, if there is one: its members are warm.

        Raises:
            MainspringError: If it cannot answer it.
        """
        if example:
            self.compute(self.read(Question(rows=list(example))))

    def close(self) -> None:
        """Close the connections to other servers; the members of this one are not its own."""
        for remote in self._keeps.remotes.values():
            remote.close()

    def _current(self, *, loaded: bool = True) -> Plan:
        """The plan with the models that are served now.

        Args:
            loaded: Whether all of them have to be there, also those that are loaded when somebody asks for them.

        Raises:
            LoadingError: If one is not there, or what came does not fit.
        """
        find, plan, stale = self._members.find, self._plan, self._stale
        for reference, served in plan.pins:
            try:
                found = find(*reference)
            except MainspringError as error:
                raise LoadingError(f"graph {self.name!r} misses a model: {error.found}", fix="load it") from error
            if found is None:
                if loaded:
                    raise LoadingError(f"model {reference.name!r} has to be loaded first", fix="ask again")
                return plan
            stale = stale or found is not served
        return self._planned() if stale else plan

    def _planned(self) -> Plan:
        try:
            plan = plan_of(self.graph, self._members, name=self.name, keeps=self._keeps)
        except MainspringError as error:
            raise LoadingError(
                f"graph {self.name!r} does not fit its models any more: {error.found}",
                fix="load the model that was there before, or a graph for the new one",
            ) from error
        if (plan.inputs, plan.outputs, plan.columns) != (
            self._plan.inputs,
            self._plan.outputs,
            self._plan.columns,
        ):
            self._reader = RequestReader(plan.inputs, plan.columns, plan.outputs)
        self._plan, self._stale = plan, False
        return plan

    async def _awaited(self) -> Plan:
        """The plan, once its members are loaded that are loaded when somebody asks for them."""
        for reference, _ in self._plan.pins:
            try:
                if self._members.find(*reference) is None:
                    await self._members.demand(*reference)
            except MainspringError as error:
                raise LoadingError(f"graph {self.name!r} misses a model: {error.found}", fix="load it") from error
        return self._current()

    def _answered(
        self, plan: Plan, record: Record, answer: Answer | None, rows: int
    ) -> Mapping[str, npt.NDArray[Any]]:
        if answer is None:
            failed = [f"{one.node} failed: {one.error}" for one in record.visits if one.error]
            raise NoAnswerError(
                f"no node of graph {self.name!r} has an answer to this"
                + ("; " + "; ".join(failed) if failed else ""),
                expected=f"one of {plan.names[plan.answers]!r}",
                fix="let the graph have a way for it, such as combine: first",
            )
        tags = record.all_tags() if record.told else record.tags
        columns = answer.columns
        if record.blocked:
            columns = without(columns, record.blocked, rows)
            tags = {**tags, BLOCKED: [record.blocked.get(row) for row in range(rows)]}
        if not tags and not record.metrics:
            return columns
        said = np.empty(1, dtype=object)
        said[0] = msgspec.json.encode([plain(tags), plain(record.metrics)]).decode()
        return {**columns, SAID: said}


def _asked(inputs: Inputs) -> Answer:
    return Answer(inputs.columns, inputs.rows, inputs.how if isinstance(inputs, GraphInputs) else "tensors")


def _note(call: Call, record: Record) -> None:
    call.visits += tuple(record.visits)
    call.decisions += tuple(record.decisions)
