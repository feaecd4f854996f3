"""What a policy would have been worth, had it decided what another one did.

Horvitz and Thompson, "A generalization of sampling without replacement from a finite universe" (1952); Dudík,
Langford and Li, "Doubly robust policy evaluation and learning" (ICML 2011); Swaminathan and Joachims, "The
self-normalized estimator for counterfactual learning" (NeurIPS 2015); Wang, Agarwal and Dudík, "Optimal and
adaptive off-policy evaluation in contextual bandits" (ICML 2017).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.serving.rollout.off_policy.intervals import Floats, bernstein, bootstrap
from mainspring.serving.rollout.off_policy.logged import Logged
from mainspring.serving.rollout.off_policy.targets import Target, row_features
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.linear import solve

Method: TypeAlias = Literal["ips", "snips", "dm", "dr", "switch"]

METHODS: Final[tuple[Method, ...]] = ("ips", "snips", "dm", "dr", "switch")

_SMALL = 0.001
_LARGE_PART = 0.1
_FEW = 100
_SWITCH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a policy would have been worth, per row.

    Attributes:
        method: ``ips``: rewards, weighted by how much likelier the policy is to have chosen the arm; without any
            assumption but that propensities are right. ``snips``: the same, divided by the sum of weights, which
            varies less. ``dm``: what a regression of rewards expects; it is as good as the regression. ``dr``:
            that, corrected by weighted residuals: right if either propensities or regression are. ``switch``: the
            same without the correction where weights are above 10.
        value: The estimate.
        lower: It is no less,
        upper: and no more, with the confidence asked for. For ``dm`` that says nothing about the regression.
        confidence: Of the interval.
    """

    method: Method
    value: float
    lower: float
    upper: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is known of a policy from a log.

    Attributes:
        estimates: By method.
        logged: The mean reward of what was done.
        rows: How many rows it is made from,
        requests: and requests.
        effective: As many rows, decided by the policy itself, would tell as much (Kish, 1965).
        largest: The part of the sum of weights that the largest one is.
        least: The smallest propensity.
        warnings: Why it may be wrong.
    """

    estimates: Mapping[Method, Estimate]
    logged: Estimate
    rows: int
    requests: int
    effective: float
    largest: float
    least: float
    warnings: tuple[str, ...]

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def evaluate(
    rows: Sequence[Logged],
    target: Target,
    *,
    columns: Sequence[str] = (),
    methods: Sequence[Method] = METHODS,
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = None,
    ridge: float = 1.0,
) -> Evaluation:
    """Estimate what a policy would have been worth.

    Args:
        rows: What was logged and rewarded.
        target: The policy.
        columns: What the regression of rewards looks at; with none it is the mean of each arm. It is made from
            one half of the requests for the other.
        methods: See :class:`Estimate`.
        confidence: Of intervals.
        bounds: The smallest and the largest reward that there can be. With them the interval of ``ips`` is the
            empirical Bernstein bound, which holds at every number of requests and is wide; without, all are made
            by drawing requests again, which takes some hundred requests to hold.
        ridge: Of the regression.

    Raises:
        InputError: If there is nothing to estimate from, or the policy's shares are none.
    """
    if not rows:
        raise InputError(
            "there is no row with a decision and a reward",
            expected="a log of a server with a rollout, and feedback with rewards",
            fix="mainspring payloads tail --json shows the decisions of requests",
        )
    data = _Data(rows, target)
    expected, chosen = _expected(data, columns, ridge) if {"dm", "dr", "switch"} & set(methods) else (None, None)
    estimates = {
        method: _estimate(method, data, expected, chosen, confidence=confidence, bounds=bounds)
        for method in methods
    }
    weights = data.weights
    total = float(weights.sum())
    return Evaluation(
        estimates=estimates,
        logged=_logged(data, confidence),
        rows=len(rows),
        requests=data.requests,
        effective=total**2 / float((weights**2).sum()) if total else 0.0,
        largest=float(weights.max()) / total if total else 0.0,
        least=float(data.propensities.min()),
        warnings=tuple(_warnings(data)),
    )


class _Data:
    """The rows as arrays, and the policy's shares for each."""

    def __init__(self, rows: Sequence[Logged], target: Target) -> None:
        self.rows = rows
        found = [target(one.row) for one in rows]
        self.arms = tuple(dict.fromkeys([one.arm for one in rows] + [arm for each in found for arm in each]))
        places = {arm: place for place, arm in enumerate(self.arms)}
        self.chosen = np.array([places[one.arm] for one in rows])
        self.shares: Floats = np.zeros((len(rows), len(self.arms)))
        for number, each in enumerate(found):
            for arm, share in each.items():
                self.shares[number, places[arm]] = share
        sums = self.shares.sum(axis=1)
        if (self.shares < 0.0).any() or np.abs(sums - 1.0).max() > 1e-6:
            raise InputError(f"the policy's shares add up to {sums[np.abs(sums - 1.0).argmax()]:g}", expected="1")
        self.rewards: Floats = np.array([one.reward for one in rows], np.float64)
        self.propensities: Floats = np.array([one.propensity for one in rows], np.float64)
        if not (np.isfinite(self.rewards).all() and (self.propensities > 0).all()):
            raise InputError(
                "a reward or a propensity is no number", expected="finite ones, and propensities above 0"
            )
        self.weights: Floats = self.shares[np.arange(len(rows)), self.chosen] / self.propensities
        self.counts: Floats = np.array([one.weight for one in rows], np.float64)
        _, groups = np.unique([one.id for one in rows], return_inverse=True)
        self.groups: npt.NDArray[np.int64] = np.asarray(groups, np.int64)
        self.requests = int(self.groups.max()) + 1

    def per_request(self, values: Floats) -> Floats:
        """Sums of values over the rows of each request."""
        return np.bincount(self.groups, self.counts * values, self.requests).astype(np.float64)


