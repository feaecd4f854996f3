"""Scalers, imputers and other transformers of numbers as ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mainspring.data.transforms.ops import (
    BoxCox,
    Clip,
    Combine,
    Fill,
    Interpolate,
    IsMissing,
    IsMissingWord,
    Kind,
    Log,
    Project,
    Root,
    Scale,
    ScaleChannels,
    UnitLength,
    Within,
    YeoJohnson,
)
from mainspring.models.adapters.sklearn_encoders import fill_words
from mainspring.models.adapters.sklearn_graph import Part, Sheet, numbers_of, singles
from mainspring.models.ports import NotExportableError


def standard(sheet: Sheet, scaler: Any, parts: Sequence[Part]) -> list[Part]:
    """``StandardScaler``."""
    return _moved(sheet, parts, scaler.mean_ if scaler.with_mean else None, scaler.scale_)


def robust(sheet: Sheet, scaler: Any, parts: Sequence[Part]) -> list[Part]:
    """``RobustScaler``."""
    return _moved(sheet, parts, scaler.center_, scaler.scale_)


def max_abs(sheet: Sheet, scaler: Any, parts: Sequence[Part]) -> list[Part]:
    """``MaxAbsScaler``."""
    found = _moved(sheet, parts, None, scaler.scale_)
    return _clipped(sheet, found, -1.0, 1.0) if getattr(scaler, "clip", False) else found


def min_max(sheet: Sheet, scaler: Any, parts: Sequence[Part]) -> list[Part]:
    """``MinMaxScaler``: ``x * scale_ + min_``."""
    found = [
        sheet.add(Scale, [part], "scaled", factor=factor, offset=offset)
        for part, factor, offset in zip(
            singles(parts, scaler), numbers_of(scaler.scale_), numbers_of(scaler.min_), strict=True
        )
    ]
    return _clipped(sheet, found, *map(float, scaler.feature_range)) if scaler.clip else found


def impute(sheet: Sheet, imputer: Any, parts: Sequence[Part]) -> list[Part]:
    """``SimpleImputer``, with its indicator columns behind.

    Raises:
        NotExportableError: If something other than nothing stands for missing.
    """
    wanted = imputer.missing_values
    if wanted is not None and wanted == wanted and str(wanted) != "<NA>":
        raise NotExportableError(f"SimpleImputer takes {wanted!r} for missing")
    found = []
    for part, value in zip(parts, imputer.statistics_, strict=True):
        if part.kind is Kind.WORD:
            found.append(fill_words(sheet, part, value))
        elif not np.isnan(float(value)):
            found.append(sheet.add(Fill, singles([part], imputer), "filled", value=float(value)))
        # A column without any value is left out, as there.
    if imputer.add_indicator:
        for column in imputer.indicator_.features_:
            part = parts[int(column)]
            op = IsMissingWord if part.kind is Kind.WORD else IsMissing
            found.append(sheet.add(op, [part], "missing"))
    return found


def power(sheet: Sheet, transformer: Any, parts: Sequence[Part]) -> list[Part]:
    """``PowerTransformer`` of both kinds."""
    op = YeoJohnson if transformer.method == "yeo-johnson" else BoxCox
    found = [
        sheet.add(op, [part], "power", power=_snapped(value))
        for part, value in zip(singles(parts, transformer), numbers_of(transformer.lambdas_), strict=True)
    ]
    if not transformer.standardize:
        return found
    return _moved(sheet, found, transformer._scaler.mean_, transformer._scaler.scale_)


def quantiles(sheet: Sheet, transformer: Any, parts: Sequence[Part]) -> list[Part]:
    """``QuantileTransformer`` to the uniform distribution: lines through its quantiles.

    Where several quantiles are one number there is a jump, and the number itself has the height in between.

    Raises:
        NotExportableError: To the normal distribution, which is no line between quantiles.
    """
    if transformer.output_distribution != "uniform":
        raise NotExportableError("QuantileTransformer to the normal distribution has no op")
    singles(parts, transformer)
    points = [_quantile_points(transformer.quantiles_[:, column]) for column in range(len(parts))]
    longest = max(map(len, points))
    table = np.column_stack([np.resize(one, longest) for one in points])
    heights = transformer.transform(table)
    return [
        sheet.add(Interpolate, [part], "quantile", at=numbers_of(at), to=numbers_of(heights[: len(at), column]))
        for column, (part, at) in enumerate(zip(parts, points, strict=True))
    ]


def polynomial(sheet: Sheet, transformer: Any, parts: Sequence[Part]) -> list[Part]:
    """``PolynomialFeatures``: products of columns."""
    singles(parts, transformer)
    found = []
    for powers in transformer.powers_:
        factors = [part for part, times in zip(parts, powers, strict=True) for _ in range(int(times))]
        if not factors:
            found.append(sheet.add(Within, [parts[0]], "one"))
            continue
        product = factors[0]
        for factor in factors[1:]:
            product = sheet.add(Combine, [product, factor], f"times.{factor.name}", operator="*")
        found.append(product)
    return found


def normalize(sheet: Sheet, normalizer: Any, parts: Sequence[Part]) -> list[Part]:
    """``Normalizer``."""
    return [sheet.add(UnitLength, [sheet.together(parts)], "unit", length=normalizer.norm)]


def binarize(sheet: Sheet, binarizer: Any, parts: Sequence[Part]) -> list[Part]:
    """``Binarizer``: above the threshold."""
    least = float(np.nextafter(float(binarizer.threshold), np.inf))
    return [sheet.add(Within, [part], "above", low=least) for part in parts]


def project(sheet: Sheet, reduction: Any, parts: Sequence[Part]) -> list[Part]:
    """``PCA`` and ``TruncatedSVD``."""
    joined = sheet.together(parts)
    directions = np.asarray(reduction.components_, dtype=np.float64)
    if getattr(reduction, "whiten", False):
        directions = directions / np.sqrt(reduction.explained_variance_)[:, None]
    mean = getattr(reduction, "mean_", None)
    centre = numbers_of(mean) if mean is not None else (0.0,) * joined.width
    components = tuple(numbers_of(row) for row in directions)
    return [sheet.add(Project, [joined], "components", width=len(directions), mean=centre, components=components)]


def function(sheet: Sheet, transformer: Any, parts: Sequence[Part]) -> list[Part]:
    """``FunctionTransformer`` of a function that has an op.

    Raises:
        NotExportableError: For any other function, or one with arguments.
    """
    called = transformer.func
    if transformer.kw_args:
        raise NotExportableError("FunctionTransformer with arguments")
    if called is None:
        return list(parts)
    if called is np.square:
        return [sheet.add(Combine, [part, part], "square", operator="*") for part in singles(parts, transformer)]
    if called is np.sqrt:
        return [sheet.add(Root, [part], "sqrt") for part in parts]
    if called is np.log or called is np.log1p:
        plus = 1.0 if called is np.log1p else 0.0
        return [sheet.add(Log, [part], called.__name__, plus=plus) for part in parts]
    raise NotExportableError(f"FunctionTransformer of {getattr(called, '__name__', called)!r}")


def _moved(sheet: Sheet, parts: Sequence[Part], shift: Any, scale: Any) -> list[Part]:
    """``(x - shift) / scale`` with a number each per column."""
    width = sum(part.width for part in parts)
    shifts = (0.0,) * width if shift is None else numbers_of(shift)
    scales = (1.0,) * width if scale is None else numbers_of(scale)
    found, start = [], 0
    for part in parts:
        if part.width == 1:
            found.append(sheet.add(Scale, [part], "scaled", shift=shifts[start], scale=scales[start]))
        else:
            stop = start + part.width
            found.append(
                sheet.add(ScaleChannels, [part], "scaled", shifts=shifts[start:stop], scales=scales[start:stop])
            )
        start += part.width
    return found


def _clipped(sheet: Sheet, parts: Sequence[Part], low: float, high: float) -> list[Part]:
    return [sheet.add(Clip, [part], "clipped", low=low, high=high) for part in parts]


def _snapped(value: float) -> float:
    """Powers as close to 0 or 2 as numbers get are taken for them, as there."""
    for whole in (0.0, 2.0):
        if abs(value - whole) < np.spacing(1.0):
            return whole
    return value


def _quantile_points(quantiles: Any) -> Any:
    """Every quantile once, and for repeated ones a number right before and behind."""
    different, counts = np.unique(quantiles, return_counts=True)
    repeated = different[counts > 1]
    # Around zero a number must not be so small that a slope becomes infinite.
    below = np.minimum(np.nextafter(repeated, -np.inf), repeated - 1e-290)
    above = np.maximum(np.nextafter(repeated, np.inf), repeated + 1e-290)
    points = np.unique(np.concatenate([different, below, above]))
    return points[(points >= different[0]) & (points <= different[-1])]
