"""Which mitigation to take, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mainspring.evaluation.fairness.mitigation.applying import Task
from mainspring.evaluation.fairness.mitigation.outcomes import UNTOUCHED, Outcome
from mainspring.evaluation.fairness.mitigation.turns import Change, Turned

_MOST_NAMED: Final = 4


def recommend(task: Task, outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """The cheapest model within the bound, or the one with the narrowest gap; none that chance may explain.

    Args:
        task: What should be alike, and the gap that was wanted.
        outcomes: The untouched model first.

    Returns:
        The method, and why.
    """
    plain, *others = outcomes
    gap = f"{task.constraint.words} gap by {', '.join(task.protected)}"
    leave = "Leave the model untouched: "
    if math.isnan(plain.gap.value):
        return UNTOUCHED, f"{leave}its {gap} cannot be estimated ({plain.gap.reason})."
    if plain.gap.value <= task.at_most:
        return UNTOUCHED, f"{leave}its {gap} of {plain.gap.value:.3f} is within {task.at_most:g} as it is."
    narrower = [one for one in others if one.narrowed]
    if not narrower:
        tried = f"nothing that was tried narrows its {gap} of {plain.gap.value:.3f} by more than chance."
        return UNTOUCHED, leave + tried
    within = [one for one in narrower if one.gap.value <= task.at_most]
    if within:
        best = min(within, key=lambda one: (one.cost, one.gap.value))
    else:
        best = min(narrower, key=lambda one: (one.gap.value, one.cost))
    missed = "" if within else f", still above {task.at_most:g}"
    parts = [
        f"Take {best.method}: it narrows the {gap} from {plain.gap.value:.3f} to {best.gap.value:.3f}{missed}"
    ]
    if best.accuracy_change is not None:
        parts.append(f"accuracy {_moved(best.accuracy_change)}")
    moved = sorted(best.groups, key=lambda one: -abs(one.selection_rate.by))[:_MOST_NAMED]
    parts.append(f"answered yes are {', '.join(map(_rates, moved))}")
    return best.method, "; ".join(parts) + "."


def _rates(turned: Turned) -> str:
    rate = turned.selection_rate
    return f"{rate.before:.1%} to {rate.after:.1%} of {turned.group}"


def _moved(change: Change) -> str:
    points = 100 * change.by
    if abs(points) < 0.005:
        return "stays"
    ends = change.interval
    told = "" if ends is None else f" (95 % interval {100 * ends.low:+.2f} to {100 * ends.high:+.2f})"
    return f"{'rises' if points > 0 else 'falls'} by {abs(points):.2f} points{told}"
