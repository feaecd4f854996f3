"""Clean, tokenise, vectorise, classify: trained as a pipeline, and served as a graph of the very same steps."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.unit.serving.tracing.conftest import Collector

from mainspring.serving.server_process import PythonServer

STEPS = '''
"""Spam in comments: read, clean, tokenise, vectorise, classify."""

import json
import re
from collections import Counter
from math import log
from pathlib import Path
from typing import NamedTuple

from mainspring import File, pipeline, step, steps
from mainspring.data import Examples, Table


class Comments(NamedTuple):
    text: list[str]
    kind: list[str]
    part: list[str]


class Words:
    """The words that count, with how rare each is."""

    ARTIFACT_TYPE = "spam.Words"

    def __init__(self, rarity: dict[str, float]) -> None:
        self.rarity = rarity

    def save(self, folder: Path) -> None:
        (folder / "words.json").write_text(json.dumps(self.rarity))

    @classmethod
    def load(cls, folder: Path) -> "Words":
        return cls(json.loads((folder / "words.json").read_text()))


@step
def read(file: File) -> Comments:
    table = Table.read_csv(sorted(file.path.parent.glob(file.path.name)))
    text = [str(one) for one in table.column("CONTENT")]
    kind = ["spam" if one == 1 else "ham" for one in table.column("CLASS")]
    return Comments(text, kind, ["eval" if row % 4 == 3 else "train" for row in range(len(text))])


@step
def clean(text: list[str]) -> list[str]:
    return [re.sub(r"https?://\\S+|www\\.\\S+", " link ", one.lower()).strip() for one in text]


@step
def tokenise(text: list[str]) -> list[list[str]]:
    return [re.findall(r"[a-z']+|[!?]", one) for one in text]


@step
def learn_words(tokens: list[list[str]], part: list[str], *, most: int = 60) -> Words:
    seen = [set(one) for one, use in zip(tokens, part) if use == "train"]
    counts = Counter(word for one in seen for word in one)
    return Words({word: log(len(seen) / count) for word, count in counts.most_common(most)})


@step
def vectorise(tokens: list[list[str]], words: Words) -> dict[str, list[float]]:
    return {f"w_{word}": [one.count(word) * rarity for one in tokens] for word, rarity in words.rarity.items()}


@step
def gather(vectors: dict[str, list[float]], kind: list[str], part: list[str]) -> Examples:
    table = Table.from_columns({**vectors, "kind": kind, "part": part})
    return Examples(splits={use: table.where(f"part = '{use}'").drop(["part"]) for use in ("train", "eval")})
'''
TRAINED = """

@pipeline
def spam(data: File = File("comments*.csv*"), most: int = 60):
    text, kind, part = read(data)
    tokens = tokenise(clean(text))
    words = learn_words(tokens, part, most=most)
    examples = gather(vectorise(tokens, words), kind, part)
    schema = steps.infer_schema(steps.statistics(examples), label="kind")
    transform = steps.transform(examples, schema)
    model = steps.train(examples, transform, estimator="sklearn.linear_model.LogisticRegression")
    evaluation = steps.evaluate(model, examples, label="kind")
    steps.package.named("classify")(model, examples, evaluation)
"""
UNTRAINED = """

@pipeline
def spam(data: File = File("comments*.csv*"), most: int = 60):
    text, kind, part = read(data)
    tokens = tokenise(clean(text))
    words = learn_words(tokens, part, most=most)
    gather(vectorise(tokens, words), kind, part)
