"""A model behind a wire as a predictor: what judges or explains models here works on served ones too."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, UnavailableError
from mainspring.evaluation import Cutoff, Predictions
from mainspring.models.package import columns_of, whole
from mainspring.models.signature import Field, Signature
from mainspring.serving.asserting import ERROR
from mainspring.serving.client import EXPLAINS, Client
from mainspring.serving.prediction import plain_values

if TYPE_CHECKING:
    from mainspring.data import Table

ROWS_AT_ONCE: Final = 1024
"""Rows of one request: a server that answers others too is held up by none of them for long."""

_ALWAYS, _NEVER = 0.0, 2.0
"""Cutoffs that every probability reaches, and none."""


class RemotePredictor:
    """A served model, asked by named columns (Open Inference Protocol), its assertions enforced.

    A context manager. Safe for threads: each has a connection of its own.

    Args:
        url: The prediction server.
        model: The name of the model there.
        version: Its version.
        signature: What it asks for and answers.
        timeout: Seconds within which a call must be answered.
        explains: The rows are made up to explain others: the server logs the request, and not the rows.
    """

    def __init__(
        self,
        url: str,
        model: str,
        version: str,
        signature: Signature,
        *,
        timeout: float = 30.0,
        explains: bool = False,
    ) -> None:
        self.url, self.model, self.version, self.signature = url, model, version, signature
        self._timeout, self._explains = timeout, explains
        self._local = threading.local()
        self._clients: list[Client] = []

    @classmethod
    def connect(
        cls,
        url: str,
        model: str,
        *,
        version: str | None = None,
        example: Mapping[str, Any] | None = None,
        timeout: float = 30.0,
        explains: bool = False,
    ) -> Self:
        """Ask a server what a model takes and answers.

        Args:
            url: The prediction server.
            model: The name of the model there.
            version: Its version; the highest without it. Only this one is asked from then on.
            example: A row that it answers, from which the classes are learned; one is made up without it.
            timeout: Seconds within which a call must be answered.
            explains: See :class:`RemotePredictor`.

        Raises:
            NotFoundError: If the server has no such model.
            UnavailableError: If it does not answer.
        """
        with _client(url, timeout, explains=explains) as client:
            told = client.metadata(model, version=version)
            found = version or str(told["versions"][-1])
            fields = [Field(one["name"], one["datatype"]) for one in told["inputs"]]
            outputs = {one["name"] for one in told["outputs"]}
            classes = None if "prediction" in outputs else _classes(client, model, found, fields, example or {})
        return cls(url, model, found, Signature.of(fields, classes=classes), timeout=timeout, explains=explains)

    def __str__(self) -> str:
        return f"{self.model}:{self.version}"

    def newest(self) -> str:
        """The highest version that the server has by now.

        Raises:
            UnavailableError: If it does not answer.
        """
        return str(self._connection().metadata(self.model)["versions"][-1])

    def close(self) -> None:
        """Close the connections; the next call of a thread opens another one."""
        for client in self._clients:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of a table; columns that it does not know are ignored.

        Raises:
            InputError: If the server refuses the rows, with its reasons.
            UnavailableError: If it does not answer or fails.
        """
        return self.predict_columns(columns_of(table, self.signature))

    def predict_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> Predictions:
        """Predict on raw columns in the form of ``Table.column``; those that it does not know are ignored."""
        tensors = {
            field.name: (field.datatype, plain_values(field, whole(field, columns[field.name])))
            for field in self.signature.inputs
        }
        rows = len(next(iter(tensors.values()))[1])
        parts = [
            self._infer(
                {name: (kind, values[start : start + ROWS_AT_ONCE]) for name, (kind, values) in tensors.items()}
            )
            for start in range(0, rows, ROWS_AT_ONCE)
        ]
        if self.signature.classes is None:
            values = [value for part in parts for value in part["prediction"]]
            return Predictions(None, np.array(values, dtype=np.float64))
        scores = [row for part in parts for row in part["probabilities"]]
        labels = [label for part in parts for label in part["label"]]
        return _answered(self.signature.classes, scores, labels)

    def _infer(self, tensors: Mapping[str, tuple[str, list[Any]]]) -> dict[str, list[Any]]:
        answer = self._connection().infer(self.model, tensors, version=self.version)
        blocked = next((why for why in answer.get(ERROR, ()) if why), None)
        if blocked is not None:
            raise InputError(
                f"{self.model} {self.version} does not answer all of these rows: {blocked}",
                where=self.url,
                fix="ask the model itself, from its package: its assertions are enforced where it is served",
            )
        return answer

    def _connection(self) -> Client:
        """The connection of this thread."""
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = _client(self.url, self._timeout, explains=self._explains)
            self._clients.append(client)
        return client


def _answered(classes: tuple[str, ...], scores: list[list[float]], labels: list[str]) -> Predictions:
    """The predictions, answered as the server did: it may have a cutoff of its own."""
    found = Predictions(classes, np.array(scores, dtype=np.float64).reshape(len(labels), len(classes)))
    if len(classes) != 2 or found.labels.tolist() == labels:
        return found
    at = np.array([_ALWAYS if label == classes[1] else _NEVER for label in labels])
    return Predictions(classes, found.scores, Cutoff(classes[1], at))


def _client(url: str, timeout: float, *, explains: bool) -> Client:
    return Client(url, timeout=timeout, headers={EXPLAINS: "1"} if explains else None)


def _classes(
    client: Client, model: str, version: str, fields: list[Field], example: Mapping[str, Any]
) -> list[str]:
    """The names of the classes, which the protocol tells only beside an answer."""
    plain = {"BYTES": "", "BOOL": False, "INT64": 0, "FP64": 0.0}
    row = {field.name: example.get(field.name, plain[field.datatype]) for field in fields}
    [answer] = client.predict(model, [row], version=version, probabilities=True)
    if not isinstance(answer, dict):
        raise UnavailableError("the server does not tell the probabilities of classes", where=client.url)
    return list(answer["probabilities"])
