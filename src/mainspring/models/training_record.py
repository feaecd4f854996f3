"""What is kept of a training beside the trained estimator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from mainspring.models.training_environment import Environment
from mainspring.models.training_options import Ending, Iteration


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that was tried, and how good it was.

    Attributes:
        name: ``"previous"``, ``"fine-tuned"`` or ``"started over"``.
        figures: Metrics on the rows that all candidates were compared on; empty if it could not be made.
        kept: Whether it was taken.
        note: Why it could not be made, if so.
    """

    name: str
    figures: Mapping[str, float] = field(default_factory=dict)
    kept: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecord:
    """How a model came about.

    Attributes:
        environment: Where it was trained.
        rows: How many rows it was trained on.
        settings: What was asked for beyond estimator, parameters and seed: JSON values.
        curves: Figure to its value after every iteration, such as ``"validation logloss"``.
        ending: How the training ended.
        findings: Figures of checks made on the trained model, such as the largest step against a constraint.
        candidates: What it was compared with; one of them is kept.
        metric: The metric by which the candidates were compared.
    """

    environment: Environment
    rows: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    ending: Ending | None = None
    findings: Mapping[str, float] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    metric: str | None = None

    def to_json(self) -> str:
        """As text, with the same bytes for the same record."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of :meth:`to_json`."""
        value = json.loads(text)
        ending = value.pop("ending")
        return cls(
            **{
                **value,
                "environment": Environment.from_dict(value["environment"]),
                "curves": {name: tuple(curve) for name, curve in value["curves"].items()},
                "ending": None if ending is None else Ending(**ending),
                "candidates": tuple(Candidate(**candidate) for candidate in value["candidates"]),
            }
        )


def curves_of(iterations: Sequence[Iteration]) -> dict[str, tuple[float, ...]]:
    """The figures of iterations, by name."""
    names = dict.fromkeys(name for iteration in iterations for name in iteration.figures)
    return {name: tuple(one.figures[name] for one in iterations if name in one.figures) for name in sorted(names)}
