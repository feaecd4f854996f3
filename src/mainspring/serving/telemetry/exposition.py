"""Showing metrics: the Prometheus text format 0.0.4 and OpenMetrics 1.0.

Follows https://prometheus.io/docs/instrumenting/exposition_formats/ and
https://prometheus.io/docs/specs/om/open_metrics_spec/. Exemplars are shown in OpenMetrics only, as the other
format has no place for them. Bounds are written as ``1.0`` in both, so that a series keeps its labels whichever
is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from mainspring.serving.telemetry.families import Family, LabelValues
from mainspring.serving.telemetry.snapshot import Exemplar, Series, Snapshot

Format: TypeAlias = Literal["text", "openmetrics"]

CONTENT_TYPES: Final[dict[Format, str]] = {
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}


class Sample(NamedTuple):
    """One line of a metric: what is added to the metric's name, labels and a value."""

    suffix: str
    labels: str
    value: float
    exemplar: Exemplar | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A metric as it is shown.

    Attributes:
        name: Its name; that of a counter with ``_total``, if it has that.
        kind: ``counter``, ``gauge``, ``histogram`` or ``summary``.
        text: What it counts.
        samples: Its lines.
    """

    name: str
    kind: str
    text: str
    samples: Iterable[Sample]


def negotiated(accept: str | None) -> Format:
    """The format that a caller wants most, by its ``Accept`` header (RFC 9110, section 12.5.1).

    Example:
        >>> negotiated("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
        'openmetrics'
        >>> negotiated("*/*")
        'text'
    """
    wants = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for part in (accept or "").split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind in wants:
            wants[kind] = max(wants[kind], _quality(parameters))
    openmetrics = wants["application/openmetrics-text"]
    return "openmetrics" if openmetrics > 0 and openmetrics >= wants["text/plain"] else "text"


def shown(snapshot: Snapshot) -> Iterator[Shown]:
    """The metrics of a snapshot by name; a name has one kind, the first that was seen."""
    by_name: dict[str, list[tuple[Family, LabelValues, Series]]] = {}
    kinds: dict[str, Family] = {}
    for table in snapshot:
        first = kinds.setdefault(table.family.name, table.family)
        if table.family.kind == first.kind:
            rows = by_name.setdefault(first.name, [])
            rows.extend((table.family, values, series) for values, series in table.series.items())
    for name, rows in sorted(by_name.items()):
        family = kinds[name]
        yield Shown(name, family.kind, family.text, _samples(sorted(rows, key=lambda row: row[1])))


def exposition(metrics: Iterable[Shown], form: Format) -> bytes:
    """All metrics as one text."""
    lines: list[str] = []
    for metric in metrics:
        samples = list(metric.samples)
        if samples:
            lines += _metric(metric, samples, form)
    if form == "openmetrics":
        lines.append("# EOF")
    lines.append("")
    return "\n".join(lines).encode()


def label_text(names: Sequence[str], values: Sequence[str]) -> str:
    r"""Labels as they are shown, without braces.

    Example:
        >>> label_text(("model", "path"), ("taxi", 'a"b'))
        'model="taxi",path="a\\"b"'
    """
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))


def _metric(metric: Shown, samples: Iterable[Sample], form: Format) -> Iterator[str]:
    open_metrics = form == "openmetrics"
    text = metric.text.replace("\\", r"\\").replace("\n", r"\n")
    name, kind = metric.name, metric.kind
    stem = name.removesuffix("_total")
    if open_metrics:
        text = text.replace('"', r"\"")
        if kind == "counter" and stem == name:
            kind = "unknown"  # a counter's name ends in _total there
        elif kind == "counter":
            name = stem
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for sample in samples:
        labels = f"{{{sample.labels}}}" if sample.labels else ""
        line = f"{metric.name}{sample.suffix}{labels} {number(sample.value)}"
        if open_metrics and sample.exemplar is not None:
            seen = sample.exemplar
            line += f' # {{trace_id="{seen.trace}"}} {number(seen.value)} {seen.time:.3f}'
        yield line


def _samples(rows: Iterable[tuple[Family, LabelValues, Series]]) -> Iterator[Sample]:
    seen: set[str] = set()
    for family, values, series in rows:
        labels = label_text(family.labels, values)
        if labels in seen:
            continue  # two processes that do not agree; a series must not be there twice
        seen.add(labels)
        if family.kind == "histogram":
            yield from buckets(labels, family.bounds, series)
        else:
            yield Sample("", labels, series.figures[0])


def buckets(labels: str, bounds: Sequence[float], series: Series) -> Iterator[Sample]:
    """The lines of a histogram: counts up to each bound, sum and count."""
    before = f"{labels}," if labels else ""
    running = 0.0
    for place, limit in enumerate(_limits(tuple(bounds))):
        running += series.figures[place]
        yield Sample("_bucket", before + limit, running, series.exemplars.get(place))
    yield Sample("_sum", labels, series.sum)
    yield Sample("_count", labels, running)


def number(value: float) -> str:
    """A value as both formats write it."""
    try:
        whole = int(value)
    except ValueError:
        return "NaN"
    except OverflowError:
        return "+Inf" if value > 0 else "-Inf"
    return str(whole) if whole == value and abs(whole) < 2**53 else repr(float(value))


@lru_cache(maxsize=256)
def _limits(bounds: tuple[float, ...]) -> tuple[str, ...]:
    """The label of every bucket."""
    return (*(f'le="{float(bound)!r}"' for bound in bounds), 'le="+Inf"')


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
