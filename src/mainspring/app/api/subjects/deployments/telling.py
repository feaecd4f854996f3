"""Telling what became known of an answer, and what is known of answers lately."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.deployments.asking import server_of
from mainspring.app.api.subjects.deployments.briefs import answer_of, right_of
from mainspring.app.api.subjects.deployments.log import truths
from mainspring.app.api.subjects.deployments.log.conditions import Conditions, arm_of
from mainspring.app.api.subjects.deployments.log.searching import search
from mainspring.app.api.subjects.deployments.requests import found, log_of
from mainspring.core.errors import InputError
from mainspring.serving.feedback.record import TRUTH, Feedback
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.segments import segments

LATELY: Final = 1000
"""So many of the latest answers are looked at."""

_SURE: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a server made of feedback.

    Attributes:
        accepted: How much was new.
        duplicates: How much was known already.
        pending: How much is about requests that it does not find yet.
    """

    accepted: int = 0
    duplicates: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the latest answers, of a model or of one of its arms.

    Attributes:
        arm: The arm; empty for all together.
        answers: How many rows were answered.
        known: Of how many of them the truth came.
        right: How many of these were right; ``None`` for a model that says numbers.
        share: Their share.
        lower: It is no less than that,
        upper: and no more, with a confidence of 95 % (Wilson's interval).
        error: How far numbers were off on average; ``None`` for classes.
    """

    arm: str
    answers: int
    known: int
    right: int | None
    share: float | None
    lower: float | None
    upper: float | None
    error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLately:
    """What is known of the latest answers of a model.

    Attributes:
        since: When the first of them was asked for; ``None`` if there is none.
        whole: All of them.
        arms: By the way that a rollout sent them, if there is one.
    """

    since: float | None
    whole: Known
    arms: Sequence[Known]


@operation(
    "deployments.feedback",
    "POST",
    "/deployments/{model:path}/feedback",
    command="mainspring feedback {model} --id {request} --truth {truth}",
    done="It is known now what was right",
)
def feedback(
    desk: Desk, model: str, *, request: str, truth: str = "", reward: float | None = None, row: int | None = None
) -> Accepted:
    """Tell what became known of an answer: the truth, or a reward.

    The truth is a label, or JSON for other answers. Telling it twice does no harm.

    Args:
        truth: What would have been right.
        reward: How good the answer was.
    """
    if not truth and reward is None:
        raise InputError("it is not said what became known", expected="the truth, or a reward")
    record = found(desk, model, request)
    if row is not None and not 0 <= row < max(record.rows, 1):
        raise InputError(f"the request has no row {row}", expected=f"from 0 to {record.rows - 1}")
    value = _value(truth, record) if truth else None
    with server_of(desk.platform) as client:
        told = client.feedback(model, record.id, truth=value, reward=reward, row=row)
    return Accepted(**{name: told.get(name, 0) for name in ("accepted", "duplicates", "pending")})


@operation("deployments.known", "GET", "/deployments/{model:path}/feedback")
def known(desk: Desk, model: str) -> KnownLately:
    """What is known of the latest thousand answers: of how many the truth came, and how many were right."""
    folder = log_of(desk.platform)
    newest = tuple((one.name, one.stat().st_size) for one in segments(folder)[-1:] if one.exists())
    made: KnownLately = desk.shared.remembered(
        ("deployments.known", model),
        (newest, truths.stamp(folder)),
        lambda: _lately(
            search(folder, Conditions(model=model, status="ok"), limit=LATELY, seconds=1.0).records,
            lambda ids, since: truths.told(folder, ids, since=since),
        ),
    )
    return made


def _lately(records: Sequence[LogRecord], ask: Any) -> KnownLately:
    if not records:
        return KnownLately(since=None, whole=_known("", [], {}), arms=())
    since = records[-1].time
    said: Mapping[str, Sequence[Feedback]] = ask({one.id for one in records}, since)
    arms = sorted({arm_of(one) for one in records} - {""})
    return KnownLately(
        since=since,
        whole=_known("", records, said),
        arms=[_known(arm, [one for one in records if arm_of(one) == arm], said) for arm in arms],
    )


def _known(arm: str, records: Sequence[LogRecord], said: Mapping[str, Sequence[Feedback]]) -> Known:
    right: list[bool] = []
    off: list[float] = []
    for record in records:
        told = said.get(record.id, ())
        right += [one for one in right_of(record, told) if one is not None]
        if "label" not in record.outputs:
            off += _off(record, told)
    hits, total = sum(right), len(right)
    lower, upper = wilson(hits, total)
    return Known(
        arm=arm,
        answers=sum(one.rows for one in records),
        known=total or len(off),
        right=hits if total else None,
        share=hits / total if total else None,
        lower=lower,
        upper=upper,
        error=sum(off) / len(off) if off else None,
    )


def _off(record: LogRecord, told: Sequence[Feedback]) -> list[float]:
    said = {one.row: one.value for one in told if one.key == TRUTH}
    found = []
    for row in range(record.rows):
        truth, answer = said.get(row, said.get(None)), answer_of(record, row)
        if isinstance(truth, int | float) and isinstance(answer, int | float):
            found.append(abs(float(truth) - float(answer)))
    return found


def wilson(hits: int, total: int) -> tuple[float | None, float | None]:
    """The interval of a share with a confidence of 95 % (Wilson, "Probable inference", JASA, 1927).

    Example:
        >>> [round(one, 4) for one in wilson(8, 10)]
        [0.4902, 0.9433]
    """
    if not total:
        return None, None
    share, square = hits / total, _SURE * _SURE
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = _SURE * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def _value(text: str, record: LogRecord) -> Any:
    """The truth as what the model answers is: a label stays a text where labels are texts."""
    answer = answer_of(record, 0)
    if isinstance(answer, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
