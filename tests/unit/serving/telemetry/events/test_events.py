"""What is odd about rows and answers: found, counted, told, and told of by every process."""

import threading
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from mainspring.core.errors import InputError, NotFoundError
from mainspring.evaluation.assertions import Answered, Assertion
from mainspring.models.problems import Problem
from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.prediction import Prediction
from mainspring.serving.ranges import ranges_of
from mainspring.serving.repository import Repository
from mainspring.serving.served import Served
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.events.event import EventKind, ModelEvent
from mainspring.serving.telemetry.events.examining import Examiner
from mainspring.serving.telemetry.events.options import EventOptions
from mainspring.serving.telemetry.events.recent import RecentEvents
from mainspring.serving.telemetry.events.telling import EventTeller
from mainspring.serving.telemetry.feedback_metrics import Judge
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.slo import Objective

FLAG = Assertion(name="odd fare", when="fare > 100", action="flag")


class Taxi:
    name, version, runtime, task, quick, trouble = "taxi", "1", "rule", "classification", True, ""
    assertions = (FLAG,)
    classes = ("no", "yes")
    inputs = (
        Field("fare", "FP64"),
        Field("hour", "INT64"),
        Field("company", "BYTES", domain=("A", "B")),
    )
    outputs = (Field("label", "BYTES"), Field("probabilities", "FP64", shape=(-1, 2)))
    ranges: ClassVar = {"fare": (0.0, 100.0), "hour": (0.0, 23.0)}


class Bare(Taxi):
    name = "bare"
    inputs = (Field("x", "FP64"),)
    outputs = (Field("prediction", "FP64"),)
    ranges: ClassVar = {}


class Examining:
    """An examiner whose thread has ended, so that a test looks when it wants to."""

    def __init__(self, options: EventOptions | None = None, **more: object) -> None:
        self.registry = Registry()
        self.recent = RecentEvents(100)
        self.sent: list[dict[str, object]] = []
        options = options or EventOptions(values=True, events_per_second=1e6)
        self.examiner = Examiner(options, self.registry, self.recent, sinks=[self], **more)
        self.examiner._stop.set()
        self.examiner._wake.set()
        self.examiner._thread.join()
        self.examiner._tell_left = 0
        self.served = Served(Taxi())

    def emit(self, event: dict[str, object]) -> bool:
        self.sent.append(event)
        return True

    def ask(self, rows: list[tuple[object, ...]], **more: object) -> None:
        call = Call("v2", "taxi", served=self.served, status=200, id="r1", time=1.0, began=1.0, ended=2.0)
        call.prediction = prediction(rows)
        for name, value in more.items():
            setattr(call, name, value)
        self.examiner(call)

    def counts(self) -> dict[tuple[str, str], float]:
        self.examiner.look()
        found = self.registry.snapshot().select(schema.EVENTS.name)
        return {(labels["kind"], labels["column"]): series.value for labels, series in found}

    def total(self, family: object) -> float:
        return self.registry.snapshot().total(family.name)


def prediction(rows: list[tuple[object, ...]]) -> Prediction:
    company = np.empty(len(rows), dtype=object)
    company[:] = [row[2] for row in rows]
    columns = {
        "fare": np.array([row[0] for row in rows], dtype=float),
        "hour": np.array([row[1] for row in rows], dtype=float),
        "company": company,
    }
    sure = np.array([row[3] for row in rows], dtype=float)
    outputs = {"label": np.array(["yes"] * len(rows), dtype=object), "probabilities": np.c_[1 - sure, sure]}
    return Prediction(Taxi.inputs, outputs, Taxi.outputs, len(rows), columns, 0.001, Taxi.classes)


@pytest.mark.parametrize("together", [True, False])
def test_what_is_odd_is_found_in_one_request_and_in_many(together: bool) -> None:
    rows = [
        (10.0, 5, "A", 0.9),
        (100.0, 23, None, 0.9),
        (100.5, 24, "C", 0.9),
        (-1.0, 5, "D", 0.55),
        (float("nan"), float("nan"), "B", 0.6),
    ]
    examining = Examining()
    for asked in [rows] if together else [[row] for row in rows]:
        examining.ask(asked)
    assert examining.counts() == {
        ("out_of_range", "fare"): 2,
        ("out_of_range", "hour"): 1,
        ("unseen_category", "company"): 2,
        ("low_confidence", ""): 1,
    }
    assert examining.total(schema.ROWS_EXAMINED) == 5
    assert examining.total(schema.ROWS_ODD) == 2
    told = {(event.kind, event.column, event.value) for event in examining.recent.last(10, model="taxi")}
    assert told == {
        ("out_of_range", "fare", "100.5"),
        ("out_of_range", "fare", "-1.0"),
        ("out_of_range", "hour", "24.0"),
        ("unseen_category", "company", "C"),
        ("unseen_category", "company", "D"),
        ("low_confidence", "", "0.55"),
    }
    places = {(event.column, event.value): event.row for event in examining.recent.last(10, model="taxi")}
    assert places["company", "D"] == (3 if together else 0)


