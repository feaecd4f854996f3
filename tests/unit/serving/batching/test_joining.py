"""Whatever is put together comes apart again as it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mainspring.serving.batching.joining import check_rows, joined, kind_of, parted
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import WrongShapeError

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "U3", "S2", "O"]


@st.composite
def questions(draw: st.DrawFn) -> list[Inputs]:
    """Requests of one kind: any data type, any shape, columns of several."""
    kinds = draw(
        st.lists(st.tuples(st.sampled_from(DTYPES), st.sampled_from([(), (2,), (1, 3)])), min_size=1, max_size=3)
    )
    found = []
    for rows in draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)):
        columns = {}
        for place, (dtype, shape) in enumerate(kinds):
            text = st.one_of(st.none(), st.text(max_size=3))
            columns[f"c{place}"] = draw(arrays(dtype, (rows, *shape), elements=text if dtype == "O" else None))
        found.append(Inputs(columns, rows))
    return found


@settings(max_examples=100, deadline=None)
@given(parts=questions(), fill=st.integers(0, 3))
def test_there_and_back(parts: list[Inputs], fill: int) -> None:
    whole = joined(parts, fill)
    assert whole.rows == sum(part.rows for part in parts) + fill
    assert {kind_of(part) for part in parts} == {kind_of(whole)}
    check_rows(whole.columns, whole.rows, "here")
    for part, found in zip(parts, parted(whole.columns, [part.rows for part in parts]), strict=True):
        for name, array in part.columns.items():
            assert found[name].dtype == array.dtype
            assert found[name].tolist() == array.tolist() or found[name].tobytes() == array.tobytes()
    for array in whole.columns.values():
        for place in range(fill):
            assert repr(array[-1 - place]) == repr(array[-1 - fill])


def test_a_request_alone_is_not_copied() -> None:
    part = Inputs({"x": np.arange(3)}, 3)
    assert joined([part]) is part
    assert parted(part.columns, [3])[0] is part.columns


@pytest.mark.parametrize("array", [np.zeros(2), np.zeros(4), np.float64(1.0), np.zeros((1, 3))])
def test_other_numbers_of_rows_are_refused(array: np.ndarray) -> None:
    with pytest.raises(WrongShapeError, match=r"'y' has shape .* for 3 rows"):
        check_rows({"x": np.zeros(3), "y": np.asarray(array)}, 3, "here")
