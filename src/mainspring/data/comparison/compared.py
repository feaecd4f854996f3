"""What a comparison of two sets of rows found: every distance with its limit, and what may lie behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data.comparison.changes import Change
from mainspring.data.comparison.multivariate import ClassifierTest, MmdTest

_FILE: Final = "comparison.json"
_BLOCKS: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """One distance of one column.

    Attributes:
        value: The distance.
        threshold: The largest that is let pass; ``None`` if it is not judged.
        p_value: How likely one at least so large is by chance alone; ``None`` where no test exists.
        adjusted_p: The same after Benjamini and Hochberg (1995) over all that is judged.
        interval: Where it lies with 95 % confidence, what chance adds being taken off.
    """

    value: float
    threshold: float | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Mass:
    """One bin of a column: its name and the share of either side."""

    name: str
    one: float
    other: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureComparison:
    """One column of both sides.

    Attributes:
        name: The column.
        type: Of its values.
        distances: Name of the distance to what was found; what does not exist for the column is left out.
        drifted: Whether any is past its threshold and more than chance.
        why: What drifted, as sentences.
        at: The word or bin with the largest difference.
        sizes: Rows of both sides.
        masses: The shares of bins, for a picture: the deciles of both sides, or the most frequent words.
    """

    name: str
    type: str
    distances: Mapping[str, Distance]
    drifted: bool
    why: tuple[str, ...] = ()
    at: str | None = None
    sizes: tuple[int, int] = (0, 0)
    masses: tuple[Mass, ...] = ()

    @property
    def effect(self) -> float:
        """The largest distance in units of its threshold, to sort by; 0 if nothing is judged."""
        return max((one.value / one.threshold for one in self.distances.values() if one.threshold), default=0.0)

    @property
    def main(self) -> str:
        """The distance to show first: the one furthest past its threshold, else the usual one."""
        judged = [(one.value / one.threshold, name) for name, one in self.distances.items() if one.threshold]
        if judged:
            return max(judged)[1]
        usual = "l_infinity" if "l_infinity" in self.distances else "jensen_shannon"
        return usual if usual in self.distances else next(iter(self.distances))


_BREAKING: Final = frozenset({"dropped", "renamed", "type"})


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A column that could not be compared, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sets of rows, column by column.

    Attributes:
        between: What to call the sides.
        rows: Rows of both.
        features: Every column that both have, the largest effect first.
        not_compared: Columns that could not be compared.
        changes: What may have happened: another unit, columns swapped, gone or new.
        slices: The same for parts of the rows, by the name of the slice.
        classifier: How well a model tells the sides apart by all columns together, where asked for.
        mmd: The maximum mean discrepancy of all columns together, where asked for.
        level: The share of false alarms among the columns called drifted.
        compatible: Whether distances and judgement follow TensorFlow Data Validation's rules.

    ``print`` shows a table.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Comparison"

    between: tuple[str, str]
    rows: tuple[int, int]
    features: tuple[FeatureComparison, ...]
    not_compared: tuple[NotCompared, ...] = ()
    changes: tuple[Change, ...] = ()
    slices: Mapping[str, tuple[FeatureComparison, ...]] = field(default_factory=dict)
    classifier: ClassifierTest | None = None
    mmd: MmdTest | None = None
    level: float = 0.01
    compatible: bool = False

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns that drifted, the largest effect first."""
        return tuple(one.name for one in self.features if one.drifted)

    @property
    def broken(self) -> tuple[Change, ...]:
        """What a reader of the columns cannot live with, whatever the distances: gone, renamed, retyped."""
        return tuple(change for change in self.changes if change.kind in _BREAKING)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said beside the distances, one sentence each."""
        tests = [str(test) for test in (self.classifier, self.mmd) if test is not None]
        left = [f"{one.name!r} was not compared: {one.reason}" for one in self.not_compared]
        return (*(change.message for change in self.changes), *tests, *left)

    @property
    def verdict(self) -> Verdict:
        """Ok if nothing drifted, no column is gone, renamed or of another type, and there were rows to compare.

        Every column has a reason, drifted or not, and every drift in a slice.
        """
        reasons = [
            Reason(ok=False, code="NO_ROWS", message=f"{name} has no rows: nothing was compared", subject=name)
            for name, rows in zip(self.between, self.rows, strict=True)
            if not rows
        ]
        reasons += [_reason(one) for one in self.features]
        for name, features in self.slices.items():
            reasons += [_reason(one, name) for one in features if one.drifted]
        reasons += [
            Reason(
                ok=False, code=f"COLUMN_{one.kind.upper()}", message=one.message, subject=", ".join(one.columns)
            )
            for one in self.broken
        ]
        return Verdict.of("comparison", reasons, {"rows": list(self.rows), "between": list(self.between)})

    def feature(self, name: str) -> FeatureComparison:
        """One column.

        Raises:
            NotFoundError: If it was not compared.
        """
        known = {one.name: one for one in self.features}
        if name not in known:
            raise NotFoundError(f"{name!r} was not compared", expected="one of " + ", ".join(known))
        return known[name]

    def describe(self, *, most: int = 50) -> str:
        """The largest effects first, for people.

        Args:
            most: The most columns to show.
        """
        count = len(self.drifted)
        plural = "columns have" if count != 1 else "column has"
        sides = " to ".join(
            f"{name} ({rows:,} row{'s' * (rows != 1)})" for name, rows in zip(self.between, self.rows, strict=True)
        )
        head = f"{sides}: {count} {plural} drifted" if all(self.rows) else f"{sides}: nothing was compared"
        lines = [head, *_table(self.features[:most])]
        if len(self.features) > most:
            lines.append(f"… and {len(self.features) - most} more columns with less effect")
        for name, features in self.slices.items():
            moved = [one for one in features if one.drifted]
            lines += [f"in slice {name}: {', '.join(one.name for one in moved)} drifted"] if moved else []
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        """The page of it, for notebooks."""
        from mainspring import data

        return data.view(self)._repr_html_()

    def __str__(self) -> str:
        return self.describe()

    def as_dict(self) -> dict[str, Any]:
        """For machines: ``{features: [{name, distances: {name: {value, threshold, p_value}}}]}`` and the rest."""
        import msgspec

        plain = msgspec.to_builtins(self)
        told = "DRIFT" if self.drifted else "OK" if all(self.rows) else "NO_ROWS"
        return {"drifted": list(self.drifted), "verdict": told, **plain}

    def save(self, folder: Path) -> None:
        """Write ``comparison.json`` and, for people, ``report.txt`` into the folder."""
        import msgspec

        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))
        (folder / "report.txt").write_text(self.describe() + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """How many columns were compared and how many drifted."""
        return {
            "ok": not self.drifted and all(self.rows),
            "features": len(self.features),
            "drifted": len(self.drifted),
        }


def sparkline(values: list[float]) -> str:
    """Shares as a line of blocks, the largest the highest.

    Example:
        >>> sparkline([0.0, 0.5, 1.0])
        '▁▅█'
    """
    top = max(values, default=0.0)
    places = [math.floor(value / top * (len(_BLOCKS) - 1) + 0.5) if top else 0 for value in values]
    return "".join(_BLOCKS[place] for place in places)


def _reason(one: FeatureComparison, slice_: str = "") -> Reason:
    found = one.distances[one.main]
    text = "; ".join(one.why) or f"{one.main} {found.value:.4g}"
    return Reason(
        ok=not one.drifted,
        code="DRIFT" if one.drifted else "NO_DRIFT",
        message=f"column {one.name!r}: {text}",
        subject=f"{one.name} | {slice_}" if slice_ else one.name,
        observed=found.value,
        expected=found.threshold,
    )


def _table(features: tuple[FeatureComparison, ...]) -> Iterator[str]:
    if not features:
        return
    width = min(max(len(one.name) for one in features), 40)
    titles = f"{'distance':24}  {'value':>8}  {'limit':>7}  {'p':>8}  before / after"
    yield f"  {'column':{width}}  {'type':9}  {titles}"
    for one in features:
        found = one.distances[one.main]
        limit = f"{found.threshold:.3g}" if found.threshold is not None else "-"
        p_value = "-" if found.p_value is None else f"{found.p_value:.2g}" if found.p_value >= 1e-4 else "<0.0001"
        sides = [sparkline([getattr(mass, side) for mass in one.masses]) for side in ("one", "other")]
        mark = "!" if one.drifted else " "
        figures = f"{one.main[:24]:24}  {found.value:8.4f}  {limit:>7}  {p_value:>8}"
        yield f"{mark} {one.name[:width]:{width}}  {one.type:9}  {figures}  {sides[0]} / {sides[1]}"
