"""A small tree that answers as the model does, and how often it does so on rows that it was not made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.evaluation.explanation.anchors.predicates import Predicate
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.showing import shown
from mainspring.evaluation.stored import StoredWithoutTime

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]

_CUTS = np.linspace(0, 1, 33)[1:-1]

WORDS = 20
"""So many of a column's words are told apart, the most frequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One rule of the tree.

    Attributes:
        conditions: What rows of it meet, as text: ``"age > 37"``, ``"not job = smith"``.
        answer: The mean figure of the model there: a probability, log-odds or a value.
        share: The share of held-out rows that meet it.
        error: The mean distance of the model's figures from the answer there, on held-out rows; NaN without any.
    """

    conditions: tuple[str, ...]
    answer: float
    share: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrogate(StoredWithoutTime):
    """A tree in place of a model.

    Attributes:
        leaves: Its rules, from left to right.
        fidelity: R² of its answers against the model's figures on held-out rows; NaN where those are all alike.
        agreement: The share of held-out rows on which both fall on the same side of one half; NaN for values.
        output: The class asked about; ``None`` for a regression's value.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        parameters: Everything else that it depends on.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Surrogate"
    FILE: ClassVar[str] = "surrogate.json"

    leaves: tuple[Leaf, ...]
    fidelity: float
    agreement: float
    output: str | None
    scale: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = field(default=NOTHING, compare=False)

    def __str__(self) -> str:
        lines = [f"{len(self.leaves)} rules, fidelity {self.fidelity:.3f}"]
        for leaf in self.leaves:
            rule = " and ".join(leaf.conditions) or "anything"
            lines.append(f"  if {rule}: {leaf.answer:.4g} ({leaf.share:.1%} of rows)")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return shown(self)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {"leaves": len(self.leaves)}
        return told if math.isnan(self.fidelity) else {**told, "fidelity": self.fidelity}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "leaves": [{**asdict(leaf), "error": _or_none(leaf.error)} for leaf in self.leaves],
            "fidelity": _or_none(self.fidelity),
            "agreement": _or_none(self.agreement),
            "output": self.output,
            "scale": self.scale,
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            leaves=tuple(
                Leaf(**{**leaf, "conditions": tuple(leaf["conditions"]), "error": _or_nan(leaf["error"])})
                for leaf in value["leaves"]
            ),
            fidelity=_or_nan(value["fidelity"]),
            agreement=_or_nan(value["agreement"]),
            output=value["output"],
            scale=value["scale"],
            parameters=dict(value["parameters"]),
            spent=Spent(**value["spent"]),
        )


def surrogate(
    asked: Asked,
    table: Table,
    *,
    features: Sequence[str] | None = None,
    leaves: int = 8,
    least: float = 0.01,
    held_out: float = 0.3,
    seed: int = 0,
) -> Surrogate:
    """Fit a tree to a model's figures, by raw columns, and judge it on rows that it did not see.

    Args:
        asked: The model.
        table: Rows that stand for the data.
        features: The columns that the tree may ask about; all that the model is given without it.
        leaves: The most rules.
        least: The least share of rows in a rule.
        held_out: The share of rows that the tree is judged on.
        seed: Of the split.

    Raises:
        InputError: If a column does not exist, or there are too few rows to hold any out.

    Reference: M. Craven and J. Shavlik, *Extracting tree-structured representations of trained networks*, NIPS
    1995.
    """
    names = tuple(features or asked.names)
    strange = [name for name in names if name not in asked.names]
    away = round(table.num_rows * held_out)
    if strange or not 1 <= away < table.num_rows - 1:
        raise InputError(
            f"no column {', '.join(map(repr, strange))}" if strange else f"{table.num_rows} rows, {away} held out",
            expected="columns of " + ", ".join(asked.names) + ", and rows to learn from and to judge on",
        )
    columns = asked.columns(table)
    figures = asked(columns)
    order = np.random.default_rng(seed).permutation(table.num_rows)
    judged, learnt = order[:away], order[away:]
    questions = _questions(taken(columns, learnt), names)
    design = np.column_stack([question.met(columns[question.feature]) for question in questions])
    nodes = _grown(design[learnt], figures[learnt], leaves=leaves, smallest=max(1, math.ceil(least * len(learnt))))
    ends = _ends(nodes, design[judged])
    own = np.array([node.mean for node in nodes])[ends]
    spread = float(((figures[judged] - figures[judged].mean()) ** 2).sum())
    sides = (own >= 0.5) == (figures[judged] >= 0.5) if asked.scale == "probability" else None
    return Surrogate(
        leaves=_leaves(nodes, questions, ends, figures[judged]),
        fidelity=1 - float(((figures[judged] - own) ** 2).sum()) / spread if spread > 0 else math.nan,
        agreement=float(sides.mean()) if sides is not None else math.nan,
        output=asked.output,
        scale=asked.scale,
        parameters={"features": list(names), "leaves": leaves, "least": least, "held_out": held_out, "seed": seed},
        spent=asked.spent,
    )


