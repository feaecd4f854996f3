"""A prediction server and the service that explains beside it: real processes, and the same answers as here."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.data import Table
from mainspring.evaluation.explanation import Explainer, fit_explainer
from mainspring.evaluation.explanation.answers import Answer
from mainspring.serving.client import Client
from mainspring.serving.payloads import read, table
from mainspring.serving.remote import RemotePredictor
from mainspring.serving.server_process import ExplainerProcess, PythonServer, ServerProcess

RNG = np.random.default_rng(0)
ROWS = 300
TABLE = Table.from_columns(
    {
        "fare": RNG.uniform(2, 30, ROWS).round(2),
        "hour": RNG.integers(0, 24, ROWS).tolist(),
        "company": RNG.choice(np.array(["A", "B", None], dtype=object), ROWS),
        "airport": RNG.choice([True, False], ROWS).tolist(),
    },
    {"fare": "FLOAT", "hour": "INT", "company": "STRING", "airport": "BOOL"},
)
ROW = {"fare": 6.5, "hour": 3, "company": "B", "airport": False}
METHODS = ("shap", "anchors", "counterfactuals")


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return fit_explainer(TABLE, method=METHODS, constraints={"immutable": ["company"]})


@pytest.fixture
def folders(explainer: Explainer, rule: ModuleType, tmp_path: Path) -> Path:
    (tmp_path / "explainer").mkdir()
    explainer.save(tmp_path / "explainer")
    rule.write(tmp_path / "package")
    return tmp_path


@pytest.fixture
def model(folders: Path) -> Iterator[ServerProcess]:
    with ServerProcess(folders / "package", name="taxi", version="1.0.0", log_folder=folders / "log") as server:
        yield server


@pytest.fixture
def service(folders: Path, model: ServerProcess) -> Iterator[ExplainerProcess]:
    with ExplainerProcess(
        folders / "explainer", model_url=model.url, name="taxi", log_folder=folders / "explanations"
    ) as started:
        yield started


def test_the_wire_gives_the_answers_that_are_given_here(
    explainer: Explainer, rule: ModuleType, service: ExplainerProcess
) -> None:
    rows = [*TABLE.rows(0, 2).iter_rows(), ROW]
    package = rule.package()
    here = explainer.table(package.signature.columns(rows))
    with Client(service.url) as client:
        assert client.ready()
        for method in METHODS:
            answers = client.explain("taxi", rows, method=method)
            assert [Answer.from_dict(one) for one in answers] == explainer.explain(package, here, method)
        shap = client.explain("taxi", rows)
        assert [one["method"] for one in shap] == ["shap"] * 3
        assert all(one["remembered"] for one in shap)
        tensors = [
            {"name": name, "datatype": kind, "shape": [1], "data": [ROW[name]]}
            for name, kind in (("hour", "INT64"), ("fare", "FP64"), ("company", "BYTES"), ("airport", "BOOL"))
        ]
        body = {"id": "mine", "inputs": tensors, "parameters": {"method": "anchors"}}
        status, value = client.call("POST", "/v2/models/taxi/explain", body)
        assert (status, value["id"], value["model_version"]) == (200, "mine", "1.0.0")
        [output] = value["outputs"]
        assert (output["datatype"], output["shape"]) == ("BYTES", [1])
        [expected] = explainer.explain(package, here.rows(2, 3), "anchors")
        assert Answer.from_dict(json.loads(output["data"][0])) == expected


def test_what_was_made_up_is_logged_without_its_rows_and_explanations_with_theirs(
    folders: Path, model: ServerProcess, service: ExplainerProcess
) -> None:
    with Client(model.url) as client:
        client.predict("taxi", [ROW])
    with Client(service.url, headers={"x-request-id": "why"}) as client:
        client.explain("taxi", [ROW], method="anchors")
    assert service.stop() == 0
    assert model.stop() == 0
    predictions = list(read(folders / "log"))
    assert len(predictions) > 3
    assert table(predictions).num_rows == 1
    [record] = read(folders / "explanations")
    assert (record.id, record.model, record.version, record.status) == ("why", "taxi", "1.0.0", 200)
    assert {name: values[0] for name, values in record.columns.items()} == ROW
    assert record.outputs["method"] == ["anchors"]
    assert json.loads(record.outputs["explanation"][0])["answer"] == "no"


def test_what_is_wrong_is_said_in_the_one_form(service: ExplainerProcess) -> None:
    with Client(service.url) as client:
        with pytest.raises(NotFoundError, match=r"no method 'tea'(.|\n)*shap, anchors, counterfactuals"):
            client.explain("taxi", [ROW], method="tea")
        with pytest.raises(NotFoundError, match="'cab' is not explained here"):
            client.explain("cab", [ROW])
        with pytest.raises(NotFoundError, match="version '9'"):
            client.explain("taxi", [ROW], version="9")
        with pytest.raises(InputError, match="column 'fare' holds 'x'"):
            client.explain("taxi", [{**ROW, "fare": "x"}])
        with pytest.raises(InputError, match="no parameter 'cups'"):
            client.explain("taxi", [ROW], cups=3)
        with pytest.raises(InputError, match="budget_rows"):
            client.explain("taxi", [ROW], budget_rows=-1)
        with pytest.raises(InputError, match="100000 seconds"):
            client.explain("taxi", [ROW], budget_seconds=100_000)
        with pytest.raises(InputError, match="101 rows to explain"):
            client.explain("taxi", [ROW] * 101)
        assert client.call("GET", "/v1/models/taxi:explain")[0] == 405
        assert client.call("GET", "/nowhere")[0] == 404
        assert client.call("GET", "/v2/models/taxi")[1]["methods"] == list(METHODS)
        assert client.call("GET", "/v1/models")[1] == {"models": ["taxi"]}
        status, value = client.call("POST", "/v1/models/taxi:explain", {"rows": []})
        assert (status, "neither 'instances' nor 'inputs'" in value["error"]) == (400, True)


def test_a_budget_refuses_or_stops_early_and_is_counted(service: ExplainerProcess) -> None:
    with Client(service.url) as client:
        body = {"instances": [ROW], "parameters": {"method": "shap", "budget_rows": 5}}
        status, value = client.call("POST", "/v1/models/taxi:explain", body)
        assert status == 422
        assert "budget of 5 rows" in value["error"]
        [anchor] = client.explain("taxi", [ROW], method="anchors", budget_rows=100)
        assert not anchor["data"]["reached"]
        assert "budget of 100 rows" in anchor["text"]
        client.explain("taxi", [ROW], method="counterfactuals")
    text = httpx.get(f"{service.url}/metrics").text
    assert 'mainspring_explanation_refusals_total{reason="budget_spent"} 1' in text
    about = 'model="taxi",version="1.0.0",method="counterfactuals"'
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures[f'mainspring_explanation_requests_total{{{about},protocol="v1",code="200"}}'] == "1"
    assert figures[f"mainspring_explanation_request_seconds_count{{{about}}}"] == "1"
    assert float(figures[f"mainspring_explanation_model_calls_total{{{about}}}"]) > 1
    assert float(figures[f"mainspring_explanation_model_rows_total{{{about}}}"]) > 100


def test_too_many_at_once_are_told_to_come_again_and_predictions_go_on(
    folders: Path, rule: ModuleType, tmp_path: Path
) -> None:
    slow = rule.write(tmp_path / "slow", sleep=0.02)
    with (
        ServerProcess(slow, name="taxi") as model,
        ExplainerProcess(
            folders / "explainer", model_url=model.url, name="taxi", options=("--concurrency", "1")
        ) as service,
    ):
        statuses: list[int] = []
        waits: list[str | None] = []

        def ask(number: int) -> None:
            body = {"instances": [{**ROW, "fare": 5.0 + number}], "parameters": {"method": "counterfactuals"}}
            answer = httpx.post(f"{service.url}/v1/models/taxi:explain", json=body, timeout=60)
            statuses.append(answer.status_code)
            waits.append(answer.headers.get("retry-after"))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        with Client(model.url) as client:
            while threads[0].is_alive():
                began = time.monotonic()
                assert client.predict("taxi", [ROW]) == ["no"]
                assert time.monotonic() - began < 2
        for thread in threads:
            thread.join()
    assert min(statuses) == 200
    assert statuses.count(429) >= 1
    assert {wait for status, wait in zip(statuses, waits, strict=True) if status == 429} == {"1"}


def test_a_prediction_server_sends_explanations_on_or_says_what_is_missing(
    folders: Path, model: ServerProcess, service: ExplainerProcess
) -> None:
    body = {"instances": [ROW], "parameters": {"method": "anchors"}}
    for path in ("/v1/models/taxi:explain", "/v2/models/taxi/explain", "/v2/models/taxi/versions/1.0.0/explain"):
        alone = httpx.post(model.url + path, json=body)
        assert alone.status_code == 501
        assert "mainspring explain-serve NAME --model-url" in alone.json()["error"]
    options = ("--explainer-url", service.url)
    with ServerProcess(folders / "package", name="taxi", version="1.0.0", options=options) as forwarding:
        direct = httpx.post(f"{service.url}/v1/models/taxi:explain", json=body)
        sent_on = httpx.post(
            f"{forwarding.url}/v1/models/taxi:explain", json=body, headers={"x-request-id": "abc"}
        )
        [first], [second] = (one.json()["explanations"] for one in (direct, sent_on))
        assert Answer.from_dict(first) == Answer.from_dict(second)
        assert sent_on.headers["x-request-id"] == "abc"
        wrong = httpx.post(f"{forwarding.url}/v1/models/taxi:explain", content=b"{")
        assert wrong.status_code == 400
        assert httpx.get(f"{forwarding.url}/v1/models/taxi:explain").status_code == 405
        service.stop()
        gone = httpx.post(f"{forwarding.url}/v1/models/taxi:explain", json=body)
        assert gone.status_code == 503
        assert "does not answer" in gone.json()["error"]


def test_without_a_model_it_says_so_and_goes_on(folders: Path, rule: ModuleType) -> None:
    model = ServerProcess(folders / "package", name="taxi")
    model.start()
    with (
        ExplainerProcess(folders / "explainer", model_url=model.url, name="taxi") as service,
        Client(service.url) as client,
    ):
        client.explain("taxi", [ROW], method="anchors")
        model.stop()
        with pytest.raises(UnavailableError, match="does not answer"):
            client.explain("taxi", [{**ROW, "fare": 7.0}], method="anchors")
        assert client.ready()


def test_a_service_without_an_explainer_does_not_start(folders: Path) -> None:
    with pytest.raises(UnavailableError, match=r"there is no explainer\.json"):
        ExplainerProcess(folders / "package", model_url="http://127.0.0.1:9", name="taxi").start()


def test_a_remote_model_answers_as_the_same_one_here(rule: ModuleType, tmp_path: Path) -> None:
    for task in ("classification", "regression"):
        package = rule.package(task=task)
        (tmp_path / task).mkdir()
        package.save(tmp_path / task)
        with ServerProcess(tmp_path / task, name="taxi") as server:
            with RemotePredictor.connect(server.url, "taxi") as remote:
                assert (str(remote), remote.newest()) == ("taxi:1", "1")
                assert remote.signature.classes == package.signature.classes
                for rows in (TABLE, TABLE.rows(0, 0)):
                    assert remote.predict(rows) == package.predict(rows)
            with pytest.raises(NotFoundError):
                RemotePredictor.connect(server.url, "cab")


def test_a_cutoff_of_the_server_is_kept() -> None:
    from mainspring.serving.remote import _answered

    scores: list[list[Any]] = [[0.6, 0.4], [0.2, 0.8], [0.9, 0.1]]
    found = _answered(("no", "yes"), scores, ["yes", "yes", "no"])
    assert found.labels.tolist() == ["yes", "yes", "no"]
    assert found.scores.tolist() == scores


def test_answers_that_the_server_blocks_are_not_explained_over_the_wire(rule: ModuleType, tmp_path: Path) -> None:
    from mainspring.evaluation.assertions import Assertion
    from mainspring.models.asserting import assertion_files
    from mainspring.models.files import Files

    rich = Assertion(name="rich", when="fare > 25", action="block", message="too much")
    guarded = rule.RulePackage.from_files(rule.package().files.merged(Files(assertion_files([rich]))))
    guarded.save(tmp_path)
    with ServerProcess(tmp_path, name="taxi") as server, RemotePredictor.connect(server.url, "taxi") as remote:
        assert remote.predict(TABLE.where("fare < 25")).classes == ("no", "yes")
        with pytest.raises(InputError, match=r"does not answer all of these rows: (.|\n)*too much"):
            remote.predict(TABLE)


def test_values_are_explained_towards_a_range(rule: ModuleType, tmp_path: Path) -> None:
    for name, value in (
        ("package", rule.package(task="regression")),
        ("explainer", fit_explainer(TABLE, method=["shap", "counterfactuals"])),
    ):
        (tmp_path / name).mkdir()
        value.save(tmp_path / name)
    with (
        ServerProcess(tmp_path / "package", name="taxi") as model,
        ExplainerProcess(tmp_path / "explainer", model_url=model.url, name="taxi") as service,
        Client(service.url) as client,
    ):
        [shap] = client.explain("taxi", [ROW])
        assert (shap["data"]["output"], shap["data"]["scale"]) == (None, "value")
        [answer] = client.explain("taxi", [ROW], method="counterfactuals", wanted=[1.0, 2.0])
        assert answer["data"]["wanted"] == "1 to 2"
        assert all(1 <= one["score"] <= 2 for one in answer["data"]["found"])
        assert answer["data"]["found"]
        with pytest.raises(InputError, match="'wanted' is 3"):
            client.explain("taxi", [ROW], method="counterfactuals", wanted=3)
        with pytest.raises(InputError, match="predicts values"):
            client.explain("taxi", [ROW], output="yes")


GRAPH = """
port: 0
models:
  taxi: {{package: package, explainer_url: "{node}"}}
  fleet:
    graph: {{nodes: {{ride: {{model: taxi}}, all: {{combine: average, reads: [ride]}}}}}}
    explainer_url: "{whole}"
