"""Measuring pairs of columns: correlations of numbers, and every column with the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column, as_text
from mainspring.data.profiling.comoments import measure_comoments
from mainspring.data.profiling.features import number
from mainspring.data.profiling.weights import check_weights
from mainspring.data.sketches import EXACT_VALUES
from mainspring.data.statistics.contingency import (
    FEATURE_BINS,
    LABEL_BINS,
    LABEL_WORDS,
    Axis,
    Contingency,
    axis_of_keys,
    different,
    keys_of,
)
from mainspring.data.statistics.crosses import Crosses
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

MOST_CORRELATED: Final = 100
"""Of more columns, correlations are measured only where they are asked for."""
_ROWS: Final = 1 << 17
_SPAN: Final = 1 << 20
_TIMES: Final = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP})
_WITHOUT: Final = frozenset({ColumnType.LIST, ColumnType.STRUCT, ColumnType.BYTES, ColumnType.OTHER})


def measure_crosses(
    table: Table,
    columns: Sequence[str] | None = None,
    label: str | None = None,
    *,
    weight: str | None = None,
    most_correlated: int | None = None,
) -> Crosses:
    """What pairs of columns hold together.

    Give the whole table if you can: it is read in blocks. Parts merge exactly as long as no column of words has
    more than 1,000 different ones; beyond, each part tells the most frequent 1,000 apart.

    Args:
        columns: The columns to cross: correlations of those that are numbers, and each with the label. All but
            lists, structures and bytes if not given.
        label: The column that the others are measured with; a number is gathered into bins. Without it only
            correlations are measured.
        weight: A column of weights, for weighted lifts.
        most_correlated: If more columns than this are numbers, no correlations are measured: their matrix grows
            with the square of the columns.

    Raises:
        InputError: If a column does not exist or is a list, structure or bytes, or weights cannot be used.
    """
    kinds = {column.name: column.type for column in table.columns}
    if columns is None:
        columns = [name for name, kind in kinds.items() if kind not in _WITHOUT and name != weight]
    used = [*columns, *([label] if label is not None else [])]
    wrong = [f"{name!r} is {kind}" for name in used if (kind := table.type_of(name)) in _WITHOUT]
    if wrong:
        raise InputError(
            "pairs with " + ", ".join(dict.fromkeys(wrong)), expected="columns of single numbers, words or times"
        )
    numeric = [name for name in columns if kinds[name].is_numeric]
    few = most_correlated is None or len(numeric) <= most_correlated
    moments = measure_comoments(table, numeric) if few and len(numeric) > 1 else None
    if label is None:
        return Crosses(moments)
    if weight is not None:
        check_weights(table, weight)
    features = [name for name in columns if name not in {label, weight}]
    return Crosses(moments, label, measure_contingencies(table, features, label, weight=weight))


def measure_contingencies(
    table: Table, features: Sequence[str], label: str, *, weight: str | None = None
) -> Mapping[str, Contingency]:
    """How often the values of each feature and of a label come together."""
    if not features:
        return {}
    kinds = {column.name: column.type for column in table.columns}
    there = f"{_cell(Column(label, kinds[label]))} IS NOT NULL"
    there += f" AND NOT isnan({engine.quote(label)})" if kinds[label].is_numeric else ""
    known = {
        name: _words(table, Column(name, kinds[name]), LABEL_WORDS if name == label else EXACT_VALUES, there)
        for name in dict.fromkeys([*features, label])
        if not _is_numeric(kinds[name])
    }
    found: dict[str, list[Contingency]] = {name: [] for name in features}
    dropped: dict[str, int] = {}
    for chunk in table.chunks(_ROWS):
        block = _Block(chunk, [*features, label], kinds, known, weight, there, dropped)
        axis, codes = block.coded(label, LABEL_BINS)
        for name in features:
            found[name].append(_counted(block.coded(name, FEATURE_BINS), (axis, codes), block.weights))
    return {name: Contingency.merged(parts) for name, parts in found.items()}


class _Block:
    """Some rows, each column as numbers or as places in the list of its words."""

    def __init__(
        self,
        table: Table,
        names: Sequence[str],
        kinds: Mapping[str, ColumnType],
        known: Mapping[str, tuple[str, ...]],
        weight: str | None,
        there: str,
        dropped: dict[str, int],
    ) -> None:
        self._known = known
        self._times = {name for name in names if kinds[name] in _TIMES}
        # The table of the whole drops at least the bits that any block before has dropped.
        self._dropped = dropped
        self._names = {name: place for place, name in enumerate(dict.fromkeys(names))}
        cells = [_cell(Column(name, kinds[name])) for name in self._names]
        cells += [f"{engine.quote(weight)}::DOUBLE"] if weight is not None else []
        picked = ", ".join(f"{cell} AS c{place}" for place, cell in enumerate(cells))
        with engine.cursor() as found:
            self._columns = found.execute(f"SELECT {picked} FROM ({table.query()}) WHERE {there}").fetchnumpy()  # noqa: S608 - names are quoted
        self.weights: np.ndarray | None = self._columns[f"c{len(self._names)}"] if weight is not None else None

    def coded(self, name: str, most: int) -> tuple[Axis, np.ndarray]:
        """The values of a column as places on an axis: -1 if missing, -2 if not told apart."""
        import numpy as np

        values = self._columns[f"c{self._names[name]}"]
        if name in self._known:
            words = self._known[name]
            places: dict[Any, int] = {word: place for place, word in enumerate(words)}
            codes = np.array([places.get(value, -2) for value in np.ma.getdata(values).tolist()], dtype=np.int64)
            codes[np.ma.getmaskarray(values)] = -1
            return Axis(words=words, most=LABEL_WORDS if most == LABEL_BINS else EXACT_VALUES), codes
        numbers = np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values
        there = ~np.isnan(numbers)
        dropped = self._dropped.get(name, 0)
        keys = keys_of(numbers[there]) >> dropped
        axis = axis_of_keys(_unique(keys), most, dropped=dropped, times=name in self._times)
        self._dropped[name] = axis.dropped
        codes = np.full(len(numbers), -1, dtype=np.int64)
        codes[there] = np.searchsorted(np.array(axis.keys, dtype=np.int64), keys >> (axis.dropped - dropped))
        return axis, codes


def _unique(keys: np.ndarray) -> np.ndarray:
    """The different keys, ascending."""
    import numpy as np

    low, high = (int(keys.min()), int(keys.max())) if len(keys) else (0, 0)
    if high - low < _SPAN:
        return np.flatnonzero(np.bincount(keys - low)) + low if len(keys) else keys
    return different(np.sort(keys))


def _is_numeric(kind: ColumnType) -> bool:
    return kind.is_numeric or kind in _TIMES


def _cell(column: Column) -> str:
    if column.type in _TIMES:
        return number(engine.quote(column.name), column.type)
    return f"{engine.quote(column.name)}::DOUBLE" if column.type.is_numeric else as_text(column)


def _words(table: Table, column: Column, most: int, there: str) -> tuple[str, ...]:
    top = engine.fetch(
        f"SELECT {as_text(column)} AS v, count(*) AS n FROM ({table.query()}) "  # noqa: S608 - names are quoted
        f"WHERE {there} AND {engine.quote(column.name)} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
    )
    return tuple(sorted(word for word, _ in top))


def _counted(
    feature: tuple[Axis, np.ndarray], label: tuple[Axis, np.ndarray], weights: np.ndarray | None
) -> Contingency:
    import numpy as np

    rows, row_codes = feature
    columns, column_codes = label
    shape = (len(rows) + 2, len(columns) + 1)
    # Missing values of the feature are the last line but one, those not told apart the last.
    row_places = np.where(row_codes < 0, len(rows) - 1 - row_codes, row_codes)
    places = row_places * shape[1] + np.where(column_codes < 0, len(columns), column_codes)
    counts = np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)
    sums = None
    if weights is not None:
        sums = np.bincount(places, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
    return Contingency.of_arrays(rows, columns, counts, sums)