def _estimate(
    method: Method,
    data: _Data,
    expected: Floats | None,
    chosen: Floats | None,
    *,
    confidence: float,
    bounds: tuple[float, float] | None,
) -> Estimate:
    weights, below = data.weights, data.per_request(np.ones(len(data.rows)))
    if method in ("ips", "snips") or expected is None or chosen is None:
        values = weights * data.rewards
        below = data.per_request(weights) if method == "snips" else below
    elif method == "dm":
        values = expected
    else:
        used = np.where(weights <= _SWITCH, weights, 0.0) if method == "switch" else weights
        values = expected + used * (data.rewards - chosen)
    above = data.per_request(values)
    if not below.sum() > 0.0:
        return Estimate(method=method, value=np.nan, lower=-np.inf, upper=np.inf, confidence=confidence)
    if method == "ips" and bounds is not None:
        lower, upper = _bounded(data, above, bounds, confidence)
    else:
        lower, upper = bootstrap(above, below, confidence)
    return Estimate(
        method=method,
        value=float(above.sum() / below.sum()),
        lower=lower,
        upper=upper,
        confidence=confidence,
    )


def _bounded(data: _Data, above: Floats, bounds: tuple[float, float], confidence: float) -> tuple[float, float]:
    low, high = bounds
    if data.rewards.min() < low or data.rewards.max() > high:
        raise InputError(
            f"rewards are from {data.rewards.min():g} to {data.rewards.max():g}",
            expected=f"from {low:g} to {high:g}",
        )
    # A weight is no larger than the policy's largest share divided by the least propensity that was seen.
    most = float(data.shares.max() / data.propensities.min())
    mean_size = float(data.counts.sum()) / data.requests
    sizes = data.per_request(np.ones(len(data.rows))) / mean_size
    scale = most * float(sizes.max())
    return bernstein(above / mean_size, min(0.0, low) * scale, max(0.0, high) * scale, confidence)


def _logged(data: _Data, confidence: float) -> Estimate:
    above, below = data.per_request(data.rewards), data.per_request(np.ones(len(data.rows)))
    lower, upper = bootstrap(above, below, confidence)
    value = float(above.sum() / below.sum())
    return Estimate(method="ips", value=value, lower=lower, upper=upper, confidence=confidence)


def _expected(data: _Data, columns: Sequence[str], ridge: float) -> tuple[Floats, Floats]:
    """What the policy, and what was chosen, is expected to be worth by a regression from the other half."""
    halves = np.array([zlib.crc32(one.id.encode(), 1) & 1 for one in data.rows])
    expected, chosen = np.zeros(len(data.rows)), np.zeros(len(data.rows))
    for half in (0, 1):
        mine = np.flatnonzero(halves == half)
        learned = np.flatnonzero(halves != half)
        learned = learned if len(learned) else mine
        values = _regressed(data, columns, ridge, learned, mine)
        expected[mine] = (values * data.shares[mine]).sum(axis=1)
        chosen[mine] = values[np.arange(len(mine)), data.chosen[mine]]
    return expected, chosen


def _regressed(
    data: _Data,
    columns: Sequence[str],
    ridge: float,
    learned: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.int64],
) -> Floats:
    centre = float(data.rewards[learned].mean())
    known = Knowledge(data.arms)
    for number in learned:
        context = row_features(columns, data.rows[number].row, known)
        known.add(int(data.chosen[number]), float(data.rewards[number]) - centre, context)
    if not columns:
        # The mean of an arm, held to the mean of all as by one more reward.
        return np.broadcast_to(
            centre + known.mean * known.count / (known.count + ridge), (len(wanted), len(data.arms))
        )
    solved = solve(known, ridge)
    found = [solved.read(row_features(columns, data.rows[number].row, known))[0] for number in wanted]
    return centre + np.array(found).reshape(len(wanted), len(data.arms))


def _warnings(data: _Data) -> list[str]:
    weights, rows = data.weights, len(data.rows)
    total = float(weights.sum())
    found: list[str] = []
    least = float(data.propensities.min())
    if least < _SMALL:
        small = int((data.propensities < _SMALL).sum())
        found.append(
            f"{small} of {rows} propensities are below {_SMALL:g}, the least is {least:.3g}: give the "
            "bandit a share to explore"
        )
    seen = np.bincount(data.chosen, minlength=len(data.arms)) > 0
    never = [arm for place, arm in enumerate(data.arms) if not seen[place] and data.shares[:, place].any()]
    if never:
        found.append(f"the policy chooses {', '.join(never)}, which the log never did: nothing is known of that")
    if not total:
        return found
    effective = total**2 / float((weights**2).sum())
    if effective < _FEW:
        found.append(f"{rows} rows tell as much as {effective:.0f} of the policy's own would: that is little")
    if float(weights.max()) > _LARGE_PART * total:
        found.append(f"one row has {100 * float(weights.max()) / total:.0f} % of the weight")
    error = float(weights.std()) / np.sqrt(rows)
    if not never and rows >= _FEW and error > 0.0 and abs(float(weights.mean()) - 1.0) > 4.0 * error:
        found.append(
            f"weights are {weights.mean():.3g} on average and should be 1: propensities, or the rows that have a "
            "reward, do not fit"
        )
    return found
