"""What networks need of us without PyTorch: their files, their settings, and a word about what is missing."""

import json
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mainspring.core import InputError
from mainspring.core.errors import IntegrityError, UnavailableError
from mainspring.models.adapters import torch as adapter
from mainspring.models.adapters.torch_files import KINDS, read_arrays, write_arrays
from mainspring.models.adapters.torch_settings import MLP, read_settings
from mainspring.models.ports import Recipe

KIND = st.sampled_from(sorted(KINDS.values()))


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        KIND.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0))),
        max_size=4,
    )
)
def test_arrays_come_back_as_they_were(given_arrays):
    data = write_arrays(given_arrays)
    assert data == write_arrays(dict(reversed(given_arrays.items())))
    found = read_arrays(data)
    assert found.keys() == given_arrays.keys()
    for name, array in found.items():
        assert array.dtype == given_arrays[name].dtype
        np.testing.assert_array_equal(array, given_arrays[name])
        assert array.flags.writeable


def test_the_form_is_that_of_safetensors():
    data = write_arrays({"b": np.array([1.5], "<f4"), "a": np.array([[1, 2]], "<i8")})
    (size,) = struct.unpack("<Q", data[:8])
    assert size % 8 == 0
    assert json.loads(data[8 : 8 + size]) == {
        "a": {"dtype": "I64", "shape": [1, 2], "data_offsets": [0, 16]},
        "b": {"dtype": "F32", "shape": [1], "data_offsets": [16, 20]},
    }
    assert data[8 + size :] == struct.pack("<qqf", 1, 2, 1.5)


def head(told, body=b""):
    text = json.dumps(told).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        struct.pack("<Q", 2**60) + b"{}",
        head([]),
        head({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, bytes(4)),
        head({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(4)),
        head({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}, bytes(4)),
        head({"a": {"dtype": "OBJECT", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)),
        head({"a": {"dtype": "F32", "shape": [1]}}, bytes(4)),
    ],
)
def test_a_file_that_is_none_is_refused(data):
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_arrays(data)


def test_arrays_of_objects_are_refused():
    with pytest.raises(InputError, match="'a' holds object"):
        write_arrays({"a": np.array([None])})


def test_settings_are_read_and_everything_wrong_is_told_at_once():
    network, training = read_settings("torch.MLP", {"hidden": [3], "epochs": 2}, classification=True)
    assert network == MLP(hidden=(3,))
    assert training.epochs == 2
    with pytest.raises(InputError, match="sizes must be 1 or more; activation must be one of"):
        read_settings("torch.MLP", {"hidden": [0], "activation": "step"}, classification=True)
    with pytest.raises(InputError, match="Expected `int`"):
        read_settings("torch.MLP", {"epochs": "many"}, classification=True)
    with pytest.raises(InputError, match="missing required field `factory`"):
        read_settings("torch.Module", {}, classification=True)
    with pytest.raises(InputError, match="an import string such as"):
        read_settings("torch.Module", {"factory": "make"}, classification=True)


def test_without_pytorch_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(adapter, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match="PyTorch is not installed") as caught:
        adapter.TorchTrainer().fit(
            Recipe("torch.MLP", {}, 0, ("a", "b")), np.zeros((2, 1)), np.array([0, 1], dtype=np.int64)
        )
    assert "mainspring[torch]" in str(caught.value)


def test_pytorch_is_imported_only_when_it_is_needed():
    program = (
        "import sys\n"
        "from mainspring.models.training import find_estimator\n"
        "assert find_estimator('torch.MLP') == ('torch', 'torch.MLP')\n"
        "import mainspring.models.adapters.onnx_export\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
