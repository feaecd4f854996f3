"""Pipelines: parameters from Python, from texts, and from the record."""

import json
from typing import Any, Literal

import pytest

from mainspring.core.errors import InputError
from mainspring.pipelines import File, pipeline, step


@step
def show(value: Any = None, data: File = File("x")) -> str:
    return str(value)


@pipeline
def taxi(
    data: File = File("trips.csv"),
    rows: int = 3,
    rate: float = 0.5,
    fast: bool = False,
    label: str = "tip",
    params: dict[str, Any] = {},  # noqa: B006 - it is never changed
    names: list[str] | None = None,
    limit: int | None = None,
    anything=None,  # type: ignore[no-untyped-def]  # it is what is tested
) -> None:
    """Of all kinds."""
    show(value=rows, data=data)


def test_names() -> None:
    @pipeline(name="other")
    def named() -> None:
        show()

    assert (taxi.name, named.name, repr(named)) == ("taxi", "other", "<pipeline other>")
    assert taxi.__doc__ == "Of all kinds."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data=other.csv", File("other.csv")),
        ("rows=7", 7),
        ("rate=1e-3", 0.001),
        ("fast=yes", True),
        ("fast=FALSE", False),
        ("fast=0", False),
        ("label=7", "7"),
        ("label=", ""),
        ('params={"depth": 3}', {"depth": 3}),
        ('names=["a", "b"]', ["a", "b"]),
        ("limit=5", 5),
        ("anything=7", 7),
        ("anything=some words", "some words"),
    ],
)
def test_texts_are_read_by_their_annotations(text: str, value: Any) -> None:
    name, _, given = text.partition("=")
    found = taxi.parse({name: given})
    assert found == {name: value}
    assert type(found[name]) is type(value)


def test_all_wrong_texts_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        taxi.parse({"rows": "many", "rate": "x", "fast": "maybe", "params": "{", "row": "1"})
    found = caught.value.found
    assert "rows=many: expected a whole number" in found
    assert "rate=x: expected a number" in found
    assert "fast=maybe: expected true or false" in found
    assert "params={: expected JSON" in found
    assert "no parameter 'row' (there are: data, rows, rate" in found
    assert caught.value.where == "parameters of pipeline 'taxi'"
    assert list(caught.value.fields) == ["rows", "rate", "fast", "params"]
    assert caught.value.fields["rows"] == "expected a whole number"


def test_a_choice_is_one_of_its_words_and_json_is_of_its_kind() -> None:
    @pipeline
    def chosen(mode: Literal["fast", "slow"], names: list[str], params: dict[str, int]) -> None:
        """Takes them."""

    assert chosen.parse({"mode": "slow"}) == chosen.parse({"mode": '"slow"'}) == {"mode": "slow"}
    with pytest.raises(InputError) as caught:
        chosen.parse({"mode": "quick", "names": "{}", "params": "[1]"})
    assert caught.value.fields == {
        "mode": "expected one of fast, slow",
        "names": "expected a list, such as [1, 2]",
        "params": 'expected names with values, such as {"depth": 3}',
    }


def test_parameters_are_recorded_as_json_and_revived() -> None:
    given = {"data": File("a.csv"), "rows": 5, "params": {"x": [1, None]}, "names": ["n"]}
    graph = taxi.build(**given)
    recorded = json.loads(json.dumps(dict(graph.parameters)))
    assert recorded["data"] == "a.csv"
    assert recorded["rate"] == 0.5
    again = taxi.revive(recorded)
    assert again["data"] == File("a.csv")
    assert {name: again[name] for name in given} == given
    assert taxi.build(**again).parameters == graph.parameters


def test_parameters_that_are_gone_are_left_out_when_a_run_is_revived() -> None:
    assert taxi.revive({"rows": 1, "gone": 2}) == {"rows": 1}


def test_unknown_parameters() -> None:
    with pytest.raises(InputError, match=r"pipeline 'taxi': .*'row'") as caught:
        taxi.build(row=1)
    assert str(caught.value.expected).startswith("parameters data, rows, rate")


def test_parameters_must_be_json() -> None:
    with pytest.raises(InputError, match="a pipeline parameter holds set"):
        taxi.build(names={"a"})


def test_a_pipeline_without_steps() -> None:
    @pipeline
    def empty() -> None:
        return None

    with pytest.raises(InputError, match="has no steps") as caught:
        empty.build()
    assert "@step" in str(caught.value.fix)


def test_the_file_is_remembered() -> None:
    assert {file.name for file in taxi.build().sources} == {"test_pipeline.py"}
