"""Runs that are started, taken up again and signed from the console; the schedules."""

from __future__ import annotations

import time

import pytest
from tests.unit.app.console.runs_project import write_project

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.api.subjects.runs import SUBJECT
from mainspring.app.api.subjects.runs.schedules import next_due
from mainspring.app.planning.signatures import offer_of
from mainspring.app.scheduler_sign import SignOfLife, seen
from mainspring.app.scheduling import serve
from mainspring.core.errors import InputError
from mainspring.pipelines.triggers import Trigger


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A run that scored, and one that waits."""
    folder = write_project(tmp_path_factory.mktemp("starting") / "small", "started.py")
    with platform.open(folder) as opened:
        _run(opened, "scoring", "score-1", depth=3)
        _run(opened, "asking", "asking-1", rows=5)
    return folder


def _run(opened, pipeline, name, **parameters):
    loaded, entry = opened.pipelines.load("started.py", pipeline)
    return opened.pipelines.run(loaded, parameters, name=name, entry=entry).state


def ended(used, run, *states):
    """The run, when it has come to a state."""
    for _ in range(300):
        answer = used.client.get(f"/api/runs/{run}")
        if answer.status_code == 200 and answer.json()["state"] in states:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError(f"{run} is not {states}: {answer.text}; {used.shared.jobs.latest(1)}")


def test_the_form_is_made_of_the_signature(using, project):
    used = using(project)
    offer = next(one for one in used.get("/pipelines") if one["name"] == "scoring")
    kinds = {one["name"]: (one["kind"], one["default"]) for one in offer["entries"]}
    assert kinds == {
        "rows": ("whole", "4"),
        "depth": ("whole", "3"),
        "params": ("json", '{"rate": 0.5}'),
        "mode": ("choice", '"fast"'),
        "careful": ("truth", "false"),
        "note": ("text", ""),
    }
    assert offer["about"] == "Scores numbers."
    assert offer["entries"][1]["help"] == "How deep to look: deeper is better, and slower."
    assert offer["steps"] == ["load", "score"]
    html = used.page("/runs/new?like=score-1")
    assert 'name="parameters.depth" value="3" data-default="3"' in html
    assert '<option value="&#34;slow&#34;"' in html


def test_what_would_run_is_told_with_reasons_and_nothing_is_written(using, project):
    used = using(project)
    before = used.opened.store.record.find("execution", limit=1000).items
    told = used.post("/plans", {"parameters": {"depth": 4}})
    assert [(one["step"], one["fate"]) for one in told["steps"]] == [("load", "cached"), ("score", "run")]
    assert told["steps"][1]["why"] == "parameter 'depth' changed from 3 to 4"
    assert (told["runs"], told["cached"]) == (1, 1)
    told = used.post("/plans", {"parameters": {"rows": "7"}})
    assert [one["fate"] for one in told["steps"]] == ["run", "perhaps"]
    assert used.post("/plans", {"only": ["score"]})["steps"][0]["fate"] == "taken"
    assert used.opened.store.record.find("execution", limit=1000).items == before
    html = used.page("/runs/new?dry=1&parameters.depth=4")
    assert "1 step for certain, 1 from the cache" in html


def test_what_is_wrong_is_said_before_anything_starts(using, project):
    used = using(project)
    told = used.post("/runs", {"parameters": {"depth": "deep"}}, status=400)["error"]
    assert "depth=deep: expected a whole number" in told["found"]
    assert told["fields"] == {"depth": "expected a whole number"}
    html = used.page("/runs/new?dry=1&parameters.depth=deep&parameters.params=%7Bbad")
    assert '<span class="problem">expected a whole number</span>' in html
    assert '<span class="problem">expected JSON (' in html
    assert used.post("/runs", {"name": "score-1"}, status=409)["error"]["found"] == "there is a run 'score-1'"
    assert used.post("/runs", {"file": "../../etc/passwd"}, status=400)["error"]["found"].endswith(
        "not in the project"
    )
    assert used.act("runs.start", status=400, name="../x")["error"]["code"] == "INVALID_INPUT"
    assert used.shared.jobs.latest() == []


def test_a_file_that_is_not_there_is_said_at_its_field(using, project):
    (project / "filed.py").write_text(
        "from mainspring import File, pipeline, step\n\n\n@step\ndef count(data: File) -> int:\n    return 1\n\n\n"
        "@pipeline\ndef counting(data: File = File('later.csv')):\n    count(data)\n"
    )
    used = using(project)
    told = used.post("/runs", {"file": "filed.py", "parameters": {"data": "nope.csv"}}, status=400)["error"]
    assert told["found"] == "data=nope.csv: there is no such file"
    assert told["fields"] == {"data": "there is no such file"}
    # Nobody asked for the pipeline's own file: another step may bring it.
    assert used.post("/plans", {"file": "filed.py"})["steps"][0]["fate"] == "run"
    assert used.post("/plans", {"file": "filed.py", "parameters": {"data": "*.py"}})["runs"] == 1


def test_a_run_is_started_shown_before_it_is_there_and_tells_who_started_it(using, project):
    used = using(project)
    told = used.act("runs.start", then="/runs/{run}", **{"parameters.depth": "6", "name": "score-6"})
    assert told["then"] == "/runs/score-6"
    html = used.page("/runs/score-6")
    assert "score-6" in html
    run = ended(used, "score-6", "COMPLETE")
    assert run["because"] == "started by ada, in the console"
    assert run["cause"] == "console"
    assert run["metrics"]["auc"] == pytest.approx(0.96)
    assert [one["given"] for one in run["parameters"] if one["name"] == "depth"] == [True]
    job = used.shared.jobs.get(told["answer"]["job"])
    assert "--name score-6 -p depth=6" in job.command
    assert used.get("/runs", where="cause = 'console'")["matching"] == 1


def test_a_run_that_cannot_begin_is_shown_with_what_its_job_says(using, project):
    used = using(project)
    job = used.shared.jobs.start(["run", "--pipeline", "none"], title="x", by="ada", path="/runs/never")
    for _ in range(200):
        if not used.shared.jobs.get(job.id).running:
            break
        time.sleep(0.05)
    html = used.page("/runs/never")
    assert "did not start" in html
    assert "the pipelines in started.py are" in html


def test_signing_needs_an_approver_a_reason_and_lets_the_run_go_on(using, project):
    used = using(project, role=Role.EDITOR)
    html = used.page("/runs/asking-1")
    assert "Publish the numbers?" in html
    assert "Answering needs the role approver" in html
    assert (
        used.post("/runs/asking-1/approve", {"reason": "fine"}, status=403)["error"]["expected"] == "an approver"
    )
    used.somebody.role = Role.APPROVER
    assert used.post("/runs/asking-1/approve", {"reason": " "}, status=400)
    told = used.act("runs.approve", run="asking-1", step="approval", reason="the numbers are good")
    assert told["told"] == "Signed by ada"
    assert told["answer"]["goes_on"] is True
    run = ended(used, "asking-1", "COMPLETE")
    (question,) = run["questions"]
    assert (question["answer"], question["by"], question["reason"]) == ("yes", "ada", "the numbers are good")
    assert [one["state"] for one in run["steps"]] == ["CACHED", "CACHED", "COMPLETE"]
    assert "the numbers are good" in used.page("/runs/asking-1")


def test_rejecting_lets_the_run_end_without_what_was_asked_for(using, project):
    used = using(project)
    with platform.open(project) as other:
        _run(other, "asking", "asking-2", rows=8)
    told = used.post("/runs/asking-2/reject", {"reason": "too few", "go_on": False})
    assert told["goes_on"] is False
    assert "Let it go on" in used.page("/runs/asking-2")
    used.post("/runs/asking-2/resume")
    run = ended(used, "asking-2", "COMPLETE")
    assert [one["state"] for one in run["steps"]] == ["CACHED", "CACHED", "SKIPPED"]
    assert used.post("/runs/asking-2/resume", status=409)["error"]["found"] == "run asking-2 is complete"


def test_schedules_tell_when_they_are_due_and_what_they_started(using, project):
    used = using(project)
    told = used.get("/schedules")
    assert [(one["name"], one["kind"]) for one in told["schedules"]] == [
        ("nightly", "cron"),
        ("arrivals", "data"),
        ("asked", "topic"),
    ]
    assert time.localtime(told["schedules"][0]["next"])[3:5] == (3, 0)
    assert told["schedulers"] == []
    assert "No scheduler is at work" in used.page("/schedule")
    (project / "in").mkdir()
    (project / "in" / "new.csv").write_text("a\n1\n")
    with platform.open(project) as other:
        (started,) = list(serve(other, once=True, tick=0.01, say=lambda _: None))
    told = used.get("/schedules")
    assert told["schedules"][1]["runs"][0]["run"] == started.run
    assert used.get(f"/runs/{started.run}")["cause"] == "data"
    assert [one["alive"] for one in told["schedulers"]] == [False]


def test_a_scheduler_at_work_is_seen(using, project):
    used = using(project)
    sign = SignOfLife(used.opened.store.record, "small", "here:1")
    before = SUBJECT.topics["schedules"](used.shared, "")
    sign.give()
    first = seen(used.opened.store.record, "small")[0]
    assert (first.worker, first.alive) == ("here:1", True)
    assert SUBJECT.topics["schedules"](used.shared, "") != before
    assert "a scheduler is at work" in used.page("/schedule")
    sign.give(ended=True)
    assert not any(one.alive for one in seen(used.opened.store.record, "small"))
    assert seen(used.opened.store.record, "another") == []


def test_a_schedule_is_run_now_with_its_parameters(using, project):
    used = using(project)
    run = used.post("/schedules/nightly/run")["run"]
    told = ended(used, run, "COMPLETE")
    assert told["because"] == "nightly: ada, in the console"
    assert {one["name"]: one["value"] for one in told["parameters"]}["depth"] == 5
    assert used.get("/schedules")["schedules"][0]["runs"][0]["run"] == run
    assert "nightly, arrivals, asked" in used.post("/schedules/none/run", status=404)["error"]["expected"]


def test_a_wish_that_was_given_up_is_tried_again(using, project):
    used = using(project)
    record = used.opened.store.record
    record.put("retrain", {"reason": "the model drifted"}, max_attempts=1)
    message = record.claim(["retrain"], worker="w", seconds=10)
    record.fail(message, "no data")
    (letter,) = used.get("/schedules")["dead"]
    assert (letter["reason"], letter["error"], letter["attempts"]) == ("the model drifted", "no data", 1)
    assert "Given up" in used.page("/schedule")
    used.act("schedules.revive", message=str(letter["id"]))
    assert used.get("/schedules")["dead"] == []
    assert used.get("/schedules")["waiting"]["retrain"] == 1


def test_when_a_schedule_is_due_next():
    assert next_due(Trigger(name="a", every="15m"), 100.0) == 1000.0
    assert next_due(Trigger(name="a", every="15m"), None) is None
    assert next_due(Trigger(name="a", topic="x"), 100.0) is None
    with pytest.raises(InputError):
        next_due(Trigger(name="a", cron="61 * * * *"), None)


def test_a_file_that_cannot_be_read_is_told_on_the_form(using, tmp_path):
    folder = write_project(tmp_path / "broken")
    (folder / "small.py").write_text("import nothing_like_it\n")
    html = using(folder).page("/runs/new")
    assert "No module named &#39;nothing_like_it&#39;" in html


def test_help_is_taken_from_the_docstring():
    from mainspring.pipelines import pipeline

    @pipeline
    def flow(rate: float, names: list[str] | None = None):
        """Flows.

        Args:
            rate: How fast.
        """

    entries = {one.name: one for one in offer_of(flow, "f.py").entries}
    assert (entries["rate"].required, entries["rate"].kind, entries["rate"].help) == (True, "number", "How fast.")
    assert (entries["names"].kind, entries["names"].default) == ("json", "")


def test_a_text_of_several_lines_keeps_them(using, project):
    (project / "lines.py").write_text(
        "from mainspring import pipeline, step\n\n\n@step\ndef say(words: str) -> str:\n    return words\n\n\n"
        "@pipeline\ndef saying(words: str = 'one\\ntwo'):\n    say(words)\n"
    )
    used = using(project)
    assert "one\ntwo</textarea>" in used.page("/runs/new?file=lines.py")
    told = used.post("/plans", {"file": "lines.py", "parameters": {"words": "one\r\ntwo\r\nthree"}})
    assert told["parameters"] == {"words": "one\ntwo\nthree"}


def test_without_a_file_the_form_says_how_to_get_one(using, tmp_path):
    used = using(tmp_path)
    html = used.page("/runs/new")
    assert "There is no pipeline yet" in html
    assert "mainspring init . --data FILE.csv --label COLUMN" in html
