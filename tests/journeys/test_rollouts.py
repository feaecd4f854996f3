"""Versions that take each other's place while people ask: a worse one is found out, a better one gets through."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

import mainspring
from mainspring.core.records import Kind, LinkKind
from mainspring.data import Table, Transform, infer, split_rows, summarize
from mainspring.data.bundled import load
from mainspring.models.packaging import build
from mainspring.models.registry import RolloutLedger
from mainspring.models.training import train
from mainspring.serving import Client, read_feedback, read_log
from mainspring.serving.rollout.off_policy import always, evaluate, joined
from mainspring.serving.server_process import PythonServer

if TYPE_CHECKING:
    from conftest import Project


@contextmanager
def serving(project: Project, config: dict[str, Any]) -> Iterator[str]:
    """``mainspring serve`` in a project; gives the URL."""
    (project.root / "server.json").write_text(json.dumps({"port": 0, **config}))
    process = project.start("serve", "--config", "server.json")
    assert process.stdout is not None
    try:
        line = ""
        while "listening on" not in line:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
        yield line.split()[2].rstrip(",")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def until(condition: Callable[[], Any], seconds: float = 90.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def write_models(folder: Path) -> Table:
    """Three versions of a model of tumours: 1 is fair, 2 was trained on labels of which many are wrong, 3 is good.

    Returns:
        Rows that none of them has seen, with the truth.
    """
    splits, _ = split_rows(load("breast_cancer"), {"train": 1, "eval": 1})
    schema = infer(summarize(splits), label="target")
    rows = splits["train"]
    few = rows.sql("SELECT * FROM this LIMIT 60")
    noise = "CASE WHEN random() < 0.5 THEN 'benign' ELSE 'malignant' END"
    wrong = rows.sql(f"SELECT * REPLACE ({noise} AS target) FROM this")
    for version, table in (("1", few), ("2", wrong), ("3", rows)):
        transform = Transform.fit(table, schema)
        model = train(table, transform, estimator="sklearn.linear_model.LogisticRegression")
        place = folder / "tumour" / version
        place.mkdir(parents=True)
        build(model, splits["eval"]).save(place)
    return splits["eval"]


@pytest.mark.slow
def test_a_worse_version_rolls_itself_back_and_a_better_one_promotes_itself(folder: Project) -> None:
    folder.write("mainspring.toml", '[project]\nname = "tumours"\n')
    truth = write_models(folder.root / "models")
    names = [column.name for column in truth.columns if column.name != "target"]
    columns = [truth.column(name).tolist() for name in names]
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    labels = truth.column("target").tolist()
    guards = [
        {"figure": "accuracy", "worse": 0.1, "least": 60},
        {"figure": "error_rate", "worse": 0.1, "least": 60},
    ]
    canary = {"to": "next", "steps": [30, 60], "every": 0.5, "guards": guards}
    config = {
        "workers": 2,
        "repository": {"folder": "models"},
        "payloads": {"folder": "log"},
        "models": {
            "tumour": {
                "versions": {"all": True},
                "labels": {"live": "1", "next": "2"},
                "rollout": {"primary": "live", "canary": canary},
            }
        },
    }
    with serving(folder, config) as url, Client(url) as client:

        def ask_until(phase: str) -> Counter[str]:
            """Ask, and tell the truth, until the rollout is over; every request is answered."""
            arms: Counter[str] = Counter()
            deadline = time.monotonic() + 90
            with httpx.Client(base_url=url) as http:
                while client.rollout("tumour")["phase"] == "running":
                    assert time.monotonic() < deadline, client.rollout("tumour")
                    told = []
                    for _ in range(40):
                        place = random.randrange(len(rows))
                        body = {"instances": [rows[place]]}
                        answer = http.post("/v1/models/tumour:predict", json=body).raise_for_status()
                        arms[answer.headers["x-mainspring-route"]] += 1
                        told.append({"id": answer.headers["x-request-id"], "truth": labels[place]})
                    client.tell("tumour", told)
            assert client.rollout("tumour")["phase"] == phase
            return arms

        arms = ask_until("rolled_back")
        assert set(arms) == {"live", "next"}
        for _ in range(20):  # it gets nothing more
            answer = httpx.post(f"{url}/v1/models/tumour:predict", json={"instances": [rows[0]]})
            assert answer.headers["x-mainspring-route"] == "live"
        client.label("tumour", {"next": "3"})
        ask_until("promoted")
        assert client.rollout("tumour")["primary"] == {"arm": "live", "version": "3"}
        said = folder.run("rollout", "history", "tumour", "--url", url)
        assert "rolled back" in said
        assert "promoted" in said
    with mainspring.open(folder.root) as opened:
        history = RolloutLedger(opened.store.record, opened.store.blobs).history("tumour")
        ends = {one.kind: (one, verdict) for one, verdict in history}
        worse, verdict = ends["rolled_back"]
        assert worse.versions == {"live": "1", "next": "2"}
        assert [one.subject for one in verdict.failures] == ["accuracy"]
        evidence = {one["arm"]: one for one in verdict.details["arms"]}
        assert evidence["next"]["feedback"]["accuracy"]["count"] >= 60
        assert evidence["next"]["feedback"]["accuracy"]["mean"] < evidence["live"]["feedback"]["accuracy"]["mean"]
        better, verdict = ends["promoted"]
        assert better.versions == {"live": "1", "next": "3"}
        assert verdict.ok
        assert {one.code for one in verdict.reasons} == {"NO_WORSE"}
        found = opened.store.record.find(Kind.EXECUTION, "type = :type", {"type": "mainspring.Rollout"}).items
        links = opened.store.record.links(Kind.EXECUTION, [one.id for one in found if one.id is not None])
        assert sum(link.kind is LinkKind.OUTPUT for link in links) == len(found) == len(history)


CHANCES = {"1": 0.2, "2": 0.3, "3": 0.6}
"""How likely each arm's answer is worth something."""