"""
FEW = "CONTENT,CLASS\n" + "".join(
    f"Subscribe to my channel http://a.b/{row} please!,1\nI love song number {row % 7} so much,0\n"
    for row in range(40)
)
ASKED = ["Subscribe to my channel https://spam.example now!!", "what a lovely song"]


def project(folder: Any, pipeline: str) -> Any:
    folder.write("spam.py", STEPS + pipeline)
    folder.write("mainspring.toml", '[project]\nname = "spam"\npipeline = "spam.py"\n')
    return folder


def test_steps_become_nodes_that_answer_as_the_run_did(folder: Any, tmp_path: Path) -> None:
    project(folder, UNTRAINED).write("comments.csv", FEW)
    folder.run("run")
    asked = (
        "graph",
        "from-run",
        "latest",
        "--steps",
        "clean,tokenise,vectorise",
        "--out",
        "served",
        "--rows",
        "50",
    )
    made = folder.json(*asked)
    assert made["proof"]["rows"] == 50
    assert made["proof"]["steps"] == ["clean", "tokenise", "vectorise"]
    served = tmp_path / "served"
    recorded = json.loads((served / "vectorise.step.json").read_text())
    assert recorded["function"] == "spam:vectorise"
    assert set(recorded["code"]) >= {"spam:vectorise", "spam:Words"}
    assert recorded["state"]["words"]["type"] == "spam.Words"
    assert (served / "code" / "spam.py").read_text() == (tmp_path / "spam.py").read_text()
    assert folder.json("graph", "check", "served/graph.yaml") == {"ok": True, "problems": {"spam": []}}
    assert "output → tokens" in folder.run("graph", "show", "served/graph.yaml", "--mermaid")
    shown = folder.json("graph", "show", "served/graph.yaml", "--svg", "spam.svg")
    assert list(shown["graph"]["nodes"]) == ["clean", "tokenise", "vectorise"]
    assert (tmp_path / "spam.svg").read_text().startswith("<svg")
    folder.edit("served/graph.yaml", "clean.output", "clear.output")
    found = folder.json("graph", "check", "served/graph.yaml", code=1)
    assert "'clear'" in found["problems"]["spam"][0]
    assert "is there already" in folder.run(*asked, code=1)


@pytest.mark.slow
def test_steps_that_cannot_be_served_are_refused(folder: Any, tmp_path: Path) -> None:
    """Steps that answer a row by the others, that have chance in them, or read what is not there."""
    project(folder, UNTRAINED).write("comments.csv", FEW)
    folder.edit(
        "spam.py", "for one in text]\n\n\n@step\ndef learn", "for one in text][: len(text)]\n\n\n@step\ndef learn"
    )
    folder.edit(
        "spam.py",
        "    return {f",
        "    if len(tokens) == 1:\n        return {f'w_{word}': [0.0] for word in words.rarity}\n    return {f",
    )
    folder.run("run")
    told = folder.run("graph", "from-run", "--steps", "clean,tokenise,vectorise", "--out", "served", code=1)
    assert "answers each row by itself" in told
    assert not (tmp_path / "served").exists()
    assert "has no step wash" in folder.run("graph", "from-run", "--steps", "wash", "--out", "served", code=1)
    told = folder.run("graph", "from-run", "--steps", "learn_words", "--out", "served", code=1)
    assert "learn_words: the step gives a Words" in told


@pytest.mark.slow
def test_a_text_pipeline_is_served_as_a_graph_of_its_steps(
    folder: Any, tmp_path: Path, shared: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, who in enumerate(("Psy", "KatyPerry", "LMFAO", "Eminem", "Shakira"), 1):
        shutil.copy(shared("text", f"Youtube0{place}-{who}.csv.gz"), tmp_path / f"comments{place}.csv.gz")
    project(folder, TRAINED)
    folder.run("run")
    steps = "clean,tokenise,vectorise,classify"
    proof = folder.json("graph", "from-run", "latest", "--steps", steps, "--out", "served", "--rows", "500")[
        "proof"
    ]
    assert (proof["rows"], proof["labels"]) == (500, 500)
    assert proof["largest_difference"] < 1e-6
    with gzip.open(tmp_path / "comments5.csv.gz", "rt", encoding="utf-8") as file:
        assert "CONTENT" in file.readline()

    for name in [name for name in dict(__import__("os").environ) if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    collector = Collector()
    settings = yaml.safe_load((tmp_path / "served" / "graph.yaml").read_text())
    settings |= {
        "port": 0,
        "workers": 2,
        "tracing": {"endpoint": collector.url, "sample": 0.0, "every": 0.05},
        "metrics": {"aliases": ["seldon"]},
    }
    config = tmp_path / "served" / "server.yaml"
    config.write_text(yaml.safe_dump(settings))
    nodes = steps.split(",")
    log = tmp_path / "log"
    with PythonServer("mainspring.serving", ["--config", str(config), "--log", str(log)], timeout=120) as server:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        answer = httpx.post(
            f"{server.url}/v1/models/spam:predict", json={"instances": ASKED}, headers=headers, timeout=30
        )
        assert answer.json()["predictions"] == ["spam", "ham"]
        tensor = {"name": "text", "datatype": "BYTES", "shape": [2], "data": ASKED}
        told = httpx.post(f"{server.url}/v2/models/spam/infer", json={"inputs": [tensor]}).json()
        assert next(one["data"] for one in told["outputs"] if one["name"] == "label") == ["spam", "ham"]
        message = {"data": {"names": ["text"], "ndarray": [[one] for one in ASKED]}}
        told = httpx.post(f"{server.url}/api/v1.0/predictions", json=message).json()
        assert told["data"]["names"] == ["ham", "spam"]
        assert [row[1] > 0.5 for row in told["data"]["ndarray"]] == [True, False]
        assert list(told["meta"]["requestPath"]) == nodes
        for number in range(57):
            body = {"instances": [f"{ASKED[number % 2]} {number}"]}
            assert httpx.post(f"{server.url}/v1/models/spam:predict", json=body).status_code == 200

        # every live request was seen at every node, whichever process answered
        shown = httpx.get(f"{server.url}/metrics").text
        for node in nodes:
            [seen] = re.findall(
                rf'mainspring_graph_node_seconds_count{{graph="spam",node="{node}".*}} (\S+)', shown
            )
            assert float(seen) == 60, node
            assert f'model_name="{node}"' in shown
        assert "mainspring_graph_node_errors_total{" not in shown

        # one trace goes across it
        spans = {one.name: one for one in collector.wait_for(2 + len(nodes)) if one.trace_id.hex() == trace}
        around = spans["POST /v1/models/{model}:predict"]
        assert around.parent_span_id.hex() == "00f067aa0ba902b7"
        ends = around.start_time_unix_nano
        for node in nodes:
            span = spans[f"node {node}"]
            assert span.parent_span_id == around.span_id
            assert ends - 2_000 <= span.start_time_unix_nano <= span.end_time_unix_nano
            assert span.end_time_unix_nano <= around.end_time_unix_nano + 2_000
            ends = span.end_time_unix_nano
        assert httpx.get(f"{server.url}/v2/models/spam/graph.svg").text.startswith("<svg")
        assert server.stop() == 0
    collector.server.shutdown()
    collector.server.server_close()


RIDES = """
import json
from pathlib import Path

