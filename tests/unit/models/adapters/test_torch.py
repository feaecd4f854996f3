"""Networks learn, are saved without code, and go on after a pause to the same bits."""

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is an extra: pip install 'mainspring[torch]'")

from mainspring.core import InputError
from mainspring.core.errors import IntegrityError
from mainspring.models.adapters.torch import TorchTrainer
from mainspring.models.ports import Recipe
from mainspring.models.training.checkpoints import Checkpoints
from mainspring.models.training_options import Rows, TrainingOptions

QUICK = {"epochs": 4, "batch_size": 32}


def table(rows=160, *, classes=3, seed=0):
    """Three clouds of points."""
    random = np.random.default_rng(seed)
    target = random.integers(0, classes, rows)
    centres = np.array([[0, 0, 3, 1], [3, 0, 0, -1], [0, 3, 0, 0]][:classes], dtype=float)
    return centres[target] + random.normal(0, 0.6, (rows, 4)), target.astype(np.int64)


def texts(rows=240, *, length=9, seed=0):
    """Places of tokens; those with a 7 behind a 5 are of the second class."""
    random = np.random.default_rng(seed)
    matrix = random.choice([0.0, 1, 2, 3, 4, 6, 8, 9, -1], (rows, length))
    target = random.integers(0, 2, rows)
    for row, place in zip(np.flatnonzero(target), random.integers(0, length - 4, rows), strict=False):
        matrix[row, place : place + 2] = (5, 7)
    for row in range(rows):
        matrix[row, length - random.integers(0, 3) :] = np.nan
    return matrix, target.astype(np.int64)


def recipe(estimator, params=None, *, classes=3, seed=0):
    names = None if classes is None else tuple("abc"[:classes])
    return Recipe(estimator, {**QUICK, **(params or {})}, seed, names)


def images():
    matrix, target = table(classes=3)
    pixels = np.tile(matrix, (1, 4)) + np.arange(16) * 0.01
    return pixels, target


CASES = {
    "torch.MLP": (table(), recipe("torch.MLP", {"hidden": [16], "dropout": 0.2, "lr": 0.02, "epochs": 12})),
    "torch.ConvNet": (images(), recipe("torch.ConvNet", {"channels": [4], "hidden": 8, "lr": 0.02, "epochs": 12})),
    "torch.TextCNN": (
        texts(),
        recipe("torch.TextCNN", {"size": 8, "filters": 8, "widths": [2, 3], "lr": 0.02, "epochs": 10}, classes=2),
    ),
    "torch.EmbeddingBag": (
        texts(),
        recipe(
            "torch.EmbeddingBag",
            {"columns": "tokens", "size": 8, "hidden": [8], "lr": 0.05, "epochs": 12},
            classes=2,
        ),
    ),
    "counts": (
        (np.abs(np.round(table()[0])), table()[1]),
        recipe("torch.EmbeddingBag", {"size": 8, "lr": 0.05, "epochs": 12}),
    ),
}


def dumped(fitted):
    return {name: fitted.dump().read(name) for name in fitted.dump().names}


@pytest.mark.parametrize("name", CASES)
def test_it_learns_and_answers_the_same_from_its_files(name):
    (matrix, target), made = CASES[name]
    fitted = TorchTrainer().fit(made, matrix, target)
    scores = fitted.scores(matrix)
    assert scores.dtype == np.float64
    assert np.allclose(scores.sum(axis=1), 1.0)
    assert (scores.argmax(axis=1) == target).mean() > 0.85
    again = TorchTrainer().load(fitted.dump(), made)
    assert (again.scores(matrix) == scores).all()
    assert dumped(again) == dumped(fitted)


