"""Texts and pictures for the tests of this folder, found beside the repository."""

from pathlib import Path

import numpy as np
import pytest

from mainspring.data import Table

SHARED = Path(__file__).parents[5] / "shared/data"


def found(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data set {name} is not here")
    return path


@pytest.fixture(scope="session")
def sms() -> Table:
    path = found("text/SMSSpamCollection.tsv.gz")
    # A quote in a message is a quote.
    return Table.of_query(
        f"SELECT * FROM read_csv('{path}', delim='\t', header=false, quote='', escape='', "
        "names=['label', 'text'], all_varchar=true)"
    )


@pytest.fixture(scope="session")
def comments() -> Table:
    return Table.read_csv(found("text/Youtube01-Psy.csv.gz"))


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """A thousand pictures of 28 x 28."""
    with np.load(found("images/mnist_1000_uint8.npz")) as arrays:
        pictures = next(array for array in arrays.values() if array.size == 784_000)
        return pictures.reshape(1000, 28, 28)
