"""Choosing among many models: one metric to optimise, others that only have to be good enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mainspring.core import InputError, Reason, Verdict
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.gates.bounds import Bounds
from mainspring.evaluation.gates.comparing import compare
from mainspring.evaluation.gates.figures import NoFigureError, On, Source, pair_text
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.operation import Operation

_GATE: Final = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that was chosen among several, and why not the others.

    Attributes:
        chosen: Its name; ``None`` if no model is good enough.
        ranking: The models that are good enough, the best first.
        optimised: The metric by which they are ranked.
        verdicts: Name of each model to what was judged of it; the last reason says its place.
        figures: Name of each model to its figure of that metric; NaN where it does not exist.
    """

    chosen: str | None
    ranking: tuple[str, ...]
    optimised: str
    verdicts: Mapping[str, Verdict]
    figures: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.chosen is not None

    @property
    def verdict(self) -> Verdict:
        """Of the one that was chosen; a verdict against all if there is none."""
        if self.chosen is not None:
            return self.verdicts[self.chosen]
        told = [
            replace(reason, message=f"{name}: {reason.message}")
            for name, verdict in self.verdicts.items()
            for reason in verdict.failures
        ]
        return Verdict.of(_GATE, told)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "chosen": self.chosen,
            "ranking": list(self.ranking),
            "optimised": self.optimised,
            "figures": {name: None if math.isnan(value) else value for name, value in self.figures.items()},
            "verdicts": {name: verdict.as_dict() for name, verdict in self.verdicts.items()},
        }


def choose(
    candidates: Mapping[str, Evaluation],
    *,
    optimise: str,
    satisfy: Bounds | None = None,
    rules: Sequence[str] = (),
    operations: Mapping[str, Operation] | None = None,
    baseline: Evaluation | None = None,
    baseline_operation: Operation | None = None,
    on: On = "figure",
    min_slice_size: int = 0,
) -> Choice:
    """Choose the model that is best by one metric among those that are good enough by all others.

    Args:
        candidates: Name to evaluation, all on the same rows.
        optimise: The metric to be as good as possible.
        satisfy: Metric to the figure that is good enough; more or less of it is not rewarded. It is the lowest
            allowed where more is better, and the highest allowed where less is.
        rules: Further conditions; see :func:`compare`.
        operations: Name to what it takes to run the model: its figures can be optimised and bounded as well.
        baseline: What rules with ``baseline`` speak of.
        baseline_operation: What it takes to run that.
        on: Whether conditions are judged on figures, or on the worse ends of their intervals.
        min_slice_size: Slices with fewer rows are not judged by rules on every slice.

    Returns:
        The choice, with reasons for each candidate. Of equal ones the earlier is chosen.

    Raises:
        InputError: If there is no candidate, the candidates were judged on different rows, the metric has no
            better direction, or a rule cannot be read.

    Example:
        ``choose({"small": a, "large": b}, optimise="auc", satisfy={"latency_p50": 0.02}, operations=operations)``
    """
    sources = {name: Source(name, found, (operations or {}).get(name)) for name, found in candidates.items()}
    _check(sources)
    first = next(iter(sources.values()))
    way = _direction(first, optimise)
    at_least: dict[str, float] = {}
    at_most: dict[str, float] = {}
    for metric, bound in (satisfy or {}).items():
        (at_least if _direction(first, metric) is Better.HIGHER else at_most)[metric] = bound
    verdicts: dict[str, Verdict] = {}
    figures: dict[str, float] = {}
    for name, source in sources.items():
        reasons: tuple[Reason, ...] = ()
        if at_least or at_most or rules:
            reasons = compare(
                source.evaluation,
                at_least=at_least,
                at_most=at_most,
                rules=rules,
                baseline=baseline,
                operation=source.operation,
                operations={"baseline": baseline_operation},
                on=on,
                min_slice_size=min_slice_size,
            ).reasons
        try:
            figures[name] = source.value(ALL_ROWS, optimise)
        except NoFigureError as fault:
            figures[name] = math.nan
            reasons = (*reasons, fault.reason)
        verdicts[name] = Verdict.of(_GATE, reasons)
    fit = [name for name, verdict in verdicts.items() if verdict.ok]
    ranking = tuple(sorted(fit, key=lambda name: figures[name], reverse=way is Better.HIGHER))
    for place, name in enumerate(ranking):
        told = _place(name, place, ranking, optimise, figures)
        verdicts[name] = Verdict.of(_GATE, (*verdicts[name].reasons, told))
    return Choice(ranking[0] if ranking else None, ranking, optimise, verdicts, figures)


def _place(name: str, place: int, ranking: Sequence[str], metric: str, figures: Mapping[str, float]) -> Reason:
    value = figures[name]
    of = f"of {len(ranking)} that are good enough"
    if place == 0:
        seen, _ = pair_text(value, figures[ranking[1]]) if len(ranking) > 1 else (f"{value:.3g}", "")
        message, code = f"{metric} {seen} is the best {of}", "CHOSEN"
    else:
        seen, best = pair_text(value, figures[ranking[0]])
        message, code = f"{metric} {seen} is number {place + 1} {of}; {ranking[0]} has {best}", "NOT_CHOSEN"
    return Reason(ok=True, code=code, message=message, subject=metric, observed=value)


def _direction(source: Source, metric: str) -> Better:
    way = source.way(metric)
    if way is Better.NEITHER:
        raise InputError(
            f"{metric} is neither better high nor better low",
            expected="a metric of quality, or of what it takes to run the model",
            fix=f'bound it with a rule instead: rules=["{metric} >= …"]',
        )
    return way


def _check(sources: Mapping[str, Source]) -> None:
    if not sources:
        raise InputError("there is no candidate to choose from", expected="name to evaluation")
    readable = {name: one.evaluation for name, one in sources.items() if one.evaluation.unreadable is None}
    seen = {name: (found.task, found.split, found.count) for name, found in readable.items()}
    if len(set(seen.values())) > 1:
        told = "; ".join(
            f"{name}: {task} on {count} rows of {split!r}" for name, (task, split, count) in seen.items()
        )
        raise InputError(f"the candidates were not judged on the same rows: {told}", expected="one set of rows")
