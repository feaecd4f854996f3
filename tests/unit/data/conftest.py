"""Real data for the tests of this room, found beside the repository; tests that need it skip where it is not."""

import random
from pathlib import Path

import pytest

from mainspring.data import Examples, Table, split_rows

SHARED = Path(__file__).parents[4] / "shared/data"
CENSUS = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data set {name} is not here")
    return path


@pytest.fixture(scope="session")
def taxi() -> Table:
    return Table.read_csv(shared("chicago_taxi/simple.csv.gz"))


@pytest.fixture(scope="session")
def big_tipper() -> Table:
    return Table.read_csv(shared("chicago_taxi/big_tipper.csv.gz"))


@pytest.fixture(scope="session")
def taxi_train() -> Table:
    return Table.read_csv(shared("chicago_taxi/train.csv.gz"))


@pytest.fixture(scope="session")
def taxi_eval() -> Table:
    return Table.read_csv(shared("chicago_taxi/eval.csv.gz"))


@pytest.fixture(scope="session")
def census() -> Table:
    path = shared("adult/adult.data.gz")
    return Table.read_csv(path, header=False, names=CENSUS, trim=True, missing=["?"])


def split(table: Table) -> Examples:
    tables, origins = split_rows(table, {"train": 3, "eval": 1})
    return Examples(splits=tables, origins=origins)


@pytest.fixture(scope="session")
def tips() -> Table:
    """Two hundred made-up bills: a number with holes, a whole number, a word with holes, a bool, a label."""
    dice = random.Random(7)
    rows = []
    for _ in range(200):
        bill = round(dice.uniform(5, 50), 2)
        size = dice.randint(1, 6)
        rows.append(
            {
                "bill": bill if dice.random() > 0.1 else None,
                "size": size,
                "day": dice.choice(["Thu", "Fri", "Sat", "Sun", None]),
                "smoker": dice.random() < 0.3,
                "generous": "yes" if bill * dice.random() > 12 else "no",
            }
        )
    return Table.from_rows(rows)
