"""The bytes are those of the extension's specification, and of NumPy's and ml_dtypes' own writing."""

import struct

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mainspring.serving.problems import MalformedError
from mainspring.serving.raw_tensors import DTYPES, read_raw, write_raw

NUMBERS = [name for name in DTYPES if name not in ("BYTES", "BF16")]


def test_b1_the_examples_of_the_specification() -> None:
    body = bytes([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]) + bytes([1, 0, 1])
    assert read_raw(body, "UINT32", [2, 2], size=16).tolist() == [[1, 2], [3, 4]]
    assert read_raw(body, "BOOL", [3], start=16).tolist() == [True, False, True]
    assert read_raw(b"\x03\0\0\0abc\0\0\0\0", "BYTES", [2]).tolist() == [b"abc", b""]
    assert (
        write_raw(np.array(["ü", None, b"\xff"], dtype=object), "BYTES")
        == b"\x02\0\0\0\xc3\xbc\0\0\0\0\x01\0\0\0\xff"
    )


@pytest.mark.parametrize("datatype", NUMBERS)
def test_b1_every_datatype_is_little_endian_and_comes_back(datatype: str) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]], dtype=DTYPES[datatype])
    raw = write_raw(array, datatype)
    assert raw == array.astype(array.dtype.newbyteorder("<")).tobytes()
    back = read_raw(b"x" + raw, datatype, [2, 3], start=1)
    assert back.dtype == array.dtype
    assert (back == array).all()
    assert back.flags.aligned


@given(arrays.arrays(np.float32, 20, elements=st.floats(width=32)))
def test_b6_bf16_is_rounded_as_ml_dtypes_rounds_it(values: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        expected = values.astype(ml_dtypes.bfloat16)
    raw = write_raw(values, "BF16")
    back = read_raw(raw, "BF16", [20])
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, expected.astype(np.float32))


def test_b6_fp16_is_exact() -> None:
    assert read_raw(struct.pack("<2e", 1.5, -2.0), "FP16", [2]).tolist() == [1.5, -2.0]


@given(st.lists(st.binary(max_size=9), max_size=6))
def test_b1_bytes_come_back(elements: list[bytes]) -> None:
    array = np.empty(len(elements), dtype=object)
    array[:] = elements
    assert read_raw(write_raw(array, "BYTES"), "BYTES", [len(elements)]).tolist() == elements


@pytest.mark.parametrize(
    ("data", "datatype", "shape", "piece"),
    [
        (b"\0" * 15, "UINT32", [4], "has 15 bytes; expected 16 bytes"),
        (b"\0" * 17, "UINT32", [4], "16 bytes for UINT32 of shape [4]"),
        (b"\0" * 4, "BF16", [1], "2 bytes for BF16"),
        (b"\2", "BOOL", [1], "the byte 2"),
        (b"", "X", [1], "datatype 'X'"),
        (b"", "FP32", [-1], "no negative dimension"),
        (b"\3\0\0\0ab", "BYTES", [1], "not 1 elements"),
        (b"\1\0\0\0ab", "BYTES", [1], "not 1 elements"),
        (b"\1\0\0", "BYTES", [1], "not 1 elements"),
        (b"\1\0\0\0a", "BYTES", [2**62], "none above 2147483647"),
        (b"\1\0\0\0a", "FP64", [2**30, 2**30], "bytes for FP64"),
    ],
)
def test_b7_sizes_that_do_not_fit_are_refused(data: bytes, datatype: str, shape: list[int], piece: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_raw(data, datatype, shape, name="x")
    assert piece in str(caught.value).replace("\n  expected: ", "; expected ")


@given(
    st.binary(max_size=40),
    st.sampled_from(list(DTYPES)),
    st.lists(st.integers(-1, 5) | st.sampled_from([2**31 - 1, 2**70]), max_size=3),
)
def test_b7_whatever_comes_is_read_or_refused(data: bytes, datatype: str, shape: list[int]) -> None:
    try:
        array = read_raw(data, datatype, shape)
    except MalformedError:
        return
    assert array.shape == tuple(shape)