def test_the_same_recipe_gives_the_same_bytes_and_another_seed_others():
    matrix, target = table()
    one, two = (TorchTrainer().fit(recipe("torch.MLP", {"dropout": 0.3}), matrix, target) for _ in range(2))
    other = TorchTrainer().fit(recipe("torch.MLP", {"dropout": 0.3}, seed=1), matrix, target)
    assert dumped(one) == dumped(two)
    assert dumped(one) != dumped(other)


def test_training_leaves_the_generator_of_others_alone():
    import torch

    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    TorchTrainer().fit(recipe("torch.MLP"), *table())
    assert torch.rand(1) == expected
    assert not torch.are_deterministic_algorithms_enabled()


def test_values_are_learnt_whatever_their_scale():
    matrix, _ = table()
    target = 1e6 + 5e4 * matrix[:, 0]
    made = recipe("torch.MLP", {"hidden": [16], "lr": 0.02, "epochs": 40, "schedule": "cosine"}, classes=None)
    found = TorchTrainer().fit(made, matrix, target).scores(matrix)
    assert found.shape == (160,)
    assert np.abs(found - target).mean() < 0.2 * target.std()


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop", "adagrad", "adamax", "nadam", "radam"])
def test_a_training_that_is_cut_anywhere_ends_with_the_same_bits(tmp_path, optimizer):
    matrix, target = table()
    params = {"optimizer": optimizer, "dropout": 0.3, "schedule": "linear", "warmup": 0.2, "clip": 1.0}
    params |= {"optimizer_params": {"momentum": 0.9}} if optimizer == "sgd" else {}
    made = recipe("torch.MLP", params)
    held = Rows(*table(seed=5))
    told: list = []
    whole = TorchTrainer().fit(
        made, matrix, target, TrainingOptions(validation=held, patience=3, on_iteration=told.append)
    )
    places = Checkpoints(folder=tmp_path, steps=1, keep=1000)
    options = TrainingOptions(validation=held, patience=3, checkpoints=places)
    assert dumped(TorchTrainer().fit(made, matrix, target, options)) == dumped(whole)
    states = sorted(tmp_path.iterdir())
    assert len(states) > 10
    for last in states[2:-1:6]:
        again: list = []
        cut = Checkpoints(folder=tmp_path / f"cut {last.name}", steps=1)
        (cut.folder).mkdir()
        (cut.folder / last.name).symlink_to(last)
        resumed = TrainingOptions(validation=held, patience=3, checkpoints=cut, on_iteration=again.append)
        assert dumped(TorchTrainer().fit(made, matrix, target, resumed)) == dumped(whole), last.name
        assert again == told


def test_checkpoints_of_another_training_are_refused(tmp_path):
    matrix, target = table()
    place = Checkpoints(folder=tmp_path)
    TorchTrainer().fit(recipe("torch.MLP"), matrix, target, TrainingOptions(checkpoints=place))
    with pytest.raises(InputError, match="with other parameters"):
        TorchTrainer().fit(recipe("torch.MLP"), matrix + 1, target, TrainingOptions(checkpoints=place))


def test_it_stops_early_and_keeps_the_best():
    matrix, target = table()
    held = Rows(*table(seed=5))
    ended: list = []
    made = recipe("torch.MLP", {"epochs": 200, "lr": 0.05})
    options = TrainingOptions(validation=held, patience=3, on_end=ended.append)
    TorchTrainer().fit(made, matrix, target, options)
    assert ended[0].reason == "early"
    assert ended[0].kept == ended[0].iterations - 3


def test_it_goes_on_from_a_start():
    matrix, target = table()
    first = TorchTrainer().fit(recipe("torch.MLP", {"epochs": 10, "lr": 0.02}), matrix, target)
    told: list = []
    made = recipe("torch.MLP", {"epochs": 1, "lr": 0.0001, "dropout": 0.1})
    TorchTrainer().fit(made, matrix, target, TrainingOptions(initial=first, on_iteration=told.append))
    assert told[0].figures["train loss"] < 0.5
    with pytest.raises(InputError, match="cannot go on"):
        TorchTrainer().fit(recipe("torch.MLP", {"hidden": [3]}), matrix, target, TrainingOptions(initial=first))


