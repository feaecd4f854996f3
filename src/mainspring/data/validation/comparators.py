"""Data beside other data: drift from the span before, skew to serving, splits beside the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.comparison import LEVEL, Measurement, measure
from mainspring.data.schema import DriftLimits
from mainspring.data.schema.declaration import Declaration
from mainspring.data.statistics import Statistics, TableStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity
from mainspring.data.validation.findings import ceiling, finding

METRICS: Final[Mapping[str, tuple[AnomalyType, str]]] = {
    "l_infinity": (AnomalyType.COMPARATOR_L_INFTY_HIGH, "L-infinity distance"),
    "jensen_shannon": (AnomalyType.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH, "Jensen-Shannon distance"),
    "normalized_absolute_difference": (
        AnomalyType.COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH,
        "normalised absolute difference",
    ),
    "psi": (AnomalyType.COMPARATOR_PSI_HIGH, "population stability index"),
    "wasserstein": (AnomalyType.COMPARATOR_WASSERSTEIN_HIGH, "Wasserstein distance"),
    "kolmogorov_smirnov": (AnomalyType.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH, "Kolmogorov-Smirnov distance"),
    "hellinger": (AnomalyType.COMPARATOR_HELLINGER_HIGH, "Hellinger distance"),
}
"""What is measured to the anomaly it raises, and what people call it."""
_USUAL: Final = {"l_infinity", "jensen_shannon"}
_NOW: Final = {
    ColumnType.INT: AnomalyType.STRING_TYPE_NOW_INT,
    ColumnType.FLOAT: AnomalyType.STRING_TYPE_NOW_FLOAT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two tables to be compared.

    Attributes:
        split: The split whose data is judged.
        control: The data it is compared with; ``None`` if there is none.
        treatment: The data that is judged; ``None`` if there is none.
        between: What people call the two.
        key: ``drift`` or ``skew``: whose limits hold.
        severity: How bad it is if they are apart.
        slice: The slice compared; empty for all rows.
    """

    split: str
    control: TableStatistics | None
    treatment: TableStatistics | None
    between: tuple[str, str]
    key: str = "drift"
    severity: Severity | None = None
    slice: str = ""


def pairs(statistics: Statistics, previous: Statistics | None, serving: Statistics | None) -> Iterator[Pair]:
    """Everything that is to be compared: the first split with the others, then before, then serving."""
    first, *others = statistics.splits or ("",)
    for name in others:
        yield Pair(
            split=name,
            control=statistics.splits[first],
            treatment=statistics.splits[name],
            between=(first, name),
            severity=Severity.WARNING,
        )
    for control, word, key in ((previous, "previous", "drift"), (serving, "serving", "skew")):
        if control is None:
            continue
        # Serving data has splits of its own; a single one stands beside all.
        alone = next(iter(control.splits.values())) if len(control.splits) == 1 and key == "skew" else None
        for name, split in statistics.splits.items():
            there = control.splits.get(name, alone)
            yield Pair(split=name, control=there, treatment=split, between=(f"{word} {name}", name), key=key)
        for name in control.splits:
            if alone is None and name not in statistics.splits:
                yield Pair(
                    split=name,
                    control=control.splits[name],
                    treatment=None,
                    between=(f"{word} {name}", name),
                    key=key,
                )


def sliced(pair: Pair, name: str) -> Pair:
    """The same comparison of one slice."""
    return replace(
        pair,
        control=pair.control.slices.get(name) if pair.control is not None else None,
        treatment=pair.treatment.slices.get(name) if pair.treatment is not None else None,
        between=(f"{pair.between[0]} [{name}]", f"{pair.between[1]} [{name}]"),
        slice=name,
    )


def compare_pair(
    schema: Declaration, pair: Pair, names: list[str], level: float = LEVEL
) -> tuple[tuple[Measurement, ...], tuple[Anomaly, ...]]:
    """Everything measured between two tables, and what of it is an anomaly.

    Args:
        names: The features that are validated.
        level: The share of false alarms among the columns called drifted.
    """
    if pair.control is None or pair.treatment is None:
        return (), tuple(_lacking(schema, pair, names))
    limits = {name: _limits(schema, pair.key, name) for name in names}
    found = measure(pair.control, pair.treatment, between=pair.between, limits=limits, level=level)
    wrong = [_drifted(one, pair) for one in found if one.drifted]
    return found, (*wrong, *_lacking(schema, pair, names), *_unmeasured(schema, pair, names, found))


