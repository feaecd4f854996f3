"""One policy, replayed over a log: windows as they become complete, checks, alerts, decisions, runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from mainspring.core.records import Value
from mainspring.data import TableStatistics, summarize
from mainspring.evaluation.naming import by_column
from mainspring.monitoring.alerts.alert import Transition
from mainspring.monitoring.alerts.options import AlertOptions
from mainspring.monitoring.monitor.judging import Judgement, judge
from mainspring.monitoring.ports import Check
from mainspring.monitoring.retraining import (
    Decision,
    FineTune,
    Fit,
    JudgedWindow,
    PastRun,
    RetrainingPolicy,
    Situation,
    decide,
)
from mainspring.monitoring.seen import Seen
from mainspring.monitoring.simulation.eras import Era
from mainspring.monitoring.simulation.figures import Figures
from mainspring.monitoring.simulation.outcome import Happening, Outcome, ordered
from mainspring.monitoring.simulation.recording import Cut, Recording
from mainspring.monitoring.simulation.rehearsing import Rehearsal
from mainspring.monitoring.simulation.training import Trained, reference_of, retrain
from mainspring.monitoring.windows.window import FEEDBACK, REQUEST

_ALERTED: Final = ("fired", "reopened", "resolved", "worse")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """What all policies have in common.

    Attributes:
        recording: The log.
        cuts: Its windows, oldest first.
        first: What was recorded, and what its windows are held against.
        wait: How many seconds late requests are waited for before a window is judged.
        labels: How many seconds after that a window is judged again as truth comes in.
        tick: How many seconds lie between two looks.
        filling: Whether windows are by count: one is looked at as soon as it is full.
        quick: Whether a window is judged again only once, with all of its truth.
        slices: Columns by whose values figures are told apart.
        fit: Trains; without it nothing is trained, and every run is taken to win.
        fine_tune: Goes on training.
        run_time: How many seconds a run takes.
        sign_off_time: How many seconds a person takes to sign.
        metric: What quality is measured by.
        positive: The class that a binary task is about.
        seed: Of what is drawn.
        progress: Is told which policy is replayed, and how much of it is done, from 0 to 1.
    """

    recording: Recording
    cuts: Sequence[Cut]
    first: Era
    wait: float
    labels: float
    tick: float
    filling: bool = False
    quick: bool = False
    slices: Sequence[str] = ()
    fit: Fit | None = None
    fine_tune: FineTune | None = None
    run_time: float = 3600.0
    sign_off_time: float = 86_400.0
    metric: str = ""
    positive: str | None = None
    seed: int = 0
    progress: Callable[[str, float], None] | None = None

    def complete(self, cut: Cut) -> float:
        """When a window is judged for the first time: one by count at once, one by time after its wait."""
        return cut.until if self.filling else cut.until + self.wait


@dataclass(slots=True)
class _Open:
    """A window that may still change: how many truths were in it when it was last judged, and when that was."""

    cut: Cut
    known: Any
    counted: int
    given_at: float
    revision: int = 0
    statistics: TableStatistics | None = None


@dataclass(slots=True)
class _Run:
    asked: float
    ends: float
    since: float | None
    trained: Trained | None
    past: PastRun
    settled: bool = False


@dataclass(slots=True)
class Replay:
    """Replays one policy.

    Args:
        name: The policy's.
        setting: What all policies have in common.
        checks: What looks at windows, by name.
        alerts: How alerts behave; without it there are none.
        policy: The policy; ``None`` for no new model ever.
    """

    name: str
    setting: Setting
    checks: Mapping[str, Check]
    alerts: AlertOptions | None
    policy: RetrainingPolicy | None

    eras: list[Era] = field(init=False)
    happenings: list[Happening] = field(default_factory=list)
    runs: list[_Run] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    memory: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    remembered: Mapping[str, Value] = field(default_factory=dict)
    windows: int = 0
    failed: int = 0
    cost: float = 0.0
    labels: int = 0
    _book: Rehearsal | None = field(default=None, init=False)
    _previous: Any = field(default=None, init=False)
    _hindered: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.eras = [self.setting.first]
        if self.alerts is not None:
            self._book = Rehearsal(self.setting.recording.model, self.alerts)

    def run(self) -> Outcome:
        """From the first window to the last truth."""
        setting = self.setting
        waiting = list(reversed(setting.cuts))
        still: list[_Open] = []
        if not waiting:
            return self._outcome()
        time = begun = waiting[-1].until
        last = waiting[0].until + setting.wait + setting.labels
        while (waiting or still) and time <= last + setting.tick:
            time = self._next(time, waiting, still)
            if setting.progress is not None:
                setting.progress(self.name, min(1.0, (time - begun) / max(last - begun, 1e-9)))
            self._end_runs(time)
            for one in [one for one in still if self._is_due(one, time)]:
                self._again(one, time)
            while waiting and setting.complete(waiting[-1]) <= time:
                still.append(self._judge_first(waiting.pop(), time))
            still = [one for one in still if not self._is_over(one, time)]
            self._decide(time, [])
            if self._book is not None:
                self._tell(time)
        self._end_runs(float("inf"))
        return self._outcome()

    def _next(self, time: float, waiting: Sequence[Cut], still: Sequence[_Open]) -> float:
        """The next look; stretches in which nothing can happen are passed over."""
        tick = self.setting.tick
        if waiting and self.setting.filling:
            return min(time + tick, self.setting.complete(waiting[-1]))
        if waiting and not still and not self.runs and self.policy is None:
            return max(time + tick, float(np.ceil((waiting[-1].until + self.setting.wait) / tick) * tick))
        return time + tick

    def _is_due(self, one: _Open, time: float) -> bool:
        """As the monitor: when something became known, and it is twice as old as when it was judged last."""
        if int(np.searchsorted(one.known, time, side="right")) == one.counted:
            return False
        closes = one.cut.until + self.setting.wait + self.setting.labels
        if self.setting.quick:
            return closes <= time or float(one.known[-1]) <= time
        return closes <= time or time - one.cut.until >= 2 * max(one.given_at - one.cut.until, 0.0)

    def _is_over(self, one: _Open, time: float) -> bool:
        settled = one.counted == len(one.known)
        return settled or one.cut.until + self.setting.wait + self.setting.labels <= time

    def _judge_first(self, cut: Cut, time: float) -> _Open:
        known = np.sort(self.setting.recording.known[cut.first : cut.last])
        known = known[np.isfinite(known)]
        counted = int(np.searchsorted(known, time, side="right"))
        made = _Open(cut=cut, known=known, counted=counted, given_at=time)
        self._judge(made, time, self.checks)
        return made

    def _again(self, one: _Open, time: float) -> None:
        one.counted = int(np.searchsorted(one.known, time, side="right"))
        one.given_at, one.revision = time, one.revision + 1
        checks = {name: check for name, check in self.checks.items() if check.on_truth}
        self._judge(one, time, checks)

    def _judge(self, one: _Open, time: float, checks: Mapping[str, Check]) -> None:
        if not checks:
            return
        era = self._era(one.cut.since)
        window = self.setting.recording.window(one.cut, time, revision=one.revision)
        if era.version:
            window = replace(
                window, table=era.answered(window.table), versions={era.version: window.table.num_rows}
            )
        if one.statistics is None:  # they are of inputs and answers, which do not change when truth comes in
            shown = [name for name in window.table.names if not name.startswith((REQUEST, FEEDBACK))]
            one.statistics = summarize({"window": window.table.select(shown)}).split("window")
        statistics = one.statistics
        reference = era.reference
        if reference is None:
            reference = reference_of(window.table)
            self.eras[self.eras.index(era)] = replace(era, reference=reference)
        seen = Seen(
            model=self.setting.recording.model,
            version=window.version,
            window=window,
            statistics=by_column(statistics),
            reference=reference.by_column(),
            previous=self._previous,
            history=self.figures,
            slices=self.setting.slices,
        )
        judged = judge(seen, checks, self.memory)
        self._previous = by_column(statistics)
        self.memory |= {name: found.memory for name, found in judged.judged.items()}
        self.figures.append(window.since, judged.figures)
        self.windows += 1
        self.failed += not judged.ok
        if self._book is not None:
            taken = self._book.take(window.version, window, judged.judged, history=self.figures, at=time)
            self._note_alerts(time, taken)
        self._decide(time, [_judged_window(judged)])

    def _note_alerts(self, time: float, transitions: Sequence[Transition]) -> None:
        for kind, alert in ((one.kind, one.alert) for one in transitions):
            if kind in _ALERTED and alert is not None:
                self._note(time, kind, alert.message, {"check": alert.check, "subject": alert.subject})

    def _decide(self, time: float, windows: Sequence[JudgedWindow]) -> None:
        if self.policy is None:
            return
        era = self._era(time)
        recording = self.setting.recording
        first, last = np.searchsorted(recording.times, [era.since, time])
        situation = Situation(
            time=time,
            model=recording.model,
            version=era.version,
            trained=era.trained,
            windows=windows,
            labelled=int((recording.known[first:last] <= time).sum()),
            runs=[self._past(one, time) for one in self.runs[-20:]],
        )
        decision = decide(self.policy, situation, self.remembered)
        self.remembered = decision.memory
        if decision.retrain:
            self._ask(decision, era, time)
        hindered = ", ".join(one.code for one in decision.allowed.failures) if decision.blocked else ""
        if hindered and hindered != self._hindered:
            self._note(time, "blocked", decision.because, {"by": hindered})
        self._hindered = hindered

    def _ask(self, decision: Decision, era: Era, time: float) -> None:
        setting, policy = self.setting, self.policy
        if policy is None:
            return
        trained = None
        if setting.fit is not None:
            trained = retrain(
                setting.recording,
                policy,
                decision.details,
                era,
                time,
                fit=setting.fit,
                fine_tune=setting.fine_tune,
                metric=setting.metric,
                positive=setting.positive,
                seed=setting.seed,
            )
            self.labels = max(self.labels, trained.rows)
        self.cost += decision.cost
        ends = time + setting.run_time + (setting.sign_off_time if policy.signers else 0.0)
        version = f"simulated {len(self.runs) + 1}"
        wins = trained is None or trained.verdict.ok
        past = PastRun(asked=time, ended=ends, version=version, promoted=wins, name=version)
        details: Mapping[str, Any] = decision.details
        self.runs.append(_Run(asked=time, ends=ends, since=details["since"], trained=trained, past=past))
        self._note(time, "asked", decision.because, {"cost": decision.cost, "window": details["window"]})

    def _end_runs(self, time: float) -> None:
        """Runs that have ended by now: what they made comes into use, or does not."""
        for run in self.runs:
            if not run.settled and run.ends <= time:
                run.settled = True
                self._end(run)

    def _end(self, run: _Run) -> None:
        trained, details = run.trained, {"run": run.past.name}
        if trained is not None and not trained.verdict.ok:
            because = "; ".join(one.message for one in trained.verdict.failures)
            self._note(run.ends, "rejected", because, details)
            return
        recording = self.setting.recording
        if trained is None:
            begin = recording.times[0] if run.since is None else run.since
            first, last = np.searchsorted(recording.times, [begin, run.asked])
            reference = reference_of(recording.seen(int(first), int(last), run.asked)) if last > first else None
            because = "no trainer was given: every run is taken to win"
        else:
            reference = trained.reference
            because = "; ".join((*trained.told, *(one.message for one in trained.verdict.reasons)))
        era = Era(
            since=run.ends,
            version=run.past.version,
            model=None if trained is None else trained.model,
            trained=run.asked,
            reference=reference,
        )
        self.eras.append(era)
        self._note(run.ends, "promoted", because, {**details, "version": era.version})

    def _tell(self, time: float) -> None:
        if self._book is None:
            return
        for one in self._book.deliver(time):
            text = f"{one.destination} is told of {len(one.alerts)} alerts" + (" (digest)" if one.digest else "")
            self._note(time, "message", text, {"alerts": list(one.alerts), "digest": one.digest})

    def _era(self, time: float) -> Era:
        """Whose answers those of a window are that begins at a time."""
        return max((one for one in self.eras if one.since <= time), key=lambda one: one.since)

    @staticmethod
    def _past(run: _Run, time: float) -> PastRun:
        return run.past if run.ends <= time else replace(run.past, ended=None, running=True, promoted=False)

    def _note(self, time: float, kind: str, text: str, details: Mapping[str, Any]) -> None:
        self.happenings.append(Happening(at=time, kind=kind, text=text, details=details))

    def _outcome(self) -> Outcome:
        return Outcome(
            name=self.name,
            policy={} if self.policy is None else self.policy.as_dict(),
            happenings=ordered(self.happenings),
            windows=self.windows,
            failed=self.failed,
            cost=self.cost,
            labels=self.labels,
        )


def _judged_window(judgement: Judgement) -> JudgedWindow:
    return JudgedWindow(
        since=judgement.window.since,
        until=judgement.window.until,
        verdicts={name: one.verdict for name, one in judgement.judged.items()},
        version=judgement.version,
    )
