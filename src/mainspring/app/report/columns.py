"""The data, column by column: what is in it, what is wrong with it, how far it drifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainspring.app.report.nouns import ColumnRow, DriftRow, Fact, Flag, Material
from mainspring.app.report.wording import counted, figure, percent, shortened
from mainspring.data.comparison import Measurement
from mainspring.data.schema import Schema
from mainspring.data.statistics import FeatureStatistics, Histogram, Statistics, TableStatistics, Words
from mainspring.data.validation import Anomaly, Severity, Validation
from mainspring.evaluation.drawing import mini_bars

_TOP = 3
_BARS = 10


def material_of(
    statistics: Statistics | None, schema: Schema | None, validation: Validation | None
) -> Material | None:
    """What is known of the data; ``None`` if nothing is."""
    if statistics is None and schema is None and validation is None:
        return None
    splits = statistics.splits if statistics is not None else {}
    names = list(splits)
    shown, other = (names[0] if names else ""), (names[1] if len(names) > 1 else "")
    anomalies = list(validation.anomalies) if validation is not None else []
    measured = list(validation.measurements) if validation is not None else []
    rows = validation.rows if validation is not None else {}
    columns = _columns(splits, shown, other, schema, anomalies, measured)
    sizes = {name: split.num_examples for name, split in splits.items()} or dict(rows)
    return Material(
        summary=_summary(sizes, len(columns), anomalies),
        splits=[_split(name, count, sum(sizes.values())) for name, count in sizes.items()],
        columns=columns,
        overlay=f"Bars: {shown}. Line: {other}." if other else f"Bars: {shown}.",
        has_drift=bool(measured),
        anomalies=anomalies,
        drifts=sorted(
            (_drift(one) for one in measured), key=lambda row: (not row.drifted, -float(row.value_sort))
        ),
        schema=schema.to_text() if schema is not None else "",
        not_evaluated=validation.not_evaluated if validation is not None else (),
    )


def _summary(sizes: Mapping[str, int], columns: int, anomalies: Sequence[Anomaly]) -> str:
    errors = sum(one.severity is Severity.ERROR for one in anomalies)
    warnings = len(anomalies) - errors
    told = f"{counted(sum(sizes.values()), 'row')}" + (f" of {counted(columns, 'column')}" if columns else "")
    wrong = [counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
    return f"{told}, {' and '.join(wrong)}." if wrong else f"{told}."


def _split(name: str, count: int, total: int) -> Fact:
    return Fact(name=name, value=f"{count:,}", more=percent(count / total) + " of the rows" if total else "")


def _columns(
    splits: Mapping[str, TableStatistics],
    shown: str,
    other: str,
    schema: Schema | None,
    anomalies: Sequence[Anomaly],
    measured: Sequence[Measurement],
) -> list[ColumnRow]:
    if not splits:
        return []
    wrong: dict[str, list[Anomaly]] = {}
    for anomaly in anomalies:
        wrong.setdefault(anomaly.path, []).append(anomaly)
    drifts: dict[str, Measurement] = {}
    for one in measured:
        if one.path not in drifts or (one.drifted, one.value) > (drifts[one.path].drifted, drifts[one.path].value):
            drifts[one.path] = one
    second = splits[other].features if other else {}
    label = schema.label if schema is not None else None
    rows = [
        _column(feature, second.get(name), _flags(name, label, wrong.get(name, ())), drifts.get(name))
        for name, feature in splits[shown].features.items()
    ]
    # A column that the schema asks for and the data lacks is the first thing to see.
    absent = [path for path in wrong if path and path not in splits[shown].features]
    return [_absent(path, _flags(path, label, wrong[path])) for path in absent] + rows


def _flags(name: str, label: str | None, anomalies: Sequence[Anomaly]) -> list[Flag]:
    flags = [Flag(kind="label", text="label")] if name == label else []
    worst = {anomaly.severity for anomaly in anomalies}
    if Severity.ERROR in worst:
        flags.append(Flag(kind="error", text="error"))
    elif worst:
        flags.append(Flag(kind="warning", text="warning"))
    return flags


def _absent(name: str, flags: Sequence[Flag]) -> ColumnRow:
    return ColumnRow(
        name=name,
        type="not there",
        flags=flags,
        missing=percent(1.0),
        missing_sort="1",
        unique="",
        unique_sort="",
        values=[],
        picture="",
        drift="",
        drift_sort="",
        drifted=False,
    )


def _column(
    feature: FeatureStatistics, other: FeatureStatistics | None, flags: Sequence[Flag], drift: Measurement | None
) -> ColumnRow:
    return ColumnRow(
        name=feature.name,
        type=str(feature.type.value).lower(),
        flags=flags,
        missing=percent(1 - feature.presence),
        missing_sort=f"{1 - feature.presence:.6g}",
        unique=figure(feature.unique),
        unique_sort=str(feature.unique),
        values=_values(feature),
        picture=_picture(feature, other),
        drift=figure(round(drift.value, 4)) if drift is not None else "",
        drift_sort=f"{drift.value:.6g}" if drift is not None else "",
        drifted=drift is not None and drift.drifted,
    )


def _values(feature: FeatureStatistics) -> list[list[tuple[str, str]]]:
    if feature.numbers is not None:
        numbers = feature.numbers
        if numbers.mean is None:
            return []
        middle = [("mean", f"{figure(numbers.mean)} \N{PLUS-MINUS SIGN} {figure(numbers.std_dev)}")]
        middle += [("NaN", figure(numbers.num_nan))] if numbers.num_nan else []
        middle += [("infinite", figure(numbers.num_inf))] if numbers.num_inf else []
        ends = [("min", numbers.min), ("median", numbers.median), ("max", numbers.max)]
        return [middle, [(name, figure(value)) for name, value in ends]]
    if feature.words is not None:
        total = feature.words.frequencies.total
        return [
            [(shortened(word, 28) or "(empty)", percent(count / total)) for word, count in _top(feature.words)]
        ]
    return []


def _top(words: Words, number: int = _TOP) -> Sequence[tuple[str, int]]:
    return words.frequencies.top(number)


def _picture(feature: FeatureStatistics, other: FeatureStatistics | None) -> str:
    title = f"Distribution of {shortened(feature.name, 60)}"
    if feature.numbers is not None:
        bins = feature.numbers.histogram
        second = other.numbers.histogram if other is not None and other.numbers is not None else None
        outline = rebinned(second, bins.edges) if second is not None else ()
        return mini_bars(bins.counts, outline, title=title) if bins.counts else ""
    if feature.words is not None:
        top = _top(feature.words, _BARS)
        if not top or (feature.words.unique > 50 and top[0][1] <= 2):
            return ""  # names and keys: nothing repeats, there is no shape
        known = other.words.frequencies.counts if other is not None and other.words is not None else {}
        beside = [known.get(word, 0) for word, _ in top] if known else []
        return mini_bars([count for _, count in top], beside, title=title)
    return ""


def rebinned(histogram: Histogram, edges: Sequence[float]) -> tuple[float, ...]:
    """The counts of a histogram over other bins, spread evenly inside each bin; what lies outside is left out."""
    counts = [0.0] * max(len(edges) - 1, 0)
    for left, right, count in zip(histogram.edges, histogram.edges[1:], histogram.counts, strict=False):
        for place in range(len(counts)):
            low, high = max(left, edges[place]), min(right, edges[place + 1])
            if right > left and high > low:
                counts[place] += count * (high - low) / (right - left)
            elif left == right and (
                edges[place] <= left < edges[place + 1] or left == edges[-1] == edges[place + 1]
            ):
                counts[place] += count
                break
    return tuple(counts)


def _drift(one: Measurement) -> DriftRow:
    return DriftRow(
        column=one.path,
        between=f"{one.between[0]} to {one.between[1]}",
        metric=one.metric.replace("_", " "),
        value=figure(round(one.value, 4)),
        value_sort=f"{one.value:.6g}",
        limit=figure(one.limit),
        p_value=figure(one.adjusted_p) if one.adjusted_p >= 1e-4 else "< 0.0001",
        p_sort=f"{one.adjusted_p:.6g}",
        drifted=one.drifted,
    )
