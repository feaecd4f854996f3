"""What makes a cutoff the best: costs of errors, a metric, or a metric under a limit on another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.thresholds.sweep import LESS_IS_BETTER, Floats, Sweep, figure

COSTS: Final = ("false_positive", "false_negative", "true_positive", "true_negative")
"""What a row can cost, by its answer and its class; gains are negative."""

_UNDER_A_LIMIT: Final = re.compile(r"\s*(\S+)\s+at\s+(\S+?)\s*(>=|<=|\s)\s*([0-9.eE+-]+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Says which cutoff is best; :func:`rule_of` makes one.

    Attributes:
        text: For people: ``"most recall at precision >= 0.9"``.
        of: The figure that it is about: ``"expected_cost"``, or a metric.
        costs: What a row costs, if costs decide.
        limited: The figure under a limit; ``""`` for none.
        least: Its lowest value allowed.
        most: Its highest value allowed.
        anchor: Of equally good cutoffs the one nearest to this is taken.
    """

    text: str
    of: str
    costs: Mapping[str, float] | None = None
    limited: str = ""
    least: float = -math.inf
    most: float = math.inf
    anchor: float = 0.5

    def values(self, sweep: Sweep) -> Floats:
        """The figure at every cutoff."""
        return figure(sweep, self.of) if self.costs is None else expected_cost(sweep, self.costs)

    def goodness(self, sweep: Sweep) -> Floats:
        """The figure turned so that more is better; minus infinity where it may not be, or does not exist."""
        values = self.values(sweep)
        turned = -values if self.costs is not None or self.of in LESS_IS_BETTER else values
        good: Floats = np.where(np.isnan(turned) | ~self.allowed(sweep), -np.inf, turned)
        return good

    def allowed(self, sweep: Sweep) -> npt.NDArray[np.bool_]:
        """Which cutoffs keep the limit; a figure that does not exist keeps none."""
        if not self.limited:
            return np.ones(sweep.hits.shape, dtype=np.bool_)
        limited = figure(sweep, self.limited)
        with np.errstate(invalid="ignore"):
            kept: npt.NDArray[np.bool_] = (limited >= self.least - 1e-12) & (limited <= self.most + 1e-12)
        return kept


def rule_of(*, costs: Mapping[str, float] | None = None, maximise: str | None = None) -> Rule:
    """The rule that costs, or words, stand for.

    Args:
        costs: ``false_positive`` and ``false_negative``, and, if wanted, ``true_positive`` and ``true_negative``:
            what one row costs, in any currency; gains are negative.
        maximise: A metric (``"f1"``, ``"fbeta@2"``, ``"mcc"``, ``"balanced_accuracy"``, ``"youden"``), or one
            under a limit: ``"recall at precision 0.9"``, ``"recall at false_positive_rate 0.05"``,
            ``"precision at positive_rate 0.1"``. Rates of errors and of positive answers are held down, all else
            is held up; ``>=`` and ``<=`` before the number say otherwise.

    Raises:
        InputError: If not exactly one was given, or it cannot be understood.

    Example:
        >>> rule_of(maximise="recall at precision 0.9").text
        'most recall at precision >= 0.9'
    """
    if (costs is None) is (maximise is None):
        raise InputError(
            "no rule was given" if costs is None else "two rules were given",
            expected='either costs={"false_positive": 1, "false_negative": 5}, or maximise="f1"',
        )
    if costs is not None:
        return _by_costs(costs)
    words = str(maximise).strip()
    if " at " in words:
        return _under_a_limit(words)
    _check_figures(words)
    return Rule(text=f"{_way(words)} {words}", of=words)


def expected_cost(sweep: Sweep, costs: Mapping[str, float]) -> Floats:
    """What a row costs on average, at every cutoff."""
    missed, quiet = sweep.positives - sweep.hits, sweep.others - sweep.alarms
    total = (
        sweep.alarms * costs["false_positive"]
        + missed * costs["false_negative"]
        + sweep.hits * costs["true_positive"]
        + quiet * costs["true_negative"]
    )
    mean: Floats = total / (sweep.positives + sweep.others)
    return mean


def _by_costs(costs: Mapping[str, float]) -> Rule:
    unknown = [name for name in costs if name not in COSTS]
    lacking = [name for name in COSTS[:2] if name not in costs]
    broken = [name for name, value in costs.items() if not math.isfinite(value)]
    if unknown or lacking or broken:
        problems = [
            *(f"{name!r} is no kind of answer" for name in unknown),
            *(f"{name!r} is missing" for name in lacking),
            *(f"{name!r} is no number" for name in broken),
        ]
        raise InputError("the costs cannot be read: " + "; ".join(problems), expected=" and ".join(COSTS))
    full = {name: float(costs.get(name, 0.0)) for name in COSTS}
    alarm, miss = full["false_positive"] - full["true_negative"], full["false_negative"] - full["true_positive"]
    if alarm <= 0 or miss <= 0:
        raise InputError(
            "an error costs no more than the right answer", expected="costs of errors above those of right answers"
        )
    told = ", ".join(f"{name}={costs[name]:g}" for name in COSTS if name in costs)
    # C. Elkan, The foundations of cost-sensitive learning (2001): the best cutoff where probabilities hold.
    return Rule(text=f"costs {told}", of="expected_cost", costs=full, anchor=alarm / (alarm + miss))


def _under_a_limit(words: str) -> Rule:
    found = _UNDER_A_LIMIT.fullmatch(words)
    number = math.nan if found is None else _float(found[4])
    if found is None or math.isnan(number):
        raise InputError(
            f"{words!r} cannot be understood", expected="a metric under a limit, such as 'recall at precision 0.9'"
        )
    of, limited, sign = found[1], found[2], found[3].strip()
    _check_figures(of, limited)
    up = sign == ">=" if sign else limited not in LESS_IS_BETTER
    text = f"{_way(of)} {of} at {limited} {'>=' if up else '<='} {number:g}"
    if up:
        return Rule(text=text, of=of, limited=limited, least=number)
    return Rule(text=text, of=of, limited=limited, most=number)


def _way(name: str) -> str:
    return "least" if name in LESS_IS_BETTER else "most"


def _check_figures(*names: str) -> None:
    nothing = np.zeros(1)
    for name in names:
        figure(Sweep(nothing, nothing, nothing, nothing, nothing), name)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
