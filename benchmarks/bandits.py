"""Bandits: their regret beside that of textbook loops on the same seeded simulations, and what a decision costs.

Three simulations, each with the same rewards for whoever asks in the same round: rewards that are 0 or 1, normal
ones, and such that depend on the request. The textbook loops are written here as the papers have them, without any
of the package. With --peers, mabwiser and river play instead where they are installed (in an environment of their
own: they are no dependency of the package).

    python benchmarks/bandits.py                   # regret of ours and the textbook's, then costs
    python benchmarks/bandits.py --runs 100
    python benchmarks/bandits.py --peers           # mabwiser and river on the same simulations

Regret is expected: how much better the best arm of each round would have been on average. Read the ratios; next to
each stands its standard error over the runs, in which ours and theirs meet the same rewards.
"""

from __future__ import annotations

import argparse
import importlib
import math
import random
import tempfile
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

ARMS = ("a", "b", "c", "d", "e")
COLUMNS = ("u", "v", "w", "x", "y")


class Player(Protocol):
    """Plays one run."""

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        ...

    def learn(self, arm: int, reward: float, row: np.ndarray) -> None:
        """Its reward."""
        ...


@dataclass(frozen=True)
class World:
    """One run of a simulation: what every arm would give in every round, and what it is worth there."""

    rows: np.ndarray
    worth: np.ndarray
    rewards: np.ndarray

    def regret(self, player: Player) -> float:
        """What a player loses against the best arm of each round."""
        lost = 0.0
        best = self.worth.max(axis=1)
        for turn, row in enumerate(self.rows):
            arm = player.choose(row)
            player.learn(arm, float(self.rewards[turn, arm]), row)
            lost += float(best[turn] - self.worth[turn, arm])
        return lost


def binary(seed: int, rounds: int) -> World:
    """Five arms, rewards of 0 or 1."""
    chance = np.random.default_rng([1, seed])
    worth = np.tile([0.10, 0.15, 0.20, 0.25, 0.35], (rounds, 1))
    return World(np.zeros((rounds, 0)), worth, (chance.random((rounds, 5)) < worth).astype(float))


def normal(seed: int, rounds: int) -> World:
    """Five arms, normal rewards with a deviation of 1."""
    chance = np.random.default_rng([2, seed])
    worth = np.tile([0.0, 0.1, 0.2, 0.4, 0.7], (rounds, 1))
    return World(np.zeros((rounds, 0)), worth, chance.normal(worth, 1.0))


def linear(seed: int, rounds: int) -> World:
    """Three arms whose worth is linear in five numbers, with noise of 0.5."""
    chance = np.random.default_rng([3, seed])
    rows = chance.normal(size=(rounds, 5))
    weights = chance.normal(0.0, 0.5, (3, 5))
    worth = rows @ weights.T + np.array([0.0, 0.2, 0.1])
    return World(rows, worth, chance.normal(worth, 0.5))


# The textbook.


class Means:
    """What all textbook loops without context keep."""

    def __init__(self, arms: int, seed: int) -> None:
        self.count, self.total, self.square = [0] * arms, [0.0] * arms, [0.0] * arms
        self.chance = np.random.default_rng([9, seed])

    def learn(self, arm: int, reward: float, row: np.ndarray) -> None:
        """Its reward."""
        self.count[arm] += 1
        self.total[arm] += reward
        self.square[arm] += reward * reward

    def _best(self, scores: Sequence[float]) -> int:
        top = max(scores)
        return int(self.chance.choice([place for place, score in enumerate(scores) if score == top]))


class TextbookEpsilon(Means):
    """Sutton and Barto, section 2.4."""

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        if self.chance.random() < 0.1:
            return int(self.chance.integers(len(self.count)))
        return self._best([t / n if n else 0.0 for t, n in zip(self.total, self.count, strict=True)])


