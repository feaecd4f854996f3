"""What can be done to dates and times, and to pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Self

from mainspring.core.errors import InputError
from mainspring.data.transforms import ops
from mainspring.data.transforms.graph.words import WordMethods
from mainspring.data.transforms.ops import Kind
from mainspring.data.transforms.ops.date_part import PARTS
from mainspring.data.transforms.ops.moment import seconds_of

UNITS: Final = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0, "year": 365.2425 * 86_400.0}
"""Seconds of each unit; a year is the mean one of the Gregorian calendar."""


class Expression(WordMethods):
    """A column, or what ops make of it. Every method gives a new one."""

    __slots__ = ()

    def seconds(self) -> Self:
        """A date or time, also one written as text in ISO 8601, as seconds since 1970 in UTC."""
        return self if self.kind is Kind.NUMBER else self._then(ops.Moment, ".seconds")

    def date_part(self, part: str) -> Self:
        """One part of a date or time, in UTC: ``weekday`` counts from Monday, 0.

        Raises:
            InputError: If there is no such part.
        """
        if part not in PARTS:
            raise InputError(f"a date has no part {part!r}", where=self.name, expected=", ".join(PARTS))
        return self.seconds()._then(ops.DatePart, f"{self.name}.{part}", part=part)

    def date_parts(self, *parts: str) -> Self:
        """Several parts of a date or time side by side; year, month, day, weekday and hour if none are named."""
        found = [self.date_part(part) for part in parts or ("year", "month", "day", "weekday", "hour")]
        return found[0]._then(ops.Concat, f"{self.name}.date_parts", *found[1:])

    def since(self, moment: str | date, *, unit: str = "second") -> Self:
        """Time since a moment, in seconds, minutes, hours, days or mean years; before it is negative."""
        return self.seconds()._then(
            ops.Scale, f"{self.name}.since", shift=_seconds(moment), scale=_scale(unit, self.name)
        )

    def age(self, at: str | date, *, unit: str = "year") -> Self:
        """Time until a moment, in mean years of 365.2425 days or another unit."""
        return self.seconds()._then(
            ops.Scale, f"{self.name}.age", shift=_seconds(at), scale=-_scale(unit, self.name)
        )

    def pixels(self, height: int, width: int, channels: int = 3) -> Self:
        """Raw pixels in a column of bytes as numbers from 0 to 255."""
        return self._then(ops.Pixels, ".pixels", height=height, width=width, channels=channels)

    def resize(self, height: int, width: int, *, method: str = "bilinear") -> Self:
        """Pictures of another size, after :meth:`pixels`; ``nearest`` or ``bilinear``.

        Raises:
            InputError: If these are no pixels, or there is no such method.
        """
        if method not in {"nearest", "bilinear"}:
            raise InputError(f"no method is called {method!r}", where="resize", expected="nearest or bilinear")
        return self._then(ops.Resize, ".resize", old=self._shape(), new=(height, width), method=method)

    def normalize(self, mean: Sequence[float] | float, deviation: Sequence[float] | float) -> Self:
        """``(x - mean) / deviation`` of pixels, with one number for all channels or one for each."""
        shifts = tuple(map(float, mean)) if isinstance(mean, Sequence) else (float(mean),)
        scales = tuple(map(float, deviation)) if isinstance(deviation, Sequence) else (float(deviation),)
        channels = self._shape()[2]
        if len(shifts) not in {1, channels} or len(scales) not in {1, channels}:
            raise InputError(f"{len(shifts)} means for {channels} channels", expected="one, or one per channel")
        shifts, scales = (one * channels if len(one) == 1 else one for one in (shifts, scales))
        return self._then(ops.ScaleChannels, ".normalize", shifts=shifts, scales=scales)

    def _shape(self) -> tuple[int, int, int]:
        """Height, width and channels of pictures."""
        draft = self.plan.drafts.get(self.name)
        constants = dict(draft.constants) if draft else {}
        if draft and draft.op is ops.Pixels:
            return (constants["height"], constants["width"], constants["channels"])
        if draft and draft.op is ops.Resize:
            return (*constants["new"], constants["old"][2])
        raise InputError(f"{self.name!r} holds no pixels", expected="resize and normalize after .pixels(…)")


def _seconds(moment: str | date) -> float:
    try:
        text = moment if isinstance(moment, str) else moment.isoformat()
        return seconds_of(text)
    except ValueError:
        raise InputError(f"{moment!r} is no date or time", expected="ISO 8601, such as 2024-05-31") from None


def _scale(unit: str, where: str) -> float:
    if unit not in UNITS:
        raise InputError(f"no unit is called {unit!r}", where=where, expected=", ".join(UNITS))
    return UNITS[unit]
