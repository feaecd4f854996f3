"""A worker process: makes the parts that it is told to, and ends when nobody tells it any more.

``python -m mainspring.serving.bulk.worker FOLDER`` reads a task per line from standard input and writes a line per
part to standard output. When the process that started it is gone, however that came, standard input ends, and so
does the worker.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.data import engine
from mainspring.models.package import Package
from mainspring.serving.bulk.parts import Making, Task, make_part
from mainspring.serving.bulk.scoring import PackageScorer
from mainspring.serving.bulk.workplace import MAKING, keep_record, room


class Said(msgspec.Struct, kw_only=True):
    """A line of a worker: the number of the part that is done with its rows, or the parts of an error."""

    part: int
    rows: int = 0
    error: dict[str, str | None] | None = None


def work(folder: Path, tasks: BinaryIO, told: BinaryIO) -> None:
    """Make parts until there are no more tasks.

    Args:
        folder: The work folder.
        tasks: A task per line, as JSON.
        told: Takes a line per task, as JSON.
    """
    value: dict[str, Any] = msgspec.json.decode((folder / MAKING).read_bytes())
    making = Making.from_dict(value["making"])
    scorer: PackageScorer | None = None
    for line in tasks:
        task = msgspec.json.decode(line, type=Task)
        try:
            if scorer is None:
                with engine.cursor() as found:
                    found.execute("SET threads = 1")  # there is a process per core already
                scorer = PackageScorer(Package.load(Path(value["package"])))
            with room(folder, task.part) as place:
                keep_record(place, make_part(making, scorer, task, place))
            said = Said(part=task.part, rows=task.stop - task.start)
        except MainspringError as error:
            said = Said(part=task.part, error=dict(error.as_dict()))
        except (OSError, engine.error()) as error:
            problem = UnavailableError(str(error).splitlines()[0], where=str(folder))
            said = Said(part=task.part, error=dict(problem.as_dict()))
        told.write(msgspec.json.encode(said) + b"\n")
        told.flush()


if __name__ == "__main__":
    # What a library prints must not be taken for an answer.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    logging.basicConfig(level=logging.WARNING)
    work(Path(sys.argv[1]), sys.stdin.buffer, answers)
