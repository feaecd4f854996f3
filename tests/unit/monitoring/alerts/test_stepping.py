"""The life of one alert: what follows from windows does not depend on the order in which they are judged."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mainspring.monitoring.alerts import AlertOptions, Severity, State
from mainspring.monitoring.alerts.findings import Finding
from mainspring.monitoring.alerts.stepping import Taken, begin, belongs, end, improve, is_worse, settle, worsen


def taken(number: int) -> Taken:
    return Taken(model="m", version="1", since=float(number), until=number + 1.0, at=number + 1.0)


def finding(effect: float = 2.0) -> Finding:
    return Finding(check="drift", code="DRIFT", subject="age", value=0.1 * effect, limit=0.1, effect=effect)


@given(st.permutations(range(8)), st.lists(st.booleans(), min_size=8, max_size=8))
def test_windows_count_alike_in_any_order_and_however_often(order: list[int], bad: list[bool]) -> None:
    def outcome(numbers: list[int]) -> tuple[object, int]:
        alert = begin(finding(), taken(-1), Severity.WARNING)
        for number in numbers:
            alert = (
                worsen(alert, finding(), taken(number), Severity.WARNING)
                if bad[number]
                else improve(alert, taken(number))
            )
        return alert.outcomes, alert.windows

    assert outcome([*order, *order]) == outcome(list(range(8)))


@given(st.integers(1, 4), st.integers(0, 4), st.integers(1, 4), st.lists(st.booleans(), max_size=30))
def test_the_states_follow_the_counts(least: int, more: int, resolve: int, windows: list[bool]) -> None:
    """Against a plain count over all windows, without any state but whether it fires."""
    options = AlertOptions(for_windows=least, of_windows=least + more, resolve_windows=resolve)
    alert, _ = settle(begin(finding(), taken(0), Severity.WARNING), 1.0, options)
    seen, firing, over = [True], least == 1, 0
    for number, bad in enumerate(windows, start=1):
        alert = worsen(alert, finding(), taken(number), Severity.WARNING) if bad else improve(alert, taken(number))
        alert, _ = settle(alert, 0.0, options)
        seen.append(bad)
        if firing and not any(seen[-resolve:]) and len(seen) >= resolve:
            firing, over = False, len(seen)
        elif not firing and sum(seen[over:][-(least + more) :]) >= least:
            firing = True
        assert (alert.state is State.FIRING) is firing, seen


def test_worse_is_measured_against_what_was_known() -> None:
    options = AlertOptions(worse=0.5)
    fired, _ = settle(begin(finding(2.0), taken(0), Severity.WARNING), 1.0, options)
    assert not is_worse(replace(fired, effect=2.9), options)
    assert is_worse(replace(fired, effect=3.0), options)
    assert is_worse(replace(fired, severity=Severity.CRITICAL), options)
    assert not is_worse(replace(fired, severity=Severity.INFO), options)


def test_what_is_over_for_long_does_not_begin_again() -> None:
    options = AlertOptions(reopen="10s")
    over = end(begin(finding(), taken(0), Severity.WARNING), 5.0)
    assert belongs(over, taken(10), options)
    assert not belongs(over, taken(11), options)
