"""What is asked of a service that explains, in either protocol, and how its answer is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy.typing as npt

from mainspring.evaluation.explanation.answers import Answer
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget
from mainspring.models.signature import Signature
from mainspring.serving.columns import columns_of
from mainspring.serving.endpoint.kserve import KServeV1
from mainspring.serving.endpoint.open_inference import OpenInference
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.problems import MalformedError

_PARAMETERS: Final = ("method", "output", "wanted", "budget_seconds", "budget_rows")
_READERS: Final[Mapping[str, PredictionProtocol]] = {"v1": KServeV1(), "v2": OpenInference()}


class _Asked(msgspec.Struct):
    parameters: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainQuestion:
    """What a caller wants explained.

    Attributes:
        id: The caller's id for the request.
        columns: The rows, in the form of ``Table.column``.
        rows: How many there are.
        method: One of the explainer's; its first without it.
        output: The class asked about.
        wanted: The answer that counterfactuals look for.
        budget: The most that the caller wants spent.
    """

    id: str | None
    columns: Mapping[str, npt.NDArray[Any]]
    rows: int
    method: str | None = None
    output: str | None = None
    wanted: str | Sequence[float] | None = None
    budget: Budget = UNLIMITED


def read(protocol: str, body: bytes, signature: Signature) -> ExplainQuestion:
    """Read a body: rows as for a prediction, and ``parameters`` beside them.

    Raises:
        MalformedError: If it is not JSON of the right form, or a parameter is none.
        BadInputError: If the rows do not fit the signature, with every problem.
    """
    question = _READERS[protocol].read(body, {})
    try:
        given = msgspec.json.decode(body, type=_Asked).parameters
    except msgspec.DecodeError as error:
        raise unreadable(body, error) from error
    strange = sorted(given.keys() - set(_PARAMETERS))
    if strange:
        raise MalformedError(
            f"no parameter {', '.join(map(repr, strange))}", expected="parameters among " + ", ".join(_PARAMETERS)
        )
    for name in ("method", "output"):
        if not isinstance(given.get(name), str | None):
            raise MalformedError(f"parameter {name!r} is {given[name]!r}", expected="text")
    columns = columns_of(question, signature)
    return ExplainQuestion(
        id=question.id,
        columns=columns,
        rows=len(next(iter(columns.values()), ())),
        method=given.get("method"),
        output=given.get("output"),
        wanted=_wanted(given.get("wanted")),
        budget=Budget(rows=_figure(given, "budget_rows", int), seconds=_figure(given, "budget_seconds", float)),
    )


def write(protocol: str, answers: Sequence[Answer], *, model: str, version: str, request: str) -> bytes:
    """Write explanations: objects in version 1, and in version 2 a tensor of JSON texts."""
    plain = [one.as_dict() for one in answers]
    if protocol == "v1":
        return msgspec.json.encode({"explanations": plain})
    texts = [msgspec.json.encode(one).decode() for one in plain]
    output = {"name": "explanations", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return msgspec.json.encode({"model_name": model, "model_version": version, "id": request, "outputs": [output]})


def _figure(given: Mapping[str, Any], name: str, kind: type[int | float]) -> Any:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise MalformedError(f"parameter {name!r} is {value!r}", expected="a number above 0")
    return kind(value)


def _wanted(value: Any) -> str | Sequence[float] | None:
    if value is None or isinstance(value, str):
        return value
    fits = isinstance(value, list) and len(value) == 2 and all(isinstance(one, int | float) for one in value)
    if not fits:
        raise MalformedError(
            f"parameter 'wanted' is {value!r}", expected="a class, or the least and the largest value: [200, 300]"
        )
    return [float(one) for one in value]
