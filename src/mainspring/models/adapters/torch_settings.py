"""What can be asked of a neural network: its parts, and how it is trained. JSON values, checked first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import msgspec

from mainspring.core.errors import InputError
from mainspring.models.adapters.scores import check_params

ACTIVATIONS: Final[Mapping[str, str]] = {
    "elu": "ELU",
    "gelu": "GELU",
    "leaky_relu": "LeakyReLU",
    "relu": "ReLU",
    "selu": "SELU",
    "silu": "SiLU",
    "tanh": "Tanh",
}
OPTIMIZERS: Final[Mapping[str, str]] = {
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "nadam": "NAdam",
    "radam": "RAdam",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
}
CLASS_LOSSES: Final[tuple[str, ...]] = ("cross_entropy", "focal")
VALUE_LOSSES: Final[tuple[str, ...]] = ("mse", "mae", "huber")
SCHEDULES: Final[tuple[str, ...]] = ("constant", "cosine", "linear", "step")
DTYPES: Final[tuple[str, ...]] = ("float32", "float64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a network is trained.

    Attributes:
        epochs: How often every row is learnt from.
        batch_size: Rows per step.
        lr: The learning rate at its height.
        weight_decay: Of the optimiser.
        optimizer: ``adam``, ``adamw``, ``sgd``, ``rmsprop``, ``adagrad``, ``adamax``, ``nadam`` or ``radam``.
        optimizer_params: Further arguments of it, such as ``{"momentum": 0.9}``.
        loss: ``cross_entropy`` or ``focal`` for classes, ``mse``, ``mae`` or ``huber`` for values; the first
            if not given.
        label_smoothing: The share of a row's target that is spread over all classes.
        schedule: How the learning rate goes on: ``constant``, ``cosine`` or ``linear`` down to 0, or ``step``: a
            tenth of it after every third of the epochs.
        warmup: The share of all steps in which the learning rate rises from 0.
        clip: The largest norm of the gradient of a step.
        dtype: ``float32``, or ``float64``: slower, and exact to the last digits.
        device: ``cpu``, or another that PyTorch knows, such as ``cuda``.
        threads: Of the processor. Other numbers of threads may give other last bits.
    """

    epochs: int = 20
    batch_size: int = 64
    lr: float = 1e-3
    weight_decay: float = 0.0
    optimizer: str = "adam"
    optimizer_params: dict[str, Any] = field(default_factory=dict)
    loss: str | None = None
    label_smoothing: float = 0.0
    schedule: str = "constant"
    warmup: float = 0.0
    clip: float | None = None
    dtype: str = "float32"
    device: str = "cpu"
    threads: int = 1

    def problems(self, *, classification: bool) -> list[str]:
        """What is wrong, as sentences."""
        losses = CLASS_LOSSES if classification else VALUE_LOSSES
        checks = {
            "epochs must be 1 or more": self.epochs >= 1,
            "batch_size must be 1 or more": self.batch_size >= 1,
            "lr must be above 0": self.lr > 0,
            "weight_decay must not be below 0": self.weight_decay >= 0,
            f"optimizer must be one of {', '.join(OPTIMIZERS)}": self.optimizer in OPTIMIZERS,
            f"loss must be one of {', '.join(losses)}": self.loss is None or self.loss in losses,
            "label_smoothing must be from 0 to less than 1": 0 <= self.label_smoothing < 1,
            f"schedule must be one of {', '.join(SCHEDULES)}": self.schedule in SCHEDULES,
            "warmup must be from 0 to 1": 0 <= self.warmup <= 1,
            "clip must be above 0": self.clip is None or self.clip > 0,
            f"dtype must be one of {', '.join(DTYPES)}": self.dtype in DTYPES,
            "threads must be 1 or more": self.threads >= 1,
        }
        return [problem for problem, fine in checks.items() if not fine]