class TextbookUcb(Means):
    """Auer and others, figure 1; with a scale, Lattimore and Szepesvari, chapter 8."""

    def __init__(self, arms: int, seed: int, scale: float = 1.0) -> None:
        super().__init__(arms, seed)
        self.scale = scale

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        new = [place for place, count in enumerate(self.count) if not count]
        if new:
            return new[0]
        log = 2.0 * math.log(sum(self.count))
        return self._best(
            [t / n + self.scale * math.sqrt(log / n) for t, n in zip(self.total, self.count, strict=True)]
        )


class TextbookBeta(Means):
    """Russo and others, algorithm 3.2."""

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        pairs = zip(self.total, self.count, strict=True)
        return self._best([self.chance.beta(1 + wins, 1 + n - wins) for wins, n in pairs])


class TextbookNormalGamma(Means):
    """Murphy, section 3, with the prior mean 0, and 1 for all else."""

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        drawn = []
        for n, total, square in zip(self.count, self.total, self.square, strict=True):
            mean = total / n if n else 0.0
            rate = 1.0 + 0.5 * (square - n * mean * mean) + n * mean * mean / (2 * (n + 1))
            variance = 1.0 / self.chance.gamma(1.0 + n / 2, 1.0 / rate)
            drawn.append(self.chance.normal(total / (n + 1), math.sqrt(variance / (n + 1))))
        return self._best(drawn)


class TextbookLinear:
    """What both linear loops keep: A and b for each arm."""

    def __init__(self, arms: int, width: int, seed: int) -> None:
        self.a = [np.eye(width) for _ in range(arms)]
        self.b = [np.zeros(width) for _ in range(arms)]
        self.chance = np.random.default_rng([9, seed])

    def learn(self, arm: int, reward: float, row: np.ndarray) -> None:
        """Its reward."""
        x = np.append(1.0, row)
        self.a[arm] += np.outer(x, x)
        self.b[arm] += reward * x


class TextbookLinUcb(TextbookLinear):
    """Li and others, algorithm 1."""

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        x, scores = np.append(1.0, row), []
        for a, b in zip(self.a, self.b, strict=True):
            inverse = np.linalg.inv(a)
            scores.append(float(x @ inverse @ b + math.sqrt(x @ inverse @ x)))
        best = np.flatnonzero(np.array(scores) == max(scores))
        return int(self.chance.choice(best))


class TextbookLinearThompson(TextbookLinear):
    """Agrawal and Goyal, algorithm 1, with a deviation of 0.5."""

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        x, scores = np.append(1.0, row), []
        for a, b in zip(self.a, self.b, strict=True):
            inverse = np.linalg.inv(a)
            scores.append(float(x @ self.chance.multivariate_normal(inverse @ b, 0.25 * inverse)))
        return int(np.argmax(scores))


# Ours.


class Ours:
    """A policy of the package."""

    def __init__(self, arms: int, seed: int, **options: Any) -> None:
        from mainspring.serving.rollout.options import Bandit
        from mainspring.serving.rollout.policies import Knowledge, chooser

        self.bandit = Bandit(arms=ARMS[:arms], **options)
        self.policy, self.known = chooser(self.bandit), Knowledge(self.bandit.arms)
        self.chance = random.Random(seed)

    def choose(self, row: np.ndarray) -> int:
        """An arm."""
        return self.policy.choose(self.known, self._context(row), self.chance)[0]

    def learn(self, arm: int, reward: float, row: np.ndarray) -> None:
        """Its reward."""
        self.policy.learn(self.known, arm, reward, self._context(row))

    def _context(self, row: np.ndarray) -> Mapping[str, float]:
        from mainspring.serving.rollout.context import features

        if not self.bandit.context:
            return {}
        return features(COLUMNS, dict(zip(COLUMNS, row.tolist(), strict=True)))


Made = Callable[[int], Player]
Build = Callable[[int, int], World]

