"""A class of the user's as a model like any other: what REST, gRPC, batching and the log ask."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.models.signature import BadInputError, Datatype, Field
from mainspring.serving.components.answers import (
    OUTPUT,
    array_of,
    as_json_values,
    as_one,
    as_texts,
    outputs_of,
    plain,
)
from mainspring.serving.components.component_process import ComponentProcess
from mainspring.serving.components.declaring import declared
from mainspring.serving.components.node import Errand, How, Node, Reply
from mainspring.serving.components.options import Component
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.question import Question, Tensor
from mainspring.serving.quickness import Quickness
from mainspring.serving.tensor_models.answering import TensorAnswering
from mainspring.serving.tensor_models.reading import CONTENT, TensorReader, fields_of
from mainspring.serving.tensors import unknown_outputs

INSTANCES = "instances"
"""The name under which the rows of a question go that are taken as they are."""

SAID = "\0said"
"""Beside the outputs: what the class says about each row's answer. It is taken out before anybody sees it."""


class ComponentInputs(Inputs, eq=False):
    """A question for a class.

    Attributes:
        how: What the columns are: arrays by name, or the rows of the question.
        more: What the class may ask for besides: ``meta`` and ``parameters``.
        wanted: The outputs asked for.
        as_json: Whether the answer goes out as plain JSON, not as tensors.
    """

    how: How = "tensors"
    more: dict[str, Any] = msgspec.field(default_factory=dict)
    wanted: tuple[str, ...] | None = None
    as_json: bool = False

    @property
    def apart(self) -> str:
        """The parameters of the request, and the form of the answer."""
        return f"{self.how} {self.as_json} {sorted(self.more.get('parameters', {}).items())}"

    def of(self, columns: Mapping[str, npt.NDArray[Any]], rows: int) -> ComponentInputs:
        """The same question about other rows; whose they are is not known any more."""
        parameters = self.more.get("parameters", {})
        more = {"parameters": parameters, "meta": _meta("", parameters)} if parameters else {}
        return ComponentInputs(columns, rows, self.how, more, self.wanted, self.as_json)


