"""The book of alerts: windows are taken, alerts begin and end, people acknowledge and silence, messages go out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainspring.core.clock import Clock, now
from mainspring.core.errors import StateError
from mainspring.monitoring.alerts.alert import Acknowledgement, Alert, State, Transition
from mainspring.monitoring.alerts.contents import Change, Contents, Notice, Sent
from mainspring.monitoring.alerts.draft import Draft
from mainspring.monitoring.alerts.examples import private_columns, without_rows
from mainspring.monitoring.alerts.journal import Journal
from mainspring.monitoring.alerts.options import AlertOptions
from mainspring.monitoring.alerts.planning import hush, remind, withdraw
from mainspring.monitoring.alerts.ports import Causes, Explainer, Ledger
from mainspring.monitoring.alerts.references import meant
from mainspring.monitoring.alerts.sending import Senders, Sending, deliver
from mainspring.monitoring.alerts.silences import Silence, checked, matches
from mainspring.monitoring.alerts.stepping import end
from mainspring.monitoring.alerts.taking import Background, prepare, take
from mainspring.monitoring.seen import History, Judged
from mainspring.monitoring.windows import Window

if TYPE_CHECKING:
    from mainspring.evaluation.reference import Reference

_ORDER: Final = {State.FIRING: 0, State.ACKNOWLEDGED: 1, State.PENDING: 2, State.RESOLVED: 3}


class AlertBook:
    """The alerts of all models of a project, in a folder.

    Safe for many processes on one file system: a monitor takes windows while people acknowledge and silence. What
    happens is in a journal, on the disk, before anybody is told; who is killed leaves either all of it or nothing,
    and the messages to whoever delivers next. A message is sent at least once. A receiver gets it twice only if
    its answer was lost, or a process was killed between sending it and writing that down: its id is the same then.

    Args:
        folder: Where; it is made when something is first written.
        clock: What time it is.

    Example:
        .. code-block:: python

            book = AlertBook(Path(".mainspring/alerts"))
            book.take("census", "1.2.0", window, {"drift": judged}, options, history=history)
            book.deliver("census", options)
    """

    def __init__(self, folder: Path, *, clock: Clock = now) -> None:
        self._journal, self._clock = Journal(folder), clock

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._journal.folder

    def take(
        self,
        model: str,
        version: str,
        window: Window,
        judged: Mapping[str, Judged],
        options: AlertOptions,
        *,
        history: History | None = None,
        causes: Causes | None = None,
        explain: Explainer | None = None,
        reference: Reference | None = None,
        evidence: Sequence[str] = (),
        now: float | None = None,
    ) -> Sequence[Transition]:
        """Take what the checks said of a window.

        Taking a window twice changes nothing; taking it again with other checks, or because labels came, puts
        right what was known of it. Messages wait until :meth:`deliver`.

        Args:
            model: The model.
            version: The version that answered most of its rows.
            window: The window.
            judged: What the checks gave, by the check's name.
            options: How alerts behave.
            history: Figures of the windows before: for since when, what is usual, and adaptive limits.
            causes: Knows what changed upstream.
            explain: Explains example rows.
            reference: Of the model: values of columns that its schema tags as private are masked.
            evidence: Digests of the monitoring verdict and of the package, for the record.
            now: What time it is, in seconds since the epoch; by the book's clock by default.

        Returns:
            What happened, in order.
        """
        schema = None if reference is None else reference.schema
        private = private_columns(schema, options.private)
        background = Background(history=history, causes=causes, explain=explain, private=private)
        # What takes long is done before anybody has to wait.
        prepared = prepare(self._journal.read(), model, version, window, judged, options, background)
        made: list[Transition] = []

        def decide(draft: Draft) -> None:
            take(draft, prepared, options, tuple(evidence))
            made.extend(draft.transitions)

        self._change(decide, now)
        return made

    def deliver(
        self, model: str, options: AlertOptions, *, senders: Senders | None = None, now: float | None = None
    ) -> Sequence[Sending]:
        """Send what is to be sent now about a model: called after :meth:`take`, and every minute or so beside it.

        Args:
            model: The model.
            options: How its alerts behave: who is told, and when.
            senders: How; over HTTP and by Apprise, if it is installed, by default.
            now: What time it is, in seconds since the epoch; by the book's clock by default.

        Returns:
            What was tried, and what came of it. A message that was not taken is tried again later, ever more
            rarely, and given up after eight attempts.
        """
        self._change(lambda draft: remind(draft, model, options), now)
        return deliver(lambda decide: self._change(decide, now), model, options, senders)

    def alerts(
        self, *, states: Collection[State] | None = None, matcher: Mapping[str, str] | None = None
    ) -> Sequence[Alert]:
        """Alerts, the most pressing first.

        Args:
            states: In these states only; those that fire or are acknowledged by default.
            matcher: What they have, as patterns by name, as for :meth:`silence`.
        """
        wanted = {State.FIRING, State.ACKNOWLEDGED} if states is None else set(states)
        found = [
            one
            for one in self._journal.read().alerts.values()
            if one.state in wanted and matches(matcher or {}, one)
        ]
        return sorted(found, key=lambda one: (_ORDER[one.state], -one.severity.rank, one.since, one.id))

    def get(self, reference: str) -> Alert:
        """One alert by its id, or the beginning of it.

        Raises:
            NotFoundError: If there is none.
            InputError: If several begin so.
        """
        return meant(self._journal.read().alerts, reference)

    def acknowledge(self, references: Iterable[str], *, by: str, note: str = "") -> Sequence[Alert]:
        """Say that somebody takes care: alerts are not repeated, and fire again if they get worse.

        Raises:
            NotFoundError: If one of them is not there.
            StateError: If one of them does not fire.
        """

        def change(draft: Draft, alert: Alert) -> None:
            given = Acknowledgement(by=by, note=note, at=draft.at, effect=alert.effect, severity=alert.severity)
            alert = draft.put(replace(alert, state=State.ACKNOWLEDGED, acknowledged=given))
            draft.note("acknowledged", alert, by=by, why=note)
            withdraw(draft, alert)

        return self._each(references, change, "acknowledged")

    def resolve(self, references: Iterable[str], *, by: str, why: str = "") -> Sequence[Alert]:
        """Say that alerts are over. They fire again with the next bad window.

        Raises:
            NotFoundError: If one of them is not there.
            StateError: If one of them is over already.
        """

        def change(draft: Draft, alert: Alert) -> None:
            alert = draft.put(end(alert, draft.at, by))
            draft.note("resolved", alert, by=by, why=why)
            withdraw(draft, alert)

        return self._each(references, change, "resolved")

    def silence(
        self, matcher: Mapping[str, str], *, until: float, by: str, why: str, since: float | None = None
    ) -> Silence:
        """Tell nobody of some alerts for a time. They are still taken, and recorded.

        Args:
            matcher: What they have, by name (``model``, ``check``, ``subject``, ``slice``, ``severity``, ``code``,
                ``version``, ``id``, ``group``), as patterns of file names; all of them must fit.
            until: Up to when, in seconds since the epoch.
            by: Who says so.
            why: Why.
            since: From when on; from now on by default.

        Raises:
            InputError: If it makes no sense.
        """
        checked(matcher, until, self._clock(), by, why)
        made: list[Silence] = []

        def decide(draft: Draft) -> None:
            start = draft.at if since is None else since
            told = Silence(id=draft.name("s"), matcher=dict(matcher), since=start, until=until, by=by, why=why)
            made.append(draft.put_silence(told))
            for alert in list(draft.alerts.values()):
                hush(draft, alert)
            if not any(one.kind == "silenced" for one in draft.transitions):
                details = {"silence": told.id, "matcher": dict(matcher), "until": until}
                draft.note("silenced", by=by, why=why, details=details)

        self._change(decide)
        return made[0]

    def unsilence(self, reference: str, *, by: str) -> Silence:
        """End a silence. What fires under it is told with the next :meth:`deliver`.

        Raises:
            NotFoundError: If there is none of that name.
        """
        found = meant(self._journal.read().silences, reference, "silence")

        def decide(draft: Draft) -> None:
            known = draft.silences.get(found.id)
            if known is not None:
                draft.put_silence(replace(known, until=draft.at))
                draft.note("unsilenced", by=by, details={"silence": known.id, "matcher": dict(known.matcher)})

        self._change(decide)
        return found

    def silences(self) -> Sequence[Silence]:
        """Silences that hold or will hold, the one that ends first before the others."""
        at = self._clock()
        found = [one for one in self._journal.read().silences.values() if one.until > at]
        return sorted(found, key=lambda one: (one.until, one.id))

    def waiting(self) -> Sequence[Notice]:
        """Messages that are still to be sent, in the order in which they are due."""
        return sorted(self._journal.read().notices.values(), key=lambda one: (one.due, one.id))

    def sent(self) -> Sequence[Sent]:
        """Messages that were sent in the last eight days, oldest first."""
        return self._journal.read().sent

    def history(self, model: str | None = None, *, alert: str | None = None) -> Sequence[Transition]:
        """What happened, oldest first.

        Args:
            model: Only to alerts of this model.
            alert: Only to this alert, by its id or the beginning of it.
        """
        found = [one for change in self._journal.changes(told=alert or "") for one in change.transitions]
        return [
            one
            for one in found
            if (model is None or (one.alert is not None and one.alert.model == model))
            and (alert is None or (one.alert is not None and one.alert.id.startswith(alert)))
        ]

    def forget(self, model: str, gone: Callable[[set[str]], set[str]]) -> None:
        """Erase the values of example rows, also in the history; which requests they were of stays.

        Args:
            model: The model.
            gone: Of the ids of some requests, those whose rows must not be kept.
        """
        told = [each.alert for change in self._journal.changes() for each in change.transitions]
        kept = [*self._journal.read().alerts.values(), *(one for one in told if one is not None)]
        shown = {each.request for one in kept if one.model == model for each in one.examples if each.values}
        lost = gone(shown)
        if lost:
            self._journal.rewrite(lambda one: without_rows(one, lost) if one.model == model else one)

    def record(self, ledger: Ledger) -> int:
        """Write what happened into the record, if it is not there yet; gives how many transitions were new there.

        A process that is killed meanwhile leaves the rest to the next call; the ledger writes nothing twice.
        """
        waiting = sorted(self._journal.read().unrecorded.items())
        fresh = 0
        for number, transition in waiting:
            fresh += ledger.write(transition)
            self._change(partial(Draft.recorded, number=number))
        return fresh

    def _each(
        self, references: Iterable[str], change: Callable[[Draft, Alert], None], state: str
    ) -> Sequence[Alert]:
        changed: list[Alert] = []

        def decide(draft: Draft) -> None:
            found = [meant(draft.alerts, one) for one in dict.fromkeys(references)]
            wrong = [
                one for one in found if not one.open and not (state == "resolved" and one.state is State.PENDING)
            ]
            if wrong:
                told = ", ".join(f"{one.id} is {one.state}" for one in wrong)
                raise StateError(
                    f"nothing can be {state} that does not fire: {told}", fix="mainspring alerts list"
                )
            for alert in found:
                change(draft, alert)
            changed.extend(draft.alerts[one.id] for one in found)

        self._change(decide)
        return changed

    def _change(self, decide: Callable[[Draft], None], at: float | None = None) -> Change:
        def made(contents: Contents) -> Change:
            draft = Draft(contents, self._clock() if at is None else at)
            decide(draft)
            return draft.change()

        return self._journal.change(made)
