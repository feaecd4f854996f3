"""How far reviewers agree with each other, and with the model."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from mainspring.evaluation.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.metrics.resampling import percentiles
from mainspring.monitoring.reviewing.items import Label, ReviewItem

_DRAWS: Final = 200
MODEL: Final = "the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two who answered the same items.

    Attributes:
        one: Of them; ``other`` the other, or the model.
        items: How many both answered.
        same: The share of them with the same answer; of numbers, that within a hundredth of their spread.
        interval: Of that share, at 95 %.
        cohen: Cohen's kappa; NaN for numbers, and where it does not exist.
    """

    one: str
    other: str
    items: int
    same: float
    interval: Interval
    cohen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAgreement:
    """How far reviewers agree.

    Attributes:
        items: Items that two or more labelled.
        alpha: Krippendorff's alpha of them, for classes or for numbers: 1 is full agreement, 0 that of chance; NaN
            where it does not exist.
        interval: Of alpha, at 95 %, by drawing items again.
        fleiss: Fleiss' kappa of the items that the most usual number of people labelled; NaN for numbers.
        pairs: Every two reviewers who have items in common, those with the most in front.
        with_model: Every reviewer and the model, likewise.
    """

    items: int
    alpha: float
    interval: Interval
    fleiss: float
    pairs: tuple[Pair, ...]
    with_model: tuple[Pair, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def review_agreement(items: Iterable[ReviewItem], *, seed: int = 0) -> ReviewAgreement:
    """Compare what reviewers said.

    Args:
        items: Of a queue; answers that are no labels do not count.
        seed: Of the draws of the interval.
    """
    told = [
        (item, {who: one.label for who, one in item.answers.items() if one.label is not None}) for item in items
    ]
    labels = [said for _, said in told]
    numbers = any(isinstance(one, float | int) for said in labels for one in said.values())
    several = [tuple(said.values()) for said in labels if len(said) > 1]
    people = sorted({who for said in labels for who in said})
    pairs = [
        _pair(one, other, [(said[one], said[other]) for said in labels if one in said and other in said])
        for one, other in itertools.combinations(people, 2)
    ]
    models = [
        _pair(who, MODEL, [(said[who], item.chosen.said) for item, said in told if who in said]) for who in people
    ]
    return ReviewAgreement(
        items=len(several),
        alpha=_alpha(several, numbers),
        interval=_interval(several, numbers, seed),
        fleiss=math.nan if numbers else _fleiss(several),
        pairs=_sorted(pairs),
        with_model=_sorted(models),
    )


def _pair(one: str, other: str, given: Sequence[tuple[Label, Label | None]]) -> Pair:
    both = [(first, second) for first, second in given if second is not None]
    numbers = any(isinstance(first, float | int) and isinstance(second, float | int) for first, second in both)
    if numbers:
        values = np.array(both, dtype=np.float64)
        same = int((np.abs(values[:, 0] - values[:, 1]) <= 0.01 * max(float(values.std()), 1e-12)).sum())
        kappa = math.nan
    else:
        same = sum(str(first) == str(second) for first, second in both)
        places = {word: place for place, word in enumerate(sorted({str(word) for pair in both for word in pair}))}
        codes = np.array([[places[str(word)] for word in pair] for pair in both], dtype=np.int64).reshape(-1, 2)
        kappa = cohen_kappa(codes[:, 0], codes[:, 1])
    share = same / len(both) if both else math.nan
    return Pair(one=one, other=other, items=len(both), same=share, interval=wilson(same, len(both)), cohen=kappa)


def _sorted(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted((one for one in pairs if one.items), key=lambda one: (-one.items, one.one, one.other)))


def _alpha(units: Sequence[Sequence[Label]], numbers: bool) -> float:
    return krippendorff_alpha(units, level="interval" if numbers else "nominal")


def _interval(units: Sequence[Sequence[Label]], numbers: bool, seed: int) -> Interval:
    random = np.random.default_rng(seed)
    if not units:
        return Interval(math.nan, math.nan)
    draws = [random.integers(0, len(units), len(units)).tolist() for _ in range(_DRAWS)]
    return percentiles([_alpha([units[place] for place in drawn], numbers) for drawn in draws], 0.95)


def _fleiss(units: Sequence[Sequence[Label]]) -> float:
    if not units:
        return math.nan
    ((size, _),) = Counter(map(len, units)).most_common(1)
    chosen: list[Mapping[str, int]] = [Counter(map(str, unit)) for unit in units if len(unit) == size]
    words = sorted({word for counts in chosen for word in counts})
    return fleiss_kappa(np.array([[counts.get(word, 0) for word in words] for counts in chosen], dtype=np.int64))
