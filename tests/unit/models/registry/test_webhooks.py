"""Webhooks against a real server: signed, retried, logged, disabled, and never lost."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.core.records import ExecutionState
from mainspring.core.verdicts import Verdict
from mainspring.models.registry import (
    Policy,
    PromotionRefusedError,
    Registry,
    RolloutDecision,
    RolloutLedger,
)
from mainspring.models.registry.webhooks import EVENTS, Courier, Webhooks, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A server that keeps what it is told, and answers with the given statuses, then with 200."""

    def __init__(self, *statuses):
        self.statuses, self.got = list(statuses), []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", receiver.url + "/elsewhere")
                self.end_headers()
                self.wfile.write(f"status {status}\n".encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def bodies(self):
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receive():
    made = []

    def start(*statuses):
        made.append(Receiver(*statuses))
        return made[-1]

    yield start
    for one in made:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)


@pytest.fixture
def courier(opened):
    return Courier(opened()[0], first_delay=0.01, timeout=5.0)


def until(courier, wanted, seconds=10.0):
    """Deliver until that many attempts were made."""
    tried, end = [], time.monotonic() + seconds
    while len(tried) < wanted and time.monotonic() < end:
        tried += courier.deliver()
        time.sleep(0.005)
    return tried


def test_the_known_answer_of_the_specification():
    """The example in the reference implementations of Standard Webhooks."""
    given = sign(
        SECRET, delivery="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )
    assert given == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signature_is_checked():
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": "1000",
        "Webhook-Signature": "v1,no " + sign(SECRET, delivery="msg_1", timestamp=1000, body=b"{}"),
    }
    verify(headers, b"{}", SECRET, clock=lambda: 1200.0)
    for wrong in (
        {"body": b"{ }"},
        {"secret": "another secret of mine"},
        {"clock": lambda: 1301.0},
        {"clock": lambda: 699.0},
        {"headers": {**headers, "Webhook-Id": "msg_2"}},
        {"headers": {**headers, "Webhook-Timestamp": "1001"}},
        {"headers": {**headers, "Webhook-Timestamp": "soon"}},
        {"headers": {"Webhook-Id": "msg_1"}},
    ):
        given = {"headers": headers, "body": b"{}", "secret": SECRET, "clock": lambda: 1000.0, **wrong}
        with pytest.raises(InputError):
            verify(given["headers"], given["body"], given["secret"], clock=given["clock"])
    with pytest.raises(InputError, match="has 5 bytes"):
        sign("short", delivery="a", timestamp=1, body=b"")


def test_a_webhook_is_told_signed(registry, bare, receive, courier):
    receiver = receive()
    registry.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET")
    registry.register(bare(), name="taxi", metrics={"auc": 0.8}, alias="production", author="ann")
    assert [one.state for one in courier.deliver()] == [ExecutionState.COMPLETE] * 2
    assert sorted(one["type"] for one in receiver.bodies()) == ["alias.moved", "version.registered"]
    for headers, body in receiver.got:
        verify(headers, body, SECRET)
    told = next(one for one in receiver.bodies() if one["type"] == "version.registered")
    assert told["data"]["model"] == "taxi"
    assert told["data"]["version"] == "1.0.0"
    assert told["data"]["metrics"] == {"auc": 0.8}
    assert list(courier.deliver()) == []
    assert courier.pending() == 0


def test_every_event_is_told(opened, bare, receive, courier):
    receiver = receive()
    registry = Registry(*opened(), policies=[Policy(environment="production", roles=("risk",))])
    registry.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET")
    registry.register(bare(0), name="taxi")
    registry.register(bare(1), name="taxi")
    with pytest.raises(PromotionRefusedError):
        registry.promote("taxi", "1.0.1", to="production", by="ann", comment="go")
    registry.sign("taxi", "1.0.1", to="production", role="risk", by="bob", comment="fine")
    registry.promote("taxi", "1.0.1", to="production", by="ann", comment="go")
    registry.retention("taxi", keep_last=1, dry_run=False)
    for number, kind in enumerate(("promoted", "rolled_back")):
        decision = RolloutDecision(
            model="taxi", plan="p", number=number, kind=kind, versions={"stable": "1.0.0"}, at=1.0
        )
        RolloutLedger(*opened()).write(decision, Verdict.of("rollout", []))
    list(courier.deliver())
    assert {one["type"] for one in receiver.bodies()} == set(EVENTS)
    refused = next(one["data"] for one in receiver.bodies() if one["type"] == "promotion.refused")
    assert refused["missing"] == ["the signature of risk"]


