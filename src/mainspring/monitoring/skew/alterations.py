"""Familiar changes of columns since training, or the window before: a unit, a default, a source that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mainspring.core.verdicts import Reason
from mainspring.data import TableStatistics
from mainspring.data.comparison import Change, explain_changes
from mainspring.data.comparison.significance import two_shares
from mainspring.data.statistics import FeatureStatistics
from mainspring.monitoring.skew import codes

CODES: Final[Mapping[str, str]] = {
    "dropped": codes.UNAVAILABLE,
    "emptied": codes.UNAVAILABLE,
    "sparser": codes.SPARSE,
    "holes": codes.MISSING,
    "unit": codes.UNIT,
    "offset": codes.UNIT,
    "constant": codes.STALE,
    "filled": codes.DEFAULT,
    "type": codes.TYPE,
    "words": codes.WORDS,
    "vanished": codes.VALUES_GONE,
    "letters": codes.LETTERS,
    "rounded": codes.ROUNDED,
    "swapped": codes.SWAPPED,
    "renamed": codes.RENAMED,
    "new": codes.NEW_COLUMN,
}
"""The kinds of changes that are findings; others, such as time that goes by, are none."""

_JUMP: Final = 0.4
_CHANCE: Final = 1e-6


def changes_since(
    before: TableStatistics, after: TableStatistics, *, since: str, sure: float = 0.5
) -> Iterator[Reason]:
    """What familiar changes the inputs went through.

    Args:
        before: Of training, or of the window before.
        after: Of the window.
        since: What the former is called.
        sure: Changes that explain less of the difference are left out.
    """
    for change in explain_changes(before, after):
        code = CODES.get(change.kind)
        if code is not None and change.confidence >= sure:
            yield _reason(change, code, since)
    for name, one in before.features.items():
        if name in after.features:
            yield from _default(one, after.features[name], since)


def _reason(change: Change, code: str, since: str) -> Reason:
    return Reason(
        ok=code in codes.HARMLESS,
        code=code,
        message=f"since {since}: {change.message}",
        subject=", ".join(change.columns),
        observed=change.factor if change.factor is not None else change.confidence,
    )


def _default(one: FeatureStatistics, other: FeatureStatistics, since: str) -> Iterator[Reason]:
    """One value that takes the place of many: a default, such as -1, or ``unknown``."""
    ours, theirs = _counts(one), _counts(other)
    if not ours or not theirs or one.num_values == 0 or other.num_values == 0 or other.unique < 2:
        return
    value = max(theirs, key=lambda key: (theirs[key], str(key)))
    before, after = ours.get(value, 0.0) / one.num_values, theirs[value] / other.num_values
    sizes = float(one.num_values), float(other.num_values)
    if before > 0.5 or after - before < _JUMP or value in (0, 0.0):
        return  # zeros are told of as sparse
    if two_shares((ours.get(value, 0.0), theirs[value]), sizes) < _CHANCE:
        message = f"since {since}: {one.name!r} is {value!r} in {after:.0%} of the values; it was in {before:.0%}"
        yield Reason(
            ok=False, code=codes.SPARSE, message=message, subject=one.name, observed=after, expected=before + _JUMP
        )


def _counts(side: FeatureStatistics) -> dict[str | float, float]:
    """The values that are known one by one, with how often they occur; none of a column of very many."""
    if side.words is not None:
        return {word: float(count) for word, count in side.words.frequencies.counts.items()}
    if side.numbers is None or not side.numbers.quantiles.exact:
        return {}
    quantiles = side.numbers.quantiles
    return {value: float(weight) for value, weight in zip(quantiles.values, quantiles.weights, strict=True)}
