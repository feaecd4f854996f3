"""Whether a model keeps to the assertions that it declares, on rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mainspring.core import InputError, Verdict
from mainspring.evaluation.assertions.enforcing import judge_violations
from mainspring.evaluation.assertions.ports import Asserting

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.ports import Predictor

CHUNK_ROWS = 100_000
"""So many rows are answered at a time."""


def judge_answers(
    predictor: Predictor,
    table: Table,
    *,
    at_most: float | Mapping[str, float] = 0.0,
    gate: str = "assertions",
) -> Verdict:
    """Whether a model's own answers violate its assertions seldom enough.

    Args:
        predictor: A model or a package; one without assertions keeps to all that it declares.
        table: The rows; they need no label.
        at_most: The largest share of rows that may violate each assertion; for all, or by name (0 for those that
            are not named).
        gate: Name of the gate in the verdict.

    Raises:
        InputError: If a bound names an assertion that the model does not declare.
    """
    names = [one.name for one in predictor.assertions] if isinstance(predictor, Asserting) else []
    unknown = sorted(at_most.keys() - set(names)) if isinstance(at_most, Mapping) else []
    if unknown:
        raise InputError(
            f"the model declares no assertion {', '.join(map(repr, unknown))}",
            expected="one of " + (", ".join(map(repr, names)) or "none"),
        )
    if not isinstance(predictor, Asserting) or not names:
        return judge_violations({}, at_most=at_most, gate=gate)
    found = [predictor.enforce(chunk).violated for chunk in table.chunks(CHUNK_ROWS)]
    violated = {name: np.concatenate([one[name] for one in found]) for name in names}
    return judge_violations(violated, at_most=at_most, gate=gate)