CASES: Mapping[str, tuple[Build, int, Made, Made]] = {
    "epsilon_greedy, binary": (
        binary,
        5000,
        lambda seed: Ours(5, seed, policy="epsilon_greedy"),
        lambda seed: TextbookEpsilon(5, seed),
    ),
    "ucb, binary": (binary, 5000, lambda seed: Ours(5, seed, policy="ucb"), lambda seed: TextbookUcb(5, seed)),
    "thompson, binary": (
        binary,
        5000,
        lambda seed: Ours(5, seed, policy="thompson"),
        lambda seed: TextbookBeta(5, seed),
    ),
    "ucb, numbers": (
        normal,
        3000,
        lambda seed: Ours(5, seed, policy="ucb", kind="number"),
        lambda seed: TextbookUcb(5, seed),
    ),
    "thompson, numbers": (
        normal,
        3000,
        lambda seed: Ours(5, seed, policy="thompson", kind="number"),
        lambda seed: TextbookNormalGamma(5, seed),
    ),
    "linucb": (
        linear,
        1500,
        lambda seed: Ours(3, seed, policy="linucb", context=COLUMNS),
        lambda seed: TextbookLinUcb(3, 6, seed),
    ),
    "linear_thompson": (
        linear,
        1500,
        lambda seed: Ours(3, seed, policy="linear_thompson", context=COLUMNS, noise=0.5),
        lambda seed: TextbookLinearThompson(3, 6, seed),
    ),
}


def regrets(runs: int, wanted: str) -> None:
    """Regret of ours and of the textbook's."""
    print(f"{'policy':26}{'rounds':>8}{'ours':>10}{'textbook':>10}{'ratio':>8}{'± error':>9}")
    for name, (build, rounds, ours, textbook) in CASES.items():
        if wanted not in name:
            continue
        pairs = np.array(
            [
                (build(seed, rounds).regret(ours(seed)), build(seed, rounds).regret(textbook(seed)))
                for seed in range(runs)
            ]
        )
        mine, theirs = pairs.mean(axis=0)
        ratio = mine / theirs
        error = (pairs[:, 0] - ratio * pairs[:, 1]).std(ddof=1) / math.sqrt(runs) / theirs
        print(f"{name:26}{rounds:8}{mine:10.1f}{theirs:10.1f}{ratio:8.3f}{error:9.3f}", flush=True)


def costs(repeats: int) -> None:
    """What a decision costs with what goes with it: the state that processes share, and the record for the log."""
    from mainspring.serving.decision import Decision
    from mainspring.serving.rollout.bandit import SharedBandit
    from mainspring.serving.rollout.options import Bandit
    from mainspring.serving.rollout.state import Told

    print(f"\n{'policy':26}{'arms':>6}{'µs per decision':>17}{'µs per reward':>15}")
    row = {name: 0.1 * place for place, name in enumerate(COLUMNS)}
    for policy in ("epsilon_greedy", "ucb", "thompson", "linucb", "linear_thompson"):
        contextual = policy.startswith("lin")
        for arms in (2, 3, 5):
            options = Bandit(
                arms=ARMS[:arms], policy=policy, context=COLUMNS if contextual else (), explore=1.0, seed=1
            )
            with tempfile.TemporaryDirectory() as folder:
                bandit = SharedBandit(options, Path(folder))
                chance, number = random.Random(1), iter(range(10**9))

                def rewarded(
                    bandit: Any = bandit, arms: int = arms, chance: Any = chance, number: Any = number
                ) -> None:
                    given = {name: chance.gauss(0, 1) for name in COLUMNS}
                    context = bandit.context(given) if bandit.contextual else {}
                    arm = ARMS[chance.randrange(arms)]
                    bandit.learn([Told(id=str(next(number)), arm=arm, reward=chance.random(), context=context)])

                def decided(bandit: Any = bandit, policy: str = policy) -> Decision:
                    place, propensity = bandit.choose(row if bandit.contextual else None)
                    return Decision("taxi", ARMS[place], propensity, policy, place)

                for _ in range(300):
                    rewarded()
                decided()
                decision = min(timeit.repeat(decided, number=200, repeat=repeats)) / 200 * 1e6
                reward = min(timeit.repeat(rewarded, number=20, repeat=repeats)) / 20 * 1e6
                print(f"{policy:26}{arms:6}{decision:17.2f}{reward:15.1f}", flush=True)
                bandit.close()


