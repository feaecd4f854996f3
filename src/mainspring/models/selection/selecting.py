"""Comparing methods of choosing features, each judged on rows that neither choice nor model has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from mainspring.core.digests import digest_json
from mainspring.core.errors import InputError
from mainspring.data import Schema, Table, Transform
from mainspring.data.transforms.selection import FeatureSelection, Figure, SelectionRow
from mainspring.models.selection.judging import Judge, check_metric, figure, measure, rows_of
from mainspring.models.selection.material import Material
from mainspring.models.selection.methods import DEFAULT, METHODS, Choice, Options

ESTIMATORS: Final[Mapping[bool, tuple[str, Mapping[str, Any]]]] = {
    True: ("sklearn.linear_model.LogisticRegression", {"max_iter": 1000}),
    False: ("sklearn.linear_model.Ridge", {}),
}
_DRAWS: Final = 100
_BEST: Final = "best"


def select_features(
    table: Table,
    schema: Schema,
    *,
    methods: Sequence[str] = DEFAULT,
    held_out: Table | None = None,
    label: str | None = None,
    exclude: Sequence[str] = (),
    task: str = "auto",
    positive: str | None = None,
    estimator: str | None = None,
    params: Mapping[str, Any] | None = None,
    metric: str | None = None,
    count: int | None = None,
    limit: float = 0.95,
    choose: str = _BEST,
    folds: int = 5,
    seed: int = 0,
    max_fits: int | None = None,
    max_seconds: float | None = None,
    resume: FeatureSelection | None = None,
) -> FeatureSelection:
    """Choose columns by several methods, and measure what a model is worth with each choice.

    Every figure comes from rows that took no part: in cross-validation each method chooses anew in every fold
    (Ambroise and McLachlan, *Selection bias in gene extraction*, 2002). The columns shown are those chosen on all
    training rows. A raw column is taken or left with all that the transform makes of it.

    ======================  =========================================================================
    ``all``                 every column
    ``correlation``         goes with the label (p < 0.05), and no two beyond ``limit``
    ``univariate``          the best by F (words: chi-squared)
    ``rfe``                 recursive elimination by what the estimator leans on
    ``l1``                  keeps a weight in the lasso, or in logistic regression with its penalty
    ``importance``          the best by the gain of boosted trees
    ``mutual_information``  the best by nearest neighbours (words: counts)
    ======================  =========================================================================

    Further methods: ``pearson``, ``spearman``, ``kendall``, ``chi2``, ``permutation``, ``forward``, ``backward``.

    Args:
        table: The training rows.
        schema: Says which columns there are and of what type.
        methods: Which methods, and in what order.
        held_out: Rows to judge by instead of cross-validation; the standard errors are then by 100 bootstrap
            samples of them.
        label: The column to be predicted; the schema's if not given.
        exclude: Columns that must not be used.
        task: ``"classification"`` or ``"regression"``, where the label alone does not say it.
        positive: The class that a binary task is about.
        estimator: What is trained: any name that ``train`` takes. Logistic or ridge regression if not given.
        params: Arguments of its constructor.
        metric: What searches improve and what decides: ``auc`` or ``rmse`` if not given.
        count: How many columns to choose; cross-validation decides if not given (fewest within one standard error
            of the best). ``all`` and ``correlation`` go by themselves.
        limit: The largest correlation of two columns that may both stay, for ``correlation``.
        choose: The method whose columns are used; ``"best"`` for :meth:`FeatureSelection.best`.
        folds: Of the cross-validation.
        seed: Of folds, searches and training.
        max_fits: The most models that searches may train. A search that is stopped gives the best it has.
        max_seconds: The longest that searches may take.
        resume: An earlier result on the same data and settings: what it tried is not trained again.

    Raises:
        InputError: If a method, column, metric or estimator does not exist, or the earlier result does not fit.
    """
    _check(methods, choose, count, folds, table)
    transform = Transform.fit(table, schema, label=label, exclude=exclude, task=task)
    material = Material.of(table, transform, positive=positive)
    name, given = ESTIMATORS[material.classes is not None]
    if estimator is not None:
        name, given = estimator, params or {}
    elif params is not None:
        given = params
    wanted = metric or ("rmse" if material.classes is None else "auc")
    check_metric(material, wanted)
    settings = [transform.label, list(material.names), name, dict(given), wanted, folds, seed]
    fingerprint = digest_json([table.digest(), *settings])
    judge = Judge(
        estimator=name,
        params=given,
        metric=wanted,
        seed=seed,
        max_fits=max_fits,
        max_seconds=max_seconds,
        trials=_taken_up(resume, fingerprint),
    )
    judged = None if held_out is None else Material.of(held_out, transform, positive=positive)
    rows = [
        _row(method, material, judged, judge, Options(key="", count=count, limit=limit), folds)
        for method in methods
    ]
    found = FeatureSelection(
        label=str(transform.label),
        task="regression" if material.classes is None else "classification",
        positive=None
        if material.positive is None or not material.classes
        else material.classes[material.positive],
        estimator=name,
        metric=wanted,
        judged=_how(len(table), held_out, folds),
        candidates=material.names,
        rows=tuple(rows),
        chosen=methods[0],
        trials=dict(sorted(judge.trials.items())),
        fingerprint=fingerprint,
    )
    return found.with_choice(found.best().method if choose == _BEST else choose)


def _row(
    method: str, material: Material, held_out: Material | None, judge: Judge, options: Options, folds: int
) -> SelectionRow:
    before = judge.fits
    choice = METHODS[method](material, judge, options)
    chosen = [choice]
    if held_out is not None:
        metrics = _on_rows(judge, material, held_out, choice)
        stability: dict[str, float] = {}
    else:
        found = []
        chosen = []
        for place, (learn, judged) in enumerate(material.folds(folds, judge.seed)):
            key = Options(key=f"{place + 1}/{folds}", count=options.count, limit=options.limit)
            chosen.append(METHODS[method](learn, judge, key))
            found.append(_measured(judge, learn, judged, chosen[-1]))
        names = dict.fromkeys(name for one in found for name in one)
        metrics = {name: figure([one[name] for one in found if name in one]) for name in names}
        stability = {name: sum(name in one.features for one in chosen) / len(chosen) for name in material.names}
    return SelectionRow(
        method=method,
        features=choice.features,
        metrics=metrics,
        stability=stability,
        fits=judge.fits - before,
        complete=choice.complete and all(one.complete for one in chosen),
        note=choice.note,
    )


def _measured(judge: Judge, learn: Material, judged: Material, choice: Choice) -> dict[str, float]:
    fitted = judge.fit(learn, choice.features, searching=False)
    found = measure(judged, fitted.scores(judged.part(choice.features)))
    return {name: value for name, value in found.items() if name in _KEPT or name == judge.metric}


def _on_rows(judge: Judge, learn: Material, judged: Material, choice: Choice) -> dict[str, Figure]:
    """Figures on all rows, and how much they vary over bootstrap samples of them (Efron, 1979)."""
    fitted = judge.fit(learn, choice.features, searching=False)
    rows = rows_of(judged, fitted.scores(judged.part(choice.features)))
    random = np.random.default_rng(judge.seed)
    size = len(judged.target)
    drawn = [rows.state(random.integers(0, size, size)).measure().values for _ in range(_DRAWS)]
    found = {}
    for name, value in rows.state().measure().values.items():
        if (name in _KEPT or name == judge.metric) and value == value:
            spread = [one[name] for one in drawn if one[name] == one[name]]
            found[name] = Figure(float(value), float(np.std(spread)) if spread else 0.0)
    return found


_KEPT: Final = frozenset({"accuracy", "auc", "precision", "recall", "f1", "log_loss", "rmse", "r2", "mae"})


def _how(rows: int, held_out: Table | None, folds: int) -> str:
    if held_out is not None:
        return f"chosen on {rows:,} rows, judged on {len(held_out):,} others"
    return f"{folds}-fold cross-validation on {rows:,} rows, chosen anew in every fold"


def _taken_up(resume: FeatureSelection | None, fingerprint: str) -> dict[str, Figure]:
    if resume is None:
        return {}
    if resume.fingerprint != fingerprint:
        raise InputError(
            "the earlier result is of other data or other settings",
            expected="the same rows, columns, estimator, params, metric, folds and seed",
            fix="leave resume out to begin anew",
        )
    return dict(resume.trials)


def _check(methods: Sequence[str], choose: str, count: int | None, folds: int, table: Table) -> None:
    """An error that lists everything wrong with the arguments."""
    problems = [f"there is no method {name!r}" for name in methods if name not in METHODS]
    if not methods:
        problems.append("no method is named")
    if len(set(methods)) < len(methods):
        problems.append("a method is named twice")
    if choose != _BEST and choose not in methods:
        problems.append(f"choose is {choose!r}, which is not among the methods")
    if count is not None and count < 1:
        problems.append(f"count is {count}, less than 1")
    if not 2 <= folds <= max(2, len(table)):
        problems.append(f"folds is {folds}, not between 2 and the number of rows")
    if problems:
        raise InputError("; ".join(problems), where="select_features", expected="methods of " + ", ".join(METHODS))
