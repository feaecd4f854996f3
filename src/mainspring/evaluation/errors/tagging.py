"""Tagging by hand: a sample of errors goes out as a CSV file, and comes back with tags."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.core import InputError, NotFoundError
from mainspring.evaluation.errors.tags import Tags, masks_of, split_tags
from mainspring.evaluation.losses import row_losses
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

SAMPLE: Final = 100
"""A hundred errors tell which kind is common (Ng, chapter 14)."""
ROW: Final = "row"
TAGS: Final = "tags"
_OURS: Final = (ROW, "right", "answered", "confidence")
_NO: Final = frozenset({"", "0", "no", "n", "false", "-"})
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


def errors_to_tag(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    sample: int = SAMPLE,
    columns: Sequence[str] | None = None,
    positive: str | None = None,
    seed: int = 0,
) -> list[dict[str, str]]:
    """A random sample of the errors, one mapping per row, with an empty ``tags``.

    Args:
        predictor: What predicts, or one prediction per row.
        table: The rows.
        label: The label column.
        sample: How many errors at most.
        columns: What to show of each row besides its number (from 1), label, answer and confidence; all columns
            without it.
        positive: The class that a binary task is about.
        seed: Of the choice.

    Raises:
        InputError: If a column does not exist, or nothing is to be drawn.
    """
    if sample < 1:
        raise InputError(f"a sample of {sample} errors", expected="at least 1")
    rows = row_losses(predictor, table, label=label, positive=positive)
    wrong = np.flatnonzero(rows.values > 0)
    chosen = np.sort(np.random.default_rng(seed).permutation(wrong)[:sample])
    numbers = np.flatnonzero(rows.kept)[chosen]
    shown = [name for name in columns or table.names if name not in (*_OURS, TAGS)]
    picked = table.select(shown) if shown else None
    return [
        {
            ROW: str(number + 1),
            "right": str(rows.labels[place]),
            "answered": str(rows.answers[place]),
            "confidence": f"{rows.confidence[place]:.6g}",
            TAGS: "",
            **({} if picked is None else _cells(picked, number)),
        }
        for place, number in zip(chosen.tolist(), numbers.tolist(), strict=True)
    ]


def write_to_tag(rows: Sequence[dict[str, str]], path: Path) -> None:
    """Write the sample as a CSV file. A cell that a spreadsheet would take for a formula gets an apostrophe.

    Raises:
        InputError: If there is nothing to write.
    """
    if not rows:
        raise InputError("the model makes no errors on these rows", expected="errors to tag")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _harmless(text) for name, text in row.items()})


def read_tags(path: Path, table: Table) -> Tags:
    """Read tags that were written by hand.

    Args:
        path: The CSV file: ``row`` (from 1), ``tags`` (``"blurry; dog"``), and any further columns that the table
            does not have, each of which is a tag: a row has it if the cell is neither empty nor ``0``, ``no`` or
            ``false``.
        table: The table that the rows were drawn from.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If the file has no ``row``, rows that the table does not have, or no tags at all.
    """
    if not path.is_file():
        raise NotFoundError(f"there is no file {str(path)!r}")
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    header = list(rows[0]) if rows else []
    if ROW not in header:
        raise InputError(
            f"no column {ROW!r}", where=str(path), expected="the file as it was written, with tags added"
        )
    try:
        places = [int(row[ROW]) - 1 for row in rows]
    except (TypeError, ValueError):
        raise InputError(f"{ROW!r} holds something else than numbers", where=str(path)) from None
    wrong = [place + 1 for place in places if not 0 <= place < table.num_rows]
    if wrong:
        raise InputError(
            f"there is no row {wrong[0]} in a table of {table.num_rows} rows",
            where=str(path),
            expected="the table that the errors were drawn from",
        )
    own = [name for name in header if name and name not in (*_OURS, TAGS, *table.names)]
    tagged = [
        [*split_tags(row.get(TAGS)), *(name for name in own if (row[name] or "").strip().lower() not in _NO)]
        for row in rows
    ]
    if not any(tagged):
        raise InputError(
            "no row has a tag", where=str(path), fix=f"write tags into the column {TAGS!r}: blurry; dog"
        )
    known = np.zeros(table.num_rows, dtype=bool)
    known[places] = True
    masks = {}
    for name, mask in masks_of(tagged).items():
        whole = np.zeros(table.num_rows, dtype=bool)
        whole[np.array(places)[mask]] = True
        masks[name] = whole
    return Tags(masks, known)


def _cells(table: Table, number: int) -> dict[str, str]:
    """The values of one row as text."""
    (row,) = table.rows(number, number + 1).iter_rows()
    return {name: "" if value is None else str(value) for name, value in row.items()}


def _harmless(text: str) -> str:
    number = text.lstrip("+-").replace(".", "", 1).replace("e", "", 1).isdigit()
    return f"'{text}" if text.startswith(_FORMULAS) and not number else text
