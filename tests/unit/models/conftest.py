"""Mixed tables with everything that converters stumble over, and models on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mainspring.data import Feature, Schema, Table, Transform

SHARED = Path(__file__).parents[3].parent / "shared/data"


def mixed(rows: int = 400, *, task: str = "binary", seed: int = 0) -> Table:
    """Numbers with gaps and ties, whole numbers, booleans, categories with gaps; a label that depends on them."""
    random = np.random.default_rng(seed)
    fare = np.round(random.gamma(2.0, 6.0, rows), 2)
    hour = random.integers(0, 24, rows)
    miles = np.round(fare / 4 + random.normal(0, 0.3, rows), 1)
    shared = random.random(rows) < 0.3
    company = random.choice(["Blue Ribbon", "Taxi Ünion", "City", "Rare"], rows, p=[0.45, 0.3, 0.2, 0.05])
    payment = random.choice(["Cash", "Credit Card", "No Charge"], rows)
    signal = fare / 10 + 2.0 * (payment == "Credit Card") - 1.5 * (company == "City") + 0.1 * hour - shared
    noise = signal + random.normal(0, 0.7, rows)
    label: list[object]
    if task == "regression":
        label = noise.tolist()
    elif task == "binary":
        label = np.where(noise > np.median(noise), "yes", "no").tolist()
    else:
        label = np.array(["low", "middle", "high"])[np.digitize(noise, np.quantile(noise, [0.3, 0.7]))].tolist()
    gaps = random.random((4, rows)) < 0.12
    return Table.from_columns(
        {
            "fare": gap(fare.tolist(), gaps[0]),
            "hour": hour.tolist(),
            "miles": gap(miles.tolist(), gaps[1]),
            "shared": gap(shared.tolist(), gaps[2]),
            "company": gap(company.tolist(), gaps[3]),
            "payment": payment.tolist(),
            "label": label,
        }
    )


def gap(values: list, where: np.ndarray) -> list:
    """The values, with nothing where it says so."""
    return [None if missing else value for value, missing in zip(values, where.tolist(), strict=True)]


def schema_of(table: Table, label: str) -> Schema:
    """A schema of the table's own types."""
    features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    return Schema(features=features, label=label)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data; tests that read it skip where it is absent."""
    if not SHARED.exists():
        pytest.skip(f"no shared data at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def fit():
    """Fits a transform on a whole table: ``fit(table, "label", impute=None)``."""
    return fitted_transform


def fitted_transform(table: Table, label: str = "label", **options) -> Transform:
    """A transform fitted on the whole table."""
    return Transform.fit(table, schema_of(table, label), label=label, **options)


@pytest.fixture(scope="session")
def tables() -> dict[str, Table]:
    """By task."""
    return {task: mixed(task=task) for task in ("binary", "several", "regression")}


@pytest.fixture(scope="session")
def transforms(tables) -> dict[tuple[str, str], Transform]:
    """By task, and by what it does with missing numbers and with words."""
    return {
        (task, kind): fitted_transform(table, **options)
        for task, table in tables.items()
        for kind, options in {
            "filled": {"impute": "median", "categories": "onehot"},
            "gaps": {"impute": None, "categories": "ordinal"},
        }.items()
    }
