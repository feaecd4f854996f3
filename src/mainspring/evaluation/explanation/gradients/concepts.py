"""Testing with concept activation vectors: whether a network answers by an idea that people have a name for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]

LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptSensitivity:
    """How an answer depends on a concept.

    Attributes:
        score: The share of rows whose answer rises towards the concept, the mean over random sets; 1 is all.
        scores: That of each random set.
        random_scores: The same of random sets held against each other: what no concept gives.
        p_value: Of the two means being equal (Welch's t, two-sided), times the number of concepts tested
            (Bonferroni), at most 1.
        significant: Whether it is below the level.
        accuracy: How often the concept is told from random examples, of held-out ones; near 1/2 there is nothing
            that the layer knows of it, and the score says nothing.
    """

    score: float
    scores: tuple[float, ...]
    random_scores: tuple[float, ...]
    p_value: float
    significant: bool
    accuracy: float

    def __str__(self) -> str:
        sure = "" if self.significant else ", which chance gives too"
        return f"{self.score:.3f} (p {self.p_value:.2g}{sure}; told apart {self.accuracy:.2f})"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            **asdict(self),
            "scores": list(self.scores),
            "random_scores": list(self.random_scores),
        }


def tcav(
    concept: Floats,
    random_sets: Sequence[Floats],
    slopes: Floats,
    *,
    tested: int = 1,
    level: float = LEVEL,
    penalty: float = 1e-2,
    seed: int = 0,
) -> ConceptSensitivity:
    """Whether answers rise when a layer's activations move towards a concept, and more than for random examples.

    In the layer a line tells examples of the concept from random ones; its direction is the concept. This is done
    with every random set, and with random sets against each other.

    Args:
        concept: The layer's activations for examples of the concept, shape ``[m, …]``.
        random_sets: Those for sets of random examples, each ``[k, …]``; three at least, better ten.
        slopes: The slopes of the answer by the activations, for the rows explained, shape ``[n, …]``.
        tested: How many concepts are tested together (Bonferroni).
        level: What a p-value must be below.
        penalty: Of the line (ridge), as a share of the mean variance.
        seed: Of what is held out to judge the line.

    Raises:
        InputError: If there are fewer than three random sets, or examples too few to hold any out.

    Reference: B. Kim and others, *Interpretability beyond feature attribution: quantitative testing with concept
    activation vectors (TCAV)*, ICML 2018.
    """
    sets = [_flat(one) for one in random_sets]
    examples, moves = _flat(concept), _flat(slopes)
    if len(sets) < 3 or min(map(len, [examples, *sets])) < 4 or not len(moves):
        raise InputError(
            f"{len(examples)} examples, {len(sets)} random sets and {len(moves)} rows",
            expected="four examples or more in the concept and in each of three random sets, and a row",
        )
    generator = np.random.default_rng(seed)
    judged = [_judged(examples, one, generator, penalty) for one in sets]
    scores = [_score(_direction(examples, one, penalty), moves) for one in sets]
    # Each set against the one behind it: as many pairs as sets.
    pairs = itertools.pairwise([*sets, sets[0]])
    by_chance = [_score(_direction(one, other, penalty), moves) for one, other in pairs]
    p_value = min(1.0, tested * _p_value(np.array(scores), np.array(by_chance)))
    return ConceptSensitivity(
        score=float(np.mean(scores)),
        scores=tuple(scores),
        random_scores=tuple(by_chance),
        p_value=p_value,
        significant=p_value < level,
        accuracy=float(np.mean(judged)),
    )


def _flat(values: Floats) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(len(values), -1)


def _direction(examples: Floats, others: Floats, penalty: float) -> Floats:
    """The direction of a ridge regression of which set a row is of."""
    rows = np.concatenate((examples, others))
    target = np.concatenate((np.full(len(examples), 1 / len(examples)), np.full(len(others), -1 / len(others))))
    centred = rows - (examples.mean(axis=0) + others.mean(axis=0)) / 2
    # As many unknowns as rows, and not as coordinates, of which a layer has many thousands.
    gram = centred @ centred.T
    share = penalty * float(np.trace(gram)) / len(rows) or 1.0
    direction: Floats = centred.T @ np.linalg.solve(gram + share * np.eye(len(rows)), target)
    size = float(np.linalg.norm(direction))
    return direction / size if size > 0 else direction


def _judged(examples: Floats, others: Floats, generator: np.random.Generator, penalty: float) -> float:
    """How often a line learnt from three quarters tells the last quarter apart."""
    mine, theirs = generator.permutation(len(examples)), generator.permutation(len(others))
    a, b = max(1, len(mine) // 4), max(1, len(theirs) // 4)
    learnt, rest = examples[mine[a:]], others[theirs[b:]]
    direction = _direction(learnt, rest, penalty)
    middle = (learnt.mean(axis=0) + rest.mean(axis=0)) / 2
    right = ((examples[mine[:a]] - middle) @ direction > 0).mean() + (
        (others[theirs[:b]] - middle) @ direction < 0
    ).mean()
    return float(right) / 2


def _score(direction: Floats, moves: Floats) -> float:
    return float((moves @ direction > 0).mean())


def _p_value(scores: Floats, by_chance: Floats) -> float:
    """Welch's t-test, two-sided; certain where neither varies."""
    apart = float(scores.mean() - by_chance.mean())
    parts = [float(one.var(ddof=1)) / len(one) for one in (scores, by_chance)]
    spread = sum(parts)
    if spread <= 0:
        return 1.0 if apart == 0 else 0.0
    from scipy.special import stdtr

    freedom = spread**2 / sum(
        part**2 / (len(one) - 1) for part, one in zip(parts, (scores, by_chance), strict=True)
    )
    return float(2 * stdtr(freedom, -abs(apart) / math.sqrt(spread)))
