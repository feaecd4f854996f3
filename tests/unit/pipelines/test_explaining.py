"""Explaining: why a step ran, and what changed between two runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from mainspring.core.errors import NotFoundError
from mainspring.pipelines import pipeline, step
from mainspring.pipelines.explaining import compare_runs, explain
from mainspring.pipelines.graph import select
from mainspring.pipelines.loading import load_pipeline

TEXT = """
from mainspring import File, pipeline, step

@step
def read(data: File) -> list[int]:
    return [int(line) for line in data.path.read_text().split()]

@step
def total(numbers: list[int], plus: int = 0) -> int:
    return sum(numbers) + plus

@step
def double(number: int) -> int:
    return 2 * number

@pipeline
def sums(data: File = File("in.txt"), plus: int = 0):
    double(total(read(data), plus))
"""


@pytest.fixture
def run(place: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the pipeline of a file as it is at that moment, as a new process would."""
    import linecache
    import sys

    file = place.root / "ms_explained.py"
    monkeypatch.setattr(sys, "path", list(sys.path))

    def go(name: str, *, text: str = TEXT, data: str = "1 2 3", only: str = "", **parameters: Any) -> Any:
        file.write_text(text)
        (place.root / "in.txt").write_text(data)
        sys.modules.pop("ms_explained", None)
        linecache.clearcache()
        graph = load_pipeline(file, None, place.root).build(**parameters)
        return place.run(graph, name=name, selection=select(graph, only=[only]) if only else None)

    yield go
    sys.modules.pop("ms_explained", None)


def explained(place: Any, run: str) -> dict[str, Any]:
    """The explanations of a run by step."""
    return {one.node: explain(place.records, place.stores.blobs, one) for one in place.records.steps(run)}


def test_why_each_step_ran(place: Any, run: Any) -> None:
    run("one")
    first = explained(place, "one")
    assert {one.summary for one in first.values()} == {"it never ran before in this pipeline"}

    run("two")
    assert all(one.summary.startswith("cached: it repeats execution ") for one in explained(place, "two").values())
    assert explained(place, "two")["read"].as_dict()["cached"] is True

    run("three", plus=5)
    third = explained(place, "three")
    assert third["total"].summary == "it ran because its parameters changed"
    assert [str(one) for one in third["total"].differences] == ["parameter 'plus' changed from 0 to 5"]
    assert third["double"].summary == "it ran because its inputs changed"

    run("four", plus=5, data="1 2 4")
    assert [str(one) for one in explained(place, "four")["read"].differences] == [
        "the content of input 'data' changed"
    ]


def test_an_edit_is_shown(place: Any, run: Any) -> None:
    run("one")
    run("two", text=TEXT.replace("return 2 * number", "return 3 * number"))
    found = explained(place, "two")
    assert found["double"].summary == "it ran because its code changed"
    assert [str(one) for one in found["double"].differences] == ["the code of ms_explained:double changed"]
    assert "-    return 2 * number" in found["double"].code_diff
    assert "+    return 3 * number" in found["double"].code_diff
    assert list(found["total"].code_diff) == []
    body = found["double"].as_dict()
    assert (body["step"], body["state"], body["cached"]) == ("double", "COMPLETE", False)
    assert body["differences"][0]["part"] == "code"


def test_steps_that_were_not_executed(place: Any, run: Any) -> None:
    run("one", text=TEXT.replace("return sum(numbers) + plus", "raise ValueError('no sum')"))
    found = explained(place, "one")
    assert found["double"].summary == "total, which it needs, failed"
    run("two", text=TEXT)
    run("three", text=TEXT, only="double")
    assert explained(place, "three")["total"].summary.startswith("cached: it repeats execution ")


@dataclass(frozen=True)
class Evaluation:
    """It passes for one."""

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Evaluation"

    accuracy: float

    def properties(self) -> Mapping[str, Any]:
        """To search by."""
        return {"accuracy": self.accuracy, "label": "x"}

    def save(self, folder: Path) -> None:
        """Write it."""
        (folder / "a").write_text(str(self.accuracy))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it."""
        return cls(float((folder / "a").read_text()))


def test_what_changed_between_two_runs(place: Any, run: Any) -> None:
    run("one")
    run("same")
    found = compare_runs(place.records, place.stores.blobs, "one", "same")
    assert found.same
    assert (found.before, found.after) == ("one", "same")

    edited = TEXT.replace("return 2 * number", "return 3 * number")
    run("other", text=edited, plus=1, data="1 2 3 4")
    found = compare_runs(place.records, place.stores.blobs, "one", "other")
    assert not found.same
    assert found.parameters == {"plus": (0, 1)}
    assert list(found.data) == ["read.data"]
    before, after = found.data["read.data"]
    assert before != after
    assert {one.step: one.outputs_changed for one in found.steps} == {"read": True, "total": True, "double": True}
    changed = {one.step: [str(each) for each in one.differences] for one in found.steps}
    assert changed["double"] == [
        "the code of ms_explained:double changed",
        "the content of input 'number' changed",
    ]
    assert "+    return 3 * number" in found.code


def test_a_comment_is_a_change_of_code_but_of_no_step(place: Any, run: Any) -> None:
    run("one")
    run("two", text="# about\n" + TEXT, data="1 2 3 ")
    found = compare_runs(place.records, place.stores.blobs, "one", "two")
    assert list(found.data) == ["read.data"]
    assert {one.step: one.outputs_changed for one in found.steps} == {
        "read": False,
        "total": False,
        "double": False,
    }


def test_steps_that_came_and_went(place: Any) -> None:
    @step
    def evaluate(value: float) -> Evaluation:
        return Evaluation(value)

    @step
    def extra() -> int:
        return 1

    def runs(name: str, value: float, with_extra: bool) -> None:
        @pipeline(name="p")
        def both() -> None:
            evaluate(value)
            (extra if with_extra else extra.named("renamed"))()

        place.run(both.build(), name=name)

    runs("a", 0.5, True)
    runs("b", 0.75, False)
    found = compare_runs(place.records, place.stores.blobs, "a", "b")
    assert (found.only_before, found.only_after) == (["extra"], ["renamed"])
    assert found.metrics == {"accuracy": (0.5, 0.75)}
    with pytest.raises(NotFoundError):
        compare_runs(place.records, place.stores.blobs, "a", "zzz")


def test_files_of_the_pipeline_are_kept_with_the_run(place: Any, run: Any) -> None:
    run("one")
    step = place.records.steps("one")[0]
    (code,) = place.records.inputs([step.original])[step.original]["code"]
    assert [entry.path for entry in place.stores.blobs.entries(code.digest)] == ["ms_explained.py"]
