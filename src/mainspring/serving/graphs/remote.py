"""Nodes that are models of other servers, asked in the Open Inference Protocol over HTTP, with binary tensors.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``, and
Triton's ``docs/protocol/extension_binary_data.md``.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.models.problems import BadInputError, Problem
from mainspring.models.signature import Datatype, Field
from mainspring.serving.blocked import BlockedError
from mainspring.serving.client import KEY_VARIABLE, Client
from mainspring.serving.graphs.blocking import BLOCKED, block, told
from mainspring.serving.graphs.fields import shape_fits
from mainspring.serving.graphs.line import Line, LostError, Reply
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Step, Way
from mainspring.serving.graphs.steps import Feed
from mainspring.serving.limits import within
from mainspring.serving.limits.deadlines import SECONDS, earlier
from mainspring.serving.predictor import ModelError
from mainspring.serving.problems import DeadlineError, NoAnswerError, OverloadedError
from mainspring.serving.raw_tensors import DTYPES, read_raw, write_raw
from mainspring.serving.tensor_models.reading import fields_of
from mainspring.serving.tracing.headers import passed_on

LENGTH = "inference-header-content-length"
SIZE, ALL_BINARY = "binary_data_size", "binary_data_output"
CODE = "x-error-code"
"""The header with the code of an error, which says more than the status."""

LONGEST = 60.0
"""Seconds that a model of another server is given where nobody says."""

_LOADING = 10.0
_BUSY = (429, 503)
_FORBIDDEN = (401, 403)
_MOVED = (301, 302, 303, 307, 308)
_ERRORS: Mapping[int, type[MainspringError]] = {
    400: InputError,
    404: NotFoundError,
    413: InputError,
    422: BlockedError,
    429: OverloadedError,
    503: OverloadedError,
    504: DeadlineError,
}


class _Described(msgspec.Struct):
    name: str
    datatype: str
    shape: list[int]


class _Metadata(msgspec.Struct):
    inputs: list[_Described] = []
    outputs: list[_Described] = []


class _Output(msgspec.Struct):
    name: str
    datatype: str
    shape: list[int]
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class _Answer(msgspec.Struct):
    outputs: list[_Output]
    parameters: dict[str, Any] | None = None


_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(_Answer)


class RemoteModel:
    """A model of another server. ``ask`` is for the thread of an event loop.

    Args:
        url: ``http://HOST:PORT/v2/models/NAME``, perhaps with ``/versions/VERSION``.

    Attributes:
        inputs: What it asks for.
        outputs: What it answers.
        classes: Names of the classes, if it is a server that tells.
        task: Classification or regression, likewise.

    Raises:
        InputError: If that is no URL of a model.
        UnavailableError: If the server does not answer, or not in this protocol.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if "/v2/models/" not in parts.path:
            raise InputError(f"the url is {url!r}", expected="http://HOST:PORT/v2/models/NAME")
        self._line, self._path = Line(url), parts.path
        key = os.environ.get(KEY_VARIABLE, "").strip()
        self._headers = {"content-type": "application/octet-stream", "accept": "*/*"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        told = self._told()
        self.inputs, self.outputs = _fields(told.inputs), _fields(told.outputs)
        self.classes, self.task = self._classes()

    async def ask(
        self,
        columns: Mapping[str, npt.NDArray[Any]],
        *,
        until: float | None = None,
        headers: Mapping[str, str] | None = None,
        request: str = "",
    ) -> tuple[dict[str, npt.NDArray[Any]], Mapping[str, Any]]:
        """What the model answers, and what it says about that.

        A connection that is lost, and a server that has no time now, are tried once more.

        Args:
            columns: Arrays by name.
            until: When the answer is of no use any more, by ``time.perf_counter``.
            headers: Sent besides, such as the trace.
            request: Its id.

        Raises:
            DeadlineError: If there is no answer in time.
            MainspringError: If the server refuses, fails, or does not answer; with its URL.
        """
        body, length = self._written(columns, request)
        until = earlier(until, time.perf_counter() + LONGEST)
        began = time.perf_counter()
        reply = await within(until, began, self._exchange(body, length, until, headers or {}))
        if reply.status != 200:
            raise self._refused(reply)
        return self._read(reply)

    def check(self, outputs: Mapping[str, npt.NDArray[Any]], rows: int) -> None:
        """See that an answer is what was promised when the graph was loaded.

        Args:
            outputs: The answer.
            rows: How many rows were asked for.

        Raises:
            ModelError: If an output lacks, or has another shape.
        """
        by_row = all(one.shape[:1] == (-1,) for one in (*self.inputs, *self.outputs))
        for one in self.outputs:
            array = outputs.get(one.name)
            if array is None:
                found = f"the answer has no output {one.name!r}, but {', '.join(outputs) or 'none'}"
            elif not shape_fits(array.shape, one.shape) or (by_row and len(array) != rows):
                found = f"output {one.name!r} has shape {list(array.shape)} for {rows} row{'s' * (rows != 1)}"
            else:
                continue
            raise ModelError(
                found,
                expected=f"{one.name!r} of shape {list(one.shape)}, as that server said when the graph was loaded",
                where=self.url,
                fix="load the graph again if that server has another model now",
            )

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    async def _exchange(self, body: bytes, length: int, until: float | None, headers: Mapping[str, str]) -> Reply:
        for last in (False, True):
            left = math.inf if until is None else until - time.perf_counter()
            told = {**self._headers, **headers, LENGTH: str(length)}
            if left < math.inf:
                told[SECONDS.decode()] = f"{max(left, 0.001):.6f}"
            try:
                reply = await self._line.post(self._path + "/infer", body, told)
            except LostError as error:
                if last:
                    raise UnavailableError(
                        f"the server does not answer: {error.found}", where=self.url, fix="see whether it runs"
                    ) from error
                continue
            if reply.status != _BUSY[1] or last:
                break
        return reply

    def _told(self) -> _Metadata:
        with Client(self.url, timeout=_LOADING) as client:
            try:
                status, _, body = client.exchange("GET", "", None, {})
            except MainspringError as error:
                raise UnavailableError(error.found, where=self.url, fix="start that server first") from error
        if status == 404:
            raise NotFoundError("that server has no such model", where=self.url)
        if status in _FORBIDDEN:
            raise UnavailableError(
                f"the server refused with status {status}",
                where=self.url,
                fix=f"put a key of it that may ask this model into {KEY_VARIABLE}",
            )
        try:
            if status != 200:
                raise UnavailableError(f"the server answered with status {status}", where=self.url)
            return msgspec.json.decode(body, type=_Metadata)
        except msgspec.DecodeError as error:
            raise UnavailableError(f"this is no metadata of a model: {error}", where=self.url) from error

    def _classes(self) -> tuple[tuple[str, ...] | None, str]:
        """The classes and the task of a model, where the server tells them in the model's configuration."""
        with Client(self.url, timeout=_LOADING) as client:
            status, value = 0, None
            try:
                status, value = client.call("GET", "/config")
            except MainspringError:
                return None, ""
        told = value.get("parameters") if status == 200 and isinstance(value, dict) else None
        if not isinstance(told, dict):
            return None, ""
        texts = {name: one.get("string_value", "") for name, one in told.items() if isinstance(one, dict)}
        try:
            classes = msgspec.json.decode(texts.get("classes", "null"), type=tuple[str, ...] | None)
        except msgspec.DecodeError:
            classes = None
        return classes, texts.get("task", "")

    def _written(self, columns: Mapping[str, npt.NDArray[Any]], request: str) -> tuple[bytes, int]:
        inputs, tail = [], []
        for field in self.inputs or fields_of(columns):
            if field.name not in columns:
                continue
            array = columns[field.name]
            tensor: dict[str, Any] = {"name": field.name, "datatype": field.datatype, "shape": list(array.shape)}
            raw = _raw(array, field)
            if isinstance(raw, bytes):
                tensor["parameters"] = {SIZE: len(raw)}
                tail.append(raw)
            else:
                tensor["data"] = raw
            inputs.append(tensor)
        told = {"id": request, "inputs": inputs, "parameters": {ALL_BINARY: True}}
        text = _encoder.encode(told)
        return b"".join([text, *tail]), len(text)

    def _read(self, reply: Reply) -> tuple[dict[str, npt.NDArray[Any]], Mapping[str, Any]]:
        body = reply.body
        length = reply.headers.get(LENGTH, "")
        end = int(length) if length.isdigit() else len(body)
        try:
            answer = _decoder.decode(memoryview(body)[:end])
            place, outputs = end, {}
            for one in answer.outputs:
                size = one.parameters.get(SIZE)
                if size is None:
                    outputs[one.name] = _of_json(one)
                    continue
                outputs[one.name] = _texts(read_raw(body, one.datatype, one.shape, start=place, size=size))
                place += size
        except (msgspec.DecodeError, ValueError, TypeError, KeyError, OverflowError, InputError) as error:
            raise ModelError(f"the server's answer cannot be read: {error}", where=self.url) from error
        return outputs, answer.parameters or {}

    def _refused(self, reply: Reply) -> MainspringError:
        try:
            told = msgspec.json.decode(reply.body, type=dict[str, Any])
        except msgspec.DecodeError:
            told = {}
        said = told.get("error") or f"status {reply.status}"
        if isinstance(said, dict):
            said = said.get("message") or str(said)
        kind, fix = _ERRORS.get(reply.status, ModelError), None
        if reply.status in _FORBIDDEN:
            fix = f"put a key of that server that may ask this model into {KEY_VARIABLE} of this one"
        elif reply.status in _MOVED:
            said, fix = f"{said}, to {reply.headers.get('location', '')!r}", "name the address that answers itself"
        if reply.headers.get(CODE) == NoAnswerError.code:
            kind = NoAnswerError
        return kind(f"the model of another server refused: {said}", where=self.url, fix=fix)


@dataclass(slots=True, kw_only=True)
class RemoteStep(Step):
    """A model of another server.

    Attributes:
        remote: The model.
        feed: What goes into it.
    """

    remote: RemoteModel
    feed: Feed

    async def answer(self, way: Way) -> Answer | None:
        """What the model answers.

        Raises:
            MainspringError: If it does not.
        """
        inputs = self.feed.inputs(way)
        if inputs is None:
            return None
        until = way.deadline
        if self.timeout is not None:
            until = earlier(until, time.perf_counter() + self.timeout)
        outputs, tags = await self.remote.ask(
            inputs.columns, until=until, headers=passed_on(way.call.trace), request=way.call.id
        )
        self.remote.check(outputs, inputs.rows)
        block(way, self, told(outputs, tags, inputs.rows), inputs.rows)
        way.record.tell({name: one for name, one in tags.items() if name != BLOCKED}, inputs.rows)
        return Answer(outputs, inputs.rows)


def _fields(described: Sequence[_Described]) -> tuple[Field, ...]:
    return tuple(
        Field(one.name, cast("Datatype", one.datatype), shape=tuple(one.shape))
        for one in described
        if one.datatype in DTYPES
    )


def _raw(array: npt.NDArray[Any], field: Field) -> bytes | list[Any]:
    """The bytes of a tensor; the values as JSON where some are missing that bytes have no form for."""
    if field.datatype == "BYTES":
        values = array.reshape(-1).tolist()
        return values if None in values else write_raw(array, "BYTES")
    if array.dtype == object:
        try:
            array = np.array([math.nan if one is None else one for one in array.tolist()], dtype=np.float64)
        except (TypeError, ValueError):
            raise BadInputError([Problem("WRONG_TYPE", field.datatype, column=field.name)]) from None
    if array.dtype.kind == "f" and not field.datatype.startswith(("FP", "BF")):
        gaps = np.isnan(array)
        if gaps.any():
            kind = bool if field.datatype == "BOOL" else int
            return [None if one != one else kind(one) for one in array.reshape(-1).tolist()]
    return write_raw(array, field.datatype)


def _of_json(output: _Output) -> npt.NDArray[Any]:
    if output.datatype == "BYTES":
        array = np.empty(len(output.data or ()), dtype=object)
        array[:] = output.data or []
        return array.reshape(output.shape)
    wanted = DTYPES[output.datatype]
    values = output.data or []
    if None in values:
        values = [math.nan if one is None else one for one in values]
        wanted = wanted if wanted.kind == "f" else np.dtype(np.float64)
    return np.array(values, dtype=wanted).reshape(output.shape)


def _texts(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bytes that are text as text; others as they are."""
    if array.dtype != object:
        return array
    found = np.empty(array.size, dtype=object)
    try:
        found[:] = [one.decode() for one in array.reshape(-1).tolist()]
    except UnicodeDecodeError:
        return array
    return found.reshape(array.shape)
