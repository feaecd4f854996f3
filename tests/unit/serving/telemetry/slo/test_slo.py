"""Objectives, their budgets and alerts: by the figures of the Site Reliability Workbook, and worked by hand."""

from pathlib import Path

import msgspec
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.feedback_metrics import FeedbackMetrics
from mainspring.serving.telemetry.instruments import with_bounds
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.slo import Objective, Objectives
from mainspring.serving.telemetry.slo.burning import alerts_of, burn_rate
from mainspring.serving.telemetry.slo.counting import Counted, count
from mainspring.serving.telemetry.slo.history import SIZE, History

UP = Objective(name="up", kind="errors", target=0.999, model="taxi")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def requests(registry: Registry, code: str, number: float, model: str = "taxi") -> None:
    registry.counter(schema.REQUESTS).labels(model, "1", "v2", code).add(number)


def test_the_alerts_are_those_of_the_workbook() -> None:
    assert [tuple(alert) for alert in alerts_of(UP)] == [
        ("page", "1h", "5m", 14.4),
        ("page", "6h", "30m", 6.0),
        ("ticket", "3d", "6h", 1.0),
    ]


def test_alerts_that_can_never_hold_are_left_out() -> None:
    loose = msgspec.structs.replace(UP, target=0.9)
    assert [(alert.long, alert.rate) for alert in alerts_of(loose)] == [("6h", 6.0), ("3d", 1.0)]
    short = msgspec.structs.replace(UP, window="1d")
    assert [(alert.long, alert.rate) for alert in alerts_of(short)] == [("1h", 0.48), ("6h", 0.2)]


@pytest.mark.parametrize(("bad", "severities"), [(14, []), (15, ["page"])])
def test_a_burn_of_14_4_over_an_hour_wakes_somebody(bad: int, severities: list[str]) -> None:
    clock = Clock()
    registry = Registry(clock=clock)
    slo = Objectives([UP], registry, clock=clock)
    for _ in range(60):
        requests(registry, "200", 1000 - bad)
        requests(registry, "500", bad)
        requests(registry, "404", 0)
        slo.look()
        clock.now += 60
    [status] = slo.statuses
    assert status.burn["1h"] == pytest.approx(bad)
    assert [alert.severity for alert in status.firing if alert.long == "1h"] == severities
    assert status.counted == (60 * (1000 - bad), 60_000)
    assert status.budget_left == pytest.approx(1 - bad)
    assert status.verdict.ok is False
    assert {reason.code for reason in status.verdict.failures} >= {"SLO_BUDGET_SPENT"}


def test_an_alert_ends_with_its_short_window_and_the_budget_recovers_with_the_long_one() -> None:
    clock = Clock()
    registry = Registry(clock=clock)
    slo = Objectives([msgspec.structs.replace(UP, window="7d")], registry, clock=clock)

    def minutes(number: int, bad: int) -> None:
        for _ in range(number):
            requests(registry, "200", 100 - bad)
            requests(registry, "503", bad)
            clock.now += 60
            slo.look()

    minutes(30, 50)
    assert [alert.long for alert in slo.statuses[0].firing] == ["1h", "6h", "3d"]
    assert slo.statuses[0].burn["5m"] == pytest.approx(500)
    minutes(6, 0)
    assert [alert.long for alert in slo.statuses[0].firing] == ["6h", "3d"]
    assert slo.statuses[0].burn["5m"] == 0
    minutes(55, 0)
    assert slo.statuses[0].burn["1h"] < slo.statuses[0].burn["6h"]
    clock.now += 8 * 86_400
    slo.look()
    assert slo.statuses[0].counted == (0, 0)
    assert slo.statuses[0].budget_left == 1
    assert slo.statuses[0].verdict.ok


def test_few_events_wake_nobody() -> None:
    registry = Registry()
    slo = Objectives([UP], registry)
    requests(registry, "500", 5)
    requests(registry, "200", 4)
    slo.look()
    assert slo.statuses[0].burn["5m"] > 14.4
    assert slo.statuses[0].firing == ()
    requests(registry, "200", 1)
    slo.look()
    assert len(slo.statuses[0].firing) == 3


