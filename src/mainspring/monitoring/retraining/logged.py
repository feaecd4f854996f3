"""The labelled rows of a prediction log, as examples to train on and to judge by."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Examples, Table
from mainspring.data.celltypes import ENGINE_TYPES
from mainspring.data.engine import quote
from mainspring.data.examples import EVAL, TRAIN
from mainspring.evaluation.reference import OUTPUT, TRUTH
from mainspring.monitoring.retraining.timeline import Timeline
from mainspring.serving.feedback import join
from mainspring.serving.feedback import read as read_feedback
from mainspring.serving.feedback.joining import FEEDBACK
from mainspring.serving.feedback.log import FOLDER
from mainspring.serving.payloads import read
from mainspring.serving.payloads.tables import REQUEST

_TIME: Final = f"{REQUEST}time"


def examples_of_log(
    log: Path,
    *,
    model: str,
    label: str,
    since: float | None = None,
    until: float | None = None,
    newest: float = 0.2,
    most_newest: int = 10_000,
    old: Examples | None = None,
    time: str = "",
) -> Examples:
    """The rows of a log whose truth is known: the newest to judge by, those before to train on.

    Args:
        log: The folder of the prediction log, with its feedback.
        model: The model that was asked.
        label: What the column of the truth is to be called.
        since: Only requests from this time on, in seconds since the epoch.
        until: Only requests before this time.
        newest: The share of rows that make the split ``eval``; the others make ``train``.
        most_newest: At most so many rows make the split ``eval``.
        old: What the model was trained on before: its split ``train`` is put before that of the log, and columns
            take its types. Columns that it does not have are left out.
        time: What a column with the time of the request is to be called; there is none without a name.

    Raises:
        InputError: If the log has no row with a truth, or lacks a column of the old rows.
    """
    types = {} if old is None else {one.name: one.type for one in old.split(TRAIN).columns}
    feedback = read_feedback(log) if (log / FOLDER).is_dir() else iter(())
    rows = join(list(read(log, since=since, until=until, model=model)), feedback, types, known=True)
    if TRUTH not in rows.names:
        raise InputError(
            f"nothing is known of what would have been right of {model!r} in this time",
            expected="feedback with a truth",
            fix="tell the server: mainspring feedback",
        )
    line = Timeline.of(rows, time=_TIME, label=TRUTH)
    kept = _renamed(line.rows, label, time, types)
    count = min(max(round(newest * kept.num_rows), 1), most_newest)
    train, held_out = kept.rows(0, kept.num_rows - count), kept.rows(kept.num_rows - count, kept.num_rows)
    if old is not None:
        before = old.split(TRAIN)
        train, held_out = before.concat(_like(train, before)), _like(held_out, before)
    return Examples(splits={TRAIN: train, EVAL: held_out}, source=f"the log of {model}")


def _renamed(rows: Table, label: str, time: str, types: dict[str, ColumnType]) -> Table:
    """Inputs under their names, the truth as the label, and the time, if it is wanted."""
    inputs = [name for name in rows.names if not name.startswith((OUTPUT, REQUEST, FEEDBACK))]
    if label in inputs:
        raise InputError(f"the model is asked with a column {label!r}", expected="another name for the label")
    wanted = [quote(name) for name in inputs]
    kind = types.get(label)
    truth = quote(TRUTH) if kind is None else f"CAST({quote(TRUTH)} AS {ENGINE_TYPES[kind]})"
    wanted.append(f"{truth} AS {quote(label)}")
    if time:
        moment = quote(_TIME)
        kind = types.get(time)
        if kind is not None and not kind.is_numeric:
            moment = f"CAST(make_timestamp(({moment} * 1000000)::BIGINT) AS {ENGINE_TYPES[kind]})"
        wanted.append(f"{moment} AS {quote(time)}")
    return rows.sql(" ".join(("SELECT", ", ".join(wanted), "FROM this")))


def _like(rows: Table, old: Table) -> Table:
    """The columns of the old rows, in their order.

    Raises:
        InputError: If one is missing.
    """
    missing = [name for name in old.names if name not in rows.names]
    if missing:
        raise InputError(
            f"the log has no column {', '.join(map(repr, missing))}, which the old rows have",
            expected="the inputs of the model and its label",
            fix="leave the column out of the old rows, or name the time: time=…",
        )
    return rows.select(old.names)
