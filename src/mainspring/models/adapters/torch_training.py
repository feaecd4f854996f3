"""Trains a network: epochs of mini-batches, the same bits every time, also across a kill.

The order of rows depends on the seed and the number of the epoch alone; what else is left to chance (first
weights, dropout) comes from PyTorch's generator, whose state a checkpoint holds. So a training that goes on from a
checkpoint ends with the weights that it would have had without the pause, to the last bit on the same machine and
number of threads.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from mainspring.core.errors import InputError
from mainspring.models.adapters.scores import Watch
from mainspring.models.adapters.torch_networks import arrays_of, fill
from mainspring.models.adapters.torch_settings import OPTIMIZERS, Training
from mainspring.models.adapters.torch_state import Progress, read_state, write_state
from mainspring.models.ports import Fitted
from mainspring.models.training_options import Rows, TrainingOptions

ROWS_AT_ONCE: Final = 4096
"""Rows are asked in parts of this size where nothing is learnt from them."""

_ONE_AT_A_TIME: Final = threading.RLock()
"""PyTorch has one generator for the process: two trainings at once would take each other's chance."""


class Source(Protocol):
    """Where the mini-batches of an epoch come from."""

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        ...

    def epoch(self, number: int, skip: int = 0) -> Iterator[Rows]:
        """The mini-batches of an epoch, counted from 0, without the first few."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Mini-batches of rows that are in memory, in another order in every epoch."""

    given: Rows
    size: int
    seed: int

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        return len(self.given.target)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Rows]:
        """The mini-batches of an epoch, counted from 0, without the first few."""
        order = np.random.default_rng([self.seed % 2**63, number]).permutation(self.rows)
        weights = self.given.weights
        for start in range(skip * self.size, self.rows, self.size):
            chosen = order[start : start + self.size]
            yield Rows(
                self.given.matrix[chosen],
                self.given.target[chosen],
                None if weights is None else weights[chosen],
            )


@contextmanager
def reproducible(seed: int, threads: int) -> Iterator[None]:
    """Within the block, one training has PyTorch for itself, from this seed and with exact algorithms.

    Everything is put back afterwards as it was.
    """
    with _ONE_AT_A_TIME, torch.random.fork_rng():
        before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=True)
        torch.manual_seed(seed % 2**63)
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(mode=before[1])


