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
    of = f", class {evaluation.positive}" if evaluation.positive is not None else ""
    return (
        f"{evaluation.task.replace('_', ' ').capitalize()} of {evaluation.label}{of}, judged on "
        f"{counted(evaluation.count, 'row')} of split {evaluation.split}."
    )


def pairs_of(
    evaluation: Evaluation, baseline: Evaluation | None, name: str, other: str = BASELINE
) -> pictures.Pairs:
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
        title=shortened(title, _TITLE) or f"How well {evaluation.label} is predicted",
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
        Told(name="Label", value=evaluation.label),
        Told(name="Split", value=evaluation.split),
        Told(name="Rows judged", value=figure(evaluation.count)),
        Told(name="Slices", value=figure(len(evaluation.measured) - 1)),
    ]
    if evaluation.classes:
        told = ", ".join(evaluation.classes[:12])
        more = f" and {len(evaluation.classes) - 12} more" if len(evaluation.classes) > 12 else ""
        found.insert(2, Told(name="Classes", value=shortened(told, 300) + more))
    if evaluation.positive is not None:
        found.insert(3, Told(name="Positive class", value=evaluation.positive))
    if evaluation.cutoff is not None:
        found.append(Told(name="Cutoff asked for", value=figure(evaluation.cutoff)))
    if evaluation.weight is not None:
        found.append(Told(name="Rows weighed by", value=evaluation.weight))
    how = evaluation.intervals
    found.append(Told(name="Intervals", value=f"{percentage(how.level)}, {_METHODS[how.method]}"))
    return found


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
    if not evaluation.count:
        return (
            "No row could be judged: " + (evaluation.notes[0] if evaluation.notes else "there are no labels") + "."
        )
    value = evaluation.overall[main]
    own = evaluation.facts
    told = f"{words(main, own)} is {figure(value)} on {counted(evaluation.count, 'row')}"
    if baseline is not None and main in baseline.overall:
        old = baseline.overall[main]
        side = tone(main, value, old, own)
        told += (
            f", {figure(float(f'{abs(value - old):.3g}'))} {side} than the baseline"
            if side
            else ", as the baseline"
        )
    if verdict is None:
        return told + "."
    if verdict.ok:
        return f"{told}; {verdict.gate} says yes."
    first, more = verdict.failures[0], len(verdict.failures) - 1
    others = f", and {counted(more, 'more reason')}" if more else ""
    return f"{told}; {verdict.gate} says no ({first.message.rstrip('.')}{others})."


def _facts(evaluation: Evaluation, baseline: Evaluation | None, main: str, verdict: Verdict | None) -> list[Told]:
    overall, own = evaluation.measured[ALL_ROWS], evaluation.facts
    facts = []
    if verdict is not None:
        facts.append(verdict_fact(verdict))
    value = overall.values.get(main, math.nan)
    if not evaluation.count:
        return [*facts, Told(name="Rows", value="0", more=f"split {evaluation.split}")]
    facts.append(Told(name=words(main, own), value=figure(value), more=between(overall.intervals.get(main))))
    old = baseline.overall.get(main, math.nan) if baseline is not None else math.nan
    if math.isfinite(old):
        facts.append(
            Told(
                name="Change", value=change(value - old), more=f"{figure(old)} before", tone=tone(main, value, old)
            )
        )
    facts.append(Told(name="Rows", value=figure(evaluation.count), more=f"split {evaluation.split}"))
    worst = [(key, one) for key, one in worst_first(evaluation, main) if one.count >= _TOLD_ROWS][:1]
    for key, one in worst:
        found = one.values.get(main, math.nan)
        if math.isfinite(found):
            more = f"{shortened(str(key), 60)}, {counted(one.count, 'row')}"
            side = tone(main, found, value, own)
            facts.append(Told(name="Worst slice", value=figure(found), more=more, tone=side))
    return facts
