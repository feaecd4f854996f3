"""The platform as one object."""

from pathlib import Path

import pytest

import mainspring
from mainspring import File, approval, pipeline, step, when
from mainspring.core.errors import InputError, NotFoundError, StateError
from mainspring.core.records import ExecutionState


@step
def load(data: File) -> int:
    return len(data.path.read_text())


@step
def double(number: int) -> int:
    return 2 * number


@pipeline
def sizes(data: File = File("in.txt")) -> None:
    double(load(data))


@pipeline
def asking(n: int = 1) -> None:
    with when(approval("Go on?")):
        double(n)


def test_a_pipeline_that_was_written_here(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("abc")
    with mainspring.open(tmp_path) as platform:
        first = platform.pipelines.run(sizes)
        again = platform.pipelines.run(sizes, name="again")
        part = platform.pipelines.run(sizes, only=["double"])
        assert (first.state, again.run) == (ExecutionState.COMPLETE, "again")
        assert [node.state.value for node in again.nodes.values()] == ["CACHED", "CACHED"]
        assert list(part.nodes) == ["load", "double"]
        assert [run.name for run in platform.pipelines.records.runs()][1] == "again"
        assert platform.pipelines.abandoned() == []


def test_parking_and_going_on(tmp_path: Path) -> None:
    with mainspring.open(tmp_path) as platform:
        parked = platform.pipelines.run(asking, {"n": 2}, name="r")
        assert parked.state is ExecutionState.WAITING
        (given,) = platform.pipelines.approve("latest", by="Ada", reason="fine")
        assert given.by == "Ada"
        with pytest.raises(InputError, match="was started from code") as caught:
            platform.pipelines.resume("r")
        assert caught.value.fix == "pass the pipeline"
        on = platform.pipelines.resume("r", asking)
        assert on.state is ExecutionState.COMPLETE
        with pytest.raises(StateError):
            platform.pipelines.cancel("r", by="Ada", reason="late")


def test_the_projects_own_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mainspring.toml").write_text('[project]\npipeline = "ms_flows.py:second"\n')
    (tmp_path / "ms_flows.py").write_text(
        "from mainspring import pipeline, step\n@step\ndef s(n: int) -> int:\n    return n\n"
        "@pipeline\ndef first():\n    s(1)\n@pipeline\ndef second(n: int = 5):\n    s(n)\n"
    )
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    with mainspring.open() as platform:
        assert platform.settings.root == tmp_path
        result = platform.pipelines.run(parameters={"n": 6}, name="r")
        run = platform.pipelines.records.run("r")
        assert run.custom["entry"] == {"file": "ms_flows.py", "pipeline": "second"}
        assert run.custom["parameters"] == {"n": 6}
        assert list(result.nodes) == ["s"]
    sys.modules.pop("ms_flows", None)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no folder"):
        mainspring.open(tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_without_a_project_the_current_folder_has_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with mainspring.open() as platform:
        assert platform.settings.root == tmp_path
    assert list(tmp_path.iterdir()) == [], "nothing is made before it is needed"
