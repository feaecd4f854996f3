"""Metrics that steps log: kept line by line, read back in order, also by other processes and while steps run."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import mainspring
from mainspring.core.errors import InputError
from mainspring.pipelines import log_metric, pipeline, step
from mainspring.pipelines.records import Records
from mainspring.pipelines.series import Point, file_beside, read_series, writing


@step
def learn(rate: float) -> int:
    for epoch in range(4):
        log_metric("loss", (1 - rate) ** epoch, epoch * 10, epoch=epoch)
        log_metric("rate", rate)
    return 4


@step(isolation="process")
def learn_apart(rate: float) -> int:
    log_metric("loss", np.float32(rate))
    return 1


@pipeline
def learning(rate: float = 0.5):
    learn(rate)
    learn_apart(rate)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = tmp_path_factory.mktemp("series")
    (root / "mainspring.toml").write_text('[project]\nname = "series"\n')
    with mainspring.open(root) as found:
        found.pipelines.run(learning, name="one")
        found.pipelines.run(learning, name="two")
        yield found


def test_a_step_logs_a_series_and_the_record_keeps_its_last_values(opened):
    steps = {one.node: one for one in Records(opened.store.record).steps("one")}
    assert steps["learn"].metrics == {"loss": 0.125, "rate": 0.5}
    assert steps["learn_apart"].metrics == {"loss": 0.5}
    series = read_series(Path(str(steps["learn"].execution.custom["log"])))
    assert [(one.step, one.value, one.epoch) for one in series["loss"]] == [
        (0, 1.0, 0.0),
        (10, 0.5, 1.0),
        (20, 0.25, 2.0),
        (30, 0.125, 3.0),
    ]
    assert [one.step for one in series["rate"]] == [0, 1, 2, 3]
    times = [one.at for one in series["loss"]]
    assert times == sorted(times)


def test_a_cached_step_has_the_series_of_the_one_it_repeats(opened):
    records = Records(opened.store.record)
    ran, cached = (next(one for one in records.steps(run) if one.node == "learn") for run in ("one", "two"))
    assert cached.cached
    assert cached.original == ran.execution.id


def test_called_outside_of_a_run_it_does_nothing_and_still_refuses_what_is_no_metric():
    log_metric("loss", 0.5)
    for wrong in (("", 1.0), ("loss", "much"), ("loss", 1.0, 2.5), ("loss", 1.0, True)):
        with pytest.raises(InputError):
            log_metric(*wrong)


def test_a_later_value_of_a_step_replaces_the_earlier_and_a_half_line_is_left_out(tmp_path):
    log = tmp_path / "train[0].log"
    for value in (0.9, math.nan):
        with writing(log) as last:
            log_metric("loss", value, 7)
            log_metric("other", 1)
    assert last == {"other": 1.0}
    with file_beside(log).open("a") as file:
        file.write('["loss", 8, 0.')
    (found,) = read_series(log)["loss"]
    assert isinstance(found, Point)
    assert found.step == 7
    assert math.isnan(found.value)
    assert read_series(tmp_path / "nothing.log") == {}