def _questions(columns: Columns, names: tuple[str, ...]) -> list[Predicate]:
    """All that the tree may ask: whether a number is above one of 31 quantiles, or a word is a given one."""
    found: list[Predicate] = []
    for name in names:
        values = columns[name]
        if values.dtype == object:
            words, counts = np.unique(
                [value for value in values.tolist() if value is not None], return_counts=True
            )
            ranked = words[np.lexsort((words, -counts))][:WORDS]
            found += [Predicate(name, "=", str(word)) for word in ranked]
            gaps = len(values) > counts.sum()
        else:
            known = values[~np.isnan(values)]
            cuts = np.quantile(known, _CUTS, method="inverted_cdf") if len(known) else known
            found += [Predicate(name, ">", float(cut)) for cut in np.unique(cuts)]
            gaps = len(known) < len(values)
        if gaps:
            found.append(Predicate(name, "missing"))
    return found


@dataclass(slots=True)
class _Node:
    """A set of rows; where it is split, its question and the nodes of those that meet it and those that do not."""

    rows: npt.NDArray[np.int64]
    mean: float
    question: int = -1
    met: int = -1
    unmet: int = -1


def _grown(design: npt.NDArray[np.bool_], figures: Floats, *, leaves: int, smallest: int) -> list[_Node]:
    """Split, again and again, the node where one question takes most away from the squared error."""
    nodes = [_Node(np.arange(len(figures)), float(figures.mean()))]
    open_ = {0: _best(design, figures, nodes[0], smallest)}
    for _ in range(leaves - 1):
        place = max(open_, key=lambda node: open_[node][0])
        gain, question = open_.pop(place)
        if gain <= 0:
            break
        rows = nodes[place].rows
        nodes[place].question, nodes[place].met, nodes[place].unmet = question, len(nodes), len(nodes) + 1
        for part in (rows[design[rows, question]], rows[~design[rows, question]]):
            nodes.append(_Node(part, float(figures[part].mean())))
            open_[len(nodes) - 1] = _best(design, figures, nodes[-1], smallest)
    return nodes


def _best(design: npt.NDArray[np.bool_], figures: Floats, node: _Node, smallest: int) -> tuple[float, int]:
    """The question that splits a node best, and how much squared error that takes away; 0 if none does."""
    inside, apart = design[node.rows], figures[node.rows] - node.mean
    met = inside.sum(axis=0).astype(np.float64)
    unmet = len(node.rows) - met
    # Around the node's mean the two sums of a split differ in sign only.
    sums = apart @ inside
    fits = (met >= smallest) & (unmet >= smallest)
    gains = np.where(fits, sums**2 / np.maximum(met, 1) + sums**2 / np.maximum(unmet, 1), 0.0)
    best = int(gains.argmax())
    # What rounding makes of a node without any spread is no gain.
    return (float(gains[best]), best) if gains[best] > 1e-12 * max(1.0, float(apart @ apart)) else (0.0, -1)


def _ends(nodes: list[_Node], design: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The node in which each row ends, shape ``[n]``."""
    ends = np.zeros(len(design), dtype=np.int64)
    for place, node in enumerate(nodes):
        if node.question >= 0:
            here = ends == place
            ends[here] = np.where(design[here, node.question], node.met, node.unmet)
    return ends


def _leaves(
    nodes: list[_Node], questions: list[Predicate], ends: npt.NDArray[np.int64], figures: Floats
) -> tuple[Leaf, ...]:
    """The rules of a tree, with how they do on held-out rows."""
    found: list[Leaf] = []
    waiting: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    while waiting:
        place, way = waiting.pop()
        node = nodes[place]
        if node.question >= 0:
            question = questions[node.question]
            waiting += [(node.met, (*way, str(question))), (node.unmet, (*way, _denied(question)))]
            continue
        inside = figures[ends == place]
        error = float(np.abs(inside - node.mean).mean()) if len(inside) else math.nan
        found.append(Leaf(conditions=way, answer=node.mean, share=len(inside) / len(figures), error=error))
    return tuple(found)


def _denied(question: Predicate) -> str:
    if question.relation == ">":
        return f"{question.feature} <= {question.value:.6g} or missing"
    return f"{question.feature} is not missing" if question.relation == "missing" else f"not {question}"


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
