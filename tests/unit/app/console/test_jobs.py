"""Jobs: what the console started, with what it says."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mainspring.app import own_processes
from mainspring.app.accounts import Role
from mainspring.app.api.jobs import Jobs
from mainspring.app.cli.main import main
from mainspring.core.errors import StateError

WAITS = """\
import os, signal, time
{more}
print("begun", flush=True)
time.sleep(60)
"""


@pytest.fixture
def waiting(using, tmp_path, monkeypatch):
    """Starts a job that waits, of a console, until it has said so."""
    monkeypatch.setattr(own_processes, "COMMAND", "waits")

    def start(more: str = ""):
        (tmp_path / "waits.py").write_text(WAITS.format(more=more))
        used = using(tmp_path)
        job = used.shared.jobs.start([], title="Wait", by="ada")
        until(lambda: "begun" in used.shared.jobs.get(job.id).output)
        return used, job.id

    return start


def until(holds) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_job_is_listed_and_shown_with_what_it_said(using, tmp_path):
    used = using(tmp_path)
    job = used.shared.jobs.start(["show", "nothing"], title="Look", by="ada", path="/runs/nothing")
    for _ in range(200):
        told = used.get(f"/jobs/{job.id}")
        if told["ended"] is not None:
            break
        time.sleep(0.05)
    assert told["code"] == 1
    assert "error" in told["errors"]
    assert [one["id"] for one in used.get("/jobs")] == [job.id]
    html = used.page(f"/jobs/{job.id}")
    assert "exit code 1" in html
    assert "mainspring show nothing" in html
    assert "Look" in used.page("/jobs")


def test_there_is_no_job_of_another_name(using):
    assert "there is no job" in using().get("/jobs/0123456789ab", status=404)["error"]["found"]


class TestStopping:
    def test_it_ends_and_the_trail_says_who_stopped_it(self, waiting):
        used, job = waiting()
        assert "Stop" in used.page(f"/jobs/{job}")
        stamp = used.shared.jobs.stamp(job)
        used.act("jobs.stop", job=job, reason="the wrong month")
        assert used.shared.jobs.stamp(job) != stamp
        until(lambda: not used.shared.jobs.get(job).running)
        told = used.get(f"/jobs/{job}")
        assert (told["stopped_by"], told["stopped_because"], told["code"]) == ("ada", "the wrong month", -15)
        assert "stopped by ada" in used.page(f"/jobs/{job}")
        assert [(one.operation, one.given["job"]) for one in used.trail.entries] == [("jobs.stop", job)]

    def test_one_that_does_not_listen_is_stopped_at_once_the_next_time(self, waiting):
        used, job = waiting("signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))")
        used.post(f"/jobs/{job}/stop")
        until(lambda: "no" in used.shared.jobs.get(job).output)
        assert "Stop at once" in used.page(f"/jobs/{job}")
        used.post(f"/jobs/{job}/stop")
        until(lambda: not used.shared.jobs.get(job).running)
        assert used.shared.jobs.get(job).code == -9

    def test_one_that_ended_is_not_stopped(self, waiting):
        used, job = waiting()
        used.post(f"/jobs/{job}/stop")
        until(lambda: not used.shared.jobs.get(job).running)
        assert "does not run any more" in used.post(f"/jobs/{job}/stop", status=409)["error"]["found"]

    def test_viewers_may_not(self, using):
        used = using(role=Role.VIEWER)
        assert "editor" in used.post("/jobs/0123456789ab/stop", status=403)["error"]["expected"]

    def test_the_command_line_stops_what_a_console_started(self, waiting, monkeypatch, capsys, tmp_path):
        used, job = waiting()
        (tmp_path / "mainspring.toml").touch()
        monkeypatch.chdir(tmp_path)

        def told(*arguments):
            assert main(["jobs", *arguments, "--json"]) == 0
            return json.loads(capsys.readouterr().out)

        assert [one["state"] for one in told("list")["jobs"]] == ["running"]
        assert told("stop", job, "--by", "ben")["stopped_by"] == "ben"
        until(lambda: not used.shared.jobs.get(job).running)
        assert told("show", job)["state"] == "stopped"


class TestAfterARestart:
    """A console knows of jobs that another one started: whether they run, and that nobody saw their end."""

    def test_what_runs_runs_and_can_be_stopped(self, waiting):
        used, job = waiting()
        another = Jobs(used.shared.home / "jobs", Path())
        assert another.get(job).state == "running"
        assert another.stop(job, by="ben").stopped_by == "ben"
        until(lambda: used.shared.jobs.get(job).state == "stopped")

    def test_one_whose_end_nobody_saw_is_lost_and_its_number_is_nobody_elses(self, waiting):
        used, job = waiting()
        used.shared.jobs.stop(job, by="ada")
        until(lambda: not used.shared.jobs.get(job).running)
        folder = used.shared.home / "jobs" / job
        told = json.loads((folder / "job.json").read_text())
        (folder / "job.json").write_text(json.dumps({**told, "ended": None, "code": None}))
        (folder / "stop").unlink()
        another = Jobs(used.shared.home / "jobs", Path())
        assert (another.get(job).state, another.get(job).running) == ("lost", False)
        with pytest.raises(StateError):
            another.stop(job, by="ben")
