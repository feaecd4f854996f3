"""Who is told what, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mainspring.monitoring.alerts import AlertBook, AlertOptions, Severity

HOUR = 3600.0


@pytest.fixture
def told(tmp_path, clock, window, judged):
    """Takes windows of some checks at moments, delivers, and gives what was sent, with its time."""
    book, sent = AlertBook(tmp_path / "alerts", clock=clock), []

    def send(url, message, *, secret=""):
        sent.append((clock.at, url, message))

    def go(options, at, values=None, *, number=0, check="drift", model="census"):
        clock.at = at
        if values is not None:
            book.take(model, "1", window(number), {check: judged(values, check=check)}, options)
        before = len(sent)
        book.deliver(model, options, senders=lambda _: send)
        return [message for _, _, message in sent[before:]]

    go.book = book
    return go


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def options(**given):
    return AlertOptions.read({"to": ["https://example.org/a"], "repeat": "", "interval": "0s", **given})


def test_nobody_is_disturbed_in_quiet_hours_but_for_what_is_critical(told):
    quiet = options(quiet={"since": "22:00", "until": "07:00"}, zone="Europe/Berlin")
    night = moment("2026-01-10T23:30:00")  # half past midnight in Berlin
    assert told(quiet, night, {"age": 0.3}) == []
    assert len(told(quiet, night, {"accuracy": 0.3}, check="quality")) == 1
    assert told(quiet, moment("2026-01-11T05:59:00")) == []
    assert told.book.waiting() == []


def test_quiet_hours_end_in_the_morning_of_the_next_day(told):
    quiet = options(quiet={"since": "22:00", "until": "07:00"})
    assert told(quiet, moment("2026-01-10T22:00:00"), {"age": 0.3}) == []
    assert told.book.waiting()[0].due == moment("2026-01-11T07:00:00")
    assert len(told(quiet, moment("2026-01-11T07:00:00"))) == 1
    assert len(told(quiet, moment("2026-01-11T21:59:00"), {"fare": 0.3}, number=500)) == 1


def test_quiet_hours_may_be_of_some_days_only(told):
    weekend = options(quiet={"since": "00:00", "until": "23:59", "days": ["sat", "sun"]})
    assert told(weekend, moment("2026-01-10T12:00:00"), {"age": 0.3}) == []  # a Saturday
    assert len(told(weekend, moment("2026-01-12T12:00:00"), {"fare": 0.3}, number=500)) == 2


def test_what_is_past_the_budget_comes_in_the_digest(told):
    few = options(budget={"per_day": 2, "digest": "08:00"}, group_by=["subject"])
    noon = moment("2026-01-10T12:00:00")
    assert len(told(few, noon, {f"c{n}": 0.3 for n in range(5)})) == 2
    assert told(few, noon + 60) == []
    # What is critical is told whatever the budget.
    [urgent] = told(few, noon + 120, {"accuracy": 0.3}, check="quality")
    assert urgent.severity is Severity.CRITICAL
    assert told(few, moment("2026-01-11T07:59:00")) == []
    [digest] = told(few, moment("2026-01-11T08:00:00"))
    assert digest.subject == "[digest] census: 3 alerts"
    assert told.book.waiting() == []


def test_a_budget_is_a_destinations_over_all_models(told):
    few = options(budget={"per_day": 2})
    assert [len(told(few, 1e6, {"age": 0.3}, model=name)) for name in ("a", "b", "c")] == [1, 1, 0]
    assert len(told(few, 1e6 + 86_401, {"age": 0.3}, model="d")) == 1


def test_more_alerts_of_a_group_wait_for_the_interval_and_come_together(told):
    slow = options(interval="10m", together="5h")
    assert len(told(slow, 0.0, {"a": 0.3})) == 1
    assert told(slow, 100.0, {"a": 0.3, "b": 0.3}, number=1) == []
    assert told(slow, 200.0, {"a": 0.3, "b": 0.3, "c": 0.3}, number=2) == []
    [message] = told(slow, 600.0)
    assert sorted(one.alert.subject for one in message.told) == ["b", "c"]


def test_a_group_may_be_waited_for(told):
    patient = options(wait="5m", together="5h")
    assert told(patient, 0.0, {"a": 0.3}) == []
    assert told(patient, 100.0, {"b": 0.3}, number=1) == []
    [message] = told(patient, 300.0)
    assert len(message.told) == 2


def test_destinations_choose(told):
    choosy = options(
        to=[
            "https://example.org/all",
            {"url": "https://example.org/severe", "least": "critical"},
            {"url": "https://example.org/age", "only": {"subject": "age*"}},
        ]
    )
    assert len(told(choosy, 0.0, {"age": 0.3, "fare": 0.3})) == 2
    assert len(told(choosy, 10.0, {"accuracy": 0.3}, check="quality")) == 2


def test_what_somebody_takes_care_of_before_it_is_told_is_not_told(told):
    patient = options(wait="5m")
    told(patient, 0.0, {"a": 0.3, "b": 0.3})
    told.book.acknowledge([one.id for one in told.book.alerts() if one.subject == "a"], by="ann")
    [message] = told(patient, 300.0)
    assert [one.alert.subject for one in message.told] == ["b"]


def test_what_was_over_before_it_was_told_says_so(told):
    patient = options(wait="5m", resolve_windows=1)
    told(patient, 0.0, {"a": 0.3})
    told(patient, 100.0, {"a": 0.05}, number=1)
    [message] = told(patient, 300.0)
    assert message.subject == "[resolved] census: drift of a fired, and is over"
