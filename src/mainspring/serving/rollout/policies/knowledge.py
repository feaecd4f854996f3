"""What is known of arms from their rewards: sums, to which rewards can be added and taken away again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats: TypeAlias = npt.NDArray[np.float64]

LARGEST = 1e100
"""Rewards and features beyond it are refused: their squares would soon be no numbers."""


class Knowledge:
    """Rewards of arms, summed up: how many there were, their mean, and the sum of their squared deviations
    (Welford, 1962); and for linear policies, over the features of the requests, the Gram matrix ``Σ x xᵀ`` and
    ``Σ reward x``. The order in which rewards came makes no difference but for rounding.

    Features have names, and what is known grows with them. A feature that a request does not have is 0 there.

    Attributes:
        arms: Their names.
        features: The names of features, in the order of the matrices.
        count: Rewards, per arm.
        mean: Of the rewards, per arm; 0 if there are none.
        squares: Sum of squared deviations from the mean, per arm.
        gram: Per arm, of shape ``(arms, features, features)``.
        moment: Per arm, of shape ``(arms, features)``.
        generation: Grows with every change.
    """

    __slots__ = ("arms", "count", "features", "generation", "gram", "mean", "moment", "places", "squares")

    def __init__(self, arms: Sequence[str], features: Sequence[str] = ()) -> None:
        self.arms: tuple[str, ...] = tuple(arms)
        self.features: tuple[str, ...] = tuple(features)
        self.places: dict[str, int] = {name: place for place, name in enumerate(self.features)}
        size, width = len(self.arms), len(self.features)
        self.count: Floats = np.zeros(size)
        self.mean: Floats = np.zeros(size)
        self.squares: Floats = np.zeros(size)
        self.gram: Floats = np.zeros((size, width, width))
        self.moment: Floats = np.zeros((size, width))
        self.generation = 0

    def add(self, place: int, reward: float, context: Mapping[str, float] | None = None) -> None:
        """A reward came for an arm.

        Raises:
            InputError: If the reward or a feature is no finite number, or the arm is none of them.
        """
        self._check(place, reward, context)
        count = self.count[place] + 1.0
        delta = reward - self.mean[place]
        self.mean[place] += delta / count
        self.squares[place] += delta * (reward - self.mean[place])
        self.count[place] = count
        if context:
            row = self._row(context)
            self.gram[place] += np.outer(row, row)
            self.moment[place] += reward * row
        self.generation += 1

    def take(self, place: int, reward: float, context: Mapping[str, float] | None = None) -> None:
        """A reward that was added counts no more.

        Raises:
            InputError: If it cannot have been added.
        """
        self._check(place, reward, context)
        count = self.count[place] - 1.0
        if count < 0:
            raise InputError(f"arm {self.arms[place]!r} has no reward that could be taken away")
        if count == 0:
            self.forget(place)
            return
        delta = reward - self.mean[place]
        self.mean[place] -= delta / count
        self.squares[place] = max(0.0, self.squares[place] - delta * (reward - self.mean[place]))
        self.count[place] = count
        if context:
            row = self._row(context)
            self.gram[place] -= np.outer(row, row)
            self.moment[place] -= reward * row
        self.generation += 1

    def forget(self, place: int) -> None:
        """Nothing is known of an arm any more."""
        for sums in (self.count, self.mean, self.squares, self.gram, self.moment):
            sums[place] = 0.0
        self.generation += 1

    def of(self, arms: Sequence[str]) -> Self:
        """What is known of these arms, in this order: nothing of those that are new."""
        found = type(self)(arms, self.features)
        places = {name: place for place, name in enumerate(self.arms)}
        pairs = [(there, places[name]) for there, name in enumerate(arms) if name in places]
        if pairs:
            there, here = (np.array(side) for side in zip(*pairs, strict=True))
            for name in ("count", "mean", "squares", "gram", "moment"):
                getattr(found, name)[there] = getattr(self, name)[here]
        found.generation = self.generation
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; exact."""
        return {
            "features": list(self.features),
            "arms": {
                name: {
                    "count": int(self.count[place]),
                    "mean": float(self.mean[place]),
                    "squares": float(self.squares[place]),
                    "moment": self.moment[place].tolist(),
                    "gram": self.gram[place].tolist(),
                }
                for place, name in enumerate(self.arms)
            },
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If it is none, its matrices have other dimensions than it has features, or its sums are
                no finite numbers.
        """
        try:
            made = cls(tuple(value["arms"]), tuple(value["features"]))
            width = len(made.features)
            for place, (name, arm) in enumerate(value["arms"].items()):
                moment, gram = np.asarray(arm["moment"], np.float64), np.asarray(arm["gram"], np.float64)
                if moment.size != width or gram.size != width * width:
                    raise InputError(
                        f"arm {name!r} has sums over {moment.size} features",
                        expected=f"{width}, one for each of {', '.join(made.features) or 'no features'}",
                    )
                made.count[place], made.mean[place] = arm["count"], arm["mean"]
                made.squares[place] = arm["squares"]
                made.moment[place], made.gram[place] = moment.reshape(width), gram.reshape(width, width)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"this is no state of a bandit: {error!r}",
                expected='{"features": […], "arms": {NAME: {count, mean, squares, moment, gram}}}',
            ) from error
        sums = (made.count, made.mean, made.squares, made.moment, made.gram)
        if not all(np.isfinite(each).all() for each in sums) or (made.count < 0).any() or (made.squares < 0).any():
            raise InputError(
                "the state of the bandit holds sums that cannot be", expected="finite numbers, counts of 0 or more"
            )
        return made

    def grow(self, arms: Sequence[str] = (), features: Sequence[str] = ()) -> None:
        """Make room for arms and features that are new."""
        more_arms = [name for name in dict.fromkeys(arms) if name not in self.arms]
        more = [name for name in dict.fromkeys(features) if name not in self.places]
        if not more_arms and not more:
            return
        size, width = len(more_arms), len(more)
        self.arms += tuple(more_arms)
        self.features += tuple(more)
        self.places = {name: place for place, name in enumerate(self.features)}
        self.count, self.mean, self.squares = (
            np.concatenate([each, np.zeros(size)]) for each in (self.count, self.mean, self.squares)
        )
        self.gram = np.pad(self.gram, ((0, size), (0, width), (0, width)))
        self.moment = np.pad(self.moment, ((0, size), (0, width)))
        self.generation += 1

    def _row(self, context: Mapping[str, float]) -> Floats:
        if not context.keys() <= self.places.keys():
            self.grow(features=list(context))
        row = np.zeros(len(self.features))
        for name, value in context.items():
            row[self.places[name]] = value
        return row

    def _check(self, place: int, reward: float, context: Mapping[str, float] | None) -> None:
        if not 0 <= place < len(self.arms):
            raise InputError(f"there is no arm {place}", expected=f"one of 0 to {len(self.arms) - 1}")
        check_number(reward, f"the reward for arm {self.arms[place]!r}")
        for name, value in (context or {}).items():
            check_number(value, f"feature {name!r}")


def check_number(value: float, what: str) -> None:
    """Refuse what cannot be summed up.

    Raises:
        InputError: If the value is not a number, infinite, or beyond :data:`LARGEST`.
    """
    if not (math.isfinite(value) and abs(value) <= LARGEST):
        raise InputError(f"{what} is {value}", expected=f"a finite number of at most {LARGEST:g} in size")
