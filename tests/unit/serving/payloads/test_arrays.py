"""Arrays as they are logged."""

import itertools
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from mainspring.models.signature import Datatype, Field
from mainspring.serving.payloads.arrays import ArrayWriter
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.raw_tensors import DTYPES

INLINE = 64


@pytest.fixture
def writer(tmp_path: Path) -> ArrayWriter:
    return ArrayWriter(Blobs(tmp_path), INLINE)


def test_what_is_written_as_it_is_is_what_a_closer_look_would_write(writer: ArrayWriter) -> None:
    simple = []
    tails: list[tuple[int, ...]] = [(), (1,), (8,), (9,), (2, 4), (-1,)]
    for datatype, tail in itertools.product(get_args(Datatype), tails):
        field = Field("x", datatype, shape=(-1, *tail))
        if not writer.is_simple(field):
            continue
        simple.append((datatype, tail))
        array = np.ones([3, *tail], dtype=DTYPES.get(datatype, np.float32))
        assert writer.writer(datatype, array.ndim)(array) == array.tolist()
    assert ("FP64", ()) in simple
    assert ("FP32", (2, 4)) in simple
    assert ("INT64", (8,)) in simple
    unfit = {("INT64", ()), ("BOOL", ()), ("BYTES", ()), ("BYTES", (1,)), ("FP64", (9,)), ("FP64", (-1,))}
    assert unfit.isdisjoint(simple)


def test_missing_numbers_stay_missing_whatever_they_stand_for(writer: ArrayWriter) -> None:
    gaps = np.array([1.0, np.nan])
    assert writer.writer("INT64", 1)(gaps) == [1, None]
    assert writer.writer("BOOL", 1)(gaps) == [True, None]
    assert writer.is_simple(Field("x", "FP64"))  # NaN, for which JSON has null


def test_a_large_row_lies_apart(writer: ArrayWriter) -> None:
    rows = np.zeros((1, 9), dtype=np.float64)
    [stored] = writer.writer("FP64", 2)(rows)
    assert (stored["dtype"], stored["shape"]) == ("<f8", [9])
