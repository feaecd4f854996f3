"""What the prediction protocols have in common: they read a body into a question and write an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.question import Question


class PredictionProtocol(Protocol):
    """A way of asking for predictions over HTTP. Safe for threads."""

    name: str

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read a body, without regard to the model.

        Raises:
            MalformedError: If it is not of the right form.
        """
        ...

    def complete(self, question: Question, model: Answering) -> None:
        """Read what could not be read without knowing the model.

        Raises:
            MalformedError: If it is no question for this model.
        """
        ...

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write the answer to a call.

        Raises:
            MalformedError: If it cannot be said in the form that was asked for.
        """
        ...
