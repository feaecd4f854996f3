"""A first look at somebody's data: how its files are written, and what kind of problem it is."""

from __future__ import annotations

import codecs
import difflib
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data import Table

_PROTECTED: Final = (
    "sex",
    "gender",
    "race",
    "ethnicity",
    "religion",
    "disability",
    "marital-status",
    "marital_status",
)
"""Columns by which people must not be treated differently: looked at first."""

_MISSING: Final = ("?", "NA", "N/A", "NULL", "null", "nan", "NaN", "-")
_MOST_IN_A_SLICE: Final = 12
_SEEN: Final = 2000
_GIVES_AWAY: Final = 0.95
_FEW: Final = 2
_COMMA_NUMBER: Final = r"[+-]?\d*(,\d+)?([eE][+-]?\d+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen in the data.

    Attributes:
        label: The column to be predicted.
        classes: How many values the label has; 0 for a number to be predicted.
        rows: How many rows.
        slices: Columns worth looking at one by one in the evaluation.
        giveaways: Columns that alone give the label away, with how well (area under the curve).
        dialect: Options that the text file needs, as ``ingest`` takes them.
        unlabelled: How many rows have no label.
    """

    label: str
    classes: int
    rows: int
    slices: Sequence[str] = ()
    giveaways: Sequence[tuple[str, float]] = ()
    dialect: Mapping[str, Any] = field(default_factory=dict)
    unlabelled: int = 0


def look(data: Path, label: str, *, names: Sequence[str] = ()) -> Look:
    """Read a file, or a folder or glob of files, as ``ingest`` will, and see what kind of problem it is.

    Raises:
        NotFoundError: If there is no data.
        InputError: If the label is not among the columns, or holds nothing to learn.
    """
    from mainspring.data.sources import find_files, read

    files = find_files(data)
    dialect: dict[str, Any] = {"header": False, "names": list(names)} if names else {}
    if files[0].suffix.lower() in {".parquet", ".pq"}:
        table = read(data)
    else:
        dialect |= _encoding(files)
        table = read(data, csv=dialect)
        needed = _needs(table)
        if needed:
            dialect |= needed
            table = read(data, csv=dialect)
    _check_label(table, label, data.name)
    return _judge(table, label, dialect)


def _encoding(files: Sequence[Path]) -> dict[str, str]:
    """The encoding, where it is not UTF-8: UTF-16 says so itself, and what is neither is taken for Latin-1."""
    for file in files:
        decoder = codecs.getincrementaldecoder("utf-8")()
        start = True
        for block in _blocks(file):
            if start and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return {"encoding": "utf-16"}
            start = False
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return {"encoding": "latin-1"}
    return {}


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(file) if zipped else file.open("rb") as raw:
            while block := raw.read(1 << 20):
                yield block
    except (OSError, EOFError):
        return  # reading the table says what is wrong with it


def _needs(table: Table) -> dict[str, Any]:
    """The options that a file needs: spaces around cells, words for a missing value, commas in numbers."""
    from mainspring.data import ColumnType

    spaced, words, commas = False, set[str](), list[str]()
    for column in table.columns:
        if column.type is ColumnType.STRING:
            name = _quoted(column.name)
            query = f"SELECT DISTINCT {name} AS v FROM this WHERE {name} IS NOT NULL LIMIT {_SEEN}"  # noqa: S608 - the name is quoted
            values = [str(value) for value in table.sql(query).to_columns()["v"]]
            spaced = spaced or any(value != value.strip() for value in values)
            words |= {value.strip() for value in values} & set(_MISSING)
            fitting = f"count(*) FILTER (regexp_full_match(trim({name}), '{_COMMA_NUMBER}'))"
            known = ", ".join(f"'{word}'" for word in _MISSING)
            counted = table.sql(
                f"SELECT count(*) AS n, {fitting} AS k FROM this "  # noqa: S608 - the name is quoted
                f"WHERE {name} IS NOT NULL AND trim({name}) NOT IN ({known})"
            ).to_columns()
            if counted["n"] == counted["k"] and counted["n"][0] and any("," in value for value in values):
                commas.append(column.name)
    needed: dict[str, Any] = {"trim": True} if spaced else {}
    needed |= {"missing": sorted(words)} if words else {}
    return needed | ({"decimal_comma": commas} if commas else {})


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _check_label(table: Table, label: str, file: str) -> None:
    if label not in table.names:
        close = difflib.get_close_matches(label, table.names, n=1)
        headless = sum(_is_number(name) for name in table.names) >= 2
        fix = "give the names of the columns: --names age,workclass,…" if headless else "name the label: --label"
        raise InputError(
            f"there is no column {label!r} in {file}" + ("; it seems to have no header" if headless else ""),
            expected="one of " + ", ".join(table.names),
            fix=f"--label {close[0]}" if close else fix,
        )
    if len(table.names) == 1:
        raise InputError(
            f"{file} has no column but the label {label!r}", expected="columns to predict the label from"
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _judge(table: Table, label: str, dialect: Mapping[str, Any]) -> Look:
    labelled = table.where(f"{_quoted(label)} IS NOT NULL")
    distinct = _different(labelled, label)
    if distinct < 2:
        word = "value" if distinct == 1 else "values"
        raise InputError(
            f"the label {label!r} has {distinct} different {word}",
            expected="at least two, else nothing can be learnt",
        )
    classes = _classes(labelled, label)
    return Look(
        label=label,
        classes=classes,
        rows=table.num_rows,
        slices=_slices(labelled, label),
        giveaways=_giveaways(labelled, label) if classes == 2 else [],
        dialect=dialect,
        unlabelled=table.num_rows - labelled.num_rows,
    )


def _classes(table: Table, label: str) -> int:
    """The same answer as the transform will give."""
    from mainspring.data import ColumnType
    from mainspring.data.transforms.labels import find_classes

    if table.type_of(label) in set(ColumnType) - {
        ColumnType.STRING,
        ColumnType.BOOL,
        ColumnType.INT,
        ColumnType.FLOAT,
    }:
        raise InputError(
            f"the label {label!r} is a {table.type_of(label)}", expected="words, true and false, or numbers"
        )
    return len(find_classes(table, label) or ())


def _slices(table: Table, label: str) -> Sequence[str]:
    """Columns of few words, those that matter to people first; without any, a number, to be cut in quarters."""
    from mainspring.data import ColumnType

    words = [
        column.name
        for column in table.columns
        if column.name != label and column.type in (ColumnType.STRING, ColumnType.BOOL)
    ]
    found = [name for name in words if 2 <= _different(table, name) <= _MOST_IN_A_SLICE]
    if not found:
        numbers = (column.name for column in table.columns if column.type in (ColumnType.INT, ColumnType.FLOAT))
        found = [name for name in numbers if name != label][:1]
    return sorted(found, key=lambda name: name.lower() not in _PROTECTED)[:3]


def _different(table: Table, name: str) -> int:
    counted = table.sql(f"SELECT count(DISTINCT {_quoted(name)}) AS n FROM this")  # noqa: S608 - the name is quoted
    return int(counted.to_columns()["n"][0])


def _giveaways(table: Table, label: str) -> list[tuple[str, float]]:
    """Numeric columns that alone rank the label almost perfectly: often known only after the fact.

    A leak stands out. Where several columns are as good, the label is simply easy to tell, and none is named.
    """
    import numpy as np

    from mainspring.data import ColumnType
    from mainspring.data.assessment.association import ranking_area

    words = table.select([label]).to_columns()[label]
    top = max({str(word) for word in words})
    positive = np.array([str(word) == top for word in words])
    found = []
    for column in table.columns:
        if column.name != label and column.type in (ColumnType.INT, ColumnType.FLOAT):
            score = ranking_area(table.column(column.name), positive)
            if max(score, 1 - score) >= _GIVES_AWAY:
                found.append((column.name, max(score, 1 - score)))
    return found if len(found) <= _FEW else []
