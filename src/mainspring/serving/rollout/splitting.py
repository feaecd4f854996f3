"""Dividing requests by fixed shares: by chance, or by a key that stays with its arm."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

from mainspring.core.errors import InputError
from mainspring.serving.rollout.sticky import place_on_line


class Split:
    """Gives each request an arm, by shares.

    Args:
        shares: How much each arm gets; only their proportions count.
        salt: Of the keys.
        chance: Decides about requests without a key.

    Attributes:
        propensities: How likely each arm is.

    Raises:
        InputError: If there is nothing to divide.

    Example:
        >>> split = Split([95, 5])
        >>> split.propensities
        (0.95, 0.05)
        >>> split(b"customer 7") == split(b"customer 7")
        True
    """

    def __init__(self, shares: Sequence[float], *, salt: bytes = b"", chance: random.Random | None = None) -> None:
        total = float(sum(shares))
        if not total > 0 or min(shares) < 0:
            raise InputError(f"the shares are {list(shares)}", expected="numbers from 0, and one above")
        self.propensities = tuple(share / total for share in shares)
        self._bounds = tuple(accumulate(self.propensities))
        self._last = max(place for place, share in enumerate(shares) if share > 0)
        self._salt, self._random = salt, (chance or random.Random()).random  # noqa: S311  no secret depends on it

    def __call__(self, key: bytes | None = None) -> int:
        """The place of the arm for one request.

        Args:
            key: What stays with its arm; ``None`` for chance.
        """
        where = self._random() if key is None else place_on_line(key, self._salt)
        # Candidates come last and take the end of the line: a share that grows keeps the keys that it had.
        for place, bound in enumerate(self._bounds):
            if where < bound:
                return place
        return self._last
