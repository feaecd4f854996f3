"""Validation: data against its schema, and against the data before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data.comparison import LEVEL, Measurement, measure
from mainspring.data.schema import TRAINING, Schema
from mainspring.data.statistics import Statistics, TableStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity
from mainspring.data.validation.feature_checks import check_feature

__all__ = ["Anomaly", "AnomalyType", "Severity", "Validation", "validate"]

_FILE: Final = "validation.json"
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validation found.

    Attributes:
        environment: The environment the data was held to.
        rows: Split name to its rows.
        anomalies: What is not as the schema says, errors first.
        measurements: Every drift that was measured, also where all is well.

    ``print`` shows the report.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Validation"

    environment: str
    rows: Mapping[str, int]
    anomalies: tuple[Anomaly, ...] = ()
    measurements: tuple[Measurement, ...] = ()

    @property
    def errors(self) -> tuple[Anomaly, ...]:
        """The anomalies that stop a run."""
        return tuple(anomaly for anomaly in self.anomalies if anomaly.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Anomaly, ...]:
        """The anomalies that do not."""
        return tuple(anomaly for anomaly in self.anomalies if anomaly.severity is Severity.WARNING)

    @property
    def verdict(self) -> Verdict:
        """Ok if there are no errors; the reasons name every anomaly and every drift measured."""
        reasons = [_reason(anomaly) for anomaly in self.anomalies]
        if not reasons:
            splits = " and ".join(self.rows)
            reasons = [
                Reason(ok=True, code="NO_ANOMALIES", message=f"{splits}: all columns are as the schema says")
            ]
        reasons += [_measured(measurement) for measurement in self.measurements if not measurement.drifted]
        return Verdict.of("data validation", reasons)

    def describe(self) -> str:
        """The report, for people."""
        counted = f"{_plural(len(self.errors), 'error')}, {_plural(len(self.warnings), 'warning')}"
        rows = ", ".join(f"{name} {count:,} rows" for name, count in self.rows.items())
        lines = [f"{counted} in {self.environment} data ({rows})"]
        lines += [str(anomaly) for anomaly in self.anomalies]
        for between in dict.fromkeys(measurement.between for measurement in self.measurements):
            lines += _drift_lines(between, [one for one in self.measurements if one.between == between])
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.describe()

    def save(self, folder: Path) -> None:
        """Write ``validation.json`` and, for people, ``report.txt`` into the folder."""
        import msgspec

        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))
        (folder / "report.txt").write_text(self.describe() + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """Whether the data passed, and how many anomalies there are."""
        return {"ok": not self.errors, "errors": len(self.errors), "warnings": len(self.warnings)}


def validate(
    statistics: Statistics,
    schema: Schema,
    *,
    environment: str = TRAINING,
    previous: Statistics | None = None,
    level: float = LEVEL,
) -> Validation:
    """Hold every split against the schema, and measure drift.

    Drift is measured from the splits of ``previous`` to those of the same name (past the schema's limit and
    more than chance: an error), and from the first split to the others (a warning).

    Args:
        environment: Where the data is used; columns absent there need not be in the data.
        previous: The statistics of the data before.
        level: The share of false alarms among the columns called drifted.

    Raises:
        InputError: If the schema does not name the environment.
    """
    expected = [feature.name for feature in schema.in_environment(environment)]
    anomalies: list[Anomaly] = []
    for split, found in statistics.splits.items():
        anomalies += _size(schema, found, split)
        anomalies += _columns(schema, expected, found, split)
        for name in expected:
            if name in found.features:
                anomalies += check_feature(schema.features[name], found.features[name], split)
    measurements = _measure(statistics, schema, previous, level)
    anomalies += [
        _drifted(one, Severity.ERROR if one.between[0].startswith("previous ") else Severity.WARNING)
        for one in measurements
        if one.drifted
    ]
    anomalies += _uncontrolled(statistics, schema, previous)
    anomalies.sort(key=lambda anomaly: anomaly.severity is not Severity.ERROR)
    return Validation(
        environment=environment,
        rows={name: found.num_examples for name, found in statistics.splits.items()},
        anomalies=tuple(anomalies),
        measurements=measurements,
    )


def _size(schema: Schema, found: TableStatistics, split: str) -> Iterator[Anomaly]:
    rows, least, most = found.num_examples, schema.min_examples, schema.max_examples
    if least is not None and rows < least:
        yield _sized(
            AnomalyType.DATASET_LOW_NUM_EXAMPLES, split, rows, "least", least, f"examples: {{min: {rows}}}"
        )
    if most is not None and rows > most:
        yield _sized(
            AnomalyType.DATASET_HIGH_NUM_EXAMPLES, split, rows, "most", most, f"examples: {{max: {rows}}}"
        )


def _sized(type_: AnomalyType, split: str, rows: int, word: str, limit: int, edit: str) -> Anomaly:
    return Anomaly(
        path="",
        split=split,
        type=type_,
        found=_plural(rows, "row"),
        expected=f"at {word} {limit:,}",
        edit=edit,
        observed=float(rows),
        limit=float(limit),
    )


def _columns(schema: Schema, expected: list[str], found: TableStatistics, split: str) -> Iterator[Anomaly]:
    new = [name for name in found.features if name not in schema.features]
    for name in expected:
        if name not in found.features and schema.features[name].required:
            near = get_close_matches(name, new, 1)
            yield Anomaly(
                path=name,
                split=split,
                type=AnomalyType.SCHEMA_MISSING_COLUMN,
                found="the column is not there" + (f"; there is a new column {near[0]!r}" if near else ""),
                expected=f"a column {name!r} of type {schema.features[name].type}",
                edit="required: false",
            )
    for name in new:
        yield Anomaly(
            path=name,
            split=split,
            type=AnomalyType.SCHEMA_NEW_COLUMN,
            severity=Severity.WARNING,
            found=f"a column of type {found.features[name].type} that the schema does not name; it is not used",
            expected="the columns of the schema",
            edit=f"under features, add {name!r}: {{type: {found.features[name].type}}}",
        )


def _measure(
    statistics: Statistics, schema: Schema, previous: Statistics | None, level: float
) -> tuple[Measurement, ...]:
    limits = {name: schema.drift_limits(name) for name in schema.features}
    found: list[Measurement] = []
    first, *others = statistics.splits
    for name in others:
        found += measure(
            statistics.splits[first], statistics.splits[name], between=(first, name), limits=limits, level=level
        )
    for name, split in statistics.splits.items():
        if previous is not None and name in previous.splits:
            between = (f"previous {name}", name)
            found += measure(previous.splits[name], split, between=between, limits=limits, level=level)
    return tuple(found)


def _drifted(one: Measurement, severity: Severity) -> Anomaly:
    words = one.metric == "l_infinity"
    at = f", most at {one.distances.at!r}" if one.distances.at else ""
    before, after = one.distances.sizes
    return Anomaly(
        path=one.path,
        split=one.between[1],
        type=AnomalyType.COMPARATOR_L_INFTY_HIGH
        if words
        else AnomalyType.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
        severity=severity,
        found=f"{'L-infinity' if words else 'Jensen-Shannon'} distance {one.value:.4f} from {one.between[0]}{at} "
        f"({before:,} and {after:,} rows, adjusted p {one.adjusted_p:.2g})",
        expected=f"at most {one.limit}",
        edit=f"drift: {{{one.metric}: {_ceiling(one.value)}}}",
        observed=one.value,
        limit=one.limit,
    )


def _ceiling(value: float) -> float:
    return int(value * 10_000 + 1) / 10_000


def _uncontrolled(statistics: Statistics, schema: Schema, previous: Statistics | None) -> Iterator[Anomaly]:
    if previous is None:
        return
    for split, found in statistics.splits.items():
        before = previous.splits.get(split)
        lacking = [
            name for name in schema.features if name in found.features and before and name not in before.features
        ]
        if before is None or not before.num_examples:
            lacking = [""]
        for name in lacking:
            yield Anomaly(
                path=name,
                split=split,
                type=AnomalyType.COMPARATOR_CONTROL_DATA_MISSING,
                severity=Severity.WARNING,
                found="there is nothing before it to measure drift from",
                expected="statistics of the data before with the same splits and columns",
                edit="none; drift is measured again next time",
            )


def _reason(anomaly: Anomaly) -> Reason:
    return Reason(
        ok=anomaly.severity is not Severity.ERROR,
        code=anomaly.type.value,
        message=f"{anomaly.found}; expected {anomaly.expected}; to accept: {anomaly.edit}",
        subject=f"{anomaly.path} | {anomaly.split}" if anomaly.path else anomaly.split,
        observed=anomaly.observed,
        expected=anomaly.limit,
    )


def _measured(one: Measurement) -> Reason:
    code, past = "DRIFT_WITHIN_LIMIT", ""
    if one.limit is None or one.value > one.limit:
        code = "DRIFT_WITHOUT_LIMIT" if one.limit is None else "DRIFT_NOT_SIGNIFICANT"
    if code == "DRIFT_NOT_SIGNIFICANT":
        past = f", past the limit {one.limit:g}, but so few rows differ as much by chance"
    return Reason(
        ok=True,
        code=code,
        message=f"{one.metric} {one.value:.4f} from {one.between[0]} to {one.between[1]}{past}",
        subject=f"{one.path} | {one.between[1]}",
        observed=one.value,
        expected=one.limit,
    )


def _drift_lines(between: tuple[str, str], found: list[Measurement]) -> list[str]:
    ranked = sorted(found, key=lambda one: (-one.drifted, -one.value, one.path))
    width = max(len(one.path) for one in ranked[:_SHOWN])
    lines = [f"drift from {between[0]} to {between[1]}, the largest of {_plural(len(found), 'column')}:"]
    for one in ranked[:_SHOWN]:
        limit = f"limit {one.limit}" if one.limit is not None else "no limit"
        mark = "  DRIFTED" if one.drifted else ""
        lines.append(f"  {one.path:<{width}}  {one.metric:<14}  {one.value:.4f}  {limit}{mark}")
    return lines


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")
