"""``mainspring alerts``: looked at, taken care of, silenced, recorded, tested."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mainspring.app import platform
from mainspring.app.cli.main import main
from mainspring.app.watching import alert_book
from mainspring.core.clock import now
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.alerts import AlertOptions, Cause
from mainspring.monitoring.declaration import USUAL
from mainspring.monitoring.seen import Judged
from mainspring.monitoring.windows import Window


class Deployed:
    """Knows of one deployment."""

    def find(self, model: str, version: str, since: float, *, lookback: float, window: float) -> Sequence[Cause]:
        return [
            Cause(kind="deployment", key="deployment:7", at=since, what="deployment 7 was accepted", score=1.0)
        ]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which drift of age and of fare fire, and the quality of a slice is pending."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mainspring.toml").write_text("[project]\nname = 'census'\n", encoding="utf-8")
    start = now() - 7200
    table = Table.from_columns({"age": [31.0, 99.0], "sex": ["F", "M"], "request.id": ["r1", "r2"]})
    window = Window(since=start, until=start + 3600, table=table, requests=2, errors=0, complete=True)
    drift = [
        Reason(ok=False, code="DRIFT", message=f"{name} is far away", subject=name, observed=value, expected=0.1)
        for name, value in (("age", 0.3), ("fare", 0.2))
    ]
    quality = Reason(ok=False, code="BELOW", message="too low", subject="auc | sex=F", observed=0.6, expected=0.8)
    with platform.open(tmp_path) as opened:
        book = alert_book(opened)
        judged = {"drift": Judged(verdict=Verdict.of("drift", drift), rows=(1,))}
        options = AlertOptions(runbook="https://wiki.example/{model}/{check}")
        book.take("census", "3", window, judged, options, causes=Deployed())
        pending = {"quality": Judged(verdict=Verdict.of("quality", [quality]))}
        book.take("census", "3", window, pending, AlertOptions(for_windows=2))
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert main(["alerts", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["alerts", *arguments]) == code
    told = capsys.readouterr()
    return told.out + told.err


def test_those_that_fire_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys)["alerts"]
    assert sorted((one["subject"], one["state"], one["severity"]) for one in found) == [
        ("age", "firing", "warning"),
        ("fare", "firing", "warning"),
    ]
    assert len(asked(capsys, "list", "--all")["alerts"]) == 3
    assert [one["subject"] for one in asked(capsys, "list", "--subject", "a*")["alerts"]] == ["age"]
    assert asked(capsys, "list", "--severity", "critical")["alerts"] == []
    assert [one["slice"] for one in asked(capsys, "list", "--state", "pending")["alerts"]] == ["sex=F"]
    text = printed(capsys)
    assert "now 0.3, limit 0.1" in text
    assert "nothing fires" in printed(capsys, "list", "--model", "taxi")


def test_all_about_one(capsys: pytest.CaptureFixture[str]) -> None:
    [alert] = asked(capsys, "list", "--subject", "age")["alerts"]
    told = asked(capsys, "show", alert["id"][:5])
    assert told["alert"] == alert
    assert len(told["group"]) == 1
    text = printed(capsys, "show", alert["id"])
    for part in (
        "age is far away",
        "deployment 7 was accepted",
        "request r2: age=99, sex=M",
        f"mainspring deploy rollback --reason 'alert {alert['id']}'",
        "https://wiki.example/census/drift",
        "3 times past the limit",
        f"with {told['group'][0]}",
    ):
        assert part in text
    assert "there is no alert 'zzz'" in printed(capsys, "show", "zzz", code=1)


def test_somebody_takes_care_and_the_record_knows(capsys: pytest.CaptureFixture[str]) -> None:
    [alert] = asked(capsys, "list", "--subject", "age")["alerts"]
    [done] = asked(capsys, "ack", alert["id"], "--by", "ann", "--note", "asked the owner")["alerts"]
    assert (done["state"], done["acknowledged"]["note"]) == ("acknowledged", "asked the owner")
    assert "by ann since" in printed(capsys, "show", alert["id"])
    assert "resolved" in printed(capsys, "resolve", alert["id"], "--why", "mended")
    told = asked(capsys, "history", "census", "--alert", alert["id"])["history"]
    assert [(one["what"], one["by"] or "-") for one in told][:2] == [("fired", "-"), ("acknowledged", "ann")]
    assert (told[2]["what"], told[2]["why"], told[2]["verdict"]["ok"]) == ("resolved", "mended", True)
    assert "age is far away" in printed(capsys, "history")
    assert "nothing can be acknowledged" in printed(capsys, "ack", alert["id"], code=1)


def test_silences_are_made_listed_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    [alert] = asked(capsys, "list", "--subject", "age")["alerts"]
    made = asked(capsys, "silence", alert["id"][:4], "--for", "2d", "--why", "known", "--by", "ann")
    assert (made["matcher"], made["by"], made["why"]) == ({"id": alert["id"]}, "ann", "known")
    assert made["until"] == pytest.approx(now() + 2 * 86_400, abs=60)
    assert f"silenced ({made['id']})" in printed(capsys, "list")
    text = printed(capsys, "silence", "check=drift", "subject=f*", "--until", "2099-01-31T08:00", "--why", "x")
    assert "mainspring alerts unsilence s" in text
    assert len(asked(capsys, "silences")["silences"]) == 2
    assert "known" in printed(capsys, "silences")
    assert asked(capsys, "unsilence", made["id"])["id"] == made["id"]
    assert [one["matcher"]["subject"] for one in asked(capsys, "silences")["silences"]] == ["f*"]
    assert "it is not said how long" in printed(capsys, "silence", "check=drift", "--why", "x", code=1)
    assert "is no time" in printed(capsys, "silence", "check=drift", "--why", "x", "--until", "soon", code=1)
    assert "nothing that alerts have" in printed(capsys, "silence", "hue=x", "--why", "x", "--for", "1h", code=1)


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200 if self.path == "/good" else 500)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_test_is_sent_to_those_of_the_file(
    capsys: pytest.CaptureFixture[str], project: Path, receiver: tuple[str, list[dict[str, Any]]]
) -> None:
    url, got = receiver
    unchecked = {"checks": dict.fromkeys(USUAL, False)}
    declared = {"census": {**unchecked, "alerts": {"to": [f"{url}/good"]}}}
    (project / "monitoring.yaml").write_text(json.dumps(declared), encoding="utf-8")
    told = asked(capsys, "test", "census")["destinations"]
    assert told == [{"destination": f"{url}/…", "ok": True, "error": ""}]
    assert (got[0]["subject"], got[0]["model"]) == ("[warning] census: test of nothing is a test", "census")
    assert "status 500" in printed(capsys, "test", "--to", f"{url}/bad", code=1)
    (project / "monitoring.yaml").write_text(json.dumps({"census": unchecked}), encoding="utf-8")
    assert "nobody is told of alerts" in printed(capsys, "test", code=1)
