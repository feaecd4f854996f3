"""Rows that an assertion of a member blocks have no answer, whatever other nodes say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.blocked import BlockedError
from mainspring.serving.graphs.parting import Answer, PartedError, rows_of
from mainspring.serving.graphs.plan import Step, Way

BLOCKED: Final = "blocked"
"""The tag with why each row of a request has no answer; ``None`` for those that have one."""


def block(way: Way, step: Step, blocked: Mapping[int, str], rows: int) -> None:
    """Keep which rows of a member's answer are blocked.

    As with a request of one row, a soft node has no answer to a row that is blocked, and a request whose only row
    a node blocks that is not soft is refused. Of several rows, those that are blocked are left out at the end.

    Args:
        way: The request.
        step: The node.
        blocked: The rows, by their number in the answer, and why.
        rows: How many the answer has.

    Raises:
        BlockedError: If nothing is left, or nobody can tell which rows of the request these are.
        PartedError: If the node is soft, and others of its rows are not blocked.
    """
    if not blocked:
        return
    request = way.values[-1]
    whole = isinstance(request, Answer) and request.rows == rows
    if not whole or (rows == 1 and way.rows is None) or (step.soft and len(blocked) >= rows):
        raise BlockedError(
            f"the answer is blocked by an assertion of the model: {next(iter(blocked.values()))}",
            fix="this is a rule of the model's owner, not a fault of the request",
        )
    if step.soft:
        held = np.isin(np.arange(rows), list(blocked))
        raise PartedError([np.flatnonzero(~held), np.flatnonzero(held)])
    for row, why in blocked.items():
        way.record.blocked[row if way.rows is None else int(way.rows[row])] = why


def told(outputs: Mapping[str, npt.NDArray[Any]], tags: Mapping[str, Any], rows: int) -> dict[int, str]:
    """The rows that another server, or a graph, says it has blocked."""
    listed = tags.get(BLOCKED)
    if not (isinstance(listed, list) and len(listed) == rows):
        listed = outputs[ERROR].tolist() if ASSERTIONS in outputs and ERROR in outputs else []
    return {row: why for row, why in enumerate(listed) if why and isinstance(why, str)}


def without(
    columns: Mapping[str, npt.NDArray[Any]], blocked: Mapping[int, str], rows: int
) -> dict[str, npt.NDArray[Any]]:
    """An answer without what it says of rows that are blocked.

    Raises:
        BlockedError: If an output has no form for that: it has whole numbers, or not a value per row.
    """
    numbers, found = np.array(sorted(blocked), dtype=np.intp), {}
    reasons = {ASSERTIONS, ERROR} if {ASSERTIONS, ERROR} <= columns.keys() else set()
    for name, values in columns.items():
        if name in reasons:
            found[name] = values
            continue
        if len(values) != rows or values.dtype.kind not in "fO":
            raise BlockedError(
                f"{rows_of(numbers)}: an assertion blocks the answer ({blocked[int(numbers[0])]}), and output "
                f"{name!r} has no form for that",
                fix="ask for the other rows alone",
            )
        found[name] = values.copy()
        found[name][numbers] = None if values.dtype.kind == "O" else np.nan
    return found
