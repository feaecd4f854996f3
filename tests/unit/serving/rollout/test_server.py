"""Real servers whose models have rollouts, over every door and with several workers."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import httpx
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.client import Client
from mainspring.serving.payloads import read
from mainspring.serving.rpc.messages import INFERENCE, InferRequest
from mainspring.serving.server_process import PythonServer

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
TYPES = {"fare": "FP64", "hour": "INT64", "company": "BYTES", "airport": "BOOL"}
INFER = {
    "inputs": [{"name": name, "datatype": kind, "shape": [1], "data": [ROW[name]]} for name, kind in TYPES.items()]
}

Start = Callable[..., PythonServer]


@pytest.fixture
def start(rule: ModuleType, tmp_path: Path) -> Iterator[Start]:
    """Starts a server of a rule: versions 1 and 2 say "yes", 3 says "no"; ``stable`` is 1 and ``next`` is 3."""
    running: list[PythonServer] = []

    def begin(rollout: dict[str, Any] | None, *, workers: int = 1, rpc: int | None = None) -> PythonServer:
        for version, shift in (("1", 0.0), ("2", 5.0), ("3", -5.0)):
            if not (tmp_path / "models" / "taxi" / version).exists():
                rule.write(tmp_path / "models" / "taxi" / version, shift=shift)
        labels = {"stable": "1", "next": "3"}
        taxi = {"versions": {"all": True}, "labels": labels, "rollout": rollout}
        options = {
            "port": 0,
            "workers": workers,
            "rpc": {"port": rpc},
            "payloads": {"folder": str(tmp_path / "log")},
            "repository": {"folder": str(tmp_path / "models")},
            "models": {"taxi": taxi},
        }
        (tmp_path / "server.json").write_text(json.dumps(options))
        server = PythonServer("mainspring.serving", ["--config", str(tmp_path / "server.json")], timeout=60)
        running.append(server)
        server.start()
        return server

    yield begin
    for server in running:
        server.stop()


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_every_door_asks_the_rollout_and_tells_what_it_said(start: Start, tmp_path: Path) -> None:
    canary = {"to": "next", "steps": [50], "sticky": "x-user", "hold": True}
    server = start({"primary": "stable", "canary": canary}, rpc=0)
    doors = (("/v2/models/taxi/infer", INFER), ("/v1/models/taxi:predict", {"instances": [ROW]}))
    answers: dict[str, set[str]] = {}
    with httpx.Client(base_url=server.url) as client, grpc.insecure_channel(server.rpc) as channel:
        ask = channel.unary_unary(f"/{INFERENCE}/ModelInfer")
        request = InferRequest(model_name="taxi")
        for name, kind in TYPES.items():
            value: Any = ROW[name]
            field = {"FP64": "fp64_contents", "INT64": "int64_contents", "BOOL": "bool_contents"}
            contents = {field.get(kind, "bytes_contents"): [value if kind != "BYTES" else b"A"]}
            request.inputs.add(name=name, datatype=kind, shape=[1], contents=contents)
        for user in map(str, range(20)):
            found = []
            for path, body in doors:
                answer = client.post(path, json=body, headers={"x-user": user}).raise_for_status()
                said = "no" if '"no"' in answer.text else "yes"
                found.append((answer.headers["x-mainspring-route"], said))
            _, call = ask.with_call(request.SerializeToString(), metadata=[("x-user", user)])
            found.append((dict(call.trailing_metadata())["x-mainspring-route"], found[0][1]))
            assert len(set(found)) == 1  # by whichever door, the caller stays with the arm
            answers.setdefault(found[0][0], set()).add(found[0][1])
        assert answers == {"stable": {"yes"}, "next": {"no"}}
        # Who asks for a version or a label is not sent anywhere, and not told.
        named = client.post("/v2/models/taxi/versions/2/infer", json=INFER).raise_for_status()
        assert named.json()["model_version"] == "2"
        assert "x-mainspring-route" not in named.headers
        forced = client.post("/v2/models/taxi/infer", json=INFER, headers={"x-mainspring-route": "next"})
        assert (forced.json()["model_version"], forced.headers["x-mainspring-route"]) == ("3", "next")
        refused = client.post("/v2/models/taxi/infer", json=INFER, headers={"x-mainspring-route": "nobody"})
        assert refused.status_code == 400
        assert "one of: stable, next" in refused.json()["error"]
        with pytest.raises(grpc.RpcError) as caught:
            ask(request.SerializeToString(), metadata=[("x-mainspring-route", "nobody")])
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        text = client.get("/metrics").text
        counted = {
            arm: sum(
                float(line.split()[-1])
                for line in text.splitlines()
                if line.startswith("mainspring_rollout_requests_total{") and f'arm="{arm}",policy="canary"' in line
            )
            for arm in ("stable", "next")
        }
        assert sum(counted.values()) == 60
        assert 'mainspring_rollout_requests_total{model="taxi",arm="next",policy="forced"} 1' in text
    server.stop()
    decisions = Counter(
        (one.decisions[0].arm, one.decisions[0].policy) for one in read(tmp_path / "log") if one.decisions
    )
    assert decisions == {
        ("stable", "canary"): counted["stable"],
        ("next", "canary"): counted["next"],
        ("next", "forced"): 1,
    }


def test_a_rollout_is_declared_held_promoted_and_taken_away_while_the_server_runs(start: Start) -> None:
    server = start(None)
    with Client(server.url) as client:
        with pytest.raises(NotFoundError) as refused:
            client.rollout("taxi")
        assert refused.value.found == "model 'taxi' has no rollout"
        assert refused.value.fix == "give the model the option rollout"
        with pytest.raises(NotFoundError, match="names what is not loaded: canary: gone"):
            client._checked("POST", "/v2/models/taxi/rollout", {"rollout": {"canary": {"to": "gone"}}})
        with pytest.raises(NotFoundError, match="not loaded"):
            client.label("taxi", {"stable": "9"})
        with pytest.raises(InputError, match="neither an action nor labels nor a rollout"):
            client._checked("POST", "/v2/models/taxi/rollout", {})
        client._checked(
            "POST", "/v2/models/taxi/rollout", {"rollout": {"primary": "stable", "canary": {"to": "next"}}}
        )
        assert client.rollout("taxi")["canary"]["steps"] == [5, 25, 50]
        with pytest.raises(InputError, match="no arm 'gone' to promote"):
            client.act("taxi", "promote", arm="gone")
        until(lambda: client.rollout("taxi")["number"])
        client.act("taxi", "hold", by="ann")
        assert client.rollout("taxi")["phase"] == "held"
        client.act("taxi", "promote", by="ann")
        assert client.rollout("taxi")["primary"] == {"arm": "stable", "version": "3"}
        assert [one["kind"] for one in client.rollout_history("taxi")] == ["began", "held", "promoted"]
        client._checked("POST", "/v2/models/taxi/rollout", {"rollout": None})
        with pytest.raises(NotFoundError):
            client.rollout("taxi")


def test_a_label_moves_under_load_in_all_workers_and_no_request_fails(start: Start) -> None:
    """Blue-green: from one request to the next, and when the order is answered, everywhere."""
    server = start({"primary": "stable"}, workers=2)
    failed: list[Any] = []
    seen: list[list[tuple[float, str, str]]] = [[], []]
    done = threading.Event()

    def ask(mine: list[tuple[float, str, str]]) -> None:
        while not done.is_set():
            with httpx.Client(base_url=server.url) as client:  # another connection, another worker
                for _ in range(20):
                    began = time.monotonic()
                    answer = client.post("/v2/models/taxi/infer", json=INFER)
                    if answer.status_code != 200:
                        failed.append(answer.text)
                        return
                    told = answer.json()
                    mine.append((began, told["model_version"], told["outputs"][0]["data"][0]))

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    moves: list[tuple[float, float, str]] = []
    with Client(server.url) as client:
        for version in ("3", "1", "3", "1", "3"):
            time.sleep(0.15)
            began = time.monotonic()
            assert client.label("taxi", {"stable": version})["stable"] == version
            moves.append((began, time.monotonic(), version))
    time.sleep(0.15)
    done.set()
    for thread in threads:
        thread.join()
    assert not failed
    everything = [one for mine in seen for one in mine]
    assert len(everything) > 100
    # Whatever answered is whole: the answer is that of the version that it names.
    assert {(version, said) for _, version, said in everything} == {("1", "yes"), ("3", "no")}
    # A worker that comes later follows what was ordered before.
    first = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
    os.kill(first, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{first}").exists())
    until(lambda: len(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()) == 2)
    until(lambda: httpx.get(f"{server.url}/metrics").text.count("mainspring_workers 2"))
    for _ in range(12):
        assert httpx.post(f"{server.url}/v2/models/taxi/infer", json=INFER).json()["model_version"] == "3"
    for place, (_, after, version) in enumerate(moves):
        until_next = moves[place + 1][0] if place + 1 < len(moves) else float("inf")
        between = {one for began, one, _ in everything if after < began < until_next - 0.1}
        assert between <= {version}, (place, between)


@pytest.mark.slow
def test_a_person_moves_a_canary_by_hand_and_that_outlives_the_server(start: Start, tmp_path: Path) -> None:
    declared = {"primary": "stable", "canary": {"to": "next", "steps": [0, 100], "hold": True}}
    server = start(declared, workers=2)

    def arms() -> set[str]:
        found = set()
        for _ in range(12):
            answer = httpx.post(f"{server.url}/v2/models/taxi/infer", json=INFER).raise_for_status()
            found.add(answer.json()["model_version"])
        return found

    with Client(server.url) as client:
        until(lambda: client.rollout("taxi")["number"] == 1)
        assert arms() == {"1"}
        event = client.act("taxi", "advance", by="ann", reason="looks good")
        assert (event["kind"], event["by"], event["step"]) == ("advanced", "ann", 1)
        assert arms() == {"3"}
        assert client.rollout("taxi")["phase"] == "held"
        client.act("taxi", "rollback", by="ann", reason="no")
        assert arms() == {"1"}
        client.act("taxi", "promote", by="bob")
        assert arms() == {"3"}
        told = client.rollout("taxi")
        assert (told["phase"], told["primary"]) == ("promoted", {"arm": "stable", "version": "3"})
        labelled = httpx.post(f"{server.url}/v1/models/taxi/labels/stable:predict", json={"instances": [ROW]})
        assert labelled.json() == {"predictions": ["no"]}
    for pid in [server.pid, *map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split())]:
        os.kill(pid, signal.SIGKILL)
    server = start(declared)
    assert arms() == {"3"}
    with Client(server.url) as client:
        events = client.rollout_history("taxi")
        assert [one["kind"] for one in events] == ["began", "advanced", "rolled_back", "promoted"]
        assert [one["number"] for one in events] == [1, 2, 3, 4]
        assert "looks good" in events[1]["verdict"]["reasons"][0]["message"]
        client.act("taxi", "resume")
        assert arms() == {"1"}  # it begins again, at a step of 0 percent
    server.stop()
    server = start({**declared, "canary": {**declared["canary"], "steps": [100]}})  # type: ignore[dict-item]
    assert arms() == {"3"}  # another declaration begins anew


@pytest.mark.slow
def test_a_share_set_by_hand_is_followed_by_all_workers_and_outlives_the_server(start: Start) -> None:
    canary = {"to": "next", "steps": [5, 50], "every": 3600}
    rollout = {"primary": "stable", "canary": canary}
    server = start(rollout, workers=2)

    def answers(url: str) -> Counter[str]:
        with httpx.Client(base_url=url) as client:
            return Counter(
                client.post("/v2/models/taxi/infer", json=INFER).headers["x-mainspring-route"] for _ in range(40)
            )

    with Client(server.url) as client:
        until(lambda: client.rollout_history("taxi"))
        event = client.act("taxi", "share", share=100, by="ann", reason="all of it")
        assert (event["kind"], event["arm"], event["share"], event["step"]) == ("shared", "next", 100.0, 1)
        assert event["verdict"]["reasons"][0]["message"] == "100 % by ann: all of it"
        until(lambda: answers(server.url) == {"next": 40})
        told = client.rollout("taxi")
        assert (told["phase"], told["canary"]["share"], told["canary"]["by_hand"]) == ("running", 100.0, True)
        assert [one["share"] for one in told["arms"]] == [0.0, 1.0]
        assert {one["figure"] for one in told["canary"]["guards"]} == {"error_rate", "latency_p95"}
        with pytest.raises(InputError, match="from 0 to 100"):
            client.act("taxi", "share", share=-1)
        with pytest.raises(InputError, match="not said how many"):
            client.act("taxi", "share")
    server.stop()
    again = start(rollout, workers=2)
    assert answers(again.url) == {"next": 40}
    with Client(again.url) as client:
        assert client.act("taxi", "share", share=0, by="ann")["share"] == 0.0
        until(lambda: answers(again.url) == {"stable": 40})
        assert [one["kind"] for one in client.rollout_history("taxi")] == ["began", "shared", "shared"]


def test_a_shadow_is_compared_over_all_workers(start: Start) -> None:
    server = start({"primary": "stable", "shadow": {"to": "next"}}, workers=2)
    for _ in range(40):
        answer = httpx.post(f"{server.url}/v2/models/taxi/infer", json=INFER).raise_for_status()
        assert answer.headers["x-mainspring-route"] == "stable"
    with Client(server.url) as client:
        told = until(lambda: (found := client.rollout("taxi"))["shadow"]["asked"] == 40 and found)
        shadow = told["shadow"]
        assert (shadow["different"], shadow["failed"], shadow["version"]) == (40, 0, "3")
        assert shadow["examples"][0]["primary"]["label"] == "yes"
        assert shadow["examples"][0]["shadow"]["label"] == "no"
        assert told["arms"][0]["requests"] == 40


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["thompson", "linucb"])
def test_feedback_finds_the_bandit_from_any_worker_and_after_a_kill(start: Start, policy: str) -> None:
    context = {"context": ["fare"]} if policy == "linucb" else {}
    bandit = {"arms": ["1", "2", "3"], "policy": policy, **context}
    server = start({"bandit": bandit}, workers=2)
    ids = []
    for _ in range(30):
        answer = httpx.post(f"{server.url}/v2/models/taxi/infer", json=INFER).raise_for_status()
        ids.append((answer.headers["x-request-id"], answer.headers["x-mainspring-route"]))
    for request, arm in ids[:20]:  # each by a connection of its own, to whichever worker
        with Client(server.url) as client:
            client.feedback("taxi", request, reward=float(arm == "2"))
            client.feedback("taxi", request, reward=float(arm == "2"))

    def known() -> dict[str, Any]:
        with Client(server.url) as client:
            return {one["arm"]: one["feedback"]["reward"] for one in client.rollout("taxi")["arms"]}

    until(lambda: sum(one["count"] for one in known().values()) == 20)
    counts = Counter(arm for _, arm in ids[:20])
    assert {arm: one["count"] for arm, one in known().items() if one["count"]} == counts
    for pid in [server.pid, *map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split())]:
        os.kill(pid, signal.SIGKILL)
    server = start({"bandit": bandit})
    assert sum(one["count"] for one in known().values()) == 20
    with Client(server.url) as client:  # about requests that another server answered, which is dead
        client.tell("taxi", [{"id": request, "reward": float(arm == "2")} for request, arm in ids])
    until(lambda: sum(one["count"] for one in known().values()) == 30)
    assert known()["2"]["mean"] in (None, 1.0)
