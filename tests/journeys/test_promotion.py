"""From a registered version to production: signed by two roles, told to a webhook, and made again bit by bit."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from mainspring.core.errors import InputError
from mainspring.models.registry.webhooks import verify

if TYPE_CHECKING:
    from conftest import Project

POLICY = """
[[promotion]]
environment = "production"
roles = ["reviewer", "risk"]
people.risk = ["Carla"]
"""


class Receiver(ThreadingHTTPServer):
    """Keeps what it is told; answers with the given statuses, then with 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook"

    def told(self, event: str) -> list[dict[str, Any]]:
        """What it was told of an event, attempts that it refused included."""
        return [one["data"] for one in map(json.loads, (body for _, body in self.got)) if one["type"] == event]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        """Take it, or refuse it."""
        server = self.server
        assert isinstance(server, Receiver)
        server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(server.statuses.pop(0) if server.statuses else 200)
        self.end_headers()
        self.wfile.write(b"as you say")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that is told."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_from_a_run_to_production_with_two_signatures(cancer: Project, receiver: Receiver) -> None:
    added = cancer.json("webhooks", "add", "ops", receiver.url)
    assert added["secret"].startswith("file:")
    file = cancer.root / added["secret"].removeprefix("file:")
    assert file.stat().st_mode & 0o077 == 0
    secret = file.read_text().strip()

    cancer.run("run", "--to", "register", "-p", 'params={"n_estimators": 60, "num_leaves": 31}')
    cancer.write("mainspring.toml", (cancer.root / "mainspring.toml").read_text() + POLICY)
    cancer.run("run", "--to", "register", "-p", 'params={"n_estimators": 60, "num_leaves": 21}')
    shown = cancer.json("models", "cancer")
    version = shown["versions"][-1]["version"]
    assert shown["aliases"] == {"production": "1.0.0"}, "a guarded alias does not move by itself"
    assert shown["decisions"][-1]["verb"] == "request"

    # Refused while a role is missing, with all that is missing named.
    meant = f"cancer@{version}"
    refused = cancer.json("promote", meant, "--comment", "better", code=3)
    assert refused["missing"] == ["the signature of reviewer", "the signature of risk (Carla)"]
    sign = ("sign", meant, "--comment", "slices checked")
    cancer.run(*sign, "--as", "reviewer", "--by", "Bob", "--evidence", "https://example.org/review/12")
    said = cancer.run("promote", meant, "--comment", "better", code=3)
    assert "missing" in said
    assert "the signature of risk (Carla)" in said
    assert "may not sign as risk" in cancer.run(*sign, "--as", "risk", "--by", "Bob", code=1)
    cancer.run(*sign, "--as", "risk", "--by", "carla")
    assert f"cancer@production is {version}" in cancer.run("promote", meant, "--comment", "better", "--by", "Olga")

    # The history says who did what, in order.
    history = cancer.run("models", "cancer")
    expected = [
        f"{version} requested for production by pipeline",
        f"{version} refused for production",
        f"{version} signed for production by Bob as reviewer: slices checked",
        f"{version} refused for production",
        f"{version} signed for production by carla as risk: slices checked",
        f"{version} promoted for production by Olga: better",
    ]
    places = []
    for line in expected:
        places.append(history.index(line, places[-1] + 1 if places else 0))
    assert f"production move 1.0.0 → {version} by Olga: better" in history
    assert cancer.json("models", "search", "alias.production = TRUE")["versions"][0]["version"] == version

    signed = [(one["by"], one["role"], one["ok"]) for one in cancer.json("lineage", meant)["signed"]]
    assert signed == [("Bob", "reviewer", True), ("carla", "risk", True)]

    # Every request was signed with the secret, which is nowhere else.
    cancer.run("webhooks", "deliver")
    for headers, body in receiver.got:
        verify(headers, body, secret)
        with pytest.raises(InputError):
            verify(headers, body + b" ", secret)
    assert [one["version"] for one in receiver.told("promotion.approved")] == [version]
    assert len(receiver.told("promotion.refused")) == 2
    assert secret not in cancer.run("webhooks", "list") + cancer.run("webhooks", "log")
    for path in (cancer.root / ".mainspring").rglob("*.db*"):
        assert secret.encode() not in path.read_bytes()

    # Evidence that arrives later lets signatures expire.
    cancer.run("attach", meant, "--evidence", "https://example.org/audit", "--comment", "an audit")
    state = cancer.json("promote", meant, "--status", code=3)
    assert len(state["missing"]) == 2
    assert "has expired" in state["missing"][0]
    cancer.run("models", "bless", meant, "--revoke", "--reason", "a bias was found")
    state = cancer.json("promote", meant, "--status", code=3)
    assert state["missing"][0].startswith("its blessing was taken back")


