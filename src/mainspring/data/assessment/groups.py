"""Groups of people: protected columns, the columns that stand in for them, and how groups fare in the data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.data.assessment.association import contingency, cramers_v
from mainspring.data.assessment.coding import MISSING, Coded
from mainspring.data.assessment.nouns import Finding, FindingKind, Level, leaving_out

if TYPE_CHECKING:
    import numpy as np

PROTECTED_WORDS: Final = frozenset(
    {
        *(
            "sex",
            "gender",
            "race",
            "ethnicity",
            "ethnic",
            "age",
            "religion",
            "religious",
            "disability",
            "disabled",
        ),
        *("nationality", "citizenship", "pregnant", "pregnancy", "veteran", "marital", "orientation"),
        *("birthplace", "birthdate", "dob", "caste", "tribe", "native"),
    }
)
"""Words in a column's name that the law protects people by (EU Charter art. 21; US ECOA and Title VII)."""
STANDS_IN: Final = 0.3
SMALL_GROUP: Final = 0.05
FOUR_FIFTHS: Final = 0.8
"""Selection rates further apart than this are taken for adverse impact (US Uniform Guidelines, 1978)."""
MISSING_GAP: Final = 0.1
_LEAST_ROWS: Final = 30
_SHOWN: Final = 5
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def find_protected(names: Sequence[str]) -> tuple[str, ...]:
    """The columns whose names speak of something protected.

    Example:
        >>> find_protected(["hours_per_week", "maritalStatus", "page", "Age"])
        ('maritalStatus', 'Age')
    """
    return tuple(name for name in names if any(word.lower() in PROTECTED_WORDS for word in _WORD.findall(name)))


def check_protected(names: Sequence[str], given: Sequence[str], label: str | None) -> Iterator[Finding]:
    """Columns that look protected and were not named as such."""
    found = [name for name in find_protected(names) if name not in given and name != label]
    if found:
        yield Finding(
            kind=FindingKind.PROTECTED_FEATURE,
            paths=tuple(found),
            level=Level.WARNING,
            found=f"by their names, {len(found)} columns tell something about people that the law protects"
            if len(found) > 1
            else "by its name, the column tells something about people that the law protects",
            why="decisions about people must not rest on that; to see whether they do, it must be kept",
            repair="leave it out of what models learn from and keep it for slices; in the schema: protected: true",
            steps=leaving_out(*found),
        )


def check_proxies(coded: Mapping[str, Coded], protected: Sequence[str], label: str | None) -> Iterator[Finding]:
    """Columns that stand in for a protected one."""
    for name in protected:
        if name not in coded or coded[name].constant:
            continue
        found = [
            (cramers_v(contingency(coded[name].codes, other.codes)), other.name)
            for other in coded.values()
            if other.name not in {name, label} and not other.constant
        ]
        strong = sorted(((value, other) for value, other in found if value >= STANDS_IN), reverse=True)
        if strong:
            yield Finding(
                kind=FindingKind.PROXY,
                paths=(name, *(other for _, other in strong)),
                level=Level.WARNING,
                found=f"{name!r} can be told from "
                + ", ".join(f"{other!r} ({value:.2f})" for value, other in strong),
                why=f"leaving {name!r} out does not hide it: a model can find it again (Cramér's V, 0 to 1)",
                repair=f"judge every model by slices of {name!r}; leave the strongest out too, or train within a "
                "bound on the gap",
                steps=(*leaving_out(name, strong[0][1]), {"step": "train_fairly", "protected": [name]}),
                observed=strong[0][0],
                limit=STANDS_IN,
            )