def test_latency_counts_answered_requests_within_the_threshold() -> None:
    objective = Objective(name="fast", kind="latency", target=0.9, threshold=0.02, model="taxi")
    registry = Registry()
    seconds = registry.histogram(with_bounds(schema.REQUEST_SECONDS, [0.02])).labels("taxi", "1")
    errors = registry.histogram(with_bounds(schema.ERROR_SECONDS, [0.02])).labels("taxi", "1", "caller")
    for value in (0.001, 0.02, 0.03, 0.0001):
        seconds.observe(value)
    errors.observe(0.0001)  # a refusal is no fast answer
    registry.histogram(with_bounds(schema.REQUEST_SECONDS, [0.02])).labels("other", "1").observe(9)
    assert count(objective, registry.snapshot()) == (2, 3)


def test_errors_are_the_statuses_that_are_named() -> None:
    registry = Registry()
    for code, number in (("200", 90), ("404", 3), ("429", 4), ("500", 2), ("503", 1)):
        requests(registry, code, number)
    requests(registry, "500", 50, model="")
    snapshot = registry.snapshot()
    assert count(UP, snapshot) == (97, 100)
    assert count(msgspec.structs.replace(UP, codes=("5xx", "429")), snapshot) == (93, 100)
    assert count(msgspec.structs.replace(UP, model=""), snapshot) == (97, 100)
    assert count(msgspec.structs.replace(UP, version="2"), snapshot) == (0, 0)


def test_quality_is_counted_from_assertions_events_and_feedback() -> None:
    def objective(measure: str, threshold: float | None = None) -> Objective:
        return Objective(name=measure, kind="quality", measure=measure, target=0.9, threshold=threshold)

    objectives = [
        objective("assertions"),
        objective("events"),
        objective("accuracy"),
        objective("reward", 0.5),
        objective("error", 2.0),
    ]
    registry = Registry()
    for family, rows in (
        (schema.ROWS_ANSWERED, 100),
        (schema.ROWS_VIOLATING, 7),
        (schema.ROWS_EXAMINED, 50),
        (schema.ROWS_ODD, 20),
    ):
        registry.counter(family).labels("taxi", "1").add(rows)
    feedback = FeedbackMetrics(registry, objectives)
    feedback.known("taxi", "1", right=8, wrong=2)
    feedback.rewarded("taxi", "1", [0.5, 0.49, 1.0, -3.0])
    feedback.differed("taxi", "1", [0.0, 2.0, 2.1])
    snapshot = registry.snapshot()
    counted = {one.measure: tuple(count(one, snapshot)) for one in objectives}
    assert counted == {
        "assertions": (93, 100),
        "events": (30, 50),
        "accuracy": (8, 10),
        "reward": (2, 4),
        "error": (2, 3),
    }
    assert snapshot.total(schema.FEEDBACK.name, outcome="rewarded") == 4
    text = registry.exposition().body.decode()
    assert 'mainspring_feedback_reward_sum{model="taxi",version="1"} -1.01' in text


def test_what_does_not_fit_is_told_all_at_once() -> None:
    def decode(**fields: object) -> Objective:
        return msgspec.convert({"name": "x", "target": 0.9, **fields}, Objective)

    with pytest.raises(msgspec.ValidationError, match="quality needs a measure; a window of 400d is longer"):
        decode(kind="quality", window="400d")
    with pytest.raises(msgspec.ValidationError, match="latency needs a threshold"):
        decode(kind="latency")
    with pytest.raises(msgspec.ValidationError, match="errors has no measure; accuracy has no threshold"):
        decode(kind="errors", measure="accuracy", threshold=3)
    for fields in ({"target": 1.0}, {"name": "A b"}, {"window": "3 days"}, {"codes": ["5"]}, {"more": 1}):
        with pytest.raises(msgspec.ValidationError):
            decode(**{"kind": "errors", **fields})
    with pytest.raises(InputError, match="more than one objective called 'up'"):
        Objectives([UP, UP], Registry())


