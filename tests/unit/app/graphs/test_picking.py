"""What of a run becomes nodes: by the lineage of the run, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring
from mainspring.app.graphs import CONFIG, Wanted, pick, write
from mainspring.app.graphs.files import problems_of, read
from mainspring.app.graphs.picking import few
from mainspring.app.graphs.writing import write_config
from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Examples, Table
from mainspring.pipelines.loading import load_pipeline
from mainspring.serving.graphs.stepping import StepNode

CODE = """
from typing import NamedTuple

from mainspring import pipeline, step


class Read(NamedTuple):
    text: list[str]
    size: list[int]


@step
def read() -> Read:
    return Read(["The cat", "a Dog", "the dog"], [1, 2, 3])


@step
def stop() -> list[str]:
    return ["the", "a"]


@step
def clean(text: list[str], *, lower: bool = False) -> list[str]:
    return [one.lower() if lower else one for one in text]


@step
def count(text: list[str], stop: list[str], size: list[int], known: list[str]) -> dict[str, list[int]]:
    rows = [[word for word in one.split() if word not in stop] for one in text]
    return {"words": [len(one) for one in rows], "new": [sum(word not in known for word in one) for one in rows],
            "size": [one + 1 for one in size]}


@step
def learn(text: list[str]) -> list[str]:
    return sorted({word for one in text for word in one.split()})[:3]


@pipeline
def words():
    text, size = read()
    cleaned = clean(text, lower=True)
    count(cleaned, stop(), size, learn(cleaned))
"""


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    (tmp_path / "words_steps.py").write_text(CODE)
    with mainspring.open(tmp_path) as opened:
        opened.pipelines.run(load_pipeline(tmp_path / "words_steps.py", root=tmp_path))
        yield opened


def test_edges_requests_and_what_was_learnt_follow_from_the_lineage(opened: Any, tmp_path: Path) -> None:
    wanted = Wanted(steps=["clean", "count"], states=["count.stop"])
    folder = tmp_path / "out"
    folder.mkdir()
    run = pick(opened, "latest", wanted, folder / "code")
    clean, count = run.steps
    assert {name: one.step for name, one in clean.data.items()} == {"text": ""}
    assert clean.parameters == {"lower": True}
    assert {name: one.step for name, one in count.data.items()} == {"text": "clean", "size": ""}
    assert set(count.states) == {"stop", "known"}
    assert count.gave == {"words": [1, 1, 1], "new": [0, 0, 0], "size": [2, 3, 4]}
    options = write(opened, run, folder, name="words", processes=False)
    nodes = options["models"]["words"]["graph"]["nodes"]
    assert nodes["count"]["reads"] == {"text": "clean.output", "size": "request.size"}
    node = StepNode("count", folder)
    said = node.predict({"text": np.array(["a dog the"], dtype=object), "size": np.array([9])})
    assert {name: one.tolist() for name, one in said.items()} == {"words": [1], "new": [0], "size": [10]}
    write_config(folder, options, run=run.name, rows=3)
    assert problems_of(read(folder / CONFIG)) == {"words": []}
    assert json.loads((folder / "count.step.json").read_text())["run"] == run.name


def test_what_cannot_be_served_is_named_at_once(opened: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no step wash"):
        pick(opened, "latest", Wanted(steps=["wash"]), tmp_path / "a")
    wrong = Wanted(
        steps=["count"],
        states=[f"count.{one}" for one in ("text", "size", "stop", "known")],
        requests=["count.none"],
    )
    with pytest.raises(InputError) as caught:
        pick(opened, "latest", wrong, tmp_path / "b")
    assert "no step has an argument count.none" in caught.value.found
    assert "no step reads what will be asked" in caught.value.found


def test_what_was_learnt_elsewhere_is_not_taken_for_rows(opened: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"count\.stop: it has 2 rows where others have 3"):
        pick(opened, "latest", Wanted(steps=["clean", "count"]), tmp_path / "a")


def test_rows_are_taken_from_the_split_that_was_held_out() -> None:
    table = Table.from_columns({"a": [1, 2, 3], "b": [4, 5, 6]})
    found = few(Examples(splits={"train": table, "eval": table.rows(1, 3)}), 1, ["b"])
    assert found.split("request").to_columns() == {"a": [2]}
    assert few({"a": [1, 2], "b": [3, 4]}, 1, ["b"]) == {"a": [1]}
    assert few([1, 2, 3], 2) == [1, 2]


def test_a_file_without_graphs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text("nodes: {a: {model: one}, b: {model: two, reads: c}}")
    [problems] = problems_of(read(file)).values()
    assert any("'c'" in one for one in problems)
    file.write_text("models: {a: {package: x}}")
    with pytest.raises(NotFoundError, match="no graph"):
        read(file)
    file.write_text("models: {a: {graph: {nodes: {x: {model: gone}}}}}")
    assert problems_of(read(file)) == {"a": ["model 'gone' is not in the file"]}
    file.write_text("nodes: {a: {modle: one}}")
    with pytest.raises(InputError, match="modle"):
        read(file)
