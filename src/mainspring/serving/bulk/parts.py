"""One part of the data: read, answered, written, counted, and put in its place by one rename."""

from __future__ import annotations

import contextlib
import hashlib
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, StateError
from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.bulk.binding import Binding
from mainspring.serving.bulk.expectations import Expectations
from mainspring.serving.bulk.formats import ROW, AnswerColumn, Format
from mainspring.serving.bulk.options import Options
from mainspring.serving.bulk.scoring import Scored, Scorer, spread
from mainspring.serving.bulk.slices import BadRow, Slice, bad_rows, read_slice
from mainspring.serving.bulk.tally import ColumnTally, Distribution, Tally
from mainspring.serving.bulk.writing import write_rows

BAD: Final = "bad.jsonl"
"""The file of a part that lists rows left out."""

_SHOWN: Final = 10
_KIBIBYTE: Final = 1024


class PartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a part that is done.

    Attributes:
        part: Its number.
        start: The number of its first row.
        stop: The number of the row after its last.
        size: Bytes of its answers.
        digest: SHA-256 of them, in hexadecimal digits.
        tally: What happened to its rows.
    """

    part: int
    start: int
    stop: int
    size: int
    digest: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A part to be made.

    Attributes:
        part: Its number, from 0.
        start: The number of its first row in the data.
        stop: The number of the row after its last.
        sql: A query that gives its rows in their order.
    """

    part: int
    start: int
    stop: int
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What all parts of a run have in common.

    Attributes:
        binding: How columns are read, and which are kept.
        options: What the caller chose.
        answers: The columns of answers.
        form: What they are written as.
        expectations: What training data held.
        stamp: What is kept in every Parquet file beside its rows.
    """

    binding: Binding
    options: Options
    answers: tuple[AnswerColumn, ...]
    form: Format
    expectations: Expectations
    stamp: Mapping[str, str]

    @property
    def file(self) -> str:
        """The name of the file of answers of every part."""
        return f"rows{self.form.suffix}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for another process."""
        return {
            "binding": self.binding.as_dict(),
            "options": self.options.as_dict(),
            "answers": [msgspec.to_builtins(one) for one in self.answers],
            "form": self.form.as_dict(),
            "expectations": self.expectations.as_dict(),
            "stamp": dict(self.stamp),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Making:
        """The inverse of :meth:`as_dict`."""
        return cls(
            binding=Binding.from_dict(value["binding"]),
            options=Options.from_dict(value["options"]),
            answers=tuple(AnswerColumn(**one) for one in value["answers"]),
            form=Format(**value["form"]),
            expectations=Expectations.from_dict(value["expectations"]),
            stamp=value["stamp"],
        )


class BadRowsError(InputError):
    """Rows of the data cannot be answered."""

    code = "BAD_ROWS"


def make_part(making: Making, scorer: Scorer, task: Task, folder: Path) -> PartRecord:
    """Answer the rows of a part, and write answers and figures into a folder.

    Args:
        making: What all parts have in common.
        scorer: What answers.
        task: Which rows.
        folder: An empty folder.

    Raises:
        BadRowsError: If rows cannot be answered, and the caller wants that to be an error.
        StateError: If the data is not what it was when the run began.
        ModelError: If the model fails whatever it is asked.
    """
    began = time.perf_counter()
    found = read_slice(task.sql, task.start, making.binding)
    if found.rows != task.stop - task.start:
        raise StateError(
            f"rows {task.start} to {task.stop - 1} of the data are {found.rows} rows now",
            expected=f"{task.stop - task.start} rows",
            fix="leave the data as it is while it is read, and start again with --restart",
        )
    read = time.perf_counter() - began
    scored, good = _answer(found, scorer)
    # Of rows that are left out, others are listed as they are; of the rest a few show what is wrong.
    left_out = making.options.errors == "skip"
    if making.options.errors == "fail" and len(good) < found.rows:
        raise _refused(found, making.binding, scored)
    tally = _tally(found, scored, good, making)
    bad = Counter[str]()
    errors: dict[int, str] = {}
    with contextlib.ExitStack() as stack:
        listing = left_out and tally.bad
        listed = stack.enter_context((folder / BAD).open("w", encoding="utf-8")) if listing else None
        for one in bad_rows(found, making.binding, scored.failed, whole=left_out):
            errors[one.row - found.start] = one.reason
            bad.update(_kinds(one))
            if listed is not None:
                listed.write(_line(one))
    began = time.perf_counter()
    path = folder / making.file
    write_rows(
        path,
        making.form,
        list(_columns(found, scored, making.answers, errors)),
        kept=making.binding.kept,
        sql=task.sql,
        written=_written(found.rows, good) if left_out and tally.bad else None,
        header=task.part == 0 or making.form.folder,
        stamp=making.stamp,
    )
    tally.wrote, tally.read, tally.reasons = time.perf_counter() - began, read, dict(bad)
    tally.written = len(good) if left_out else found.rows
    tally.peak = _peak()
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return PartRecord(
        part=task.part,
        start=task.start,
        stop=task.stop,
        size=path.stat().st_size,
        digest=digest,
        tally=tally,
    )


def _answer(found: Slice, scorer: Scorer) -> tuple[Scored, npt.NDArray[np.int64]]:
    """Answers to all rows of a slice, and which rows have one; what failed is counted from the slice's start."""
    bad = found.bad
    fit = np.setdiff1d(np.arange(found.rows), bad) if len(bad) else np.arange(found.rows)
    if not len(fit):
        return Scored(outputs={}, own={}), fit
    if not len(bad):
        scored = scorer.score(found.columns, found.rows)
    else:
        scored = scorer.score({name: values[fit] for name, values in found.columns.items()}, len(fit))
        scored = replace(
            scored,
            outputs=spread(scored.outputs, fit, found.rows),
            own=spread(scored.own, fit, found.rows),
            failed={int(fit[place]): why for place, why in scored.failed.items()},
        )
    return scored, np.setdiff1d(fit, list(scored.failed)) if scored.failed else fit


def _tally(found: Slice, scored: Scored, good: npt.NDArray[np.int64], making: Making) -> Tally:
    whole = len(good) == found.rows
    tally = Tally(
        rows=found.rows,
        bad=found.rows - len(good),
        violated=dict(scored.violated),
        blocked=scored.blocked,
        overridden=scored.overridden,
        model=scored.seconds,
    )
    known = making.expectations
    tally.columns = {
        name: ColumnTally.of(values if whole else values[good], known.column(name))
        for name, values in found.columns.items()
    }
    if "prediction" in scored.outputs:
        tally.predictions = Distribution.of(scored.outputs["prediction"])
    elif "label" in scored.outputs:
        counts = Counter(scored.outputs["label"].tolist())
        counts.pop(None, None)
        tally.labels = dict(counts)
        tally.certainty = Distribution.of(scored.outputs["probabilities"].max(axis=1))
    return tally


def _columns(
    found: Slice, scored: Scored, answers: tuple[AnswerColumn, ...], errors: Mapping[int, str]
) -> Iterator[tuple[AnswerColumn, npt.NDArray[Any]]]:
    """The columns of answers with their values."""
    for one in answers:
        name = one.source.removeprefix("own.")
        outputs = scored.own if name != one.source else scored.outputs
        if name == ROW:
            values: npt.NDArray[Any] = np.arange(found.start, found.start + found.rows)
        elif name in (ASSERTIONS, ERROR):
            values = outputs.get(name, np.full(found.rows, None, dtype=object))
        elif name in outputs:
            values = outputs[name] if one.place is None else outputs[name][:, one.place]
        else:
            values = np.full(found.rows, None if one.is_text else np.nan, object if one.is_text else np.float64)
        if name == ERROR and errors:
            values = values.copy()
            values[list(errors)] = list(errors.values())
        yield one, values


def _refused(found: Slice, binding: Binding, scored: Scored) -> BadRowsError:
    count = len(found.bad) + len(scored.failed)
    shown = list(bad_rows(found, binding, scored.failed, whole=False, most=_SHOWN))
    more = f"; and {count - len(shown)} more among rows {found.start} to {found.start + found.rows - 1}"
    listed = "; ".join(f"row {one.row}: {one.reason}" for one in shown)
    return BadRowsError(
        f"rows cannot be answered: {listed}{more if count > len(shown) else ''}",
        expected="rows that the model takes",
        fix="put them right; or go on without them: --errors null, or --errors skip-to FILE",
    )


def _kinds(one: BadRow) -> list[str]:
    """What is wrong with a row, without its value: what it is counted by."""
    return list(dict.fromkeys(reason.partition(" holds ")[0].partition(" has no ")[0] for reason in one.reasons))


def _line(one: BadRow) -> str:
    values = json.loads(one.values) if one.values else {}
    return json.dumps({"row": one.row, "reason": one.reason, "values": values}, ensure_ascii=False) + "\n"


def _written(rows: int, good: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    found = np.zeros(rows, dtype=np.bool_)
    found[good] = True
    return found


def _peak() -> int:
    """The most memory that this process held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * _KIBIBYTE
