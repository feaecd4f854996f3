"""Champion against challenger, on the newest labelled rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.evaluation import Better, Predictor, better, compare
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.monitoring.retraining.policy import CHALLENGER
from mainspring.monitoring.retraining.ranking import Judge

GATE: Final = "challenge"


def challenge(
    champion: Predictor | None,
    challenger: Predictor,
    rows: Table,
    *,
    label: str,
    metric: str = "",
    must: str = "surely_better",
    margin: float = 0.0,
    positive: str | None = None,
    least_rows: int = 100,
    level: float = 0.95,
    seed: int = 0,
    gate: str = GATE,
) -> Verdict:
    """Whether a challenger may take the champion's place, judged on the newest labelled rows.

    Both answer the same rows, and the difference has an interval made from pairs. The champion may also be what
    was answered in use: :func:`mainspring.evaluation.predictions_in` reads it from the log.

    Args:
        champion: The model in use; ``None`` if there is none, and the challenger takes the empty place.
        challenger: The new one.
        rows: Labelled rows that the challenger was not trained on.
        label: The column of the truth.
        metric: What they are compared by; a usual one without it.
        must: ``surely_better`` (the whole interval of the gain lies above the margin), ``better`` (the gain does),
            or ``not_worse`` (the interval of the gain lies above minus the margin).
        margin: See ``must``.
        positive: The class that a binary task is about.
        least_rows: With fewer rows the challenger does not win, as nothing is known.
        level: The confidence of the interval.
        seed: Of what is drawn.
        gate: Name of the gate in the verdict.

    Raises:
        InputError: If the challenger cannot answer the rows, or the metric does not exist.
    """
    if must not in CHALLENGER:
        raise InputError(f"must is {must!r}", expected="one of " + ", ".join(CHALLENGER))
    if champion is None:
        message = "there is no champion: the challenger takes the empty place"
        return Verdict.of(gate, [Reason(ok=True, code="FIRST_RUN", message=message)])
    if rows.num_rows < least_rows:
        message = f"{rows.num_rows} labelled rows are too few to judge a challenger, {least_rows} are needed"
        reason = Reason(
            ok=False, code="TOO_FEW_ROWS", message=message, observed=rows.num_rows, expected=least_rows
        )
        return Verdict.of(gate, [reason])
    judge = Judge(label=label, metric=metric, positive=positive, level=level, seed=seed)
    ours, theirs = challenger.predict(rows), champion.predict(rows)
    evaluation, baseline = judge.evaluation(ours, rows), judge.evaluation(theirs, rows)
    paired = judge.differences(ours, theirs, rows)
    name = judge.main(evaluation)
    verdict = compare(
        evaluation,
        baseline=baseline,
        better_by={name: -margin if must == "not_worse" else margin},
        paired=paired,
        on="figure" if must == "better" else "interval",
        gate=gate,
    )
    differences = paired.measured[ALL_ROWS]
    sign = -1.0 if better(name) is Better.LOWER else 1.0
    gain = sign * differences.values[name]
    least = min(sign * end for end in differences.intervals.get(name, (gain, gain)))
    told = [
        replace(one, message=one.message.replace("the blessed model", "the champion")) for one in verdict.reasons
    ]
    if verdict.ok and must != "not_worse" and not (gain if must == "better" else least) > margin:
        # Models that answer alike differ by exactly nothing, which a bound of nothing would let pass.
        message = f"{name} of both is the same to within the margin: the champion stays"
        told.append(Reason(ok=False, code="NO_GAIN", message=message, subject=name, observed=gain))
    details = {**verdict.details, "metric": name, "must": must, "margin": margin, "gain": gain, "gain_low": least}
    return Verdict.of(gate, told, details)
