"""What starts runs without a person: the schedules, when each is due, what waits, and whether a scheduler runs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.runs.starting import Started, start
from mainspring.app.api.subjects.runs.table import Row, table_of
from mainspring.app.scheduler_sign import Seen, seen
from mainspring.app.scheduling import triggers_of
from mainspring.core.clock import interval, now
from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.core.records import Context, Kind
from mainspring.pipelines.cron import Cron
from mainspring.pipelines.triggers import TOPIC, TRIGGER, Trigger

_LATEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A run that a schedule started.

    Attributes:
        run: Its name.
        state: Its state.
        started: When it began.
        seconds: How long it took.
        because: Why.
    """

    run: str
    state: str
    started: float
    seconds: float | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleShown:
    """A schedule.

    Attributes:
        name: Its name.
        kind: ``cron``, ``every``, ``data`` or ``topic``.
        rule: The rule itself.
        parameters: Of the runs that it starts.
        last: When it was last due; ``None`` if it never was, or is not asked for by time.
        next: When it is due next; ``None`` if that is not a matter of time, or nobody has seen it yet.
        problem: What is wrong with the rule; empty for nothing.
        runs: The last runs that it started.
    """

    name: str
    kind: str
    rule: str
    parameters: dict[str, Any]
    last: float | None
    next: float | None
    problem: str
    runs: Sequence[Fired]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A wish that could not be fulfilled, after some tries.

    Attributes:
        id: To have it tried again.
        topic: What it is about.
        reason: Why a run was wanted.
        error: Why it did not come to be.
        attempts: How often it was tried.
        at: When it was put into the queue.
    """

    id: int
    topic: str
    reason: str
    error: str
    attempts: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """The schedules of a project.

    Attributes:
        schedules: They, in the order of the settings.
        schedulers: The processes that start what is due, those at work first.
        waiting: How many wishes for runs wait or are being fulfilled, by topic.
        dead: Wishes that nobody tries any more.
    """

    schedules: Sequence[ScheduleShown]
    schedulers: Sequence[Seen]
    waiting: dict[str, int]
    dead: Sequence[Letter]

    @property
    def alive(self) -> bool:
        """Whether a scheduler is at work."""
        return any(one.alive for one in self.schedulers)


@operation("schedules.list", "GET", "/schedules", command="mainspring scheduler")
def listed(desk: Desk) -> Schedules:
    """The schedules, when each is due next, the runs it started, what waits, and whether a scheduler runs."""
    opened = desk.platform
    triggers, rows = triggers_of(opened), table_of(desk.shared).rows()
    memories = _memories(desk.shared)
    topics = [TOPIC, *dict.fromkeys(one.topic for one in triggers if one.topic)]
    record = opened.store.record
    dead = [letter for topic in topics for letter in record.dead(topic)]
    return Schedules(
        schedules=[_shown(one, memories.get(one.name), rows) for one in triggers],
        schedulers=seen(record, project_of(desk.shared)),
        waiting={topic: record.depth(topic) for topic in topics},
        dead=[
            Letter(
                id=one.id,
                topic=one.topic,
                reason=str(one.body.get("reason") or ""),
                error=one.error or "",
                attempts=one.attempts,
                at=one.created_at,
            )
            for one in dead
        ],
    )


@operation("schedules.run", "POST", "/schedules/{schedule}/run", command="mainspring run", done="{run} is started")
def run_now(desk: Desk, schedule: str) -> Started:
    """Start the run of a schedule now, with its parameters; when it is due next does not change.

    Args:
        schedule: The name of the schedule.
    """
    found = next((one for one in triggers_of(desk.platform) if one.name == schedule), None)
    if found is None:
        names = [one.name for one in triggers_of(desk.platform)]
        raise NotFoundError(f"there is no schedule {schedule!r}", expected="one of " + ", ".join(names))
    made: Started = start(desk, parameters=dict(found.parameters), reason=found.name)
    return made


@operation("schedules.revive", "POST", "/schedules/dead/{message}/revive", done="It will be tried again")
def revive(desk: Desk, message: int) -> None:
    """Have a wish tried again that was given up.

    Args:
        message: The number of the wish.
    """
    desk.platform.store.record.revive(message)


def stamp(shared: Shared, _: str) -> Hashable:
    """Another value when a schedule fired, something waits, or a scheduler came or went."""
    record = shared.platform.store.record
    alive = tuple(one.worker for one in seen(record, project_of(shared)) if one.alive)
    memories = tuple((name, one.updated_at) for name, one in sorted(_memories(shared).items()))
    return alive, memories, record.depth(TOPIC), len(record.dead())


def project_of(shared: Shared) -> str:
    """The name under which the scheduler knows the project."""
    settings = shared.platform.settings
    return settings.project.name or settings.root.name


def _memories(shared: Shared) -> dict[str, Context]:
    record, prefix = shared.platform.store.record, f"{project_of(shared)}:"
    if TRIGGER not in {one.name for one in record.types(Kind.CONTEXT)}:
        return {}
    found = record.find(Kind.CONTEXT, f"type = '{TRIGGER}'", limit=1000).items
    return {
        one.name.removeprefix(prefix): one
        for one in cast("Sequence[Context]", found)
        if one.name.startswith(prefix)
    }


def _shown(trigger: Trigger, memory: Context | None, rows: Sequence[Row]) -> ScheduleShown:
    kind = next(one for one in ("cron", "every", "data", "topic") if getattr(trigger, one))
    last = memory.custom.get("last") if memory is not None else None
    moment = float(last) if isinstance(last, (int, float)) else None
    problem, due = "", None
    try:
        due = next_due(trigger, moment)
    except MainspringError as error:
        problem = error.found
    return ScheduleShown(
        name=trigger.name,
        kind=kind,
        rule=str(getattr(trigger, kind)),
        parameters=dict(trigger.parameters),
        last=moment,
        next=due,
        problem=problem,
        runs=[
            Fired(run=one.name, state=one.state, started=one.started, seconds=one.seconds, because=one.because)
            for one in rows
            if _fired(trigger, one)
        ][:_LATEST],
    )


def next_due(trigger: Trigger, last: float | None) -> float | None:
    """When a schedule is due next; ``None`` if it is not a matter of time, or an interval nobody began to measure.

    Raises:
        InputError: If the rule cannot be read.
    """
    if trigger.cron:
        return Cron.parse(trigger.cron).after(datetime.fromtimestamp(last or now())).timestamp()
    if trigger.every:
        length = interval(trigger.every)
        return None if last is None else last + length
    return None


def _fired(trigger: Trigger, row: Row) -> bool:
    starts = [f"{trigger.name} was due at ", f"{trigger.name}: "]
    starts += [f"{trigger.data} has new content"] if trigger.data else []
    starts += [f"a message in {trigger.topic!r}"] if trigger.topic else []
    return row.because.startswith(tuple(starts))
