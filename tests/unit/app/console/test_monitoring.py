"""Monitoring: how models stand, their windows, figures and features, the monitoring file, retraining."""

from __future__ import annotations

import shutil

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.monitoring_project import BROKEN, FILE, HOUR, MODEL, START, WINDOWS, made

from mainspring.app import own_processes
from mainspring.app.accounts import Role


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    return made(tmp_path_factory.mktemp("watched"))


@pytest.fixture
def project(watched, tmp_path):
    shutil.copytree(watched, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_models_stand_as_their_windows_and_alerts_say(using, watched):
    found = using(watched).get("/monitoring")
    (one,) = found["models"]
    assert (one["model"], one["windows"], one["failed"]) == (MODEL, WINDOWS, WINDOWS - BROKEN)
    assert (one["health"], one["alerts"]) == ("warning", {"warning": 1})
    assert one["last"]["since"] == START + (WINDOWS - 1) * HOUR
    assert one["decision"]["outcome"] == "blocked"
    assert one["silent_since"] is not None
    assert (one["running"], found["running"]) == (False, False)
    assert found["unheard"] == [MODEL]
    # The worst feature in units of its limit.
    assert one["figures"]["drift"][-1] == pytest.approx(2.0)
    assert one["figures"]["quality"][-1] == 0.9


def test_a_monitor_that_looked_just_now_is_at_work(using, project):
    reader = project / ".mainspring" / "monitoring" / MODEL / "windows" / "reader.json"
    reader.parent.mkdir(parents=True)
    reader.write_text("{}")
    assert using(project).get("/monitoring")["running"] is True


def test_models_that_nobody_watches_are_told_with_what_to_do(using, tmp_path):
    (tmp_path / "mainspring.toml").write_text("[project]\nname='x'\n")
    (tmp_path / ".mainspring" / "deployments" / "rides" / "1").mkdir(parents=True)
    used = using(tmp_path)
    (one,) = used.get("/monitoring")["unwatched"]
    assert (one["model"], one["why"], one["command"]) == ("rides", "served", "mainspring monitor init rides")
    assert one["section"].startswith("rides:\n  window: 1h")
    assert "mainspring monitor init rides" in used.page("/monitoring")


def test_windows_of_a_stretch_of_time(using, watched):
    used = using(watched)
    path = f"/monitoring/{MODEL}/windows"
    assert len(used.get(path)) == WINDOWS
    assert len(used.get(path, within="day")) == 24
    assert [one["ok"] for one in used.get(path, failed=True)] == [False] * (WINDOWS - BROKEN)
    assert len(used.get(path, since=START + 2 * HOUR, until=START + 5 * HOUR)) == 3
    assert used.get(path, within="fortnight", status=400)["error"]["found"] == "there is no range 'fortnight'"


def test_a_window_is_told_with_reasons_and_figures(using, watched):
    used = using(watched)
    since = START + BROKEN * HOUR
    told = used.get(f"/monitoring/{MODEL}/windows/{since:.3f}")
    assert told["reasons"][0]["message"] == "column 'age' is 0.4 away from training"
    assert (told["before"], told["after"]) == (since - HOUR, since + HOUR)
    first = told["figures"][0]
    assert (first["name"], first["last"], first["ceiling"], first["bad"]) == ("drift/age", 0.4, 0.2, True)
    within = used.get(f"/monitoring/{MODEL}/windows/{since + HOUR / 3:.3f}")
    assert within["window"]["since"] == told["window"]["since"]  # a point of a chart leads to the window it is in
    used.get(f"/monitoring/{MODEL}/windows/{START + 900 * HOUR}", status=404)
    assert used.get(f"/monitoring/{MODEL}/windows/17", status=404)["error"]["code"] == "NOT_FOUND"


def test_the_page_of_a_window_masks_what_is_private_and_leads_to_its_requests(using, watched):
    since = START + BROKEN * HOUR
    html = using(watched).page(f"/monitoring/{MODEL}/windows/{since:.3f}")
    assert f"/deployments/{MODEL}/requests?since={since:.3f}" in html
    assert "column &#39;age&#39; is 0.4 away from training" in html
    rows = html[html.index('aria-label="Rows"') :]
    assert "masked" in rows
    assert f'/deployments/{MODEL}/requests/r{BROKEN}"' in rows
    assert "<td>30</td>" in rows
    assert "<td>1</td><td>2</td>" not in rows


def test_figures_and_features(using, watched):
    used = using(watched)
    found = used.get(f"/monitoring/{MODEL}/figures", prefix="drift/")
    assert [one["name"] for one in found["figures"]] == ["drift/age", "drift/hours"]
    assert found["figures"][0]["values"][BROKEN - 1 : BROKEN + 1] == [0.05, 0.4]
    features = used.get(f"/monitoring/{MODEL}/features")
    assert [(one["subject"], one["bad"], one["past"]) for one in features] == [
        ("age", True, 8),
        ("hours", False, 0),
    ]
    assert features[0]["floor"] is None


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("", "column 'age' is 0.4 away from training"),
        ("features", "2 features"),
        ("quality", "sex=f"),
        ("checks", "adwin"),
        ("windows", "48 windows, the newest first"),
        ("alerts", "drift: age"),
        ("retraining", "called for, and blocked"),
        ("declaration", "counts for"),
        ("page", "complete in itself"),
        ("nonsense", "Timeline"),
    ],
)
def test_every_view_of_a_model(using, watched, view, words):
    html = using(watched).page(f"/monitoring/{MODEL}?view={view}")
    assert words in words_of(html).replace("&#39;", "'")
    assert " style=" not in html


