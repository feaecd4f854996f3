"""Routers: nodes that send a request on to one of several others, and answer what that one does."""

from __future__ import annotations

import random
from abc import abstractmethod
from bisect import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from mainspring.core.errors import NotFoundError
from mainspring.evaluation.assertions.conditions import Condition
from mainspring.serving.decision import Decision
from mainspring.serving.graphs.deciding import Row, decider
from mainspring.serving.graphs.gates import View, held
from mainspring.serving.graphs.parting import Answer, rows_of, ways
from mainspring.serving.graphs.plan import Step, Way

_CHANCE = random.SystemRandom()


class Chooser(Protocol):
    """A policy that learns from rewards which branch is best."""

    def choose(self, row: Mapping[str, Any]) -> tuple[int, float]:
        """The number of the branch for a request, and how likely that one was.

        Args:
            row: The columns that the policy looks at, of the first row.
        """
        ...


@dataclass(slots=True, kw_only=True)
class RouterStep(Step):
    """What routers have in common.

    Attributes:
        router: How decisions name it.
        branches: The places of the nodes that it chooses from.
        arms: Their names.
        kept: The outputs that all branches have, where they differ; empty for all.
    """

    router: str
    branches: tuple[int, ...]
    arms: tuple[str, ...]
    kept: tuple[str, ...] = ()

    def chosen(self, way: Way) -> int | None:
        """What was chosen before for the request, perhaps for other rows of it; ``None`` for nothing."""
        return way.record.chosen.get(self.path(way))

    def keep(self, way: Way, place: int) -> None:
        """Keep what was chosen, for all rows of the request."""
        way.record.chosen[self.path(way)] = place

    def path(self, way: Way) -> str:
        """The router, as decisions name it."""
        return f"{self.router}/{way.prefix}{self.name}"

    async def follow(self, way: Way, chosen: int) -> Answer | None:
        """What a branch answers."""
        answer = await way.ask(self.branches[chosen])
        if answer is None or not self.kept or answer.how == "rows":
            return answer
        return Answer({name: answer.columns[name] for name in self.kept}, answer.rows)

    def decide(self, way: Way, chosen: int, propensity: float, policy: str) -> int:
        """Note what was decided."""
        way.record.decisions.append(Decision(self.path(way), self.arms[chosen], propensity, policy, chosen))
        self.keep(way, chosen)
        return chosen

    def note(self, way: Way, arm: str, place: int) -> None:
        """Note that a class chose no branch of its own."""
        way.record.decisions.append(Decision(self.path(way), arm, 1.0, "route", place))
        self.keep(way, place)


@dataclass(slots=True, kw_only=True)
class ChoosingStep(RouterStep):
    """What routers have in common that choose one branch here and now."""

    async def answer(self, way: Way) -> Answer | None:
        """What the branch answers that is chosen."""
        chosen = self.chosen(way)
        if chosen is None:
            chosen = self.choose(way)
            if chosen is None:
                return None
        return await self.follow(way, chosen)

    @abstractmethod
    def choose(self, way: Way) -> int | None:
        """The number of a branch; ``None`` if there is nothing to choose by."""


@dataclass(slots=True, kw_only=True)
class SplitStep(ChoosingStep):
    """Sends a share of requests to each branch, by chance.

    Attributes:
        shares: How likely each branch is; they add up to 1.
    """

    shares: tuple[float, ...]

    def choose(self, way: Way) -> int:
        """One of the branches, by chance."""
        sums = list(accumulate(self.shares))
        likely = [place for place, share in enumerate(self.shares) if share > 0]
        place = min(bisect(sums, _CHANCE.random() * sums[-1]), likely[-1])
        return self.decide(way, place, self.shares[place], "split")


@dataclass(slots=True, kw_only=True)
class BanditStep(ChoosingStep):
    """Sends requests to the branch that a policy chooses.

    Attributes:
        choosers: The policies, by router; before one is there, every branch is as likely.
        policy: The name of this one.
        view: What it may depend on.
        names: The columns that it depends on.
    """

    choosers: Mapping[str, Chooser]
    policy: str
    view: View
    names: tuple[str, ...]

    def choose(self, way: Way) -> int | None:
        """The branch that the policy chooses."""
        seen = self.view.columns(way, self.names)
        if seen is None:
            return None
        chooser = self.choosers.get(self.path(way))
        if chooser is None:
            place = _CHANCE.randrange(len(self.branches))
            return self.decide(way, place, 1 / len(self.branches), self.policy)
        row = {
            name: values[0].item() if hasattr(values[0], "item") else values[0] for name, values in seen[0].items()
        }
        place, propensity = chooser.choose(row)
        return self.decide(way, place, propensity, self.policy)


@dataclass(slots=True, kw_only=True)
class SwitchStep(ChoosingStep):
    """Sends a request to the first branch whose condition holds. Rows that differ in it go different ways.

    Attributes:
        cases: The conditions, in the order of the branches; ``None`` holds always.
        names: The columns that they read.
        view: Where these are.
        deciders: The same conditions for one row.
    """

    cases: tuple[Condition | None, ...]
    names: tuple[str, ...]
    view: View
    deciders: tuple[Callable[[Row], bool] | None, ...] = ()

    def __post_init__(self) -> None:
        self.deciders = tuple(None if one is None else decider(one) for one in self.cases)

    def chosen(self, way: Way) -> int | None:
        """What was chosen before for these rows, or for more of them."""
        return way.choices.get(self.place)

    def keep(self, way: Way, place: int) -> None:
        """Keep what was chosen, for these rows."""
        way.choices[self.place] = place

    def choose(self, way: Way) -> int | None:
        """The first branch whose condition holds.

        Raises:
            NotFoundError: If none does.
            PartedError: If rows go different ways.
        """
        row = self.view.row(way, self.names)
        if row is not None:
            for place, decides in enumerate(self.deciders):
                if decides is None or decides(row):
                    return self.decide(way, place, 1.0, "switch")
        seen = self.view.columns(way, self.names)
        if seen is None:
            return None
        columns, rows = seen
        places = np.full(rows, -1, dtype=np.intp)
        for place, condition in enumerate(self.cases):
            open_ = places < 0
            if condition is not None:
                open_ &= held(condition, columns, rows)
            places[open_] = place
            if places.min() >= 0:
                break
        lost = np.flatnonzero(places < 0)
        if len(lost):
            raise NotFoundError(
                f"no case of the switch holds for {rows_of(lost if way.rows is None else way.rows[lost])}",
                expected="; ".join(one.text for one in self.cases if one is not None),
                fix="ask something else, or let the graph have a case without a condition, at the end",
            )
        if places.min() < places.max():
            raise ways(places)
        return self.decide(way, int(places[0]), 1.0, "switch")
