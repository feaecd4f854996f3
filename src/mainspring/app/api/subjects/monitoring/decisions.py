"""Retraining: what the policy is, what it said, and asking for a new model in person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.watching import UNHEARD, monitors_of, nobody_hears, past_runs
from mainspring.core.errors import InputError
from mainspring.monitoring.monitor import DecisionLog, NotedDecision
from mainspring.monitoring.retraining import TOPIC, PastRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """When a model is trained again, and what became of it.

    Attributes:
        model: The model.
        policy: What the monitoring file says, as it says it; empty if it says nothing.
        decisions: What the policy said when that changed, the newest first.
        runs: The runs that were asked for because of the model, the newest first.
        wishes: How many wishes for new models wait in the queue or are being carried out, of all models.
        cost: What the runs cost by the policy's ``cost_per_run``; 0 if it says nothing of cost.
        unheard: Why nobody would start a run; empty if a schedule takes wishes up.
    """

    model: str
    policy: Mapping[str, Any] = field(default_factory=dict)
    decisions: Sequence[NotedDecision] = ()
    runs: Sequence[PastRun] = ()
    wishes: int = 0
    cost: float = 0.0
    unheard: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking for a new model.

    Attributes:
        model: The model.
        asked: Whether a run was asked for; not if a wish waits already, or a run is under way.
        because: Why, in one sentence.
        told: What came of it, for people.
    """

    model: str
    asked: bool
    because: str
    told: str


@operation("monitoring.decisions", "GET", "/monitoring/{model:path}/decisions")
def decisions(desk: Desk, model: str, *, within: str = "all", since: str = "", until: str = "") -> Retraining:
    """When a model is trained again: the policy, what it said and why, and the runs that came of it."""
    sight = Sight(desk.shared)
    begin, end = sight.bounds(sight.known(model), within, since, until)
    declared = {} if sight.problems() else sight.declared
    policy = declared[model].how.retraining if model in declared else None
    runs = list(reversed(past_runs(desk.platform, model)))
    return Retraining(
        model=model,
        policy={} if policy is None else policy.as_dict(),
        decisions=list(reversed(DecisionLog(sight.home / model).read(since=begin, until=end))),
        runs=runs,
        wishes=desk.platform.store.record.depth(TOPIC),
        cost=0.0 if policy is None else policy.cost_per_run * len(runs),
        unheard=UNHEARD if model in nobody_hears(desk.platform, declared) else "",
    )


@operation(
    "retraining.ask",
    "POST",
    "/monitoring/{model:path}/retrain",
    command="mainspring monitor retrain {model} --because {because}",
    done="{told}",
)
def ask(desk: Desk, model: str, because: str) -> Asked:
    """Ask for a new model as its policy would: with its parameters, counted in its budget.

    It becomes a wish in the queue; the scheduler starts the run.

    Args:
        because: Why; the run says it, too.
    """
    if not because.strip():
        raise InputError("it is not said why", where="because", expected="a sentence for whoever sees the run")
    sight = Sight(desk.shared)
    sight.known(model)
    (monitor,) = monitors_of(desk.platform, dict(sight.declared), only=[model])
    decision, asked = monitor.demand(f"{because.strip()} (asked by {desk.caller.name})")
    waits = "Nothing was done: a wish for a new model waits already, or a run is under way"
    told = f"A new {model} is asked for" if asked else waits
    return Asked(model=model, asked=asked, because=decision.because, told=told)