def test_an_event_is_a_cloud_event_without_values_unless_asked() -> None:
    examining = Examining(EventOptions())
    examining.ask([(500.0, 1, "A", 0.9)])
    examining.examiner.look()
    [event] = examining.sent
    data = event.pop("data")
    assert event.pop("id")
    assert event == {
        "specversion": "1.0",
        "source": "/v2/models/taxi/versions/1",
        "type": "io.mainspring.model.event",
        "time": "1970-01-01T00:00:01.000Z",
        "datacontenttype": "application/json",
        "subject": "r1",
    }
    assert data["kind"] == "out_of_range"
    assert data["expected"] == "0 to 100, as in training"
    assert "value" not in data
    assert "500" not in str(examining.recent.last(1, model="taxi"))


def test_margin_and_confidence_are_settings() -> None:
    examining = Examining(EventOptions(margin=0.1, confidence=0.95))
    examining.ask([(110.0, 1, "A", 0.9), (111.0, 1, "A", 0.99)])
    assert examining.counts() == {("out_of_range", "fare"): 1, ("low_confidence", ""): 1}


def test_what_assertions_did_is_told_for_every_row() -> None:
    examining = Examining(EventOptions(rows_per_second=0, values=True))
    rows = [(150.0, 1, "A", 0.9), (50.0, 1, "A", 0.9)]
    answered = prediction(rows)
    block = Assertion(name="never", when="fare > 149", action="block")
    held = Answered(answered.outputs, answered.outputs, [(FLAG, block), ()], {})
    examining.ask(rows, prediction=replace(answered, answered=held))
    assert examining.counts() == {("flagged", ""): 1, ("blocked", ""): 1}
    assert examining.total(schema.ROWS_EXAMINED) == 0
    assert [event.value for event in examining.recent.last(9, model="taxi")] == ["odd fare", "never"]


def test_what_was_refused_is_told_and_unknown_names_make_no_series() -> None:
    examining = Examining()
    problems = [
        Problem("MISSING_COLUMN", "a column", column="fare"),
        Problem("MISSING_VALUE", "a value", column="hour", row=3),
        Problem("WRONG_TYPE", "a number", column="fare", row=1, value="'x'"),
        Problem("UNKNOWN_COLUMN", "perhaps fare", column="fair"),
        Problem("WRONG_LENGTH", "3 rows", column="fare"),
    ]
    examining.ask([], prediction=None, problems=problems, kind="BAD_INPUT", status=400)
    assert examining.counts() == {
        ("missing_required", "fare"): 1,
        ("missing_required", "hour"): 1,
        ("wrong_type", "fare"): 1,
        ("unknown_column", ""): 1,
    }
    rows = {(event.column, event.row) for event in examining.recent.last(9, model="taxi")}
    assert ("hour", 3) in rows
    assert ("fair", -1) in rows


def test_of_many_rows_some_are_looked_at_and_few_are_told_of() -> None:
    examining = Examining(EventOptions(rows_per_second=400, events_per_second=40))
    for _ in range(5):
        examining.ask([(500.0, 1, "A", 0.9)] * 60)
    examining.examiner.look()
    assert 100 <= examining.total(schema.ROWS_EXAMINED) <= 160
    assert examining.total(schema.ROWS_ODD) == examining.total(schema.ROWS_EXAMINED)
    assert len(examining.recent.last(1000, model="taxi")) == 10
    examining.ask([(500.0, 1, "A", 0.9)])
    examining.examiner.look()
    assert len(examining.recent.last(1000, model="taxi")) == 11


def test_made_up_rows_and_models_that_are_not_served_are_left_out() -> None:
    examining = Examining()
    examining.ask([(500.0, 1, "A", 0.9)], made_up=True)
    examining.ask([(500.0, 1, "A", 0.9)], served=None)
    assert examining.counts() == {}


def test_confidence_is_judged_for_objectives() -> None:
    sure = Objective(name="sure", kind="quality", measure="confidence", threshold=0.8, target=0.9)
    registry = Registry()
    examining = Examining(EventOptions(), judge=Judge(registry, [sure]))
    examining.ask([(1.0, 1, "A", 0.9), (1.0, 1, "A", 0.8), (1.0, 1, "A", 0.7)])
    examining.examiner.look()
    snapshot = registry.snapshot()
    assert snapshot.total(schema.SLO_JUDGED.name, slo="sure", result="good") == 2
    assert snapshot.total(schema.SLO_JUDGED.name, slo="sure", result="bad") == 1


