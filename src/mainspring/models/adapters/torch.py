"""Trains neural networks with PyTorch, which is an extra: ``pip install 'mainspring[torch]'``.

A trained network is saved as JSON that says how it is built, and a safetensors file of its weights. Reading it
runs no code but, for ``torch.Module``, the factory that it names. PyTorch is imported only when a network is
trained or asked.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar, Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.digests import canonical_json
from mainspring.core.errors import InputError, IntegrityError, UnavailableError
from mainspring.models.adapters.scores import check_abilities, check_start
from mainspring.models.adapters.torch_files import read_arrays, write_arrays
from mainspring.models.adapters.torch_settings import (
    NETWORKS,
    EmbeddingBag,
    Module,
    Network,
    TextCNN,
    Training,
    read_settings,
)
from mainspring.models.files import Files
from mainspring.models.ports import Recipe
from mainspring.models.training_options import PLAIN, Ability, Rows, TrainingOptions

NETWORK: Final = "network.json"
WEIGHTS: Final = "weights.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """How a network is built and what its answers mean.

    Attributes:
        settings: Its parts.
        features: Columns of the matrix.
        outputs: A score for each class before softmax, or one value.
        dtype: ``float32`` or ``float64``: what it computes in. Scores are float64, and softmax is taken in it.
        shift: Of values: what the network makes is multiplied by ``scale``, and this is added.
        scale: Of values.
    """

    settings: Network
    features: int
    outputs: int
    dtype: str
    shift: float = 0.0
    scale: float = 1.0


class Batches(Protocol):
    """What mini-batches say of themselves: :class:`mainspring.models.training.batches.Batches`."""

    size: int
    seed: int
    buffer: int

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        ...

    @property
    def features(self) -> int:
        """How many columns the matrix has."""
        ...

    def epoch(self, number: int, skip: int = 0) -> Iterator[Rows]:
        """The mini-batches of an epoch, without the first few."""
        ...

    def identity(self) -> str:
        """What they hold, as a digest."""
        ...

    def moments(self) -> tuple[float, float]:
        """Mean and spread of the values to be learnt."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Scaled:
    """Mini-batches with values around 0."""

    recipe: Recipe
    built: Built
    batches: Batches

    @property
    def rows(self) -> int:
        return self.batches.rows

    def epoch(self, number: int, skip: int = 0) -> Iterator[Rows]:
        for rows in self.batches.epoch(number, skip):
            yield Rows(rows.matrix, _scaled(self.recipe, rows.target, self.built), rows.weights)


