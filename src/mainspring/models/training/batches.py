"""Mini-batches of a table that need not fit into memory, made ready while the learner learns.

Pieces of the table are read and transformed by several threads, shuffled in a buffer, cut into mini-batches, and
put into a short queue by a thread of their own. Which rows follow each other depends on the seed, the number of
the epoch and the sizes alone, never on which thread was first. How long the learner had to wait is measured.
"""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.digests import digest_text
from mainspring.core.errors import InputError
from mainspring.data import Table, Transform
from mainspring.models.training.weights import row_weights
from mainspring.models.training_options import Rows

Piece = tuple[npt.NDArray[np.float64], npt.NDArray[Any], npt.NDArray[np.float64] | None]

READY: Final = 8
"""How many mini-batches wait for the learner at most."""


@dataclass(slots=True)
class Waiting:
    """How the time of a learner went.

    Attributes:
        waited: Seconds in which it waited for rows.
        learnt: Seconds in which it did something with them.
        rows: How many it was given.
        transformed: How many of these were read and transformed, not found in the cache.
    """

    waited: float = 0.0
    learnt: float = 0.0
    rows: int = 0
    transformed: int = 0

    @property
    def share(self) -> float:
        """The share of its time that it waited."""
        return self.waited / max(self.waited + self.learnt, 1e-9)

    def __str__(self) -> str:
        rate = self.rows / max(self.waited + self.learnt, 1e-9)
        return f"{self.rows} rows, {rate:,.0f} rows/s; the learner waited {self.share:.0%} of the time"


