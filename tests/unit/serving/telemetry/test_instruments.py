"""What is counted of finished calls, and what becomes of versions that come and go."""

import asyncio
from pathlib import Path

import pytest

from mainspring.evaluation.assertions import Answered, Assertion
from mainspring.serving.call import Call
from mainspring.serving.prediction import Prediction
from mainspring.serving.repository import Repository
from mainspring.serving.served import Served
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.instruments import Instruments
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.server_metrics import ServerMetrics
from mainspring.serving.telemetry.snapshot import Snapshot
from mainspring.serving.trace_context import TraceContext

RULE = Assertion(name="rich", when="fare > 100", action="block")


class Taxi:
    name, version, runtime, task, quick, trouble = "taxi", "1", "rule", "classification", True, ""
    assertions = (RULE,)


def prediction(rows: int = 1, **more: object) -> Prediction:
    return Prediction((), {}, (), rows, {}, 0.002, **more)


def call(**more: object) -> Call:
    given = {
        "served": Served(Taxi()),
        "prediction": prediction(),
        "began": 10.0,
        "asked": 10.001,
        "computed": 10.004,
        "ended": 10.01,
        "status": 200,
    }
    made = Call("v2", "taxi")
    for name, value in (given | more).items():
        setattr(made, name, value)
    return made


def counted(*calls: Call) -> Snapshot:
    registry = Registry()
    instruments = Instruments(registry)
    for one in calls:
        instruments(one)
    return registry.snapshot()


def figures(snapshot: Snapshot, family: object) -> dict[tuple[str, ...], float]:
    return {values: one.value for values, one in snapshot.table(family).series.items()}


def test_an_answer_is_counted_with_its_times() -> None:
    snapshot = counted(call(), call(prediction=prediction(5), protocol="v1"))
    assert figures(snapshot, schema.REQUESTS) == {("taxi", "1", "v2", "200"): 1, ("taxi", "1", "v1", "200"): 1}
    assert snapshot.total(schema.ROWS_ANSWERED.name) == 6
    assert snapshot.total(schema.EXECUTIONS.name) == 2
    assert snapshot.total(schema.ERROR_SECONDS.name) == 0
    sums = {
        family.name: sum(series.sum for _, series in snapshot.select(family.name))
        for family in (schema.REQUEST_SECONDS, schema.READ_SECONDS, schema.MODEL_SECONDS, schema.WRITE_SECONDS)
    }
    assert list(sums.values()) == pytest.approx([0.02, 0.002, 0.004, 0.012])
    assert snapshot.total(schema.QUEUE_SECONDS.name) == 0


def test_a_failure_is_counted_by_kind_and_fault() -> None:
    bad = {"prediction": None, "kind": "BAD_INPUT", "status": 400, "error": "x"}
    broken = {"prediction": None, "kind": "MODEL_FAILED", "status": 500, "error": "x"}
    snapshot = counted(call(**bad), call(**broken), call(**broken))
    assert figures(snapshot, schema.ERRORS) == {
        ("taxi", "1", "BAD_INPUT"): 1,
        ("taxi", "1", "MODEL_FAILED"): 2,
    }
    assert figures(snapshot, schema.ERROR_SECONDS) == {("taxi", "1", "server"): 2, ("taxi", "1", "caller"): 1}
    assert snapshot.total(schema.ROWS_ANSWERED.name) == 0


def test_a_request_for_a_model_that_is_not_served_makes_no_series_of_its_name() -> None:
    snapshot = counted(
        *(
            call(model=f"typo {number}", served=None, prediction=None, kind="NOT_FOUND", status=404, began=0.0)
            for number in range(50)
        )
    )
    assert figures(snapshot, schema.REQUESTS) == {("", "", "v2", "404"): 50}
    assert snapshot.total(schema.REQUEST_SECONDS.name) == 0


def test_a_batch_is_one_call_of_the_model() -> None:
    batched = [call(prediction=prediction(rows), batch=12, queue=0.003) for rows in (3, 4, 5)]
    snapshot = counted(*batched)
    assert snapshot.total(schema.EXECUTIONS.name) == pytest.approx(1)
    assert snapshot.total(schema.QUEUE_SECONDS.name) == 3
    assert snapshot.total(schema.BATCH_ROWS.name) == 3
    assert sum(one.sum for _, one in snapshot.select(schema.BATCH_ROWS.name)) == 36


