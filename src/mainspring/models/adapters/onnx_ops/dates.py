"""Parts of dates: floors, quotients and products of whole numbers, as the op itself computes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from mainspring.data.transforms.ops import DatePart
from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.adapters.onnx_ops.values import Numbers, Values


@dataclass(frozen=True, slots=True)
class Number:
    """A tensor that can be computed with as an array can.

    Attributes:
        graph: Where it is.
        tensor: Its name.
    """

    graph: Graph
    tensor: str

    def __add__(self, other: Number | float) -> Number:
        return self._with("Add", other)

    def __sub__(self, other: Number | float) -> Number:
        return self._with("Sub", other)

    def __mul__(self, other: Number | float) -> Number:
        return self._with("Mul", other)

    def __truediv__(self, other: Number | float) -> Number:
        return self._with("Div", other)

    def _with(self, kind: str, other: Number | float) -> Number:
        right = other.tensor if isinstance(other, Number) else self.graph.doubles([[other]])
        return Number(self.graph, self.graph.add(kind, self.tensor, right))


def emit_date_part(values: Values, ops: Sequence[DatePart]) -> list[Numbers]:
    """The part, for all columns of which the same is asked."""
    found: dict[str, Numbers] = {}
    for part, group in groupby(sorted(ops, key=lambda op: op.part), key=lambda op: op.part):
        chosen = list(group)
        tensor, widths = values.side_by_side([op.inputs[0] for op in chosen])
        made = _part(Number(values.graph, tensor), part).tensor
        found |= zip((op.output for op in chosen), values.split(made, widths), strict=True)
    return [found[op.output] for op in ops]


def floor(number: Number) -> Number:
    """The whole number at or below."""
    return Number(number.graph, number.graph.add("Floor", number.tensor))


def _part(seconds: Number, part: str) -> Number:
    days = floor(seconds / 86_400.0)
    rest = seconds - days * 86_400.0
    match part:
        case "hour":
            return floor(rest / 3600.0)
        case "minute":
            return floor(rest / 60.0 - floor(rest / 3600.0) * 60.0)
        case "second":
            return floor(rest - floor(rest / 60.0) * 60.0)
        case "weekday":
            return floor(days + 3.0 - floor((days + 3.0) / 7.0) * 7.0)
        case "day_of_year":
            year, _, _ = _civil(days)
            return floor(days - _days_before(year) + 1.0)
    year, month, day = _civil(days)
    found = {"year": year, "month": month, "day": day}
    return found[part] if part in found else floor((month + 2.0) / 3.0)


def _civil(days: Number) -> tuple[Number, Number, Number]:
    """Year, month and day of days since 1970."""
    shifted = days + 719_468.0
    era = floor(shifted / 146_097.0)
    day_of_era = shifted - era * 146_097.0
    leaps = floor(day_of_era / 1460.0) - floor(day_of_era / 36_524.0) + floor(day_of_era / 146_096.0)
    year_of_era = floor((day_of_era - leaps) / 365.0)
    before = year_of_era * 365.0 + floor(year_of_era / 4.0) - floor(year_of_era / 100.0)
    day_of_year = day_of_era - before
    month_from_march = floor((day_of_year * 5.0 + 2.0) / 153.0)
    day = day_of_year - floor((month_from_march * 153.0 + 2.0) / 5.0) + 1.0
    # 1 from the tenth month on, counted from March.
    late = floor(month_from_march / 10.0)
    month = month_from_march + 3.0 - late * 12.0
    return year_of_era + era * 400.0 + late, month, day


def _days_before(year: Number) -> Number:
    """Days from 1970 to the first of January of a year."""
    past = year - 1.0
    return past * 365.0 + floor(past / 4.0) - floor(past / 100.0) + floor(past / 400.0) - 719_162.0
