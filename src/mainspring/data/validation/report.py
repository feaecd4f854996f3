"""What validation found: the noun, its report for people, its JSON, its verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data.comparison import Measurement
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity, on_one_line
from mainspring.data.validation.custom import NotEvaluated
from mainspring.data.validation.findings import plural

_FILE: Final = "validation.json"
_SHOWN: Final = 10
_INDENT: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validation found.

    Attributes:
        environment: The environment the data was held to.
        rows: Split name to its rows.
        anomalies: What is not as the schema says, errors first.
        measurements: Every drift that was measured, also where all is well.
        not_evaluated: What should have been checked and could not be.
        slices: The slices that were validated beside all rows.

    ``print`` shows the report.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Validation"

    environment: str
    rows: Mapping[str, int]
    anomalies: tuple[Anomaly, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()
    slices: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Anomaly, ...]:
        """The anomalies that stop a run."""
        return tuple(anomaly for anomaly in self.anomalies if anomaly.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Anomaly, ...]:
        """The anomalies that do not."""
        return tuple(anomaly for anomaly in self.anomalies if anomaly.severity is Severity.WARNING)

    @property
    def blessed(self) -> bool:
        """Whether there is no error, and nothing that had to be checked was left out."""
        return not self.errors and all(one.severity is not Severity.ERROR for one in self.not_evaluated)

    @property
    def verdict(self) -> Verdict:
        """Ok if blessed; the reasons name every anomaly, all that was not evaluated, and every drift measured."""
        reasons = [_reason(anomaly) for anomaly in self.anomalies]
        reasons += [_unevaluated(one) for one in self.not_evaluated]
        if not reasons:
            splits = " and ".join(self.rows)
            reasons = [
                Reason(ok=True, code="NO_ANOMALIES", message=f"{splits}: all columns are as the schema says")
            ]
        reasons += [_measured(measurement) for measurement in self.measurements if not measurement.drifted]
        return Verdict.of("data validation", reasons)

    def by_feature(self) -> tuple[Anomaly, ...]:
        """One anomaly per feature, split and slice: of several, ``MULTIPLE_REASONS`` as bad as the worst."""
        found: dict[tuple[str, str, str], list[Anomaly]] = {}
        for anomaly in self.anomalies:
            found.setdefault((anomaly.path, anomaly.split, anomaly.slice), []).append(anomaly)
        return tuple(_together(group) for group in found.values())

    def describe(self, *, width: int | None = None) -> str:
        """The report, for people.

        Args:
            width: Break lines that are longer than so many characters.
        """
        lines = [self._summary()]
        lines += _shown(self.anomalies)
        lines += [str(one) for one in self.not_evaluated]
        for between in dict.fromkeys(measurement.between for measurement in self.measurements):
            lines += _drift_lines(between, [one for one in self.measurements if one.between == between])
        text = "\n".join(lines)
        return text if width is None else "\n".join(_broken(line, width) for line in text.splitlines())

    def _repr_html_(self) -> str:
        """The page of it, for notebooks."""
        from mainspring import data

        return data.view(self)._repr_html_()

    def __str__(self) -> str:
        return self.describe()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "blessed": self.blessed,
            "environment": self.environment,
            "rows": dict(self.rows),
            "slices": list(self.slices),
            "anomalies": [anomaly.as_dict() for anomaly in self.anomalies],
            "not_evaluated": [asdict(one) for one in self.not_evaluated],
            "measurements": [
                {
                    "path": one.path,
                    "between": list(one.between),
                    "metric": one.metric,
                    "value": one.value,
                    "limit": one.limit,
                    "p_value": one.adjusted_p,
                    "drifted": one.drifted,
                }
                for one in self.measurements
            ],
        }

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
        found: dict[str, Value] = {
            "ok": self.blessed,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
        }
        return {**found, "not_evaluated": len(self.not_evaluated)} if self.not_evaluated else found

    def _summary(self) -> str:
        told = [plural(len(self.errors), "error"), plural(len(self.warnings), "warning")]
        told += [f"{len(self.not_evaluated):,} not evaluated"] * bool(self.not_evaluated)
        rows = ", ".join(f"{name} {plural(count, 'row')}" for name, count in self.rows.items())
        slices = f", and in {plural(len(self.slices), 'slice')}" if self.slices else ""
        return f"{', '.join(told)} in {self.environment} data ({rows}){slices}"


def by_severity(anomalies: Iterable[Anomaly]) -> tuple[Anomaly, ...]:
    """Errors first, else in the order given."""
    return tuple(sorted(anomalies, key=lambda anomaly: anomaly.severity is not Severity.ERROR))


def _shown(anomalies: Sequence[Anomaly]) -> list[str]:
    """The anomalies, of one kind in one split the first few in full and the others by name."""
    groups: dict[tuple[str, str, str, str], list[Anomaly]] = {}
    for one in anomalies:
        groups.setdefault((one.severity, one.split, one.slice, one.type), []).append(one)
    long = {key for key, group in groups.items() if len(group) > _SHOWN + 1}
    lines = []
    for one in anomalies:
        key = (one.severity, one.split, one.slice, one.type)
        group = groups[key]
        if key not in long or group.index(one) < _SHOWN:
            lines.append(str(one))
        elif group.index(one) == _SHOWN:
            more = [on_one_line(other.path) for other in group[_SHOWN:]]
            named = ", ".join(more[: 2 * _SHOWN]) + (" …" if len(more) > 2 * _SHOWN else "")
            split = f"{one.split} [{one.slice}]" if one.slice else one.split
            lines.append(f"{one.severity:<7} {split}: {len(more):,} more {one.type}\n        in         {named}")
    return lines


def _together(group: Sequence[Anomaly]) -> Anomaly:
    worst = by_severity(group)[0]
    if len(group) == 1:
        return worst
    return replace(
        worst,
        type=AnomalyType.MULTIPLE_REASONS,
        found="; ".join(f"{one.type}: {one.found}" for one in group),
        expected="; ".join(dict.fromkeys(one.expected for one in group)),
        edit="; ".join(dict.fromkeys(one.edit for one in group)),
        observed=None,
        limit=None,
        examples=tuple({example.row: example for one in group for example in one.examples}.values()),
    )


def _broken(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * min(_INDENT if line.startswith(" " * 8) else 8, width // 2)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, drop_whitespace=True)


def _reason(anomaly: Anomaly) -> Reason:
    split = f"{anomaly.split} [{anomaly.slice}]" if anomaly.slice else anomaly.split
    return Reason(
        ok=anomaly.severity is not Severity.ERROR,
        code=anomaly.type.value,
        message=f"{anomaly.found}; expected {anomaly.expected}; to accept: {anomaly.edit}",
        subject=f"{anomaly.path} | {split}" if anomaly.path else split,
        observed=anomaly.observed,
        expected=anomaly.limit,
    )


def _unevaluated(one: NotEvaluated) -> Reason:
    return Reason(
        ok=one.severity is not Severity.ERROR,
        code="NOT_EVALUATED",
        message=f"{one.name} was not evaluated: {one.reason}",
        subject=f"{one.name} | {one.split}" if one.split else one.name,
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
    width = max(len(on_one_line(one.path)) for one in ranked[:_SHOWN])
    metrics = max(14, *(len(one.metric) for one in ranked[:_SHOWN]))
    columns = len({one.path for one in found})
    word = "skew" if between[0].startswith("serving ") else "drift"
    if not any(one.value for one in found):
        return [f"{word} from {between[0]} to {between[1]}: none in {plural(columns, 'column')}"]
    lines = [f"{word} from {between[0]} to {between[1]}, the largest of {plural(columns, 'column')}:"]
    for one in ranked[:_SHOWN]:
        limit = f"limit {one.limit}" if one.limit is not None else "no limit"
        mark = "  DRIFTED" if one.drifted else ""
        lines.append(
            f"  {on_one_line(one.path):<{width}}  {one.metric:<{metrics}}  {one.value:.4f}  {limit}{mark}"
        )
    return lines
