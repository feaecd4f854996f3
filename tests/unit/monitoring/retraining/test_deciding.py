import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.hours import QuietHours
from mainspring.monitoring.retraining import (
    Decision,
    JudgedWindow,
    PastRun,
    RetrainingPolicy,
    Situation,
    decide,
)

DAY = 86400.0
HOUR = 3600.0


def verdict(check: str, *, ok: bool, subject: str = "age", code: str = "JUDGED") -> Verdict:
    message = f"{subject} is {'fine' if ok else 'bad'}"
    return Verdict.of(check, [Reason(ok=ok, code=code, message=message, subject=subject)])


def window(hour: int, *verdicts: Verdict, version: str = "") -> JudgedWindow:
    since = hour * HOUR
    return JudgedWindow(
        since=since, until=since + HOUR, verdicts={one.gate: one for one in verdicts}, version=version
    )


def at(time: float, windows: Sequence[JudgedWindow] = (), **more: Any) -> Situation:
    return Situation(time=time, model="taxi", windows=windows, **more)


def codes(decision: Decision) -> list[str]:
    return [one.code for one in decision.wanted.failures]


def hindered(decision: Decision) -> list[str]:
    return [one.code for one in decision.allowed.failures]


def run_through(policy: RetrainingPolicy, situations: Sequence[Situation]) -> list[Decision]:
    memory: Mapping[str, Value] = {}
    made = []
    for one in situations:
        made.append(decide(policy, one, memory))
        memory = json.loads(json.dumps(made[-1].memory))
    return made


def test_without_a_reason_nothing_happens() -> None:
    decision = decide(RetrainingPolicy(when=["drift"]), at(DAY), {})
    assert (decision.retrain, decision.blocked) == (False, False)
    assert decision.because == "nothing calls for a new model"
    assert decision.wanted.reasons[0].message == "drift has judged no window yet"


def test_a_check_that_fails_calls() -> None:
    policy = RetrainingPolicy(when=["drift"], cost_per_run=3.0)
    decision = decide(policy, at(2 * HOUR, [window(1, verdict("drift", ok=False))]), {})
    assert decision.retrain
    assert decision.because == "drift failed in the last window: age is bad"
    assert decision.cost == 3.0


def test_a_check_must_fail_in_so_many_windows_in_a_row() -> None:
    policy = RetrainingPolicy(when=[{"check": "drift", "for_windows": 2}])
    bad, good = verdict("drift", ok=False), verdict("drift", ok=True)
    made = run_through(
        policy,
        [at((hour + 1) * HOUR, [window(hour, one)]) for hour, one in enumerate([bad, good, bad, bad])],
    )
    assert [one.retrain for one in made] == [False, False, False, True]
    assert made[2].wanted.reasons[0].message == "drift failed in the last window (needed: 2): age is bad"


def test_windows_from_before_the_last_run_call_no_more() -> None:
    policy = RetrainingPolicy(when=["drift"])
    bad = window(0, verdict("drift", ok=False))
    made = run_through(policy, [at(HOUR, [bad]), at(2 * HOUR, [bad]), at(3 * HOUR)])
    assert [one.retrain for one in made] == [True, False, False]


def test_windows_that_another_version_answered_do_not_count() -> None:
    policy = RetrainingPolicy(when=["drift"])
    bad = window(4, verdict("drift", ok=False), version="1.0.0")
    assert decide(policy, at(5 * HOUR, [bad], version="1.0.0"), {}).retrain
    assert not decide(policy, at(5 * HOUR, [bad], version="2.0.0"), {}).retrain


def test_a_condition_may_be_about_one_metric_or_slice() -> None:
    policy = RetrainingPolicy(when=[{"check": "quality", "subject": "accuracy | sex=*"}])
    whole = verdict("quality", ok=False, subject="accuracy")
    slice_ = verdict("quality", ok=False, subject="accuracy | sex=Female")
    assert not decide(policy, at(HOUR, [window(0, whole)]), {}).retrain
    assert decide(policy, at(HOUR, [window(0, slice_)]), {}).retrain


def test_windows_that_a_check_can_say_nothing_about_neither_count_nor_break_the_row() -> None:
    policy = RetrainingPolicy(when=[{"check": "quality", "for_windows": 2}])
    bad = verdict("quality", ok=False, subject="accuracy")
    silent = verdict("quality", ok=True, subject="accuracy", code="NO_LABELS")
    late = [window(0, bad), window(1, bad)]
    made = run_through(
        policy, [at(3 * HOUR, [window(0, silent), window(1, silent), window(2, silent)]), at(30 * HOUR, late)]
    )
    assert [one.retrain for one in made] == [False, True]


