"""The decision: a pure function of the policy, the situation and what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mainspring.core.clock import iso, seconds_of
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.hours import quiet_until
from mainspring.monitoring.retraining.memory import Memory, failing
from mainspring.monitoring.retraining.policy import Condition, RetrainingPolicy
from mainspring.monitoring.retraining.situation import Situation

GATE: Final = "retraining"
OBSTACLES: Final = "may retrain"
_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether to retrain, why, what stands in the way, and what the run gets.

    Attributes:
        retrain: Whether a run is to be asked for.
        wanted: What calls for a new model and what does not. As any check's, this verdict is not ok if something
            is to be done: its failures are the reasons for retraining.
        allowed: What stands in the way: its failures block the run, unless somebody asked for it in person.
        parameters: Of the run, filled in.
        details: All that the policy says of the run: ``since`` and ``until`` of the rows to train on (in seconds
            since the epoch; ``None`` for all), ``candidates`` of windows to be tried, ``how``, ``warm_start``
            (the version to go on from), ``challenger``, ``sign_off``, ``promote`` and so on.
        cost: What the run costs.
        memory: To be given back the next time: plain JSON.
    """

    retrain: bool
    wanted: Verdict
    allowed: Verdict
    parameters: Mapping[str, Value] = field(default_factory=dict)
    details: Mapping[str, Value] = field(default_factory=dict)
    cost: float = 0.0
    memory: Mapping[str, Value] = field(default_factory=dict)

    @property
    def blocked(self) -> bool:
        """Whether a new model is called for, and something stands in the way."""
        return not self.wanted.ok and not self.retrain

    @property
    def because(self) -> str:
        """One sentence for people: why, or why not."""
        if self.wanted.ok:
            return "nothing calls for a new model"
        calls = "; ".join(one.message for one in self.wanted.failures)
        hindered = "; ".join(one.message for one in self.allowed.failures)
        return f"{calls}, but {hindered}" if self.blocked else calls

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "retrain": self.retrain,
            "blocked": self.blocked,
            "because": self.because,
            "wanted": self.wanted.as_dict(),
            "allowed": self.allowed.as_dict(),
            "parameters": dict(self.parameters),
            "details": dict(self.details),
            "cost": self.cost,
        }


def decide(policy: RetrainingPolicy, situation: Situation, memory: Mapping[str, Value]) -> Decision:
    """Decide whether a model is to be trained again.

    Pure: nothing is looked at but the arguments. What called for a run and was blocked goes on calling until a run
    is asked for, or until it is over. Somebody who asks in person is given a run whatever the limits say, and it
    counts as any other; only while another run is under way does it wait.

    Args:
        policy: What the team declared.
        situation: How things stand.
        memory: What the last decision gave back; empty for the first.

    Example:
        >>> policy = RetrainingPolicy(freshness="30d", cool_down="1d")
        >>> old = Situation(time=40 * 86400.0, model="taxi", trained=0.0)
        >>> first = decide(policy, old, {})
        >>> first.retrain, first.because
        (True, 'the model is 40 days old (at most 30d)')
        >>> decide(policy, old, first.memory).retrain
        False
    """
    noted = Memory.from_dict(memory).noting(policy, situation)
    wanted = Verdict.of(GATE, _calls(policy, situation, noted))
    allowed = Verdict.of(OBSTACLES, _obstacles(policy, situation, noted))
    in_person = bool(noted.demand) and situation.under_way is None
    retrain = not wanted.ok and (allowed.ok or in_person)
    told = _details(policy, situation, noted) if retrain else {}
    because = "; ".join(one.message for one in wanted.failures)
    return Decision(
        retrain=retrain,
        wanted=wanted,
        allowed=allowed,
        parameters=_filled(policy.parameters, told, situation.model, because),
        details=told,
        cost=policy.cost_per_run if retrain else 0.0,
        memory=(noted.asking(policy, situation) if retrain else noted).as_dict(),
    )


def _calls(policy: RetrainingPolicy, situation: Situation, memory: Memory) -> Iterator[Reason]:
    """What calls for a new model: reasons that are not ok."""
    if memory.demand:
        yield Reason(ok=False, code="ASKED", message=f"asked for: {memory.demand}", subject="demand")
    yield from (_condition(one, memory) for one in policy.conditions)
    if policy.cron is not None and memory.scheduled is not None:
        due = policy.cron.after(datetime.fromtimestamp(memory.scheduled, policy.place)).timestamp()
        late = due <= situation.time
        message = f"the schedule {policy.schedule!r} {'was' if late else 'is'} due at {iso(due)}"
        yield Reason(ok=not late, code="SCHEDULE", message=message, subject="schedule", observed=iso(due))
    wished = policy.fresh_data
    if wished.rows is not None:
        rows = memory.new_rows(situation)
        message = f"{rows} new labelled rows (asked for: {wished.rows})"
        ok = rows < wished.rows
        yield Reason(
            ok=ok, code="NEW_ROWS", message=message, subject="new_data", observed=rows, expected=wished.rows
        )
    if wished.data and situation.data is not None:
        ok = situation.data == memory.data
        message = f"{wished.data} has {'no ' if ok else ''}new content"
        yield Reason(ok=ok, code="NEW_DATA", message=message, subject="new_data", observed=situation.data)
    if policy.most_age is not None:
        yield _freshness(policy.most_age, str(policy.freshness), situation)