def test_only_what_was_asked_for(registry, bare, receive, courier):
    receiver = receive()
    registry.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET", events=["alias.moved"], models=["bus"])
    registry.register(bare(0), name="taxi", alias="production")
    registry.register(bare(1), name="bus", alias="production")
    list(courier.deliver())
    assert [(one["type"], one["data"]["model"]) for one in receiver.bodies()] == [("alias.moved", "bus")]


def test_a_failed_delivery_is_tried_again(registry, bare, receive, courier):
    receiver = receive(500, 503)
    registry.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET")
    registry.register(bare(), name="taxi")
    tried = until(courier, 3)
    assert [one.state for one in tried] == [
        ExecutionState.RUNNING,
        ExecutionState.RUNNING,
        ExecutionState.COMPLETE,
    ]
    (log,) = registry.webhooks.log("ops")
    assert [one.status for one in log.attempts] == [500, 503, 200]
    assert [one.response for one in log.attempts] == ["status 500", "status 503", "status 200"]
    assert all(one.seconds >= 0 for one in log.attempts)
    assert len({headers["Webhook-Id"] for headers, _ in receiver.got}) == 1, "a receiver can drop what it has seen"
    assert len({body for _, body in receiver.got}) == 1
    assert registry.webhooks.get("ops").failures == 0


def test_given_up_and_disabled(registry, bare, receive, courier):
    receiver = receive(*[500] * 50)
    registry.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET", max_attempts=2, disable_after=3)
    registry.register(bare(0), name="taxi")
    assert [one.state for one in until(courier, 2)][-1] is ExecutionState.FAILED
    registry.register(bare(1), name="taxi")
    until(courier, 2)
    hook = registry.webhooks.get("ops")
    assert (hook.active, hook.why) == (False, "3 attempts in a row failed")
    registry.register(bare(2), name="taxi")
    assert [one.state for one in courier.deliver()] == []
    assert [one.state for one in registry.webhooks.log()] == [ExecutionState.CANCELED, ExecutionState.FAILED]
    registry.webhooks.enable("ops")
    receiver.statuses.clear()
    registry.register(bare(3), name="taxi")
    assert [one.state for one in courier.deliver()] == [ExecutionState.COMPLETE]


def test_nobody_answers_and_redirects_are_not_followed(registry, bare, receive, courier):
    registry.webhooks.add("gone", "http://127.0.0.1:1/x", secret="env:HOOK_SECRET", max_attempts=1)
    moved, left = receive(302), receive(410)
    registry.webhooks.add("moved", moved.url, secret="env:HOOK_SECRET", max_attempts=1)
    registry.webhooks.add("left", left.url, secret="env:HOOK_SECRET")
    registry.webhooks.add("unset", moved.url, secret="env:NOT_SET", max_attempts=1)
    registry.register(bare(), name="taxi")
    assert {one.state for one in courier.deliver()} == {ExecutionState.FAILED}
    log = {one.hook: one.attempts[0] for one in registry.webhooks.log()}
    assert log["gone"].status is None
    assert "refused" in log["gone"].error
    assert (log["moved"].status, len(moved.got)) == (302, 1)
    assert log["unset"].error == "the secret env:NOT_SET is not on this machine"
    assert not registry.webhooks.get("left").active


def test_the_secret_is_nowhere(registry, bare, receive, courier, opened, tmp_path):
    receiver = receive(500)
    with pytest.raises(InputError) as refused:
        registry.webhooks.add("ops", receiver.url, secret=SECRET)
    assert SECRET not in str(refused.value)
    hook = registry.webhooks.add("ops", receiver.url + "?token=abc", secret="env:HOOK_SECRET")
    registry.register(bare(), name="taxi")
    list(courier.deliver())
    assert "abc" not in json.dumps(hook.as_dict())
    assert SECRET not in json.dumps([one.as_dict() for one in registry.webhooks.log()])
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


