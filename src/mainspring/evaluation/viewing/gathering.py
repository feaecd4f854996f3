"""Gathers the page of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.metadata import version

from mainspring.core.verdicts import Verdict
from mainspring.data.viewing.wording import counted, figure, shortened
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.viewing import pictures
from mainspring.evaluation.viewing.classes import class_rows, confusion_of, mistakes
from mainspring.evaluation.viewing.figures import between, change, main_metric, percentage, tone, words
from mainspring.evaluation.viewing.material import Judgement, Material, Picture, Section, Told
from mainspring.evaluation.viewing.metrics import counts, is_many, metric_rows, split_metrics
from mainspring.evaluation.viewing.slices import MOST_SLICES, slice_table, worst_first
from mainspring.evaluation.viewing.thresholds import gains, ground_of, thresholds_of

THIS, BASELINE = "this model", "baseline"
_TOLD_ROWS = 30
_TITLE = 160
_CLASSES = 12
_METHODS = {
    "closed": "in closed form (Wilson, DeLong)",
    "exact": "exact (Clopper and Pearson), else in closed form",
    "bootstrap": "by resampling (Poisson bootstrap)",
    "jackknife": "by leaving parts out (jackknife)",
}


def judgement_of(
    evaluation: Evaluation,
    baseline: Evaluation | None,
    main: str,
    *,
    asked: Sequence[str] = (),
    most_slices: int = MOST_SLICES,
) -> Judgement:
    """How good a model is: metrics, pictures, classes and slices.

    Args:
        evaluation: The candidate's.
        baseline: That of the model to compare with, if there is one.
        main: The metric that slices are sorted by.
        asked: Metrics that are told first whatever they are, such as those of a gate.
        most_slices: Of how many slices there is a row, the worst ones.
    """
    columns, classes = class_rows(evaluation)
    first, more = split_metrics(metric_rows(evaluation, baseline, main) if evaluation.count else [], asked)
    many = is_many(evaluation)
    return Judgement(
        summary=summary_of(evaluation),
        main=words(main, evaluation.facts),
        metrics=first,
        more_metrics=more,
        counts=counts(evaluation) if evaluation.count else [],
        has_baseline=baseline is not None and ALL_ROWS in baseline.measured,
        baseline=BASELINE,
        level=percentage(evaluation.intervals.level),
        pictures=_pictures(evaluation, baseline),
        class_pictures=pictures.each_class(list(evaluation.curves.items())) if many else [],
        confusion=confusion_of(evaluation.classes or (), evaluation.confusion) if evaluation.count else None,
        classes=classes,
        class_columns=columns,
        mistakes=mistakes(evaluation),
        slices=slice_table(evaluation, baseline, main, most=most_slices),
        notes=list(evaluation.notes),
    )


def summary_of(evaluation: Evaluation) -> str:
    """What was judged on what, in one sentence."""
    task = evaluation.task.replace("_", " ").capitalize()
    of = f" of {evaluation.label}" if evaluation.label else ""
    about = f", class {evaluation.positive}" if evaluation.positive is not None else ""
    return f"{task}{of}{about}, judged on {counted(evaluation.count, 'row')} of split {evaluation.split}."


def pairs_of(evaluation: Evaluation, baseline: Evaluation | None, name: str) -> pictures.Pairs:
    """The curves of a class, with those of the baseline."""
    if name not in evaluation.curves:
        return []
    found = [(THIS, evaluation.curves[name])]
    if baseline is not None and name in baseline.curves:
        found.append((BASELINE, baseline.curves[name]))
    return found


def gather(
    evaluation: Evaluation,
    *,
    baseline: Evaluation | None = None,
    verdict: Verdict | None = None,
    sections: Sequence[Section] = (),
    title: str = "",
) -> Material:
    """Everything that the page of an evaluation says."""
    asked = asked_for(verdict)
    main = main_metric(evaluation, asked)
    judgement = judgement_of(evaluation, baseline, main, asked=asked)
    pairs = pairs_of(evaluation, baseline, evaluation.positive or "")
    return Material(
        kind="Evaluation",
        title=shortened(title or _title(evaluation), _TITLE),
        sentence=_sentence(evaluation, baseline, main, verdict),
        facts=_facts(evaluation, baseline, main, verdict),
        verdict=verdict,
        judgement=judgement,
        thresholds=thresholds_of(evaluation, pairs) if pairs else None,
        sections=list(sections),
        origin=origin_of(evaluation),
        version=version("mainspring"),
    )


def asked_for(verdict: Verdict | None) -> list[str]:
    """The metrics that a gate judged."""
    # A verdict is false where the gate says no.
    reasons = verdict.reasons if verdict is not None else ()
    return [reason.subject.partition(" | ")[0] for reason in reasons if reason.subject]


def verdict_fact(verdict: Verdict) -> Told:
    """What a gate said, in a word."""
    more = f"from {verdict.gate}" if verdict.ok else f"{counted(len(verdict.failures), 'reason')} against"
    word = "yes" if verdict.ok else "no"
    return Told(name="Verdict", value=word, more=more, tone=word)


def origin_of(evaluation: Evaluation) -> list[Told]:
    """What is known of where the figures come from."""
    found = [
        Told(name="Task", value=evaluation.task.replace("_", " ")),
        *([Told(name="Label", value=evaluation.label)] if evaluation.label else []),
        Told(name="Split", value=evaluation.split),
        Told(name="Rows judged", value=figure(evaluation.count)),
        Told(name="Slices", value=figure(len(evaluation.measured) - 1)),
    ]
    if evaluation.classes:
        told = ", ".join(evaluation.classes[:_CLASSES])
        left = len(evaluation.classes) - _CLASSES
        found.append(Told(name="Classes", value=shortened(told, 300) + (f" and {left} more" if left > 0 else "")))
    if evaluation.positive is not None:
        found.append(Told(name="Positive class", value=evaluation.positive))
    if evaluation.cutoff is not None:
        found.append(Told(name="Cutoff asked for", value=figure(evaluation.cutoff)))
    if evaluation.weight is not None:
        found.append(Told(name="Rows weighed by", value=evaluation.weight))
    how = evaluation.intervals
    found.append(Told(name="Intervals", value=f"{percentage(how.level)}, {_METHODS[how.method]}"))
    return found


def _title(evaluation: Evaluation) -> str:
    if not evaluation.label:
        return f"How good it is at {evaluation.task.replace('_', ' ')}"
    return f"How well {evaluation.label} is predicted"


def _pictures(evaluation: Evaluation, baseline: Evaluation | None) -> list[Picture]:
    if evaluation.classes is None:
        pairs = pairs_of(evaluation, baseline, "")
        return pictures.regression(pairs) if pairs else []
    if is_many(evaluation):
        return []
    pairs = pairs_of(evaluation, baseline, evaluation.positive or "")
    found = pictures.one_class(pairs, evaluation.positive or "") if pairs else []
    ground = ground_of(evaluation)
    if ground is not None:
        points = gains(ground)
        found += [pictures.gain(points), pictures.lift(points)]
    return found


def _sentence(evaluation: Evaluation, baseline: Evaluation | None, main: str, verdict: Verdict | None) -> str:
    if evaluation.unreadable is not None:
        return f"The model could not read the rows: {evaluation.unreadable.rstrip('.')}."
    if not evaluation.count:
        why = evaluation.notes[0] if evaluation.notes else "there are no labels"
        return f"No row could be judged: {why.rstrip('.')}."
    value, own = evaluation.overall[main], evaluation.facts
    told = f"{words(main, own)} is {figure(value)} on {counted(evaluation.count, 'row')}"
    if baseline is not None and main in baseline.overall:
        side = tone(main, value, baseline.overall[main], own)
        apart = figure(float(f"{abs(value - baseline.overall[main]):.3g}"))
        told += f", {apart} {side} than the baseline" if side else ", as the baseline"
    return f"{told}; {_said(verdict)}." if verdict is not None else f"{told}."


def _said(verdict: Verdict) -> str:
    """What a gate said, with its first reason against."""
    if verdict.ok:
        return f"{verdict.gate} says yes"
    first, more = verdict.failures[0], len(verdict.failures) - 1
    others = f", and {counted(more, 'more reason')}" if more else ""
    return f"{verdict.gate} says no ({first.message.rstrip('.')}{others})"


def _facts(evaluation: Evaluation, baseline: Evaluation | None, main: str, verdict: Verdict | None) -> list[Told]:
    facts = [verdict_fact(verdict)] if verdict is not None else []
    rows = Told(name="Rows", value=figure(evaluation.count), more=f"split {evaluation.split}")
    if not evaluation.count:
        return [*facts, rows]
    overall, own = evaluation.measured[ALL_ROWS], evaluation.facts
    value = overall.values.get(main, math.nan)
    facts.append(Told(name=words(main, own), value=figure(value), more=between(overall.intervals.get(main))))
    old = baseline.overall.get(main, math.nan) if baseline is not None else math.nan
    if math.isfinite(old):
        side = tone(main, value, old, own)
        facts.append(Told(name="Change", value=change(value - old), more=f"{figure(old)} before", tone=side))
    return [*facts, rows, *_worst(evaluation, main)]


def _worst(evaluation: Evaluation, main: str) -> list[Told]:
    """The worst slice with rows enough to be told of."""
    for key, one in worst_first(evaluation, main):
        value = one.values.get(main, math.nan)
        if one.count >= _TOLD_ROWS and math.isfinite(value):
            more = f"{shortened(str(key), 60)}, {counted(one.count, 'row')}"
            side = tone(main, value, evaluation.overall[main], evaluation.facts)
            return [Told(name="Worst slice", value=figure(value), more=more, tone=side)]
    return []
