"""The scheduler: data, requests, intervals, cron; mistakes; stopping."""

from __future__ import annotations

import signal
from typing import Any

import pytest

Project = Any


def test_the_scheduler_starts_what_is_due(project: Project, watch: Any) -> None:
    project.write(
        "mainspring.toml",
        """
[project]
name = "sums"
[[schedule]]
name = "new data"
data = "in.txt"
[[schedule]]
name = "on request"
topic = "retrain"
parameters = { plus = 7 }
[[schedule]]
name = "often"
every = "1s"
[[schedule]]
name = "every minute"
cron = "* * * * *"
parameters = { plus = 9 }
""",
    )
    first = project.json("scheduler", "--once")["started"]
    assert [(one["because"], one["state"]) for one in first] == [
        ("in.txt has new content (1 files, 6 bytes)", "COMPLETE")
    ]
    project.python("""
import dataclasses, mainspring
from mainspring.core.records import Kind
with mainspring.open() as platform:
    record = platform.store.record
    record.put("retrain", {"reason": "drift", "parameters": {"data": "in.txt"}})
    # The memory of the rules is put back an hour, as if nobody had looked for so long.
    for one in record.find(Kind.CONTEXT, "type = 'mainspring.Trigger'").items:
        if "last" in one.custom and "digest" not in one.custom:
            record.publish([dataclasses.replace(one, custom={"last": one.custom["last"] - 3600})])
""")
    second = project.json("scheduler", "--once")["started"]
    assert {one["because"].split(" was due")[0] for one in second} == {"drift", "often", "every minute"}
    runs = {one["run"]: one["parameters"]["plus"] for one in project.ask("runs")["runs"]}
    assert {one["because"].split(" was due")[0]: runs[one["run"]] for one in second} == {
        "drift": 7,
        "often": 0,
        "every minute": 9,
    }


def test_the_scheduler_says_what_could_not_begin_and_stops_when_told(project: Project, watch: Any) -> None:
    project.write(
        "mainspring.toml", '[[schedule]]\nname = "new data"\ndata = "in.txt"\nparameters = { pluss = 1 }\n'
    )
    answer = project.json("scheduler", "--once")["started"]
    assert "no parameter 'pluss'" in answer[0]["error"]
    project.write("mainspring.toml", '[[schedule]]\nevery = "1h"\n')
    process = project.start("scheduler", "--tick", "0.1")
    assert "1 schedules" in process.stdout.readline()
    assert "every 1h" in process.stdout.readline()
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, ""), out


@pytest.mark.slow
def test_a_scheduler_that_is_told_to_stop_stops_its_run_in_good_order(long: Project, watch: Any) -> None:
    long.write("mainspring.toml", '[[schedule]]\ndata = "in.txt"\n')
    process = long.begin("scheduler", "--tick", "0.1", "--json")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    assert [one["state"] for one in watch.last_object(out)["started"]] == ["CANCELED"]
    long.let_go()
    assert long.json("resume")["state"] == "COMPLETE"
