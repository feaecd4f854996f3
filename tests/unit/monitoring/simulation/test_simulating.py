import json
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from mainspring.core.errors import InputError
from mainspring.monitoring.alerts import AlertOptions
from mainspring.monitoring.retraining import RetrainingPolicy
from mainspring.monitoring.simulation import DECLARED, NEVER, Recording, Simulation, simulate

DAY = 86400.0
POLICY = RetrainingPolicy(
    when=[{"check": "quality", "for_windows": 2}],
    cool_down="1d",
    budget="3 per 7d",
    cost_per_run=5.0,
    window={"choose": "test", "candidates": ["2d", "all"], "least_rows": 100},
    metric="accuracy",
)


@pytest.fixture(scope="module")
def found(recording: Recording, checks: Any, fit: Any) -> Simulation:
    return simulate(
        recording,
        {DECLARED: POLICY},
        checks=checks,
        alerts=AlertOptions(to=("json://localhost/alerts",)),
        seconds=DAY / 2,
        labels=2 * DAY,
        fit=fit,
        alternatives=False,
    )


@pytest.fixture(scope="module")
def untrained(recording: Recording, checks: Any) -> Simulation:
    """The same without a trainer: every run wins."""
    return simulate(
        recording, {DECLARED: POLICY}, checks=checks, seconds=DAY / 2, labels=2 * DAY, alternatives=False
    )


def test_the_counts_are_those_of_the_log(found: Simulation, recording: Recording) -> None:
    assert (found.rows, found.windows, found.metric) == (12 * 20 * 15, 40, "accuracy")
    assert found.labelled == sum(one < float("inf") for one in recording.known)
    assert [one.name for one in found.outcomes] == [NEVER, DECLARED]


def test_nothing_is_asked_for_before_anything_changed_and_soon_afterwards(found: Simulation) -> None:
    asked = [one for one in found[DECLARED].happenings if one.kind == "asked"]
    assert 8 * DAY < asked[0].at < 10 * DAY
    assert asked[0].text.startswith("quality failed in the last 2 windows: accuracy 0.")
    assert found[DECLARED].cost == 5.0 * len(asked)


def test_the_policy_brings_more_than_what_was_recorded(found: Simulation) -> None:
    assert found[NEVER].value < 0.7
    assert found[DECLARED].gain_low > 0.1
    assert found[DECLARED].gain == pytest.approx(found[DECLARED].value - found[NEVER].value)
    assert found[DECLARED].labels > 500


def test_it_is_told_what_others_would_have_done(recording: Recording) -> None:
    told: list[tuple[str, float]] = []
    found = simulate(
        recording,
        {DECLARED: POLICY},
        checks={},
        seconds=DAY / 2,
        labels=0.0,
        progress=lambda policy, share: told.append((policy, share)),
    )
    assert [one.name for one in found.outcomes] == [NEVER, DECLARED, "every week", "every day"]
    assert list(dict.fromkeys(policy for policy, _ in told)) == [one.name for one in found.outcomes]
    shares = [share for policy, share in told if policy == DECLARED]
    assert shares == sorted(shares)
    assert (0.0 < shares[0] < 0.2, shares[-1]) == (True, 1.0)
    assert [one.runs for one in found.outcomes] == [0, 0, 3, 19]  # Sundays; days
    assert found["every day"].cost == 95.0


def test_quality_over_time_falls_and_recovers(found: Simulation) -> None:
    periods = found[DECLARED].quality
    before = [one.value for one in periods if one.until <= 8 * DAY]
    after = [one.value for one in periods if one.since >= 17 * DAY]
    never = [one.value for one in found[NEVER].quality if one.since >= 17 * DAY]
    assert min(before) > 0.8
    assert min(after) > 0.7
    assert max(never) < 0.55


def test_alerts_and_messages_are_told_in_order(found: Simulation) -> None:
    outcome = found[DECLARED]
    kinds = [one.kind for one in outcome.happenings]
    assert outcome.alerts >= 1
    assert kinds.index("fired") < kinds.index("message")
    assert [one.at for one in outcome.happenings] == sorted(one.at for one in outcome.happenings)
    assert found[NEVER].happenings == ()


