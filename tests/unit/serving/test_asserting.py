"""A server holds its answers to the assertions of its model, says so, counts it, and logs it."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.evaluation.assertions import Assertion
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.serving.assembly import assemble
from mainspring.serving.client import EXPLAINS
from mainspring.serving.payloads import PredictionLog, read, table
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository

RULES = [
    Assertion(name="short", when="fare < 5 and answer == 'no'", action="block", message="too short to say"),
    Assertion(name="rich", when="fare > 50", action="override", answer="no", message="never the rich"),
    Assertion(name="unsure", when="score < 0.6"),
]
CLEAN = {"fare": 20.0, "hour": 3, "company": "B", "airport": False}
SHORT = {**CLEAN, "fare": 2.0}
RICH = {**CLEAN, "fare": 60.0}
UNSURE = {**CLEAN, "fare": 10.5}
V1, V2 = "/v1/models/taxi:predict", "/v2/models/taxi/infer"


def asserting(package: Package, rules: list[Assertion]) -> Package:
    text = json.dumps({"assertions": [one.as_dict() for one in rules]})
    return type(package).from_files(package.files.merged(Files({"assertions.json": text.encode()})))


@pytest.fixture
def log(tmp_path: Path) -> PredictionLog:
    return PredictionLog(tmp_path / "log")


@pytest.fixture
def held(rule: ModuleType, log: PredictionLog, caller: Any) -> Any:
    predictor = Predictor(asserting(rule.package(), RULES), name="taxi", version="1.0.0")
    return caller(assemble(Repository.of([predictor]), log=log))


def tensors(*rows: dict[str, Any]) -> dict[str, Any]:
    types = {"fare": "FP64", "hour": "INT64", "company": "BYTES", "airport": "BOOL"}
    inputs = [
        {"name": name, "shape": [len(rows)], "datatype": kind, "data": [row[name] for row in rows]}
        for name, kind in types.items()
    ]
    return {"inputs": inputs}


def outputs(answer: Any) -> dict[str, list[Any]]:
    return {one["name"]: one["data"] for one in answer["outputs"]}


def test_v1_tells_of_flags_overrides_and_blocks(held: Any) -> None:
    status, answer, _ = held("POST", V1, {"instances": [CLEAN, SHORT, RICH, UNSURE]})
    assert status == 200
    assert answer["predictions"] == ["yes", None, "no", "yes"]
    assert [[one["name"] for one in row] for row in answer["assertions"]] == [[], ["short"], ["rich"], ["unsure"]]
    assert answer["assertions"][2] == [{"name": "rich", "action": "override", "message": "never the rich"}]
    assert answer["errors"] == [None, "short: too short to say", None, None]


def test_v1_with_probabilities(held: Any) -> None:
    asked = {"instances": [SHORT, RICH], "parameters": {"probabilities": True}}
    _, answer, _ = held("POST", V1, asked)
    assert answer["predictions"] == [
        {"label": None, "probabilities": {"no": None, "yes": None}},
        {"label": "no", "probabilities": {"no": 1.0, "yes": 0.0}},
    ]


def test_v2_has_two_more_outputs(held: Any) -> None:
    status, answer, _ = held("POST", V2, tensors(CLEAN, SHORT, RICH, UNSURE))
    assert status == 200
    told = outputs(answer)
    assert told["label"] == ["yes", None, "no", "yes"]
    assert told["probabilities"][2:6] == [None, None, 1.0, 0.0]
    assert told["assertions"] == ["", "short", "rich", "unsure"]
    assert told["error"] == ["", "short: too short to say", "", ""]
    assert answer["parameters"] == {
        "short": "block: too short to say",
        "rich": "override with 'no': never the rich",
        "unsure": "flag",
    }
    _, metadata, _ = held("GET", "/v2/models/taxi")
    assert [one["name"] for one in metadata["outputs"]] == ["label", "probabilities", "assertions", "error"]


def test_v2_gives_the_outputs_that_are_asked_for(held: Any) -> None:
    _, answer, _ = held("POST", V2, {**tensors(CLEAN, SHORT), "outputs": [{"name": "error"}]})
    assert outputs(answer) == {"error": ["", "short: too short to say"]}
    _, clean, _ = held("POST", V2, tensors(CLEAN))
    assert "parameters" not in clean


@pytest.mark.parametrize(("path", "body"), [(V1, {"instances": [SHORT]}), (V2, tensors(SHORT))])
def test_one_blocked_row_is_refused(held: Any, path: str, body: Any) -> None:
    status, answer, headers = held("POST", path, body, {"x-request-id": "mine"})
    assert status == 422
    assert list(answer) == ["error"]
    assert "blocked by an assertion" in answer["error"]
    assert "short: too short to say" in answer["error"]
    assert headers["x-request-id"] == "mine"


def test_they_are_counted(held: Any) -> None:
    def counted(text: str) -> dict[str, int]:
        lines = [line for line in text.splitlines() if line.startswith("mainspring_assertions_total{")]
        return {line.split('assertion="')[1].split('"')[0]: int(line.split()[-1]) for line in lines}

    assert counted(held("GET", "/metrics")[1]) == {"rich": 0, "short": 0, "unsure": 0}
    held("POST", V1, {"instances": [CLEAN, SHORT, RICH, UNSURE, SHORT]})
    held("POST", V2, tensors(SHORT))
    held("POST", V1, {"instances": [{"fare": "x"}]})
    held("POST", V1, {"instances": [SHORT, RICH]}, {EXPLAINS: "1"})
    text = held("GET", "/metrics")[1]
    assert counted(text) == {"rich": 1, "short": 3, "unsure": 1}
    label = 'model="taxi",version="1.0.0"'
    assert f'mainspring_assertions_total{{{label},assertion="short",action="block"}} 3' in text
    assert f"mainspring_rows_total{{{label}}} 8" in text
    assert f'mainspring_errors_total{{{label},kind="BLOCKED"}} 1' in text
    assert f'mainspring_requests_total{{{label},protocol="v2",code="422"}} 1' in text


def test_they_are_logged_with_the_models_own_answer(held: Any, log: PredictionLog) -> None:
    held("POST", V1, {"instances": [CLEAN, SHORT, RICH, UNSURE]})
    held("POST", V2, tensors(SHORT))
    held("POST", V1, {"instances": [CLEAN]})
    held("POST", V1, {"instances": [{"fare": "x"}]})
    log.close()
    batch, alone, clean, wrong = read(log.folder)
    assert batch.outputs["assertions"] == ["", "short", "rich", "unsure"]
    assert batch.outputs["label"] == ["yes", None, "no", "yes"]
    assert batch.outputs["own.label"] == ["yes", "no", "yes", "yes"]
    assert batch.outputs["probability.yes"][1:3] == [None, 0.0]
    assert batch.outputs["own.probability.yes"][2] > 0.99
    assert (alone.status, alone.blocked, alone.outputs["own.label"]) == (422, True, ["no"])
    assert "blocked" in str(alone.error)
    assert (clean.outputs["assertions"], "own.label" in clean.outputs) == ([""], False)
    assert (wrong.status, wrong.blocked) == (400, False)
    rows = table([batch, alone, clean, wrong])
    assert rows.num_rows == 6
    assert rows.column("output.assertions").tolist() == ["", "short", "rich", "unsure", "short", ""]
    assert rows.column("output.own.label").tolist() == ["yes", "no", "yes", "yes", "no", None]
    assert rows.column("output.own.probability.yes").dtype == float


def test_a_model_without_assertions_answers_as_ever(call: Any, predictor: Predictor) -> None:
    _, answer, _ = call("POST", V1, {"instances": [CLEAN, SHORT]})
    assert answer == {"predictions": ["yes", "no"]}
    _, answer, _ = call("POST", V2, tensors(CLEAN))
    assert list(outputs(answer)) == ["label", "probabilities"]
    assert "parameters" not in answer
    assert "mainspring_assertions_total{" not in call("GET", "/metrics")[1]
    assert predictor.served is predictor.signature
    assert list(predictor.from_rows([CLEAN]).plain_outputs()) == ["label", "probability.no", "probability.yes"]


def test_values_are_held_to_assertions(rule: ModuleType, caller: Any) -> None:
    rules = [
        Assertion(name="negative", when="answer < 0", action="override", answer=0.0),
        Assertion(name="huge", when="answer > 10", action="block"),
    ]
    package = asserting(rule.package(task="regression"), rules)
    call = caller(assemble(Repository.of([Predictor(package, name="taxi", version="1.0.0")])))
    _, answer, _ = call("POST", V1, {"instances": [SHORT, CLEAN, {**CLEAN, "fare": 100.0}]})
    assert answer["predictions"] == [0.0, 2.0, None]
    assert answer["errors"] == [None, None, "huge"]
    _, nothing, _ = call("POST", V1, {"instances": []})
    assert nothing == {"predictions": [], "assertions": [], "errors": []}
