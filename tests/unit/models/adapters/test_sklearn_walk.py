"""scikit-learn's packages are walked through without the array libraries that one of them stands for."""

import importlib
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from mainspring.models.adapters.sklearn_walk import PACKAGES, array_libraries_left_out

READ_A_MODEL = """
import sys
from mainspring.models.adapters.sklearn import known_estimators

assert "sklearn.linear_model.LogisticRegression" in known_estimators()
assert "torch" not in sys.modules
"""


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_estimators_are_found_without_pytorch(tmp_path: Path, forked: Callable[..., tuple[int, str, str]]) -> None:
    script = tmp_path / "read.py"
    script.write_text(READ_A_MODEL)
    assert forked(tmp_path, script=script) == (0, "", "")


def test_only_what_is_not_loaded_is_left_out_and_nothing_stays() -> None:
    before = {name: sys.modules.get(name) for name in PACKAGES}
    with array_libraries_left_out():
        for name, loaded in before.items():
            found = importlib.import_module(name)
            assert found is loaded if loaded is not None else not vars(found).get("__path__")
    assert {name: sys.modules.get(name) for name in PACKAGES} == before
