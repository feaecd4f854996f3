import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mainspring.serving.caching.written import read, write

DTYPES = st.sampled_from(["?", "i1", "i8", "u2", "u8", "f2", "f4", "f8", ">f4", "c8", "U3", "S3", "U0", "O"])
OBJECTS = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8"), max_size=3), st.binary(max_size=3), st.booleans()
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: arrays(
        dtype,
        array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3),
        elements=OBJECTS if dtype == "O" else None,
    )
)


@settings(max_examples=200, deadline=None)
@given(outputs=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), ARRAYS, max_size=3))
def test_there_and_back_bit_for_bit(outputs: dict[str, np.ndarray]) -> None:
    data = write(outputs)
    assert data is not None
    found = read(data)
    assert list(found) == list(outputs)
    for name, array in outputs.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert not found[name].flags.writeable
        if array.dtype == object:
            assert repr(found[name].tolist()) == repr(array.tolist())
        else:
            assert found[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("value", [object(), "\ud800", 2**70, [1], np.float64(1), {"a": 1}])
def test_what_cannot_be_written_is_not(value: object) -> None:
    array = np.empty(1, dtype=object)
    array[0] = value
    assert write({"y": array}) is None
    assert write({"y": np.array(["2026-01-01"], dtype="M8[D]")}) is None


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read(data)


@pytest.mark.parametrize("change", [("<f8", "|O8"), ("<f8", "V8  "), ("<f8", "f8,f8")])
def test_no_other_types_than_plain_ones_are_made_of_bytes(change: tuple[str, str]) -> None:
    data = write({"y": np.zeros(1)}) or b""
    old, new = (text.encode() for text in change)
    with pytest.raises(ValueError, match=r"bytes cannot be of type|no outputs"):
        read(data.replace(b"\xa3" + old, bytes([0xA0 + len(new)]) + new))


def test_another_form_is_refused() -> None:
    data = write({}) or b""
    assert data[1] == 1
    with pytest.raises(ValueError, match="form 2 is not known"):
        read(data[:1] + b"\x02" + data[2:])
