"""Builds networks from their settings. Imports PyTorch: only what trains or asks a network imports this module."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mainspring.core.errors import InputError, IntegrityError
from mainspring.core.plugins import load_string
from mainspring.models.adapters.torch_settings import (
    ACTIVATIONS,
    MLP,
    ConvNet,
    EmbeddingBag,
    Module,
    Network,
    TextCNN,
)

PADDING, UNSEEN, KNOWN = 0, 1, 2
"""Rows of a table of vectors: none there, not known, and the first of the known tokens."""


def build_network(settings: Network, features: int, outputs: int) -> Any:
    """A ``torch.nn.Module`` from ``[n, features]`` to ``[n, outputs]``, with its first weights.

    Raises:
        InputError: If the settings do not fit the features, or a factory gives something else.
    """
    match settings:
        case MLP():
            return _layers(features, settings.hidden, outputs, settings.dropout, settings.activation)
        case EmbeddingBag():
            return _bag(settings, features, outputs)
        case TextCNN():
            return TextConvolutions(settings, outputs)
        case ConvNet():
            return _convolutions(settings, features, outputs)
        case Module():
            return _made(settings, features, outputs)


def takes_gaps(settings: Network) -> bool:
    """Whether NaN has a meaning for the network."""
    return isinstance(settings, TextCNN | Module) or (
        isinstance(settings, EmbeddingBag) and settings.columns == "tokens"
    )


def arrays_of(network: Any) -> dict[str, npt.NDArray[Any]]:
    """The weights and buffers of a network, as arrays by name."""
    return {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}


def fill(network: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Give a network these weights and buffers.

    Raises:
        IntegrityError: If they are not those of such a network.
    """
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    except RuntimeError as error:
        raise IntegrityError(f"the weights do not fit the network: {' '.join(str(error).split())}") from error


class TokenVectors(nn.Module):  # type: ignore[misc]  # PyTorch counts as untyped here
    """The vectors of tokens ``[n, length]``: float places become rows of a table ``[n, length, size]``."""

    def __init__(self, vocabulary: int, size: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.table = nn.Embedding(vocabulary + KNOWN, size, padding_idx=PADDING)

    def forward(self, places: Any) -> Any:
        """The vectors; zeros where there is no token."""
        known = (places >= 0) & (places < self.vocabulary)
        rest = torch.where(torch.isnan(places), torch.full_like(places, PADDING), torch.full_like(places, UNSEEN))
        return self.table(torch.where(known, places + KNOWN, rest).long())


class MeanOfTokens(nn.Module):  # type: ignore[misc]  # PyTorch counts as untyped here
    """The mean of the vectors of all tokens that are there."""

    def __init__(self, vocabulary: int, size: int) -> None:
        super().__init__()
        self.vectors = TokenVectors(vocabulary, size)

    def forward(self, places: Any) -> Any:
        """``[n, length]`` to ``[n, size]``."""
        there = (~torch.isnan(places)).to(places.dtype)
        return self.vectors(places).sum(dim=1) / there.sum(dim=1, keepdim=True).clamp(min=1.0)


class MeanOfCounts(nn.Module):  # type: ignore[misc]  # PyTorch counts as untyped here
    """The mean of the vectors of all tokens, weighted by their counts."""

    def __init__(self, tokens: int, size: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(tokens, size) / math.sqrt(size))

    def forward(self, counts: Any) -> Any:
        """``[n, tokens]`` to ``[n, size]``."""
        total = counts.abs().sum(dim=1, keepdim=True)
        return counts @ self.vectors / torch.where(total > 0, total, torch.ones_like(total))


class TextConvolutions(nn.Module):  # type: ignore[misc]  # PyTorch counts as untyped here
    """See :class:`~mainspring.models.adapters.torch_settings.TextCNN`."""

    def __init__(self, settings: TextCNN, outputs: int) -> None:
        super().__init__()
        self.vectors = TokenVectors(settings.vocabulary or 1, settings.size)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(settings.size, settings.filters, width, padding=width - 1) for width in settings.widths
        )
        self.last = nn.Sequential(
            nn.Dropout(settings.dropout), nn.Linear(settings.filters * len(settings.widths), outputs)
        )

    def forward(self, places: Any) -> Any:
        """``[n, length]`` to ``[n, outputs]``."""
        vectors = self.vectors(places).transpose(1, 2)
        found = [torch.relu(one(vectors)).amax(dim=2) for one in self.convolutions]
        return self.last(torch.cat(found, dim=1))


class AsImage(nn.Module):  # type: ignore[misc]  # PyTorch counts as untyped here
    """Columns of pixels as pictures ``[n, colours, height, width]``."""

    def __init__(self, height: int, width: int, colours: int) -> None:
        super().__init__()
        self.shape = (height, width, colours)

    def forward(self, pixels: Any) -> Any:
        """The pictures."""
        return pixels.reshape(-1, *self.shape).permute(0, 3, 1, 2)


def _layers(features: int, hidden: tuple[int, ...], outputs: int, dropout: float, activation: str = "relu") -> Any:
    parts: list[Any] = []
    for size in hidden:
        # Also where nothing is left out: so weights have the same names, whatever the share.
        parts += [nn.Linear(features, size), getattr(nn, ACTIVATIONS[activation])(), nn.Dropout(dropout)]
        features = size
    return nn.Sequential(*parts, nn.Linear(features, outputs))


def _bag(settings: EmbeddingBag, features: int, outputs: int) -> Any:
    mean = (
        MeanOfCounts(features, settings.size)
        if settings.columns == "counts"
        else MeanOfTokens(settings.vocabulary or 1, settings.size)
    )
    rest = _layers(settings.size, settings.hidden, outputs, settings.dropout)
    return nn.Sequential(mean, nn.Dropout(settings.dropout), *rest)


def _convolutions(settings: ConvNet, features: int, outputs: int) -> Any:
    side = math.isqrt(features)
    height, width, *rest = settings.image or (side, side)
    colours = rest[0] if rest else 1
    if height * width * colours != features:
        raise InputError(
            f"torch.ConvNet was given {features} columns",
            expected=f"one for each pixel of an image of {height} by {width} by {colours}",
            fix='say how large it is: params={"image": [height, width, colours]}',
        )
    parts: list[Any] = [AsImage(height, width, colours)]
    for channels in settings.channels:
        parts += [nn.Conv2d(colours, channels, 3, padding=1), nn.ReLU()]
        colours = channels
        if min(height, width) >= 4:
            parts.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
    flat = colours * height * width
    return nn.Sequential(*parts, nn.Flatten(), *_layers(flat, (settings.hidden,), outputs, settings.dropout))


def _made(settings: Module, features: int, outputs: int) -> Any:
    try:
        factory = load_string(settings.factory)
        network = factory(features=features, outputs=outputs, **settings.factory_params)
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            f"{settings.factory} makes no network: {error}",
            expected="a function that takes features and outputs, and what factory_params names",
        ) from error
    if not isinstance(network, nn.Module):
        raise InputError(f"{settings.factory} gave {type(network).__name__}", expected="a torch.nn.Module")
    with torch.no_grad():
        shape = tuple(network.eval()(torch.zeros(2, features)).shape)
    if shape != (2, outputs):
        raise InputError(
            f"the network of {settings.factory} makes {shape} of (2, {features})", expected=f"(2, {outputs})"
        )
    return network


def largest_place(matrix: npt.NDArray[np.float64]) -> int:
    """How many tokens places in a vocabulary speak of: one more than the largest."""
    return int(np.nanmax(matrix, initial=0.0)) + 1