from mainspring import File, pipeline, step, steps
from mainspring.data import Examples, Table


class Means:
    ARTIFACT_TYPE = "ride.Means"

    def __init__(self, means: dict[str, float]) -> None:
        self.means = means

    def save(self, folder: Path) -> None:
        (folder / "means.json").write_text(json.dumps(self.means))

    @classmethod
    def load(cls, folder: Path) -> "Means":
        return cls(json.loads((folder / "means.json").read_text()))


@step
def speeds(examples: Examples) -> Examples:
    query = "SELECT *, miles / nullif(hours, 0) AS speed FROM this"
    return Examples(splits={name: table.sql(query) for name, table in examples.splits.items()})


@step
def learn(examples: Examples) -> Means:
    found = examples.split("train").to_columns()
    return Means({"miles": sum(found["miles"]) / len(found["miles"])})


@step
def centre(examples: Examples, means: Means, *, by: float = 2.0) -> Examples:
    splits = {}
    for name, table in examples.splits.items():
        columns = table.to_columns()
        columns["miles"] = [(one - means.means["miles"]) / by for one in columns["miles"]]
        splits[name] = Table.from_columns(columns)
    return Examples(splits=splits)


@pipeline
def rides(data: File = File("rides.csv"), by: float = 3.0):
    rows = speeds(steps.ingest(data, splits={"train": 3, "eval": 1}))
    steps.statistics(rows, label="tip")
    centre(rows, learn(rows), by=by)
"""


@pytest.mark.slow
def test_steps_of_examples_run_in_processes_of_their_own(folder: Any, tmp_path: Path) -> None:
    rows = [f"{number % 29 + 0.5},{number % 4 / 2},{'AB'[number % 2]},yes" for number in range(200)]
    folder.write("rides.csv", "\n".join(["miles,hours,company,tip", *rows]) + "\n")
    folder.write("rides.py", RIDES)
    folder.write("mainspring.toml", '[project]\npipeline = "rides.py"\n')
    folder.run("run")
    asked = ("graph", "from-run", "--steps", "speeds,centre", "--without", "tip", "--processes", "--out", "served")
    assert folder.json(*asked)["proof"]["rows"] > 30
    recorded = json.loads((tmp_path / "served" / "centre.step.json").read_text())
    assert (recorded["parameters"], recorded["data"]["examples"]["form"]) == ({"by": 3.0}, "examples")
    detector = folder.json("graph", "detector", "latest", "--method", "mahalanobis", "--out", "odd.json")[
        "detector"
    ]
    assert set(detector["columns"]) == {"miles", "hours", "speed"}
    config = str(tmp_path / "served" / "graph.yaml")
    with PythonServer("mainspring.serving", ["--config", config, "--port", "0"], timeout=120) as server:
        ride = {"miles": 10.0, "hours": 0.0, "company": "A"}
        body = {"instances": [ride, {**ride, "hours": 2.0}]}
        answer = httpx.post(f"{server.url}/v1/models/rides:predict", json=body, timeout=30).json()
        assert [one["speed"] for one in answer["predictions"]] == [None, 5.0]
        shown = folder.run("graph", "show", "--url", server.url, "--name", "rides")
        assert "speeds.miles" in shown
        assert server.stop() == 0
