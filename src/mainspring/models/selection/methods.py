"""The methods of choosing: filters, searches by training, and models that choose as they learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mainspring.data.transforms.selection import Figure, find_redundant, score_columns
from mainspring.data.transforms.selection.correlation import correlations
from mainspring.data.transforms.selection.l1 import l1_path
from mainspring.models.selection.judging import BudgetSpentError, Judge, figure, importances, permutation
from mainspring.models.selection.material import Material

CHANCE: Final = 0.05
_TREES: Final = {True: "lightgbm.LGBMClassifier", False: "lightgbm.LGBMRegressor"}
_TREE_PARAMS: Final = {"n_estimators": 100, "n_jobs": 1, "deterministic": True, "force_row_wise": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What methods may be told.

    Attributes:
        key: Which rows these are, for what is remembered.
        count: How many raw columns to choose; ``None`` lets cross-validation decide.
        limit: The largest correlation of two columns that may both stay.
    """

    key: str
    count: int | None = None
    limit: float = 0.95


@dataclass(frozen=True, slots=True)
class Choice:
    """What a method chose.

    Attributes:
        features: Raw columns, in the order of the material.
        complete: Whether the search ended by itself.
        note: How it came about.
    """

    features: tuple[str, ...]
    complete: bool = True
    note: str = ""


Method = Callable[[Material, Judge, Options], Choice]


def choose_all(material: Material, judge: Judge, options: Options) -> Choice:
    """Every column: what the others are held against."""
    return Choice(material.names, note="every column")


def choose_uncorrelated(material: Material, judge: Judge, options: Options) -> Choice:
    """Columns that go with the label by more than chance, and not with each other.

    By F (or chi-squared for words) with p below 0.05; of columns that correlate beyond the limit the one that says
    more about the label stays.
    """
    scores = score_columns(material.columns, material.target, _number(material), method="f")
    strength = {one.feature: one.strength for one in scores}
    telling = [
        name for name in material.names if any(one.feature == name and one.p_value < CHANCE for one in scores)
    ]
    if not telling:
        telling = [scores[0].feature]
    singles = [
        name for name in telling if len(material.places[name]) == 1 or material.columns[name].dtype != object
    ]
    matrix = material.matrix[:, [material.places[name][0] for name in singles]]
    dropped = find_redundant(correlations(matrix), singles, strength=strength, limit=options.limit)
    out = {one.feature for one in dropped}
    kept = tuple(name for name in telling if name not in out)
    return Choice(kept, note=f"p < {CHANCE} with the label, no pair beyond {options.limit:g}")


def by_score(method: str) -> Method:
    """The columns that score best one by one."""

    def choose(material: Material, judge: Judge, options: Options) -> Choice:
        scores = score_columns(
            material.columns, material.target, _number(material), method=method, seed=judge.seed
        )
        return _cut(material, judge, options, [one.feature for one in scores], method)

    return choose


def choose_by_gain(material: Material, judge: Judge, options: Options) -> Choice:
    """The columns that the splits of boosted trees gain most by."""
    order, complete = list(material.names), True
    try:
        estimator = _TREES[material.classes is not None]
        fitted = judge.fit(material, material.names, estimator=estimator, params=_TREE_PARAMS)
        order = _ordered(material, importances(judge, fitted, material, material.names))
    except BudgetSpentError:
        complete = False
    return _cut(material, judge, options, order, "gain of boosted trees", complete=complete)


def choose_by_permutation(material: Material, judge: Judge, options: Options) -> Choice:
    """The columns without which, shuffled on rows not learnt from, the estimator loses most."""
    totals, complete = dict.fromkeys(material.names, 0.0), True
    try:
        for learn, judged in material.folds(judge.folds, judge.seed + 1):
            fitted = judge.fit(learn, material.names)
            for name, loss in permutation(judge, fitted, judged, material.names).items():
                totals[name] += loss
    except BudgetSpentError:
        complete = False
    return _cut(material, judge, options, _ordered(material, totals), "loss when shuffled", complete=complete)


def choose_by_l1(material: Material, judge: Judge, options: Options) -> Choice:
    """The columns that keep a weight under a penalty on the sum of all weights' sizes.

    The penalty is the strongest within one standard error of the best loss by cross-validation; or the weakest
    that keeps no more columns than asked for.
    """
    path = l1_path(material.matrix, material.target, _number(material))
    used = [
        {name for name, places in material.places.items() if path.used(point)[list(places)].any()}
        for point in range(len(path.penalties))
    ]
    if options.count is not None:
        point = max(place for place, names in enumerate(used) if len(names) <= options.count)
    else:
        losses = []
        for learn, judged in material.folds(judge.folds, judge.seed + 1):
            fold = l1_path(learn.matrix, learn.target, _number(material), penalties=path.penalties)
            losses.append(fold.losses(judged.matrix, judged.target))
        figures = [figure([-float(loss[point]) for loss in losses]) for point in range(len(used))]
        point = _simplest(figures)
    point = max(point, next(place for place, names in enumerate(used) if names))
    return Choice(_in_order(material, used[point]), note=f"penalty {path.penalties[point]:.3g}")


