"""Streaming detectors over the rows of windows: did mistakes, inputs or answers change, and since when?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.clock import iso
from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.checks.items import (
    ERRORS,
    MISTAKES,
    OUTCOMES,
    REWARD,
    Items,
    items_of,
    needs_truth,
    of_answers,
)
from mainspring.monitoring.checks.replaying import Change, Part, Replay
from mainspring.monitoring.detectors.streaming import make_detector
from mainspring.monitoring.seen import Figure, Judged, Seen

Floats = npt.NDArray[np.float64]

USUAL: Final[Mapping[str, Mapping[str, Any]]] = {"adwin": {"watch": MISTAKES}}
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """What one entry of the options says."""

    name: str
    kind: str
    on: str
    positive: str
    settings: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """What the reasons are about."""
        return self.on if self.name == self.kind else f"{self.on} | {self.name}"

    def better(self, before: float, after: float) -> bool:
        """Whether it is a change for the better: fewer mistakes, or more reward."""
        if self.on == REWARD:
            return after > before
        return self.on in (MISTAKES, ERRORS, OUTCOMES) and after < before

    def levels(self, values: Floats) -> Floats:
        """What the level is the mean of: of outcomes, whether they are mistakes."""
        return ((values == 1) | (values == 2)).astype(np.float64) if self.on == OUTCOMES else values


@dataclass(frozen=True, kw_only=True)
class StreamsCheck:
    """Runs streaming detectors over the rows of one window after the other, in the order of events.

    An alarm names the row's time, when the change began as far as the items tell, and the mean before and after.
    What becomes known late counts where it belongs: the window is taken again with what is known of it now, and
    those after it once more, as long as they are among the last ``kept`` items. So no row counts twice, and alarms
    are those that would have been raised if all had been known at once. Fewer mistakes and more reward are told,
    and are no failure. Detectors of answers and mistakes begin anew with each version of the model.

    Args:
        detectors: By name: ``watch`` says what is watched: ``mistakes``, ``errors`` (of numbers), ``outcomes``
            (of two classes), ``reward``, or a column of numbers such as ``age`` or ``output.prediction``. Other
            entries are settings of the detector. The name is that of the detector, or any other if ``detector``
            says which it is: ``{age: {detector: kswin, watch: age}}``.
        positive: The class that outcomes are about; the last in sorted order without it.
        kept: Items that are remembered, for each detector, beside those of the last window.

    Raises:
        InputError: With the detectors that make no sense.
    """

    name: ClassVar[str] = "streams"
    keeps_rows: ClassVar[bool] = True

    detectors: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: dict(USUAL))
    positive: str = ""
    kept: int = 50_000

    def __post_init__(self) -> None:
        """Check the options."""
        problems = []
        for name in self.detectors:
            try:
                watch = self._watch(name)
                make_detector(watch.kind, watch.settings)
            except InputError as error:
                problems.append(error)
        if problems:
            expected = "; ".join(dict.fromkeys(one.expected for one in problems if one.expected))
            raise InputError("; ".join(one.found for one in problems), expected=expected or None, where=self.name)
        if self.kept < 0:
            raise InputError(f"kept is {self.kept}", expected="0 or more", where=self.name)

    @property
    def on_truth(self) -> bool:
        """Whether something is watched that becomes known late."""
        return any(needs_truth(self._watch(name).on) for name in self.detectors)

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window; see :class:`mainspring.monitoring.ports.Check`."""
        reasons: list[Reason] = []
        figures: dict[str, Figure] = {}
        places: list[int] = []
        known: dict[str, Value] = {}
        for name in self.detectors:
            watch = self._watch(name)
            replay = self._replay(watch, seen, memory.get(name))
            if replay is None:
                reasons.append(_silent(watch, "TOO_LATE", "the window is of a version or time that is past"))
                known[name] = memory[name]
                continue
            found = self._run(watch, replay, seen, figures, places)
            reasons += found
            known[name] = replay.as_dict()
        return Judged(
            verdict=Verdict.of(self.name, reasons, {"rows": seen.window.table.num_rows}),
            figures=figures,
            memory=known,
            rows=list(dict.fromkeys(places))[:_SHOWN],
        )

    def _watch(self, name: str) -> _Watch:
        given = dict(self.detectors[name])
        kind = str(given.pop("detector", name))
        usual = OUTCOMES if kind == "linear_four_rates" else MISTAKES
        on = given.pop("watch", usual)
        if not isinstance(on, str) or not on:
            raise InputError(f"{name} watches {on!r}", expected="mistakes, errors, outcomes, reward, or a column")
        return _Watch(name=name, kind=kind, on=on, positive=self.positive, settings=given)

    def _replay(self, watch: _Watch, seen: Seen, memory: Any) -> Replay | None:
        """What is remembered, if it is of this version; ``None`` if the window is of the past."""
        version = seen.version if of_answers(watch.on) else ""
        fresh = Replay.anew(watch.kind, watch.settings, version)
        if not memory:
            return fresh
        replay = Replay.from_dict(memory)
        if dict(replay.settings) != dict(watch.settings):
            return fresh
        since, last = seen.window.since, replay.last
        if replay.version != version:
            return fresh if last is None or since > last else None
        return None if replay.until is not None and since <= replay.until else replay

    def _run(
        self, watch: _Watch, replay: Replay, seen: Seen, figures: dict[str, Figure], places: list[int]
    ) -> list[Reason]:
        window, told_before = seen.window, list(replay.told)
        try:
            items = items_of(window.table, watch.on, positive=watch.positive, since=window.since)
            part = Part(since=window.since, values=items.values, times=items.times)
            changes = replay.take(watch.kind, part, watch.levels, kept=self.kept)
        except InputError as error:
            return [_silent(watch, "NOT_WATCHED", error.found)]
        ours = [one for one in changes if one.since == window.since]
        others = [one for one in changes if one.since != window.since and one.since not in told_before]
        replay.tell(one.since for one in ours + others)
        places += [int(items.places[one.place]) for one in ours]
        levels = watch.levels(items.values)
        figures[watch.name] = Figure(value=float(levels.mean()) if levels.size else float("nan"))
        figures[f"{watch.name}.alarms"] = Figure(value=float(len(ours)))
        told = [_alarm(watch, group) for group in _by_window(ours + others)]
        return told or [_steady(watch, items, levels)]


