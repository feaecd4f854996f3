"""What the two prediction protocols have in common: they read a body into a question and write an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mainspring.models.signature import Signature
from mainspring.serving.predictor import Prediction, Predictor


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks. One of ``rows`` and ``lists`` is given.

    Attributes:
        id: The caller's id for the request.
        rows: Rows by column name.
        lists: Columns.
        outputs: The outputs wanted, in order; ``None`` for all that the protocol gives by itself.
    """

    id: str | None = None
    rows: Sequence[Mapping[str, Any]] | None = None
    lists: Mapping[str, Sequence[Any]] | None = None
    outputs: tuple[str, ...] | None = None

    def ask(self, predictor: Predictor) -> Prediction:
        """Have it answered."""
        if self.rows is not None:
            return predictor.from_rows(self.rows)
        return predictor.from_lists(self.lists or {})


class PredictionProtocol(Protocol):
    """A way of asking for predictions over HTTP."""

    name: str

    def read(self, body: bytes, signature: Signature) -> Question:
        """Read a body.

        Raises:
            MalformedError: If it is not JSON of the right form.
            BadInputError: If the form fits and the content does not.
        """
        ...

    def write(self, question: Question, predictor: Predictor, prediction: Prediction, request: str) -> bytes:
        """Write the answer, which has the given request id."""
        ...
