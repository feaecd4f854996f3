"""Where the training of a network stands, as files of plain numbers: what a checkpoint holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mainspring.core.errors import InputError
from mainspring.models.adapters.torch_files import read_arrays, write_arrays
from mainspring.models.adapters.torch_networks import arrays_of, fill
from mainspring.models.files import Files

HEAD, WEIGHTS, BEST, OPTIMIZER = "state.json", "weights.safetensors", "best.safetensors", "optimizer.safetensors"
CHANCE = "chance"


@dataclass(slots=True)
class Progress:
    """How far a training is.

    Attributes:
        epoch: Epochs that are complete.
        step: Steps that were made in the epoch after these.
        steps: Steps that were made in all.
        loss: Sum of the losses of this epoch's rows.
        weight: What these rows count together.
        history: Figures and gain of every epoch that is complete.
        best: The weights of the best epoch so far, if that is asked for.
    """

    epoch: int = 0
    step: int = 0
    steps: int = 0
    loss: float = 0.0
    weight: float = 0.0
    history: list[tuple[dict[str, float], float | None]] = field(default_factory=list)
    best: dict[str, npt.NDArray[Any]] | None = None


def write_state(identity: str, progress: Progress, network: Any, optimizer: Any) -> Files:
    """Everything that is needed to go on as if nothing had been.

    Args:
        identity: Of this training; another one is not gone on with.
        progress: How far it is.
        network: With its weights of now.
        optimizer: With what it remembers of gradients.
    """
    values = optimizer.state_dict()
    arrays, plain = _parted(values["state"])
    arrays[CHANCE] = torch.get_rng_state().numpy()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        arrays[f"{CHANCE}/cuda"] = torch.cuda.get_rng_state().numpy()
    head = {
        "identity": identity,
        "torch": torch.__version__,
        "epoch": progress.epoch,
        "step": progress.step,
        "steps": progress.steps,
        "loss": progress.loss.hex(),
        "weight": progress.weight.hex(),
        "history": progress.history,
        "optimizer": plain,
    }
    files = {
        HEAD: json.dumps(head).encode(),
        WEIGHTS: write_arrays(arrays_of(network)),
        OPTIMIZER: write_arrays(arrays),
    }
    if progress.best is not None:
        files[BEST] = write_arrays(progress.best)
    return Files(files)


def read_state(files: Files, identity: str, network: Any, optimizer: Any) -> Progress:
    """Put network, optimiser and chance where they were, and say how far it was.

    Raises:
        InputError: If the checkpoint is of another training.
        IntegrityError: If it cannot be read.
    """
    head = json.loads(files.text(HEAD))
    if head["identity"] != identity:
        raise InputError(
            "the checkpoints are of a training with other parameters, rows or options",
            expected="a folder of its own for each training",
            fix="give another folder, or empty this one to start over",
        )
    fill(network, read_arrays(files.read(WEIGHTS)))
    arrays = read_arrays(files.read(OPTIMIZER))
    torch.set_rng_state(torch.from_numpy(arrays.pop(CHANCE)))
    cuda = arrays.pop(f"{CHANCE}/cuda", None)
    if cuda is not None:
        torch.cuda.set_rng_state(torch.from_numpy(cuda))
    state = {"state": _joined(arrays, head["optimizer"]), "param_groups": optimizer.state_dict()["param_groups"]}
    optimizer.load_state_dict(state)
    return Progress(
        epoch=head["epoch"],
        step=head["step"],
        steps=head["steps"],
        loss=float.fromhex(head["loss"]),
        weight=float.fromhex(head["weight"]),
        history=[(figures, gain) for figures, gain in head["history"]],
        best=read_arrays(files.read(BEST)) if BEST in files.names else None,
    )


def _parted(state: Mapping[int, Mapping[str, Any]]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """What an optimiser remembers of each weight: arrays, and the rest as JSON."""
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    plain: dict[str, Any] = {}
    for number, values in state.items():
        for name, value in values.items():
            if torch.is_tensor(value):
                arrays[f"{number}/{name}"] = value.detach().cpu().numpy()
            else:
                plain[f"{number}/{name}"] = value
    return arrays, plain


def _joined(arrays: Mapping[str, npt.NDArray[Any]], plain: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    for name, value in {**plain, **tensors}.items():
        number, _, what = name.partition("/")
        found.setdefault(int(number), {})[what] = value
    return found