def test_objectives_are_told_as_json_and_as_metrics() -> None:
    registry = Registry()
    fast = Objective(name="fast", kind="latency", target=0.99, threshold=0.05, model="taxi")
    slo = Objectives([UP, fast], registry)
    requests(registry, "200", 98)
    requests(registry, "500", 2)
    told = slo.told()
    assert told["ok"] is False
    up, quick = told["objectives"]
    assert up["objective"] == "99.9 % of requests to taxi are not answered with 5xx, over 30d"
    assert (up["good"], up["total"], up["ratio"]) == (98, 100, 0.98)
    assert up["burn_rates"]["5m"] == pytest.approx(20)
    assert up["alerts"][0] == {"severity": "page", "long": "1h", "short": "5m", "rate": 14.4, "firing": True}
    assert quick["ratio"] is None
    assert quick["budget_left"] == 1.0
    assert slo.told("fast")["verdict"]["ok"] is True
    with pytest.raises(NotFoundError, match="there is no objective 'slow'"):
        slo.told("slow")
    msgspec.json.encode(told)
    text = registry.exposition().body.decode()
    assert 'mainspring_slo_target_ratio{slo="up",model="taxi",kind="errors"} 0.999' in text
    assert 'mainspring_slo_burn_rate{slo="up",over="1h"} 2' in text
    assert 'mainspring_slo_alert_firing{slo="up",severity="page"} 1' in text
    assert 'mainspring_slo_alert_firing{slo="fast",severity="page"} 0' in text
    assert 'mainspring_slo_budget_left_ratio{slo="fast"} 1' in text


def test_processes_share_what_was_and_each_sum_counts_once(tmp_path: Path) -> None:
    clock = Clock()
    run = tmp_path / "run"
    run.mkdir()
    registries = [Registry(run, clock=clock) for _ in range(2)]
    workers = [Objectives([UP], one, folder=tmp_path / "slo", run=1, clock=clock) for one in registries]
    for minute in range(10):
        for registry in registries:
            requests(registry, "200", 9)
        requests(registries[minute % 2], "500", 2)
        workers[minute % 2].look()
        clock.now += 60
    registries[0].close()  # its figures are folded, and nothing is counted again
    clock.now += 10
    workers[1].look()
    for worker in workers:
        worker._judge(clock.now)
        assert worker.statuses[0].counted == (180, 200)


def test_what_was_outlives_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    for run in (1.0, 2.0):
        registry = Registry(clock=clock)
        slo = Objectives([UP], registry, folder=tmp_path, run=run, clock=clock)
        requests(registry, "200", 100)
        slo.look()
        clock.now += 3600
    assert slo.statuses[0].counted == (200, 200)
    changed = msgspec.structs.replace(UP, target=0.99)
    other = Objectives([changed], Registry(clock=clock), folder=tmp_path, run=3.0, clock=clock)
    other.look()
    assert other.statuses[0].counted == (0, 0)
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {SIZE}


def test_figures_that_were_forgotten_do_not_count_backwards() -> None:
    history = History()
    history.look(Counted(90, 100), 1000.0)
    history.look(Counted(5, 6), 1010.0)
    history.look(Counted(10, 12), 1020.0)
    assert history.over(3600, 1020.0) == (95, 106)


def test_sums_leave_the_windows_one_after_the_other() -> None:
    history, start = History(), 864_000.0
    history.look(Counted(1, 2), start)
    for seconds, window in ((290, 300), (3_590, 3_600), (21_500, 21_600), (258_600, 259_200)):
        assert history.over(window, start + seconds) == (1, 2), window
    for seconds, window in ((301, 300), (3_610, 3_600), (21_660, 21_600), (259_800, 259_200)):
        assert history.over(window, start + seconds) == (0, 0), window
    assert history.over(90 * 86_400, start + 89 * 86_400) == (1, 2)
    assert burn_rate(UP, Counted(0, 0)) == 0


def test_the_sentence_says_what_is_asked() -> None:
    quality = Objective(name="q", kind="quality", measure="confidence", threshold=0.8, target=0.95, window="7d")
    assert quality.sentence == "95 % of rows are answered with a probability of 0.8 or more, over 7d"
    version = Objective(name="r", kind="quality", measure="accuracy", target=0.9, model="taxi", version="2")
    assert version.sentence == "90 % of answers to taxi 2 turn out right, over 30d"
