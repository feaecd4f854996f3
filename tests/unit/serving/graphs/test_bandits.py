"""Bandits and rollouts within graphs: in a real server, and what they learn."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import numpy as np
import pytest
from tests.unit.serving.graphs.small import Server, function

from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.graphs.bandits import GraphBandits
from mainspring.serving.graphs.graph import Graph, Node
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.served import Served
from mainspring.serving.server_process import PythonServer

OPTIONS = """
port: 0
payloads: {folder: log}
models:
  dealt: {versions: {all: true}, rollout: {experiment: {arms: {"1": 1, "2": 1}}}}
  row: {graph: {nodes: {first: {model: dealt}}}}
  choice:
    graph:
      nodes:
        one: {model: "dealt:1"}
        two: {model: "dealt:2"}
        best: {bandit: {arms: [one, two], policy: thompson}}
repository: {folder: models}
"""
ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, rule: ModuleType) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    rule.write(folder / "models" / "dealt" / "1")
    rule.write(folder / "models" / "dealt" / "2", shift=3.0)
    (folder / "server.yaml").write_text(OPTIONS)
    running = PythonServer("mainspring.serving", ["--config", str(folder / "server.yaml")], timeout=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(rule.__file__ or "").parent))
        running.start()
    yield running.url
    running.stop()


def ask(client: httpx.Client, model: str, **headers: str) -> tuple[str, float]:
    """The id of a request, and the probability that was answered."""
    body = {"instances": [ROW], "parameters": {"probabilities": True}}
    answer = client.post(f"/v1/models/{model}:predict", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-request-id"], round(answer.json()["predictions"][0]["probabilities"]["yes"], 6)


def test_the_rollout_of_a_member_chooses_for_a_node_that_names_no_version(url: str) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        found = Counter(ask(client, "row")[1] for _ in range(80))
        forced = {"x-mainspring-route": "nobody"}  # an arm of another rollout
        assert len({ask(client, "row", **forced)[1] for _ in range(20)}) == 2
        assert len({ask(client, "row", **{"x-mainspring-route": "1"})[1] for _ in range(10)}) == 1
        assert len(found) == 2
        assert min(found.values()) > 15  # five standard deviations
        config = {"parameters": {"config": json.dumps({"rollout": None})}}
        assert client.post("/v2/repository/models/dealt/load", json=config).status_code == 200
        assert len({ask(client, "row")[1] for _ in range(20)}) == 1


def test_a_bandit_in_a_graph_learns_from_feedback(url: str) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        best = max(ask(client, "choice")[1] for _ in range(40))
        for _ in range(60):
            request, answer = ask(client, "choice")
            told = {"id": request, "reward": float(answer == best)}
            assert client.post("/v2/models/choice/feedback", json=told).status_code == 200
        time.sleep(0.2)  # shares are kept for a moment
        found = Counter(ask(client, "choice")[1] for _ in range(50))
    assert found[best] > 35


def test_what_a_bandit_learned_outlives_its_server(serving: Any, tmp_path: Path) -> None:
    server: Server = serving(function("a", lambda x: x), function("b", lambda x: x))
    bandit = Bandit(arms=("a", "b"), policy="epsilon_greedy", epsilon=0.0)
    inner = Graph(nodes={"a": Node(model="a"), "b": Node(model="b"), "best": Node(bandit=bandit)})
    graph = server.graph(within=Node(graph=inner))

    class Place:
        def of(self, model: str) -> Path:
            return tmp_path / model

    arms = []
    for _ in range(2):
        learners: dict[str, Any] = {}
        bandits = GraphBandits([], Place(), learners)
        bandits.follow("g", {"1": Served(graph)})
        server.now(graph, x=[1.0])
        (decision,) = server.last.decisions
        assert decision.router == "g/within/best"
        arms.append(decision.arm)
        learner = learners["g/within/best"]
        for number, (arm, reward) in enumerate([("a", 0.0), ("b", 1.0)] * 5):
            told = Feedback(
                id=f"r{number}", key="reward", value=reward, row=None, time=float(number), received=1.0
            )
            learner.learn(Decision("g/within/best", arm), [told], Answered("g", "1", np.empty(0)))
        bandits.close()
        time.sleep(0.06)
    assert arms[1] == "b"
