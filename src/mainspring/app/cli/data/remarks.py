"""Anomalies, distances and findings as lines for the terminal, the worst first."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.output import width
from mainspring.app.cli.words import bold, dim
from mainspring.data.viewing.terminal import printable

if TYPE_CHECKING:
    from mainspring.data.assessment import Assessment
    from mainspring.data.schema.differing import SchemaDiff
    from mainspring.data.validation import Validation
    from mainspring.data.viewing.drifts import FeatureDrift

_COLOURS = {"ERROR": "red", "PROBLEM": "red", "WARNING": "yellow", "NOTE": "blue"}
_NAME, _LEAST = 32, 20
_MEASURED = 5


def validation_lines(found: Validation, *, limit: int | None = None) -> list[str]:
    """The anomalies, errors first, and what could not be checked."""
    rows = ", ".join(f"{name} {_plural(count, 'row')}" for name, count in found.rows.items())
    verdict = click.style("blessed", fg="green") if found.blessed else click.style("held", fg="red")
    counts = f"{_plural(len(found.errors), 'error')}, {_plural(len(found.warnings), 'warning')}"
    counts += f", {len(found.not_evaluated):,} not evaluated" if found.not_evaluated else ""
    lines = [f"{bold(verdict)}  {counts} in {found.environment} data ({rows})"]
    shown = list(found.anomalies)[: limit or None]
    for one in shown:
        where = " · ".join(part for part in (one.split, one.slice) if part)
        lines += ["", _title(one.severity.value, one.path or "the whole data set", one.type.value, where)]
        pairs = [("found", one.found), ("expected", one.expected)]
        pairs += [("such as", str(example)) for example in one.examples[:3]]
        lines += _pairs([*pairs, ("to accept", one.edit)])
    if len(shown) < len(found.anomalies):
        lines += ["", dim(f"{len(found.anomalies) - len(shown)} more (--limit)")]
    for left in found.not_evaluated:
        lines += ["", dim(str(left))]
    return lines + _measured_lines(found)


def _measured_lines(found: Validation) -> list[str]:
    """What was measured between data sets, alarm or not: the furthest first."""
    from mainspring.data.viewing.drifts import of_measurements

    lines: list[str] = []
    for between in dict.fromkeys(one.between for one in found.measurements):
        drifts = of_measurements([one for one in found.measurements if one.between == between])
        moved = {one.name for one in drifts if one.drifted}
        told = f"{len(moved)} of {_plural(len({one.name for one in drifts}), 'feature')} drifted"
        head = f"{bold(printable(between[0]))} to {bold(printable(between[1]))}: {told}"
        lines += ["", head, *drift_lines(drifts, limit=_MEASURED, more="--json")]
    return lines


def drift_lines(found: Sequence[FeatureDrift], *, limit: int | None = None, more: str = "--limit") -> list[str]:
    """The distances of every feature, drifted ones first.

    Args:
        limit: At most so many features.
        more: The option that shows the others.
    """
    from mainspring.data.viewing.terminal import fitted
    from mainspring.data.viewing.wording import figure

    if not found:
        return [dim("nothing to compare")]
    shown = list(found)[: limit or None]
    wide = min(max(*(len(one.name) for one in shown), 7), _NAME)
    room = width() - wide - 70
    head = f"  {'feature'.ljust(wide)}  {'distance'.ljust(22)}  {'value':>9}  {'limit':>7}  {'p':>8}  others"
    lines = [dim(head)]
    for one in shown:
        gap = one.first
        p_value = "" if gap.p_value is None else "< 0.0001" if gap.p_value < 1e-4 else figure(gap.p_value)
        value = _distance(gap.value).rjust(9)
        others = ", ".join(f"{each.called} {_distance(each.value)}" for each in one.gaps[1:5])
        others = fitted(others, room).rstrip() if room > _LEAST else ""
        line = (
            f"  {bold(fitted(one.name, wide))}  {fitted(gap.called, 22)}  "
            f"{click.style(value, fg='yellow', bold=True) if one.drifted else value}  "
            f"{figure(gap.limit):>7}  {p_value:>8}  {dim(others)}"
        )
        lines.append(line + (click.style("  DRIFTED", fg="yellow") if one.drifted else ""))
        if one.drifted and one.why:
            lines += _pairs([("", one.why)])
    if len(shown) < len(found):
        lines.append(dim(f"  {len(found) - len(shown)} more ({more})"))
    return lines


def assessment_lines(found: Assessment, *, limit: int | None = None) -> list[str]:
    """The findings, the weightiest first."""
    lines: list[str] = []
    for one in list(found.findings)[: limit or None]:
        lines += ["", _title(one.level.value, ", ".join(one.paths) or "the whole table", one.kind.value, "")]
        lines += _pairs([("found", one.found), ("matters", one.why), ("repair", one.repair)])
        lines += _pairs([("by step", " or ".join(one.calls))]) if one.calls else []
    return lines


def difference_lines(found: SchemaDiff) -> list[str]:
    """Changes of a schema: additions green, removals red, the rest yellow."""
    text = str(found).splitlines()
    if not text:
        return ["Nothing changed."]
    colours = {"+": "green", "-": "red", "~": "yellow"}
    return [
        click.style(line, fg=colours[line.lstrip()[:1]]) if line.lstrip()[:1] in colours else line for line in text
    ]


def anomaly_weights(found: Validation) -> Mapping[str, float]:
    """How much is wrong with each feature: errors far before warnings."""
    weights: dict[str, float] = {}
    for one in found.anomalies:
        weights[one.path] = weights.get(one.path, 0.0) + (1000.0 if one.severity.value == "ERROR" else 1.0)
    return weights


def _title(severity: str, where: str, kind: str, place: str) -> str:
    sign = click.style(severity.lower().ljust(7), fg=_COLOURS.get(severity, "white"), bold=True)
    return f"{sign} {bold(printable(where))}  {dim(' '.join(part for part in (kind, place) if part))}"


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    room = max(width() - 20, 40)
    lines = []
    for name, text in pairs:
        first, *more = textwrap.wrap(printable(text), room, break_on_hyphens=False) or [""]
        lines.append(f"        {dim(name.ljust(11))}{first}")
        lines += [" " * 19 + line for line in more]
    return lines


def _distance(value: float | None) -> str:
    from mainspring.data.viewing.wording import figure

    if value is None:
        return figure(None)
    return "< 0.0001" if 0 < value < 1e-4 else f"{value:.4f}" if value < 10 else figure(value)


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")