"""


@pytest.mark.slow
def test_a_graph_is_explained_as_a_whole_and_one_node_of_it(explainer: Explainer, folders: Path) -> None:
    """The services are started first, with the address that the server will have."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = folders / "server.yaml"
    with (
        ExplainerProcess(folders / "explainer", model_url=url, name="fleet") as whole,
        ExplainerProcess(folders / "explainer", model_url=url, name="taxi") as node,
    ):
        settings.write_text(GRAPH.format(node=node.url, whole=whole.url).replace("port: 0", f"port: {port}"))
        with (
            PythonServer("mainspring.serving", ["--config", str(settings)], timeout=60) as server,
            Client(server.url) as client,
        ):
            body = {"instances": [ROW], "parameters": {"method": "anchors"}}
            answers = [
                client.call("POST", path, body)
                for path in (
                    "/v1/models/taxi:explain",
                    "/v1/models/fleet/nodes/ride:explain",
                    "/v1/models/fleet:explain",
                    "/seldon/ml/fleet/api/v1.0/explain",
                )
            ]
            assert [status for status, _ in answers] == [200] * 4
            found = [Answer.from_dict(value["explanations"][0]) for _, value in answers]
            assert found[0] == found[1]
            assert all(one.method == "anchors" for one in found)
            status, value = client.call("POST", "/v1/models/fleet/nodes/all:explain", body)
            assert (status, "no node 'all'" in value["error"]) == (404, True)
            assert client.call("POST", "/v2/models/taxi/nodes/ride/explain", body)[0] == 404
