"""What evaluation and serving ask of a model that declares assertions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mainspring.evaluation.assertions.assertion import Assertion
from mainspring.evaluation.assertions.enforcing import Enforced
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.ports import Predictor  # needs every metric, which a server does not


@runtime_checkable
class Asserting(Protocol):
    """A predictor with assertions: its ``predict`` has them enforced.

    Promises:
        - ``enforce`` holds what ``predict_own`` gives to the assertions, and ``predict`` gives its predictions.
    """

    @property
    def assertions(self) -> tuple[Assertion, ...]:
        """In the order in which they are enforced; may be empty."""
        ...

    def predict(self, table: Table) -> Predictions:
        """The answers after assertions; those of blocked rows are NaN throughout."""
        ...

    def predict_own(self, table: Table) -> Predictions:
        """The model's own answers."""
        ...

    def enforce(self, table: Table) -> Enforced:
        """The answers after assertions, and which rows violate which."""
        ...


def own_answers(predictor: Predictor, table: Table) -> Predictions:
    """What a predictor itself says, before its assertions if it has any."""
    return predictor.predict_own(table) if isinstance(predictor, Asserting) else predictor.predict(table)
