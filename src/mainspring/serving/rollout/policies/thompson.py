"""Thompson sampling: each arm as often as it is likely to be the best.

Thompson, "On the likelihood that one unknown probability exceeds another in view of the evidence of two samples"
(Biometrika, 1933); Russo and others, "A tutorial on Thompson sampling" (2018). To draw from the posterior of every
arm and to take the best is to take each arm with the probability that it is the best; that probability is found by
quadrature here, once for each state of knowledge, and arms are drawn by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mainspring.serving.rollout.policies.drawing import even
from mainspring.serving.rollout.policies.knowledge import Floats, Knowledge
from mainspring.serving.rollout.policies.ports import Context
from mainspring.serving.rollout.policies.quadrature import first

# Where, in standard deviations from the mode, the panels of the quadrature begin.
_NEAR = np.array([-9.0, -6.0, -4.0, -2.5, -1.5, -0.75, 0.0, 0.75, 1.5, 2.5, 4.0, 6.0, 9.0])
_FAR = np.array([16.0, 32.0, 100.0, 1000.0, 1e5])
_TAILS = np.concatenate([-_FAR[::-1], _NEAR, _FAR])


@dataclass(frozen=True, slots=True, kw_only=True)
class Thompson:
    """Each arm with the probability that its mean is the largest.

    Attributes:
        kind: ``"binary"``: rewards from 0 to 1; their mean has a Beta distribution, and a reward of 0.3 is 0.3
            of a success. ``"number"``: any rewards; their mean and variance have a normal-inverse-gamma
            distribution (Murphy, "Conjugate Bayesian analysis of the Gaussian distribution", 2007) whose prior is
            worth one reward, of the mean of all arms and the variance of rewards (Kass and Wasserman, 1995). So
            nothing changes if all rewards are given in cents.
        prior: Of the Beta distribution.

    Example:
        >>> known = Knowledge(["a", "b"])
        >>> known.add(1, 1.0)  # Beta(1, 1) against Beta(2, 1): the second is larger in two of three cases
        >>> [round(share, 6) for share in Thompson().shares(known, {})]
        [0.333333, 0.666667]
    """

    name: ClassVar[str] = "thompson"
    contextual: ClassVar[bool] = False

    kind: Literal["binary", "number"] = "binary"
    prior: tuple[float, float] = (1.0, 1.0)

    def shares(self, known: Knowledge, context: Context) -> list[float]:
        """How likely each arm is to be chosen: how likely it is to be the best."""
        if len(known.arms) == 1:
            return [1.0]
        return self._binary(known) if self.kind == "binary" else self._numbers(known)

    def _binary(self, known: Knowledge) -> list[float]:
        wins = known.mean * known.count
        good, bad = self.prior[0] + wins, self.prior[1] + (known.count - wins)
        # In the angle whose squared sine is the mean, the density has no poles from a prior of 1/2 on, and a
        # width that depends on the count alone.
        angle = np.arctan2(np.sqrt(good), np.sqrt(bad))
        width = 0.5 / np.sqrt(good + bad)
        edges = np.clip((angle[:, None] + width[:, None] * _NEAR).ravel(), 0.0, np.pi / 2)

        def density(at: Floats) -> Floats:
            inner = np.clip(at, 1e-300, None)
            sine, cosine = np.log(np.sin(inner)), np.log(np.maximum(np.cos(inner), 1e-300))
            return np.multiply.outer(2 * good - 1, sine) + np.multiply.outer(2 * bad - 1, cosine)

        return first(density, np.concatenate([edges, [0.0, np.pi / 2]]))

    def _numbers(self, known: Knowledge) -> list[float]:
        total = float(known.count.sum())
        if total < 2:
            return even(len(known.arms))
        means = known.mean[known.count > 0]
        centre = float(means.mean())
        variance = float(known.squares.sum()) / total + float(means.var())
        if not variance > 0:
            return even(len(known.arms))
        # Normal-inverse-gamma with kappa 1, alpha 1 and the variance as beta: the mean of an arm is Student's t.
        strength = known.count + 1.0
        away = known.mean - centre
        place = known.count / strength * away
        half = variance + 0.5 * known.squares + 0.5 * known.count / strength * away**2
        alpha = 1.0 + 0.5 * known.count
        width = np.sqrt(half / (alpha * strength))
        freedom = 2.0 * alpha

        def density(at: Floats) -> Floats:
            moved = (at[None] - place[:, None, None]) / width[:, None, None]
            return -0.5 * (freedom[:, None, None] + 1.0) * np.log1p(moved**2 / freedom[:, None, None])

        return first(density, (place[:, None] + width[:, None] * _TAILS).ravel())