@dataclass(frozen=True, eq=False)
class TorchFitted:
    """A trained network.

    Attributes:
        native: The ``torch.nn.Module``, in its mode of evaluation.
        recipe: How it was made.
        built: How it is built.
    """

    native: Any
    recipe: Recipe
    built: Built

    @property
    def probabilistic(self) -> bool:
        """Always."""
        return True

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``, in float64 from what the network computes in its own.

        Raises:
            InputError: If values are missing, and the network has no meaning for that.
        """
        from mainspring.models.adapters.torch_training import answers

        _check_matrix(self.recipe.estimator, self.built.settings, matrix)
        if matrix.shape[1] != self.built.features:
            raise InputError(
                f"the matrix has {matrix.shape[1]} columns", expected=f"{self.built.features}, as in training"
            )
        made = answers(self.native, matrix, self.built.dtype)
        if self.recipe.classes is None:
            return np.asarray(made[:, 0] * self.built.scale + self.built.shift, dtype=np.float64)
        powers = np.exp(made - made.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)

    def outputs(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Logits of classes, or what becomes a value, ``[n, outputs]``."""
        from mainspring.models.adapters.torch_training import answers

        return answers(self.native, matrix, self.built.dtype)

    def slopes(self, matrix: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The slope of ``(weights * outputs).sum(axis=1)`` by the matrix, ``[n, features]``."""
        from mainspring.models.adapters.torch_training import slopes

        return slopes(self.native, matrix, weights, self.built.dtype)

    def inside(
        self, matrix: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], layer: str | None = None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """A layer's activations, and the slope of ``(weights * outputs).sum(axis=1)`` by them, each ``[n, …]``.

        Raises:
            InputError: If there is no such layer; without a name, if there is no convolution.
        """
        from mainspring.models.adapters.torch_layers import inside

        return inside(self.native, matrix, weights, self.built.dtype, layer)

    def dump(self) -> Files:
        """How it is built, as JSON, and its weights, as plain numbers."""
        from mainspring.models.adapters.torch_networks import arrays_of

        told = json.dumps(dataclasses.asdict(self.built), indent=1, sort_keys=True)
        return Files({NETWORK: told.encode(), WEIGHTS: write_arrays(arrays_of(self.native))})


class TorchTrainer:
    """Networks for tables, texts and pictures, and any ``torch.nn.Module``."""

    libraries: ClassVar[Sequence[str]] = ("torch",)

    def estimators(self) -> Sequence[str]:
        """Full names of all kinds of networks; PyTorch need not be installed for that."""
        return tuple(NETWORKS)

    def abilities(self, estimator: str) -> frozenset[Ability]:
        """All but monotonic constraints."""
        return frozenset(Ability) - {Ability.MONOTONE}

    def fit(
        self,
        recipe: Recipe,
        matrix: npt.NDArray[np.float64],
        target: npt.NDArray[Any],
        options: TrainingOptions = PLAIN,
    ) -> TorchFitted:
        """Train; going on from a start begins with its weights. An iteration is an epoch.

        Raises:
            InputError: For parameters or data that the network refuses, or a start that does not fit.
            UnavailableError: If PyTorch is not installed.
        """
        settings, training = self._settings(recipe, options)
        from mainspring.models.adapters.torch_training import InMemory, identity_of

        _check_matrix(recipe.estimator, settings, matrix)
        settings = _counted(settings, matrix, options)
        shift, scale = _moments(recipe, target)
        built = Built(
            settings=settings,
            features=matrix.shape[1],
            outputs=1 if recipe.classes is None else len(recipe.classes),
            dtype=training.dtype,
            shift=shift,
            scale=scale,
        )
        rows = Rows(matrix, _scaled(recipe, target, built), options.weights)
        identity = "" if options.checkpoints is None else identity_of(_told(recipe), rows, options)
        return learn(recipe, built, training, InMemory(rows, training.batch_size, recipe.seed), options, identity)

    def fit_batches(self, recipe: Recipe, batches: Batches, options: TrainingOptions = PLAIN) -> TorchFitted:
        """Train on mini-batches of a table that need not fit into memory; their size is that of a step.

        Raises:
            InputError: As :meth:`fit`, or if the settings leave out what only the whole of the rows could say.
            UnavailableError: If PyTorch is not installed.
        """
        settings, training = self._settings(recipe, options)
        if getattr(settings, "vocabulary", 0) is None and getattr(settings, "columns", "tokens") == "tokens":
            raise InputError("how many tokens are known is not said", fix='say it: params={"vocabulary": 5000}')
        shift, scale = (0.0, 1.0) if recipe.classes is not None else batches.moments()
        built = Built(
            settings=settings,
            features=batches.features,
            outputs=1 if recipe.classes is None else len(recipe.classes),
            dtype=training.dtype,
            shift=shift,
            scale=scale or 1.0,
        )
        identity = ""
        if options.checkpoints is not None:
            from mainspring.models.adapters.torch_training import identity_of

            order = (batches.identity(), batches.size, batches.seed, batches.buffer)
            identity = identity_of(f"{_told(recipe)} {order}", None, options)
        training = dataclasses.replace(training, batch_size=batches.size)
        return learn(recipe, built, training, _Scaled(recipe, built, batches), options, identity)

    def _settings(self, recipe: Recipe, options: TrainingOptions) -> tuple[Network, Training]:
        check_abilities(recipe.estimator, options, self.abilities(recipe.estimator))
        check_installed()
        return read_settings(recipe.estimator, recipe.params, classification=recipe.classes is not None)

    def load(self, files: Files, recipe: Recipe) -> TorchFitted:
        """Read a trained network.

        Raises:
            IntegrityError: If the files do not say how to build one, or its weights do not fit.
            UnavailableError: If PyTorch is not installed.
        """
        check_installed()
        try:
            told = json.loads(files.text(NETWORK))
            settings: Network = msgspec.convert(told.pop("settings"), NETWORKS[recipe.estimator])
            built = Built(settings=settings, **told)
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"{NETWORK} does not describe a network: {error}") from error
        import torch

        from mainspring.models.adapters.torch_networks import fill

        with torch.random.fork_rng(devices=[]):  # its first weights are drawn, and then replaced
            network = _network(built)
        fill(network, read_arrays(files.read(WEIGHTS)))
        return TorchFitted(network.eval().requires_grad_(False), recipe, built)


def learn(
    recipe: Recipe, built: Built, training: Training, source: Any, options: TrainingOptions, identity: str
) -> TorchFitted:
    """Train a network on what a source gives.

    Args:
        recipe: What was asked for.
        built: How the network is built.
        training: How it is trained.
        source: Gives the mini-batches of each epoch; targets of values are scaled already.
        options: What accompanies it.
        identity: Of this training, for its checkpoints.

    Raises:
        InputError: For an optimiser that refuses its parameters, or a training that goes astray.
    """
    from mainspring.models.adapters.torch_networks import arrays_of, fill
    from mainspring.models.adapters.torch_training import Learning, reproducible

    held = options.validation
    if held is not None:
        watched = Rows(held.matrix, _scaled(recipe, held.target, built), held.weights)
        options = dataclasses.replace(options, validation=watched)
    with reproducible(recipe.seed, training.threads):
        network = _network(built)
        if options.initial is not None:
            _check_start(recipe, built, options.initial)
            try:
                fill(network, arrays_of(options.initial.native))
            except IntegrityError as error:
                raise InputError(
                    f"{recipe.estimator} cannot go on from the given start: {error.found}",
                    expected="a network with the same layers",
                    fix="start over: leave the start out",
                ) from error
        network = network.to(training.device)

        def snapshot() -> TorchFitted:
            return TorchFitted(copy.deepcopy(network).cpu().eval().requires_grad_(False), recipe, built)

        learning = Learning(network, source, training, options, identity, recipe.classes is not None, snapshot)
        watch = learning.run()
        fitted = TorchFitted(network.cpu().eval().requires_grad_(False), recipe, built)
    watch.end()
    return fitted


def check_installed() -> None:
    """Refuse to go on without PyTorch.

    Raises:
        UnavailableError: With how to install it.
    """
    if find_spec("torch") is None:
        raise UnavailableError(
            "PyTorch is not installed", expected="the extra torch", fix="python -m pip install 'mainspring[torch]'"
        )


def _network(built: Built) -> Any:
    import torch

    from mainspring.models.adapters.torch_networks import build_network

    network = build_network(built.settings, built.features, built.outputs)
    return network.to(getattr(torch, built.dtype))


def _told(recipe: Recipe) -> str:
    return canonical_json([recipe.estimator, dict(recipe.params), recipe.seed, recipe.classes])


def _check_matrix(estimator: str, settings: Network, matrix: npt.NDArray[np.float64]) -> None:
    gaps = isinstance(settings, TextCNN | Module) or getattr(settings, "columns", "") == "tokens"
    if not gaps and np.isnan(matrix).any():
        raise InputError(
            f"{estimator} cannot take missing values",
            expected="a matrix without NaN",
            fix="fill missing values in the transform",
        )


def _counted(settings: Network, matrix: npt.NDArray[np.float64], options: TrainingOptions) -> Network:
    """With the number of known tokens, where the training rows say it; a start has said it before."""
    if not isinstance(settings, TextCNN | EmbeddingBag) or settings.vocabulary is not None:
        return settings
    if isinstance(settings, EmbeddingBag) and settings.columns == "counts":
        return settings
    start = options.initial
    if isinstance(start, TorchFitted) and isinstance(start.built.settings, TextCNN | EmbeddingBag):
        return dataclasses.replace(settings, vocabulary=start.built.settings.vocabulary)
    largest = int(np.nanmax(matrix, initial=0.0))
    return dataclasses.replace(settings, vocabulary=largest + 1)


def _moments(recipe: Recipe, target: npt.NDArray[Any]) -> tuple[float, float]:
    """Mean and spread of the values to be learnt: a network learns best around 0."""
    if recipe.classes is not None:
        return 0.0, 1.0
    return float(target.mean()), float(target.std()) or 1.0


def _scaled(recipe: Recipe, target: npt.NDArray[Any], built: Built) -> npt.NDArray[Any]:
    return target if recipe.classes is not None else (target - built.shift) / built.scale


def _check_start(recipe: Recipe, built: Built, start: Any) -> None:
    """Refuse to go on from a network that is built otherwise."""
    like = isinstance(start, TorchFitted)
    same = like and type(start.built.settings) is type(built.settings)
    check_start(
        recipe.estimator,
        classes=(range(start.built.outputs if like else built.outputs), range(built.outputs)),
        columns=(start.built.features if like else built.features, built.features),
        same=same,
    )
