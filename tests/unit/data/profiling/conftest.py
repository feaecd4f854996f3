"""Texts for the tests of this folder, found beside the repository."""

from pathlib import Path

import pytest

from mainspring.data import Table

SHARED = Path(__file__).parents[5] / "shared/data/text"


def found(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data set {name} is not here")
    return path


@pytest.fixture(scope="session")
def sms() -> Table:
    path = found("SMSSpamCollection.tsv.gz")
    # A quote in a message is a quote.
    return Table.of_query(
        f"SELECT * FROM read_csv('{path}', delim='\t', header=false, quote='', escape='', "
        "names=['label', 'text'], all_varchar=true)"
    )


@pytest.fixture(scope="session")
def comments() -> Table:
    return Table.read_csv(found("Youtube01-Psy.csv.gz"))
