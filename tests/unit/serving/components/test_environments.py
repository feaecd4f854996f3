"""The class runs in an environment of its own: with numpy alone, with nothing at all, in an old Python."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.components.conftest import CLASSES, component

from mainspring.serving.components import ComponentProcess

ROWS = [{"a": 1, "b": "ü"}, {"a": None, "b": "x"}]


def bare(folder: Path) -> str:
    """An environment in which nothing is installed."""
    venv.create(folder, with_pip=False, symlinks=True)
    return str(folder / "bin" / "python")


def runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


def seen(python: str, **more: Any) -> dict[str, Any]:
    with ComponentProcess(component("seen", python=python, **more)) as node:
        found: dict[str, Any] = node.call("predict", ROWS, how="rows").value
        return found


def test_an_environment_without_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_paths()["purelib"])  # the server's, and not the environment's
    python = bare(tmp_path / "venv")
    found = seen(python, environment={"TOLD": "yes"}, folder=str(tmp_path))
    assert found["numpy"] is None
    assert found["found"] == []
    assert found["rows"] == ROWS
    assert found["told"] == "yes"
    assert found["folder"] == str(tmp_path)
    assert found["path"] == str(CLASSES.parent)
    with ComponentProcess(component("Echo", python=python)) as node:
        for dtype in ("?", "i1", "u8", "f2", "f4", "f8"):
            array = np.arange(6).reshape(2, 3).astype(dtype)
            assert node.predict(array).value == array.tolist()
        assert node.predict(np.array([["a", None]], dtype=object)).value == [["a", None]]
        assert node.predict({"a": np.zeros((0, 2)), "b": np.float32(1)}).value == {"a": [], "b": 1}
        large = np.arange(30_000.0)
        assert node.predict(large).value == large.tolist()


def test_an_environment_with_numpy_alone(tmp_path: Path) -> None:
    python = bare(tmp_path / "venv")
    own = Path(np.__file__).parent
    site = tmp_path / "venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for folder in (own, own.with_name("numpy.libs")):
        if folder.exists():
            (site / folder.name).symlink_to(folder)
    found = seen(python)
    assert (found["numpy"], found["found"]) == (np.__version__, [])
    with ComponentProcess(component("Champion", python=python)) as node:
        np.testing.assert_array_equal(node.predict(np.ones((2, 2))).value, np.full((2, 2), 2.0))


@pytest.mark.parametrize(
    "version", ["3.8", *(pytest.param(f"3.{minor}", marks=pytest.mark.slow) for minor in (9, 10, 12, 13, 14))]
)
def test_another_python(version: str) -> None:
    known = [f"python{version}", *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    python = next((one for one in known if shutil.which(one) and runs(one)), None)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    found = seen(python)
    assert found["python"] == version
    assert found["rows"] == ROWS
