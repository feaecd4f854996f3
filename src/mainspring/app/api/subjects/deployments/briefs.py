"""Requests in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.app.api.subjects.deployments.log.conditions import arm_of, flagged
from mainspring.serving.feedback.record import REWARD, TRUTH, Feedback
from mainspring.serving.outliers.judged import FLAG
from mainspring.serving.payloads.record import LogRecord

_ROWS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A request in one line.

    Attributes:
        id: Its id.
        time: When it came, in seconds since the epoch.
        version: The version that answered; empty if there was none.
        arm: The way that a rollout sent it.
        status: The HTTP status of the answer, or what means the same.
        latency: Seconds that it took.
        rows: How many rows it asked for.
        answer: What was answered, in words; the first rows.
        score: How likely that is, as the model says of a single row; ``None`` if it does not.
        error: Why it failed; empty for an answer.
        outlier: Whether a row is unlike those that the model was trained on.
        truth: What became known to be right, in words; empty if nothing did.
        right: Whether the answer was; ``None`` if that is not known, or it is a number.
        reward: How good it was; ``None`` if nobody said.
        cached: Whether the answer was remembered.
    """

    id: str
    time: float
    version: str
    arm: str
    status: int
    latency: float
    rows: int
    answer: str
    score: float | None
    error: str
    outlier: bool
    truth: str
    right: bool | None
    reward: float | None
    cached: bool


def brief(record: LogRecord, feedback: Sequence[Feedback], hidden: frozenset[str]) -> Brief:
    """A request in one line."""
    rows = [answer_of(record, place) for place in range(min(record.rows, _ROWS))]
    told = "" if record.error is not None else ", ".join(_words(one) for one in rows)
    known = {one.key: one.value for one in feedback}
    right = right_of(record, feedback)
    reward = known.get(REWARD)
    return Brief(
        id=record.id,
        time=record.time,
        version=record.version,
        arm=arm_of(record),
        status=record.status,
        latency=record.latency,
        rows=record.rows,
        answer=told + (" …" if record.rows > _ROWS else ""),
        score=_score(record) if record.rows == 1 else None,
        error="" if record.error is None else safe_error(record, hidden),
        outlier=flagged(record),
        truth=_words(known[TRUTH]) if TRUTH in known else "",
        right=None if not right or None in right else all(right),
        reward=float(reward) if isinstance(reward, int | float) else None,
        cached=record.cached,
    )


def answer_of(record: LogRecord, row: int) -> Any:
    """What was answered to a row: the label, or the number; ``None`` if it is neither."""
    for name in ("label", "prediction"):
        cells = record.outputs.get(name)
        if cells is not None and row < len(cells):
            return cells[row]
    first = next((cells for name, cells in record.outputs.items() if not name.startswith(FLAG)), ())
    return first[row] if row < len(first) else None


def _score(record: LogRecord) -> float | None:
    """How likely the answer to the first row is, as the model says."""
    cells = record.outputs.get(f"probability.{answer_of(record, 0)}", ())
    found = cells[0] if len(cells) else None
    return float(found) if isinstance(found, int | float) else None


def right_of(record: LogRecord, feedback: Sequence[Feedback]) -> list[bool | None]:
    """Whether the answer to each row was right, of models that say a class."""
    said = {(one.key, one.row): one.value for one in feedback}
    found: list[bool | None] = []
    for row in range(record.rows):
        truth = said.get((TRUTH, row), said.get((TRUTH, None)))
        if isinstance(truth, list):
            truth = truth[row] if row < len(truth) else None
        known = truth is not None and "label" in record.outputs and record.error is None
        found.append(str(truth) == str(answer_of(record, row)) if known else None)
    return found


def safe_error(record: LogRecord, hidden: frozenset[str]) -> str:
    """Why a request failed. Errors name the column whose value they quote."""
    text = " ".join((record.error or "").split())
    if any(name in text for name in hidden):
        return f"{record.kind or record.status}: it is about private values"
    return text


def _words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value[:_ROWS]) + (" …" if len(value) > _ROWS else "")
    return "—" if value is None else str(value)
