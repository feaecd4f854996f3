"""The record of runs: names, order, types of properties, pages."""

from typing import Any

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Execution, ExecutionState, Kind, PropertyType
from mainspring.pipelines import each, pipeline, step
from mainspring.pipelines.recording import STEP, Recorder
from mainspring.pipelines.records import StepRecord


@step
def one(n: int = 1) -> int:
    return n


@pipeline
def first() -> None:
    one()


@pipeline
def second(n: int = 0) -> None:
    one(each(list(range(n))))


def names(found: Any) -> list[str]:
    """The names of runs."""
    return [run.name for run in found]


def test_runs_newest_first(place: Any) -> None:
    for number in range(4):
        place.run((first if number % 2 else second).build(), name=f"run-{number}")
    records = place.records
    assert names(records.runs()) == ["run-3", "run-2", "run-1", "run-0"]
    assert names(records.runs(limit=2)) == ["run-3", "run-2"]
    assert names(records.runs(pipeline="first")) == ["run-3", "run-1"]
    assert names(records.runs(pipeline="gone")) == []
    assert names(records.runs(pipeline="first", before=records.run("run-3").id)) == ["run-1"]


def test_references(place: Any) -> None:
    with pytest.raises(NotFoundError, match="there is no run 'latest'") as caught:
        place.records.run()
    assert caught.value.fix == "start one: mainspring run"
    for name in ("taxi-1", "taxi-12", "census_1", "censusx1", "a=50"):
        place.run(first.build(), name=name)
    records = place.records
    assert records.run().name == "a=50"
    assert records.run("latest~2").name == "census_1"
    assert records.run("taxi-1").name == "taxi-1", "an exact name wins"
    assert records.run("-12").name == "taxi-12"
    assert records.run("s_1").name == "census_1", "an underscore is no wildcard"
    assert records.run("=5").name == "a=50"
    with pytest.raises(InputError, match="'census' means several runs: censusx1, census_1"):
        records.run("census")
    for unknown in ("a%", "gone"):
        with pytest.raises(NotFoundError, match="mainspring runs"):
            records.run(unknown)
    for wrong in ("latest~x", "latest~-1", "latest~1.5"):
        with pytest.raises(InputError, match="names no run"):
            records.run(wrong)
    with pytest.raises(NotFoundError):
        records.run("latest~99")


def test_all_steps_of_a_large_run(place: Any) -> None:
    """More than one page of the store."""
    recorder = Recorder(place.stores.record)
    recorder.start_run("big", "p", {}, "w", 60)
    for start in range(0, 1200, 400):
        nodes = [
            Execution(
                type=STEP,
                state=ExecutionState.COMPLETE,
                properties={"node": f"n{number}", "run": "big", "pipeline": "p", "step": "n"},
            )
            for number in range(start, start + 400)
        ]
        recorder.publish(nodes, [])
    assert [one.node for one in place.records.steps("big")] == [f"n{number}" for number in range(1200)]


def test_the_latest_execution_of_a_node_counts(place: Any) -> None:
    recorder = Recorder(place.stores.record)
    recorder.start_run("r", "p", {}, "w", 60)
    for state in (ExecutionState.FAILED, ExecutionState.COMPLETE, ExecutionState.SKIPPED):
        properties = {"node": "n", "run": "r", "pipeline": "p", "step": "n"}
        recorder.publish([Execution(type=STEP, state=state, properties=properties)], [])
    (step_record,) = place.records.steps("r")
    assert step_record.state is ExecutionState.SKIPPED
    before = place.records.previous("p", "n")
    assert before is not None
    assert before.state is ExecutionState.COMPLETE
    assert place.records.previous("p", "n", before=before.execution.id) is None


def test_a_run_begins_as_running_under_a_lease(place: Any) -> None:
    run, context = Recorder(place.stores.record).start_run("r", "p", {"x": 1}, "host:1", 60)
    assert (run.state, run.worker, run.custom) == (ExecutionState.RUNNING, "host:1", {"x": 1})
    assert run.lease_until is not None
    assert context.name == "r"
    assert place.stores.record.reap() == []


def test_properties_find_their_types(place: Any) -> None:
    """What does not fit the type that was declared first is kept, but not searched by type."""
    recorder = Recorder(place.stores.record)
    made = recorder.artifact("test.T", {"size": 1, "rate": 0.5, "word": "a", "ok": True, "shape": [1, 2]})
    assert dict(made.properties) == {"size": 1, "rate": 0.5, "word": "a", "ok": True, "shape": [1, 2]}
    (declared,) = [one for one in place.stores.record.types(Kind.ARTIFACT) if one.name == "test.T"]
    assert declared.properties == {
        "size": PropertyType.INT,
        "rate": PropertyType.DOUBLE,
        "word": PropertyType.STRING,
        "ok": PropertyType.BOOLEAN,
        "shape": PropertyType.STRUCT,
    }
    other = recorder.artifact("test.T", {"size": 1.5, "rate": 2, "word": None, "ok": "yes", "new": 3})
    assert dict(other.properties) == {"rate": 2.0, "new": 3}
    assert dict(other.custom) == {"size": 1.5, "word": None, "ok": "yes"}
    recorder.publish([made, other], [])


def test_two_processes_declare_the_same_type_differently(place: Any) -> None:
    one, two = Recorder(place.stores.record), Recorder(place.stores.record)
    first_artifact = one.artifact("test.U", {"value": 1})
    second_artifact = two.artifact("test.U", {"value": 0.5})
    one.publish([first_artifact], [])
    stored = two.publish([second_artifact], [])[0]
    assert {**stored.properties, **stored.custom} == {"value": 0.5}  # type: ignore[union-attr]  # an artifact
    grown = one.artifact("test.U", {"value": 2, "left": 1})
    other = two.artifact("test.U", {"value": 3, "right": 1})
    assert (dict(grown.properties), dict(other.properties)) == ({"value": 2, "left": 1}, {"value": 3, "right": 1})
    one.publish([grown, other], [])


def test_what_a_step_record_tells() -> None:
    def record(state: str, **custom: Any) -> StepRecord:
        return StepRecord(Execution(type=STEP, id=7, state=ExecutionState(state), custom=custom))

    assert record("COMPLETE").original == 7
    assert record("CACHED", cached_from=3).original == 3
    assert record("CACHED", reused_from=4).original == 4
    assert (record("CACHED").cached, record("CACHED").good, record("FAILED", error="e").error) == (True, True, "e")
    assert record("FAILED").good is False
    assert record("COMPLETE").seconds == 0.0
