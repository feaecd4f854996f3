"""The page of the API, and the document behind it."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.unit.app.console.conftest import words_of

from mainspring.app.api.subjects import SUBJECTS
from mainspring.app.web.rooms.api.showing import marked


@pytest.fixture
def used(using, tmp_path):
    return using(tmp_path)


def test_every_operation_is_on_the_page_with_its_role_command_and_arguments(used):
    html = used.page("/rest")
    shown = words_of(html)
    for subject in SUBJECTS:
        for one in subject.operations.values():
            assert f"<code>{one.name}</code>" in html, one.name
            plain = words_of(str(marked(one.summary)))
            assert plain in shown, one.name
    assert "needed" in shown
    assert 'href="/api/openapi.json"' in html


def test_every_example_is_a_command_that_a_shell_takes(used):
    html = used.page("/rest")
    typed = [one for one in re.findall(r'data-copy="(curl[^"]*)"', html) if "curl" in one]
    assert len(typed) >= sum(len(subject.operations) for subject in SUBJECTS)
    for one in typed:
        words = shlex.split(one.replace("&#34;", '"').replace("&#39;", "'").replace("&amp;", "&"))
        assert words[0] == "curl"
        assert words[-1].isascii(), one
        assert words[-1].startswith("http://testserver/api")


def test_what_stands_in_backticks_is_shown_as_code(used):
    html = used.page("/rest")
    assert "<code>team=risk tier=1</code>" in html
    assert "`" not in words_of(html)


def test_types_have_names_that_programs_can_have(used):
    named = used.get("/openapi.json")["components"]["schemas"]
    assert [name for name in named if not name.isidentifier()] == []
    titles = [one["title"] for one in named.values() if "title" in one]
    assert len(titles) == len(set(titles))  # generators name their classes by them


def test_lists_say_what_is_in_them(used):
    def lists(value):
        if isinstance(value, dict):
            if value.get("type") == "array":
                yield value
            value = list(value.values())
        for one in value if isinstance(value, list) else ():
            yield from lists(one)

    found = list(lists(used.get("/openapi.json")))
    assert all(isinstance(one.get("items", one.get("prefixItems")), dict | list) for one in found)


def test_numbers_of_answers_may_be_null_since_json_has_none_that_are_not_finite(used):
    def numbers(value):
        if isinstance(value, dict):
            yield from [value] if "number" in (value.get("type"), *_listed(value.get("type"))) else []
            value = list(value.values())
        for one in value if isinstance(value, list) else ():
            yield from numbers(one)

    told = used.get("/openapi.json")
    assert list(numbers(told["components"]["schemas"]))
    assert all(one["type"] == ["number", "null"] for one in numbers(told["components"]["schemas"]))
    (percent,) = numbers(told["paths"]["/deployments/{model}/rollout/share"]["post"]["requestBody"])
    assert percent["type"] == "number"


def _listed(kind):
    return kind if isinstance(kind, list) else []


def test_every_reference_of_the_document_resolves(used):
    told = used.get("/openapi.json")
    known = told["components"]["schemas"]
    missing = []

    def walk(value):
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.removeprefix("#/components/schemas/") not in known:
                missing.append(reference)
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(told)
    assert missing == []


def test_the_document_is_one_of_openapi(used):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(used.get("/openapi.json"))


def test_operations_have_names_paths_and_arguments_of_their_own(used):
    told = used.get("/openapi.json")
    names, places = [], []
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            names.append(one["operationId"])
            places.append((re.sub(r"\{\w+\}", "{}", path), method))
            within = set(re.findall(r"\{(\w+)\}", path))
            assert within == {each["name"] for each in one.get("parameters", []) if each["in"] == "path"}, path
            assert one["responses"]["200"]
            assert "x-role" in one
    assert len(names) == len(set(names))
    assert len(places) == len(set(places))


def test_commands_of_operations_exist(used):
    from mainspring.app.cli.main import cli

    known = set(cli.targets)
    for subject in SUBJECTS:
        for one in subject.operations.values():
            if one.command:
                program, command, *_ = one.command.split()
                assert program == "mainspring", one.command
                assert command in known or command.startswith("-"), one.command


def test_every_argument_is_described(used):
    told = used.get("/openapi.json")
    silent = []
    for methods in told["paths"].values():
        for one in methods.values():
            given = {each["name"]: each["schema"] for each in one.get("parameters", ())}
            if "requestBody" in one:
                given |= one["requestBody"]["content"]["application/json"]["schema"]["properties"]
            silent += [
                f"{one['operationId']}: {name}" for name, schema in given.items() if not schema["description"]
            ]
    assert silent == []


def test_what_a_docstring_says_of_an_argument_is_said_once(used):
    told = used.get("/openapi.json")
    body = told["paths"]["/alerts/resolve"]["post"]
    schema = body["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert schema["why"]["description"] == "Why they are over."
    assert schema["alerts"]["description"] == "The ids of the alerts."
    assert "Args" not in body["description"]
