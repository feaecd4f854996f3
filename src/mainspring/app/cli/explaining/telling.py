"""Explanations in words: contributions with bars, a rule as a sentence, changes as a list."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.words import bold, dim, table

if TYPE_CHECKING:
    from mainspring.evaluation.explanation import Anchor, Attributions, Counterfactuals
    from mainspring.evaluation.explanation.answers import Answer

_WIDEST = 24


def told(answer: Answer) -> str:
    """An explanation for people."""
    from mainspring.evaluation.explanation import Anchor, Attributions, Counterfactuals

    found = answer.found
    if isinstance(found, Attributions):
        return _contributions(found)
    if isinstance(found, Anchor):
        return _rule(found)
    if isinstance(found, Counterfactuals):
        return _changes(found)
    return str(found)


def _contributions(found: Attributions) -> str:
    """Each feature with its value, what it adds, and a bar."""
    what = "the value" if found.output is None else f"the {found.scale} of {found.output}"
    parts = found.row(0)
    largest = max((abs(one.amount) for one in parts), default=0.0)
    lines = [["", "", f"{found.base[0]:+.4g}", dim("where nothing is known of the row")]]
    for one in parts:
        error = "" if math.isnan(one.error) else dim(f" ± {one.error:.2g}")
        value = "missing" if one.value is None else _short(one.value)
        lines.append([one.feature, value, f"{one.amount:+.4g}", _bar(one.amount, largest) + error])
    lines.append([bold("together"), "", bold(f"{found.outputs[0]:+.4g}"), ""])
    return f"{bold(found.method)}: {what} is {found.outputs[0]:.4g}\n" + table(lines)


def _rule(found: Anchor) -> str:
    rule = " and ".join(map(str, found.predicates)) or "whatever it holds"
    sure = f"{found.precision:.1%} of such rows (at least {found.at_least:.1%}), {found.coverage:.1%} of the data"
    if found.reached:
        return f"{bold(found.answer)} because {bold(rule)}\n{dim(sure)}"
    return f"{bold(found.answer)}, and no rule is enough for it: {found.why}\n{dim(f'nearest: {rule}; {sure}')}"


def _changes(found: Counterfactuals) -> str:
    if not found.found:
        return f"{bold(found.answer)}, and nothing was found for {bold(found.wanted)}: {found.why}"
    lines = [f"{bold(found.answer)}, and {bold(found.wanted)} if"]
    for number, one in enumerate(found.found, start=1):
        lines.append(f"  {number}. " + ", ".join(map(str, one.changes)))
        lines.append(dim(f"     then {one.score:.4g}; plausibility {one.plausibility:.2f}"))
    return "\n".join(lines)


def _bar(amount: float, largest: float) -> str:
    size = round(_WIDEST * abs(amount) / largest) if largest else 0
    sign = "█" if "utf" in (sys.stdout.encoding or "").lower() else "#"
    return click.style(sign * size, fg="green" if amount > 0 else "red")


def _short(value: float | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
