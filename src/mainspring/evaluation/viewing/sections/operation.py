"""What it takes to serve a model."""

from __future__ import annotations

import math

from mainspring.data.viewing.wording import counted, figure
from mainspring.evaluation.operation import FACTS, Operation
from mainspring.evaluation.viewing.material import Section, Told

_UNITS = ("B", "KiB", "MiB", "GiB")


def operation_section(found: Operation) -> Section:
    """The section of size, latency and throughput; figures that are not known are left out."""
    facts = []
    for name, value in found.values.items():
        if math.isfinite(value):
            interval = found.intervals.get(name)
            more = (
                f"{_amount(name, interval.low)} to {_amount(name, interval.high)}" if interval is not None else ""
            )
            facts.append(Told(name=FACTS[name].title, value=_amount(name, value), more=more))
    how = f"{counted(found.requests, 'request')} were timed after {figure(found.warm_up)} to warm up"
    how += ", in turns with those to the baseline" if found.interleaved else ""
    where = f", on {found.machine}" if found.machine else ""
    return Section(
        key="operation",
        title="Operation",
        lead=f"{how}{where}." if found.requests else "",
        facts=facts,
        empty="" if facts else "Nothing was measured: serve the package and measure it.",
    )


def _amount(name: str, value: float) -> str:
    """A figure with its unit: bytes, seconds or rows per second."""
    if name.endswith("_bytes"):
        place = 0
        while value >= 1024 and place < len(_UNITS) - 1:
            value, place = value / 1024, place + 1
        return f"{value:.3g} {_UNITS[place]}" if value < 1000 else f"{value:,.0f} {_UNITS[place]}"
    if name == "throughput":
        return f"{figure(float(f'{value:.3g}'))} rows/s"
    if value < 0.001:
        return f"{value * 1e6:.3g} µs"
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