@dataclass(slots=True, eq=False)
class Learning:
    """A training in motion.

    Attributes:
        network: What learns.
        source: Where it learns from.
        training: How.
        options: Rows to watch, limits, who is told, where checkpoints are.
        identity: Of this training, for its checkpoints.
        classification: Whether targets are classes.
        snapshot: Gives the estimator as it is now.
    """

    network: Any
    source: Source
    training: Training
    options: TrainingOptions
    identity: str
    classification: bool
    snapshot: Callable[[], Fitted]

    def run(self) -> Watch:
        """Train, from the last checkpoint if there is one; the network then has the weights that are kept."""
        watch = Watch(self.options)
        optimizer = self._optimizer()
        place = self.options.checkpoints
        pace = None if place is None else place.pace()
        progress = Progress()
        found = None if place is None else place.latest()
        if found is not None:
            progress = read_state(found, self.identity, self.network, optimizer)
        stop = False
        for figures, gain in progress.history:
            stop = watch.step(figures, gain)

        def keep(*, epoch_ended: bool) -> None:
            if place is not None and pace is not None and pace.is_due(epoch_ended=epoch_ended):
                # Counted so that the end of an epoch comes after its last step.
                number = 2 * progress.steps + (1 if epoch_ended else 0)
                place.save(number, write_state(self.identity, progress, self.network, optimizer))

        while progress.epoch < self.training.epochs and not stop:
            for rows in self.source.epoch(progress.epoch, progress.step):
                self._step(rows, optimizer, progress)
                keep(epoch_ended=False)
            stop = self._end_epoch(watch, progress)
            keep(epoch_ended=True)
        if progress.best is not None:
            fill(self.network, progress.best)
        return watch

    def _step(self, rows: Rows, optimizer: Any, progress: Progress) -> None:
        matrix, target, weights = self._tensors(rows)
        for group in optimizer.param_groups:
            group["lr"] = self.training.lr * self._share_of_rate(progress.steps)
        self.network.train()
        optimizer.zero_grad(set_to_none=True)
        each = self._losses(self.network(matrix), target)
        total = len(each) if weights is None else weights.sum()
        lost = (each if weights is None else each * weights).sum()
        if weights is None or float(total) > 0:
            (lost / total).backward()
            if self.training.clip is not None:
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.training.clip)
            optimizer.step()
        progress.loss += float(lost.detach())
        progress.weight += float(total)
        progress.step += 1
        progress.steps += 1

    def _end_epoch(self, watch: Watch, progress: Progress) -> bool:
        loss = progress.loss / progress.weight if progress.weight else math.nan
        if not math.isfinite(loss):
            raise InputError(
                f"the training went astray: the loss of epoch {progress.epoch + 1} is {loss}",
                fix='learn in smaller steps, such as params={"lr": 0.0001, "clip": 1.0}, and scale the columns',
            )
        figures = {"train loss": loss}
        held, gain = self.options.validation, None
        if held is not None:
            figures["validation loss"] = self.loss_of(held)
            gain = -figures["validation loss"]
        progress.epoch, progress.step, progress.loss, progress.weight = progress.epoch + 1, 0, 0.0, 0.0
        progress.history.append((figures, gain))
        stop = watch.step(figures, gain)
        if self.options.patience is not None and watch.best == watch.iterations:
            progress.best = {name: array.copy() for name, array in arrays_of(self.network).items()}
        if watch.is_checkpoint and self.options.on_checkpoint is not None:
            self.options.on_checkpoint(watch.iterations, self.snapshot())
        return stop

    def loss_of(self, held: Rows) -> float:
        """The mean loss of rows that are not learnt from."""
        self.network.eval()
        lost = total = 0.0
        with torch.no_grad():
            for start in range(0, len(held.target), ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                few = Rows(
                    held.matrix[part], held.target[part], None if held.weights is None else held.weights[part]
                )
                matrix, target, weights = self._tensors(few)
                each = self._losses(self.network(matrix), target).double()
                lost += float((each if weights is None else each * weights).sum())
                total += len(each) if weights is None else float(weights.sum())
        return lost / total if total else math.nan

    def _tensors(self, rows: Rows) -> tuple[Any, Any, Any]:
        kind, device = getattr(torch, self.training.dtype), self.training.device
        target = torch.from_numpy(np.ascontiguousarray(rows.target))
        return (
            torch.from_numpy(np.ascontiguousarray(rows.matrix)).to(device=device, dtype=kind),
            target.to(device) if self.classification else target.to(device=device, dtype=kind),
            None if rows.weights is None else torch.from_numpy(rows.weights).to(device=device, dtype=kind),
        )

    def _losses(self, made: Any, target: Any) -> Any:
        """The loss of each row."""
        smoothing = self.training.label_smoothing
        match self.training.loss or ("cross_entropy" if self.classification else "mse"):
            case "cross_entropy":
                return functional.cross_entropy(made, target, reduction="none", label_smoothing=smoothing)
            case "focal":  # Lin et al. 2017, gamma 2
                each = functional.cross_entropy(made, target, reduction="none", label_smoothing=smoothing)
                return (1 - torch.exp(-each)) ** 2 * each
            case "mae":
                return functional.l1_loss(made[:, 0], target, reduction="none")
            case "huber":
                return functional.huber_loss(made[:, 0], target, reduction="none")
        return functional.mse_loss(made[:, 0], target, reduction="none")

    def _optimizer(self) -> Any:
        given = self.training
        made = getattr(torch.optim, OPTIMIZERS[given.optimizer])
        arguments = {"lr": given.lr, "weight_decay": given.weight_decay, **given.optimizer_params}
        try:
            return made(self.network.parameters(), **arguments)
        except (TypeError, ValueError) as error:
            raise InputError(f"the optimiser {given.optimizer} refused: {error}", fix="correct params") from error

    def _share_of_rate(self, step: int) -> float:
        """The learning rate of a step, as a share of its height."""
        total = self.training.epochs * math.ceil(self.source.rows / self.training.batch_size)
        warm = round(self.training.warmup * total)
        if step < warm:
            return (step + 1) / warm
        done = (step - warm) / max(total - warm, 1)
        match self.training.schedule:
            case "cosine":
                return 0.5 * (1 + math.cos(math.pi * done))
            case "linear":
                return 1 - done
            case "step":
                return float(0.1 ** int(3 * done))
        return 1.0


def identity_of(told: str, rows: Rows | None, options: TrainingOptions) -> str:
    """What a training is: its recipe, its rows and its options, as a digest."""
    found = hashlib.sha256(told.encode())
    found.update(repr((options.patience, options.initial is not None)).encode())
    for some in (rows, options.validation):
        for array in () if some is None else (some.matrix, some.target, some.weights):
            found.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
    if options.initial is not None:
        dumped = options.initial.dump()
        for name in dumped.names:
            found.update(dumped.read(name))
    return found.hexdigest()


def answers(network: Any, matrix: npt.NDArray[np.float64], dtype: str) -> npt.NDArray[np.float64]:
    """What a network makes of a matrix, float64 ``[n, outputs]``."""
    parts = []
    with torch.inference_mode():
        for start in range(0, max(len(matrix), 1), ROWS_AT_ONCE):
            rows = np.ascontiguousarray(matrix[start : start + ROWS_AT_ONCE])
            tensor = torch.from_numpy(rows).to(getattr(torch, dtype))
            parts.append(network(tensor).double().numpy())
    return np.concatenate(parts)


def slopes(
    network: Any, matrix: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], dtype: str
) -> npt.NDArray[np.float64]:
    """The slope of ``(weights * outputs).sum(axis=1)`` by the matrix, float64 ``[n, features]``."""
    parts = []
    for start in range(0, max(len(matrix), 1), ROWS_AT_ONCE):
        stop = start + ROWS_AT_ONCE
        rows = torch.from_numpy(np.ascontiguousarray(matrix[start:stop])).to(getattr(torch, dtype))
        rows.requires_grad_(True)
        factors = torch.from_numpy(np.ascontiguousarray(weights[start:stop])).to(rows.dtype)
        (found,) = torch.autograd.grad((network(rows) * factors).sum(), rows)
        parts.append(found.double().numpy())
    return np.concatenate(parts)