@dataclass(frozen=True, slots=True, kw_only=True)
class MLP:
    """Layers one after another, each seeing all of the one before: for tables.

    Attributes:
        hidden: Size of each layer between input and output.
        activation: ``relu``, ``gelu``, ``silu``, ``tanh``, ``elu``, ``selu`` or ``leaky_relu``.
        dropout: The share of each layer that is left out in a step of training.
    """

    NAME: ClassVar[str] = "torch.MLP"

    hidden: tuple[int, ...] = (64, 32)
    activation: str = "relu"
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingBag:
    """A learnt vector for each token; a text is the mean of its tokens' vectors (Joulin et al. 2016, fastText).

    Attributes:
        columns: ``counts``: a column for each known token holds how often it occurs, as ``bag_of_words`` and
            ``tf_idf`` give it. ``tokens``: the columns are the tokens of the text in order; see :class:`TextCNN`.
        vocabulary: For ``tokens``: how many tokens are known; if not given, those of the training rows.
        size: Length of the vectors.
        hidden: Size of each layer behind the mean.
        dropout: The share of each layer that is left out in a step of training.
    """

    NAME: ClassVar[str] = "torch.EmbeddingBag"

    columns: str = "counts"
    vocabulary: int | None = None
    size: int = 32
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCNN:
    """Convolutions over the tokens of a text, and the largest answer of each (Kim 2014).

    The columns are the tokens of the text in order, each as its place in one vocabulary: from 0 on, -1 for an
    unseen token, NaN behind the last.

    Attributes:
        vocabulary: How many tokens are known; if not given, those of the training rows.
        size: Length of the vector of a token.
        filters: How many convolutions there are of each width.
        widths: How many tokens a convolution sees at once.
        dropout: The share that is left out before the last layer in a step of training.
    """

    NAME: ClassVar[str] = "torch.TextCNN"

    vocabulary: int | None = None
    size: int = 32
    filters: int = 32
    widths: tuple[int, ...] = (3, 4, 5)
    dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvNet:
    """Convolutions of 3 by 3 pixels, halved after each while there are 4 by 4 or more, then a layer over all.

    Attributes:
        image: Height and width, or height, width and colours; the columns are the pixels in that order (colours
            of a pixel side by side). A square of grey pixels if not given.
        channels: How many convolutions each layer has.
        hidden: Size of the layer behind them.
        dropout: The share that is left out before the last layers in a step of training.
    """

    NAME: ClassVar[str] = "torch.ConvNet"

    image: tuple[int, ...] | None = None
    channels: tuple[int, ...] = (16, 32)
    hidden: int = 64
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A ``torch.nn.Module`` of one's own.

    Attributes:
        factory: Import string of what makes it, ``"my_networks:make"``. It is called with ``features``,
            ``outputs`` and ``factory_params``, and gives a module from ``[n, features]`` to ``[n, outputs]``: a
            score for each class before softmax, or one value.
        factory_params: Further arguments of it.
    """

    NAME: ClassVar[str] = "torch.Module"

    factory: str
    factory_params: dict[str, Any] = field(default_factory=dict)


Network = MLP | EmbeddingBag | TextCNN | ConvNet | Module

NETWORKS: Final[Mapping[str, type[Network]]] = {
    kind.NAME: kind for kind in (MLP, EmbeddingBag, TextCNN, ConvNet, Module)
}


def read_settings(estimator: str, params: Mapping[str, Any], *, classification: bool) -> tuple[Network, Training]:
    """The network and its training that parameters ask for.

    Raises:
        InputError: For parameters that there are not, of the wrong type, or that cannot be; all at once.
    """
    kind = NETWORKS[estimator]
    own = {one.name for one in dataclasses.fields(kind)}
    rest = {one.name for one in dataclasses.fields(Training)}
    check_params(estimator, params, sorted(own | rest))
    try:
        network: Network = msgspec.convert({name: params[name] for name in params if name in own}, kind)
        training = msgspec.convert({name: params[name] for name in params if name in rest}, Training)
    except msgspec.ValidationError as error:
        raise InputError(f"params of {estimator}: {error}", fix="correct params") from error
    problems = [*training.problems(classification=classification), *_problems(network)]
    if problems:
        raise InputError(f"params of {estimator}: {'; '.join(problems)}", fix="correct params")
    return network, training


def _problems(network: Network) -> list[str]:
    found = []
    if not 0 <= getattr(network, "dropout", 0.0) < 1:
        found.append("dropout must be from 0 to less than 1")
    named = ("hidden", "channels", "widths", "size", "filters", "vocabulary", "image")
    sizes = [getattr(network, name, None) for name in named]
    if any(size is not None and size < 1 for one in sizes for size in (one if isinstance(one, tuple) else (one,))):
        found.append("sizes must be 1 or more")
    match network:
        case MLP(activation=activation) if activation not in ACTIVATIONS:
            found.append(f"activation must be one of {', '.join(ACTIVATIONS)}")
        case EmbeddingBag(columns=columns) if columns not in ("counts", "tokens"):
            found.append("columns must be counts or tokens")
        case TextCNN(widths=()):
            found.append("widths must name one width or more")
        case ConvNet(image=image) if image is not None and len(image) not in (2, 3):
            found.append("image must be [height, width] or [height, width, colours]")
        case Module(factory=factory) if not all(factory.partition(":")):
            found.append("factory must be an import string such as my_networks:make")
    return found