def _limits(schema: Declaration, key: str, name: str) -> DriftLimits:
    return schema.skew_limits(name) if key == "skew" else schema.drift_limits(name)


def _drifted(one: Measurement, pair: Pair) -> Anomaly:
    type_, called = METRICS[one.metric]
    at = f", most at {one.distances.at!r}" if one.distances.at else ""
    before, after = one.distances.sizes
    return finding(
        type_,
        one.path,
        severity=pair.severity,
        found=f"{called} {one.value:.4f} from {one.between[0]}{at} "
        f"({before:,} and {after:,} rows, adjusted p {one.adjusted_p:.2g})",
        expected=f"at most {one.limit}",
        edit=f"{pair.key}: {{{one.metric}: {ceiling(one.value)}}}",
        observed=one.value,
        limit=one.limit,
    )


def _lacking(schema: Declaration, pair: Pair, names: list[str]) -> Iterator[Anomaly]:
    """What could not be compared, which is worth knowing too."""
    if pair.severity is not None:
        return  # splits of one data set; the schema itself sees what one of them lacks
    if pair.treatment is None or (pair.slice and not pair.treatment.num_examples):
        if not pair.slice:
            yield _missing(AnomalyType.COMPARATOR_TREATMENT_DATA_MISSING, "", pair)
        return
    if pair.control is None or not pair.control.num_examples:
        yield _missing(AnomalyType.COMPARATOR_CONTROL_DATA_MISSING, "", pair)
        return
    for name in names:
        before, now = pair.control.features.get(name), pair.treatment.features.get(name)
        if now is not None and before is None:
            yield _missing(AnomalyType.COMPARATOR_CONTROL_DATA_MISSING, name, pair)
        elif now is None and before is not None and not schema.features[name].required:
            yield _missing(AnomalyType.COMPARATOR_TREATMENT_DATA_MISSING, name, pair)
        elif now is not None and before is not None and now.num_non_missing and before.num_non_missing:
            yield from _retyped(name, before.type, now.type, pair)


def _unmeasured(
    schema: Declaration, pair: Pair, names: list[str], found: Sequence[Measurement]
) -> Iterator[Anomaly]:
    """Limits that a feature has of its own, and that could not be held: not passed over in silence."""
    if pair.control is None or pair.treatment is None or pair.severity is not None:
        return
    for name in names:
        own = schema.features[name].skew if pair.key == "skew" else schema.features[name].drift
        both = [side.features.get(name) for side in (pair.control, pair.treatment)]
        if not own or any(one is None or not one.num_non_missing for one in both):
            continue
        measured = {one.metric for one in found if one.path == name}
        wanted = {metric for metric in METRICS if getattr(own, metric) is not None}
        # Of the two usual ones, each is for its own kind of values.
        lacking = wanted - measured - (_USUAL if measured & _USUAL & wanted else set())
        if lacking:
            told = " and ".join(sorted(lacking))
            yield finding(
                AnomalyType.STATS_NOT_AVAILABLE,
                name,
                found=f"there is no {told} from {pair.between[0]} for such values",
                expected=f"values that {told} is measured for",
                edit=f"leave out {told} of {pair.key}",
            )


def _missing(type_: AnomalyType, path: str, pair: Pair) -> Anomaly:
    before = "the serving data" if pair.key == "skew" else "the data before"
    control = type_ is AnomalyType.COMPARATOR_CONTROL_DATA_MISSING
    told = f"there is nothing in {before} to measure {pair.key} from"
    if before == "the data before":
        told = "there is nothing before it to measure drift from"
    return finding(
        type_,
        path,
        found=told if control else f"{before} has it, and it is not here",
        expected=f"statistics of {before} with the same splits and columns",
        edit=f"none; {pair.key} is measured again next time" if control else "none; nothing is compared",
    )


def _retyped(name: str, before: ColumnType, now: ColumnType, pair: Pair) -> Iterator[Anomaly]:
    """Another type than there: the values cannot be compared."""
    if before is now or (before.is_numeric and now.is_numeric):
        return
    if pair.key == "skew":
        yield finding(
            AnomalyType.SCHEMA_TRAINING_SERVING_SKEW,
            name,
            found=f"the values are {now} here and {before} in the serving data",
            expected="one type in training and serving",
            edit="none; read or log the column with one type",
        )
    elif before is ColumnType.STRING and now in _NOW:
        yield finding(
            _NOW[now],
            name,
            found=f"the values were STRING in the data before, and are {now}",
            expected="the type of the data before",
            edit="none; drift is measured again next time",
        )
