"""Data sets that come with scikit-learn, as tables, and tables as CSV: enough to try everything offline."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mainspring.core.errors import NotFoundError
from mainspring.data import engine
from mainspring.data.tables import Table

NAMES: Final = ("breast_cancer", "diabetes", "digits", "iris", "wine")
TARGET: Final = "target"


def load(name: str) -> Table:
    """One of scikit-learn's bundled data sets.

    The features keep their names, with ``_`` for spaces. The label is the column ``target``: the name of the
    class as text, or, for ``diabetes``, a number.

    Args:
        name: ``breast_cancer`` (569 rows, 30 features), ``diabetes`` (442, 10), ``digits`` (1,797, 64), ``iris``
            (150, 4) or ``wine`` (178, 13).

    Raises:
        NotFoundError: If there is no data set of that name.
    """
    if name not in NAMES:
        raise NotFoundError(f"there is no bundled data set {name!r}", expected="one of " + ", ".join(NAMES))
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = [_tidy(feature) for feature in bunch.feature_names]
    columns = dict(zip(names, bunch.data.T, strict=True))
    if name == "diabetes":
        return Table.from_columns({**columns, TARGET: bunch.target})
    classes = [str(word) for word in bunch.target_names]
    return Table.from_columns({**columns, TARGET: [classes[index] for index in bunch.target]})


def write_csv(table: Table, path: str | Path) -> None:
    """Write a table as CSV: a header, commas, plain line ends; missing values, and empty text, as empty cells.

    Numbers are written so that reading them gives the same ones. A path that ends in ``.gz`` is compressed.
    """
    target = engine.literal(str(path))
    with engine.cursor() as found:
        found.execute(f"COPY ({table.query()}) TO {target} (FORMAT csv, HEADER true)").fetchall()


def _tidy(name: str) -> str:
    return name.replace(" (cm)", "").replace(" ", "_").replace("/", "_per_")
