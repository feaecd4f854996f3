"""A run as a policy asks for it: what was known then, a window, one or two models, the champion, a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, summarize
from mainspring.evaluation import Predictor
from mainspring.evaluation.reference import OUTPUT, Reference
from mainspring.monitoring.retraining import FineTune, Fit, Judge, RetrainingPolicy, challenge, choose_window, rank
from mainspring.monitoring.simulation.eras import Era, outputs_of
from mainspring.monitoring.simulation.recording import KNOWN, Recording
from mainspring.monitoring.windows.window import FEEDBACK, TRUTH
from mainspring.serving.payloads.tables import REQUEST

_TIME = f"{REQUEST}time"
_HELD_OUT = 0.2
_MOST_HELD_OUT = 500
LEAST_HELD_OUT = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """What came of a run.

    Attributes:
        verdict: Champion against challenger.
        model: The challenger; ``None`` if nothing was trained.
        reference: What its windows are held against.
        rows: Labelled rows that were used, to train and to judge.
        told: What was chosen, and why.
    """

    verdict: Verdict
    model: Predictor | None = None
    reference: Reference | None = None
    rows: int = 0
    told: tuple[str, ...] = ()


def retrain(
    recording: Recording,
    policy: RetrainingPolicy,
    details: Mapping[str, Any],
    champion: Era,
    at: float,
    *,
    fit: Fit,
    fine_tune: FineTune | None = None,
    metric: str = "",
    positive: str | None = None,
    seed: int = 0,
) -> Trained:
    """Train as a policy says, on what was known at a moment, and hold the challenger against the champion.

    The newest fifth of the labelled rows, at most 500, is held out to judge by; the challenger learns from
    those before them.

    Args:
        recording: The log.
        policy: What the team declared.
        details: What the decision says of the run.
        champion: The model in use.
        at: The moment, in seconds since the epoch.
        fit: Trains.
        fine_tune: Goes on training; without it, models start over.
        metric: What counts, unless the policy says it.
        positive: The class that a binary task is about.
        seed: Of what is drawn.
    """
    last = int(np.searchsorted(recording.times, at))
    seen = recording.seen(0, last, at)
    if TRUTH not in seen.names:
        return Trained(verdict=_too_few(0))
    known = seen.sql(" ".join(("SELECT * FROM this WHERE", _quoted(TRUTH), "IS NOT NULL")))
    count = known.num_rows
    held_out = min(max(LEAST_HELD_OUT, round(_HELD_OUT * count)), _MOST_HELD_OUT)
    if count < held_out + LEAST_HELD_OUT:
        return Trained(verdict=_too_few(count))
    metric = policy.metric or metric
    learnt, newest = known.rows(0, count - held_out), known.rows(count - held_out, count)
    try:
        since, told = _since(policy, details, learnt, fit, metric, positive, seed)
        rows = learnt if since is None else learnt.sql(_after(since))
        if rows.num_rows < LEAST_HELD_OUT:
            return Trained(verdict=_too_few(rows.num_rows))
        model, more = _model(policy, champion, rows, newest, fit, fine_tune, metric, positive, seed)
        before: Predictor = _Answering(champion)
        verdict = challenge(
            before,
            model,
            newest,
            label=TRUTH,
            metric=metric,
            must=policy.challenger,
            margin=policy.margin,
            positive=positive,
            least_rows=LEAST_HELD_OUT,
            seed=seed,
        )
    except InputError as error:  # such as labels of one class only: the run fails, the log goes on
        broken = Reason(ok=False, code="RUN_FAILED", message=f"the run failed: {error.found}")
        return Trained(verdict=Verdict.of("challenge", [broken]), rows=count)
    return Trained(
        verdict=verdict,
        model=model,
        reference=_reference(rows, newest, model),
        rows=rows.num_rows + held_out,
        told=(*told, *more),
    )


def reference_of(rows: Table) -> Reference:
    """A reference of rows as a log has them, answers and truth included where they are known."""
    inputs = [name for name in rows.names if not name.startswith((OUTPUT, REQUEST, FEEDBACK, KNOWN))]
    shown = [name for name in rows.names if not name.startswith((REQUEST, KNOWN))]
    return Reference(statistics=summarize({"rows": rows.select(inputs)}).split("rows"), rows=rows.select(shown))


class _Answering:
    """An era as what predicts."""

    def __init__(self, era: Era) -> None:
        self._era = era

    def predict(self, table: Table) -> Any:
        return self._era.predictions(table)


def _since(
    policy: RetrainingPolicy,
    details: Mapping[str, Any],
    rows: Table,
    fit: Fit,
    metric: str,
    positive: str | None,
    seed: int,
) -> tuple[float | None, tuple[str, ...]]:
    if policy.training.choose != "test":
        since: float | None = details.get("since")
        return since, ()
    if rows.num_rows < 2 * max(policy.training.least_rows, 1):
        return None, ("too few rows to test windows",)
    found = choose_window(
        rows,
        fit,
        label=TRUTH,
        time=_TIME,
        candidates=policy.training.candidates,
        metric=metric,
        positive=positive,
        least_rows=policy.training.least_rows,
        most_tested=_MOST_HELD_OUT,
        seed=seed,
    )
    return found.since, (f"window {found.window}: {found.because}",)


def _model(
    policy: RetrainingPolicy,
    champion: Era,
    rows: Table,
    newest: Table,
    fit: Fit,
    fine_tune: FineTune | None,
    metric: str,
    positive: str | None,
    seed: int,
) -> tuple[Predictor, tuple[str, ...]]:
    if policy.how == "start_over" or fine_tune is None or champion.model is None:
        return fit(rows), ()
    tuned = fine_tune(rows, champion.model)
    if policy.how == "fine_tune":
        return tuned, ("fine-tuned",)
    models: dict[str, Predictor] = {"started over": fit(rows), "fine-tuned": tuned}
    found = rank(models, newest, Judge(label=TRUTH, metric=metric, positive=positive, seed=seed))
    return models[found.chosen], (found.because,)


def _reference(rows: Table, newest: Table, model: Predictor) -> Reference:
    inputs = [name for name in newest.names if not name.startswith((OUTPUT, REQUEST, KNOWN))]
    answered = {**newest.select(inputs).to_columns(), **outputs_of(model.predict(newest))}
    types = {name: newest.type_of(name) for name in inputs}
    trained = [name for name in inputs if not name.startswith(FEEDBACK)]
    statistics = summarize({"rows": rows.select(trained)}).split("rows")
    return Reference(statistics=statistics, rows=Table.from_columns(answered, types))


def _too_few(rows: int) -> Verdict:
    message = f"{rows} labelled rows are too few to train and to judge: {2 * LEAST_HELD_OUT} are needed"
    return Verdict.of("challenge", [Reason(ok=False, code="TOO_FEW_ROWS", message=message, observed=rows)])


def _after(since: float) -> str:
    return " ".join(("SELECT * FROM this WHERE", _quoted(_TIME), ">=", f"'{since!r}'::DOUBLE"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
