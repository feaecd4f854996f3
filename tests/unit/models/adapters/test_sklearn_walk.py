"""scikit-learn's packages are walked through without the array libraries that one of them stands for."""

import importlib
import subprocess
import sys
from importlib.util import find_spec

import pytest

from mainspring.models.adapters.sklearn_walk import PACKAGES, array_libraries_left_out

TORCH = "sklearn.externals.array_api_compat.torch"

READ_A_MODEL = f"""
import sys
from mainspring.models.adapters.sklearn import known_estimators

assert "sklearn.linear_model.LogisticRegression" in known_estimators()
assert "torch" not in sys.modules
import {TORCH} as compat
assert compat.float64 is sys.modules["torch"].float64
"""


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_estimators_are_found_without_pytorch_which_can_be_used_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", READ_A_MODEL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_what_is_not_loaded_is_left_out_and_nothing_stays() -> None:
    before = {name: sys.modules.get(name) for name in PACKAGES}
    with array_libraries_left_out():
        for name, loaded in before.items():
            found = importlib.import_module(name)
            assert found is loaded if loaded is not None else not vars(found).get("__path__")
    assert {name: sys.modules.get(name) for name in PACKAGES} == before