def test_the_timeline_leads_to_windows_and_into_stretches_of_time(using, watched):
    html = using(watched).page(f"/monitoring/{MODEL}")
    assert html.count('class="w-bad"') == WINDOWS - BROKEN
    assert f'href="/monitoring/{MODEL}/windows/{START:.3f}"' in html
    assert "8 of them not in order" in words_of(html)
    day = using(watched).page(f"/monitoring/{MODEL}?within=day&view=windows")
    assert "24 windows, the newest first" in words_of(day)


def test_the_page_of_a_feature(using, watched):
    used = using(watched)
    text = words_of(used.page(f"/monitoring/{MODEL}/features/age"))
    assert "past its limit" in text
    assert "1 of 2" in text
    assert used.page(f"/monitoring/{MODEL}/features/height", status=404)


def test_the_whole_page_comes_in_a_frame_of_its_own(using, watched):
    answer = using(watched).client.get(f"/monitoring/{MODEL}/page")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "Drift of features" in answer.text


def test_the_monitoring_file_is_checked_and_saved(using, project):
    used = using(project)
    found = used.get("/monitoring/declaration")
    assert found["text"] == FILE
    (one,) = found["models"]
    assert one["how"]["window"] == 3600.0
    assert one["how"]["alerts"]["to"] == ["https://hooks.example.org/…"]
    assert one["policy"]["cool_down"] == "12h"
    wrong = used.post("/monitoring/declaration/check", {"text": FILE.replace("window", "windw")})
    assert not wrong["ok"]
    assert wrong["problems"][0]["where"] == "monitoring.yaml:2"
    text = FILE.replace("12h", "6h")
    right = used.post("/monitoring/declaration/check", {"text": text})
    assert right["ok"]
    assert "-  retraining" in right["diff"]
    saved = used.post("/monitoring/declaration", {"text": text, "digest": found["digest"]}, method="PUT")
    assert (project / "monitoring.yaml").read_text() == text
    assert saved["models"][0]["policy"]["cool_down"] == "6h"
    late = {"text": FILE, "digest": found["digest"]}
    assert (
        "changed by somebody else"
        in used.post("/monitoring/declaration", late, status=409, method="PUT")["error"]["found"]
    )
    bad = {"text": "a: {windw: 1}", "digest": saved["digest"]}
    assert used.post("/monitoring/declaration", bad, status=400, method="PUT")["error"]["found"]
    assert (project / "monitoring.yaml").read_text() == text


def test_who_may_not_edit_sees_what_the_file_comes_to_and_no_secrets(using, watched):
    used = using(watched, role=Role.VIEWER)
    found = used.get("/monitoring/declaration")
    assert found["text"] == ""
    assert found["models"][0]["model"] == MODEL
    assert "secret" not in used.page("/monitoring/declaration").replace("may be secrets", "")
    used.post("/monitoring/declaration", {"text": "x"}, status=403, method="PUT")


