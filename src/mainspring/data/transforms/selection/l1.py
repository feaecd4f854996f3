"""Models with a penalty on the sum of their weights' sizes: as it grows, one weight after the other becomes 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

POINTS: Final = 30
RATIO: Final = 0.003
_MOST: Final = 400
_CLOSE: Final = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class L1Path:
    """Linear models (lasso) or logistic ones, from the strongest penalty to the weakest.

    Attributes:
        penalties: Falling, ``[points]``; at the first all weights are 0.
        weights: Of the columns as they were given, ``[points, columns, outputs]``.
        bias: ``[points, outputs]``.
        classes: How many there are; ``None`` for numbers.
    """

    penalties: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    classes: int | None

    def used(self, point: int) -> np.ndarray:
        """Which columns have a weight, ``[columns]``."""
        found: np.ndarray = (self.weights[point] != 0).any(axis=1)
        return found

    def losses(self, matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Mean loss on other rows, ``[points]``: half the squared error, or the log loss."""
        import numpy as np

        found = [
            _loss(matrix @ weights + bias, _wide(target, self.classes), self.classes)
            for weights, bias in zip(self.weights, self.bias, strict=True)
        ]
        return np.array(found)


def l1_path(
    matrix: np.ndarray,
    target: np.ndarray,
    classes: int | None,
    *,
    penalties: np.ndarray | None = None,
) -> L1Path:
    """Fit the path: mean loss plus the penalty times the sum of the sizes of all weights; the bias is free.

    Columns are brought to unit variance first. Each model starts from the one before (Friedman, Hastie and
    Tibshirani, 2010) and is fitted by accelerated proximal gradients (Beck and Teboulle, *A fast iterative
    shrinkage-thresholding algorithm*, 2009). Two classes have one output, more have one each.

    Args:
        matrix: ``[n, columns]`` without missing values.
        target: Class indices or numbers, ``[n]``.
        classes: How many there are; ``None`` for numbers.
        penalties: Falling; by default 30 from the least at which all weights are 0 to a 300th of it.
    """
    import numpy as np

    middle, deviation = matrix.mean(axis=0), matrix.std(axis=0)
    steady = deviation <= 1e-12 * np.maximum(1.0, np.abs(middle))
    scale = np.where(steady, 1.0, deviation)
    x = np.where(steady, 0.0, (matrix - middle) / scale)
    y = _wide(target, classes)
    bias = _start(y, classes)
    if penalties is None:
        strongest = float(np.abs(x.T @ (y - _mean(np.tile(bias, (len(x), 1)), classes))).max()) / len(x)
        penalties = (1 + 1e-9) * strongest * np.geomspace(1.0, RATIO, POINTS)
    curvature = 1.0 if classes is None else 0.25 if classes == 2 else 0.5
    step = len(x) / (curvature * max(float(np.linalg.norm(x, 2)) ** 2, float(len(x))))
    state = (np.zeros((x.shape[1], y.shape[1])), bias)
    found = []
    for penalty in penalties:
        state = _descend(x, y, state, float(penalty), step, classes)
        weights = state[0] / scale[:, None]
        found.append((weights, state[1] - middle @ weights))
    return L1Path(
        np.asarray(penalties),
        np.stack([weights for weights, _ in found]),
        np.stack([shift for _, shift in found]),
        classes,
    )


def _descend(
    x: np.ndarray,
    y: np.ndarray,
    state: tuple[np.ndarray, np.ndarray],
    penalty: float,
    step: float,
    classes: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    (weights, bias), (ahead, ahead_bias) = state, state
    speed = 1.0
    for _ in range(_MOST):
        error = (_mean(x @ ahead + ahead_bias, classes) - y) / len(x)
        moved = ahead - step * (x.T @ error)
        new = np.sign(moved) * np.maximum(np.abs(moved) - step * penalty, 0.0)
        new_bias = ahead_bias - step * error.sum(axis=0)
        gap, gap_bias = new - weights, new_bias - bias
        # Momentum that points uphill is dropped (O'Donoghue and Candès, 2015).
        if float(((ahead - new) * gap).sum() + ((ahead_bias - new_bias) * gap_bias).sum()) > 0:
            speed = 1.0
        faster = (1 + (1 + 4 * speed * speed) ** 0.5) / 2
        push = (speed - 1) / faster
        ahead, ahead_bias = new + push * gap, new_bias + push * gap_bias
        weights, bias, speed = new, new_bias, faster
        if max(float(np.abs(gap).max(initial=0.0)), float(np.abs(gap_bias).max())) < _CLOSE * step:
            break
    return weights, bias


def _wide(target: np.ndarray, classes: int | None) -> np.ndarray:
    """The target as ``[n, outputs]``."""
    import numpy as np

    if classes is None or classes == 2:
        return np.asarray(target, dtype=np.float64)[:, None]
    return np.asarray(np.eye(classes)[target])


def _start(y: np.ndarray, classes: int | None) -> np.ndarray:
    """The bias of a model without weights."""
    import numpy as np

    mean = y.mean(axis=0)
    if classes is None:
        return np.asarray(mean)
    mean = np.clip(mean, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(mean / (1 - mean)) if classes == 2 else np.log(mean))


def _mean(sums: np.ndarray, classes: int | None) -> np.ndarray:
    import numpy as np

    if classes is None:
        return sums
    if classes == 2:
        return np.asarray(0.5 * (1 + np.tanh(sums / 2)))
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _loss(sums: np.ndarray, y: np.ndarray, classes: int | None) -> float:
    import numpy as np

    if classes is None:
        return float(((sums - y) ** 2).mean() / 2)
    if classes == 2:
        return float((np.logaddexp(0.0, sums) - y * sums).mean())
    top = sums.max(axis=1, keepdims=True)
    total = np.log(np.exp(sums - top).sum(axis=1)) + top[:, 0]
    return float((total - (sums * y).sum(axis=1)).mean())
