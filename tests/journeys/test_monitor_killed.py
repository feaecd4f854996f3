"""A monitor that is killed again and again beside a server that writes leaves what one leaves that is not."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mainspring.monitoring.profiles import FigureHistory
from mainspring.serving.payloads import LogRecord, PredictionLog

if TYPE_CHECKING:
    from conftest import Project

MONITORING = "taxi:\n  window: 2s\n  wait: 1s\n  labels: 1h\n  retraining: {when: [drift], cool_down: 1h}\n"
COMMAND = [sys.executable, "-m", "mainspring.app.cli.main", "monitor", "run", "--every", "0.2", "--log"]
HOME = Path(".mainspring") / "monitoring" / "taxi"


def write(folder: Path, stop: threading.Event) -> None:
    """Requests whose fares move after some seconds."""
    random_, number, began = random.Random(0), 0, time.monotonic()
    with PredictionLog(folder) as log:
        while not stop.wait(0.01):
            middle = 60.0 if time.monotonic() - began > 8 else 40.0
            rows = {"fare": [random_.gauss(middle, 10) for _ in range(5)]}
            answers = {"label": [random_.choice("xy") for _ in range(5)]}
            log.write(
                LogRecord(
                    id=f"r{number}", time=time.time(), model="taxi", version="1", columns=rows, outputs=answers
                )
            )
            number += 1


def left(project: Project) -> dict[str, Any]:
    """What a monitor leaves behind, without the moments at which it was done."""
    windows = project.json("monitor", "windows", "taxi", "--last", "500")["windows"]
    alerts = project.json("alerts")["alerts"]
    home = project.root / HOME
    told = (home / "decisions.jsonl").read_text().splitlines()
    return {
        "windows": [(one["since"], one["rows"], one["verdict"]["reasons"]) for one in windows],
        "alerts": sorted((one["check"], one["subject"], one["since"]) for one in alerts),
        "decisions": [json.loads(line)["outcome"] for line in told],
    }


@pytest.mark.slow
def test_killed_ten_times_it_leaves_what_it_would_have_left(folder: Project, tmp_path: Path) -> None:
    log, stop, chance = tmp_path / "log", threading.Event(), random.Random(0)
    folder.write("mainspring.toml", "")
    folder.write("monitoring.yaml", MONITORING)
    writer = threading.Thread(target=write, args=(log, stop))
    writer.start()
    try:
        for _ in range(10):
            monitor = subprocess.Popen([*COMMAND, str(log)], cwd=folder.root, stdout=subprocess.DEVNULL)
            time.sleep(1.5 + 1.5 * chance.random())
            monitor.kill()
            monitor.wait()
    finally:
        stop.set()
        writer.join()
    time.sleep(3.5)  # the last windows are complete
    folder.run("monitor", "run", "--once", "--log", str(log))
    untouched = folder.inside("untouched")
    untouched.root.mkdir(exist_ok=True)
    untouched.write("mainspring.toml", "")
    untouched.write("monitoring.yaml", MONITORING)
    untouched.run("monitor", "run", "--once", "--log", str(log))
    found, expected = left(folder), left(untouched)
    # One of them may have looked when the log had been silent for longer.
    both = min(len(found["windows"]), len(expected["windows"]))
    assert both > 5
    assert found["windows"][:both] == expected["windows"][:both]
    assert found["alerts"]
    assert found["alerts"] == expected["alerts"]
    # Whether something was called for later, and blocked, depends on when one looked.
    assert found["decisions"].count("asked") == expected["decisions"].count("asked") == 1
    ours, theirs = (FigureHistory(one.root / HOME / "history").all_series("drift/") for one in (folder, untouched))
    assert ours.keys() == theirs.keys()
    for name, series in ours.items():
        size = min(len(series.values), len(theirs[name].values))
        np.testing.assert_array_equal(series.values[:size], theirs[name].values[:size])


@pytest.mark.slow
def test_it_ends_when_it_is_told_to(folder: Project, tmp_path: Path) -> None:
    folder.write("mainspring.toml", "")
    folder.write("monitoring.yaml", MONITORING)
    command = [*COMMAND, str(tmp_path / "log")]
    monitor = subprocess.Popen(command, cwd=folder.root, stdout=subprocess.PIPE, text=True)
    assert monitor.stdout is not None
    assert "watching taxi" in monitor.stdout.readline()
    monitor.send_signal(signal.SIGTERM)
    assert monitor.wait(timeout=60) == 0
    monitor.stdout.close()
