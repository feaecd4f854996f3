"""The page of several models side by side, judged on the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.core.verdicts import Verdict
from mainspring.data.viewing.page import Page
from mainspring.data.viewing.wording import counted, figure, shortened
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.viewing import pictures
from mainspring.evaluation.viewing.classes import confusion_of
from mainspring.evaluation.viewing.figures import (
    COUNTS,
    between,
    change,
    hint,
    main_metric,
    sort_key,
    tone,
    words,
)
from mainspring.evaluation.viewing.gathering import asked_for, origin_of
from mainspring.evaluation.viewing.material import Column, Entry, Grid, Material, Picture, Section, Told
from mainspring.evaluation.viewing.metrics import is_many, of_class
from mainspring.evaluation.viewing.page import render

Models = Mapping[str, Evaluation]

_MOST_LINES = 3
_MOST_SLICES = 1000
_NAME = 40


def view_comparison(
    evaluations: Models,
    *,
    verdict: Verdict | None = None,
    sections: Sequence[Section] = (),
    title: str = "",
) -> Page:
    """One offline page of models side by side: metrics, curves, who gets better and who worse, slice by slice.

    Args:
        evaluations: Name to evaluation, on the same rows; changes are those of the last against the first.
        verdict: What a gate said.
        sections: Further parts of the page.
        title: The title of the page.

    Raises:
        InputError: If there are fewer than two models, or their tasks or labels differ.

    Example:
        ``view_comparison({"in use": old, "candidate": new}).save("comparison.html")``
    """
    _check(evaluations)
    names = list(evaluations)
    first, last = evaluations[names[0]], evaluations[names[-1]]
    main = main_metric(last, asked_for(verdict))
    found = [
        _metrics(evaluations),
        _curves(evaluations),
        _matrices(evaluations),
        *_slices(evaluations, main),
        *sections,
        Section(
            key="origin",
            title="Origin",
            facts=origin_of(last),
            remarks=[f"{name}: {note}" for name, one in evaluations.items() for note in one.notes],
        ),
    ]
    page = Material(
        kind="Comparison",
        title=shortened(title, 160) or f"{shortened(names[-1], 60)} against {shortened(names[0], 60)}",
        sentence=_sentence(first, last, names, main),
        facts=_facts(evaluations, main, verdict),
        verdict=verdict,
        judgement=None,
        thresholds=None,
        sections=[one for one in found if one is not None],
        origin=(),
        version=version("mainspring"),
    )
    return render("comparison.html.j2", page)


def _check(evaluations: Models) -> None:
    if len(evaluations) < 2:
        raise InputError(
            f"{counted(len(evaluations), 'model')} to compare", expected="at least two", fix="use view for one"
        )
    told = {(one.task, one.label, one.positive) for one in evaluations.values()}
    if len(told) > 1:
        raise InputError(
            "the models were not asked the same: "
            + "; ".join(
                sorted(
                    f"{task} of {label}" + (f", class {positive}" if positive else "")
                    for task, label, positive in told
                )
            ),
            expected="evaluations of the same task, label and positive class",
        )


def _sentence(first: Evaluation, last: Evaluation, names: Sequence[str], main: str) -> str:
    new, old = last.overall.get(main, math.nan), first.overall.get(main, math.nan)
    side = tone(main, new, old)
    moved = f"{figure(float(f'{abs(new - old):.3g}'))} {side}" if side else "as good"
    compared = "than" if side else "as"
    told = f"{words(main)} of {names[-1]} is {figure(new)}, {moved} {compared} that of {names[0]}"
    rows = {one.count for one in (first, last)}
    if len(rows) > 1:
        told += f", but they were judged on {first.count:,} and {last.count:,} rows"
    return told + "."


def _facts(evaluations: Models, main: str, verdict: Verdict | None) -> list[Told]:
    facts = []
    if verdict is not None:
        facts.append(
            Told(
                name="Verdict",
                value="yes" if verdict.ok else "no",
                more=f"from {verdict.gate}",
                tone="yes" if verdict.ok else "no",
            )
        )
    for name, one in evaluations.items():
        overall = one.measured[ALL_ROWS]
        value = overall.values.get(main, math.nan)
        more = between(overall.intervals.get(main))
        facts.append(Told(name=f"{words(main)}, {shortened(name, _NAME)}", value=figure(value), more=more))
    gained, lost, same = _moves(evaluations, main)
    if gained or lost or same:
        facts.append(Told(name="Slices", value=f"{len(gained)} better, {len(lost)} worse", more=f"{same} alike"))
    return facts


def _moves(evaluations: Models, main: str) -> tuple[list[Slice], list[Slice], int]:
    """The slices that got better and worse from the first to the last model, and how many did neither."""
    first, last = next(iter(evaluations.values())), list(evaluations.values())[-1]
    gained: list[Slice] = []
    lost: list[Slice] = []
    same = 0
    for key in last.measured:
        if key == ALL_ROWS or key not in first.measured:
            continue
        side = tone(
            main, last.measured[key].values.get(main, math.nan), first.measured[key].values.get(main, math.nan)
        )
        if side:
            (gained if side == "better" else lost).append(key)
        else:
            same += 1
    return gained, lost, same


def _metrics(evaluations: Models) -> Section:
    last = list(evaluations.values())[-1]
    many = is_many(last)
    names = [name for name in last.overall if name not in {"count", *COUNTS} and not of_class(name, many=many)]
    columns = [Column(name="Metric"), *(Column(name=shortened(name, _NAME), number=True) for name in evaluations)]
    grid = Grid(
        caption="",
        columns=[*columns, Column(name="Change", number=True)],
        rows=[
            _metric_row(name, [one.measured[ALL_ROWS] for one in evaluations.values()], many=many)
            for name in names
        ],
    )
    lead = "The best figure of each row is marked; the change is that of the last model against the first."
    return Section(key="metrics", title="Metrics", lead=lead, grids=[grid])


def _metric_row(name: str, measured: Sequence[Measured], *, many: bool) -> list[Entry]:
    values = [one.values.get(name, math.nan) for one in measured]
    entries = [Entry(text=words(name), more=hint(name, many=many))]
    for one, value in zip(measured, values, strict=True):
        entries.append(
            Entry(
                text=figure(value),
                sort=sort_key(value),
                more=between(one.intervals.get(name)) or (one.reasons.get(name, "") if math.isnan(value) else ""),
                tone="best" if _is_best(name, value, values) else "",
            )
        )
    return [*entries, _moved(name, values)]


def _is_best(name: str, value: float, values: Sequence[float]) -> bool:
    side, known = better(name), [one for one in values if math.isfinite(one)]
    if side is Better.NEITHER or not math.isfinite(value) or len(set(known)) < 2:
        return False
    return value == (max(known) if side is Better.HIGHER else min(known))


def _moved(name: str, values: Sequence[float]) -> Entry:
    difference = values[-1] - values[0]
    side = tone(name, values[-1], values[0])
    return Entry(text=change(difference), sort=sort_key(difference), tone=side, more=side)


def _curves(evaluations: Models) -> Section | None:
    last = list(evaluations.values())[-1]
    key = last.positive or ""
    # The last model first, so that it has the strongest line.
    pairs = [
        (shortened(name, _NAME), one.curves[key])
        for name, one in reversed(list(evaluations.items()))
        if key in one.curves
    ]
    if not pairs:
        return None
    most = _MOST_LINES if last.classes is not None else 2
    told = f"The last {most} models are drawn." if len(pairs) > most else ""
    pairs = pairs[:most]
    if last.classes is None:
        found = pictures.regression(pairs)
    else:
        overlaid = [
            pictures.roc(pairs, key),
            pictures.precision_recall(pairs, key),
            pictures.calibration(pairs, key),
        ]
        found = [one for one in overlaid if one is not None]
    return Section(key="curves", title="Curves", pictures=found, lead=told)


def _matrices(evaluations: Models) -> Section | None:
    found = [
        (shortened(name, _NAME), matrix)
        for name, one in evaluations.items()
        if (matrix := confusion_of(one.classes or (), one.confusion)) is not None and not matrix.picture
    ]
    return Section(key="classes", title="Classes", matrices=found) if found else None


def _slices(evaluations: Models, main: str) -> list[Section]:
    last, names = list(evaluations.values())[-1], list(evaluations)
    keys = [key for key in last.measured if key != ALL_ROWS]
    if not keys:
        empty = 'No slice was judged. Name columns when you evaluate: slices=["sex", "sex * race"].'
        return [Section(key="slices", title="Slices", empty=empty)]
    rows = []
    for key in keys:
        measured = [one.measured.get(key) for one in evaluations.values()]
        values = [one.values.get(main, math.nan) if one is not None else math.nan for one in measured]
        cells = [
            Entry(
                text=figure(value),
                sort=sort_key(value),
                tone="best" if _is_best(main, value, values) else "",
                more=between(one.intervals.get(main)) if one is not None else "not judged",
            )
            for one, value in zip(measured, values, strict=True)
        ]
        count = last.measured[key].count
        rows.append(
            [Entry(text=str(key)), Entry(text=f"{count:,}", sort=str(count)), *cells, _moved(main, values)]
        )
    lower = better(main) is Better.LOWER
    rows.sort(key=lambda row: _badness(row[-1], lower=lower))
    grid = Grid(
        caption="",
        find="part of a name",
        columns=[
            Column(name="Slice"),
            Column(name="Rows", number=True),
            *(Column(name=shortened(name, _NAME), number=True) for name in names),
            Column(name="Change", number=True),
        ],
        rows=rows[:_MOST_SLICES],
    )
    gained, lost, same = _moves(evaluations, main)
    lead = (
        f"{words(main)} by slice, what got worse first: {len(gained)} better, {len(lost)} worse, {same} alike. "
        "Where the intervals of two models overlap widely, the change may be chance."
    )
    whole = {name: one.overall.get(main, math.nan) for name, one in evaluations.items()}
    return [
        Section(
            key="slices", title="Slices", lead=lead, grids=[grid], pictures=_dots(evaluations, keys, main, whole)
        )
    ]


def _badness(entry: Entry, *, lower: bool) -> tuple[bool, float]:
    value = float(entry.sort) if entry.sort else math.nan
    return (True, 0.0) if math.isnan(value) else (False, -value if lower else value)


def _dots(evaluations: Models, keys: Sequence[Slice], main: str, whole: Mapping[str, float]) -> list[Picture]:
    """The figure of every slice, in the order of the first model: how evenly each model does."""
    first = next(iter(evaluations.values()))
    shared = [key for key in keys if all(key in one.measured for one in evaluations.values())]
    ranked = sorted(shared, key=lambda key: first.measured[key].values.get(main, math.nan))
    if len(ranked) < 3:
        return []
    lines = [
        Line(
            name=shortened(name, _NAME),
            points=[
                (place + 1.0, one.measured[key].values.get(main, math.nan)) for place, key in enumerate(ranked)
            ],
            dots=len(ranked) <= 60,
        )
        for name, one in list(evaluations.items())[:_MOST_LINES]
    ]
    told = ", ".join(f"{name} {figure(value)} over all rows" for name, value in whole.items())
    drawn = line_chart(
        lines,
        title=f"{words(main)} of every slice",
        description=told,
        x=f"slices, by {words(main)} of the first model",
        y=words(main),
        x_bounds=(1.0, float(len(ranked))),
        y_bounds=None,
        size=(640, 300),
    )
    return [Picture(svg=drawn, caption="Every slice, in the order of the first model: how evenly each model does")]
