"""Checks before a long run: minutes that may save days.

Karpathy, "A recipe for training neural networks" (2019), names most of them: overfit a tiny batch, know what the
simplest model reaches, look for leaks before believing a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, Transform
from mainspring.data.assessment import FindingKind, Level, assess
from mainspring.models.model import Model
from mainspring.models.ports import Recipe
from mainspring.models.training.baselines import CONSTANT, FEATURE, Baseline, baselines
from mainspring.models.training.estimators import find_estimator, trainer
from mainspring.models.training.fitting import train
from mainspring.models.training.seeding import seeded
from mainspring.models.training.validation import PARTS, take_validation
from mainspring.models.training.warm import figures_of, goodness, main_metric

TINY = 64
"""So many rows every learner should be able to memorise."""

TIMES = 40
"""Each of them is given so often, that limits on the rows of a leaf do not stand in the way."""

MEMORISED = 0.5
"""The least share of the errors of a constant answer that must be gone on the tiny batch."""

SHORT = 2_000
"""Rows of the short run that has to beat the constant answer."""

SHIFT = 0.1
"""From this difference between the shares of a class (or the distributions of a number) the targets differ."""

LEAKAGE_ROWS = 20_000
"""Leaks are looked for in so many rows."""


def check_training(
    table: Table,
    held_out: Table,
    transform: Transform,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    previous: Model | None = None,
    metric: str | None = None,
    weight: str | None = None,
    memorise: float = MEMORISED,
    shift: float = SHIFT,
) -> Verdict:
    """Look at everything that can be known before a long run.

    ``MEMORISES``: trained on 64 rows alone, the learner knows them. ``SHORT_RUN``: trained on 2,000 rows, it beats
    the constant answer on the held-out rows. ``LABEL_LEAKAGE``: no feature gives the label away. ``TARGET_SHIFT``:
    the label is distributed alike in both tables. The baselines with all their figures are in
    ``verdict.details["baselines"]``.

    Args:
        table: The training rows.
        held_out: The rows that the model will be judged on.
        transform: Fitted on the training rows.
        estimator: What is to be trained.
        params: Arguments of its constructor.
        seed: Of every random choice.
        previous: The model that there is already, for the baselines.
        metric: What the baselines are compared by; by default the first of ``auc``, ``auc_weighted``,
            ``accuracy``, ``rmse``, ``mae``.
        weight: A column of what each held-out row counts.
        memorise: The least share of the errors of a constant answer that must be gone on the 64 rows.
        shift: The largest difference of the label between the tables.

    Raises:
        InputError: For what :func:`train` refuses.
    """
    tried = baselines(table, held_out, transform, previous=previous, weight=weight, seed=seed)
    named = main_metric([one.figures for one in tried if one.figures], metric)
    constant = next(one for one in tried if one.name == CONSTANT).figures[named]
    options: dict[str, Any] = {"estimator": estimator, "params": dict(params or {}), "seed": seed}
    few = _some(table, SHORT)
    short = train(few, transform, **options)
    figures = figures_of(short, held_out, weight=weight)
    reasons = [
        _memorises(table, transform, memorise, options),
        _short_run(figures[named], constant, named, few.num_rows),
        *_leakage(table, transform, tried),
        _shift(transform.labels(table), transform.labels(held_out), transform.classes, shift),
    ]
    rows = [_told(one) for one in tried]
    rows.append(_told(Baseline(name="short run", about=f"{estimator} on {few.num_rows} rows", figures=figures)))
    return Verdict.of("before training", reasons, {"metric": named, "baselines": rows, "estimator": estimator})


def _memorises(table: Table, transform: Transform, least: float, options: Mapping[str, Any]) -> Reason:
    """Whether the learner knows a handful of rows after it saw nothing else."""
    framework, full = find_estimator(options["estimator"])
    target = transform.labels(table)
    chosen = _tiny(target, transform.classes)
    matrix, wanted = transform.apply(table)[chosen], target[chosen]
    recipe = Recipe(full, options["params"], options["seed"], transform.classes)
    with seeded(options["seed"]):
        fitted = trainer(framework).fit(recipe, np.tile(matrix, (TIMES, 1)), np.tile(wanted, TIMES))
    scores = fitted.scores(matrix)
    if transform.classes is None:
        wrong, before = float(np.mean((scores - wanted) ** 2)), float(np.var(wanted))
    else:
        shares = np.bincount(wanted, minlength=len(transform.classes)) / len(wanted)
        wrong, before = float(np.mean(scores.argmax(axis=1) != wanted)), float(1 - shares.max())
    gone = 1.0 if before == 0 else 1 - wrong / before
    ok = gone >= least
    what = "knows" if ok else "cannot memorise"
    advice = (
        "" if ok else "; its labels contradict each other, its features say nothing, or its limits are too tight"
    )
    return Reason(
        ok=ok,
        code="MEMORISES" if ok else "CANNOT_MEMORISE",
        message=f"trained on {len(chosen)} rows alone, it {what} them: {gone:.0%} of the errors are gone{advice}",
        subject=full,
        observed=round(gone, 6),
        expected=least,
    )


def _short_run(figure: float, constant: float, metric: str, rows: int) -> Reason:
    ok = goodness(figure, metric) > goodness(constant, metric)
    return Reason(
        ok=ok,
        code="BEATS_CONSTANT" if ok else "NO_BETTER_THAN_CONSTANT",
        message=f"{metric} after a run on {rows} rows is {figure:.4g}; a constant answer has {constant:.4g}",
        subject=metric,
        observed=figure,
        expected=constant,
    )


def _leakage(table: Table, transform: Transform, tried: Sequence[Baseline]) -> list[Reason]:
    """Features that give the label away."""
    label = str(transform.label)
    columns = [column.name for column in transform.inputs]
    found = assess(table.select([*columns, label]), label=label, most_rows=LEAKAGE_ROWS)
    leaks = found.of(FindingKind.LABEL_LEAKAGE)
    best = next(one for one in tried if one.name == FEATURE)
    if not leaks:
        message = f"no feature gives {label} away; most is told by {best.about}"
        return [Reason(ok=True, code="NO_LEAKAGE", message=message, subject=label)]
    return [
        Reason(
            ok=leak.level is Level.NOTE,
            code="LABEL_LEAKAGE",
            message=f"{leak.found}; {leak.repair}",
            subject=", ".join(leak.paths),
            observed=leak.observed,
            expected=leak.limit,
        )
        for leak in leaks
    ]


def _shift(
    learnt: npt.NDArray[Any], judged: npt.NDArray[Any], classes: tuple[str, ...] | None, most: float
) -> Reason:
    """Whether the label is distributed alike in both tables."""
    if classes is None:
        places = np.union1d(learnt, judged)
        sides = [np.searchsorted(np.sort(side), places, side="right") / len(side) for side in (learnt, judged)]
        apart, what = float(np.abs(sides[0] - sides[1]).max()), "the distributions of the label"
    else:
        shares = [np.bincount(side, minlength=len(classes)) / len(side) for side in (learnt, judged)]
        worst = int(np.abs(shares[0] - shares[1]).argmax())
        apart = float(abs(shares[0][worst] - shares[1][worst]))
        what = f"the shares of {classes[worst]!r} ({shares[0][worst]:.1%} and {shares[1][worst]:.1%})"
    ok = apart <= most
    return Reason(
        ok=ok,
        code="TARGETS_ALIKE" if ok else "TARGET_SHIFT",
        message=f"{what} in training and held-out rows differ by {apart:.3g}",
        subject="label",
        observed=apart,
        expected=most,
    )


def _tiny(target: npt.NDArray[Any], classes: tuple[str, ...] | None) -> npt.NDArray[np.int64]:
    """A handful of rows, as many of each class as there are."""
    if classes is None:
        return np.unique(np.linspace(0, len(target) - 1, min(TINY, len(target))).astype(np.int64))
    seen = np.unique(target)
    each = max(TINY // len(seen), 1)
    return np.sort(np.concatenate([np.flatnonzero(target == one)[:each] for one in seen]))


def _some(table: Table, rows: int) -> Table:
    """At most so many rows, chosen by a hash of what they hold."""
    if table.num_rows <= rows:
        return table
    share = min(max(1.2 * rows / table.num_rows, 2 / PARTS), 0.9)
    _, some = take_validation(table, share)
    return table if some is None else some.rows(0, min(rows, some.num_rows))


def _told(one: Baseline) -> dict[str, Any]:
    return {"name": one.name, "about": one.about, "figures": dict(one.figures), "note": one.note}


def baseline_table(verdict: Verdict) -> str:
    """The baselines of a verdict of :func:`check_training` as a text table, by the metric they are compared by.

    Raises:
        InputError: If the verdict has none.
    """
    if "baselines" not in verdict.details:
        raise InputError(f"the verdict of {verdict.gate!r} has no baselines", expected="one of check_training")
    metric = verdict.details["metric"]
    rows = [(one["name"], one["figures"].get(metric), one["about"]) for one in verdict.details["baselines"]]
    wide = max(len(name) for name, _, _ in rows)
    lines = [f"{'':{wide}}  {metric:>10}"]
    for name, figure, about in rows:
        lines.append(f"{name:{wide}}  {'-' if figure is None else f'{figure:.4f}':>10}  {about}")
    return "\n".join(lines)
