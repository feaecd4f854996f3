import re
from html.parser import HTMLParser
from typing import Any

import pytest

from mainspring.models.signature import Field
from mainspring.serving.predictor import Predictor

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [
            *([value["$ref"]] if "$ref" in value else []),
            *(found for one in value.values() for found in references(one)),
        ]
    return [found for one in value for found in references(one)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", ["/openapi.json", "/v2/models/taxi/openapi.json"])
def test_a_document_stands_by_itself(ask: Any, path: str) -> None:
    reply = ask("GET", path)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    told = reply.json
    assert told["openapi"].startswith("3.1")
    assert set(references(told)) == {"#/components/schemas/Error"}
    assert told["components"]["schemas"]["Error"]["required"] == ["error"]
    for place, operations in told["paths"].items():
        named = {parameter["name"] for parameter in operations.get("parameters", ())}
        assert named == set(re.findall(r"{(\w+)}", place))


def test_every_path_of_the_document_is_there(ask: Any) -> None:
    paths = ask("GET", "/openapi.json").json["paths"]
    for path, operations in paths.items():
        real = path.format(model="taxi", version="1.0.0", label="none", objective="none")
        for method in operations.keys() - {"parameters"}:
            reply = ask(method.upper(), real, b"{}")
            known = "nothing at" not in reply.body.decode()
            assert known, (method, real)
            assert reply.status in (200, 400, 404, 501), (method, real)
    assert len(paths) > 20


def test_named_columns_are_in_the_schema(ask: Any) -> None:
    told = ask("GET", "/v2/models/taxi/openapi.json").json["paths"]
    predict = told["/v1/models/taxi/versions/1.0.0:predict"]["post"]["requestBody"]["content"]["application/json"]
    row = predict["schema"]["properties"]["instances"]["items"]
    assert row["required"] == list(ROW)
    assert row["properties"]["fare"] == {"type": ["number", "null"]}
    assert row["properties"]["hour"] == {"type": ["integer", "null"]}
    assert row["properties"]["airport"] == {"type": "boolean"}
    assert row["properties"]["company"]["examples"] == ["A", "B"]
    assert "unseen" in row["properties"]["company"]["description"]
    infer = told["/v2/models/taxi/versions/1.0.0/infer"]["post"]["requestBody"]["content"]["application/json"]
    fare = infer["schema"]["properties"]["inputs"]["items"]["anyOf"][0]["properties"]
    assert fare["name"]["const"] == "fare"
    assert {"FP32", "FP64", "INT64"} <= set(fare["datatype"]["enum"])


def test_the_examples_are_answered(ask: Any, rule: Any, serving: Any, numbers: Any, echo: Any) -> None:
    regression = Predictor(rule.package(task="regression"), name="price", version="1")
    several = serving(regression, numbers, echo("FP32", "BYTES", shape=(-1, 2)))
    asked = 0
    for caller, name in ((ask, "taxi"), (several, "price"), (several, "numbers"), (several, "echo")):
        for path, operations in caller("GET", f"/v2/models/{name}/openapi.json").json["paths"].items():
            if "post" not in operations or (name == "echo" and "infer" not in path):
                continue
            schema = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
            assert caller("POST", path, schema["examples"][0]).status == 200, path
            asked += 1
    assert asked == 10


def test_names_that_are_odd(rule: Any, serving: Any) -> None:
    ask = serving(Predictor(rule.package(), name="a {b}", version="1 <i>"))
    paths = ask("GET", "/openapi.json").json["paths"]
    assert "/v1/models/a%20%7Bb%7D:predict" in paths
    page = ask("GET", "/v2/models/a {b}/docs").body.decode()
    assert "<i>" not in page
    assert "/v1/models/a%20%7Bb%7D/versions/1%20%3Ci%3E:predict" in page


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_of_a_model_stands_by_itself(ask: Any) -> None:
    reply = ask("GET", "/v2/models/taxi/docs")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    text = reply.body.decode()
    page = Page()
    page.feed(text)
    for tag, attributes in page.tags:
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "/v").startswith("/v"), (tag, attributes)
        assert tag not in ("link", "img", "iframe")
    for piece in ("fare", "FP64", "company", "<code>A</code>", "probabilities", "Classification, 2 classes"):
        assert piece in text
    assert ask("GET", "/v2/models/taxi/versions/1.0.0/docs").body == reply.body
    assert ask("GET", "/v2/models/no/docs").status == 404


def test_a_model_of_which_little_is_known_has_a_page(serving: Any, echo: Any) -> None:
    model = echo()
    text = serving(model)("GET", "/v2/models/echo/docs").body.decode()
    assert "known only by asking" in text
    model.inputs = [Field("words", "BYTES", required=False, domain=tuple(map(str, range(30))))]
    text = serving(model)("GET", "/v2/models/echo/docs").body.decode()
    assert "and 18 more" in text
    assert "may be left out" in text


def test_a_model_of_images_has_no_example(serving: Any, echo: Any) -> None:
    ask = serving(echo("FP32", shape=(-1, 3, 224, 224)))
    document = ask("GET", "/v2/models/echo/openapi.json")
    assert b'"examples"' not in document.body
    assert b'"maxItems":224' in document.body
    page = ask("GET", "/v2/models/echo/docs")
    assert page.status == 200
    assert len(page.body) < 10_000
    assert "[rows, 3, 224, 224]" in page.body.decode()
