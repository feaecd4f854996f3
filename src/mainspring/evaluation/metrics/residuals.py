"""Diagnosis of a regression's residuals: what a good model would not have left in them.

A residual is the label minus the prediction. Residuals of a model that has used all there is are centred, go
with no feature, do not go with their neighbours in time, spread alike everywhere, and are about normal. Each of
these is tested, and told as a finding only if it is more than chance *and* large enough to matter: with many
rows, anything is more than chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.data.comparison import benjamini_hochberg
from mainspring.data.comparison.significance import chi_squared_tail
from mainspring.data.transforms.selection.correlation import pearson, spearman
from mainspring.data.transforms.selection.tails import f_tail, t_tail
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.ranking import Points
from mainspring.evaluation.metrics.states import Floats
from mainspring.evaluation.stored import StoredAsJson

LEVEL: Final = 0.05
"""P-values below this are more than chance; those of features after Benjamini and Hochberg's correction."""
LEAST: Final = 0.1
"""Correlations below this are too small to matter, and so is a mean below this many standard deviations."""

_MOST_POINTS: Final = 50
_MOST_LAGS: Final = 10
_FEW: Final = 8
_FAR: Final = 30.0


def _fact(title: str, says: str, *, unit: bool = False) -> Fact:
    return Fact(better=Better.NEITHER, title=title, says=says, unit=unit)


