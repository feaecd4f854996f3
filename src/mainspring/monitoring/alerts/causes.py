"""What changed upstream when an alert began: deployments, rollouts, aliases, versions, data and code.

A change counts for more the closer it lies to the beginning of the alert, and the more directly it changes what is
served: a deployment or a rollout at that moment explains more than a run that trained something the day before.
What happened after the first bad window has no part in it, and what a good window followed has less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from mainspring.core.clock import iso
from mainspring.core.errors import MainspringError
from mainspring.core.records import Execution, ExecutionState, Kind, LinkKind, Value
from mainspring.monitoring.alerts.alert import Cause
from mainspring.monitoring.alerts.ports import Causes
from mainspring.serving.rollout import history
from mainspring.store.ports import MetadataStore

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LIKELY: Final = 0.3
"""A cause that is less likely brings no alerts together, and nobody is told to undo it."""

RELEVANCE: Final[Mapping[str, float]] = {
    "deployment": 1.0,
    "rollout": 1.0,
    "alias": 0.9,
    "data": 0.6,
    "code": 0.6,
    "registration": 0.4,
    "run": 0.3,
}
"""How much a kind of change explains, if it lies close."""

_HALF: Final = 6 * 3600.0
"""Seconds before the beginning at which a change explains half as much."""
_MOST: Final = 5
_SHORT: Final = 12
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class AllCauses:
    """Asks several, and ranks what they know together; a change that two of them know counts once.

    Args:
        sources: Whom.
    """

    sources: Sequence[Causes]

    def find(self, model: str, version: str, since: float, *, lookback: float, window: float) -> Sequence[Cause]:
        """Changes at about the time at which something began, the likeliest first."""
        found: dict[str, Cause] = {}
        for source in self.sources:
            for cause in source.find(model, version, since, lookback=lookback, window=window):
                known = found.get(cause.key)
                found[cause.key] = cause if known is None or cause.execution is not None else known
        return _likeliest(found.values())


@dataclass(frozen=True, slots=True)
class RecordedCauses:
    """What the record knows: deployments, rollouts, moves of aliases, registrations, and runs with their data.

    Args:
        record: The record.
        names: The names under which a served model is registered, by its served name; the same name by default.
    """

    record: MetadataStore
    names: Callable[[str], Sequence[str]] = lambda name: (name,)

    def find(self, model: str, version: str, since: float, *, lookback: float, window: float) -> Sequence[Cause]:
        """Changes at about the time at which something began, the likeliest first."""
        names = tuple(dict.fromkeys((model, *self.names(model))))
        try:
            declared = {one.name for one in self.record.types(Kind.EXECUTION)}
            found = [
                cause
                for kind, read in _RECORDED.items()
                if kind in declared
                for cause in read(self.record, list(self._events(kind, since - lookback, since + window)), names)
            ]
        except MainspringError:
            return ()
        return _likeliest(scored(one, since, window) for one in found)

    def _events(self, kind: str, since: float, until: float) -> Iterator[Execution]:
        """Executions of a type within a stretch of time, the newest first."""
        page: str | None = None
        while True:
            got = self.record.find(
                Kind.EXECUTION,
                "type = :type AND created_at >= :since AND created_at <= :until",
                {"type": kind, "since": since, "until": until},
                descending=True,
                limit=_PAGE,
                page=page,
            )
            yield from (cast("Execution", one) for one in got.items)
            page = got.next
            if page is None:
                return


@dataclass(frozen=True, slots=True)
class ServedCauses:
    """What servers and deployment files left in folders, where there is no record.

    Args:
        desired: The folder of deployments; see :class:`mainspring.serving.deploying.archive.Archive`.
        rollouts: The folder in which each rollout has one with its history.
    """

    desired: Path | None = None
    rollouts: Path | None = None

    def find(self, model: str, version: str, since: float, *, lookback: float, window: float) -> Sequence[Cause]:
        """Changes at about the time at which something began, the likeliest first."""
        first, last = since - lookback, since + window
        try:
            found = [one for one in (*self._deployments(), *self._rollouts(model)) if first <= one.at <= last]
        except (OSError, MainspringError):
            return ()
        return _likeliest(scored(one, since, window) for one in found)

    def _deployments(self) -> Iterator[Cause]:
        if self.desired is None or not self.desired.is_dir():
            return
        # Imported here: what reads deployment files brings along all that a server can be asked for.
        from mainspring.serving.deploying.archive import Archive

        for event in Archive(self.desired).history():
            if event.what in ("accepted", "applied") and event.number is not None:
                why = f": {', '.join(event.changes)}" if event.changes else ""
                yield Cause(
                    kind="deployment",
                    key=f"deployment:{event.number}",
                    at=event.at,
                    what=f"deployment {event.number} was {event.what} at {iso(event.at)}{_by(event.by)}{why}",
                    who=event.by,
                )

    def _rollouts(self, model: str) -> Iterator[Cause]:
        if self.rollouts is None:
            return
        for path in sorted(self.rollouts.glob(f"*/{history.FILE}")):
            for event in history.read(path.parent):
                if event.model == model and event.kind in _MOVES:
                    number = f"{event.plan}:{event.number}"
                    yield _rollout(event.model, event.kind, event.time, event.versions, event.by, number)


def scored(cause: Cause, since: float, window: float) -> Cause:
    """A cause with how likely it is: by kind, and by how long before the beginning it happened.

    Whatever happened within the first bad window is as close as can be; half as likely is what happened six hours
    before.
    """
    gap = max(0.0, since - cause.at)
    late = cause.at > since + window
    score = 0.0 if late else RELEVANCE.get(cause.kind, 0.3) * math.exp2(-gap / _HALF)
    return replace(cause, score=round(score, 4))


def after_good_windows(causes: Iterable[Cause], good: npt.NDArray[np.float64]) -> tuple[Cause, ...]:
    """Causes, each half as likely for every good window that began after it, the likeliest first.

    Args:
        causes: As :func:`scored` gives them.
        good: When the windows began that were good, in seconds since the epoch.
    """
    return _likeliest(
        replace(one, score=round(one.score * math.exp2(-int((good >= one.at).sum())), 4)) for one in causes
    )


def _likeliest(found: Iterable[Cause]) -> tuple[Cause, ...]:
    ordered = sorted(found, key=lambda one: (-one.score, -one.at, one.key))
    kept: dict[str, Cause] = {}
    for one in ordered:
        kept.setdefault(one.key, one)
    return tuple(kept.values())[:_MOST]


_MOVES: Final = frozenset({"began", "advanced", "promoted", "rolled_back", "concluded"})


def _deployed(_: MetadataStore, events: Sequence[Execution], __: Sequence[str]) -> Iterator[Cause]:
    for event in events:
        told = event.properties
        changes, commit = _text(told.get("changes")).replace("\n", ", "), _text(told.get("commit"))
        said = (
            f"deployment {told.get('number')} was accepted at {iso(event.created_at)}{_by(_text(told.get('by')))}"
        )
        said += (f": {changes}" if changes else "") + (f" (commit {commit[:_SHORT]})" if commit else "")
        key = f"deployment:{told.get('number')}"
        yield _cause("deployment", key, said, event, who=_text(told.get("by")))


def _rolled(_: MetadataStore, events: Sequence[Execution], names: Sequence[str]) -> Iterator[Cause]:
    for event in events:
        told = event.properties
        if told.get("model") in names and told.get("kind") in _MOVES:
            at = told.get("at")
            made = _rollout(
                _text(told["model"]),
                _text(told["kind"]),
                float(at) if isinstance(at, int | float) else event.created_at,
                cast("Mapping[str, str]", told.get("versions") or {}),
                _text(told.get("by")),
                f"{_text(told.get('plan'))}:{_text(told.get('number'))}",
            )
            yield replace(made, execution=event.id)


def _moved(_: MetadataStore, events: Sequence[Execution], names: Sequence[str]) -> Iterator[Cause]:
    for event in events:
        told = event.properties
        if told.get("model") in names:
            before = f" instead of {told['before']}" if told.get("before") else ""
            said = f"{told['model']}@{told['alias']} was pointed at {told['after']}{before}"
            said += f" at {iso(event.created_at)}"
            who = _text(told.get("by"))
            yield _cause("alias", f"alias:{event.name}", said + _by(who), event, who=who)


def _registered(_: MetadataStore, events: Sequence[Execution], names: Sequence[str]) -> Iterator[Cause]:
    for event in events:
        told = event.properties
        if told.get("model") in names:
            who = _text(told.get("author"))
            said = f"version {told.get('version')} of {told['model']} was registered at {iso(event.created_at)}"
            yield _cause("registration", f"registration:{event.name}", said + _by(who), event, who=who)


def _ran(_: MetadataStore, events: Sequence[Execution], __: Sequence[str]) -> Iterator[Cause]:
    """Runs that were finished, and the first of them with other code than the one before."""
    before = ""
    for event in sorted(events, key=lambda one: one.created_at):
        if event.state is not ExecutionState.COMPLETE:
            continue
        commit = _text(event.custom.get("commit"))
        said = f"run {event.name} began at {iso(event.created_at)}"
        yield _cause("run", f"run:{event.name}", said + (f" (commit {commit[:_SHORT]})" if commit else ""), event)
        if commit and before and commit != before:
            changed = f"run {event.name} was the first with commit {commit[:_SHORT]}, at {iso(event.created_at)}"
            yield _cause("code", f"code:{commit}", changed, event)
        before = commit or before


def _read(record: MetadataStore, events: Sequence[Execution], _: Sequence[str]) -> Iterator[Cause]:
    """Spans of data that steps brought in."""
    done = {cast("int", one.id): one for one in events if one.state is ExecutionState.COMPLETE}
    if not done:
        return
    made = [one for one in record.links(Kind.EXECUTION, list(done)) if one.kind is LinkKind.OUTPUT]
    by_artifact = {one.target: done[one.source] for one in made if one.source in done}
    for artifact in record.get(Kind.ARTIFACT, list(by_artifact)) if by_artifact else ():
        span = {**artifact.custom, **artifact.properties}.get("span")
        if span is not None:
            event = by_artifact[cast("int", artifact.id)]
            yield _cause(
                "data", f"data:{span}", f"span {span} of the data was read at {iso(event.created_at)}", event
            )


_Read = Callable[[MetadataStore, Sequence[Execution], Sequence[str]], Iterator[Cause]]

_RECORDED: Final[Mapping[str, _Read]] = {
    "mainspring.Deployment": _deployed,
    "mainspring.Rollout": _rolled,
    "mainspring.AliasMove": _moved,
    "mainspring.Registration": _registered,
    "mainspring.Run": _ran,
    "mainspring.Step": _read,
}
"""What tells of changes, by the type of the executions."""


def _cause(kind: str, key: str, what: str, event: Execution, *, who: str = "") -> Cause:
    return Cause(kind=kind, key=key, at=event.created_at, what=what, who=who, execution=event.id)


def _rollout(model: str, kind: str, at: float, versions: Mapping[str, str], by: str, number: str) -> Cause:
    arms = ", ".join(f"{arm} {version}" for arm, version in versions.items())
    return Cause(
        kind="rollout",
        key=f"rollout:{model}:{number}",
        at=at,
        what=f"the rollout of {model} {kind.replace('_', ' ')} at {iso(at)}{_by(by)}"
        + (f" ({arms})" if arms else ""),
        who=by,
    )


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _text(value: Value) -> str:
    return "" if value is None else str(value)
