"""The loop: windows of the log as they become complete, checks, record, history, alerts, retraining."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mainspring.core.clock import Clock, now
from mainspring.core.errors import ConflictError, InputError, StateError
from mainspring.core.records import Value
from mainspring.core.verdicts import Verdict
from mainspring.data import ColumnType, TableStatistics
from mainspring.evaluation.naming import by_column
from mainspring.evaluation.reference import IDENTIFYING, Reference, private
from mainspring.monitoring.alerts import AlertBook, Causes, Explainer, Transition
from mainspring.monitoring.alerts.ports import Ledger
from mainspring.monitoring.declaration import Declared
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.monitor.anew import PROFILES, WINDOWS
from mainspring.monitoring.monitor.decisions import DecisionLog
from mainspring.monitoring.monitor.forgetting import erasures, forget_erased
from mainspring.monitoring.monitor.judging import Judgement, judge
from mainspring.monitoring.monitor.known import Known, Versions
from mainspring.monitoring.monitor.learned import LearnedReferences
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
from mainspring.monitoring.seen import Judged, Seen
from mainspring.monitoring.windows import Window, WindowReader
from mainspring.monitoring.windows.outlines import Outline
from mainspring.store.ports import Queue

REFERENCE: Final = "reference"
"""Under this name it is told what windows of a version are held against whose package does not say."""

POLICY: Final = "policy"
"""What stands for a window where the policy asked for a run because of none."""


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
        self.learned = LearnedReferences(self.folder)
        self._packages: dict[str, Known] = {}

    def look(self) -> Iterator[Look]:
        """Judge what became complete or changed since the last look, and ask the policy.

        Yields:
            One look per window, oldest first; one more at the end if the policy says something of itself, such as
            that its schedule is due.

        Raises:
            ConflictError: If another process watches this model.
            InputError: If its windows were of another kind before.
        """
        memory = Memory.load(self.folder)
        with self._reader(memory) as reader, self.history:
            memory = self._without_erased(Memory.load(self.folder))  # now that nobody else changes it
            for window in reader.ready(self._clock()):
                look, memory = self._window(window, memory)
                memory.save(self.folder)
                reader.commit(window)
                self._deliver()
                yield look
            self.awaited = reader.awaited
            decision = self._decide(memory, [])
            if decision is not None:
                asked, memory = self._carry_out(decision, memory, memory)
                memory.save(self.folder)
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
            asked, memory = self._carry_out(decision, memory, memory)
            memory.save(self.folder)
        return decision, asked

    def _window(self, window: Window, memory: Memory) -> tuple[Look, Memory]:
        version = window.version or memory.version
        known = self._known(version)
        profile = self._profile(window, known.reference)
        judgement = self._judge(window, version, profile, memory)
        verdict = self._record(judgement)
        self.archive.put(profile)
        self.history.append(window.since, judgement.figures)
        transitions = self._alert(judgement, known, verdict)
        before = memory
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
            asked, memory = self._carry_out(decision, memory, before, verdict=verdict, window=window.until)
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
        reference, learned = self._known(version).reference, {}
        if reference is None:
            found = self.learned.held_against(window, version, profile)
            reference = found.reference
            learned = {REFERENCE: Judged(verdict=Verdict.of(REFERENCE, [found.reason]))}
        previous = self.archive.latest(self.model, before=window.since)
        seen = Seen(
            model=self.model,
            version=version,
            window=window,
            statistics=by_column(profile.statistics),
            reference=reference,
            previous=None if previous is None else by_column(previous.statistics),
            history=self.history,
            slices=self.declared.how.slices,
            earlier=self._earlier,
        )
        judgement = judge(seen, self._asked(window), memory.for_window(window.since, window.revision))
        return replace(judgement, judged={**judgement.judged, **learned})

    def _profile(self, window: Window, reference: Reference | None) -> WindowProfile:
        """The profile of a window, which is kept for years: without columns of which somebody can be told."""
        hidden = private(None if reference is None else reference.schema, IDENTIFYING) - set(
            self.declared.how.slices
        )
        shown = [name for name in window.table.names if name not in hidden]
        if len(shown) < len(window.table.names):
            window = replace(window, table=window.table.select(shown))
        return WindowProfile.of(window, model=self.model, slices=self.declared.how.slices)

    def _earlier(self, since: float, until: float) -> TableStatistics | None:
        """What the windows between two times held, all together."""
        found = self.archive.merged(self.model, since=since, until=until)
        return None if found is None else by_column(found.statistics)

    def _known(self, version: str) -> Known:
        """What is known of a version, with the names of columns; the same object for every window."""
        found = self._versions.known(self.model, version)
        if found.reference is None:
            return found
        if version not in self._packages:
            self._packages[version] = replace(found, reference=found.reference.by_column())
        return self._packages[version]

    def _without_erased(self, memory: Memory) -> Memory:
        """Erase what was erased from the log since the last look."""
        found = erasures(self._log)
        if found == memory.erasures:
            return memory
        forget_erased(self._log, self.model, self.book, self.learned)
        rows = [name for name, check in self.declared.checks.items() if getattr(check, "keeps_rows", False)]
        memory = replace(memory.without(rows), erasures=found)
        memory.save(self.folder)
        return memory

    def _asked(self, window: Window) -> Mapping[str, Check]:
        """The checks that are asked about a window: of one that changed, those that look at what became known."""
        checks = self.declared.checks
        if window.revision == 0:
            return checks
        return {name: check for name, check in checks.items() if check.on_truth}

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
        before = None
        if window.revision:
            after = math.nextafter(window.since, math.inf)
            known = self._ledger.verdicts(self.model, since=window.since, until=after, limit=1)
            before = known[-1][1] if known else None
        return self._ledger.write(
            told, judgement.verdict(before), revision=window.revision, packages=[one for one in packages if one]
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

    def _carry_out(
        self, decision: Decision, memory: Memory, before: Memory, *, verdict: str = "", window: float | None = None
    ) -> tuple[bool, Memory]:
        """Ask for the run, note what was decided, and remember it; ``before`` is what the disk remembers."""
        wish = POLICY if window is None else repr(window)
        again = decision.retrain and memory.wish == wish
        if decision.retrain and not again:  # whoever is killed now knows later that the wish that waits is its own
            replace(before, wish=wish).save(self.folder)
        asked = self._ask(decision, verdict) or again
        self.decisions.note(decision, asked=asked, at=self._clock(), window=window, again=again)
        kept = dict(decision.memory)
        if decision.retrain and not asked:  # a wish waits already: this one costs nothing
            kept["asked"] = memory.retraining.get("asked", [])
        return asked, replace(memory, retraining=kept, wish="")

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
                silent=True,
            )
        except InputError as error:
            raise InputError(
                f"the windows of {self.model} are cut otherwise than until now: {error.found}",
                expected=error.expected,
                where=self.declared.where,
                fix=f"cut them as before, or judge the log again: mainspring monitor run {self.model} --anew",
            ) from error
        except ConflictError as error:
            raise ConflictError(
                f"another process watches {self.model} at this moment",
                where=error.where,
                fix="stop it, or wait until it is done: one process watches a model at a time",
            ) from error

    def _types(self, version: str) -> Mapping[str, ColumnType]:
        """The types of columns as they were in training, so that one without values fits, too."""
        reference = self._known(version).reference
        features = {} if reference is None else reference.statistics.features
        return {name: one.type for name, one in features.items() if not one.levels}


def _judged_window(judgement: Judgement) -> JudgedWindow:
    return JudgedWindow(
        since=judgement.window.since,
        until=judgement.window.until,
        verdicts={name: one.verdict for name, one in judgement.judged.items()},
        version=judgement.version,
    )