@dataclass(slots=True, kw_only=True, eq=False)
class Batches:
    """Mini-batches of a table, in another order in every epoch.

    Attributes:
        table: The training rows; the whole of it never has to be in memory.
        transform: Turns them into the matrix.
        size: Rows of a mini-batch; the last of an epoch holds what is left.
        seed: Of the order.
        buffer: So many rows are in memory and shuffled among each other; pieces of the table are shuffled too. 0
            leaves the rows in their order.
        piece: How many rows are read and transformed at once.
        workers: How many threads do that.
        cache: Keep what was transformed for the next epochs: in memory, or in a folder as ``.npy`` files, which
            may lie there already from the same table and transform.
        weight: A column with what each row counts.
        by_class: What the rows of each class count, by its index.
        waiting: How the time of the learner went so far.

    Example:
        >>> from mainspring.data import Feature, Schema
        >>> table = Table.from_columns({"x": [1.0, 2.0, 3.0, 4.0], "y": ["a", "b", "a", "b"]})
        >>> features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
        >>> transform = Transform.fit(table, Schema(features=features, label="y"))
        >>> batches = Batches(table=table, transform=transform, size=3)
        >>> [len(batch.target) for batch in batches.epoch(0)]
        [3, 1]
    """

    table: Table
    transform: Transform
    size: int = 256
    seed: int = 0
    buffer: int = 65_536
    piece: int = 8_192
    workers: int = 2
    cache: Literal["memory"] | Path | None = None
    weight: str | None = None
    by_class: npt.NDArray[np.float64] | None = None
    waiting: Waiting = field(default_factory=Waiting)
    _kept: dict[int, Piece] = field(default_factory=dict, init=False, repr=False)
    _folder: Path | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse sizes that make no batch.

        Raises:
            InputError: If a size is too small, or the table has no rows.
        """
        given = {"size": self.size, "piece": self.piece, "workers": self.workers, "buffer": self.buffer + 1}
        wrong = [f"{name} is {value}" for name, value in given.items() if value < 1]
        if wrong or not self.table.num_rows:
            raise InputError(
                "; ".join([*wrong, *([] if self.table.num_rows else ["the table has no rows"])]),
                expected="sizes of 1 or more, and rows",
            )
        if isinstance(self.cache, Path):
            self._folder = self.cache / self.identity()

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        return self.table.num_rows

    @property
    def features(self) -> int:
        """How many columns the matrix has."""
        return len(self.transform.outputs)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Rows]:
        """The mini-batches of an epoch, counted from 0.

        Args:
            number: Another number, another order.
            skip: So many of the first mini-batches are passed over.
        """
        ready: queue.Queue[Rows | BaseException | None] = queue.Queue(READY)
        stop = threading.Event()
        thread = threading.Thread(target=self._prepare, args=(number, ready, stop), name="mainspring-batches")
        thread.start()
        place = 0
        try:
            while True:
                started = time.perf_counter()
                found = ready.get()
                if isinstance(found, BaseException):
                    raise found
                if found is None:
                    return
                place += 1
                if place <= skip:
                    continue
                given = time.perf_counter()
                self.waiting.waited += given - started
                self.waiting.rows += len(found.target)
                yield found
                self.waiting.learnt += time.perf_counter() - given
        finally:
            stop.set()
            while thread.is_alive():
                with suppress(queue.Empty):
                    ready.get_nowait()
                thread.join(0.01)

    def _prepare(
        self, number: int, ready: queue.Queue[Rows | BaseException | None], stop: threading.Event
    ) -> None:
        """Fill the queue; whatever goes wrong is raised where the batches are asked for."""
        last: BaseException | None = None
        try:
            for rows in self._cut(self._shuffled(number, stop)):
                if not _put(ready, rows, stop):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised in the learner's thread
            last = error
        _put(ready, last, stop)

    def _cut(self, groups: Iterator[Piece]) -> Iterator[Rows]:
        """Mini-batches of equal size across groups."""
        rest: Piece | None = None
        for group in groups:
            start = 0
            if rest is not None:
                start = self.size - len(rest[1])
                rest = _joined([rest, _part(group, 0, start)])
                if len(rest[1]) < self.size:
                    continue
                yield Rows(*rest)
            stop = start + (len(group[1]) - start) // self.size * self.size
            for place in range(start, stop, self.size):
                yield Rows(*_part(group, place, place + self.size))
            rest = _part(group, stop, None) if stop < len(group[1]) else None
        if rest is not None:
            yield Rows(*rest)

    def _shuffled(self, number: int, stop: threading.Event) -> Iterator[Piece]:
        """As many pieces as the buffer holds at once, their rows in another order."""
        count = math.ceil(self.rows / self.piece)
        dice = np.random.default_rng([self.seed % 2**63, number])
        order = dice.permutation(count) if self.buffer else np.arange(count)
        together = max(1, self.buffer // self.piece)
        held: list[Piece] = []
        for found in self._pieces(order.tolist(), stop):
            held.append(found)
            if len(held) == together:
                yield self._mixed(held, dice)
                held = []
        if held:
            yield self._mixed(held, dice)

    def _mixed(self, pieces: list[Piece], dice: np.random.Generator) -> Piece:
        if not self.buffer:
            return _joined(pieces)
        total = sum(len(piece[1]) for piece in pieces)
        places = dice.permutation(total)
        first = pieces[0]
        mixed = tuple(None if one is None else np.empty((total, *one.shape[1:]), one.dtype) for one in first)
        start = 0
        for piece in pieces:
            chosen = places[start : start + len(piece[1])]
            for target, source in zip(mixed, piece, strict=True):
                if target is not None:
                    target[chosen] = source
            start += len(chosen)
        return cast("Piece", mixed)

    def _pieces(self, order: list[int], stop: threading.Event) -> Iterator[Piece]:
        """Pieces in that order; those to come are being made meanwhile."""
        tables = list(self.table.chunks(self.piece))
        ahead: deque[Future[Piece]] = deque()
        with ThreadPoolExecutor(self.workers, thread_name_prefix="mainspring-batches") as pool:
            for place in order:
                if stop.is_set():
                    break
                ahead.append(pool.submit(self._piece, place, tables[place]))
                if len(ahead) > self.workers:
                    yield ahead.popleft().result()
            while ahead and not stop.is_set():
                yield ahead.popleft().result()

    def _piece(self, place: int, table: Table) -> Piece:
        if place in self._kept:
            return self._kept[place]
        file = None if self._folder is None else self._folder / f"{place:08d}.npz"
        if file is not None and file.exists():
            with np.load(file, allow_pickle=False) as found:
                return found["matrix"], found["target"], found.get("weights")
        matrix, target = self.transform.apply_training(table), self.transform.labels(table)
        made: Piece = (matrix, target, row_weights(table, self.weight, self.by_class, target))
        with self._lock:
            self.waiting.transformed += len(matrix)
        if self.cache == "memory":
            self._kept[place] = made
        elif file is not None:
            _write(file, made)
        return made

    def moments(self) -> tuple[float, float]:
        """Mean and population standard deviation of the values to be learnt, piece by piece."""
        count, mean, squares = 0, 0.0, 0.0
        for table in self.table.chunks(self.piece):
            values = self.transform.labels(table)
            apart = float(values.mean()) - mean
            total = count + len(values)
            squares += float(((values - values.mean()) ** 2).sum()) + apart**2 * count * len(values) / total
            mean += apart * len(values) / total
            count = total
        return mean, math.sqrt(squares / count)

    def identity(self) -> str:
        """What the pieces hold, as a digest of the table, the transform and the weights; reads the table once."""
        by_class = None if self.by_class is None else self.by_class.tolist()
        told = (self.table.digest(), self.transform, self.piece, self.weight, by_class)
        return digest_text(repr(told)).rpartition(":")[2]


def _part(piece: Piece, start: int, stop: int | None) -> Piece:
    matrix, target, weights = piece
    return matrix[start:stop], target[start:stop], None if weights is None else weights[start:stop]


def _joined(pieces: list[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    weights = [piece[2] for piece in pieces if piece[2] is not None]
    return (
        np.concatenate([piece[0] for piece in pieces]),
        np.concatenate([piece[1] for piece in pieces]),
        np.concatenate(weights) if weights else None,
    )


def _write(file: Path, made: Piece) -> None:
    """A file that is there as a whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    arrays = dict(zip(("matrix", "target", "weights"), made, strict=True))
    with fresh.open("wb") as stream:
        np.savez(
            stream, allow_pickle=False, **{name: array for name, array in arrays.items() if array is not None}
        )
    fresh.replace(file)


def _put(
    ready: queue.Queue[Rows | BaseException | None], item: Rows | BaseException | None, stop: threading.Event
) -> bool:
    """Whether the item was taken; not if nobody wants it any more."""
    while not stop.is_set():
        with suppress(queue.Full):
            ready.put(item, timeout=0.1)
            return True
    return False
