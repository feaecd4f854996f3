"""Statistics as tables in the terminal: features by kind, a sparkline each, as many columns as fit."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.output import width
from mainspring.app.cli.words import bold, dim
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, TableStatistics

SORTS = ("order", "name", "missing", "zeros", "unique", "unevenness", "anomalies", "distance")
_TITLES = {
    "numeric": "Numeric",
    "categorical": "Categorical",
    "text": "Text",
    "time": "Time",
    "list": "Lists",
    "other": "Other",
}
_NAME, _GAP = 30, 2
_ALARM = 0.5


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the table: its heading, its breadth, what it says; those of the highest rank go first."""

    heading: str
    wide: int
    say: Callable[[FeatureStatistics], str]
    rank: int = 0
    right: bool = True
    alarming: bool = False


def name_filter(pattern: str | None) -> Callable[[str], bool]:
    """Whether a name matches a pattern; every name if there is none.

    Raises:
        InputError: If the pattern is not a regular expression.
    """
    if not pattern:
        return lambda name: True
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise InputError(f"--features {pattern!r}: {error}", expected="a regular expression") from error
    return lambda name: found.search(name) is not None


def with_slices(tables: Mapping[str, TableStatistics]) -> dict[str, TableStatistics]:
    """Data sets, each followed by its slices."""
    found: dict[str, TableStatistics] = {}
    for name, table in tables.items():
        found[name] = table
        before = f"{name} " if len(tables) > 1 else ""
        found |= {f"{before}{slice_}": part for slice_, part in table.slices.items()}
    return found


def statistics_lines(
    tables: Mapping[str, TableStatistics],
    *,
    pattern: str | None = None,
    sort: str = "order",
    limit: int | None = None,
    weights: Mapping[str, float] | None = None,
) -> list[str]:
    """The features of all data sets, group by group.

    Args:
        pattern: Only features whose names match.
        sort: One of ``SORTS``.
        limit: At most so many features.
        weights: What to sort by, highest first, for ``anomalies`` and ``distance``.
    """
    from mainspring.data.viewing.features import KINDS, kind_of

    wanted = name_filter(pattern)
    first: dict[str, FeatureStatistics] = {}
    for table in tables.values():
        for name, feature in table.features.items():
            first.setdefault(name, feature)
    matching = [name for name in first if wanted(name)]
    chosen = _sorted(matching, first, sort, weights or {})[: limit or None]
    lines = [line for name, table in tables.items() for line in _head(name, table)]
    for kind in KINDS:
        names = [name for name in chosen if kind_of(first[name]) == kind]
        if names:
            lines += ["", bold(_TITLES[kind]) + dim(f" {len(names)}"), *_group(kind, names, tables)]
    if len(chosen) < len(first):
        lines += ["", dim(f"{len(chosen)} of {len(first)} features (--features, --limit)")]
    return lines


def _head(name: str, table: TableStatistics) -> list[str]:
    from mainspring.data.viewing.features import share_of
    from mainspring.data.viewing.wording import counted, percent

    cells = sum(feature.num_examples for feature in table.features.values())
    missing = sum(feature.num_missing for feature in table.features.values())
    facts = [counted(table.num_examples, "row"), counted(len(table.features), "column")]
    facts.append(f"{share_of(missing, cells)} of the cells missing")
    if table.sample is not None:
        facts.append(f"a sample, {percent(table.sample.rate)} of {table.sample.rows_of:,} rows")
    if table.weight is not None:
        facts.append(f"weighted by {table.weight}")
    return [f"{bold(name)}  {', '.join(facts)}"]


def _sorted(
    names: Sequence[str], first: Mapping[str, FeatureStatistics], sort: str, weights: Mapping[str, float]
) -> list[str]:
    from mainspring.data.viewing.curves import non_uniformity
    from mainspring.data.viewing.features import bars

    keys: dict[str, Callable[[str], float]] = {
        "missing": lambda name: -(1 - first[name].presence),
        "zeros": lambda name: -_zeros(first[name]),
        "unique": lambda name: -first[name].unique,
        "unevenness": lambda name: -non_uniformity(bars(first[name], most=50)),
        "anomalies": lambda name: -weights.get(name, 0.0),
        "distance": lambda name: -weights.get(name, 0.0),
    }
    if sort == "name":
        return sorted(names, key=str.lower)
    return sorted(names, key=keys[sort]) if sort in keys else list(names)


def _zeros(feature: FeatureStatistics) -> float:
    numbers = feature.numbers
    return numbers.zeros / numbers.count if numbers is not None and numbers.count else 0.0


def _group(kind: str, names: Sequence[str], tables: Mapping[str, TableStatistics]) -> list[str]:
    several = len(tables) > 1
    name_width = min(max(*map(len, names), 7), _NAME)
    set_width = min(max(map(len, tables)), 24) if several else 0
    room = width() - name_width - (set_width + _GAP if several else 0) - 12 - 2 * _GAP
    fields = _fields(kind)
    while sum(field.wide + _GAP for field in fields) > room and len(fields) > 1:
        least = min(fields, key=lambda field: field.rank)
        fields = [field for field in fields if field is not least]
    gap = " " * _GAP
    head = ["feature".ljust(name_width), *(["data".ljust(set_width)] if several else [])]
    head += [
        field.heading.rjust(field.wide) if field.right else field.heading.ljust(field.wide) for field in fields
    ]
    lines = ["  " + dim(gap.join([*head, "distribution"]).rstrip())]
    for name in names:
        shown = name
        for set_name, table in tables.items():
            feature = table.features.get(name)
            lines.append("  " + _line(shown, name_width, set_name, set_width, feature, fields))
            shown = ""
    return lines