def test_a_remembered_answer_is_no_call_of_the_model() -> None:
    snapshot = counted(call(cached=True))
    assert snapshot.total(schema.CACHE_HITS.name) == 1
    assert snapshot.total(schema.EXECUTIONS.name) == 0
    assert snapshot.total(schema.MODEL_SECONDS.name) == 0
    assert snapshot.total(schema.ROWS_ANSWERED.name) == 1


def test_violations_are_counted_but_not_of_rows_made_up_to_explain() -> None:
    other = Assertion(name="late", when="hour > 22", action="flag")
    answered = Answered({}, {}, [(RULE, other), (), (other,)], {0: "rich"})
    blocked = call(prediction=prediction(3, answered=answered), kind="BLOCKED", status=422, error="it is blocked")
    made_up = call(prediction=prediction(3, answered=answered), made_up=True)
    snapshot = counted(blocked, made_up)
    assert figures(snapshot, schema.ASSERTIONS) == {
        ("taxi", "1", "rich", "block"): 1,
        ("taxi", "1", "late", "flag"): 2,
    }
    assert snapshot.total(schema.ROWS_VIOLATING.name) == 2
    assert snapshot.total(schema.ROWS_ANSWERED.name) == 6


def test_what_limits_turn_away_is_counted_by_reason() -> None:
    registry = Registry()
    instruments = Instruments(registry)
    instruments(call(prediction=None, kind="BUSY", status=429))
    instruments(call(prediction=None, kind="OVERLOADED", status=503))
    instruments.rejected("BUSY")
    assert figures(registry.snapshot(), schema.REJECTED) == {
        ("taxi", "BUSY"): 1,
        ("taxi", "OVERLOADED"): 1,
        ("", "BUSY"): 1,
    }


def test_a_sampled_trace_becomes_an_example_of_its_bucket() -> None:
    traced = TraceContext("ab" * 16, "cd" * 8, sampled=True)
    snapshot = counted(call(trace=traced), call(trace=TraceContext("ef" * 16, "cd" * 8)))
    [(_, series)] = snapshot.select(schema.REQUEST_SECONDS.name)
    [exemplar] = series.exemplars.values()
    assert exemplar.trace == "ab" * 16
    assert exemplar.value == pytest.approx(0.01)


def test_a_new_version_begins_with_zeros_and_an_old_one_goes_after_a_while() -> None:
    clock = [1000.0]
    models = Repository.of([Taxi()])
    metrics = ServerMetrics(models, ready=lambda: True, clock=lambda: clock[0])

    def lines() -> list[str]:
        return [line for line in metrics.exposition().body.decode().splitlines() if 'version="1"' in line]

    assert 'mainspring_assertions_total{model="taxi",version="1",assertion="rich",action="block"} 0' in lines()
    assert 'mainspring_rows_total{model="taxi",version="1"} 0' in lines()
    assert 'mainspring_model_state{model="taxi",version="1",state="READY"} 1' in lines()
    metrics.instruments(call())
    models._shelves.clear()  # as when it was unloaded
    clock[0] += 3600
    assert 'mainspring_rows_total{model="taxi",version="1"} 1' in lines()
    clock[0] += 3601
    assert lines() == []


def test_misses_of_a_cache_go_on_when_a_version_is_loaded_anew() -> None:
    from types import SimpleNamespace

    models = Repository.of([Taxi()])
    metrics = ServerMetrics(models, ready=lambda: True)
    [served] = models
    served.cache = SimpleNamespace(counts=SimpleNamespace(misses=5))

    def misses() -> float:
        return metrics.registry.snapshot().total(schema.CACHE_MISSES.name)

    assert misses() == 5
    again = Repository.of([Taxi()])
    [fresh] = again
    fresh.cache = SimpleNamespace(counts=SimpleNamespace(misses=2))
    models._shelves.update(again._shelves)
    assert misses() == 7


def test_a_process_tells_of_itself_and_closes(tmp_path: Path) -> None:
    ready = [True]
    other = Registry(tmp_path)
    metrics = ServerMetrics(Repository.of([Taxi()]), ready=lambda: ready[0], folder=tmp_path, worker=3)

    async def live() -> None:
        async with metrics.running():
            await asyncio.sleep(0)
            found = other.snapshot()
            assert found.total(schema.READY.name) == 1
            assert found.total(schema.WORKER_MEMORY.name, worker="3") > 1e6
            assert found.total(schema.CPU.name) > 0
            ready[0] = False
            metrics.refresh()
            assert other.snapshot().total(schema.READY.name) == 0

    asyncio.run(live())
    gone = other.snapshot()
    assert gone.total(schema.WORKER_MEMORY.name) == 0
    assert gone.total(schema.CPU.name) > 0
