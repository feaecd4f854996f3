"""Runs that are killed, stopped, cancelled, taken up again, and many at once."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

Project = Any


def test_a_run_killed_in_the_middle_leaves_nothing_and_resumes(long: Project, watch: Any) -> None:
    process = long.begin("run", "--name", "r", "--json")
    below = watch.descendants(process.pid)
    assert len(below) == 2, "the zygote and the step"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    watch.wait_until(lambda: not any(map(watch.alive, below)))
    assert len(long.scratch()) == 1

    seen = long.python(
        "import mainspring\n"
        "from mainspring.core.records import Kind\n"
        "with mainspring.open() as p:\n"
        "    made = p.store.record.find(Kind.ARTIFACT, \"type != 'mainspring.Code'\").items\n"
        "    print([(one.type, one.properties.get('value')) for one in made])",
    )
    assert seen.strip() == "[('mainspring.Json', 1)]", "nothing half-written is in the record"
    assert watch.states(long.json("show", "r")) == {"first": "COMPLETE", "middle": "RUNNING"}

    long.traced()
    long.let_go()
    on = long.ask("resume", "r")
    assert (on["run"], on["state"]) == ("r", "COMPLETE")
    assert watch.states(on) == {"first": "CACHED", "middle": "COMPLETE", "last": "COMPLETE", "goodbye": "COMPLETE"}
    assert long.traced() == ["middle", "last", "goodbye-COMPLETE"], "what was finished is not done again"
    assert long.scratch() == []
    seen = long.python(
        "import mainspring\n"
        "from mainspring.app import stories\n"
        "with mainspring.open() as p:\n"
        "    steps = stories.tell(p.pipelines.records, p.store.blobs, 'r').steps\n"
        "    print([s.outputs['result'][0].properties['value'] for s in steps if s.name == 'last'])"
    )
    assert seen.strip() == "[9]", "the whole file"
    assert "is complete" in long.run("resume", "r", code=1)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_ctrl_c_and_sigterm_stop_in_good_order(long: Project, watch: Any, number: signal.Signals) -> None:
    process = long.begin("run", "--name", "r", "--json")
    below = watch.descendants(process.pid)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    answer = watch.last_object(out)
    assert answer["state"] == "CANCELED"
    assert watch.states(answer) == {"first": "COMPLETE", "middle": "CANCELED", "goodbye": "COMPLETE"}
    watch.wait_until(lambda: not any(map(watch.alive, below)))
    assert long.traced() == ["first", "middle", "goodbye-CANCELED"]
    assert long.scratch() == []
    long.let_go()
    assert long.json("resume", "r")["state"] == "COMPLETE"
    assert long.traced() == ["middle", "last", "goodbye-COMPLETE"]


def test_a_run_is_cancelled_by_another_process(long: Project, watch: Any) -> None:
    process = long.begin("run", "--name", "r", "--json")
    assert "is running" in long.run("resume", "r", code=1), "it is not taken from a living worker"
    asked = long.json("cancel", "r", "--by", "Ada", "--reason", "wrong data")
    assert asked == {"run": "r", "state": "RUNNING"}
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    long.let_go()
    assert "has ended" in long.run("cancel", "r", code=1)
    assert long.ask("resume", "latest")["state"] == "COMPLETE"


def test_two_who_resume_the_same_run(long: Project, watch: Any) -> None:
    process = long.begin("run", "--name", "r", "--json")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    long.traced()
    both = [long.start("resume", "r", "--json") for _ in range(2)]
    time.sleep(1.5)
    long.let_go()
    answers = []
    for one in both:
        out, err = one.communicate(timeout=60)
        assert "Traceback" not in err, err
        answers.append((one.returncode, watch.last_object(out)))
    answers.sort(key=lambda pair: pair[0])
    (won, run), (lost, error) = answers
    assert (won, lost) == (0, 1)
    assert run["state"] == "COMPLETE"
    assert error["error"]["code"] in {"ILLEGAL_STATE", "CONFLICT"}
    assert long.traced() == ["middle", "last", "goodbye-COMPLETE"]


@pytest.mark.slow
def test_four_processes_at_once_on_one_store(project: Project, watch: Any) -> None:
    processes = [project.start("run", "--json", "-p", f"plus={number % 2}") for number in range(4)]
    answers = []
    for one in processes:
        out, err = one.communicate(timeout=120)
        assert one.returncode == 0, out + err
        answers.append(watch.last_object(out))
    assert {one["state"] for one in answers} == {"COMPLETE"}
    assert len({one["run"] for one in answers}) == 4
    after = project.json("run", "-p", "plus=1")
    assert all(one["cached"] for one in after["steps"])
    assert len(project.ask("runs")["runs"]) == 5
