"""Describing words: how often each occurs, their lengths, which are numbers. Grouped by the query engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.data.celltypes import ColumnType, is_quantity, is_whole
from mainspring.data.sketches import EXACT_VALUES, HASHED, Distinct, Frequencies
from mainspring.data.statistics import MOST_OFFENDERS, Offender, Sizes, Words

if TYPE_CHECKING:
    import numpy as np

CANDIDATES: Final = 10_000
"""How many words of a chunk are kept until all chunks are merged, so that few counts are lost."""
_SHORT: Final = 64
"""Bytes longer than this are told apart by their digest."""
_MOSTLY: Final = 0.5
"""From this share of numbers among the texts of a column on, the other texts are listed."""
_NAMES: Final = "'nan', 'NaN', 'NAN', 'inf', 'Inf', 'INF', 'infinity', 'Infinity'"
_LOW_BYTES: Final = "18446744073709551615::UHUGEINT"


def as_word(cell: str, type_: ColumnType) -> str:
    """SQL: a value as the word it is counted under; ISO 8601 for dates and timestamps. NULL stays NULL.

    Bytes are written in hexadecimal digits; those longer than 64 bytes as ``md5:`` and their digest.
    """
    match type_:
        case ColumnType.STRING:
            return cell
        case ColumnType.TIMESTAMP:
            return f"replace(CAST({cell} AS VARCHAR), ' ', 'T')"
        case ColumnType.BYTES:
            digits, digest = f"lower(hex({cell}))", f"'md5:' || md5({cell})"
            return f"CASE WHEN octet_length({cell}) <= {_SHORT} THEN {digits} ELSE {digest} END"
        case _:
            return f"CAST({cell} AS VARCHAR)"


def words_of(cursor: Any, values: str, type_: ColumnType, *, most: int = EXACT_VALUES) -> Words:
    """The statistics of words.

    Args:
        cursor: On the engine; its temporary table ``grouped`` is overwritten.
        values: SQL: the values, as ``v``.
        type_: Of the values.
        most: How many different words to list.
    """
    valid = "try(decode(v)) IS NOT NULL" if type_ is ColumnType.BYTES else "true"
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE grouped AS SELECT {as_word('v', type_)} AS v, count(*) AS n"  # noqa: S608 - our own query
        + (f", count(*) FILTER (NOT ({valid})) AS broken" if type_ is ColumnType.BYTES else "")
        + f" FROM ({values}) WHERE v IS NOT NULL GROUP BY 1"
    )
    numbers = f"sum(n) FILTER ({_quantity()})" if type_ is ColumnType.STRING else "0"
    whole = f"sum(n) FILTER ({_whole()})" if type_ is ColumnType.STRING else "0"
    broken = "sum(broken)" if type_ is ColumnType.BYTES else "0"
    found = cursor.execute(
        "SELECT sum(n), count(*), sum(n * length(v)), min(v), max(v), min(length(v)), max(length(v)), "  # noqa: S608 - our own query
        f"sum(n) FILTER (v = ''), {whole}, {numbers}, {broken} FROM grouped"
    ).fetchone()
    total, unique, length, least, largest, shortest, longest, empty, num_whole, num_numbers, invalid = found
    return Words(
        frequencies=_frequencies(cursor, int(total or 0), unique, most),
        unique=unique,
        total_length=int(length or 0),
        min=least,
        max=largest,
        num_whole=int(num_whole or 0),
        num_numbers=int(num_numbers or 0),
        distinct=_distinct(cursor) if unique > HASHED else None,
        min_length=shortest,
        max_length=longest,
        num_empty=int(empty or 0),
        num_invalid_utf8=int(invalid or 0),
    )


def words_of_few(cursor: Any, columns: Mapping[str, Sequence[str | None]]) -> dict[str, Words]:
    """The statistics of columns of texts in a few rows, counted without a query for each.

    Args:
        cursor: On the engine.
        columns: The texts, ``None`` where missing. Those with more than 256 different ones are left out.
    """
    counts = {name: Counter(cell for cell in cells if cell is not None) for name, cells in columns.items()}
    few = {name: one for name, one in counts.items() if len(one) <= HASHED}
    numbers = _which_are_numbers(cursor, {word for one in few.values() for word in one})
    return {name: _counted_words(one, numbers) for name, one in few.items()}


def _counted_words(counts: Mapping[str, int], numbers: Mapping[str, tuple[bool, bool]]) -> Words:
    lengths = [len(word) for word in counts]
    kinds = {word: numbers.get(word, (False, False)) for word in counts}
    return Words(
        frequencies=Frequencies.of_counts(counts),
        unique=len(counts),
        total_length=sum(len(word) * count for word, count in counts.items()),
        min=min(counts, default=None),
        max=max(counts, default=None),
        num_whole=sum(count for word, count in counts.items() if kinds[word][0]),
        num_numbers=sum(count for word, count in counts.items() if kinds[word][1]),
        distinct=None,
        min_length=min(lengths, default=None),
        max_length=max(lengths, default=None),
        num_empty=counts.get("", 0),
        num_invalid_utf8=0,
    )


def _which_are_numbers(cursor: Any, words: Collection[str]) -> dict[str, tuple[bool, bool]]:
    """Of words that could be: whether they are whole numbers, and whether numbers."""
    likely = [word for word in words if word < ":" or word.strip(" ").lower().startswith(("nan", "inf"))]
    if not likely:
        return {}
    query = " ".join(("SELECT v,", _whole(), ",", _quantity(), "FROM (SELECT unnest($words) AS v)"))
    return {word: (whole, number) for word, whole, number in cursor.execute(query, {"words": likely}).fetchall()}


def has_offenders(words: Words) -> bool:
    """Whether the words are mostly numbers, but not all."""
    total = words.frequencies.total
    return words.num_numbers < total and words.num_numbers >= _MOSTLY * total


def offenders_of(cursor: Any, rows: str, first: int, origin: np.ndarray | None) -> tuple[Offender, ...]:
    """The first texts that are no numbers, with their rows.

    Args:
        rows: SQL: values as ``v``, and the number of their ``row`` from 1.
        first: How many rows come before.
        origin: The numbers of rows in the source.
    """
    found: list[tuple[Any, ...]] = cursor.execute(
        f"SELECT v, count(*), min(row) AS first FROM ({rows}) WHERE v IS NOT NULL AND NOT {is_quantity('v')} "  # noqa: S608 - our own query
        f"GROUP BY v ORDER BY first, v LIMIT {MOST_OFFENDERS}"
    ).fetchall()
    return tuple(
        Offender(value, count, int(origin[first + row - 1]) if origin is not None else first + row)
        for value, count, row in found
    )


def sizes_of(cursor: Any, values: str) -> Sizes:
    """The sizes of values of bytes, given as ``v``."""
    count, total, least, most = cursor.execute(
        f"SELECT count(v), sum(octet_length(v)), min(octet_length(v)), max(octet_length(v)) FROM ({values})"  # noqa: S608 - our own query
    ).fetchone()
    return Sizes(count, int(total or 0), least, most)


def _frequencies(cursor: Any, total: int, unique: int, most: int) -> Frequencies:
    if unique <= most:
        return Frequencies.of_counts(dict(cursor.execute("SELECT v, n FROM grouped").fetchall()), most=most)
    # One word more than are listed, to know how often it occurs; among equals the first by name.
    found = cursor.execute(f"SELECT v, n FROM grouped ORDER BY n DESC, v LIMIT {most + 1}").fetchall()  # noqa: S608 - a number
    return Frequencies.of_counts(dict(found), total=total, most=most)


def _distinct(cursor: Any) -> Distinct:
    query = f"SELECT (md5_number(v) & {_LOW_BYTES})::UBIGINT AS h FROM grouped"  # noqa: S608 - our own query
    return Distinct.of_digests(cursor.execute(query).fetchnumpy()["h"])


def _quantity() -> str:
    """SQL: whether a text is a number. Most that are not are told by their first letter, or fail to convert."""
    return (
        f"CASE WHEN v >= ':' THEN trim(v) IN ({_NAMES}) "
        f"WHEN TRY_CAST(trim(v) AS DOUBLE) IS NULL THEN false ELSE {is_quantity('v')} END"
    )


def _whole() -> str:
    return f"CASE WHEN v >= ':' OR TRY_CAST(trim(v) AS DOUBLE) IS NULL THEN false ELSE {is_whole('v')} END"
