"""Policies whose worth is asked for."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.rollout.context import MOST_FEATURES, features, within
from mainspring.serving.rollout.off_policy.logged import Logged
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.rollout.policies.chooser import chooser
from mainspring.serving.rollout.policies.knowledge import Knowledge

Target: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, float]]
"""Gives, for the columns of a row, how likely each arm is to be chosen; arms that are left out never are."""


def always(arm: str) -> Target:
    """The policy that always chooses one arm."""
    shares = {arm: 1.0}
    return lambda row: shares


def split(arms: Mapping[str, float]) -> Target:
    """The policy that chooses by weights, whatever the row.

    Raises:
        InputError: If they are no weights.
    """
    total = sum(arms.values())
    if not total > 0.0 or min(arms.values()) < 0.0:
        raise InputError(f"the weights are {dict(arms)}", expected="0 or more, not all of them 0")
    shares = {arm: weight / total for arm, weight in arms.items()}
    return lambda row: shares


def learned(bandit: Bandit, rows: Iterable[Logged]) -> Target:
    """The policy that a bandit has after learning from rows, in their order, and learning no more.

    Estimate it from other rows than these: see :func:`halves`.

    Raises:
        InputError: If the bandit cannot learn from a reward.
    """
    policy, known, columns = chooser(bandit), Knowledge(bandit.arms), bandit.context
    places = {arm: place for place, arm in enumerate(bandit.arms)}
    for one in rows:
        place = places.get(one.arm)
        if place is not None:
            policy.learn(known, place, one.reward, row_features(columns, one.row, known))

    def shares(row: Mapping[str, Any]) -> Mapping[str, float]:
        context = features(columns, row) if columns else {}
        return dict(zip(bandit.arms, policy.shares(known, context), strict=True))

    return shares


def halves(rows: Sequence[Logged], *, share: float = 0.5) -> tuple[tuple[Logged, ...], tuple[Logged, ...]]:
    """Rows to learn from, and rows to estimate from: a request is in either, whatever order they come in.

    Args:
        rows: What was logged.
        share: Of requests that are to learn from.
    """
    limit = share * 2.0**32
    sides: tuple[list[Logged], list[Logged]] = ([], [])
    for one in rows:
        sides[zlib.crc32(one.id.encode()) >= limit].append(one)
    return tuple(sides[0]), tuple(sides[1])


def row_features(columns: Sequence[str], row: Mapping[str, Any], known: Knowledge) -> dict[str, float]:
    """The features of a row, of which no more are new than what is known has room for."""
    if not columns:
        return {}
    found = features(columns, row)
    if found.keys() <= known.places.keys():
        return found
    return within(found, known.places.__contains__, MOST_FEATURES - len(known.features))