def test_a_secret_in_a_file(registry, receive, opened, tmp_path):
    receiver = receive()
    (tmp_path / "hook.secret").write_text(SECRET + "\n")
    registry.webhooks.add("ops", receiver.url, secret="file:hook.secret")
    registry.webhooks.test("ops")
    assert [one.event for one in Courier(opened()[0], tmp_path).deliver()] == ["webhook.test"]
    verify(*receiver.got[0], SECRET)


def test_what_cannot_be_a_webhook(registry):
    hooks = registry.webhooks
    for url in ("ftp://x/y", "https://", "x", "https://user:pass@host/x"):
        with pytest.raises(InputError):
            hooks.add("ops", url, secret="env:S")
    with pytest.raises(InputError, match=r"no event 'model\.sung'"):
        hooks.add("ops", "https://host/x", secret="env:S", events=["model.sung"])
    hooks.add("ops", "https://host/x", secret="env:S")
    with pytest.raises(ConflictError):
        hooks.add("ops", "https://host/x", secret="env:S")
    with pytest.raises(NotFoundError, match="one of: ops"):
        hooks.remove("opps")
    hooks.remove("ops")
    assert hooks.list() == ()


def test_what_was_to_be_told_outlives_the_process(opened, bare, receive):
    """Nobody delivered before the process died: the next one does; a claim that was not finished is repeated."""
    receiver = receive()
    first = Registry(*opened())
    first.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET")
    first.register(bare(), name="taxi")
    dying = Courier(opened()[0])
    dying._collect()
    record = opened()[0]
    assert record.claim(["webhook"], worker="dead", seconds=0.05) is not None
    assert receiver.got == []
    assert [one.state for one in until(Courier(record), 1)] == [ExecutionState.COMPLETE]
    assert len(receiver.got) == 1


def test_many_couriers_tell_each_thing_once(opened, bare, receive):
    receiver = receive()
    Webhooks(opened()[0]).add("ops", receiver.url, secret="env:HOOK_SECRET")
    registry = Registry(*opened())
    for number in range(10):
        registry.register(bare(number), name="taxi")
    couriers = [Courier(opened()[0]) for _ in range(4)]
    threads = [threading.Thread(target=lambda one=one: list(one.deliver())) for one in couriers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one["data"]["version"] for one in receiver.bodies()) == sorted(f"1.0.{n}" for n in range(10))


def test_the_process_that_wrote_delivers_in_the_background(opened, bare, receive):
    receiver = receive(500)
    record, blobs = opened()
    courier = Courier(record, first_delay=0.01)
    registry = Registry(record, blobs, wake=courier.wake)
    registry.register(bare(0), name="taxi")
    assert courier._thread is None, "nobody asked to be told"
    registry.webhooks.add("ops", receiver.url, secret="env:HOOK_SECRET")
    registry.register(bare(1), name="taxi")
    end = time.monotonic() + 10
    while courier.pending() and time.monotonic() < end:
        time.sleep(0.01)
    assert [one.status for one in registry.webhooks.log("ops")[0].attempts] == [500, 200]
    courier.close()
    registry.register(bare(2), name="taxi")
    assert courier.pending() == 1, "a courier that was closed leaves it to the next one"


def test_tries_are_spaced_more_and_more(opened):
    courier = Courier(opened()[0], first_delay=4.0, longest_delay=60.0)
    for attempt, full in ((1, 4.0), (2, 8.0), (3, 16.0), (5, 60.0), (40, 60.0)):
        delays = {courier.delay(attempt) for _ in range(20)}
        assert full / 2 <= min(delays) < max(delays) <= full


def test_events_are_documented():
    page = Path(__file__).parents[4] / "docs/guide/registry.md"
    if page.exists():
        assert [name for name in EVENTS if f"`{name}`" not in page.read_text(encoding="utf-8")] == []