def test_a_window_that_is_judged_again_takes_the_place_of_the_first_judgement() -> None:
    policy = RetrainingPolicy(when=[{"check": "quality", "for_windows": 2}])
    good, bad = verdict("quality", ok=True), verdict("quality", ok=False)
    made = run_through(
        policy,
        [at(2 * HOUR, [window(0, good), window(1, bad)]), at(3 * HOUR, [window(0, bad)]), at(4 * HOUR)],
    )
    assert [one.retrain for one in made] == [False, True, False]


def test_a_schedule_calls_until_a_run_is_asked_for() -> None:
    policy = RetrainingPolicy(schedule="0 3 * * *", quiet=QuietHours(since="00:00", until="06:00"))
    times = [0.0, 2 * HOUR, 3 * HOUR, 5 * HOUR, 6 * HOUR, 7 * HOUR, DAY + 6 * HOUR]
    made = run_through(policy, [at(time) for time in times])
    assert [one.retrain for one in made] == [False, False, False, False, True, False, True]
    assert [codes(one) for one in made[2:4]] == [["SCHEDULE"], ["SCHEDULE"]]
    assert made[2].because.endswith("but these are quiet hours, until 1970-01-01T06:00:00.000Z")


def test_new_labelled_rows_are_counted_from_the_last_request() -> None:
    policy = RetrainingPolicy(new_data=100)
    made = run_through(
        policy,
        [
            at(1.0, labelled=99, version="1"),
            at(2.0, labelled=100, version="1"),
            at(3.0, labelled=150, version="1"),  # the challenger lost: the same version answers
            at(4.0, labelled=200, version="1"),
            at(5.0, labelled=50, version="2"),  # another one answers: its count begins anew
            at(6.0, labelled=100, version="2"),
        ],
    )
    assert [one.retrain for one in made] == [False, True, False, True, False, True]


def test_new_content_of_data_calls_and_the_first_look_only_remembers() -> None:
    policy = RetrainingPolicy(new_data="trips/*.csv")
    made = run_through(policy, [at(time, data=look) for time, look in enumerate([None, "a", "a", "b", "b", "a"])])
    assert [one.retrain for one in made] == [False, False, False, True, False, True]


def test_freshness_counts_from_the_training_or_from_the_last_challenger_that_lost() -> None:
    policy = RetrainingPolicy(freshness="30d")
    assert not decide(policy, at(30 * DAY, trained=0.0), {}).retrain
    assert decide(policy, at(31 * DAY, trained=0.0), {}).because == "the model is 31 days old (at most 30d)"
    lost = PastRun(asked=9 * DAY, ended=10 * DAY)
    assert not decide(policy, at(31 * DAY, trained=0.0, runs=[lost]), {}).retrain
    broken = PastRun(asked=9 * DAY, ended=10 * DAY, failed=True)
    assert decide(policy, at(31 * DAY, trained=0.0, runs=[broken]), {}).retrain
    [unknown] = decide(policy, at(31 * DAY), {}).wanted.reasons
    assert (unknown.ok, unknown.code) == (True, "UNKNOWN_AGE")


def test_what_is_under_way_cooling_down_spent_or_unlabelled_blocks() -> None:
    policy = RetrainingPolicy(
        when=["drift"], cool_down="1d", budget="1 per 7d", least_labelled=10, cost_per_run=1.0
    )
    bad = [window(47, verdict("drift", ok=False))]
    waits = at(2 * DAY, bad, labelled=3, runs=[PastRun(asked=DAY, name="r7")])
    decision = decide(policy, waits, {"asked": [DAY + HOUR]})
    assert (decision.retrain, decision.blocked, decision.cost, decision.parameters) == (False, True, 0.0, {})
    assert hindered(decision) == ["UNDER_WAY", "COOL_DOWN", "BUDGET", "LABELS"]
    assert "the run r7 that was asked for at 1970-01-02T00:00:00.000Z waits already" in decision.because
    assert "lasts until 1970-01-03T01:00:00.000Z" in decision.because
    assert "1 runs of the budget of 1 per 7d are spent, until 1970-01-09T01:00:00.000Z" in decision.because
    assert "3 rows have been labelled since the model was trained, 10 are needed" in decision.because


def test_the_cool_down_counts_from_the_end_of_a_run_too() -> None:
    policy = RetrainingPolicy(freshness="1h", cool_down="1d")
    ended = PastRun(asked=0.0, ended=DAY)
    assert not decide(policy, at(1.9 * DAY, trained=0.0, runs=[ended]), {}).retrain
    assert decide(policy, at(2 * DAY, trained=0.0, runs=[ended]), {}).retrain


def test_what_was_blocked_goes_on_calling() -> None:
    policy = RetrainingPolicy(when=["drift"], quiet=QuietHours(since="00:00", until="06:00"))
    made = run_through(policy, [at(5 * HOUR, [window(4, verdict("drift", ok=False))]), at(6 * HOUR)])
    assert [one.retrain for one in made] == [False, True]