def test_a_new_model_is_asked_for_once(using, project):
    used = using(project)
    asked = used.post(f"/monitoring/{MODEL}/retrain", {"because": "new tariff"})
    assert asked["asked"]
    assert "new tariff (asked by ada)" in asked["because"]
    assert used.get(f"/monitoring/{MODEL}/decisions")["wishes"] == 1
    again = used.post(f"/monitoring/{MODEL}/retrain", {"because": "again"})
    assert not again["asked"]
    assert "waits already" in again["told"]
    used.post(f"/monitoring/{MODEL}/retrain", {"because": " "}, status=400)
    using(project, role=Role.VIEWER).post(f"/monitoring/{MODEL}/retrain", {"because": "x"}, status=403)


def test_a_wrong_file_hides_nothing_that_was_seen(using, project):
    (project / "monitoring.yaml").write_text("cen/sus: {windw: 1h}")
    used = using(project)
    text = words_of(used.page("/monitoring"))
    assert "The monitoring file is wrong" in text
    assert "windw" in words_of(used.page("/monitoring/declaration"))


def test_watched_models_and_features_are_found(using, watched):
    hits = using(watched).get("/search", text="age")["hits"]
    assert ("feature", "age", f"/monitoring/{MODEL}/features/age") in [
        (one["kind"], one["name"], one["path"]) for one in hits
    ]


def test_what_is_new_is_noticed(using, project):
    from mainspring.app.api.subjects.monitoring import SUBJECT
    from mainspring.core.verdicts import Verdict
    from mainspring.monitoring.ledger import WatchLedger
    from mainspring.monitoring.profiles import FigureHistory
    from mainspring.monitoring.seen import Figure

    used = using(project)
    stamp = SUBJECT.topics["monitoring"]
    before = stamp(used.shared, MODEL)
    assert len(used.get(f"/monitoring/{MODEL}/windows")) == WINDOWS
    since = START + WINDOWS * HOUR
    told = {"model": MODEL, "version": "1", "since": since, "until": since + HOUR, "rows": 5}
    WatchLedger(used.opened.store.record, used.opened.store.blobs).write(told, Verdict.of("watch", []))
    with FigureHistory(project / ".mainspring" / "monitoring" / MODEL / "history") as history:
        history.append(since, {"drift/age": Figure(value=0.1, most=0.2)})
    assert stamp(used.shared, MODEL) != before
    assert len(used.get(f"/monitoring/{MODEL}/windows", within="all")) == WINDOWS + 1
    assert used.get(f"/monitoring/{MODEL}/features")[0]["last"] == 0.1


def test_simulations_refuse_what_makes_no_sense(using, watched):
    used = using(watched)
    wrong = used.post("/simulations", {"model": MODEL, "policy": "when: [drift]\nbudgt: 3"}, status=400)
    assert "budgt" in wrong["error"]["found"]
    wrong = used.post("/simulations", {"model": MODEL, "policy": "budget: many"}, status=400)
    assert "budget" in wrong["error"]["found"]
    assert used.get("/simulations") == []
    used.get("/simulations/nothing", status=404)
    assert "Replay a log" in words_of(used.page("/monitoring/simulations"))


@pytest.mark.parametrize("more", [{}, {"estimator": "sklearn.dummy.DummyClassifier"}])
def test_simulations_that_were_started_are_listed(using, watched, tmp_path, monkeypatch, more):
    monkeypatch.setattr(own_processes, "COMMAND", "mainspring.nothing")
    shutil.copytree(watched, tmp_path, dirs_exist_ok=True)
    used = using(tmp_path)
    begun = used.post("/simulations", {"model": MODEL, **more})
    html = used.page("/monitoring/simulations")
    assert f'href="/monitoring/simulations/{begun["id"]}"' in html
    assert ("trained with" in html) is bool(more)
    assert MODEL in used.page(f"/monitoring/simulations/{begun['id']}")


@pytest.mark.slow
def test_a_log_is_replayed_and_shown(using, project):
    import time

    used = using(project)
    body = {
        "model": MODEL,
        "policy": "when: [drift]\ncost_per_run: 2",
        "name": "bolder",
        "quick": True,
        "alone": True,
    }
    begun = used.post("/simulations", body)
    for _ in range(600):
        found = used.get(f"/simulations/{begun['id']}")
        if found["state"] != "running":
            break
        time.sleep(0.2)
    assert found["state"] == "complete", found["error"]
    assert [one["name"] for one in found["result"]["outcomes"]][-1] == "bolder"
    assert found["result"]["windows"] == WINDOWS
    text = words_of(used.page(f"/monitoring/simulations/{begun['id']}"))
    assert "bolder" in text
    assert used.client.get(f"/monitoring/simulations/{begun['id']}/page").status_code == 200
