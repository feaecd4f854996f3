"""A table of everything, for the tests of preprocessing functions."""

import numpy as np
import pytest

from mainspring.data import ColumnType, Feature, Schema, Table
from mainspring.data.schema import LanguageDomain

ROWS = 400


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    age = rng.normal(40, 10, ROWS)
    age[::9] = np.nan
    jobs = rng.choice(["smith", "clerk", "cook", "judge", None], ROWS, p=[0.4, 0.3, 0.2, 0.05, 0.05])
    return Table.from_columns(
        {
            "age": age,
            "pay": rng.exponential(1000, ROWS),
            "size": rng.integers(0, 5, ROWS),
            "same": np.full(ROWS, 7.0),
            "member": rng.random(ROWS) < 0.5,
            "job": jobs.tolist(),
            "note": [
                f"The {'red' if n % 3 else 'blue'} House no {n % 4}" if n % 10 else None for n in range(ROWS)
            ],
            "at": [f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:30:00" for n in range(ROWS)],
            "label": [("no", "yes")[int(one)] for one in rng.random(ROWS) < 0.4],
        },
        types={"at": ColumnType.TIMESTAMP},
    )


@pytest.fixture(scope="module")
def schema(table):
    tags = {"age": ("person",), "job": ("person",)}
    features = {
        column.name: Feature(
            name=column.name,
            type=column.type,
            tags=tags.get(column.name, ()),
            categorical=column.name == "size",
            language=LanguageDomain() if column.name == "note" else None,
        )
        for column in table.columns
    }
    return Schema(features=features, label="label")