def _line(
    name: str,
    name_width: int,
    set_name: str,
    set_width: int,
    feature: FeatureStatistics | None,
    fields: Sequence[Field],
) -> str:
    from mainspring.data.viewing.features import bars
    from mainspring.data.viewing.terminal import fitted, sparkline
    from mainspring.data.viewing.wording import NOTHING

    cells = [bold(fitted(name, name_width))]
    cells += [dim(fitted(set_name, set_width))] if set_width else []
    for field in fields:
        text = field.say(feature) if feature is not None else NOTHING
        cell = fitted(text, field.wide, right=field.right)
        alarm = field.alarming and text.endswith("%") and not text.startswith("<") and _share(text) >= _ALARM
        cells.append(click.style(cell, fg="yellow", bold=True) if alarm else cell)
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    if feature is not None:
        cells.append(click.style(sparkline(bars(feature), plain=plain), fg="blue"))
        cells += [click.style(_not_finite(feature), fg="yellow")] * bool(_not_finite(feature))
    return (" " * _GAP).join(cells).rstrip()


def _not_finite(feature: FeatureStatistics) -> str:
    """What of the numbers is NaN or infinite, which no mean shows; mostly nothing."""
    from mainspring.data.viewing.features import share_of

    numbers = feature.numbers
    if numbers is None:
        return ""
    kinds = (("NaN", numbers.num_nan), ("infinite", numbers.num_inf))
    return ", ".join(f"{share_of(count, feature.num_values)} {what}" for what, count in kinds if count)


def _share(text: str) -> float:
    return float(text.strip("<> %")) / 100


def _fields(kind: str) -> list[Field]:
    from mainspring.data.viewing.features import share_of
    from mainspring.data.viewing.wording import NOTHING, figure, moment, shortened

    def number(name: str) -> Callable[[FeatureStatistics], str]:
        return lambda feature: _brief(getattr(feature.numbers, name)) if feature.numbers else NOTHING

    def time(name: str) -> Callable[[FeatureStatistics], str]:
        return lambda feature: moment(getattr(feature.times, name)) if feature.times else NOTHING

    def top(feature: FeatureStatistics) -> str:
        most = feature.words.frequencies.top(1) if feature.words else ()
        return (shortened(most[0][0], 24) or "(empty)") if most else NOTHING

    def top_share(feature: FeatureStatistics) -> str:
        most = feature.words.frequencies.top(1) if feature.words else ()
        return share_of(most[0][1], feature.words.frequencies.total) if most and feature.words else NOTHING

    def missing(feature: FeatureStatistics) -> str:
        return share_of(feature.num_missing, feature.num_examples)

    def zeros(feature: FeatureStatistics) -> str:
        return share_of(feature.numbers.zeros, feature.numbers.count) if feature.numbers else NOTHING

    def per_list(feature: FeatureStatistics) -> str:
        last = feature.levels[-1]
        return " / ".join(map(figure, (last.min_values, last.avg_values, last.max_values)))

    kind_of_value = Field("type", 9, lambda feature: feature.type.value.lower(), 1, right=False)
    gone = Field("missing", 8, missing, 9, alarming=True)
    unique = Field("unique", 9, lambda feature: _brief(feature.unique), 3)
    words = [
        unique,
        Field("top value", 24, top, 7, right=False),
        Field("share", 8, top_share, 6),
        Field("length", 9, lambda feature: _brief(feature.words.avg_length) if feature.words else NOTHING, 2),
    ]
    ends = [Field("earliest", 16, time("min"), 8), Field("median", 16, time("median"), 4)]
    special = {
        "numeric": [
            Field("mean", 9, number("mean"), 8),
            Field("std dev", 9, number("std_dev"), 5),
            Field("zeros", 8, zeros, 4, alarming=True),
            Field("min", 9, number("min"), 7),
            Field("median", 9, number("median"), 6),
            Field("max", 9, number("max"), 7),
            unique,
        ],
        "categorical": words,
        "text": words,
        "time": [*ends, Field("latest", 16, time("max"), 8)],
        "list": [Field("values per list", 18, per_list, 8), unique],
        "other": [unique],
    }
    return [kind_of_value, gone, *special[kind]]


def _brief(value: float | None) -> str:
    """A figure of at most nine signs."""
    from mainspring.data.viewing.wording import figure

    text = figure(value)
    if value is None or (len(text) <= 9 and "e" not in text):
        return text
    mantissa, _, power = f"{value:.3g}".partition("e")
    short = f"{mantissa}e{int(power)}" if power else mantissa
    return short.replace("-", "\N{MINUS SIGN}")