def rewarded(url: str, seconds: float, seed: int, arms: Counter[str], failed: list[str]) -> None:
    """Ask for some time, from connections that come to whichever worker, and tell what each answer was worth."""
    chance = random.Random(seed)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with httpx.Client(base_url=url, timeout=20) as http:
            told = []
            for _ in range(20):
                answer = http.post("/v1/models/x:predict", json={"inputs": {"a": [1.0]}})
                if answer.status_code != 200:
                    failed.append(answer.text)
                    return
                arm = answer.headers["x-mainspring-route"]
                arms[arm] += 1
                told.append(
                    {"id": answer.headers["x-request-id"], "reward": float(chance.random() < CHANCES[arm])}
                )
        with httpx.Client(base_url=url, timeout=20) as http:
            http.post("/v2/models/x/feedback", json={"feedback": told}).raise_for_status()


def write_onnx(folder: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    for version in CHANCES:
        value = helper.make_tensor("plus", onnx.TensorProto.DOUBLE, [1], [float(version)])
        graph = helper.make_graph(
            [helper.make_node("Add", ["a", "plus"], ["b"])],
            "plus",
            [helper.make_tensor_value_info("a", onnx.TensorProto.DOUBLE, ["rows"])],
            [helper.make_tensor_value_info("b", onnx.TensorProto.DOUBLE, ["rows"])],
            [value],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        (folder / "x" / version).mkdir(parents=True)
        (folder / "x" / version / "model.onnx").write_bytes(model.SerializeToString())


def bandit_server(folder: Path, workers: int) -> PythonServer:
    options = {
        "port": 0,
        "workers": workers,
        "repository": {"folder": str(folder / "models")},
        "payloads": {"folder": str(folder / "log")},
        "models": {
            "x": {
                "versions": {"all": True},
                "rollout": {"bandit": {"arms": list(CHANCES), "policy": "thompson", "explore": 3}},
            }
        },
    }
    (folder / "server.json").write_text(json.dumps(options))
    server = PythonServer("mainspring.serving", ["--config", str(folder / "server.json")], timeout=60)
    server.start()
    return server


def kill(server: PythonServer) -> None:
    """Kill a server and its workers without a word."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    for pid in (server.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    server.stop()


def learned(url: str) -> dict[str, tuple[int, float | None]]:
    with Client(url) as client:
        arms = client.rollout("x")["arms"]
        return {
            one["arm"]: (one["feedback"]["reward"]["count"], one["feedback"]["reward"]["mean"]) for one in arms
        }


def live_through_a_kill(folder: Path, *, workers: int, callers: int, seconds: float, least: float) -> None:
    """A bandit learns under load, is killed, and goes on where it was; an estimate from its log is right."""
    write_onnx(folder / "models")
    arms: Counter[str] = Counter()
    failed: list[str] = []

    def load(url: str, seconds: float, seed: int) -> None:
        threads = [
            threading.Thread(target=rewarded, args=(url, seconds, seed + number, arms, failed))
            for number in range(callers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed

    server = bandit_server(folder, workers)
    load(server.url, seconds, 1)
    total = sum(arms.values())
    until(lambda: sum(count for count, _ in learned(server.url).values()) == total)
    before = learned(server.url)
    assert {arm: count for arm, (count, _) in before.items()} == dict(arms)
    kill(server)
    server = bandit_server(folder, workers)
    try:
        assert learned(server.url) == before
        arms.clear()
        load(server.url, seconds, 100)
        assert arms["3"] / sum(arms.values()) > least, arms
        total += sum(arms.values())
        until(lambda: sum(count for count, _ in learned(server.url).values()) == total)
        count, measured = learned(server.url)["3"]
        # What the policy that always chooses the winner would be worth, from what all arms were worth.
        log = joined(read_log(folder / "log"), read_feedback(folder / "log"), "x")
        assert len(log.rows) == total
        found = evaluate(log.rows, always("3"))
        for method in ("ips", "snips", "dr"):
            estimate = found.estimates[method]
            assert estimate.lower <= measured <= estimate.upper, (method, estimate, measured)
        assert count > 0
        assert measured == pytest.approx(np.mean([one.reward for one in log.rows if one.arm == "3"]))
    finally:
        server.stop()


def test_a_bandit_is_killed_and_goes_on_where_it_was(tmp_path: Path) -> None:
    live_through_a_kill(tmp_path, workers=1, callers=1, seconds=1.0, least=0.4)


@pytest.mark.slow
def test_a_bandit_on_two_workers_converges_through_a_kill(tmp_path: Path) -> None:
    live_through_a_kill(tmp_path, workers=2, callers=3, seconds=6.0, least=0.75)