def eliminate(material: Material, judge: Judge, options: Options) -> Choice:
    """Train, drop the columns that the model leans on least, and again (Guyon and others, 2002).

    A tenth of the columns at a time, at least one. Without a count, elimination is also run on
    every fold of a cross-validation, and the size that is best there (fewest within one standard error) is taken.
    """
    sizes = _sizes_of_elimination(len(material.names), options.count or 1)
    wanted, complete = options.count or len(material.names), True
    kept: Sequence[str] = material.names
    try:
        if options.count is None:
            wanted = _best_size(material, judge, options, sizes)
        for size in sizes:
            if len(kept) <= wanted:
                break
            fitted = judge.fit(material, kept)
            kept = _heaviest(material, importances(judge, fitted, material, kept), max(size, wanted))
    except BudgetSpentError:
        complete = False
    return Choice(tuple(kept), complete, "least important column dropped again and again")


def forward(material: Material, judge: Judge, options: Options) -> Choice:
    """Add the column that helps most, until none helps (or there are as many as asked for)."""
    kept: tuple[str, ...] = ()
    best, score = kept, Figure(-np.inf)
    complete = True
    try:
        while len(kept) < (options.count or len(material.names)):
            left = [name for name in material.names if name not in kept]
            tried = {name: judge.score(options.key, material, (*kept, name)) for name in left}
            name = max(tried, key=lambda one: tried[one].mean)
            if tried[name].mean <= score.mean and options.count is None:
                break
            kept = (*kept, name)
            best, score = kept, tried[name]
    except BudgetSpentError:
        complete = False
    return Choice(_in_order(material, best or material.names), complete, "the column that helps most added")


def backward(material: Material, judge: Judge, options: Options) -> Choice:
    """Drop the column that is missed least, until each is missed (or there are as few as asked for)."""
    kept, complete = material.names, True
    try:
        score = judge.score(options.key, material, kept)
        while len(kept) > (options.count or 1):
            tried = {name: judge.score(options.key, material, _without(kept, name)) for name in kept}
            name = max(reversed(kept), key=lambda one: tried[one].mean)
            if tried[name].mean < score.mean and options.count is None:
                break
            kept, score = _without(kept, name), tried[name]
    except BudgetSpentError:
        complete = False
    return Choice(kept, complete, "the column that is missed least dropped")


METHODS: Final[Mapping[str, Method]] = {
    "all": choose_all,
    "correlation": choose_uncorrelated,
    "univariate": by_score("f"),
    "rfe": eliminate,
    "l1": choose_by_l1,
    "importance": choose_by_gain,
    "mutual_information": by_score("mutual_information"),
    "pearson": by_score("pearson"),
    "spearman": by_score("spearman"),
    "kendall": by_score("kendall"),
    "chi2": by_score("chi2"),
    "permutation": choose_by_permutation,
    "forward": forward,
    "backward": backward,
}
DEFAULT: Final = ("all", "correlation", "univariate", "rfe", "l1", "importance", "mutual_information")


def _number(material: Material) -> int | None:
    return None if material.classes is None else len(material.classes)


def _without(kept: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(one for one in kept if one != name)


def _in_order(material: Material, names: Sequence[str] | set[str]) -> tuple[str, ...]:
    chosen = set(names)
    return tuple(name for name in material.names if name in chosen)


def _ordered(material: Material, weights: Mapping[str, float]) -> list[str]:
    return sorted(material.names, key=lambda name: -weights[name])


def _heaviest(material: Material, weights: Mapping[str, float], number: int) -> tuple[str, ...]:
    return _in_order(material, sorted(weights, key=lambda name: -weights[name])[:number])


def _cut(
    material: Material, judge: Judge, options: Options, order: Sequence[str], note: str, *, complete: bool = True
) -> Choice:
    """The first columns of a ranking: as many as asked for, or as cross-validation finds enough."""
    if options.count is not None:
        return Choice(_in_order(material, order[: options.count]), complete, f"the {options.count} best by {note}")
    sizes, figures = _sizes(len(order)), []
    try:
        figures = [judge.score(options.key, material, order[:size]) for size in sizes]
    except BudgetSpentError:
        return Choice(_in_order(material, order[: (len(order) + 1) // 2]), False, f"the better half by {note}")
    size = sizes[_simplest(figures)]
    return Choice(_in_order(material, order[:size]), complete, f"the {size} best by {note}, by cross-validation")


def _sizes(number: int) -> list[int]:
    """1, 2, 3, 5, 8 … and all."""
    found, ahead = [1], 2
    while ahead < number:
        found.append(ahead)
        ahead = found[-1] + found[-2]
    return found if found[-1] >= number else [*found, number]


def _simplest(figures: Sequence[Figure]) -> int:
    """The first that is within one standard error of the best."""
    best = max(figures, key=lambda one: one.mean)
    return next(place for place, one in enumerate(figures) if one.mean >= best.mean - best.error)


def _sizes_of_elimination(number: int, least: int) -> list[int]:
    """The sizes that are left after each elimination."""
    found = []
    while number > least:
        number -= max(1, number // 10)
        found.append(max(number, least))
    return found


def _best_size(material: Material, judge: Judge, options: Options, sizes: Sequence[int]) -> int:
    steps = [len(material.names), *sizes]
    names = [f"{options.key}:rfe:{size}" for size in steps]
    if not all(name in judge.trials for name in names):
        scores: list[list[float]] = [[] for _ in steps]
        for learn, judged in material.folds(judge.folds, judge.seed + 1):
            kept: Sequence[str] = material.names
            for place in range(len(steps)):
                fitted = judge.fit(learn, kept)
                scores[place].append(judge.quality(fitted, judged, kept))
                if place < len(sizes):
                    kept = _heaviest(learn, importances(judge, fitted, learn, kept), sizes[place])
        judge.trials.update({name: figure(values) for name, values in zip(names, scores, strict=True)})
    found = [judge.trials[name] for name in reversed(names)]
    return steps[len(steps) - 1 - _simplest(found)]