def _condition(condition: Condition, memory: Memory) -> Reason:
    outcomes = memory.outcomes.get(condition.key, ())
    bad = len(failing(outcomes))
    ok = bad < condition.for_windows
    if not outcomes:
        message = f"{condition.key} has judged no window yet"
    elif bad == 0:
        message = f"{condition.key} was well in the last window"
    else:
        windows = "the last window" if bad == 1 else f"the last {bad} windows"
        needed = f" (needed: {condition.for_windows})" if ok else ""
        message = f"{condition.key} failed in {windows}{needed}: {outcomes[-1].message}"
    return Reason(
        ok=ok,
        code="CHECK",
        message=message,
        subject=condition.key,
        observed=bad,
        expected=condition.for_windows,
    )


def _freshness(most: float, text: str, situation: Situation) -> Reason:
    tested = situation.tested
    if tested is None:
        message = "it is not known when the model was trained"
        return Reason(ok=True, code="UNKNOWN_AGE", message=message, subject="freshness")
    age = situation.time - tested
    message = f"the model is {age / _DAY:.3g} days old (at most {text})"
    return Reason(
        ok=age <= most, code="FRESHNESS", message=message, subject="freshness", observed=age, expected=most
    )


def _obstacles(policy: RetrainingPolicy, situation: Situation, memory: Memory) -> Iterator[Reason]:
    """What stands in the way of a run: reasons that are not ok."""
    time, run = situation.time, situation.under_way
    if run is not None:
        state, name = "runs" if run.running else "waits", f" {run.name}" if run.name else ""
        message = f"the run{name} that was asked for at {iso(run.asked)} {state} already"
        yield Reason(ok=False, code="UNDER_WAY", message=message, subject="runs", observed=state)
    yield from _cool_down(policy, situation, memory)
    if policy.limit is not None:
        spent = [one for one in memory.asked if one > time - policy.limit.seconds]
        ok = len(spent) < policy.limit.runs
        message = f"{len(spent)} runs of the budget of {policy.limit.text} are spent"
        if not ok:
            message += f", until {iso(spent[-policy.limit.runs] + policy.limit.seconds)}"
        yield Reason(
            ok=ok,
            code="BUDGET",
            message=message,
            subject="budget",
            observed=len(spent),
            expected=policy.limit.runs,
        )
    if policy.quiet.since:
        end = quiet_until(policy.quiet, time, policy.place)
        message = "these are no quiet hours" if end is None else f"these are quiet hours, until {iso(end)}"
        yield Reason(ok=end is None, code="QUIET_HOURS", message=message, subject="quiet")
    if policy.least_labelled:
        ok = situation.labelled >= policy.least_labelled
        message = f"{situation.labelled} rows have been labelled since the model was trained"
        message += "" if ok else f", {policy.least_labelled} are needed"
        yield Reason(
            ok=ok,
            code="LABELS",
            message=message,
            subject="labels",
            observed=situation.labelled,
            expected=policy.least_labelled,
        )


def _cool_down(policy: RetrainingPolicy, situation: Situation, memory: Memory) -> Iterator[Reason]:
    ended = [one.ended for one in situation.runs if one.ended is not None]
    last = max([*memory.asked, *ended], default=None)
    if not policy.pause or last is None:
        return
    over = last + policy.pause
    ok = situation.time >= over
    message = f"the last run was at {iso(last)}; the cool-down of {policy.cool_down} " + (
        "is over" if ok else f"lasts until {iso(over)}"
    )
    yield Reason(ok=ok, code="COOL_DOWN", message=message, subject="cool_down", observed=iso(last))


def _details(policy: RetrainingPolicy, situation: Situation, memory: Memory) -> dict[str, Value]:
    window = policy.training
    length = window.candidates[0]
    since: float | None = None
    if window.choose == "newest" and length != "all":
        since = situation.time - seconds_of(length)
    elif window.choose == "drift":
        since = min((began for began, _ in memory.began.values()), default=None)
    return {
        "since": since,
        "until": situation.time,
        "window": length if window.choose == "newest" else window.choose,
        "candidates": list(window.candidates) if window.choose == "test" else [],
        "least_rows": window.least_rows,
        "how": policy.how,
        "warm_start": situation.version if policy.how != "start_over" else "",
        "version": situation.version,
        "metric": policy.metric,
        "challenger": policy.challenger,
        "margin": policy.margin,
        "sign_off": list(policy.signers),
        "promote": policy.promote,
        "cost": policy.cost_per_run,
    }


def _filled(
    parameters: Mapping[str, Value], told: Mapping[str, Value], model: str, because: str
) -> dict[str, Value]:
    """Parameters of the run, with what they ask for filled in; empty if there is no run."""
    if not told:
        return {}
    times = {name: _moment(told[name]) for name in ("since", "until")}
    known = {**told, **times, "model": model, "because": because}
    made: dict[str, Value] = {}
    for name, value in parameters.items():
        if isinstance(value, str) and value.startswith("$"):
            made[name] = value[1:] if value.startswith("$$") else known[value[1:]]
        else:
            made[name] = value
    return made


def _moment(seconds: Value) -> str:
    return iso(seconds) if isinstance(seconds, float) else ""
