"""Deciding about models in the console: signatures, what is missing, promoting, going back, webhooks."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.models_project import SETTINGS
from tests.unit.app.console.tiny_packages import tiny_package

import mainspring
from mainspring.app.accounts import Outcome, Role
from mainspring.app.api.subjects.models import finding
from mainspring.models.signature import Field, Signature

ONE = "/models/loans/versions/1.0.1"
SUM = Signature.of([Field("x", "FP64")], classes=None)


@pytest.fixture
def used(using, tmp_path: Path):
    (tmp_path / "mainspring.toml").write_text(SETTINGS)
    with mainspring.open(tmp_path) as opened:
        for number, auc in enumerate((0.9, 0.8)):
            opened.models.register(
                tiny_package(number, SUM, label="y"), name="loans", metrics={"auc": auc}, author="pipeline"
            )
        for version in ("1.0.0", "1.0.1"):
            opened.models.promote("loans", version, to="staging", by="Bo", comment="try it")
    return using(tmp_path, role=Role.APPROVER)


def standing(used, environment: str = "production"):
    return next(one for one in used.get(f"{ONE}/promotion") if one["environment"] == environment)


def test_the_signature_is_the_callers_and_one_person_signs_once(used):
    told = used.post(f"{ONE}/sign", {"environment": "production", "role": "risk", "comment": "slices looked at"})
    (signed,) = told["signed"]
    assert (signed["by"], signed["role"], signed["comment"]) == ("ada", "risk", "slices looked at")
    reviewer, risk = told["roles"]
    assert (reviewer["open"], reviewer["why"]) == (False, "ada signed as risk already")
    assert risk["why"] == "ada signed"
    again = used.post(f"{ONE}/sign", {"environment": "production", "role": "reviewer", "comment": "x"}, status=409)
    assert "signed as risk already" in again["error"]["found"]
    assert used.trail.entries[0].operation == "models.sign"


def test_somebody_who_is_not_among_the_people_is_told_so(used, using, tmp_path):
    from mainspring.app.api.subjects.models import deciding

    desk = used.desk
    eve = type(desk)(desk.shared, type(desk.caller)(name="eve", role=Role.APPROVER, way=desk.caller.way))
    risk = next(one for one in deciding.promotion(eve, "loans", "1.0.1") if one.environment == "production").roles[
        1
    ]
    assert (risk.open, risk.why) == (False, "eve may not sign as risk")
    with pytest.raises(Exception, match="eve may not sign as risk"):
        deciding.sign(eve, "loans", "1.0.1", environment="production", role="risk", comment="me")


def test_an_editor_may_not_sign_and_the_page_offers_nothing_to_sign(used):
    used.somebody.role = Role.EDITOR
    body = {"environment": "production", "role": "risk", "comment": "me"}
    assert used.post(f"{ONE}/sign", body, status=403)["error"]["code"]
    assert used.trail.entries[-1].outcome is Outcome.REFUSED
    html = used.page(f"{ONE}?tab=promotion")
    assert 'action="/act/models.sign"' not in html
    assert "This needs the role approver" in html


def test_a_promotion_is_refused_with_all_that_is_missing_then_signed_and_done(used):
    body = {"environment": "production", "comment": "go"}
    told = used.post(f"{ONE}/promote", body, status=409)["error"]
    assert "the signature of reviewer" in told["found"]
    assert "the signature of risk (ada, Carla)" in told["found"]
    assert standing(used)["asked"] is True
    used.opened.models.sign("loans", "1.0.1", to="production", role="reviewer", by="Bo", comment="fine")
    used.post(f"{ONE}/sign", {"environment": "production", "role": "risk", "comment": "fine"})
    told = used.act("models.promote", then=f"{ONE}?tab=promotion", model="loans", version="1.0.1", **body)
    assert told["told"] == "loans 1.0.1 is in production"
    assert used.get("/models/loans")["model"]["aliases"]["production"] == "1.0.1"
    text = words_of(used.page(f"{ONE}?tab=history"))
    assert "Promoted to production" in text
    assert "Promotion to production refused" in text
    assert text.count("Promoted to staging") == 1


def test_evidence_expires_what_was_signed_and_a_note_is_kept(used):
    used.post(f"{ONE}/sign", {"environment": "production", "role": "risk", "comment": "fine"})
    told = used.post(f"{ONE}/attach", {"comment": "audit", "text": "looked at 20 rows", "evidence": "https://a/b"})
    assert told["evidence"][0] == "https://a/b"
    digest = told["evidence"][1]
    with used.opened.store.blobs.open(digest) as file:
        assert file.read() == b"looked at 20 rows"
    assert "the signature of risk (ada) has expired: the evidence changed since" in standing(used)["missing"]
    assert "audit" in words_of(used.page(f"{ONE}?tab=promotion"))
    told = used.post(f"{ONE}/attach", {"comment": "x", "evidence": "nonsense"}, status=400)["error"]
    assert "nonsense" in told["found"]


def test_a_rejection_takes_a_signature_back(used):
    body = {"environment": "production", "role": "risk", "comment": "fine"}
    used.post(f"{ONE}/sign", body)
    told = used.post(f"{ONE}/reject", {**body, "comment": "recall is too low"})
    assert told["signed"] == []
    assert "risk (ada) rejected it: recall is too low" in told["missing"]


def test_an_alias_goes_back_with_a_reason(used):
    assert used.post("/models/loans/rollback", {"alias": "staging", "reason": " "}, status=400)["error"]
    told = used.post("/models/loans/rollback", {"alias": "staging", "reason": "errors since noon"})
    assert (told["before"], told["version"], told["by"]) == ("1.0.1", "1.0.0", "ada")
    newest = used.get("/models/loans/aliases")[0]
    assert (newest["action"], newest["reason"]) == ("rollback", "errors since noon")
    assert "rolled back" in words_of(used.page("/models/loans?tab=aliases"))
    assert used.post("/models/loans/rollback", {"alias": "staging", "reason": "more"}, status=409)
    told = used.post("/models/loans/rollback", {"alias": "staging", "to": "1.0.1", "reason": "it was the network"})
    assert told["version"] == "1.0.1"


def test_a_blessing_taken_back_stops_promotions(used):
    used.post(f"{ONE}/bless", {"ok": False, "reason": "a bias was found"})
    assert "its blessing was taken back by ada: a bias was found" in standing(used)["missing"]
    assert used.get("/models")[0]["blessed"] is False
    assert "not blessed" in words_of(used.page("/models"))


def test_what_waits_is_what_this_caller_can_do(used):
    assert finding.waiting(used.desk) == []
    used.post(f"{ONE}/request", {"environment": "production"})
    (one,) = finding.waiting(used.desk)
    assert one.title == "Sign loans 1.0.1 for production as reviewer or risk"
    assert one.path == f"{ONE}?tab=promotion#production"
    used.post(f"{ONE}/sign", {"environment": "production", "role": "risk", "comment": "fine"})
    assert finding.waiting(used.desk) == []
    used.opened.models.sign("loans", "1.0.1", to="production", role="reviewer", by="Bo", comment="fine")
    assert [one.title for one in finding.waiting(used.desk)] == ["Promote loans 1.0.1 to production"]
    used.somebody.role = Role.VIEWER
    assert finding.waiting(used.desk) == []


def test_tags_and_what_would_be_archived(used):
    used.post("/models/loans/tags", {"tags": "team=risk tier=1", "version": "1.0.1"})
    assert used.post("/models/loans/tags", {"tags": "tier=", "version": "1.0.1"}) == {"team": "risk"}
    assert used.post("/models/loans/tags", {"tags": "team"}, status=400)["error"]["expected"] == "KEY=VALUE"
    planned = used.get("/models/loans/retention", keep=1)
    assert planned["archived"] == []
    assert "a rollback of staging goes back to it" in planned["stays"]["1.0.0"]
    assert "What stays, and why" in words_of(used.page("/models/loans?tab=retention&keep=1"))
    assert 'class="problem"' in used.page("/models/loans?tab=retention&keep=none")


def test_a_version_is_made_again_by_a_command(used):
    job = used.post(f"{ONE}/reproduce")
    assert job["command"] == "mainspring reproduce loans@1.0.1 --by ada"
    assert job["path"] == "/models/loans/versions/1.0.1?tab=history"
    while used.shared.jobs.get(job["id"]).running:
        time.sleep(0.05)


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_: object) -> None:
        pass


def test_webhooks_are_added_by_admins_and_show_what_they_were_told(used, monkeypatch):
    monkeypatch.setenv("HOOK", "whsec_" + "QUJD" * 8)
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    body = {"name": "ops", "url": f"http://127.0.0.1:{server.server_port}/hook?key=s", "secret": "env:HOOK"}
    try:
        assert used.post("/webhooks", body, status=403)
        used.somebody.role = Role.ADMIN
        made = used.post("/webhooks", body)
        assert made["address"].endswith("/hook?…")
        assert used.post("/webhooks/ops/test")["state"] == "waiting"
        while used.opened.courier.pending():  # the background may have it in hand already
            list(used.opened.courier.deliver())
            time.sleep(0.01)
        (told,) = used.get("/webhooks-deliveries")
        assert (told["event"], told["hook"]) == ("webhook.test", "ops")
        assert (told["state"], told["attempts"][-1]["said"]) == ("complete", "thanks")
        text = words_of(used.page("/models/-/webhooks"))
        assert "status 200" in text
        assert "thanks" in text
        assert used.post("/webhooks/ops/enable", {"active": False})["why"] == "paused by ada"
        used.post("/webhooks/ops", method="DELETE")
        assert used.get("/webhooks") == []
    finally:
        server.shutdown()
        server.server_close()


def test_an_empty_project_says_how_to_begin(using, tmp_path):
    html = using(tmp_path).page("/models")
    assert "No model is registered yet" in html
    assert "mainspring run" in html
