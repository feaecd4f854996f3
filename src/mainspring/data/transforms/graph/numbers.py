"""What can be done to numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Self

from mainspring.core.errors import InputError
from mainspring.data.transforms import ops
from mainspring.data.transforms.analysis import requests as ask
from mainspring.data.transforms.analysis import shapes
from mainspring.data.transforms.graph.drafts import GIVES_PLACES, Places
from mainspring.data.transforms.graph.expression import Value
from mainspring.data.transforms.ops import Kind


class NumberMethods(Value):
    """Methods of numbers. Missing stays missing unless it is filled."""

    __slots__ = ()

    def impute(self, how: str | float = "median", *, indicator: bool = False) -> Self:
        """Fill missing values.

        Args:
            how: For numbers ``median``, ``mean``, ``most_frequent`` or a number; for words ``most_frequent`` or a
                word.
            indicator: Put a column beside it that says where it was missing.
        """
        beside = (self.is_missing().name,) if indicator else ()
        made = self._fill_word(how) if self.kind is Kind.WORD and not self._is_moment else self._fill(how)
        return type(self)(made.plan, made.name, (*made.beside, *beside))

    def is_missing(self) -> Self:
        """1.0 where the value is missing, else 0.0."""
        word = self.kind is Kind.WORD and not self._is_moment
        return type(self)(self.plan, self._then(ops.IsMissingWord if word else ops.IsMissing, ".missing").name)

    def z_score(self, *, by: Value | None = None) -> Self:
        """Mean 0 and population standard deviation 1; a constant is only shifted.

        Args:
            by: Words: each group of rows with the same word by itself. Rows of unseen or missing words are scaled
                by the figures of all rows.
        """
        if by is not None:
            return self._keyed(by, "z_score", "mean", "deviation")
        of = self._number("z_score")
        return self._then(ops.Scale, ".z_score", shift=ask.Mean(of), scale=ask.Deviation(of))

    def min_max(self, low: float = 0.0, high: float = 1.0, *, by: Value | None = None) -> Self:
        """The least training value becomes ``low``, the greatest ``high``; a constant becomes ``low``.

        Args:
            by: Words, as in :meth:`z_score`; then ``low`` and ``high`` must be 0 and 1.
        """
        if by is not None:
            if (low, high) != (0.0, 1.0):
                raise InputError("min_max by groups has no bounds of its own", expected="low=0 and high=1")
            return self._keyed(by, "min_max", "low", "extent")
        of = self._number("min_max")
        bounds = {"factor": float(high - low), "offset": float(low)}
        return self._then(ops.Scale, ".min_max", shift=ask.Minimum(of), scale=ask.Extent(of), **bounds)

    def robust(self, low: float = 0.25, high: float = 0.75) -> Self:
        """Less the median, divided by the distance of two quantiles (1 if that is 0)."""
        of = self._number("robust")
        return self._then(
            ops.Scale, ".robust", shift=ask.Quantile(of, 0.5), scale=ask.QuantileRange(of, low, high)
        )

    def normal_scores(self) -> Self:
        """Like normal numbers: each becomes the quantile of the standard normal distribution at its rank."""
        of = self._number("normal_scores")
        points = {"at": shapes.ScorePoints(of, "at"), "to": shapes.ScorePoints(of, "to")}
        return self._then(ops.Interpolate, ".normal_scores", **points)

    def rank(self) -> Self:
        """The share of the training rows below, from 0 to 1, with interpolation between known numbers."""
        of = self._number("rank")
        points = {
            "at": shapes.ScorePoints(of, "at", normal=False),
            "to": shapes.ScorePoints(of, "to", normal=False),
        }
        return self._then(ops.Interpolate, ".rank", **points)

    def clip(
        self, low: float | None = None, high: float | None = None, *, quantiles: tuple[float, float] | None = None
    ) -> Self:
        """Keep within two bounds, given or the quantiles of the training values at two shares."""
        if quantiles is None:
            return self._then(ops.Clip, ".clip", low=low, high=high)
        of = self._number("clip")
        asked = {"low": ask.Quantile(of, quantiles[0], None), "high": ask.Quantile(of, quantiles[1], None)}
        return self._then(ops.Clip, ".clip", **asked)

    def between(self, low: float | None = None, high: float | None = None) -> Self:
        """1.0 where ``low <= x < high``, else 0.0."""
        return self._then(ops.Within, ".between", low=low, high=high)

    def log(self, plus: float = 0.0) -> Self:
        """The natural logarithm of ``x + plus``; missing where that is not above 0."""
        return self._then(ops.Log, ".log", plus=float(plus))

    def log1p(self) -> Self:
        """The natural logarithm of ``x + 1``; missing where that is not above 0."""
        return self._then(ops.Log, ".log1p", plus=1.0)

    def sqrt(self) -> Self:
        """The square root; missing below 0."""
        return self._then(ops.Root, ".sqrt")

    def box_cox(self, power: float | None = None) -> Self:
        """Box and Cox's power transform with the power of maximum likelihood; missing where not above 0."""
        of = self._number("box_cox")
        return self._then(
            ops.BoxCox, ".box_cox", power=shapes.Exponent(of, "box_cox") if power is None else float(power)
        )

    def yeo_johnson(self, power: float | None = None) -> Self:
        """Yeo and Johnson's power transform with the power of maximum likelihood, for numbers of both signs."""
        of = self._number("yeo_johnson")
        asked = shapes.Exponent(of, "yeo_johnson") if power is None else float(power)
        return self._then(ops.YeoJohnson, ".yeo_johnson", power=asked)

    def bucketize(self, buckets: int | Sequence[float]) -> Self:
        """The place of the bucket: so many of about the same size (equal edges are one), or between given edges.

        Raises:
            InputError: If edges are not strictly ascending, or there are fewer than two buckets.
        """
        of = self._number("bucketize")
        if isinstance(buckets, int):
            if buckets < 2:
                raise InputError(f"{buckets} buckets", where=self.name, expected="at least 2")
            return self._then(ops.Bucketize, ".bucketize", edges=ask.Edges(of, buckets))
        edges = tuple(map(float, buckets))
        if not edges or any(one >= other for one, other in itertools.pairwise(edges)):
            raise InputError(
                f"the edges are {list(edges)}", where=self.name, expected="strictly ascending numbers"
            )
        return self._then(ops.Bucketize, ".bucketize", edges=edges)

    def cycle(self, period: float) -> Self:
        """Sine and cosine, for numbers that come round again after ``period``."""
        return self._then(ops.Cycle, ".cycle", period=float(period))

    def pca(self, components: int) -> Self:
        """The first principal components of several columns side by side."""
        of = self._number("pca")
        constants = {"mean": ask.Components(of, 0), "components": ask.Components(of, components)}
        return self._then(ops.Project, ".pca", **constants)

    def divide(self, other: Value | float, *, otherwise: float | None = None) -> Self:
        """The quotient; ``otherwise`` (missing if not given) where the other number is 0."""
        return self._combine("/", other, otherwise)

    def __add__(self, other: Value | float) -> Self:
        return self._combine("+", other)

    def __sub__(self, other: Value | float) -> Self:
        return self._combine("-", other)

    def __mul__(self, other: Value | float) -> Self:
        return self._combine("*", other)

    def __truediv__(self, other: Value | float) -> Self:
        return self._combine("/", other)

    def __neg__(self) -> Self:
        return self._as(Kind.NUMBER, "-")._then(ops.Scale, ".negative", scale=-1.0)

    def __radd__(self, other: float) -> Self:
        return self._combine("+", other)

    def __rsub__(self, other: float) -> Self:
        first = self._as(Kind.NUMBER, "-")
        # Exactly the difference: the sign alone is turned around.
        return first._then(ops.Scale, f"{other:g}-{first.name}", shift=float(other), scale=-1.0)

    def __rmul__(self, other: float) -> Self:
        return self._combine("*", other)

    def _combine(self, operator: str, other: Value | float, otherwise: float | None = None) -> Self:
        if not isinstance(other, Value):
            return self._with_constant(operator, float(other))
        # The other may hold points in time.
        second = other._as(Kind.NUMBER, operator)
        first = self._as(Kind.NUMBER, operator)
        suffix = f"{first.name}{operator}{second.name}"
        return first._then(ops.Combine, suffix, second, operator=operator, otherwise=otherwise)

    def _with_constant(self, operator: str, number: float) -> Self:
        if operator == "/" and number == 0.0:
            raise InputError(f"{self.name!r} is divided by 0", expected="another number")
        constants = {
            "+": {"offset": number},
            "-": {"shift": number},
            "*": {"factor": number},
            "/": {"scale": number},
        }[operator]
        first = self._as(Kind.NUMBER, operator)
        return first._then(ops.Scale, f"{first.name}{operator}{number:g}", **constants)

    def _fill(self, how: str | float) -> Self:
        of = self._number("impute")
        known = {
            "median": ask.Quantile(of, 0.5),
            "mean": ask.Mean(of),
            "most_frequent": ask.MostFrequentNumber(of),
        }
        if isinstance(how, str) and how not in known:
            raise InputError(
                f"impute({how!r}) of numbers", where=self.name, expected=f"{', '.join(known)}, or a number"
            )
        return self._then(ops.Fill, ".impute", value=known[how] if isinstance(how, str) else float(how))

    def _fill_word(self, how: str | float) -> Self:
        value = ask.MostFrequentWord((self.name,)) if how == "most_frequent" else how
        if not isinstance(value, str | ask.Request):
            raise InputError(f"impute({how!r}) of words", where=self.name, expected="'most_frequent' or a word")
        return self._then(ops.FillWord, ".impute", value=value)

    def _keyed(self, by: Value, suffix: str, shift: str, scale: str) -> Self:
        of = (*self._number(suffix), by._as(Kind.WORD, "by").name)
        return self._then(
            ops.KeyedScale,
            f".{suffix}_by_{by.name}",
            by._as(Kind.WORD, "by"),
            keys=ask.KeyFigures(of, "keys"),
            shifts=ask.KeyFigures(of, shift),
            scales=ask.KeyFigures(of, scale),
            shift=ask.KeyFigures(of, shift, whole=True),
            scale=ask.KeyFigures(of, scale, whole=True),
        )

    def _number(self, what: str) -> tuple[str]:
        """The name of the value as a number, for requests."""
        return (self._as(Kind.NUMBER, what).name,)

    @property
    def _is_moment(self) -> bool:
        from mainspring.data.transforms.graph.plan import MOMENTS

        return self.plan.types.get(self.name) in MOMENTS

    def _gives_places(self) -> bool:
        draft = self.plan.drafts.get(self.name)
        return draft is not None and issubclass(draft.op, GIVES_PLACES)

    def _expand(self, prefix: str) -> Self:
        """One column per place."""
        return self._then(ops.OneOf, f"{prefix}.one_hot", names=Places(self.name, prefix))