def peers(runs: int, wanted: str) -> None:
    """Regret of other libraries on the same simulations."""
    made: dict[str, tuple[Build, int, Made]] = {}
    try:
        mab = importlib.import_module("mabwiser.mab")
        policies = mab.LearningPolicy
    except ImportError:
        print("mabwiser is not installed")
    else:

        class Mab:
            def __init__(self, arms: int, seed: int, policy: Any, width: int = 0) -> None:
                self.mab = mab.MAB(list(range(arms)), policy, seed=seed)
                self.width, self.begun, self.arms, self.turn = width, False, arms, 0

            def choose(self, row: np.ndarray) -> int:
                if self.turn < self.arms:
                    return self.turn  # it has to be fitted once before it is asked
                return int(self.mab.predict([np.append(1.0, row)]) if self.width else self.mab.predict())

            def learn(self, arm: int, reward: float, row: np.ndarray) -> None:
                self.turn += 1
                contexts = [np.append(1.0, row)] if self.width else None
                fit = self.mab.partial_fit if self.begun else self.mab.fit
                fit([arm], [reward], contexts)
                self.begun = True

        made |= {
            "epsilon_greedy, binary, mabwiser": (
                binary,
                5000,
                lambda s: Mab(5, s, policies.EpsilonGreedy(0.1)),
            ),
            "ucb, binary, mabwiser": (binary, 5000, lambda s: Mab(5, s, policies.UCB1(1.0))),
            "thompson, binary, mabwiser": (binary, 5000, lambda s: Mab(5, s, policies.ThompsonSampling())),
            "linucb, mabwiser": (linear, 1500, lambda s: Mab(3, s, policies.LinUCB(1.0, 1.0), 6)),
            "linear_thompson, mabwiser": (linear, 1500, lambda s: Mab(3, s, policies.LinTS(0.5, 1.0), 6)),
        }
    try:
        river_bandit, proba, stats = (
            importlib.import_module(f"river.{each}") for each in ("bandit", "proba", "stats")
        )
    except ImportError:
        print("river is not installed")
    else:

        class River:
            def __init__(self, arms: int, policy: Any) -> None:
                self.policy, self.arms = policy, list(range(arms))

            def choose(self, row: np.ndarray) -> int:
                return int(self.policy.pull(self.arms))

            def learn(self, arm: int, reward: float, row: np.ndarray) -> None:
                self.policy.update(arm, reward)

        made |= {
            "epsilon_greedy, binary, river": (
                binary,
                5000,
                lambda s: River(5, river_bandit.EpsilonGreedy(0.1, reward_obj=stats.Mean(), seed=s)),
            ),
            "ucb, binary, river": (
                binary,
                5000,
                lambda s: River(5, river_bandit.UCB(delta=1.0, reward_obj=stats.Mean(), seed=s)),
            ),
            "thompson, binary, river": (
                binary,
                5000,
                lambda s: River(5, river_bandit.ThompsonSampling(reward_obj=proba.Beta(), seed=s)),
            ),
        }
    print(f"{'policy':36}{'rounds':>8}{'regret':>10}{'± error':>9}")
    for name, (build, rounds, player) in made.items():
        if wanted in name:
            found = np.array([build(seed, rounds).regret(player(seed)) for seed in range(runs)])
            error = found.std(ddof=1) / math.sqrt(runs)
            print(f"{name:36}{rounds:8}{found.mean():10.1f}{error:9.1f}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="runs of each simulation")
    parser.add_argument("--only", default="", help="policies with this in their name")
    parser.add_argument("--repeats", type=int, default=100, help="of which the quickest counts")
    parser.add_argument("--peers", action="store_true", help="other libraries instead")
    options = parser.parse_args()
    if options.peers:
        peers(options.runs, options.only)
        return
    regrets(options.runs, options.only)
    costs(options.repeats)


if __name__ == "__main__":
    main()