@pytest.mark.slow
def test_a_failed_delivery_is_tried_again_and_logged(cancer: Project, receiver: Receiver) -> None:
    cancer.run("run", "--to", "register")
    cancer.run("webhooks", "add", "ops", receiver.url, "--event", "alias.moved")
    receiver.statuses = [503]
    cancer.run("models", "tag", "cancer@1.0.0", "team=risk")
    cancer.run("promote", "cancer@1.0.0", "--to", "staging", "--comment", "try it")
    cancer.run("scheduler", "--once")
    end = time.monotonic() + 60
    while len(receiver.got) < 2 and time.monotonic() < end:
        cancer.start("webhooks", "deliver").communicate(timeout=60)
        time.sleep(0.2)
    (delivery,) = cancer.json("webhooks", "log", "ops")["deliveries"]
    assert [one["status"] for one in delivery["attempts"]] == [503, 200]
    assert delivery["state"] == "COMPLETE"
    assert delivery["attempts"][0]["response"] == "as you say"
    assert delivery["attempts"][1]["at"] > delivery["attempts"][0]["at"]
    assert receiver.got[0][1] == receiver.got[1][1]
    assert "status 503" in cancer.run("webhooks", "log")
    assert cancer.json("webhooks", "test", "ops")["deliveries"][0]["state"] == "COMPLETE"


@pytest.mark.slow
def test_a_version_is_made_again_bit_by_bit(cancer: Project) -> None:
    cancer.run("run", "--to", "register")
    plan = cancer.json("reproduce", "cancer@1.0.0", "--dry-run")
    assert plan["steps"] == ["transform", "train", "evaluate", "package"]
    assert (plan["changed"], plan["gone"]) == ([], [])
    found = cancer.json("reproduce", "cancer@1.0.0", "--by", "Ann")
    assert found["verdict"] == "bit-equal: every file of the package has the same bytes"
    assert (found["likeness"], found["files"], found["ok"]) == ("bit-equal", [], True)
    assert "1.0.0 reproduced by Ann: bit-equal" in cancer.run("models", "cancer")

    # The code of the project may change: the recorded code is what is run, and that is said.
    cancer.edit("pipeline.py", '"num_leaves": 31', '"num_leaves": 5')
    said = cancer.run("reproduce", "cancer@production")
    assert "pipeline.py changed since; the recorded code is used" in said
    assert "bit-equal" in said
    cancer.run("reproduce", "cancer@1.0.0", "--strict", code=3)
    assert len(cancer.json("models", "cancer")["versions"]) == 1, "nothing new was registered"


@pytest.mark.slow
def test_what_is_archived_is_given_back(cancer: Project) -> None:
    for leaves in (31, 21, 11):
        cancer.run("run", "--to", "register", "-p", f'params={{"n_estimators": 60, "num_leaves": {leaves}}}')
    versions = cancer.json("models", "cancer")["versions"]
    assert len(versions) == 3
    oldest = str(versions[0]["version"])
    compared = cancer.json("models", "compare", "cancer", oldest, "latest")
    assert [one["name"] for one in compared["parameters"]] == ["params.num_leaves"]
    plan = cancer.json("models", "archive", "cancer", "--keep-last", "1")
    assert (plan["archived"], plan["dry_run"]) == ([f"cancer:{oldest}"], True)
    cancer.run("models", "archive", "cancer", "--keep-last", "1", "--yes")
    assert cancer.json("models", "search", "archived = TRUE")["versions"][0]["version"] == oldest
    cancer.run("gc", "--keep-runs", "1", "--keep-days", "0")
    assert "archived" in cancer.run("promote", f"cancer@{oldest}", "--comment", "again", code=3)
    assert "does not know how" in cancer.run("reproduce", f"cancer@{oldest}", code=1)
    cancer.run("predict", "cancer@production", "--data", "../cancer.csv")
