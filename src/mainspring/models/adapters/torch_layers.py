"""What happens inside a network: the activations of a layer, and how an answer moves with them.

Imports PyTorch: only what looks into a network imports this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]


def inside(
    network: Any, matrix: Floats, weights: Floats, dtype: str, layer: str | None = None
) -> tuple[Floats, Floats]:
    """The activations of a layer, and the slope of ``(weights * outputs).sum(axis=1)`` by them.

    Args:
        network: A ``torch.nn.Module``, in its mode of evaluation.
        matrix: Shape ``[n, features]``.
        weights: Shape ``[n, outputs]``.
        dtype: What the network computes in.
        layer: Its name among ``network.named_modules()``; the last convolution without it.

    Returns:
        Both of the shape of what the layer makes, ``[n, …]``: ``[n, channels, height, width]`` of a convolution.

    Raises:
        InputError: If there is no such layer, or no convolution.
    """
    module = _layer(network, layer)
    kept: list[Any] = []

    def keep(_: Any, __: Any, made: Any) -> Any:
        # A copy: what follows may write into what the layer made.
        kept.append(made if made.requires_grad else made.requires_grad_(True))
        return kept[-1].clone()

    rows = torch.from_numpy(np.ascontiguousarray(matrix)).to(getattr(torch, dtype))
    handle = module.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            made = network(rows.requires_grad_(True))
            factors = torch.from_numpy(np.ascontiguousarray(weights)).to(made.dtype)
            (slopes,) = torch.autograd.grad((made * factors).sum(), kept[0])
    finally:
        handle.remove()
    return kept[0].detach().double().numpy(), slopes.double().numpy()


def _layer(network: Any, name: str | None) -> Any:
    modules = dict(network.named_modules())
    if name is not None:
        if name not in modules or not name:
            known = [one for one in modules if one]
            raise InputError(f"the network has no layer {name!r}", expected="one of " + ", ".join(known))
        return modules[name]
    convolutions = [one for one in modules.values() if isinstance(one, nn.Conv2d)]
    if not convolutions:
        raise InputError("the network has no convolution", fix="name a layer that keeps height and width")
    return convolutions[-1]
