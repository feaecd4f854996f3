"""What waits for a person, from all subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Subject, Waiting
from mainspring.app.api.subjects.alerts import SUBJECT as ALERTS
from mainspring.app.api.subjects.data import SUBJECT as DATA
from mainspring.app.api.subjects.deployments import SUBJECT as DEPLOYMENTS
from mainspring.app.api.subjects.home.nouns import Task
from mainspring.app.api.subjects.models import SUBJECT as MODELS
from mainspring.app.api.subjects.reviews import SUBJECT as REVIEWS
from mainspring.app.api.subjects.runs import SUBJECT as RUNS

_ASKED: Final[Sequence[Subject]] = (RUNS, MODELS, DEPLOYMENTS, ALERTS, REVIEWS, DATA)

_APPROVERS: Final = frozenset({"approval", "signature", "promotion", "rollout"})
"""What takes an approver; anything else takes an editor."""


def askers(desk: Desk) -> Mapping[str, Callable[[], Sequence[Waiting]]]:
    """By the name of a subject, what asks it what waits for the caller."""
    return {one.name: _asker(desk, one.waiting) for one in _ASKED if one.waiting is not None}


def _asker(desk: Desk, waiting: Callable[[Desk], Sequence[Waiting]]) -> Callable[[], Sequence[Waiting]]:
    return lambda: waiting(desk)


def tasks_of(desk: Desk, found: Sequence[Waiting]) -> Sequence[Task]:
    """What waits: what the caller may do before the rest, the most urgent first, then the oldest."""
    tasks = [_task(desk, one) for one in found]
    return sorted(tasks, key=lambda one: (not one.mine, -one.waiting.urgency, one.waiting.since))


def _task(desk: Desk, waiting: Waiting) -> Task:
    role = Role.APPROVER if waiting.kind in _APPROVERS else Role.EDITOR
    return Task(waiting=waiting, mine=desk.caller.may(role), role=role.value)
