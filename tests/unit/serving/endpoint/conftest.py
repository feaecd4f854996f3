"""Models whose answers need no working out: one gives its tensors back, one adds its columns."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mainspring.models.signature import Field, Signature
from mainspring.serving.assembly import assemble
from mainspring.serving.endpoint import Endpoint
from mainspring.serving.ports import Inputs, Prediction
from mainspring.serving.predictor import Predictor
from mainspring.serving.question import Question
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.repository import Repository


class Echo:
    """Gives every tensor back, as ``out.<name>``, in the datatype in which it came."""

    runtime, quick, assertions, trouble, task, classes = "echo", True, (), "", "", None

    def __init__(self, *datatypes: str, name: str = "echo", shape: tuple[int, ...] = (-1,)) -> None:
        self.name, self.version = name, "3"
        self.inputs = [Field(one.lower(), one, nullable=False, shape=shape) for one in datatypes]  # type: ignore[arg-type]
        self.outputs = [Field(f"out.{field.name}", field.datatype, shape=shape) for field in self.inputs]
        self.asked: list[Question] = []

    def read(self, question: Question) -> Inputs:
        self.asked.append(question)
        arrays = {}
        for tensor in question.tensors or ():
            data = tensor.data
            if isinstance(data, list):
                data = np.array(data, dtype=DTYPES[tensor.datatype]).reshape(tensor.shape)
            arrays[tensor.name] = data
        return Inputs(arrays, len(next(iter(arrays.values()), ())))

    def compute(self, inputs: Inputs) -> dict[str, np.ndarray]:
        return {f"out.{name}": array for name, array in inputs.columns.items()}

    def finish(self, inputs: Inputs, outputs: Any, seconds: float) -> Prediction:
        fields = [field for field in self.outputs if field.name in outputs]
        return Prediction(self.inputs, outputs, fields, inputs.rows, inputs.columns, seconds)

    def nothing(self, inputs: Inputs) -> Prediction:
        return self.finish(inputs, self.compute(inputs), 0.0)

    def warm(self, example: Any = ()) -> None: ...

    def close(self) -> None: ...


class Sum:
    """A package whose model adds its columns of numbers."""

    runtime, input_example, assertions = "sum", (), ()

    def __init__(self, *fields: Field) -> None:
        self.signature = Signature.of(fields, classes=None)

    def open(self, threads: int = 1) -> "Sum":
        return self

    def predict(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"prediction": np.sum([np.nan_to_num(column) for column in columns.values()], axis=0)}


@dataclass(frozen=True)
class Reply:
    """An answer as it leaves."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Asker:
    """Asks an application in one event loop, so that what it does is still there for the next question."""

    def __init__(self, application: Endpoint) -> None:
        self.application = application

    def __call__(self, method: str, path: str, body: Any = b"", headers: dict[str, str] | None = None) -> Reply:
        return asyncio.run(self.ask(method, path, body, headers))

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: dict[str, str] | None = None,
        peer: str = "127.0.0.1",
    ) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": "",
            "query_string": b"",
            "client": (peer, 1),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receive, send)
        start, end = sent
        kept = {name.decode(): value.decode() for name, value in start["headers"]}
        assert int(kept["content-length"]) == len(end["body"])
        return Reply(start["status"], end["body"], kept)


@pytest.fixture
def ask(endpoint: Endpoint) -> Asker:
    """Asks the model ``taxi``."""
    return Asker(endpoint)


@pytest.fixture
def asker() -> type[Asker]:
    return Asker


@pytest.fixture
def serving() -> Callable[..., Asker]:
    """Asks the models given."""
    return lambda *models: Asker(assemble(Repository.of(models)))


@pytest.fixture
def echo() -> type[Echo]:
    return Echo


@pytest.fixture
def numbers() -> Predictor:
    """A model of three columns of numbers, which it adds."""
    fields = Field("a", "FP64"), Field("b", "INT64"), Field("c", "BOOL", nullable=False)
    return Predictor(Sum(*fields), name="numbers", version="1")  # type: ignore[arg-type]


@pytest.fixture
def one() -> Predictor:
    """A model of one column, which it gives back."""
    return Predictor(Sum(Field("x", "FP64", nullable=False)), name="one", version="1")  # type: ignore[arg-type]
