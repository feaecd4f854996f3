"""Triggers: what starts a run without a person. Cron, intervals, new data, messages in the queue.

What fired when is in the record, so that several schedulers, or one that was away, start each run once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast

from mainspring.core.clock import Clock, interval, iso, now
from mainspring.core.digests import digest_text
from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Context, Kind, NodeType, Value
from mainspring.core.spans import LATEST, Pattern, SpanRange, is_pattern, split_location
from mainspring.pipelines.cron import Cron
from mainspring.pipelines.fingerprints import fingerprint
from mainspring.store.ports import MetadataStore, Queue

TRIGGER = "mainspring.Trigger"
TOPIC = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A rule that starts runs. Exactly one of ``cron``, ``every``, ``data``, ``topic`` is set.

    Attributes:
        name: Unique in the project.
        cron: A cron expression, in local time.
        every: An interval, such as ``"15m"``.
        data: A path, a glob or a pattern of spans; fires when its content is not what it was.
        topic: Fires for every message of a topic.
        parameters: Parameters of the runs.
    """

    name: str
    cron: str = ""
    every: str = ""
    data: str = ""
    topic: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Backing(MetadataStore, Queue, Protocol):
    """A record and a queue."""


def check(triggers: Sequence[Trigger]) -> None:
    """Refuse rules that cannot be read, before the scheduler starts.

    Raises:
        InputError: For the first wrong rule.
    """
    names = [one.name for one in triggers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"several schedules are called {twice[0]!r}", fix="give each a name of its own")
    for one in triggers:
        if one.cron:
            Cron.parse(one.cron).after(datetime.fromtimestamp(now()))
        if one.every:
            interval(one.every)
        if is_pattern(one.data):
            path, range_ = split_location(one.data)
            Pattern.parse(path)
            SpanRange.parse(range_ or LATEST.text())


class Scheduler:
    """Asks the rules what is due, and puts a row into the queue for each.

    Args:
        backing: The record and the queue.
        project: Names the rules' memory in the record.
        root: Where relative paths of data start.
        triggers: The rules.
        clock: Gives the time.
    """

    def __init__(
        self, backing: Backing, project: str, root: Path, triggers: Sequence[Trigger], *, clock: Clock = now
    ) -> None:
        check(triggers)
        self._backing = backing
        self._project = project
        self._root = root
        self._triggers = triggers
        self._clock = clock
        backing.put_type(NodeType(kind=Kind.CONTEXT, name=TRIGGER, description="The memory of a trigger."))

    @property
    def topics(self) -> Sequence[str]:
        """The topics to claim: runs that are due, and the topics that the rules name."""
        return [TOPIC, *dict.fromkeys(one.topic for one in self._triggers if one.topic)]

    def parameters(self, topic: str) -> Mapping[str, Any]:
        """The parameters of the rule for a topic."""
        return next((one.parameters for one in self._triggers if one.topic == topic), {})

    def tick(self) -> Sequence[str]:
        """Queue what is due; gives the reasons, in words."""
        found = []
        for trigger in self._triggers:
            reason = self._due(trigger)
            if reason is not None:
                found.append(reason)
        return found

    def _due(self, trigger: Trigger) -> str | None:
        memory = self._memory(trigger)
        if trigger.data:
            return self._new_data(trigger, memory)
        if trigger.topic:
            return None
        moment = self._clock()
        last = memory.custom.get("last")
        if last is None:
            # Seen for the first time: an interval begins now, and so does the wait for the next cron minute.
            self._remember(memory, last=moment)
            return None
        due = self._next(trigger, float(cast("float", last)))
        if due > moment:
            return None
        reason = f"{trigger.name} was due at {iso(due)}"
        self._fire(trigger, reason, key=f"{self._project}:{trigger.name}:{due:.0f}")
        self._remember(memory, last=moment)
        return reason

    @staticmethod
    def _next(trigger: Trigger, last: float) -> float:
        if trigger.every:
            return last + interval(trigger.every)
        return Cron.parse(trigger.cron).after(datetime.fromtimestamp(last)).timestamp()

    def _new_data(self, trigger: Trigger, memory: Context) -> str | None:
        try:
            seen = fingerprint(trigger.data, self._root)
        except NotFoundError:
            return None
        except InputError as error:  # files that contradict their pattern: the run will say so, once
            digest, reason = digest_text(str(error)), f"{trigger.data} has new content ({error.found})"
        else:
            spans = f"spans {seen.spans}, " if seen.spans else ""
            digest = seen.digest
            reason = f"{trigger.data} has new content ({spans}{seen.files} files, {seen.size} bytes)"
        if memory.custom.get("digest") == digest:
            return None
        self._fire(trigger, reason, key=f"{self._project}:{trigger.name}:{digest}")
        self._remember(memory, digest=digest, last=self._clock())
        return reason

    def _fire(self, trigger: Trigger, reason: str, *, key: str) -> None:
        body: dict[str, Value] = {"reason": reason, "parameters": dict(trigger.parameters)}
        self._backing.put(TOPIC, body, key=key, max_attempts=3)

    def _memory(self, trigger: Trigger) -> Context:
        context = Context(type=TRIGGER, name=f"{self._project}:{trigger.name}")
        return cast("Context", self._backing.publish([context], [])[0])

    def _remember(self, memory: Context, **values: Value) -> None:
        self._backing.publish([replace(memory, custom={**memory.custom, **values})], [])