def test_rows_without_weight_are_not_learnt_from():
    matrix, target = table()
    wrong = np.where(np.arange(160) < 80, target, (target + 1) % 3)
    weights = (np.arange(160) < 80).astype(float)
    made = recipe("torch.MLP", {"epochs": 15, "lr": 0.02})
    fitted = TorchTrainer().fit(made, matrix, wrong, TrainingOptions(weights=weights))
    assert (fitted.scores(matrix).argmax(axis=1) == target).mean() > 0.9


def test_checkpoints_of_the_estimator_itself_are_given():
    given: list = []
    options = TrainingOptions(on_checkpoint=lambda *told: given.append(told), checkpoint_every=2)
    fitted = TorchTrainer().fit(recipe("torch.MLP"), *table(), options)
    assert [number for number, _ in given] == [2, 4]
    assert dumped(given[1][1]) == dumped(fitted)
    assert dumped(given[0][1]) != dumped(fitted)


def test_what_cannot_be_is_told_at_once():
    matrix, target = table()
    with pytest.raises(InputError, match="perhaps 'hidden'"):
        TorchTrainer().fit(recipe("torch.MLP", {"hiden": [3]}), matrix, target)
    with pytest.raises(InputError, match=r"lr must be above 0; optimizer must be .*; dropout must be"):
        TorchTrainer().fit(recipe("torch.MLP", {"lr": 0, "optimizer": "adamm", "dropout": 1}), matrix, target)
    with pytest.raises(InputError, match="loss must be one of cross_entropy"):
        TorchTrainer().fit(recipe("torch.MLP", {"loss": "mse"}), matrix, target)
    with pytest.raises(InputError, match="cannot take missing values"):
        TorchTrainer().fit(recipe("torch.MLP"), np.full((3, 2), np.nan), np.zeros(3, dtype=np.int64))
    with pytest.raises(InputError, match="one for each pixel"):
        TorchTrainer().fit(recipe("torch.ConvNet", {"image": [3, 3]}), matrix, target)
    with pytest.raises(InputError, match="went astray"):
        TorchTrainer().fit(recipe("torch.MLP", {"lr": 1e30, "optimizer": "sgd"}), matrix, target)


def test_a_module_of_ones_own_is_made_by_its_factory(tmp_path, monkeypatch):
    (tmp_path / "own_networks.py").write_text(
        "from torch import nn\n"
        "def make(features, outputs, width=5):\n"
        "    return nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Linear(width, outputs))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    made = recipe(
        "torch.Module",
        {"factory": "own_networks:make", "factory_params": {"width": 7}, "lr": 0.05, "epochs": 15},
    )
    matrix, target = table()
    fitted = TorchTrainer().fit(made, matrix, target)
    assert (fitted.scores(matrix).argmax(axis=1) == target).mean() > 0.9
    assert (TorchTrainer().load(fitted.dump(), made).scores(matrix) == fitted.scores(matrix)).all()
    wrong = recipe("torch.Module", {"factory": "own_networks:made"})
    with pytest.raises(InputError, match="makes no network"):
        TorchTrainer().fit(wrong, matrix, target)


def test_files_that_are_not_those_of_the_network_are_refused():
    made = recipe("torch.MLP")
    files = TorchTrainer().fit(made, *table()).dump()
    cut = type(files)({**files.content, "weights.safetensors": files.read("weights.safetensors")[:-8]})
    with pytest.raises(IntegrityError, match="weights"):
        TorchTrainer().load(cut, made)
    told = json.loads(files.text("network.json"))
    told["settings"]["hidden"] = [9]
    other = type(files)({**files.content, "network.json": json.dumps(told).encode()})
    with pytest.raises(IntegrityError, match="do not fit"):
        TorchTrainer().load(other, made)
