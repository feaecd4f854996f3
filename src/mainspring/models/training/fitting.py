"""Fits an estimator on a transformed table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mainspring.core.digests import canonical_json
from mainspring.core.errors import InputError
from mainspring.data import Table, Transform
from mainspring.models.model import Model
from mainspring.models.ports import Fitted, Recipe, Trainer
from mainspring.models.training.estimators import find_estimator, trainer
from mainspring.models.training.monotone import check_monotone, constrained_columns
from mainspring.models.training.seeding import seeded
from mainspring.models.training.validation import take_validation
from mainspring.models.training.weights import class_weights as weights_by_class
from mainspring.models.training.weights import row_weights
from mainspring.models.training_environment import Environment
from mainspring.models.training_options import CheckpointPlace, Ending, Iteration, Rows, TrainingOptions
from mainspring.models.training_record import TrainingRecord, curves_of


def train(
    table: Table,
    transform: Transform,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    validation: Table | float | None = None,
    validation_group: str | Sequence[str] = (),
    patience: int | None = None,
    class_weights: str | Mapping[str, float] | None = None,
    weight: str | None = None,
    monotone: Mapping[str, int] | None = None,
    initial: Model | None = None,
    seconds: float | None = None,
    on_iteration: Callable[[Iteration], None] | None = None,
    on_checkpoint: Callable[[int, Fitted], None] | None = None,
    checkpoint_every: int = 0,
    checkpoints: CheckpointPlace | None = None,
) -> Model:
    """Train an estimator on the rows of a table.

    The same table, transform, estimator, parameters and seed give the same bytes in the same environment; only a
    training that ran out of time is told apart by its record (``model.training.ending``).

    Args:
        table: The training split, with the label.
        transform: Fitted; it also says whether the task is classification or regression.
        estimator: Full name or class name of an estimator of an installed framework, or a function of your own
            as ``"module:function"``.
        params: Arguments of its constructor: JSON values.
        seed: Of every random choice, unless ``params`` has its own.
        validation: Rows to watch and never to learn from: a table, or the share of the training rows that a hash
            takes out for it. Figures of every iteration are kept as curves.
        validation_group: Columns whose values alone decide which rows are taken out.
        patience: Stop after so many iterations without a gain on the validation rows, and keep the best.
        class_weights: ``"balanced"``, or what rows of a class count; a class that is not named counts 1.
        weight: A column of the table with what each row counts.
        monotone: Column to 1 (the answer may only rise with it) or -1 (only fall); held to after training.
        initial: A model of the same estimator to go on from. Its transform is kept, and ``transform`` not used:
            its trees and weights mean nothing elsewhere.
        seconds: Stop at the first iteration after this time.
        on_iteration: Told about every iteration.
        on_checkpoint: Given the iteration and the estimator so far.
        checkpoint_every: How often, in iterations.
        checkpoints: Where the state of the training outlives its process; a training that finds a state there
            goes on from it.

    Raises:
        InputError: If there is no such estimator or parameter, if it does the other task, if labels are missing,
            if it refuses the data, or if it has no ability for what is asked.
        StateError: If what was trained breaks the constraints.
    """
    given = _checked_params(params)
    framework, full = find_estimator(estimator)
    used = transform if initial is None else initial.transform
    recipe = Recipe(full, given, seed, used.classes)
    if patience is not None and validation is None:
        raise InputError("patience needs rows to watch", fix="give validation=0.1, or a table")
    learnt, watched = take_validation(table, validation, seed=seed, group=validation_group)
    rows, held = _rows(used, learnt, watched, class_weights, weight)
    iterations: list[Iteration] = []
    endings: list[Ending] = []

    def note(iteration: Iteration) -> None:
        iterations.append(iteration)
        if on_iteration is not None:
            on_iteration(iteration)

    options = TrainingOptions(
        weights=rows.weights,
        validation=held,
        patience=patience,
        initial=None if initial is None else initial.fitted,
        monotone=constrained_columns(used, monotone or {}),
        seconds=seconds,
        on_iteration=note if held is not None or on_iteration is not None else None,
        on_checkpoint=on_checkpoint,
        checkpoint_every=checkpoint_every,
        checkpoints=checkpoints,
        on_end=endings.append,
    )
    taught = trainer(framework)
    with seeded(seed):
        fitted = _fit(taught, recipe, rows, options)
    record = TrainingRecord(
        environment=Environment.here(taught.libraries),
        rows=len(rows.target),
        settings=_settings(
            validation=_told(watched, validation),
            patience=patience,
            class_weights=class_weights if isinstance(class_weights, str) else dict(class_weights or {}),
            weight=weight,
            monotone=dict(monotone or {}),
            initial=None if initial is None else initial.recipe.estimator,
            seconds=seconds,
        ),
        curves=curves_of(iterations),
        ending=endings[-1] if endings else None,
    )
    model = Model(framework, recipe, fitted, used, record)
    if not monotone:
        return model
    steps = {f"monotone {name}": step for name, step in check_monotone(model, learnt, monotone).items()}
    return replace(model, training=replace(record, findings=steps))


def _checked_params(params: Mapping[str, Any] | None) -> dict[str, Any]:
    given = dict(params or {})
    try:
        canonical_json(given)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"params are not JSON values: {error}", expected="numbers, texts, lists, true, null"
        ) from error
    return given


def _rows(
    transform: Transform,
    learnt: Table,
    watched: Table | None,
    by_class: str | Mapping[str, float] | None,
    weight: str | None,
) -> tuple[Rows, Rows | None]:
    """What is learnt from and what is watched, with weights by the same rule."""
    if weight is not None and any(column.name == weight for column in transform.inputs):
        raise InputError(
            f"the weights in {weight!r} are a feature of the transform too",
            fix=f"fit the transform with exclude=[{weight!r}]",
        )
    target = transform.labels(learnt)
    of_classes = weights_by_class(by_class, transform.classes, target)
    rows = Rows(transform.apply_training(learnt), target, row_weights(learnt, weight, of_classes, target))
    if watched is None:
        return rows, None
    truth = transform.labels(watched)
    return rows, Rows(transform.apply(watched), truth, row_weights(watched, weight, of_classes, truth))


def _fit(found: Trainer, recipe: Recipe, rows: Rows, options: TrainingOptions) -> Fitted:
    """Train; a trainer from before there were options is given none.

    Raises:
        InputError: If the estimator has no ability for what is asked.
    """
    if hasattr(found, "abilities"):
        return found.fit(recipe, rows.matrix, rows.target, options)
    if options.wanted():
        raise InputError(
            f"{recipe.estimator} cannot do: {', '.join(sorted(options.wanted()))}",
            expected="plain training",
            fix="leave it out, or choose an estimator that can, such as lightgbm.LGBMClassifier",
        )
    return found.fit(recipe, rows.matrix, rows.target)


def _settings(**asked: Any) -> dict[str, Any]:
    """What was asked for, without what was not."""
    return {name: value for name, value in asked.items() if value is not None and value != {}}


def _told(watched: Table | None, validation: Table | float | None) -> dict[str, Any] | None:
    if watched is None:
        return None
    share = {} if isinstance(validation, Table) or validation is None else {"share": validation}
    return {"rows": watched.num_rows, **share}
