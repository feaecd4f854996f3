"""A step's function, asked as a class is asked."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mainspring.core.digests import digest_file
from mainspring.core.errors import IntegrityError, NotFoundError
from mainspring.serving.components.inline import InlineComponent
from mainspring.serving.components.options import Component
from mainspring.serving.graphs.stepping import Column, State, StepNode, StepSpec, write_spec
from mainspring.serving.graphs.stepping.spec import Given

CODE = '''
"""Steps as users write them."""
import json
from pathlib import Path

from mainspring import step
from neighbour import SHIFT


class Words:
    ARTIFACT_TYPE = "test.Words"

    def __init__(self, places: dict[str, int]) -> None:
        self.places = places

    @classmethod
    def load(cls, folder: Path) -> "Words":
        return cls(json.loads((folder / "words.json").read_text()))


@step
def count(
    tokens: list[list[str]], words: Words, stop: tuple[str, ...] = (), *, times: int = 1
) -> dict[str, list[int]]:
    assert isinstance(stop, tuple)
    return {
        word: [times * sum(one == word for one in row if one not in stop) + SHIFT for row in tokens]
        for word in words.places
    }
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "text_steps.py").write_text(CODE)
    (tmp_path / "code" / "neighbour.py").write_text("SHIFT = 100\n")
    words = tmp_path / "state" / "count.words"
    words.mkdir(parents=True)
    (words / "words.json").write_text(json.dumps({"a": 0, "b": 1}))
    (tmp_path / "state" / "count.stop").write_text('["the"]')
    files = {name: digest_file(tmp_path / "code" / name) for name in ("text_steps.py", "neighbour.py")}
    spec = StepSpec(
        name="count",
        function="text_steps:count",
        files=files,
        code={},
        data={"tokens": Given(form="list", columns=(Column(name="tokens", packed=True),))},
        state={
            "words": State(type="test.Words", path="state/count.words"),
            "stop": State(type="mainspring.Json", path="state/count.stop"),
        },
        parameters={"times": 2},
        gives=(Column(name="a", datatype="INT64"), Column(name="b", datatype="INT64")),
    )
    write_spec(tmp_path, spec)
    return tmp_path


def test_a_step_is_asked_as_a_class(folder: Path) -> None:
    component = Component(
        entry="mainspring.serving.graphs.stepping:StepNode",
        arguments={"step": "count", "folder": str(folder)},
        inline=True,
    )
    node = InlineComponent(component)
    assert node.described.batches
    assert node.described.inputs == [{"name": "tokens", "datatype": "BYTES", "shape": [-1]}]
    assert [one["name"] for one in node.described.outputs] == ["a", "b"]
    tokens = np.array(['["a", "the", "a"]', '["b"]'], dtype=object)
    for method in ("predict", "transform_input"):
        found = node.call(method, {"tokens": tokens}, how="tensors").value
        assert {name: one.tolist() for name, one in found.items()} == {"a": [104, 100], "b": [100, 102]}


def test_files_of_a_run_stay_apart_from_others_of_their_names(folder: Path) -> None:
    before = dict(sys.modules)
    StepNode("count", folder)
    assert "text_steps" not in sys.modules
    assert sys.modules.get("neighbour") is before.get("neighbour")
    assert str(folder / "code") not in sys.path
    other = folder.with_name("other")
    folder.rename(other)
    (other / "code" / "neighbour.py").write_text("SHIFT = 200\n")
    spec = json.loads((other / "count.step.json").read_text())
    spec["files"]["neighbour.py"] = digest_file(other / "code" / "neighbour.py")
    (other / "count.step.json").write_text(json.dumps(spec))
    tokens = np.array(['["b"]'], dtype=object)
    assert StepNode("count", other).predict({"tokens": tokens})["b"].tolist() == [202]


def test_code_that_was_changed_is_refused(folder: Path) -> None:
    with (folder / "code" / "neighbour.py").open("a") as file:
        file.write("# other\n")
    with pytest.raises(IntegrityError, match="not the one that the run had"):
        StepNode("count", folder)


def test_what_is_gone_is_named(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="no step 'counts'"):
        StepNode("counts", folder)
    (folder / "state" / "count.stop").unlink()
    with pytest.raises(NotFoundError, match="learnt is gone"):
        StepNode("count", folder)
