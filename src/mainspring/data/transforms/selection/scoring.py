"""Scoring every column of a table by how much it tells about the label, without training anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.comparison.significance import chi_squared_tail
from mainspring.data.transforms import labels
from mainspring.data.transforms.kinds import as_words
from mainspring.data.transforms.selection import chi_squared as chi
from mainspring.data.transforms.selection.correlation import Correlation, kendall, pearson, spearman
from mainspring.data.transforms.selection.f_tests import anova, regression
from mainspring.data.transforms.selection.neighbours import information_about_class, information_about_number

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

METHODS: Final = ("pearson", "spearman", "kendall", "f", "chi2", "mutual_information")
MOST_ROWS: Final = 5_000
"""Mutual information of numbers is measured on so many rows, spread evenly."""
MOST_WORDS: Final = 100
_COEFFICIENTS: Final = {"pearson": pearson, "spearman": spearman, "kendall": kendall}


@dataclass(frozen=True, slots=True)
class Score:
    """What one column tells about the label.

    Attributes:
        feature: The column.
        score: The statistic: a coefficient, F, chi-squared, or nats. NaN if it does not exist.
        p_value: How likely it is by chance; NaN for mutual information by neighbours, which has none.
        strength: What columns are ranked by, whatever their type and their missing values: the size of the
            coefficient, the share of the variance that is explained, Cramér's V, or nats. At least 0.
        count: Rows in which the column and the label were there.
    """

    feature: str
    score: float
    p_value: float
    strength: float
    count: int


def score_features(
    table: Table,
    *,
    label: str,
    method: str = "f",
    features: Sequence[str] | None = None,
    task: str = "auto",
    seed: int = 0,
) -> tuple[Score, ...]:
    """Score columns one by one, the strongest first.

    ==================  =============================  ==============================================
    method              label with classes             label with numbers
    ==================  =============================  ==============================================
    pearson, spearman,  the strongest against one      the coefficient (tau-b for Kendall)
    kendall             class and the others
    f                   analysis of variance           F of a straight line
    chi2                counts of groups and classes   counts of groups and groups of the label
    mutual_information  Ross, 3 neighbours             Kraskov, 3 neighbours, at most 5,000 rows
    ==================  =============================  ==============================================

    Words are scored by their strongest word (coefficients), by chi-squared (``f`` and ``chi2`` for classes), by
    the analysis of variance of the label (``f`` for numbers), and by counts (mutual information). Rows in which a
    column is missing are left out for that column; p-values of a maximum are corrected by Bonferroni's rule.

    Args:
        table: The training rows.
        label: The column to be predicted.
        method: One of :data:`METHODS`.
        features: The columns; all but the label and points in time if not given.
        task: ``"classification"`` or ``"regression"``, where the label alone does not say it.
        seed: Of the noise that tells equal numbers apart.

    Raises:
        InputError: If a column or the method does not exist, or the label is missing in rows.

    Example:
        >>> from mainspring.data import Table
        >>> table = Table.from_columns({"x": [1, 2, 3, 4], "z": [1, 0, 0, 1], "y": ["a", "a", "b", "b"]})
        >>> [(one.feature, round(one.strength, 2)) for one in score_features(table, label="y")]
        [('x', 0.8), ('z', 0.0)]
    """
    wanted = _checked(table, label, method, features)
    classes = labels.find_classes(table, label, task=task)
    target = labels.encode(table, label, classes)
    columns = {name: table.column(name) for name in wanted}
    return score_columns(columns, target, None if classes is None else len(classes), method=method, seed=seed)


def score_columns(
    columns: Mapping[str, np.ndarray], target: np.ndarray, classes: int | None, *, method: str = "f", seed: int = 0
) -> tuple[Score, ...]:
    """As :func:`score_features`, on arrays in the form that ``Table.column`` gives.

    Args:
        columns: Numbers with NaN, or objects: words and ``None``.
        target: Class indices or numbers.
        classes: How many there are; ``None`` for numbers.
    """
    label = _Label(target, classes, seed)
    found = [_score(name, values, label, method) for name, values in columns.items()]
    return tuple(sorted(found, key=lambda one: -one.strength))


@dataclass(frozen=True, slots=True)
class _Label:
    values: np.ndarray
    classes: int | None
    seed: int

    def indicators(self) -> list[np.ndarray]:
        """What coefficients are measured against: numbers, or one class and the others."""
        if self.classes is None:
            return [self.values]
        first = 1 if self.classes == 2 else 0
        return [(self.values == place).astype(float) for place in range(first, self.classes)]

    def places(self) -> tuple[np.ndarray, int]:
        """Classes, or groups of numbers."""
        if self.classes is not None:
            return self.values, self.classes
        return chi.in_groups(self.values), chi.GROUPS


def _score(name: str, values: np.ndarray, label: _Label, method: str) -> Score:
    import numpy as np

    if values.dtype != object:
        return _of_number(name, values, label, method)
    words = as_words(values)
    places = {word: place for place, word in enumerate(sorted({word for word in words if word is not None}))}
    coded = np.array([-1 if word is None else places[word] for word in words], dtype=np.int64)
    return _of_words(name, coded, len(places), label, method)


def _of_number(name: str, values: np.ndarray, label: _Label, method: str) -> Score:
    import numpy as np

    if method in _COEFFICIENTS:
        found = [_COEFFICIENTS[method](values, one) for one in label.indicators()]
        return _strongest(name, found)
    if method == "f":
        test = anova(values, label.values) if label.classes else regression(values, label.values)
        return Score(name, test.statistic, test.p_value, test.explained, test.count)
    if method == "chi2":
        return _counted(name, chi.in_groups(values), chi.GROUPS, label, method)
    there = np.flatnonzero(np.isfinite(values))
    if label.classes is None and len(there) > MOST_ROWS:
        there = there[(np.arange(MOST_ROWS) * len(there)) // MOST_ROWS]
    measure = information_about_class if label.classes else information_about_number
    nats = measure(values[there], label.values[there], seed=label.seed)
    return Score(name, nats, math.nan, nats, len(there))


def _of_words(name: str, coded: np.ndarray, number: int, label: _Label, method: str) -> Score:
    import numpy as np

    if method in _COEFFICIENTS:
        often = np.argsort(-np.bincount(coded[coded >= 0], minlength=number), kind="stable")[:MOST_WORDS]
        there = np.where(coded >= 0, 0.0, np.nan)
        # Of two words the second says all that the first does.
        chosen = often[1:] if number == 2 else often
        measure = _COEFFICIENTS[method]
        found = [
            measure(np.where(coded == word, 1.0, there), one) for word in chosen for one in label.indicators()
        ]
        return _strongest(name, found)
    if method == "f" and label.classes is None:
        test = anova(label.values, coded)
        return Score(name, test.statistic, test.p_value, test.explained, test.count)
    return _counted(name, coded, max(number, 1), label, method)


def _counted(name: str, places: np.ndarray, number: int, label: _Label, method: str) -> Score:
    against, classes = label.places()
    found = chi.CountTable.of(places, against, (number, classes)).test()
    if method == "mutual_information":
        # Twice the rows times the nats is the statistic of the G test.
        chance = chi_squared_tail(2 * found.count * found.mutual_information, found.degrees)
        nats = found.mutual_information
        return Score(name, nats, chance if found.degrees else math.nan, nats, found.count)
    strength = found.cramers_v**2 if method == "f" else found.cramers_v
    return Score(name, found.statistic, found.p_value, strength, found.count)


def _strongest(name: str, found: Sequence[Correlation]) -> Score:
    there = [one for one in found if not math.isnan(one.value)]
    if not there:
        return Score(name, math.nan, math.nan, 0.0, max((one.count for one in found), default=0))
    best = max(there, key=lambda one: abs(one.value))
    return Score(name, best.value, min(1.0, best.p_value * len(there)), abs(best.value), best.count)


def _checked(table: Table, label: str, method: str, features: Sequence[str] | None) -> list[str]:
    """The columns to score; an error that lists everything wrong with the arguments."""
    problems = []
    if method not in METHODS:
        problems.append(f"there is no method {method!r}")
    unknown = [name for name in [label, *(features or ())] if name not in table.names]
    if unknown:
        near = get_close_matches(unknown[0], table.names, 1)
        hint = f" (perhaps {near[0]!r})" if near else ""
        problems.append("there is no column " + ", ".join(map(repr, unknown)) + hint)
    if problems:
        raise InputError(
            "; ".join(problems),
            expected="columns of " + ", ".join(table.names) + "; a method of " + ", ".join(METHODS),
        )
    if features is not None:
        return list(features)
    times = {ColumnType.DATE, ColumnType.TIMESTAMP}
    return [
        column.name
        for column in table.columns
        if column.name != label and column.type not in times and not column.type.is_nested
    ]
