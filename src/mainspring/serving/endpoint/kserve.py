"""The KServe version 1 protocol: rows or columns of plain JSON.

Specification: https://kserve.github.io/website (data plane, V1 protocol), which follows the REST form of
TensorFlow Serving.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mainspring.evaluation.assertions import Assertion
from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Question

PROBABILITIES = "probabilities"
"""The request parameter that asks for the probabilities of every class beside the label."""


class _Request(msgspec.Struct):
    instances: list[Any] | None = None
    inputs: dict[str, list[Any]] | None = None
    id: str | None = None
    parameters: dict[str, Any] | None = None


class KServeV1:
    """Reads and writes ``:predict`` bodies. Safe for threads."""

    name = "v1"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Request)
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read ``instances`` (objects by column name) or ``inputs`` (a list per column).

        Raises:
            MalformedError: If it is not JSON of the right form.
        """
        _ = headers
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(body, error) from error
        if (request.instances is None) == (request.inputs is None):
            found = (
                "neither 'instances' nor 'inputs'" if request.inputs is None else "both 'instances' and 'inputs'"
            )
            raise MalformedError(
                f"the request has {found}",
                expected="'instances' (a list of objects) or 'inputs' (an object of lists) by column name",
            )
        parameters = request.parameters or {}
        asked = parameters.get(PROBABILITIES, False)
        if not isinstance(asked, bool):
            raise MalformedError(f"parameter {PROBABILITIES!r} is {asked!r}", expected="true or false")
        return Question(id=request.id, rows=request.instances, lists=request.inputs, parameters=parameters)

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write ``predictions``: a label or a number per row, or the label with the probability of every class.

        A model with assertions has two lists besides, row for row: ``assertions``, those that are violated, and
        ``errors``, why there is no prediction.
        """
        classes = prediction.classes
        predictions: list[Any] = prediction.outputs[prediction.fields[0].name].tolist()
        asked = call.question is not None and call.question.parameters.get(PROBABILITIES)
        if asked and classes is not None:
            predictions = [
                {"label": label, PROBABILITIES: dict(zip(classes, row, strict=True))}
                for label, row in zip(predictions, prediction.outputs[PROBABILITIES].tolist(), strict=True)
            ]
        if prediction.answered is None:
            return Answer(200, self._encoder.encode({"predictions": predictions}))
        told = {one: _told(one) for one in prediction.violations}
        body = {
            "predictions": predictions,
            "assertions": [[told[one] for one in row] for row in prediction.answered.violated],
            "errors": [prediction.answered.blocked.get(row) for row in range(prediction.rows)],
        }
        return Answer(200, self._encoder.encode(body))


def _told(assertion: Assertion) -> dict[str, str]:
    """An assertion, for whoever gets the answer."""
    return {"name": assertion.name, "action": assertion.action, "message": assertion.message}