def test_the_budget_and_the_cool_down_hold(found: Simulation) -> None:
    asked = [one.at for one in found[DECLARED].happenings if one.kind == "asked"]
    assert all(later - earlier >= DAY for earlier, later in pairwise(asked))
    assert all(sum(one - 7 * DAY < other <= one for other in asked) <= 3 for one in asked)


def test_truth_comes_with_its_delay(untrained: Simulation, checks: Any, logged: Any) -> None:
    late = [replace(one, received=one.time + 5 * DAY) for one in logged[1]]
    slow = Recording.of(logged[0], late, model="taxi")
    options: dict[str, Any] = {"checks": checks, "seconds": DAY / 2, "labels": 7 * DAY, "alternatives": False}
    soon = untrained[DECLARED]
    later = simulate(slow, {DECLARED: POLICY}, **options)[DECLARED]
    first = [next(one.at for one in found.happenings if one.kind == "asked") for found in (soon, later)]
    assert first[0] < 10 * DAY
    assert 13 * DAY <= first[1] < 15 * DAY


def test_without_a_trainer_every_run_is_taken_to_win(untrained: Simulation) -> None:
    found = untrained
    assert found[DECLARED].count("promoted") == found[DECLARED].runs > 1
    assert found[DECLARED].count("rejected") == 0
    assert found[DECLARED].count("blocked") > 0
    assert "no trainer was given" in found.notes[0]
    assert found[NEVER].value < 0.7


def test_sign_off_takes_its_time(recording: Recording, checks: Any) -> None:
    signed = RetrainingPolicy(**{**POLICY.as_dict(), "sign_off": True})
    found = simulate(
        recording, {DECLARED: signed}, checks=checks, seconds=DAY / 2, labels=2 * DAY, alternatives=False
    )
    asked, promoted = (
        [one.at for one in found[DECLARED].happenings if one.kind == kind] for kind in ("asked", "promoted")
    )
    assert promoted[0] - asked[0] == DAY + 3600.0


def test_the_same_log_gives_the_same_answer_and_it_is_plain_json(
    found: Simulation, recording: Recording, checks: Any, fit: Any
) -> None:
    options: dict[str, Any] = {"seconds": DAY / 2, "labels": 2 * DAY, "fit": fit, "alternatives": False}
    again = simulate(
        recording,
        {DECLARED: POLICY},
        checks=checks,
        alerts=AlertOptions(to=("json://localhost/alerts",)),
        **options,
    )
    told = json.dumps(found.as_dict(), allow_nan=False)
    assert json.dumps(again.as_dict(), allow_nan=False) == told


def test_a_quick_replay_judges_each_window_twice_at_most(
    untrained: Simulation, recording: Recording, checks: Any
) -> None:
    options: dict[str, Any] = {"seconds": DAY / 2, "labels": 2 * DAY, "alternatives": False}
    full = untrained[DECLARED]
    quick = simulate(recording, {DECLARED: POLICY}, checks=checks, quick=True, **options)[DECLARED]
    assert 40 < quick.windows <= 80 < full.windows
    asked = [next(one.at for one in found.happenings if one.kind == "asked") for found in (full, quick)]
    assert asked[0] <= asked[1] <= asked[0] + 3 * DAY


def test_windows_by_count(recording: Recording, checks: Any) -> None:
    found = simulate(
        recording, {DECLARED: POLICY}, checks=checks, seconds=None, rows=300, labels=2 * DAY, alternatives=False
    )
    assert found.windows == 12
    assert found[DECLARED].runs >= 1


def test_a_window_by_count_is_judged_when_it_is_full(recording: Recording, checks: Any) -> None:
    policy = RetrainingPolicy(new_data=1)
    found = simulate(recording, {DECLARED: policy}, checks=checks, seconds=None, rows=300, alternatives=False)
    full = {one.until for one in recording.by_count(300)}
    asked = [one.at for one in found[DECLARED].happenings if one.kind == "asked"]
    assert asked
    assert asked[0] in full


def test_what_makes_no_sense_is_refused(recording: Recording, checks: Any) -> None:
    with pytest.raises(InputError, match="no policy"):
        simulate(recording, {}, checks=checks)
    with pytest.raises(InputError, match="of no size, or of two"):
        simulate(recording, {DECLARED: POLICY}, checks=checks, rows=100)