def test_what_cannot_be_looked_for_is_said_with_a_reason() -> None:
    examining = Examining()
    assert examining.examiner.skipped(examining.served) == {}
    skipped = examining.examiner.skipped(Served(Bare()))
    assert skipped == {
        "out_of_range": "the package does not know the range in training of x",
        "unseen_category": "the signature names no categories",
        "low_confidence": "the model gives no probabilities",
    }
    teller = EventTeller(Repository.of([Taxi()]), examining.recent, examining.examiner)
    examining.ask([(500.0, 1, "A", 0.9)])
    examining.examiner.look()
    told = teller.told("taxi", last=5)
    assert [event["kind"] for event in told["events"]] == ["out_of_range"]
    msgspec.json.encode(told)
    with pytest.raises(NotFoundError):
        teller.told("other")
    with pytest.raises(InputError, match="last is 0"):
        teller.told("taxi", last=0)
    disabled = EventTeller(Repository.of([Taxi()]), RecentEvents(1), None).told("taxi")
    assert disabled["skipped"] == {"everything": "events.enabled is false"}


def test_a_reloaded_version_is_looked_at_by_its_own_ranges() -> None:
    examining = Examining()
    examining.ask([(500.0, 1, "A", 0.9)])
    assert examining.counts() == {("out_of_range", "fare"): 1}

    class Wider(Taxi):
        ranges: ClassVar = {"fare": (0.0, 1000.0), "hour": (0.0, 23.0)}

    examining.served = Served(Wider())
    examining.ask([(500.0, 1, "A", 0.9)])
    assert examining.counts() == {("out_of_range", "fare"): 1}


def test_the_thread_looks_by_itself_and_ends() -> None:
    registry, told = Registry(), threading.Event()

    class Sink:
        def emit(self, event: object) -> bool:
            told.set()
            return True

    examiner = Examiner(EventOptions(), registry, RecentEvents(4), sinks=[Sink()])
    call = Call("v2", "taxi", served=Served(Taxi()), status=200, prediction=prediction([(500.0, 1, "A", 0.9)]))
    examiner(call)
    assert told.wait(10)
    examiner.close()
    examiner.close()
    assert not examiner._thread.is_alive()


def event(number: int, model: str = "taxi", **more: object) -> ModelEvent:
    return ModelEvent(id=str(number), time=number, model=model, version="1", kind=EventKind.OUT_OF_RANGE, **more)


def test_the_last_events_are_kept_and_old_ones_overwritten() -> None:
    recent = RecentEvents(4)
    for number in range(10):
        recent.add(event(number, model="taxi" if number % 2 else "other"))
    assert [one.time for one in recent.last(10, model="taxi")] == [9, 7]
    assert [one.time for one in recent.last(1, model="other")] == [8]
    assert recent.last(1, model="other", version="2") == []
    recent.add(event(11, value="x" * 1000, request="r"))
    assert recent.last(1, model="taxi")[0].request == "r"
    recent.add(event(12, request="r" * 1000))
    assert recent.last(1, model="taxi")[0].time == 11


def test_every_process_tells_the_events_of_all_of_them(tmp_path: Path) -> None:
    first, second = RecentEvents(4, tmp_path), RecentEvents(4, tmp_path)
    first.add(event(1))
    second.add(event(2))
    assert [one.time for one in first.last(10, model="taxi")] == [2, 1]
    assert [one.time for one in second.last(10, model="taxi")] == [2, 1]
    first.close()
    assert [one.time for one in second.last(10, model="taxi")] == [2, 1]
    whole = bytearray(first._path.read_bytes())
    whole[20] ^= 1  # as if it had been written half
    first._path.write_bytes(whole)
    assert [one.time for one in second.last(10, model="taxi")] == [2]
    for _ in range(20):
        RecentEvents(1, tmp_path).close()
    assert len(list(tmp_path.glob("*.events"))) <= 11
    assert second._path.exists()


def test_ranges_come_from_the_package_if_it_has_any() -> None:
    class Package:
        details: ClassVar = {"ranges": {"fare": [0, 10.5]}}

    assert ranges_of(Package()) == {"fare": (0.0, 10.5)}
    assert ranges_of(object()) == {}
    Package.details = {}
    assert ranges_of(Package()) == {}


@pytest.mark.parametrize("together", [True, False])
def test_what_a_detector_in_a_graph_says_is_an_event(together: bool) -> None:
    rows = [(10.0, 5, "A", 0.9), (20.0, 5, "A", 0.9), (30.0, 5, "A", 0.9)]
    examining = Examining()
    if together:
        tags = {
            "odd.outlier": [True, False, True],
            "odd.score": [9.0, 0.1, 8.0],
            "inner/other.outlier": [False] * 3,
        }
        examining.ask(rows, prediction=replace(prediction(rows), tags=tags))
    else:
        for row, said in zip(rows, (True, False, True), strict=True):
            examining.ask(
                [row], prediction=replace(prediction([row]), tags={"odd.outlier": said, "outlier": True})
            )
    assert examining.counts() == {("outlier", "odd"): 2}
    assert examining.total(schema.ROWS_ODD) == 2
    places = [event.row for event in examining.recent.last(9, model="taxi")]
    assert sorted(places) == ([0, 2] if together else [0, 0])
