"""Power transforms that make a distribution more like a normal one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class BoxCox(Op):
    """Box and Cox (1964): ``(x ** power - 1) / power``, ``log(x)`` for power 0; NaN where ``x`` is not above 0."""

    power: float

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The formula, as written."""
        import numpy as np

        (numbers,) = values
        kept = np.where(numbers > 0.0, numbers, np.nan)
        return np.log(kept) if self.power == 0.0 else (kept**self.power - 1.0) / self.power


@dataclass(frozen=True, slots=True)
class YeoJohnson(Op):
    """Yeo and Johnson (2000), for numbers of both signs.

    With ``y = |x| + 1`` and ``p`` the power: ``(y ** p - 1) / p`` from 0 on, ``log(y)`` for power 0; below 0
    ``-(y ** (2 - p) - 1) / (2 - p)``, ``-log(y)`` for power 2.
    """

    power: float

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The formula, as written."""
        import numpy as np

        (numbers,) = values
        size = np.abs(numbers) + 1.0
        return np.where(numbers < 0.0, -_boxed(size, 2.0 - self.power), _boxed(size, self.power))


def _boxed(numbers: np.ndarray, power: float) -> np.ndarray:
    import numpy as np

    return np.log(numbers) if power == 0.0 else (numbers**power - 1.0) / power
