"""The page of several models side by side, judged on the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Verdict
from mainspring.data.viewing.page import Page
from mainspring.data.viewing.wording import counted, figure, shortened
from mainspring.evaluation.comparing import compare_models
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.viewing import pictures
from mainspring.evaluation.viewing.classes import confusion_of
from mainspring.evaluation.viewing.contrast import MOST_LINES, Contrast, metrics_section, slices_section
from mainspring.evaluation.viewing.figures import between, main_metric, tone, words
from mainspring.evaluation.viewing.gathering import asked_for, origin_of, verdict_fact
from mainspring.evaluation.viewing.material import Material, Picture, Section, Told
from mainspring.evaluation.viewing.page import render
from mainspring.evaluation.viewing.showing import sections_of


def view_comparison(
    evaluations: Mapping[str, Evaluation],
    *,
    verdict: Verdict | None = None,
    flips: Evaluation | None = None,
    title: str = "",
) -> Page:
    """One offline page of models side by side: metrics, curves, who gets better and who worse, slice by slice.

    Args:
        evaluations: Name to evaluation, on the same rows; changes are those of the last against the first.
        verdict: What a gate said.
        flips: Where the last answers otherwise than the first, as :mod:`mainspring.evaluation.metrics.flips`
            measures it.
        title: The title of the page.

    Raises:
        InputError: If there are fewer than two models, or their tasks or labels differ.

    Example:
        ``view_comparison({"in use": old, "candidate": new}).save("comparison.html")``
    """
    _check(evaluations)
    names = list(evaluations)
    main = main_metric(evaluations[names[-1]], asked_for(verdict))
    found = Contrast(evaluations, main)
    origin = Section(
        key="origin",
        title="Origin",
        facts=origin_of(found.last),
        remarks=[
            *compare_models(evaluations, main).notes,
            *(f"{name}: {note}" for name, one in evaluations.items() for note in one.notes),
        ],
    )
    sections = [metrics_section(found), _curves(found), _matrices(found), slices_section(found)]
    page = Material(
        kind="Comparison",
        title=shortened(title, 160) or f"{shortened(names[-1], 60)} against {shortened(names[0], 60)}",
        sentence=_sentence(found),
        facts=_facts(found, verdict),
        verdict=verdict,
        judgement=None,
        thresholds=None,
        sections=[*(one for one in sections if one is not None), *sections_of(flips=flips), origin],
        origin=(),
        version=version("mainspring"),
    )
    return render("comparison.html.j2", page)


def _check(evaluations: Mapping[str, Evaluation]) -> None:
    if len(evaluations) < 2:
        raise InputError(
            f"{counted(len(evaluations), 'model')} to compare", expected="at least two", fix="use view for one"
        )
    told = {
        f"{one.task} of {one.label}" + (f", class {one.positive}" if one.positive is not None else "")
        for one in evaluations.values()
    }
    if len(told) > 1:
        raise InputError(
            "the models were not asked the same: " + "; ".join(sorted(told)),
            expected="evaluations of the same task, label and positive class",
        )


def _sentence(found: Contrast) -> str:
    names = list(found.evaluations)
    figures = found.figures(ALL_ROWS)
    new, old = figures[-1], figures[0]
    side = tone(found.main, new, old, found.own)
    moved = f"{figure(float(f'{abs(new - old):.3g}'))} {side} than" if side else "as good as"
    told = f"{words(found.main, found.own)} of {names[-1]} is {figure(new)}, {moved} that of {names[0]}"
    counts = (found.first.count, found.last.count)
    if len(set(counts)) > 1:
        told += f", but they were judged on {counts[0]:,} and {counts[1]:,} rows"
    return told + "."


def _facts(found: Contrast, verdict: Verdict | None) -> list[Told]:
    facts = [verdict_fact(verdict)] if verdict is not None else []
    for name, one in found.models.items():
        overall = one.measured[ALL_ROWS]
        value, interval = overall.values.get(found.main, math.nan), overall.intervals.get(found.main)
        title = f"{words(found.main, found.own)}, {name}"
        facts.append(Told(name=title, value=figure(value), more=between(interval)))
    gained, lost, same = found.moves()
    if gained or lost or same:
        facts.append(Told(name="Slices", value=f"{gained} better, {lost} worse", more=f"{same} alike"))
    return facts


def _curves(found: Contrast) -> Section | None:
    key = found.last.positive or ""
    # The last model first, so that it has the strongest line.
    pairs = [(name, one.curves[key]) for name, one in reversed(found.models.items()) if key in one.curves]
    if not pairs:
        return None
    most = MOST_LINES if found.last.classes is not None else 2
    told = f"The last {most} models are drawn." if len(pairs) > most else ""
    drawn: Sequence[Picture | None]
    if found.last.classes is None:
        drawn = pictures.regression(pairs[:most])
    else:
        shown = pairs[:most]
        drawn = [pictures.roc(shown, key), pictures.precision_recall(shown, key), pictures.calibration(shown, key)]
    return Section(key="curves", title="Curves", lead=told, pictures=[one for one in drawn if one is not None])


def _matrices(found: Contrast) -> Section | None:
    matrices = [
        (name, matrix)
        for name, one in found.models.items()
        if (matrix := confusion_of(one.classes or (), one.confusion)) is not None and not matrix.picture
    ]
    return Section(key="classes", title="Classes", matrices=matrices) if matrices else None
