"""Assertions in a server: what they add to an answer, and what becomes of a row that they block.

A model without assertions answers as ever. One with assertions has two more outputs, row for row:
``assertions``, the names of those that the row violates, joined by commas, and ``error``, why it has no answer;
both are empty where there is nothing to say. A blocked row has no answer, which is ``null`` for each of its
values, and does not hold up the other rows of its request. A request of one row that is blocked is refused
instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.assertions import Answered, Assertion, Enforcer
from mainspring.models.signature import Field, Signature
from mainspring.serving.blocked import BlockedError

ASSERTIONS: Final = "assertions"
ERROR: Final = "error"

FIELDS: Final = (Field(ASSERTIONS, "BYTES", nullable=False), Field(ERROR, "BYTES", nullable=False))
"""The outputs that a model with assertions has besides its own."""


def assertions_of(package: object) -> tuple[Assertion, ...]:
    """The assertions of what is served; none for a servable that knows of none."""
    return tuple(getattr(package, "assertions", ()))


def served(signature: Signature, assertions: Sequence[Assertion]) -> Signature:
    """The signature as callers of the server see it."""
    return replace(signature, outputs=(*signature.outputs, *FIELDS)) if assertions else signature


class Guard:
    """Holds the answers of one model to its assertions. Safe for threads.

    Args:
        assertions: At least one.
        classes: The model's classes; ``None`` for a regression.
    """

    def __init__(self, assertions: Sequence[Assertion], classes: Sequence[str] | None) -> None:
        self._enforcer = Enforcer(assertions, classes)

    def hold(
        self, columns: Mapping[str, npt.NDArray[Any]], outputs: Mapping[str, npt.NDArray[Any]]
    ) -> tuple[Mapping[str, npt.NDArray[Any]], Answered]:
        """The outputs that go back to the caller, and how they came about."""
        found = self._enforcer.enforce(columns, outputs)
        names = _texts([",".join([one.name for one in row]) for row in found.violated])
        errors = _texts([""] * len(names))
        for row, why in found.blocked.items():
            errors[row] = why
        return {**found.outputs, ASSERTIONS: names, ERROR: errors}, found


def _texts(values: list[str]) -> npt.NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def refuse(found: Answered) -> None:
    """Refuse a request of one row that is blocked.

    Raises:
        BlockedError: If it is.
    """
    if len(found.violated) == 1 and found.blocked:
        raise BlockedError(
            f"the answer is blocked by an assertion of the model: {found.blocked[0]}",
            fix="this is a rule of the model's owner, not a fault of the request",
        )