def test_somebody_who_asks_is_given_a_run_and_it_counts() -> None:
    policy = RetrainingPolicy(freshness="1h", budget="1 per 7d", cool_down="1d")
    made = run_through(
        policy,
        [
            at(HOUR, trained=0.0, demand="ada: new labels"),
            at(2 * HOUR, demand="ada: again"),
            at(3 * DAY, trained=0.0),
        ],
    )
    assert [one.retrain for one in made] == [True, True, False]
    assert made[0].because == "asked for: ada: new labels"
    assert hindered(made[2]) == ["BUDGET"]


def test_somebody_who_asks_while_a_run_is_under_way_is_given_one_afterwards() -> None:
    runs = [PastRun(asked=0.0, running=True)]
    made = run_through(RetrainingPolicy(), [at(HOUR, demand="ada", runs=runs), at(2 * HOUR), at(3 * HOUR)])
    assert [one.retrain for one in made] == [False, True, False]


def test_the_run_gets_what_the_policy_says() -> None:
    policy = RetrainingPolicy(
        freshness="1h",
        how="fine_tune",
        window="7d",
        promote="canary",
        sign_off=["risk"],
        parameters={"since": "$since", "how": "$how", "start": "$warm_start", "price": "$$5", "depth": 3},
    )
    decision = decide(policy, at(10 * DAY, trained=0.0, version="1.2.0"), {})
    assert decision.parameters == {
        "since": "1970-01-04T00:00:00.000Z",
        "how": "fine_tune",
        "start": "1.2.0",
        "price": "$5",
        "depth": 3,
    }
    details: Mapping[str, Any] = decision.details
    assert (details["since"], details["until"], details["window"]) == (3 * DAY, 10 * DAY, "7d")
    assert (details["sign_off"], details["promote"]) == (["risk"], "canary")


def test_the_window_of_a_drift_begins_where_the_check_began_to_fail() -> None:
    policy = RetrainingPolicy(when=[{"check": "drift", "for_windows": 3}], window="drift")
    good, bad = verdict("drift", ok=True), verdict("drift", ok=False)
    judged = [window(hour, good if hour < 5 else bad) for hour in range(9)]
    decision = decide(policy, at(9 * HOUR, judged), {})
    assert decision.retrain
    assert decision.details["since"] == 5 * HOUR


def test_the_beginning_of_a_drift_is_remembered_while_the_same_version_answers() -> None:
    policy = RetrainingPolicy(when=["drift"], window="drift")
    bad, good = verdict("drift", ok=False), verdict("drift", ok=True)
    made = run_through(
        policy,
        [
            at(HOUR, [window(0, bad)], version="1"),
            at(2 * HOUR, [window(1, bad)], version="1"),  # the challenger lost
            at(3 * HOUR, [window(2, bad)], version="2"),  # another won, and does not help
            at(4 * HOUR, [window(3, good)], version="2"),
            at(5 * HOUR, [window(4, bad)], version="2"),
        ],
    )
    assert [one.details.get("since") for one in made] == [0.0, 0.0, 2 * HOUR, None, 4 * HOUR]


def test_all_is_plain_json() -> None:
    policy = RetrainingPolicy(when=["drift"], window={"choose": "test"})
    decision = decide(policy, at(HOUR, [window(0, verdict("drift", ok=False))]), {})
    told = json.loads(json.dumps(decision.as_dict(), allow_nan=False))
    assert told["retrain"] is True
    assert told["details"]["candidates"] == ["7d", "30d", "all"]


EVENTS = st.lists(
    st.tuples(st.integers(1, 40), st.booleans(), st.integers(0, 9).map(lambda number: number == 0)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(events=EVENTS, runs=st.integers(1, 3), days=st.integers(1, 7), pause=st.integers(1, 72))
def test_never_more_than_the_budget_never_within_the_cool_down(
    events: list[tuple[int, bool, bool]], runs: int, days: int, pause: int
) -> None:
    policy = RetrainingPolicy(when=["drift"], budget=f"{runs} per {days}d", cool_down=f"{pause}h")
    memory: Mapping[str, Value] = {}
    asked: list[float] = []
    hour = 0
    for hours, bad, in_person in events:
        hour += hours
        seen = [window(hour - 1, verdict("drift", ok=not bad))]
        demand = "ada" if in_person else ""
        decision = decide(policy, at(hour * HOUR, seen, demand=demand), memory)
        memory = decision.memory
        assert decision.retrain or not in_person
        if not decision.retrain:
            continue
        time = hour * HOUR
        if not in_person:
            assert len([one for one in asked if one > time - days * DAY]) < runs
            assert all(time - one >= pause * HOUR for one in asked)
        asked.append(time)
