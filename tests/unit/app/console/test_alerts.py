"""Alerts: listed, shown, taken care of, silenced and resolved, by forms and by the API."""

from __future__ import annotations

import re
import shutil

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.monitoring_project import BROKEN, HOUR, MODEL, START, made

from mainspring.app.accounts import Role
from mainspring.app.alerting import alert_ledger
from mainspring.app.api.subjects.alerts import SUBJECT
from mainspring.app.watching import alert_book
from mainspring.app.web.rooms.monitoring import alerts
from mainspring.monitoring.alerts import State
from mainspring.monitoring.alerts.suggestions import WayBack


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    return made(tmp_path_factory.mktemp("alerts"))


@pytest.fixture
def used(watched, tmp_path, using):
    shutil.copytree(watched, tmp_path, dirs_exist_ok=True)
    return using(tmp_path)


@pytest.fixture
def alert(used):
    (one,) = used.get("/alerts")["alerts"]
    return one


def test_alerts_are_listed_and_narrowed_down(used, alert):
    assert (alert["model"], alert["check"], alert["subject"], alert["state"]) == (MODEL, "drift", "age", "firing")
    assert alert["since"] == START + BROKEN * HOUR
    assert alert["examples"] == []
    found = used.get("/alerts", severity="critical")
    assert (found["alerts"], found["counts"]["open"], found["models"]) == ([], 0, [MODEL])
    assert used.get("/alerts", check="drift", model="cen*")["counts"]["firing"] == 1
    assert used.get("/alerts", since=START + 99 * HOUR)["alerts"] == []
    assert used.get("/alerts", state="resolved")["alerts"] == []
    assert used.get("/alerts", severity="dreadful", status=400)


def test_all_about_an_alert_with_what_is_private_masked(used, alert):
    told = used.get(f"/alerts/{alert['id'][:5]}")
    assert told["alert"]["windows"] == 8
    assert told["alert"]["examples"][0]["values"]["age"] == 60
    assert [one["what"] for one in told["history"]] == ["fired"]
    assert told["history"][0]["execution"]
    html = used.page(f"/monitoring/alerts/{alert['id']}")
    text = words_of(html)
    assert "column 'age' is 0.4 away from training" in text.replace("&#39;", "'")
    assert f'href="/monitoring/{MODEL}/features/age"' in html
    used.page("/monitoring/alerts/ffff", status=404)


@pytest.mark.parametrize(
    ("way", "asked", "given"),
    [
        (WayBack("rollout"), "deployments.rollback", {"model": MODEL}),
        (WayBack("deployment"), "deployments.revert", {}),
        (WayBack("alias", "live"), "models.rollback", {"model": MODEL, "alias": "live"}),
    ],
)
def test_what_was_served_before_is_one_press_away(used, alert, monkeypatch, way, asked, given):
    monkeypatch.setattr(alerts, "way_back", lambda one: way)
    html = used.page(f"/monitoring/alerts/{alert['id']}")
    (form,) = re.findall(rf'<form[^>]*action="/act/{asked}".*?</form>', html, re.DOTALL)
    assert 'data-confirm="' in form
    for name, value in {**given, "reason": f"alert {alert['id']}"}.items():
        assert f'name="{name}" value="{value}"' in form
    used.post("/alerts/resolve", {"alerts": [alert["id"]]})
    assert asked not in used.page(f"/monitoring/alerts/{alert['id']}")


def test_somebody_takes_care_in_their_own_name(used, alert):
    told = used.act(
        "alerts.acknowledge",
        then="/monitoring/alerts",
        alerts=alert["id"],
        note="asked upstream",
        by="eve",
        status=400,
    )
    assert "by" in told["error"]["found"]
    told = used.act("alerts.acknowledge", then="/monitoring/alerts", alerts=alert["id"], note="asked upstream")
    assert told["told"] == "You take care of it"
    found = alert_book(used.opened).get(alert["id"])
    assert (found.state, found.acknowledged.by) == (State.ACKNOWLEDGED, "ada")
    assert found.acknowledged.note == "asked upstream"
    recorded = alert_ledger(used.opened).history(MODEL)
    assert [(one.what, one.by) for one in recorded] == [("fired", ""), ("acknowledged", "ada")]
    assert SUBJECT.waiting(used.desk) == []
    assert "ada takes care" in words_of(used.page(f"/monitoring/alerts/{alert['id']}"))


def test_silenced_and_told_again(used, alert):
    (made_,) = used.post("/alerts/silences", {"alerts": [alert["id"]], "length": "2d", "why": "known"})
    assert (made_["by"], made_["matcher"]) == ("ada", {"id": alert["id"]})
    assert used.get("/alerts", state="silenced")["counts"]["silenced"] == 1
    assert SUBJECT.waiting(used.desk) == []
    assert "known" in words_of(used.page("/monitoring/alerts"))
    used.post(f"/alerts/silences/{made_['id']}", method="DELETE")
    assert used.get("/alerts/silences") == []


def test_silences_by_pattern(used):
    told = used.act(
        "alerts.silence", then="/", **{"matcher.check": "drift", "matcher.model": "", "length": "6h", "why": "x"}
    )
    assert told["answer"][0]["matcher"] == {"check": "drift"}
    wrong = used.post("/alerts/silences", {"why": "x", "length": "1h"}, status=400)
    assert "which alerts" in wrong["error"]["found"]
    wrong = used.post("/alerts/silences", {"why": "x", "matcher": {"check": "a"}}, status=400)
    assert "how long" in wrong["error"]["found"]


def test_said_to_be_over_and_only_once(used, alert):
    used.post("/alerts/resolve", {"alerts": [alert["id"]], "why": "repaired"})
    (one,) = used.get("/alerts", state="resolved")["alerts"]
    assert one["resolved_by"] == "ada"
    again = used.post("/alerts/resolve", {"alerts": [alert["id"]]}, status=409)
    assert "does not fire" in again["error"]["found"]
    assert used.post("/alerts/resolve", {"alerts": []}, status=400)["error"]["found"] == "no alert is named"


def test_viewers_look_and_change_nothing(used, alert):
    used.somebody.role = Role.VIEWER
    used.post("/alerts/acknowledge", {"alerts": [alert["id"]]}, status=403)
    html = used.page(f"/monitoring/alerts/{alert['id']}")
    assert "alerts.resolve" not in html
    assert "data-chosen-only" not in used.page("/monitoring/alerts")


def test_what_fires_waits_for_somebody_and_is_found(used, alert):
    (one,) = SUBJECT.waiting(used.desk)
    assert (one.kind, one.path, one.urgency) == ("alert", f"/monitoring/alerts/{alert['id']}", 1)
    hits = used.get("/search", text=alert["id"])["hits"]
    assert [one["path"] for one in hits] == [f"/monitoring/alerts/{alert['id']}"]
    before = SUBJECT.topics["alerts"](used.shared, "")
    used.post("/alerts/acknowledge", {"alerts": [alert["id"]]})
    assert SUBJECT.topics["alerts"](used.shared, "") != before
