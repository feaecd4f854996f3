"""The suite of :class:`mainspring.models.ports.Trainer`."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mainspring.core.errors import InputError
from mainspring.models.ports import Fitted, Recipe, Trainer
from mainspring.models.training_options import Ability, Ending, Iteration, Rows, TrainingOptions

ROWS = 400


class TrainerSuite:
    """All promises of a trainer, for one of its estimators.

    What an estimator has no ability for must be refused; what it has is tried.
    """

    @pytest.fixture
    def trainer(self) -> Trainer:
        """The trainer: to be given by the test class."""
        raise NotImplementedError("override the fixture `trainer`")

    @pytest.fixture
    def recipe(self) -> Recipe:
        """An estimator with its parameters, quick to train: at most 60 iterations. Classes ``("a", "b")``, or
        ``None``: to be given by the test class.
        """
        raise NotImplementedError("override the fixture `recipe`")

    @pytest.fixture
    def gaps(self) -> bool:
        """Whether the matrix may have missing values."""
        return False

    @pytest.fixture
    def rows(self, recipe: Recipe, gaps: bool) -> Rows:
        """Rows to learn from: the answer rises with the first column, and falls with the second."""
        return _rows(0, recipe, gaps=gaps)

    @pytest.fixture
    def held(self, recipe: Recipe, gaps: bool) -> Rows:
        """Other rows of the same kind."""
        return _rows(1, recipe, gaps=gaps)

    def test_it_offers_the_estimator(self, trainer: Trainer, recipe: Recipe) -> None:
        assert recipe.estimator in trainer.estimators() or ":" in recipe.estimator
        assert trainer.libraries

    def test_it_learns(self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows) -> None:
        fitted = trainer.fit(recipe, rows.matrix, rows.target)
        scores = fitted.scores(held.matrix)
        assert scores.dtype == np.float64
        if recipe.classes is None:
            assert scores.shape == (ROWS,)
            assert np.mean((scores - held.target) ** 2) < 0.7 * np.var(held.target)
            return
        assert scores.shape == (ROWS, len(recipe.classes))
        assert scores.min() >= 0
        assert scores.sum(axis=1) == pytest.approx(np.ones(ROWS), abs=1e-6)
        assert np.mean(scores.argmax(axis=1) == held.target) > 0.65

    def test_no_rows_is_no_error(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        fitted = trainer.fit(recipe, rows.matrix, rows.target)
        if fitted.native.__class__.__module__.startswith("sklearn"):
            pytest.skip("scikit-learn refuses a matrix without rows")
        assert len(fitted.scores(rows.matrix[:0])) == 0

    def test_rows_do_not_influence_each_other(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        fitted = trainer.fit(recipe, rows.matrix, rows.target)
        all_at_once = fitted.scores(rows.matrix)
        one_by_one = np.concatenate([fitted.scores(rows.matrix[row : row + 1]) for row in range(20)])
        assert all_at_once[:20] == pytest.approx(one_by_one, rel=1e-6, abs=1e-9)

    def test_the_same_training_gives_the_same_bytes(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        first, second = (trainer.fit(recipe, rows.matrix, rows.target).dump().read_all() for _ in range(2))
        assert first.content == second.content

    def test_what_is_loaded_answers_as_what_was_trained(
        self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows
    ) -> None:
        fitted = trainer.fit(recipe, rows.matrix, rows.target)
        loaded = trainer.load(fitted.dump().read_all(), recipe)
        assert np.array_equal(loaded.scores(held.matrix), fitted.scores(held.matrix))
        assert loaded.dump().read_all().content == fitted.dump().read_all().content

    def test_it_leaves_the_rows_as_they_are(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        matrix, target = rows.matrix.copy(), rows.target.copy()
        trainer.fit(recipe, rows.matrix, rows.target).scores(rows.matrix)
        assert np.array_equal(rows.matrix, matrix, equal_nan=True)
        assert np.array_equal(rows.target, target)

    def test_the_other_task_is_refused(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        if ":" in recipe.estimator or recipe.estimator.startswith("torch"):
            pytest.skip("it does both tasks")
        other = replace(recipe, classes=("a", "b") if recipe.classes is None else None)
        with pytest.raises(InputError, match="predicts"):
            trainer.fit(other, rows.matrix, rows.target)

    def test_an_unknown_parameter_is_refused(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        with pytest.raises(InputError, match="no parameter 'colour'"):
            trainer.fit(replace(recipe, params={**recipe.params, "colour": 1}), rows.matrix, rows.target)

    @pytest.mark.parametrize("ability", list(Ability), ids=lambda ability: ability.name)
    def test_what_it_has_no_ability_for_is_refused(
        self, ability: Ability, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows
    ) -> None:
        if ability in trainer.abilities(recipe.estimator):
            pytest.skip("it has it")
        asked: dict[Ability, TrainingOptions] = {
            Ability.WEIGHTS: TrainingOptions(weights=np.ones(ROWS)),
            Ability.VALIDATION: TrainingOptions(validation=held),
            Ability.EARLY_STOPPING: TrainingOptions(validation=held, patience=2),
            Ability.MONOTONE: TrainingOptions(monotone={0: 1}),
            Ability.CHECKPOINTS: TrainingOptions(on_checkpoint=lambda _n, _f: None, checkpoint_every=1),
            Ability.TIME_BUDGET: TrainingOptions(seconds=60.0),
            Ability.RESUME: TrainingOptions(checkpoints=_NoPlace()),
        }
        if ability is Ability.WARM_START:
            initial = trainer.fit(recipe, rows.matrix, rows.target)
            asked[ability] = TrainingOptions(initial=initial)
        with pytest.raises(InputError, match="cannot do"):
            trainer.fit(recipe, rows.matrix, rows.target, asked[ability])

    def test_weights_count(self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows) -> None:
        _needs(Ability.WEIGHTS, trainer, recipe)
        up = (rows.target > np.mean(rows.target)).astype(np.float64)
        plain = trainer.fit(recipe, rows.matrix, rows.target)
        heavy = trainer.fit(recipe, rows.matrix, rows.target, TrainingOptions(weights=1.0 + 9.0 * up))
        assert _answers(heavy, held).mean() > _answers(plain, held).mean()

    def test_iterations_are_told(self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows) -> None:
        _needs(Ability.VALIDATION, trainer, recipe)
        seen: list[Iteration] = []
        ended: list[Ending] = []
        options = TrainingOptions(validation=held, on_iteration=seen.append, on_end=ended.append)
        trainer.fit(recipe, rows.matrix, rows.target, options)
        assert [one.number for one in seen] == list(range(1, len(seen) + 1))
        assert any(name.startswith("validation ") for name in seen[-1].figures)
        assert ended == [Ending("done", len(seen), len(seen))]

    def test_watched_rows_are_not_learnt_from(
        self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows
    ) -> None:
        _needs(Ability.VALIDATION, trainer, recipe)
        plain = trainer.fit(recipe, rows.matrix, rows.target)
        watched = trainer.fit(recipe, rows.matrix, rows.target, TrainingOptions(validation=held))
        assert np.array_equal(watched.scores(held.matrix), plain.scores(held.matrix))

    def test_it_stops_early_and_keeps_the_best(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        _needs(Ability.EARLY_STOPPING, trainer, recipe)
        shuffled = np.random.default_rng(0).permutation(rows.target)
        nothing_to_learn = Rows(rows.matrix, shuffled)
        ended: list[Ending] = []
        options = TrainingOptions(validation=nothing_to_learn, patience=2, on_end=ended.append)
        fitted = trainer.fit(recipe, rows.matrix, rows.target, options)
        (ending,) = ended
        assert ending.reason == "early"
        assert 0 < ending.kept < ending.iterations
        again = trainer.fit(recipe, rows.matrix, rows.target, options)
        assert again.dump().read_all().content == fitted.dump().read_all().content

    def test_it_goes_on_from_a_start(self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows) -> None:
        _needs(Ability.WARM_START, trainer, recipe)
        start = trainer.fit(recipe, rows.matrix[:150], rows.target[:150])
        before = start.dump().read_all().content
        options = TrainingOptions(initial=start)
        on, again = (trainer.fit(recipe, rows.matrix, rows.target, options) for _ in range(2))
        assert start.dump().read_all().content == before
        assert on.dump().read_all().content == again.dump().read_all().content
        loaded = trainer.load(on.dump().read_all(), recipe)
        assert np.array_equal(loaded.scores(held.matrix), on.scores(held.matrix))

    def test_a_start_for_another_matrix_is_refused(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        _needs(Ability.WARM_START, trainer, recipe)
        start = trainer.fit(recipe, rows.matrix[:, :3], rows.target)
        with pytest.raises(InputError):
            trainer.fit(recipe, rows.matrix, rows.target, TrainingOptions(initial=start))

    def test_constraints_are_kept(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        _needs(Ability.MONOTONE, trainer, recipe)
        options = TrainingOptions(monotone={0: 1, 1: -1})
        fitted = trainer.fit(recipe, rows.matrix, rows.target, options)
        for column, way in ((0, 1), (1, -1)):
            grid = np.repeat(rows.matrix[:30], 25, axis=0)
            grid[:, column] = np.tile(np.linspace(-4, 4, 25), 30)
            answers = _answers(fitted, Rows(grid, rows.target)).reshape(30, 25)
            assert (way * np.diff(answers, axis=1)).min() >= -1e-6

    def test_a_checkpoint_answers(self, trainer: Trainer, recipe: Recipe, rows: Rows, held: Rows) -> None:
        _needs(Ability.CHECKPOINTS, trainer, recipe)
        kept: list[tuple[int, Fitted]] = []
        options = TrainingOptions(on_checkpoint=lambda *one: kept.append(one), checkpoint_every=4)
        trainer.fit(recipe, rows.matrix, rows.target, options)
        assert [number for number, _ in kept][:2] == [4, 8]
        loaded = trainer.load(kept[0][1].dump().read_all(), recipe)
        assert np.array_equal(loaded.scores(held.matrix), kept[0][1].scores(held.matrix))
        assert not np.array_equal(kept[0][1].scores(held.matrix), kept[-1][1].scores(held.matrix))

    def test_the_time_is_kept(self, trainer: Trainer, recipe: Recipe, rows: Rows) -> None:
        _needs(Ability.TIME_BUDGET, trainer, recipe)
        ended: list[Ending] = []
        options = TrainingOptions(seconds=0.0, on_end=ended.append)
        trainer.fit(recipe, rows.matrix, rows.target, options)
        assert ended == [Ending("time", 1, 1)]


class _NoPlace:
    def latest(self) -> None:
        return None

    def save(self, number: int, files: Any) -> None:
        raise AssertionError("nothing is kept by what cannot resume")

    def pace(self) -> Any:
        raise AssertionError("nothing is kept by what cannot resume")


def _needs(ability: Ability, trainer: Trainer, recipe: Recipe) -> None:
    if ability not in trainer.abilities(recipe.estimator):
        pytest.skip(f"it has no ability for {ability}")


def _answers(fitted: Fitted, rows: Rows) -> npt.NDArray[np.float64]:
    scores = fitted.scores(rows.matrix)
    return scores[:, 1] if scores.ndim == 2 else scores


def _rows(seed: int, recipe: Recipe, *, gaps: bool) -> Rows:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(ROWS, 4))
    signal = matrix[:, 0] - matrix[:, 1] + 0.5 * matrix[:, 2] * matrix[:, 3] + random.normal(0, 0.7, ROWS)
    if gaps:
        matrix[random.random(matrix.shape) < 0.05] = np.nan
    if recipe.classes is None:
        return Rows(matrix, signal)
    return Rows(matrix, (signal > 0).astype(np.int64))
