"""Killed again and again, at any moment: while data is laid down, parts are made, put together, or moved."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.data import Table


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_is_killed_again_and_again_ends_right(
    seed: int,
    rows: Callable[..., Path],
    command: Callable[..., list[str]],
    rule: Any,
    tmp_path: Path,
    expected: Callable[[int], list[str]],
) -> None:
    dice = random.Random(seed)
    count = 300_000
    source = rows(count, replace="CASE WHEN id % 50000 = 7 THEN NULL ELSE airport END AS airport")
    data, out, errors = tmp_path / "rows.csv", tmp_path / "answers.parquet", tmp_path / "bad.jsonl"
    with data.open("w") as file:
        file.write("id,fare,hour,company,airport\n")
        for row in Table.read_parquet(source).iter_rows():
            file.write(",".join("" if value is None else str(value) for value in row.values()) + "\n")
    package = rule.write(tmp_path / "package", sleep=0.01)
    options = {"part_rows": 8_000, "errors": "skip"}
    begun = command(data, package, out, options=options, errors=str(errors), processes=2)
    kills, until = 0, time.monotonic() + 300
    while True:
        assert time.monotonic() < until
        process = subprocess.Popen(begun)
        try:
            # The more often it was killed the longer it is let go, so that it comes to an end.
            status = process.wait(dice.uniform(0.2, 1.5 + kills / 4))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        assert status == 0
        break
    found = Table.read_parquet(out).to_columns()
    answered = [number for number in range(count) if number % 50_000 != 7]
    assert found["id"] == answered
    labels = expected(count)
    assert found["label"] == [labels[number] for number in answered]
    assert len(errors.read_text().splitlines()) == 6
    assert kills > 0
    assert not out.with_name("answers.parquet.work").exists()
