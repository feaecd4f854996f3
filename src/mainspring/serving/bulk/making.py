"""Has all parts made: by this process while that is quick enough, else by one process per core."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from mainspring.core.durable import replace_file
from mainspring.serving.bulk.answerer import Answerer
from mainspring.serving.bulk.parts import Making, Task, make_part
from mainspring.serving.bulk.pool import Pool
from mainspring.serving.bulk.scoring import Scorer
from mainspring.serving.bulk.workplace import MAKING, Workplace, keep_record, room

_MANY: Final = 32
"""Of more parts none is made here to see how long it takes: this process then never loads the model."""

_WORTH: Final = 4.0
"""Seconds that must be left after the first part for more processes to be worth it: each needs one to start."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Maker:
    """Makes the parts of one run.

    Args:
        place: Its work folder.
        model: What answers.
        making: What all parts have in common.
        made: Called after every part with the number of its rows.
    """

    def __init__(self, place: Workplace, model: Answerer, making: Making, made: Callable[[int], None]) -> None:
        self._place, self._model, self._making, self._made = place, model, making, made
        self._scorer: Scorer | None = None

    def make(self, tasks: Sequence[Task], processes: int | None) -> int:
        """Make parts; gives how many processes worked at a time, or how many connections to a server there were.

        Args:
            tasks: The parts that are missing, in order.
            processes: How many processes work at a time; by default one per core, if that is worth it.
        """
        try:
            return self._make(tasks, processes)
        finally:
            if self._scorer is not None:
                self._scorer.close()

    def _make(self, tasks: Sequence[Task], processes: int | None) -> int:
        size = processes or cores()
        package = self._model.folder(self._place.folder) if size > 1 and len(tasks) > 1 else None
        if package is None:
            self._here(tasks)
            return self._model.connections or 1
        left = tasks
        if processes is None and len(tasks) <= _MANY:
            seconds, left = self._here(tasks[:1]), tasks[1:]
            if seconds * len(left) <= _WORTH:
                self._here(left)
                return 1
        told = {"making": self._making.as_dict(), "package": str(package)}
        replace_file(self._place.folder / MAKING, msgspec.json.encode(told))
        with Pool(self._place.folder, min(size, len(left))) as pool:
            for said in pool.make(left):
                self._made(said.rows)
        return min(size, len(left))

    def _here(self, tasks: Iterable[Task]) -> float:
        """Make parts in this process; gives the seconds that took, without loading the model."""
        total = 0.0
        for task in tasks:
            if self._scorer is None:
                self._scorer = self._model.open()
            began = time.monotonic()
            with room(self._place.folder, task.part) as folder:
                keep_record(folder, make_part(self._making, self._scorer, task, folder))
            total += time.monotonic() - began
            self._made(task.stop - task.start)
        return total
