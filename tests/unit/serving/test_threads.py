"""Threads per call: chosen by what was measured."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.tensor_models import graphs

from mainspring.models.signature import Field, Signature
from mainspring.serving import threads
from mainspring.serving.bare_files import open_file
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.main import _keep_calm
from mainspring.serving.repository import ModelOptions
from mainspring.serving.threads import Measured, keep_calm, tune, tune_package


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Chooses by figures that are made up: wall and CPU by threads and rows."""

    def choose(wall: Callable[[int, int], float], cpu: Callable[[int, int], float], most: int = 4) -> int:
        def measure(asks: Mapping[int, Any], rows: int) -> dict[int, Measured]:
            return {count: Measured(count, rows, wall(count, rows), cpu(count, rows)) for count in asks}

        monkeypatch.setattr(threads, "_measure", measure)
        return tune(lambda count: lambda rows: None, most=most).threads

    return choose


def test_a_model_that_shares_its_work_well_gets_threads(pretend: Callable[..., int]) -> None:
    assert pretend(lambda count, rows: rows / count, lambda count, rows: rows) == 4
    assert pretend(lambda count, rows: rows / count, lambda count, rows: rows, most=3) == 3


def test_no_more_threads_than_bring_something(pretend: Callable[..., int]) -> None:
    assert pretend(lambda count, rows: rows / min(count, 2), lambda count, rows: rows) == 2


def test_threads_that_cost_too_much_are_not_taken(pretend: Callable[..., int]) -> None:
    # As a small model was measured: half the time, and twice the work.
    assert pretend(lambda count, rows: rows / count, lambda count, rows: rows * count) == 1


def test_threads_that_slow_down_small_calls_are_not_taken(pretend: Callable[..., int]) -> None:
    assert pretend(lambda count, rows: rows / count if rows > 1 else count, lambda count, rows: rows) == 1


def test_one_core_leaves_no_choice() -> None:
    def never(count: int) -> Callable[[int], None]:
        assert count == 1
        return lambda rows: None

    assert tune(never, most=1).threads == 1


class Sleeper:
    """A package whose calls sleep, so many at a time as it has threads."""

    signature = Signature.of([Field("a", "FP64")], classes=None)
    runtime = "sleep"
    input_example: Sequence[Mapping[str, Any]] = ({"a": 1.0}, {"a": 2.0})

    def __init__(self) -> None:
        self.opened: list[int] = []

    def open(self, threads: int = 1) -> Opened:
        self.opened.append(threads)
        return Opened(threads)


class Opened:
    def __init__(self, threads: int) -> None:
        self.threads = threads

    def predict(self, columns: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        time.sleep(0.0005 + 0.002 * (len(columns["a"]) > 8) / self.threads)
        return {"prediction": columns["a"]}


def test_a_package_is_tried_on_its_example() -> None:
    package = Sleeper()
    choice = tune_package(package, most=2)
    assert package.opened == [1, 2]
    assert {(one.threads, one.rows) for one in choice.measured} == {
        (n, rows) for n in (1, 2) for rows in (1, 8, 64)
    }
    assert all(one.cpu >= 0 and 0 < one.wall < 1 for one in choice.measured)
    assert str(choice).startswith(f"{choice.threads} threads per call; measured: 1 threads, 1 rows: ")
    package.input_example = ()
    assert tune_package(package, most=2).measured == ()


def test_libraries_are_told_once_and_not_against_the_environment() -> None:
    assert keep_calm(2, {}) == {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"}
    assert keep_calm(1, {"OMP_NUM_THREADS": "8"}) == {"OMP_WAIT_POLICY": "PASSIVE"}


def test_a_server_tells_libraries_the_most_threads_of_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    models = {"a": ModelOptions(threads=1), "b": ModelOptions(threads=3), "c": ModelOptions(threads="auto")}
    _keep_calm(ServerOptions(models=models))
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_a_file_is_opened_with_as_many_threads_as_pay(tmp_path: Path) -> None:
    model = open_file(graphs.image(tmp_path / "m.onnx"), name="it", threads="auto")
    assert model.runtime == "onnx"
    product = open_file(graphs.product(tmp_path / "p.onnx"), name="it", threads="auto")
    assert product.runtime == "onnx"
