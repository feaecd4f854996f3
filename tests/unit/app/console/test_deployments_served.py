"""Deployments in the console, against a real server with a canary that follows what the console deploys."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.console.conftest import Used, words_of
from tests.unit.app.console.models_project import build

from mainspring.app.accounts import Role
from mainspring.serving.client import Client

pytestmark = pytest.mark.slow

FILE = """
deployment: loans
models:
  loans:
    versions: {stable: "loans:1.0.0", next: "loans:1.0.1"}
    outliers: {}
    rollout:
      primary: stable
      canary:
        to: next
        steps: [10, 50]
        every: 86400
        guards: [{figure: accuracy, worse: 0.5, least: 10}]
  both:
    graph:
      nodes:
        old: {model: "loans:1.0.0"}
        new: {model: "loans:1.0.1"}
        mean: {combine: average, reads: [old, new]}
"""
ROW = {"age": 60, "income": 100.0, "city": "Bern"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("served") / "loans")


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "mainspring.app.cli.main", "serve", "--deployments", "--port", "0"]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def arms(used: Used, many: int = 30) -> set[str]:
    """The arms that answer those who ask for no version."""
    with Client(used.get("/deployments")["server"]["url"]) as client:
        for _ in range(many):
            client.ask("loans", [ROW], probabilities=True)
    until(lambda: len(used.get("/deployments/loans/requests", limit=many)["requests"]) == many)
    return {one["arm"] for one in used.get("/deployments/loans/requests", limit=many)["requests"]}


def test_the_life_of_a_deployment_from_the_console(
    using: Callable[..., Used], project: Path, server: None
) -> None:
    used = using(project, role=Role.APPROVER)
    told = used.act("deployments.deploy", then="/deployments?tab=declared", text=FILE, reason="the first")
    assert told["told"] == "Revision 1 is wanted"
    # It finds the server that follows by itself: its port was free to choose.
    until(lambda: used.get("/deployments")["server"]["ready"] and used.get("/declarations")["ok"])
    overview = used.get("/deployments")
    assert {one["name"]: one["graph"] for one in overview["models"]} == {"loans": False, "both": True}
    loans = next(one for one in overview["models"] if one["name"] == "loans")
    assert loans["labels"] == {"stable": "1.0.0", "next": "1.0.1"}
    assert "stable 90 %, next 10 %" in words_of(used.page("/deployments"))

    # The slider: all of it, nothing, and what its guards make of it.
    html = used.page("/deployments/loans")
    assert 'type="range"' in html
    told = used.act(
        "deployments.share", then="/deployments/loans", model="loans", percent="100", reason="all of it"
    )
    assert told["told"] == "next gets 100.0 % of the requests to loans"
    assert until(lambda: arms(used) == {"next"})
    told = used.act("deployments.share", then="/deployments/loans", model="loans", percent="0")
    assert until(lambda: arms(used) == {"stable"})
    shown = used.get("/deployments/loans")
    assert [one["kind"] for one in shown["history"]][:2] == ["shared", "shared"]
    assert shown["history"][0]["by"] == "ada"
    assert shown["model"]["rollout"]["canary"]["share"] == 0.0
    assert {one.operation for one in used.trail.entries} >= {"deployments.share", "deployments.deploy"}
    assert "101 %" in used.post("/deployments/loans/rollout/share", {"percent": 101}, 400)["error"]["found"]

    # One of the requests, why it was answered so, and what was right.
    asked = {"arm": "next", "status": "ok", "limit": 1}
    one = used.client.get("/api/deployments/loans/requests", params=asked).json()["requests"][0]
    why = used.get(f"/deployments/loans/requests/{one['id']}/explanation")
    assert (why["kind"], why["model"]) == ("contributions", "loans:1.0.1")
    assert why["base"] + sum(each["amount"] for each in why["contributions"]) == pytest.approx(why["answer"])
    html = used.page(f"/deployments/loans/requests/{one['id']}?explain=shap")
    assert "what each column added" in words_of(html)
    assert f"/models/loans/versions/1.0.1?tab=what-if&amp;request={one['id']}" in html
    assert f"mainspring explain loans:1.0.1 --request {one['id']}" in html
    otherwise = words_of(used.page(f"/deployments/loans/requests/{one['id']}?explain=counterfactuals"))
    assert "The answer would have been another one, if" in otherwise or "Why" in otherwise
    right = used.get(f"/deployments/loans/requests/{one['id']}")["answers"][0]["label"]
    told = used.act("deployments.feedback", model="loans", request=one["id"], truth=right)
    assert told["answer"] == {"accepted": 1, "duplicates": 0, "pending": 0}
    known = until(lambda: used.get("/deployments/loans/requests", truth="yes")["requests"])
    assert [(each["id"], each["right"]) for each in known] == [(one["id"], True)]
    lately = used.get("/deployments/loans/feedback")
    assert (lately["whole"]["known"], lately["whole"]["right"]) == (1, 1)
    assert used.get(f"/deployments/loans/requests/{one['id']}/similar")[0]["distance"] == 0.0

    # Held, gone on with, promoted, and taken back.
    used.act("deployments.hold", model="loans", reason="lunch")
    assert [one.title for one in until(lambda: waiting(used))] == ["The rollout of loans is held"]
    assert "Nothing is decided until somebody resumes it" in used.page("/deployments/loans")
    used.act("deployments.resume", model="loans")
    seen = used.get("/deployments/loans")["model"]["rollout"]["number"]
    assert f'name="seen" value="{seen}"' in used.page("/deployments/loans")
    used.act("deployments.advance", model="loans", seen=seen)
    late = used.act("deployments.advance", model="loans", seen=seen, status=409)["error"]
    assert "has changed since you looked: advanced by ada. Nothing was done" in late["found"]
    assert used.get("/deployments/loans")["model"]["rollout"]["canary"]["share"] == 10.0
    told = used.act("deployments.promote", model="loans", arm="next", reason="good")
    assert told["told"] == "next is the primary version of loans now"
    assert used.get("/deployments/loans")["model"]["labels"] == {"stable": "1.0.1", "next": "1.0.1"}
    used.act("deployments.rollback", model="loans", reason="complaints")
    assert until(lambda: arms(used) == {"stable"} or arms(used) == {"stable", ""})
    assert used.get("/deployments/loans")["model"]["labels"]["stable"] == "1.0.0"
    assert "was rolled back" in words_of(used.page("/deployments/loans"))


def test_a_graph_has_its_nodes_with_times(using: Callable[..., Used], project: Path, server: None) -> None:
    used = using(project)
    until(lambda: used.get("/deployments")["server"]["ready"])
    with Client(used.get("/deployments")["server"]["url"]) as client:
        client.ask("both", [ROW])
    nodes = until(lambda: [one for one in used.get("/deployments/both")["nodes"] if one["requests"]])
    assert [one["node"] for one in nodes] == ["old", "new", "mean"]
    html = used.page("/deployments/both")
    assert re.search(r"average · [\d.]+ ms", html)
    (asked,) = until(lambda: used.get("/deployments/both/requests")["requests"])
    way = words_of(used.page(f"/deployments/both/requests/{asked['id']}"))
    assert "Its way through the graph old loans 1.0.0 new loans 1.0.1" in way


def test_a_label_is_moved_and_a_revision_is_had_again(
    using: Callable[..., Used], project: Path, server: None
) -> None:
    used = using(project)
    until(lambda: used.get("/declarations")["ok"])
    text = "deployment: plain\nmodels:\n  plain:\n    versions: {live: 'loans:1.0.0', other: 'loans:1.0.1'}\n"
    checked = used.post("/declarations/check", {"text": text})
    assert (checked["ok"], checked["said"]) == (True, "In order; it would change plain")
    used.post("/declarations/revisions", {"text": text, "reason": "another"})
    until(lambda: used.get("/declarations")["ok"] and used.get("/declarations")["number"] == 2)
    told = used.act("deployments.label", model="plain", label="live", version="1.0.1")
    assert told["told"] == "live stands for version 1.0.1 of plain"
    refused = used.post("/deployments/plain/labels", {"label": "live", "version": "9"}, 404)
    assert "9" in refused["error"]["found"]
    shown = used.get("/declarations/revisions/1")
    assert [(one["deployment"], one["kind"]) for one in shown["back"]] == [("plain", "removed")]
    html = words_of(used.page("/deployments?tab=declared&revision=1"))
    assert "What going back to it would change plain removed" in html
    told = used.act("deployments.revert", then="/deployments?tab=declared", to="1", reason="no need")
    assert told["told"] == "Revision 3 is wanted"
    until(lambda: used.get("/declarations")["ok"])
    assert [one["number"] for one in used.get("/declarations/revisions")] == [3, 2, 1]
    assert "that is what is wanted already" in used.post("/declarations/revert", {"to": 1}, 400)["error"]["found"]


def waiting(used: Used) -> list[Any]:
    from mainspring.app.api.subjects.deployments import SUBJECT

    assert SUBJECT.waiting is not None
    return list(SUBJECT.waiting(used.desk))


def test_a_search_finds_what_is_served_and_a_request_by_its_id(
    using: Callable[..., Used], project: Path, server: None
) -> None:
    from mainspring.app.api.subjects.deployments import SUBJECT

    used = using(project)
    until(lambda: used.get("/deployments")["server"]["ready"])
    assert SUBJECT.find is not None
    assert {(hit.kind, hit.name) for hit in SUBJECT.find(used.desk, "loa")} >= {("served", "loans")}
    asked = used.get("/deployments/loans/requests", limit=1)["requests"][0]["id"]
    assert [hit.path for hit in SUBJECT.find(used.desk, asked[:23])] == [f"/deployments/loans/requests/{asked}"]
    before = SUBJECT.topics["requests"](used.shared, "loans")
    with Client(used.get("/deployments")["server"]["url"]) as client:
        client.ask("loans", [ROW])
    until(lambda: SUBJECT.topics["requests"](used.shared, "loans") != before)
    assert SUBJECT.topics["deployment"](used.shared, "loans")
    assert os.environ.get("MAINSPRING_API_KEY") is None
