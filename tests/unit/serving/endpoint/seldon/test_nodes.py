"""The methods of a class, asked as Seldon's executor asks them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.serving.components.conftest import component

from mainspring.serving.assembly import assemble
from mainspring.serving.components.opening import open_component
from mainspring.serving.components.options import Component
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.repository import Repository
from mainspring.serving.security.options import Access, SecurityOptions


@pytest.fixture
def call(caller: Any) -> Iterator[Any]:
    models = Repository.of([open_component(component("Champion", inline=True), name="champion")])
    yield caller(assemble(models))
    models.close()


def data(rows: Any, names: Any = ()) -> dict[str, Any]:
    return {"data": {"names": list(names), "ndarray": rows}}


def test_a_class_is_asked_for_each_method(call: Any) -> None:
    status, answer, _ = call("POST", "/predict", data([[1, 2]], ["a", "b"]))
    assert (status, answer["data"]["ndarray"]) == (200, [[2.0, 4.0]])
    assert answer["meta"]["metrics"][0] == {"type": "COUNTER", "key": "calls", "value": 1}
    status, answer, _ = call("POST", "/transform-input", data([[1, 2]], ["a", "b"]))
    assert (status, answer["data"]) == (200, {"names": ["a", "b"], "ndarray": [[2, 3]]})
    status, answer, _ = call("POST", "/transform-output", data([[1, 2]], ["a", "b"]))
    assert answer["jsonData"] == {"doubled": [[2, 4]], "names": ["a", "b"]}
    assert call("POST", "/route", data([[3]]))[1]["data"] == {"ndarray": [[3]]}
    assert call("POST", "/v2/models/champion/route", data([[-1]]))[1]["data"] == {"ndarray": [[-1]]}
    parts = {"seldonMessages": [data([[1, 2]]), data([[3, 4]])]}
    for path in ("/aggregate", "/combine", "/v1/models/champion:aggregate"):
        status, answer, _ = call("POST", path, parts)
        assert (status, answer["data"]["ndarray"]) == (200, [[2.0, 3.0]])


def test_a_class_gets_the_names_of_columns(caller: Any, tmp_path: Path) -> None:
    body = "return {'sum': X.sum(axis=1), 'names': [list(names)]}"
    (tmp_path / "named.py").write_text(f"class Named:\n    def predict(self, X, names):\n        {body}\n")
    entry = Component(entry=f"{tmp_path}/named.py:Named", inline=True)
    models = Repository.of([open_component(entry, name="named")])
    status, answer, _ = caller(assemble(models))("POST", "/predict", data([[1, 2]], ["a", "b"]))
    models.close()
    assert status == 200
    assert answer["data"] == {"names": ["sum"], "ndarray": [3]}
    assert answer["meta"]["tags"]["names"] == [["a", "b"]]


def test_a_class_is_told_rewards_with_the_branch(call: Any) -> None:
    body = {
        "request": data([[1]], ["a"]),
        "response": {"meta": {"puid": "7", "routing": {"champion": 0}}},
        "reward": 0.25,
        "truth": data([[5]]),
    }
    status, answer, _ = call("POST", "/send-feedback", body)
    assert status == 200
    assert answer["jsonData"] == {"rewards": [0.25], "truth": [[5]], "routing": 0}
    assert call("POST", "/send-feedback", {"reward": "much"})[0] == 400
    assert call("POST", "/send-feedback", {"reward": 1})[1]["jsonData"]["routing"] is None


def test_what_cannot_be_put_together_is_named(call: Any) -> None:
    status, answer, _ = call("POST", "/aggregate", {"seldonMessages": []})
    assert (status, "put together" in answer["status"]["info"]) == (400, True)
    assert call("POST", "/transform-input", data([[1], [1, 2]]))[0] == 400
    status, answer, _ = call("POST", "/route", data([["word"]]))
    assert (status, answer["status"]["reason"]) == (500, "MICROSERVICE_INTERNAL_ERROR")


def test_nothing_is_open_without_the_right_to_it(caller: Any) -> None:
    models = Repository.of([open_component(component("Champion", inline=True), name="champion")])
    options = ServerOptions(security=SecurityOptions(inference=Access.CREDENTIALS))
    call = caller(assemble(models, options))
    posts = ("predict", "route", "aggregate", "combine", "transform-input", "transform-output", "send-feedback")
    gets = ("metadata", "health/status", "api/v1.0/metadata", "api/v1.0/status", "api/v1.0/health/status")
    for start in ("", "seldon/ml/champion/"):
        for path in (*posts, "api/v1.0/predictions", "api/v1.0/feedback", "api/v0.1/explain"):
            assert call("POST", f"/{start}{path}", data([[1]]))[0] in (401, 403), path
        for path in gets:
            assert call("GET", f"/{start}{path}")[0] in (401, 403), path
    assert call("GET", "/api/v1.0/health/live")[0] == 200
    models.close()
