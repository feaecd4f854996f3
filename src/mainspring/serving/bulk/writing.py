"""Writes kept columns and answers side by side, in the engine: kept columns never become Python values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.data import engine
from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.bulk.formats import ROW, AnswerColumn, Format

_WRITTEN: Final = "mainspring_written"


def write_rows(
    path: Path,
    form: Format,
    answers: Sequence[tuple[AnswerColumn, npt.NDArray[Any]]],
    *,
    kept: Sequence[str] = (),
    sql: str = "",
    written: npt.NDArray[np.bool_] | None = None,
    header: bool = True,
    stamp: Mapping[str, str] | None = None,
) -> None:
    """Write rows in their order.

    Args:
        path: The file.
        form: How it is written.
        answers: The columns of answers with their values, one array of all rows each.
        kept: Columns of the data to write before them.
        sql: What gives the rows of the data.
        written: Which rows are written; all by default.
        header: Whether a CSV file begins with the names.
        stamp: Texts by name, kept in a Parquet file beside its rows.
    """
    given = {f"a{place}": _lying(values) for place, (_, values) in enumerate(answers)}
    picks = [f"{_cell(f'a{place}', one)} AS {engine.quote(one.name)}" for place, (one, _) in enumerate(answers)]
    # Kept columns go by their places: they may be called like anything.
    aside = [f"{engine.quote(name)} AS k{place}" for place, name in enumerate(kept)]
    picks = [*(f"k{place} AS {engine.quote(name)}" for place, name in enumerate(kept)), *picks]
    if written is not None:
        given[_WRITTEN] = np.ascontiguousarray(written)
    options = _options(form, len(picks), len(next(iter(given.values()))), header=header, stamp=stamp or {})
    with engine.cursor() as found:
        found.register("given", given)
        try:
            rows = found.view("given")
            if kept:
                # The engine keeps the order of rows on both sides: they are put together by their places.
                found.register("kept", found.sql(sql).project(", ".join(aside)))
                rows = found.sql("FROM kept POSITIONAL JOIN given")
            if written is not None:
                rows = rows.filter(_WRITTEN)
            found.register("answers", rows.project(", ".join(picks)))
            found.execute(f"COPY answers TO {engine.literal(str(path))} ({options})").fetchall()
        finally:
            found.unregister("given")


def _cell(cell: str, column: AnswerColumn) -> str:
    if column.is_text:
        text = f"CAST({cell} AS VARCHAR)"
        return f"nullif({text}, '')" if column.source in (ASSERTIONS, ERROR) else text
    return f"CAST({cell} AS BIGINT)" if column.source == ROW else f"nullif(CAST({cell} AS DOUBLE), 'nan'::DOUBLE)"


def _lying(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values one after the other in memory: the engine takes them only so."""
    return np.ascontiguousarray(values)


def _options(form: Format, width: int, rows: int, *, header: bool, stamp: Mapping[str, str]) -> str:
    if form.kind == "parquet":
        told = ", ".join(f"{engine.quote(name)}: {engine.literal(text)}" for name, text in stamp.items())
        kept = f", KV_METADATA {{{told}}}" if stamp else ""
        # All rows of a part are one group, so that a file put together of parts has no small ones.
        return f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {max(rows, 2048)}{kept}"
    packed = "gzip" if form.packed else "none"
    if form.kind == "jsonl":
        return f"FORMAT json, COMPRESSION {packed}"
    names = str(header).lower()
    return f"FORMAT csv, HEADER {names}, DELIMITER {engine.literal(form.delimiter)}, COMPRESSION {packed}"
