"""The loop: windows of the log as they become complete, checks, record, history, alerts, retraining."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, StateError
from mainspring.core.records import Value
from mainspring.data import ColumnType
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.alerts import AlertBook, Causes, Explainer, Transition
from mainspring.monitoring.alerts.ports import Ledger
from mainspring.monitoring.declaration import Declared
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.monitor.anew import PROFILES, WINDOWS
from mainspring.monitoring.monitor.decisions import DecisionLog
from mainspring.monitoring.monitor.judging import Judgement, judge
from mainspring.monitoring.monitor.known import Known, Versions
from mainspring.monitoring.monitor.memory import Memory
from mainspring.monitoring.ports import Check
from mainspring.monitoring.profiles import FigureHistory, ProfileArchive, WindowProfile
from mainspring.monitoring.retraining import (
    Decision,
    JudgedWindow,
    PastRun,
    Situation,
    ask_for,
    decide,
    look_at_data,
)
from mainspring.monitoring.seen import Seen
from mainspring.monitoring.windows import Window, WindowReader
from mainspring.monitoring.windows.outlines import Outline
from mainspring.store.ports import Queue

LEAST_ROWS: Final = 500
"""Of a window that may become the reference of a model whose package has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of looking at a window.

    Attributes:
        model: The model.
        judgement: What the checks say; ``None`` if no window was complete, and only the policy was asked.
        transitions: What happened to alerts.
        decision: What the policy says; ``None`` if there is none.
        asked: Whether a run was asked for.
        verdict: The digest of the verdict in the record; empty if there is none.
    """

    model: str
    judgement: Judgement | None = None
    transitions: Sequence[Transition] = ()
    decision: Decision | None = None
    asked: bool = False
    verdict: str = ""


class Monitor:
    """Watches a model. One process at a time; what it does survives being killed at any moment.

    Args:
        declared: How the model is watched.
        log: The prediction log.
        home: The folder of what was seen; the model has a folder of its own there.
        book: The alerts.
        versions: What is known of the versions that answer.
        ledger: Where verdicts are recorded; nowhere by default.
        told: Where alerts are recorded; nowhere by default.
        queue: Where a new model is asked for; nowhere by default.
        runs: The runs that were asked for because of a model.
        causes: Knows what changed upstream when an alert began.
        explain: Explains rows that show what is wrong.
        root: Where relative paths of the policy start.
        clock: Gives the time.

    Attributes:
        awaited: The window that was not complete yet at the last look; ``None`` if nothing was asked for one.
    """

    def __init__(
        self,
        declared: Declared,
        *,
        log: Path,
        home: Path,
        book: AlertBook,
        versions: Versions,
        ledger: WatchLedger | None = None,
        told: Ledger | None = None,
        queue: Queue | None = None,
        runs: Callable[[str], Sequence[PastRun]] = lambda _: (),
        causes: Causes | None = None,
        explain: Explainer | None = None,
        root: Path = Path(),
        clock: Clock = now,
    ) -> None:
        self.awaited: Outline | None = None
        self.declared, self.model, self.folder, self.book = declared, declared.model, home / declared.model, book
        self._log, self._versions, self._ledger, self._told = log, versions, ledger, told
        self._queue, self._runs, self._causes, self._explain = queue, runs, causes, explain
        self._root, self._clock = root, clock
        self.history = FigureHistory(self.folder / "history")
        self.archive = ProfileArchive(home / PROFILES)
        self.decisions = DecisionLog(self.folder)

    def look(self) -> Iterator[Look]:
        """Judge what became complete or changed since the last look, and ask the policy.

        Yields:
            One look per window, oldest first; one more at the end if the policy says something of itself, such as
            that its schedule is due.

        Raises:
            ConflictError: If another process watches this model.
        """
        memory = Memory.load(self.folder)
        with self._reader(memory) as reader, self.history:
            memory = Memory.load(self.folder)  # now that nobody else changes it
            for window in reader.ready(self._clock()):
                look, memory = self._window(window, memory)
                memory.save(self.folder)
                reader.commit(window)
                self._deliver()
                yield look
            self.awaited = reader.awaited
            decision = self._decide(memory, [])
            if decision is not None:
                asked = self._ask(decision, "")
                self.decisions.note(decision, asked=asked, at=self._clock())
                replace(memory, retraining=decision.memory).save(self.folder)
                if asked or decision.blocked:
                    yield Look(model=self.model, decision=decision, asked=asked)
        self._deliver()

    def demand(self, because: str) -> tuple[Decision, bool]:
        """Ask for a new model in person, as the policy would: with its parameters, counted in its budget.

        Args:
            because: Why.

        Returns:
            What was decided, and whether a run was asked for: it is not if a wish waits already.

        Raises:
            StateError: If the model has no policy.
            ConflictError: If another process watches this model at this moment.
        """
        if self.declared.how.retraining is None:
            raise StateError(
                f"it is not said how {self.model} is trained again",
                where=self.declared.where,
                fix="give it a section: retraining: {…}",
            )
        with self._reader(Memory()):
            memory = Memory.load(self.folder)
            decision = self._decide(memory, [], demand=because)
            if decision is None:
                raise StateError(f"{self.model} has no policy")
            asked = self._ask(decision, "")
            self.decisions.note(decision, asked=asked, at=self._clock())
            replace(memory, retraining=decision.memory).save(self.folder)
        return decision, asked

    def _window(self, window: Window, memory: Memory) -> tuple[Look, Memory]:
        version = window.version or memory.version
        known = self._versions.known(self.model, version)
        profile = WindowProfile.of(window, model=self.model, slices=self.declared.how.slices)
        judgement = self._judge(window, version, profile, memory)
        verdict = self._record(judgement)
        self.archive.put(profile)
        self.history.append(window.since, judgement.figures)
        transitions = self._alert(judgement, known, verdict)
        memory = memory.judged(
            window.since,
            window.revision,
            version=version,
            labelled=window.labelled,
            checks={name: one.memory for name, one in judgement.judged.items()},
        )
        decision = self._decide(memory, [_judged_window(judgement)])
        asked = False
        if decision is not None:
            asked = self._ask(decision, verdict)
            self.decisions.note(decision, asked=asked, at=self._clock(), window=window.until)
            memory = replace(memory, retraining=decision.memory)
        look = Look(
            model=self.model,
            judgement=judgement,
            transitions=transitions,
            decision=decision,
            asked=asked,
            verdict=verdict,
        )
        return look, memory

    def _judge(self, window: Window, version: str, profile: WindowProfile, memory: Memory) -> Judgement:
        known = self._versions.known(self.model, version)
        previous = self.archive.latest(self.model, before=window.since)
        seen = Seen(
            model=self.model,
            version=version,
            window=window,
            statistics=profile.statistics,
            reference=known.reference or self._own(window, version, profile),
            previous=None if previous is None else previous.statistics,
            history=self.history,
            slices=self.declared.how.slices,
        )
        return judge(seen, self._asked(window), memory.for_window(window.since, window.revision))

    def _asked(self, window: Window) -> Mapping[str, Check]:
        """The checks that are asked about a window: of one that changed, those that look at what became known."""
        checks = self.declared.checks
        if window.revision == 0:
            return checks
        return {name: check for name, check in checks.items() if check.on_truth}

    def _own(self, window: Window, version: str, profile: WindowProfile) -> Reference:
        """What a version answered first, for models whose packages do not say what they were trained on."""
        folder = self.folder / "references" / (version or "unknown")
        if folder.is_dir():
            return Reference.load(folder)
        made = Reference(statistics=profile.statistics, rows=window.table)
        if window.table.num_rows >= LEAST_ROWS:
            written = folder.with_name(f"{folder.name}.new")
            shutil.rmtree(written, ignore_errors=True)
            written.mkdir(parents=True)
            made.save(written)
            written.replace(folder)
        return made

    def _record(self, judgement: Judgement) -> str:
        if self._ledger is None:
            return ""
        window = judgement.window
        packages = [self._versions.known(self.model, version).package for version in window.versions]
        told: dict[str, Value] = {
            "model": self.model,
            "version": judgement.version,
            "since": window.since,
            "until": window.until,
            "rows": window.table.num_rows,
        }
        return self._ledger.write(
            told, judgement.verdict(), revision=window.revision, packages=[one for one in packages if one]
        )

    def _alert(self, judgement: Judgement, known: Known, verdict: str) -> Sequence[Transition]:
        return self.book.take(
            self.model,
            judgement.version,
            judgement.window,
            judgement.judged,
            self.declared.how.alerts,
            history=self.history,
            causes=self._causes,
            explain=self._explain,
            reference=known.reference,
            evidence=[one for one in (verdict, known.package) if one],
            now=self._clock(),
        )

    def _deliver(self) -> None:
        self.book.deliver(self.model, self.declared.how.alerts)
        if self._told is not None:
            self.book.record(self._told)

    def _decide(self, memory: Memory, windows: Sequence[JudgedWindow], demand: str = "") -> Decision | None:
        policy = self.declared.how.retraining
        if policy is None:
            return None
        situation = Situation(
            time=self._clock(),
            model=self.model,
            version=memory.version,
            trained=self._versions.known(self.model, memory.version).trained,
            windows=windows,
            labelled=sum(memory.labelled.values()),
            data=look_at_data(policy, self._root),
            runs=self._runs(self.model),
            demand=demand,
        )
        return decide(policy, situation, memory.retraining)

    def _ask(self, decision: Decision, verdict: str) -> bool:
        if self._queue is None:
            return False
        evidence = [verdict] if verdict else []
        return ask_for(self._queue, decision, model=self.model, evidence=evidence, clock=self._clock) is not None

    def _reader(self, memory: Memory) -> WindowReader:
        how = self.declared.how
        try:
            return WindowReader(
                self._log,
                self.folder / WINDOWS,
                seconds=how.seconds,
                rows=how.rows,
                wait=float(how.wait),
                labels=float(how.labels),
                model=self.model,
                types=self._types(memory.version),
                event_time=how.event_time,
            )
        except InputError as error:
            raise InputError(
                f"the windows of {self.model} are cut otherwise than until now: {error.found}",
                expected=error.expected,
                where=self.declared.where,
                fix=f"cut them as before, or judge the log again: mainspring monitor run {self.model} --anew",
            ) from error

    def _types(self, version: str) -> Mapping[str, ColumnType]:
        """The types of columns as they were in training, so that one without values fits, too."""
        reference = self._versions.known(self.model, version).reference
        features = {} if reference is None else reference.statistics.features
        return {name: one.type for name, one in features.items() if not one.levels}


def _judged_window(judgement: Judgement) -> JudgedWindow:
    return JudgedWindow(
        since=judgement.window.since,
        until=judgement.window.until,
        verdicts={name: one.verdict for name, one in judgement.judged.items()},
        version=judgement.version,
    )
