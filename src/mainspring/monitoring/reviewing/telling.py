"""Between a queue and the log: the row that is looked at, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mainspring.core.errors import NotFoundError, UnavailableError
from mainspring.monitoring.reviewing.items import Chosen
from mainspring.serving.feedback import Feedback, FeedbackLog
from mainspring.serving.feedback.log import FOLDER
from mainspring.serving.payloads import LogRecord, read
from mainspring.serving.payloads.searching import find


def feedback_of(model: str, chosen: Chosen, key: str, value: Any, *, caller: str, time: float) -> Feedback:
    """Feedback about a chosen row.

    Args:
        model: The model.
        chosen: The row.
        key: What became known.
        value: It.
        caller: Who tells.
        time: When, in seconds since the epoch.
    """
    return Feedback(
        id=chosen.request,
        key=key,
        value=value,
        row=chosen.row,
        time=time,
        received=time,
        model=model,
        version=chosen.version,
        caller=caller,
    )


def tell(log: Path, feedback: Sequence[Feedback]) -> None:
    """Write feedback beside a prediction log; it is in the files when this comes back.

    Raises:
        UnavailableError: If the feedback log takes nothing more.
    """
    with FeedbackLog(log / FOLDER, flush_seconds=0.0) as journal:
        for one in feedback:
            if journal.write(one):
                continue
            journal.flush()
            if not journal.write(one):
                raise UnavailableError("the feedback log takes nothing more", where=str(journal.folder))


def row_values(log: Path, model: str, chosen: Chosen) -> dict[str, Any]:
    """The inputs of a chosen row, from the log.

    Raises:
        NotFoundError: If the log does not have it (any more), or its subject was erased.
    """
    record = find(log, chosen.request) or _search(log, model, chosen)
    if record is None or chosen.row in record.erased:
        raise NotFoundError(
            f"the log does not have row {chosen.row} of request {chosen.request} any more",
            fix=f"skip it: mainspring review answer {model} {chosen.id} --skip",
        )
    return {name: values[chosen.row] for name, values in record.columns.items() if chosen.row < len(values)}


def _search(log: Path, model: str, chosen: Chosen) -> LogRecord | None:
    found = read(log, since=chosen.time, until=chosen.time + 1e-3, model=model)
    return next((record for record in found if record.id == chosen.request), None)