FACTS: Facts = {
    "residual_mean": _fact("mean residual", "how far predictions are too low on average"),
    "residual_mean_p": _fact("mean residual p", "how likely such a mean is if there is no bias", unit=True),
    "residual_deviation": _fact("residual deviation", "the standard deviation of the residuals"),
    "skewness": _fact("skewness", "which side has the longer tail: 0 for neither"),
    "kurtosis": _fact("excess kurtosis", "how heavy the tails are: 0 for those of the normal distribution"),
    "durbin_watson": _fact("Durbin-Watson", "2 if neighbours do not go together, towards 0 if they are alike"),
    "ljung_box": _fact("Ljung-Box", "how far the residuals go with those before them"),
    "ljung_box_p": _fact("Ljung-Box p", "how likely that is if they do not", unit=True),
    "jarque_bera": _fact("Jarque-Bera", "how far skewness and kurtosis are from the normal distribution's"),
    "jarque_bera_p": _fact("Jarque-Bera p", "how likely that is of normal residuals", unit=True),
    "anderson_darling": _fact("Anderson-Darling", "how far the residuals are from a normal distribution"),
    "breusch_pagan": _fact("Breusch-Pagan", "how far the spread changes with predictions and features"),
    "breusch_pagan_p": _fact("Breusch-Pagan p", "how likely that is if it does not", unit=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTest:
    """Whether the residuals go with a feature.

    Attributes:
        feature: Its name.
        kind: ``"pearson"`` and ``"spearman"`` for numbers, ``"correlation_ratio"`` for words: the root of the
            share of the variance that lies between words.
        count: Rows with a value; rows without one are left out for numbers, and are a word of their own for words.
        value: The coefficient; NaN where the feature does not vary.
        p_value: How likely one so large is if they do not go together; ``adjusted`` for all tests that were made.
    """

    feature: str
    kind: str
    count: int
    value: float
    p_value: float
    adjusted: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {name: None if value != value else value for name, value in plain.items()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        plain: dict[str, Any] = {name: math.nan if one is None else one for name, one in value.items()}
        return cls(**plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualDiagnosis(StoredAsJson):
    """What the residuals of a regression say about the model.

    Attributes:
        measured: All figures; those that do not exist are NaN with their reasons.
        tests: One or two for each feature, the most certain first.
        quantiles: (normal quantile, standardised residual), at most fifty points: on the diagonal for normal ones.
        order: The name of what the rows were ordered by; empty without order.
        findings: What is wrong, in sentences; empty if nothing was found.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.ResidualDiagnosis"
    FILE: ClassVar[str] = "residuals.json"

    measured: Measured
    tests: tuple[FeatureTest, ...] = ()
    quantiles: Points = ()
    order: str = ""
    findings: tuple[str, ...] = ()

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {"count": self.measured.count, "findings": len(self.findings)}
        return told | {name: value for name, value in self.measured.values.items() if not math.isnan(value)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "measured": self.measured.as_dict(),
            "tests": [test.as_dict() for test in self.tests],
            "quantiles": [list(point) for point in self.quantiles],
            "order": self.order,
            "findings": list(self.findings),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            measured=Measured.from_dict(value["measured"]),
            tests=tuple(FeatureTest.from_dict(test) for test in value["tests"]),
            quantiles=tuple((x, y) for x, y in value["quantiles"]),
            order=value["order"],
            findings=tuple(value["findings"]),
        )


def diagnose_residuals(
    truth: Sequence[float] | npt.NDArray[Any],
    predicted: Sequence[float] | npt.NDArray[Any],
    *,
    features: Mapping[str, npt.NDArray[Any] | Sequence[Any]] | None = None,
    order: npt.NDArray[Any] | None = None,
    order_name: str = "the given order",
) -> ResidualDiagnosis:
    """Look for what a regression has left in its residuals.

    Rows without a finite label or prediction are left out. Every row counts alike: the tests are about rows, so
    there are no weights.

    Args:
        truth: Labels, shape ``[n]``.
        predicted: Predicted values.
        features: Name to values: float64, or objects for words; such as columns of a table.
        order: What the rows are ordered by for autocorrelation, such as times; rows without it are left out there.
        order_name: Its name, for the findings.

    Raises:
        InputError: If lengths differ.

    References:
        J. Durbin and G. S. Watson (Biometrika 1950); G. M. Ljung and G. E. P. Box (Biometrika 1978), over ten
        lags or a fifth of the rows; C. M. Jarque and A. K. Bera (1987); T. W. Anderson and D. A. Darling (1954),
        with mean and variance estimated; T. S. Breusch and A. R. Pagan (1979) as R. Koenker (1981) studentised
        it, on the prediction and the numeric features without missing values; Y. Benjamini and Y. Hochberg (1995).

    Example:
        >>> x = np.arange(40.0)
        >>> found = diagnose_residuals(x + x**2 / 40, x * 2, features={"x": x, "same": np.ones(40)})
        >>> found.tests[0].feature, round(found.measured.values["residual_mean"], 2)
        ('x', -6.66)
    """
    labels, answers = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    columns = {name: np.asarray(values) for name, values in (features or {}).items()}
    lengths = {"labels": len(labels), "predictions": len(answers)}
    lengths |= {name: len(values) for name, values in columns.items()}
    lengths |= {} if order is None else {"order": len(order)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {count}" for name, count in lengths.items())
        raise InputError(f"columns of different lengths: {told}", expected="one value per row in each")
    kept = np.isfinite(labels) & np.isfinite(answers)
    residuals, answers = (labels - answers)[kept], answers[kept]
    columns = {name: values[kept] for name, values in columns.items()}
    tests = _feature_tests(residuals, columns)
    ranked = None if order is None else _ordered(residuals, np.asarray(order)[kept])
    sheet = Sheet(len(residuals))
    _put_shape(sheet, residuals)
    lags = _put_autocorrelation(sheet, ranked)
    explained = _put_spread(sheet, residuals, answers, columns)
    measured = sheet.done()
    findings = _findings(measured, tests, lags, explained, order_name)
    return ResidualDiagnosis(
        measured=measured,
        tests=tests,
        quantiles=_quantiles(residuals),
        order="" if order is None else order_name,
        findings=tuple(findings),
    )


def _put_shape(sheet: Sheet, residuals: Floats) -> None:
    """Mean, deviation, and how far from normal."""
    count = len(residuals)
    few = f"{count} rows are too few: it takes {_FEW}"
    flat = "all residuals are equal" if count >= _FEW else few
    mean = float(residuals.mean()) if count else math.nan
    deviation = float(residuals.std(ddof=1)) if count > 1 else math.nan
    varies = count >= _FEW and float(np.ptp(residuals)) > 0
    sheet.put("residual_mean", mean, why="there are no rows")
    chance = t_tail(mean / deviation * math.sqrt(count), count - 1) if varies else math.nan
    sheet.put("residual_mean_p", chance, why=flat)
    sheet.put("residual_deviation", deviation, why="it takes two rows")
    skewness = kurtosis = anderson = math.nan
    if varies:
        centred = residuals - mean
        spread = float((centred**2).mean())
        skewness = float((centred**3).mean()) / spread**1.5
        kurtosis = float((centred**4).mean()) / spread**2 - 3
        ranked = np.sort(centred) / deviation
        odd = 2 * np.arange(1, count + 1) - 1
        anderson = -count - float(odd @ (_log_share_below(ranked) + _log_share_below(-ranked[::-1]))) / count
    bera = count / 6 * (skewness**2 + kurtosis**2 / 4)
    sheet.put("skewness", skewness, why=flat)
    sheet.put("kurtosis", kurtosis, why=flat)
    sheet.put("jarque_bera", bera, why=flat)
    sheet.put("jarque_bera_p", chi_squared_tail(bera, 2) if varies else math.nan, why=flat)
    sheet.put("anderson_darling", anderson, why=flat)


def _log_share_below(deviations: Floats) -> Floats:
    """The logarithm of the normal distribution function, far in the lower tail too."""
    near = np.maximum(deviations, -_FAR)
    shares = np.fromiter((math.erfc(-one / math.sqrt(2)) / 2 for one in near.tolist()), np.float64, len(near))
    size = np.maximum(-deviations, _FAR)
    tail = -(size**2) / 2 - np.log(size) - 0.5 * math.log(2 * math.pi) + np.log1p(-1 / size**2)
    found: Floats = np.where(deviations > -_FAR, np.log(shares), tail)
    return found


def _ordered(residuals: Floats, order: npt.NDArray[Any]) -> Floats:
    """The residuals in order, rows without it left out."""
    there = np.array([one is not None and one == one for one in order.tolist()], dtype=bool)
    values = order[there]
    if values.dtype == object:
        values = np.array([str(one) for one in values.tolist()])
    ranked: Floats = residuals[there][np.argsort(values, kind="stable")]
    return ranked


def _put_autocorrelation(sheet: Sheet, ranked: Floats | None) -> float:
    """Durbin-Watson and Ljung-Box; the largest correlation with the residual some steps before."""
    names = ("durbin_watson", "ljung_box", "ljung_box_p")
    count = 0 if ranked is None else len(ranked)
    power = 0.0 if ranked is None else float(ranked @ ranked)
    if ranked is None or count < _FEW or not power > 0:
        told = "every residual is 0" if count >= _FEW else f"{count} rows are too few: it takes {_FEW}"
        for name in names:
            sheet.put(name, math.nan, why="no order was given" if ranked is None else told)
        return 0.0
    sheet.put("durbin_watson", float((np.diff(ranked) ** 2).sum()) / power)
    centred = ranked - ranked.mean()
    lags = min(_MOST_LAGS, count // 5)
    total = float(centred @ centred)
    if not total > 0:
        for name in names[1:]:
            sheet.put(name, math.nan, why="all residuals are equal")
        return 0.0
    shares = np.array([float(centred[lag:] @ centred[:-lag]) / total for lag in range(1, lags + 1)])
    box = count * (count + 2) * float((shares**2 / (count - np.arange(1, lags + 1))).sum())
    sheet.put("ljung_box", box)
    sheet.put("ljung_box_p", chi_squared_tail(box, lags))
    return float(np.abs(shares).max())


def _put_spread(
    sheet: Sheet, residuals: Floats, predicted: Floats, columns: Mapping[str, npt.NDArray[Any]]
) -> float:
    """Breusch-Pagan; the share of the squared residuals' variance that is explained."""
    numbers = [values.astype(np.float64) for values in columns.values() if not _are_words(values)]
    design = np.column_stack(
        [np.ones(len(residuals)), predicted, *(one for one in numbers if np.isfinite(one).all())]
    )
    squares = residuals**2
    # Columns on one scale, so that the rank does not hang on units.
    design = design / np.maximum(np.abs(design).max(axis=0, initial=0.0), np.finfo(np.float64).tiny)
    rank = int(np.linalg.matrix_rank(design)) if len(residuals) else 0
    total = float(((squares - squares.mean()) ** 2).sum()) if len(squares) else 0.0
    why = ""
    if len(residuals) < max(_FEW, rank + 1):
        why = f"{len(residuals)} rows are too few for {design.shape[1]} columns"
    elif rank < 2:
        why = "predictions and features do not vary"
    elif not total > 0:
        why = "all residuals are of one size"
    if why:
        for name in ("breusch_pagan", "breusch_pagan_p"):
            sheet.put(name, math.nan, why=why)
        return 0.0
    fitted = design @ np.linalg.lstsq(design, squares, rcond=None)[0]
    explained = max(0.0, 1 - float(((squares - fitted) ** 2).sum()) / total)
    sheet.put("breusch_pagan", len(residuals) * explained)
    sheet.put("breusch_pagan_p", chi_squared_tail(len(residuals) * explained, rank - 1))
    return explained


def _feature_tests(residuals: Floats, columns: Mapping[str, npt.NDArray[Any]]) -> tuple[FeatureTest, ...]:
    found: list[tuple[str, str, int, float, float]] = []
    for name, values in columns.items():
        if _are_words(values):
            found.append((name, "correlation_ratio", len(values), *_correlation_ratio(residuals, values)))
            continue
        for kind, measure in (("pearson", pearson), ("spearman", spearman)):
            one = measure(values.astype(np.float64), residuals)
            found.append((name, kind, one.count, one.value, one.p_value))
    known = [chance for *_, chance in found if not math.isnan(chance)]
    adjusted = iter(benjamini_hochberg(known))
    tests = [
        FeatureTest(
            feature=name,
            kind=kind,
            count=count,
            value=value,
            p_value=chance,
            adjusted=math.nan if math.isnan(chance) else next(adjusted),
        )
        for name, kind, count, value, chance in found
    ]
    return tuple(sorted(tests, key=lambda one: (math.isnan(one.adjusted), one.adjusted, -abs(one.value))))


def _are_words(values: npt.NDArray[Any]) -> bool:
    return values.dtype.kind in "OSU"


def _correlation_ratio(residuals: Floats, words: npt.NDArray[Any]) -> tuple[float, float]:
    """The root of the share of variance between words (Pearson 1905), with the p-value of its F test."""
    places: dict[Any, int] = {}
    codes = np.fromiter((places.setdefault(word, len(places)) for word in words.tolist()), np.int64, len(words))
    groups, count = len(places), len(words)
    if groups < 2 or groups >= count or not float(np.ptp(residuals)) > 0:
        return math.nan, math.nan
    centred = residuals - residuals.mean()
    sizes = np.bincount(codes)
    between = float((np.bincount(codes, centred) ** 2 / sizes).sum())
    total = float(centred @ centred)
    inside = max(total - between, 0.0)
    ratio = math.sqrt(min(1.0, between / total))
    statistic = between / (groups - 1) / (inside / (count - groups)) if inside > 0 else math.inf
    return ratio, f_tail(statistic, groups - 1, count - groups)


def _quantiles(residuals: Floats) -> Points:
    if len(residuals) < 2 or not float(np.ptp(residuals)) > 0:
        return ()
    ranked = np.sort((residuals - residuals.mean()) / residuals.std(ddof=1))
    picked = np.unique(np.linspace(0, len(ranked) - 1, min(_MOST_POINTS, len(ranked))).round().astype(np.int64))
    expected = [NormalDist().inv_cdf(share) for share in ((picked + 0.5) / len(ranked)).tolist()]
    return tuple((round(x, 6), round(y, 6)) for x, y in zip(expected, ranked[picked].tolist(), strict=True))


def _findings(
    measured: Measured, tests: Sequence[FeatureTest], lagged: float, explained: float, order: str
) -> Iterator[str]:
    """What is more than chance and large enough to matter."""
    figures = measured.values
    mean, deviation = figures["residual_mean"], figures["residual_deviation"]
    if figures["residual_mean_p"] < LEVEL and abs(mean) >= LEAST * deviation:
        side = "low" if mean > 0 else "high"
        yield f"predictions are too {side} by {abs(mean):.3g} on average ({_chance(figures['residual_mean_p'])})"
    told: set[str] = set()
    for test in tests:
        if test.adjusted < LEVEL and abs(test.value) >= LEAST and test.feature not in told:
            told.add(test.feature)
            kind = test.kind.replace("_", " ").replace("pearson", "Pearson").replace("spearman", "Spearman")
            way = f"{kind} {test.value:.2f}, {_chance(test.adjusted)} after correction for {len(tests)} tests"
            yield f"residuals go with {test.feature!r} ({way}): the model leaves part of it unused"
    if figures["ljung_box_p"] < LEVEL and lagged >= LEAST:
        way = f"Durbin-Watson {figures['durbin_watson']:.2f}, Ljung-Box {_chance(figures['ljung_box_p'])}"
        yield f"residuals go with those before them in {order} ({way}): rows are not independent"
    if figures["breusch_pagan_p"] < LEVEL and explained >= LEAST**2:
        way = f"Breusch-Pagan {_chance(figures['breusch_pagan_p'])}"
        yield f"residuals spread more in some places than in others ({way}): one interval width does not fit all"
    if figures["jarque_bera_p"] < LEVEL and (abs(figures["skewness"]) >= 0.5 or abs(figures["kurtosis"]) >= 1):
        way = f"skewness {figures['skewness']:.2f}, excess kurtosis {figures['kurtosis']:.2f}"
        yield f"residuals are not normal ({way}): intervals that take them as normal are off"


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p {p_value:.2g}"
