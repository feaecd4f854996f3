"""The loop on a log that a test writes: windows once, also when it is killed in the midst of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.monitoring.monitor.worlds import MODEL, BrokenCheck, KeeperCheck, MeanCheck, World

from mainspring.core.errors import ConflictError, InputError, StateError
from mainspring.data import ColumnType, Table, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.drift import DriftCheck
from mainspring.monitoring.checks.outliers import OutliersCheck
from mainspring.monitoring.checks.skew import SkewCheck
from mainspring.monitoring.checks.traffic import TrafficCheck
from mainspring.monitoring.monitor import Look, Monitor, begin_anew
from mainspring.monitoring.monitor.judging import BROKEN
from mainspring.monitoring.monitor.memory import Memory
from mainspring.monitoring.monitor.monitor import REFERENCE
from mainspring.monitoring.retraining import TOPIC
from mainspring.monitoring.windows import WindowReader
from mainspring.serving.payloads import erase


def spans(world: World) -> list[tuple[Any, Any, Any]]:
    """The windows in the record: beginning, revision and whether they were in order."""
    found = [one.properties for one in world.recorded()]
    return [(one["since"], one["revision"], one["ok"]) for one in found]


def two_windows(world: World) -> None:
    """One that is in order, and one that is not."""
    world.ask("a", 1.0, 2.0)
    world.ask("b", 11.0, 99.0)


class TestWindows:
    def test_a_window_is_judged_once(self, world: World) -> None:
        two_windows(world)
        first, second = world.look()
        assert first.judgement is not None
        assert first.judgement.ok
        assert second.judgement is not None
        assert not second.judgement.ok
        assert [one.kind for one in second.transitions] == ["fired"]
        assert world.look() == []
        assert spans(world) == [(0.0, 0, True), (10.0, 0, False)]
        assert world.monitor().history.series("mean/fare").values.tolist() == [2.0, 99.0]

    def test_one_that_changed_is_judged_again_by_checks_of_the_truth_alone(self, world: World) -> None:
        checks = {"mean": MeanCheck(), "late": MeanCheck(on_truth=True)}
        world.checks = dict(checks)
        world.ask("a", 1.0)
        world.time = 20.0
        assert len(world.look()) == 1
        world.tell("a", "no")
        world.time = 100.0
        (again,) = world.look()
        assert again.judgement is not None
        assert again.judgement.window.revision == 1
        assert checks["mean"].asked == [(0.0, 0)]
        assert checks["late"].asked == [(0.0, 0), (0.0, 1)]
        assert spans(world) == [(0.0, 0, True), (0.0, 1, True)]
        assert world.remembered()["labelled"] == {"0.0": 1}

    def test_one_that_was_not_in_order_stays_so_when_more_is_known(self, world: World) -> None:
        world.checks = {"mean": MeanCheck(), "late": MeanCheck(on_truth=True, most=1_000.0)}
        world.ask("a", 1.0, 99.0)
        world.time = 20.0
        world.look()
        world.tell("a", "no")
        world.time = 100.0
        assert len(world.look()) == 1
        assert spans(world) == [(0.0, 0, False), (0.0, 1, False)]

    def test_of_requests_that_all_failed_something_is_said(self, world: World) -> None:
        world.ask("a", 1.0, error="broken", status=500, outputs={})
        (look,) = world.look()
        assert look.judgement is not None
        assert (look.judgement.window.errors, look.judgement.window.table.num_rows) == (1, 0)

    def test_that_nobody_asks_any_more_is_told(self, world: World) -> None:
        world.checks, hour = {"traffic": TrafficCheck()}, 3600.0
        world.how = replace(world.how, window="1h", wait=60.0)
        for day in range(3):
            for number in range(120):
                world.ask(f"{day}.{number}", day * 24 * hour + number)
        world.time = 3 * 24 * hour
        world.look()
        world.time = 3 * 24 * hour + hour + 120.0
        (look,) = world.look()
        assert look.judgement is not None
        assert look.judgement.window.requests == 0
        assert [one.code for one in look.judgement.verdict().failures] == ["FEW_REQUESTS"]
        assert [one.kind for one in look.transitions] == ["fired"]

    def test_a_log_that_is_not_there_yet_has_no_windows(self, world: World) -> None:
        assert world.look() == []

    def test_a_clock_that_goes_back_judges_nothing_twice(self, world: World) -> None:
        two_windows(world)
        world.look()
        world.time = 5.0
        world.ask("c", 21.0)
        assert world.look() == []
        world.time = 40.0
        assert len(world.look()) == 1
        assert [one[0] for one in spans(world)] == [0.0, 10.0, 20.0]

    def test_windows_of_another_length_are_refused_with_what_to_do(self, world: World) -> None:
        two_windows(world)
        world.look()
        world.how = replace(world.how, window=5.0)
        with pytest.raises(InputError, match="cut otherwise"):
            world.look()
        assert begin_anew(world.folder / "home", MODEL, at=world.time) is not None
        world.look()
        assert spans(world)[-2:] == [(0.0, 0, True), (10.0, 0, False)]
        assert [one.properties["until"] for one in world.recorded()] == [10.0, 20.0, 5.0, 15.0]

    def test_only_one_process_watches_a_model(self, world: World) -> None:
        two_windows(world)
        busy = cast("Generator[Look]", world.monitor().look())
        next(busy)
        with pytest.raises(ConflictError, match="another process watches taxi"):
            world.look()
        busy.close()
        assert len(world.look()) == 1
        assert spans(world) == [(0.0, 0, True), (10.0, 0, False)]


STEPS = [
    ("mainspring.monitoring.monitor.monitor.judge", True),
    ("mainspring.monitoring.ledger.WatchLedger.write", False),
    ("mainspring.monitoring.ledger.WatchLedger.write", True),
    ("mainspring.monitoring.profiles.ProfileArchive.put", True),
    ("mainspring.monitoring.profiles.FigureHistory.append", False),
    ("mainspring.monitoring.profiles.FigureHistory.append", True),
    ("mainspring.monitoring.alerts.AlertBook.take", False),
    ("mainspring.monitoring.alerts.AlertBook.take", True),
    ("mainspring.monitoring.monitor.monitor.ask_for", True),
    ("mainspring.monitoring.monitor.decisions.DecisionLog.note", True),
    ("mainspring.monitoring.monitor.memory.Memory.save", False),
    ("mainspring.monitoring.monitor.memory.Memory.save", True),
    ("mainspring.monitoring.windows.WindowReader.commit", False),
    ("mainspring.monitoring.windows.WindowReader.commit", True),
    ("mainspring.monitoring.alerts.AlertBook.deliver", False),
]


class Killed(BaseException):
    """The process ends here."""


def state(world: World) -> dict[str, Any]:
    """Everything that a monitor leaves behind, without times of its own."""
    monitor = world.monitor()
    return {
        "record": spans(world),
        "figures": monitor.history.series("mean/fare").values.tolist(),
        "alerts": [(one.subject, one.state, one.windows, one.since) for one in world.book.alerts()],
        "alerted": [one.kind for one in world.book.history(MODEL)],
        "memory": Memory.load(monitor.folder).checks,
        "asked": world.store.depth(TOPIC),
        "budget": Memory.load(monitor.folder).retraining["asked"],
        "decided": [one.outcome for one in monitor.decisions.read()],
        "profiles": [one.since for one in monitor.archive.profiles(MODEL)],
    }


@pytest.mark.parametrize(("step", "after"), STEPS)
@pytest.mark.parametrize("window", [1, 2])
def test_killed_between_any_two_steps_it_leaves_what_it_would_have_left(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, window: int
) -> None:
    untouched = World(tmp_path / "untouched")
    for one in (world, untouched):
        one.retrain(when=["mean"], budget="3 per 7d")
        one.ask("a", 1.0, 50.0)
        one.ask("b", 11.0, 99.0)
        one.ask("c", 21.0, 1.0)
    untouched.look()
    where, _, name = step.rpartition(".")
    owner = {
        "judge": __import__("mainspring.monitoring.monitor.monitor", fromlist=["judge"]),
        "ask_for": __import__("mainspring.monitoring.monitor.monitor", fromlist=["judge"]),
        "save": Memory,
        "commit": WindowReader,
    }.get(name) or _found(where)
    whole, calls = getattr(owner, name), []

    def dies(*given: Any, **more: Any) -> Any:
        calls.append(name)
        if len(calls) != window:
            return whole(*given, **more)
        if after:
            whole(*given, **more)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dies)
        with pytest.raises(Killed):
            world.look()
    world.look()
    assert state(world) == state(untouched)


def _found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)


class TestRetraining:
    def test_a_run_is_asked_for_once(self, world: World) -> None:
        world.retrain(when=["mean"], cool_down="1h")
        two_windows(world)
        looks = world.look()
        assert [one.asked for one in looks] == [False, True]
        world.ask("c", 21.0, 99.0)
        assert [one.asked for one in world.look()] == [False]
        assert world.store.depth(TOPIC) == 1

    def test_a_wish_that_waits_is_not_charged_again(self, world: World) -> None:
        world.retrain(when=["mean"], budget="3 per 7d")
        for place in range(4):
            world.ask(str(place), 10.0 * place, 99.0)
            world.look()
        assert world.store.depth(TOPIC) == 1
        assert len(world.remembered()["retraining"]["asked"]) == 1

    def test_in_person(self, world: World) -> None:
        with pytest.raises(StateError, match="trained again"):
            world.monitor().demand("I want it")
        world.retrain(when=["mean"])
        decision, asked = world.monitor().demand("I want it")
        assert asked
        assert decision.because == "asked for: I want it"
        assert not world.monitor().demand("again")[1]

    def test_a_check_that_breaks_raises_an_alert_and_asks_for_nothing(self, world: World) -> None:
        world.checks = {"broken": BrokenCheck(until=10.0), "mean": MeanCheck(most=1000.0)}
        world.retrain(when=["broken", "mean"])
        two_windows(world)
        first, second = world.look()
        assert first.judgement is not None
        assert not first.judgement.ok
        assert second.judgement is not None
        assert second.judgement.ok
        assert world.store.depth(TOPIC) == 0
        assert [(one.kind, one.alert and one.alert.check) for one in first.transitions] == [("fired", BROKEN)]


def test_an_alert_about_a_broken_check_ends_when_it_works_again(world: World) -> None:
    world.checks = {"broken": BrokenCheck(until=10.0)}
    for place in range(8):
        world.ask(str(place), 10.0 * place)
    kinds = [transition.kind for look in world.look() for transition in look.transitions]
    assert kinds == ["fired", "resolved"]


class TestReferences:
    def test_without_one_the_first_window_with_enough_rows_is_learned(self, world: World) -> None:
        rows = {"columns": {"fare": [1.0, 2.0] * 300}, "outputs": {"label": ["no"] * 600}}
        world.checks = {"drift": DriftCheck()}
        world.ask("a", 1.0)
        world.ask("b", 11.0, **rows)
        world.ask("c", 21.0, columns={"fare": [7.0, 8.0] * 300}, outputs={"label": ["no"] * 600})
        found = [one.judgement for one in world.look() if one.judgement is not None]
        told = [one.judged[REFERENCE].verdict.reasons[0] for one in found]
        assert [one.code for one in told] == ["NOT_LEARNED", "LEARNED_REFERENCE", "LEARNED_REFERENCE"]
        assert "1 rows are too few" in told[0].message
        assert "600 rows that the version answered first" in told[2].message
        assert [one.ok for one in found] == [True, True, False]

    def test_of_a_version_only_its_own_rows_are_learned(self, world: World) -> None:
        world.checks = {"drift": DriftCheck()}
        world.ask("a", 1.0, columns={"fare": [1.0] * 600}, outputs={"label": ["no"] * 600})
        world.ask("b", 2.0, version="2", columns={"fare": [9.0] * 200}, outputs={"label": ["no"] * 200})
        world.look()
        known = world.monitor().learned.read("1")
        assert known is not None
        assert known.rows is not None
        assert (known.statistics.num_examples, known.rows.num_rows) == (600, 600)
        assert world.monitor().learned.read("2") is None

    def test_a_new_version_is_held_against_its_own(self, world: World) -> None:
        two_windows(world)
        world.ask("c", 21.0, version="2")
        world.tell("a", "no")
        world.look()
        memory = world.remembered()
        assert (memory["version"], memory["labelled"]) == ("2", {})

    def test_names_are_those_of_columns(self, world: World) -> None:
        table = Table.from_columns(
            {"trip.fare": [1.0, 2.0, 3.0] * 200, "trip.zone": ["a", "b"] * 300}, {"trip.fare": ColumnType.FLOAT}
        )
        statistics = summarize({"rows": table}).split("rows")
        world.versions.references["1"] = Reference(statistics=statistics, rows=table)
        world.checks = {
            "drift": DriftCheck(exclude=("trip.zone",), limits={"trip.fare": {"jensen_shannon": 0.05}}),
            "skew": SkewCheck(exclude=("trip.zone",)),
            "outliers": OutliersCheck(),
        }
        rows = {"trip.fare": [7.0, 8.0, 9.0] * 200, "trip.zone": ["z"] * 600}
        world.ask("a", 1.0, columns=rows, outputs={"label": ["no"] * 600})
        (look,) = world.look()
        assert look.judgement is not None
        judged = look.judgement.judged
        assert set(judged) == {"drift", "skew", "outliers", BROKEN}
        assert judged[BROKEN].verdict.ok
        assert {one.subject for one in judged["drift"].verdict.failures} == {"trip.fare"}
        assert not any("\\" in (one.subject or "") + one.message for one in look.judgement.verdict().reasons)
        assert not any("zone" in (one.subject or "") for one in judged["skew"].verdict.reasons)


class TestErasing:
    def test_who_was_erased_is_in_nothing_that_is_kept(self, world: World) -> None:
        for name in ("anna", "berta"):
            rows = {"fare": [99.0] * 300, "name": [f"{name} of the hill"] * 300}
            world.ask(name, 1.0, subject=name, columns=rows, outputs={"label": ["no"] * 300})
        world.checks = {"mean": MeanCheck()}
        world.look()
        (alert,) = world.book.alerts()
        assert {one.values["name"] for one in alert.examples} == {"anna of the hill"}
        erase(world.log, "anna")
        world.look()
        monitor = world.monitor()
        (alert,) = world.book.alerts()
        assert [dict(one.values) for one in alert.examples] == [{}, {}]
        known = monitor.learned.read("1")
        assert known is not None
        assert known.rows is not None
        assert set(known.rows.column("request.id")) == {"berta"}
        assert "anna of the hill" not in world.written()
        assert [one.kind for one in world.book.history(MODEL)] == ["fired"]

    def test_checks_that_remember_rows_begin_anew(self, world: World) -> None:
        world.checks = {"mean": MeanCheck(), "keeper": KeeperCheck()}
        two_windows(world)
        world.ask("c", 12.0, subject="anna")
        world.look()
        erase(world.log, "anna")
        world.ask("d", 21.0)
        world.look()
        remembered = world.remembered()["checks"]
        assert remembered["mean"] == {"windows": [0.0, 10.0, 20.0]}
        assert remembered["keeper"] == {"windows": [20.0]}


def test_a_monitor_of_a_model_that_nobody_asks_forgets_nothing(world: World) -> None:
    two_windows(world)
    world.look()
    before = world.remembered()
    assert isinstance(world.monitor(), Monitor)
    assert world.look() == []
    assert world.remembered() == before