def _by_window(changes: list[Change]) -> list[list[Change]]:
    """Alarms of one window are told together."""
    groups: dict[float, list[Change]] = {}
    for one in changes:
        groups.setdefault(one.since, []).append(one)
    return list(groups.values())


def _alarm(watch: _Watch, changes: list[Change]) -> Reason:
    first, last = changes[0], changes[-1]
    more = f" and {len(changes) - 1} more times in this window" if len(changes) > 1 else ""
    better = watch.better(first.before, last.after)
    return Reason(
        ok=better,
        code="IMPROVED" if better else "CHANGED",
        message=f"{watch.name} on {watch.on}: alarm at {iso(first.at)}{more}, changed since about "
        f"{iso(first.began)}: mean {first.before:.4g} before, {last.after:.4g} after",
        subject=watch.subject,
        observed=last.after,
        expected=first.before,
    )


def _steady(watch: _Watch, items: Items, levels: Floats) -> Reason:
    if not levels.size:
        return _silent(watch, "NOTHING_KNOWN", f"of none of {items.unknown} rows is it known")
    unknown = f", of {items.unknown} more it is not known" if items.unknown else ""
    message = f"{watch.name} on {watch.on}: steady over {levels.size} rows{unknown}, mean {levels.mean():.4g}"
    return Reason(ok=True, code="STEADY", message=message, subject=watch.subject, observed=float(levels.mean()))


def _silent(watch: _Watch, code: str, message: str) -> Reason:
    return Reason(ok=True, code=code, message=f"{watch.name} on {watch.on}: {message}", subject=watch.subject)