def check_groups(
    coded: Mapping[str, Coded], protected: Sequence[str], positive: np.ndarray | None, label: str | None = None
) -> Iterator[Finding]:
    """Groups that are very small, or whose rate of the positive label is far from that of others."""
    for name in protected:
        if name not in coded or coded[name].constant:
            continue
        groups = _groups(coded[name])
        total = sum(size for _, _, size in groups)
        small = [(text, size) for text, _, size in groups if size < SMALL_GROUP * total]
        if small:
            yield Finding(
                kind=FindingKind.GROUP_IMBALANCE,
                paths=(name,),
                level=Level.WARNING,
                found=f"{len(small)} of {len(groups)} groups have less than {SMALL_GROUP:.0%} of the rows each",
                why="a model may fail a small group without any aggregate figure showing it",
                repair="gather more rows of these groups, or oversample them in training; judge them by slices",
                # Only what has words has rows of a group to copy; ranges of numbers are ours.
                steps=({"step": "augment", "method": "copies", "label": name},)
                if coded[name].values is None
                else (),
                limit=SMALL_GROUP,
                examples=tuple(f"{text!r} {size:,}" for text, size in small[-_SHOWN:]),
            )
        if positive is not None:
            yield from _rates(coded[name], groups, positive, label)


def _groups(column: Coded) -> list[tuple[str, int, int]]:
    """Text, code and rows of each group, the largest first."""
    import numpy as np

    sizes = np.bincount(column.codes, minlength=len(column.texts))
    found = [(text, code, int(sizes[code])) for code, text in enumerate(column.texts) if sizes[code]]
    return sorted((one for one in found if one[0] != MISSING), key=lambda one: (-one[2], one[0]))


def _rates(
    column: Coded, groups: Sequence[tuple[str, int, int]], positive: np.ndarray, label: str | None
) -> Iterator[Finding]:
    rates = [
        (float(positive[column.codes == code].mean()), text, size)
        for text, code, size in groups
        if size >= _LEAST_ROWS
    ]
    if len(rates) < 2:
        return
    (low, least, few), (high, most, many) = min(rates), max(rates)
    ratio = low / high if high else 1.0
    if ratio >= FOUR_FIFTHS or (high - low) < 3 * _error(low, few, high, many):
        return
    yield Finding(
        kind=FindingKind.UNEQUAL_RATES,
        paths=(column.name,),
        level=Level.WARNING,
        found=f"the positive label comes to {low:.1%} of {least!r} and {high:.1%} of {most!r}: {ratio:.2f} to 1",
        why="a model learns the past: what was decided unequally is decided unequally again",
        repair="find out whether the labels are fair; gate the model by slices of this column; weigh rows so that "
        "group and label are independent, and train with these weights",
        # Groups of numbers are not ranges there, but every number by itself.
        steps=()
        if label is None or column.values is not None
        else (
            {"step": "reweigh", "label": label, "protected": [column.name]},
            {"step": "train_fairly", "protected": [column.name], "constraint": "demographic_parity"},
        ),
        observed=ratio,
        limit=FOUR_FIFTHS,
    )


def check_missingness(coded: Mapping[str, Coded], by: Sequence[str]) -> Iterator[Finding]:
    """Columns that are missing far more often in one group, or class, than in another."""
    for name in by:
        if name not in coded:
            continue
        groups = [one for one in _groups(coded[name]) if one[2] >= _LEAST_ROWS]
        for column in coded.values():
            if column.name == name or not column.missing.any():
                continue
            rates = [
                (float(column.missing[coded[name].codes == code].mean()), text, size)
                for text, code, size in groups
            ]
            if len(rates) < 2:
                continue
            (low, least, few), (high, most, many) = min(rates), max(rates)
            if high - low < max(MISSING_GAP, 3 * _error(low, few, high, many)):
                continue
            yield Finding(
                kind=FindingKind.UNEQUAL_MISSINGNESS,
                paths=(column.name, name),
                level=Level.WARNING,
                found=f"{column.name!r} is missing in {high:.1%} of rows with {name} {most!r}, in {low:.1%} "
                f"of those with {least!r}",
                why="a missing value then tells the group, and filling it in distorts one group more than another",
                repair="find out why it is missing there; keep an indicator of it, or leave the column out",
                steps=leaving_out(column.name),
                observed=high - low,
                limit=MISSING_GAP,
            )


def _error(one: float, rows: int, other: float, others: int) -> float:
    """Standard error of the difference of two shares, if they were the same."""
    pooled = (one * rows + other * others) / (rows + others)
    return math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / rows + 1 / others))