class ComponentModel(TensorAnswering):
    """A class as an :class:`mainspring.serving.ports.Answering`. Safe for threads.

    Args:
        node: Where the class runs.
        component: What was said of it.
        name: The name under which it is served.
        version: Its version.

    Attributes:
        node: Where the class runs; it has the other methods of the contract.
        batches: Whether rows of several requests may come in one call.
    """

    of_no_row = (Field(OUTPUT, "FP64", nullable=False),)

    def __init__(self, node: Node, component: Component, *, name: str, version: str) -> None:
        super().__init__(name=name, version=version, runtime="component")
        self.node, self.component = node, component
        told = node.described
        side = declared(component.inputs, told.inputs, f"{name} {version}")
        self.inputs = side.fields
        self.outputs = declared(component.outputs, told.outputs, f"{name} {version}").fields
        self._names = side.names
        self.batches = told.batches if component.batches is None else component.batches
        # What waits for another process must not hold up the event loop.
        self._pace = Quickness(quick=False) if component.inline else None
        self.quick = False
        by_row = bool(self.inputs) and all(one.shape[:1] == (-1,) for one in self.inputs)
        self._reader = TensorReader(self.inputs, batches=by_row, binary=side.binary)

    @property
    def trouble(self) -> str:
        """Why it cannot answer at the moment; empty if it can."""
        return self.node.trouble

    def read(self, question: Question) -> ComponentInputs:
        """Check a question against what the class declares; take it as it is if it declares nothing.

        Raises:
            BadInputError: With every problem in it.
        """
        how: How = "tensors"
        if self.inputs:
            read = self._reader.read(question, self.outputs)
        else:
            problems = unknown_outputs(question.outputs, self.outputs) if self.outputs else []
            if problems:
                raise BadInputError(problems)
            how = "tensors" if question.rows is None else "rows"
            read = as_it_is(question)
        more: dict[str, Any] = {}
        if question.parameters:
            more["parameters"] = dict(question.parameters)
        if question.id or question.parameters:
            more["meta"] = _meta(question.id or "", question.parameters)
        as_json = question.tensors is None
        return ComponentInputs(read.columns, read.rows, how, more, question.outputs, as_json)

    def compute(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """What the class answers.

        Raises:
            MainspringError: If it fails, gives something else than it promises, or is not there.
        """
        errand = self._errand(inputs)
        began = time.perf_counter()
        reply = self.node.run(errand)
        if self._pace is not None:
            self._pace.note(time.perf_counter() - began, inputs.rows)
            self.quick = self._pace.quick
        return self._outputs(inputs, reply)

    def finish(self, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float) -> Prediction:
        """The answer, with what the class says about it.

        Raises:
            BadInputError: If an output was asked for that there is not.
        """
        tags: dict[str, Any] = {}
        metrics: list[Mapping[str, Any]] = []
        if SAID in outputs:
            outputs = dict(outputs)
            for text in dict.fromkeys(outputs.pop(SAID).tolist()):
                told = msgspec.json.decode(text)
                tags |= told[0]
                metrics += told[1] if seconds else ()  # what is remembered was counted when it was computed
        fields = self.outputs or fields_of(outputs)
        if isinstance(inputs, ComponentInputs):
            if inputs.wanted is not None and not self.outputs:
                problems = unknown_outputs(inputs.wanted, fields)
                if problems:
                    raise BadInputError(problems)
            outputs, fields = _shown(outputs, fields, as_json=inputs.as_json)
        return Prediction(
            self.inputs or fields_of(inputs.columns),
            outputs,
            fields,
            inputs.rows,
            inputs.columns,
            seconds,
            tags=tags,
            metrics=metrics,
        )

    def warm(self, example: Sequence[Mapping[str, Any]] = ()) -> None:
        """Ask the class once, if there is an example.

        Raises:
            MainspringError: If it cannot answer: it must not be served then.
        """
        rows: Sequence[Any] = example or self.component.example
        if not rows:
            return
        question = Question(rows=list(rows))
        if self._pace is None:
            self.answer(question)
        else:
            self._pace.measure(lambda: self.answer(question).seconds)
            self.quick = self._pace.quick

    def close(self) -> None:
        """End the processes."""
        self.node.close()

    def _errand(self, inputs: Inputs) -> Errand:
        """What the node is asked."""
        how: How = "tensors"
        more: Mapping[str, Any] = {}
        if isinstance(inputs, ComponentInputs):
            how, more = inputs.how, inputs.more
        value: Any = inputs.columns if how == "tensors" else inputs.columns[INSTANCES].tolist()
        return Errand("predict", value, how=how, names=self._names, more=more)

    def _outputs(self, inputs: Inputs, reply: Reply) -> Mapping[str, npt.NDArray[Any]]:
        rows = inputs.rows if self._reader.batches else None
        outputs = outputs_of(reply.value, self.outputs, rows, f"{self.name} {self.version}")
        if reply.tags or reply.metrics:
            outputs[SAID] = _said(reply, inputs.rows)
        return outputs


class ProcessModel(ComponentModel):
    """A class in processes of its own: it can be asked without a thread that waits.

    Args:
        node: The processes.
        component: What was said of the class.
        name: The name under which it is served.
        version: Its version.
    """

    def __init__(self, node: ComponentProcess, component: Component, *, name: str, version: str) -> None:
        super().__init__(node, component, name=name, version=version)
        self._process = node

    async def ask(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """What the class answers; see :class:`mainspring.serving.ports.Asking`.

        Raises:
            MainspringError: If it fails, gives something else than it promises, or is not there.
        """
        return self._outputs(inputs, await self._process.ask(self._errand(inputs)))


def _meta(request: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What Seldon calls the meta of a message."""
    return {"puid": request, "tags": {}, "parameters": dict(parameters)}


def as_it_is(question: Question) -> Inputs:
    """What a question holds, as it is."""
    if question.rows is not None:
        rows = np.empty(len(question.rows), dtype=object)
        rows[:] = list(question.rows)
        return Inputs({INSTANCES: rows}, len(rows))
    if question.tensors is None:
        lists = {name: array_of(values) for name, values in (question.lists or {}).items()}
        return Inputs(lists, _common_rows(lists))
    fields = [_as_sent(one) for one in question.tensors]
    raw = [
        one.name
        for one in question.tensors
        if not isinstance(one.data, list) or one.parameters.get(CONTENT) == "base64"
    ]
    read = TensorReader(fields, batches=False, binary=raw).read(
        msgspec.structs.replace(question, outputs=None), ()
    )
    return Inputs(read.columns, _common_rows(read.columns))


def _as_sent(tensor: Tensor) -> Field:
    """What a tensor says of itself; a datatype that there is not is found out when it is read."""
    return Field(tensor.name, cast("Datatype", tensor.datatype), nullable=False, shape=(-1,) * len(tensor.shape))


def _common_rows(columns: Mapping[str, npt.NDArray[Any]]) -> int:
    """How many rows all arrays have; 1 if they differ in it."""
    sizes = {len(one) if one.ndim else -1 for one in columns.values()}
    return next(iter(sizes)) if len(sizes) == 1 and -1 not in sizes else 1


def _said(reply: Reply, rows: int) -> npt.NDArray[Any]:
    """Tags for every row, metrics with the first: they are counted once. As text, which anything can keep."""
    said = np.empty(rows, dtype=object)
    said[:] = _text(reply.tags, ())
    if rows:
        said[0] = _text(reply.tags, reply.metrics)
    return said


def _text(tags: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode([plain(tags), plain(list(metrics))]).decode()


def _shown(
    outputs: Mapping[str, npt.NDArray[Any]], fields: Sequence[Field], *, as_json: bool
) -> tuple[Mapping[str, npt.NDArray[Any]], Sequence[Field]]:
    """Outputs as a protocol shows them: plain JSON has a prediction per row, tensors hold text."""
    if not as_json:
        return {name: as_texts(one) for name, one in outputs.items()}, fields
    if len({len(one) for one in outputs.values()}) > 1:
        # Nobody could tell which values belong to one row.
        whole = {OUTPUT: as_one(outputs)}
        return whole, fields_of(whole)
    return {name: as_json_values(one) for name, one in outputs.items()}, fields
