"""What a router decided, and what came of it: from the log of a server and the feedback about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mainspring.serving.feedback.record import REWARD, Feedback
from mainspring.serving.payloads.record import LogRecord

LEFT_OUT = ("forced", "fallback")
"""Policies of decisions that nobody drew: the caller named the arm, or the one that was drawn could not answer."""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One row that was answered, and rewarded.

    Attributes:
        id: Of the request: its rows were decided together.
        arm: What answered.
        propensity: How likely that was, above 0.
        reward: How good the answer was.
        row: The columns.
        time: When it was asked.
        weight: How many rows like it this one stands for.
    """

    id: str
    arm: str
    propensity: float
    reward: float
    row: Mapping[str, Any] = {}
    time: float = 0.0
    weight: float = 1.0


class Log(msgspec.Struct, frozen=True):
    """What can be learned from.

    Attributes:
        rows: In the order in which they were asked.
        left_out: How many requests were left out, by reason.
    """

    rows: tuple[Logged, ...]
    left_out: Mapping[str, int]


def joined(
    records: Iterable[LogRecord],
    feedback: Iterable[Feedback],
    router: str,
    *,
    key: str = REWARD,
) -> Log:
    """The decisions of a router with the rewards that are known of them.

    Of several rewards for the same row the one that became known last counts, and what is said of a row counts
    more than what is said of its whole request, as in :func:`mainspring.serving.feedback.join`.

    Args:
        records: The log.
        feedback: What became known.
        router: Who decided: the name of a model, or ``graph/node``.
        key: The key of feedback that is the reward; truths are 1.
    """
    rewards = _rewards(feedback, key)
    rows: list[Logged] = []
    left: Counter[str] = Counter()
    for record in records:
        decision = next((one for one in record.decisions if one.router == router), None)
        if decision is None:
            continue
        if decision.policy in LEFT_OUT:
            left[decision.policy] += 1
            continue
        if not decision.propensity > 0.0:
            left["no propensity"] += 1
            continue
        mine = rewards.get(record.id)
        if mine is None:
            left["no reward"] += 1
            continue
        for place in range(max(1, record.rows)):
            reward = mine.get(place, mine.get(None))
            if reward is None or place in record.erased:
                continue
            rows.append(
                Logged(
                    id=record.id,
                    arm=decision.arm,
                    propensity=decision.propensity,
                    reward=reward[2],
                    row={name: values[place] for name, values in record.columns.items() if place < len(values)},
                    time=record.time,
                    weight=1.0 / record.share if record.share > 0 else 1.0,
                )
            )
    rows.sort(key=lambda one: one.time)
    return Log(tuple(rows), dict(left))


def _rewards(feedback: Iterable[Feedback], key: str) -> dict[str, dict[int | None, tuple[float, float, float]]]:
    """Time, time of telling and value of the reward that counts, by request and row."""
    found: dict[str, dict[int | None, tuple[float, float, float]]] = {}
    for one in feedback:
        if one.key != key or not isinstance(one.value, int | float):
            continue
        rows = found.setdefault(one.id, {})
        before = rows.get(one.row)
        if before is None or (one.time, one.received) >= before[:2]:
            rows[one.row] = (one.time, one.received, float(one.value))
    return found
