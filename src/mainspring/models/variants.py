"""Variants: several packages from one trained model, for a server, a browser, a phone, all held against it.

================ =========================================================== ====================================
variant          what it is                                                  how far it may lie off
================ =========================================================== ====================================
``onnx``         transform and model in float64, exact                       not at all
``onnx-float32`` trees and weights in float32                                1e-4, but for 1 in 100 rows
``onnx-int8``    large matrix products in int8, quantised dynamically        0.05, but for 1 in 50 rows
``browser``      float32, with what ONNX Runtime Web and its mobile have     1e-4, but for 1 in 100 rows
``native``       the trained model itself, in Python                         not at all
================ =========================================================== ====================================

Scores of a regression lie apart as a share of one plus their size. The exact variants are also held to rows with
missing and unseen values and at the thresholds of trees; the others are judged by real rows, and the package tells
how they answer the first two: a step of float64 is none in float32.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.models.package import Package

GATE = "variants"

SINGLES = 200
"""How many rows are asked one by one to time them."""

MOST_ROWS = 10_000
"""The largest batch that is timed."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to package a model.

    Attributes:
        name: As ``build(…, variant=…)`` takes it.
        exporter: Which exporter makes it; ``None`` for the trained model itself.
        tolerance: How far scores may lie apart; ``None`` for what the exporter says.
        may_differ: The share of rows that may lie further apart, or have another label.
    """

    name: str
    exporter: str | None
    tolerance: float | None = None
    may_differ: float = 0.0


VARIANTS: Final[Mapping[str, Variant]] = {
    variant.name: variant
    for variant in (
        Variant("onnx", "onnx"),
        Variant("onnx-float32", "onnx-float32", tolerance=1e-4, may_differ=0.01),
        Variant("onnx-int8", "onnx-int8", tolerance=0.05, may_differ=0.02),
        Variant("browser", "onnx-browser", tolerance=1e-4, may_differ=0.01),
        Variant("native", None),
    )
}
"""By name."""


def find_variant(name: str) -> Variant:
    """The variant of that name.

    Raises:
        InputError: If there is none.
    """
    if name not in VARIANTS:
        raise InputError(f"there is no variant {name!r}", expected="one of " + ", ".join(VARIANTS))
    return VARIANTS[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFigures:
    """What was measured of one package.

    Attributes:
        variant: Its name.
        runtime: What answers.
        size: Bytes of the model's files, descriptions aside.
        p50_ms: The median time of one row, in milliseconds, in this process.
        rows_per_second: In one batch.
        rows_compared: Rows of its parity proof.
        labels_equal: The share of them with the model's label.
        max_difference: The largest difference of a score.
        tolerance: How far scores may lie apart.
        rows_different: Rows further apart, or with another label.
        ok: Whether the proof holds.
    """

    variant: str
    runtime: str
    size: int
    p50_ms: float
    rows_per_second: float
    rows_compared: int
    labels_equal: float
    max_difference: float
    tolerance: float
    rows_different: int
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantComparison:
    """Packages of one model side by side, and whether each may be used.

    Attributes:
        figures: One row per package, in the order given.
        refused: Variants that could not be made, with the reason.
        verdict: Whether every package keeps its promises and the limits asked for.

    ``str`` of it is a table in Markdown.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.VariantComparison"

    figures: tuple[VariantFigures, ...]
    verdict: Verdict
    refused: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        head = ("variant", "runtime", "size", "one row", "rows/s", "labels equal", "largest difference", "")
        lines = [head, ("---",) * len(head), *map(_line, self.figures)]
        table = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join(table + [f"- {name}: {why}" for name, why in self.refused.items()])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "figures": [asdict(one) for one in self.figures],
            "refused": dict(self.refused),
            "verdict": self.verdict.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            figures=tuple(VariantFigures(**one) for one in value["figures"]),
            refused=dict(value["refused"]),
            verdict=Verdict.from_dict(value["verdict"]),
        )

    def save(self, folder: Path) -> None:
        """Write ``variants.json`` into the folder."""
        (folder / "variants.json").write_text(json.dumps(self.as_dict(), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_dict(json.loads((folder / "variants.json").read_text(encoding="utf-8")))

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        sizes: dict[str, Value] = {f"size_{one.variant}": one.size for one in self.figures}
        return {"ok": self.verdict.ok, "variants": len(self.figures), **sizes}


def compare_variants(
    packages: Mapping[str, Package],
    table: Table,
    *,
    refused: Mapping[str, str] | None = None,
    max_p50_ms: float | None = None,
    max_size: int | None = None,
) -> VariantComparison:
    """Measure packages of one model side by side, and judge them.

    How far each lies off the trained model is in the proof that it was built with; size and speed are measured
    here, in this process, on one thread.

    Args:
        packages: By the name of the variant.
        table: Rows to time them on.
        refused: Variants that could not be made, with the reason; they do not count against the others.
        max_p50_ms: The longest median time of one row that is allowed.
        max_size: The most bytes that a model may have.

    Raises:
        InputError: If there is no package or no row, or the packages are not of one model.
    """
    if not packages or not table.num_rows:
        raise InputError("there is nothing to compare", expected="at least one package and one row")
    _check_signatures(packages)
    figures = tuple(_measure(name, package, table) for name, package in packages.items())
    reasons = [reason for one in figures for reason in _judge(one, max_p50_ms, max_size)]
    return VariantComparison(figures=figures, refused=dict(refused or {}), verdict=Verdict.of(GATE, reasons))


def _check_signatures(packages: Mapping[str, Package]) -> None:
    first, *others = packages.items()
    for name, package in others:
        if package.signature != first[1].signature:
            raise InputError(
                f"{name} asks for or answers something else than {first[0]}", expected="one signature"
            )


def _measure(name: str, package: Package, table: Table) -> VariantFigures:
    from mainspring.models.package import columns_of

    runtime, parity = package.open(), package.parity
    columns = columns_of(table.rows(0, min(table.num_rows, MOST_ROWS)), package.signature)
    rows = len(next(iter(columns.values())))
    singles = [
        {column: values[row : row + 1] for column, values in columns.items()} for row in range(min(rows, SINGLES))
    ]
    runtime.predict(singles[0])
    times = [_seconds(runtime.predict, one) for one in singles]
    batch = min(_seconds(runtime.predict, columns) for _ in range(3))
    return VariantFigures(
        variant=name,
        runtime=package.runtime,
        size=package.model_size,
        p50_ms=round(1000 * statistics.median(times), 4),
        rows_per_second=round(rows / batch),
        rows_compared=parity.rows_compared,
        labels_equal=parity.labels_equal,
        max_difference=parity.max_abs_difference,
        tolerance=parity.tolerance,
        rows_different=parity.rows_different,
        ok=parity.ok,
    )


def _seconds(call: Any, argument: Any) -> float:
    began = time.perf_counter()
    call(argument)
    return time.perf_counter() - began


def _judge(one: VariantFigures, max_p50_ms: float | None, max_size: int | None) -> Iterable[Reason]:
    yield Reason(
        ok=one.ok,
        code="ANSWERS_AS_TRAINED" if one.ok else "ANSWERS_DIFFER",
        message=(
            f"{one.variant}: {one.rows_different} of {one.rows_compared} rows lie more than {one.tolerance:g} off "
            f"or have another label; the largest difference is {one.max_difference:.2g}"
        ),
        subject=one.variant,
        observed=one.max_difference,
        expected=one.tolerance,
    )
    limits: Sequence[tuple[str, float, float | None, str]] = (
        ("LATENCY", one.p50_ms, max_p50_ms, "ms for one row"),
        ("SIZE", one.size, max_size, "bytes"),
    )
    for code, observed, most, unit in limits:
        if most is not None:
            ok = observed <= most
            yield Reason(
                ok=ok,
                code=f"{code}_{'OK' if ok else 'ABOVE_LIMIT'}",
                message=f"{one.variant}: {observed:g} {unit}, at most {most:g} allowed",
                subject=one.variant,
                observed=float(observed),
                expected=float(most),
            )


def _line(one: VariantFigures) -> tuple[str, ...]:
    return (
        one.variant,
        one.runtime,
        f"{one.size / 1000:,.1f} kB",
        f"{one.p50_ms:.3f} ms",
        f"{one.rows_per_second:,.0f}",
        f"{one.labels_equal:.2%}",
        f"{one.max_difference:.2g}",
        "ok" if one.ok else "differs",
    )
