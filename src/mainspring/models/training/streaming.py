"""Training on mini-batches of a table that need not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from mainspring.core.digests import canonical_json
from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.models.model import Model
from mainspring.models.ports import Fitted, Recipe
from mainspring.models.training.batches import Batches
from mainspring.models.training.estimators import find_estimator, trainer
from mainspring.models.training.seeding import seeded
from mainspring.models.training.weights import row_weights
from mainspring.models.training_environment import Environment
from mainspring.models.training_options import CheckpointPlace, Ending, Iteration, Rows, TrainingOptions
from mainspring.models.training_record import TrainingRecord, curves_of


class BatchTrainer(Protocol):
    """A trainer that also learns from mini-batches."""

    def fit_batches(self, recipe: Recipe, batches: Batches, options: TrainingOptions) -> Fitted:
        """Train on the mini-batches of epoch after epoch."""
        ...


def train_in_batches(
    batches: Batches,
    *,
    estimator: str = "torch.MLP",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    validation: Table | None = None,
    patience: int | None = None,
    on_iteration: Callable[[Iteration], None] | None = None,
    checkpoints: CheckpointPlace | None = None,
) -> Model:
    """Train an estimator on mini-batches; the table behind them is never in memory as a whole.

    How long the estimator had to wait for rows is in ``batches.waiting`` afterwards.

    Args:
        batches: The training rows, their transform, and how they are cut and shuffled.
        estimator: Of a framework that learns from mini-batches.
        params: Its parameters: JSON values.
        seed: Of its first weights and what it leaves to chance; the order of rows has a seed of its own.
        validation: Rows to watch and never to learn from; they have to fit into memory.
        patience: Stop after so many epochs without a gain on them, and keep the best.
        on_iteration: Told about every epoch.
        checkpoints: Where the state outlives the process, and is gone on from.

    Raises:
        InputError: If the estimator does not learn from mini-batches, or refuses parameters or data.
    """
    given = dict(params or {})
    canonical_json(given)
    framework, full = find_estimator(estimator)
    found = trainer(framework)
    if not hasattr(found, "fit_batches"):
        raise InputError(
            f"{full} needs all rows at once",
            expected="an estimator that learns from mini-batches, such as torch.MLP",
            fix="train(table, transform, …) with as many rows as fit into memory",
        )
    transform = batches.transform
    iterations: list[Iteration] = []
    endings: list[Ending] = []

    def note(iteration: Iteration) -> None:
        iterations.append(iteration)
        if on_iteration is not None:
            on_iteration(iteration)

    held = None
    if validation is not None:
        truth = transform.labels(validation)
        held = Rows(
            transform.apply(validation), truth, row_weights(validation, batches.weight, batches.by_class, truth)
        )
    options = TrainingOptions(
        validation=held,
        patience=patience,
        on_iteration=note,
        on_end=endings.append,
        checkpoints=checkpoints,
    )
    recipe = Recipe(full, given, seed, transform.classes)
    with seeded(seed):
        fitted = cast("BatchTrainer", found).fit_batches(recipe, batches, options)
    record = TrainingRecord(
        environment=Environment.here(found.libraries),
        rows=batches.rows,
        settings={"batches": {"size": batches.size, "buffer": batches.buffer, "seed": batches.seed}},
        curves=curves_of(iterations),
        ending=endings[-1] if endings else None,
    )
    return Model(framework, recipe, fitted, transform, record)
