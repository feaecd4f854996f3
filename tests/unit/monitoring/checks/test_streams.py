"""The check of streams: what it watches, when it alarms, and that no row counts twice, however late its truth."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring import ADWIN, DDM, LinearFourRates
from mainspring.monitoring.checks.items import items_of
from mainspring.monitoring.checks.replaying import Part, Replay, change_point
from mainspring.monitoring.checks.streams import StreamsCheck
from mainspring.monitoring.detectors.streaming import STREAMING, make_detector, settings_of
from mainspring.monitoring.seen import Judged, Seen, Series
from mainspring.monitoring.windows import Window

HOUR = 3_600.0
ONE_ROW = summarize({"rows": Table.from_columns({"age": [1.0]})}).split("rows")


class Nothing:
    """A history of no figures."""

    def names(self, prefix: str = "") -> Sequence[str]:
        return ()

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        none = np.zeros(0)
        return Series(times=none, values=none, low=none, high=none, least=none, most=none)


def seen(number: int, columns: Mapping[str, Any], *, version: str = "1", times: Any = None) -> Seen:
    size = len(next(iter(columns.values())))
    since = HOUR * number
    asked = since + np.arange(size) * (HOUR / max(size, 1)) if times is None else times
    table = Table.from_columns(
        {
            **columns,
            "request.id": [f"{number}-{row:06}" for row in range(size)],
            "request.time": asked,
            "request.row": [0] * size,
        }
    )
    window = Window(since=since, until=since + HOUR, table=table, requests=size, errors=0, complete=True)
    return Seen(
        model="m",
        version=version,
        window=window,
        statistics=ONE_ROW,
        reference=Reference(statistics=ONE_ROW),
        history=Nothing(),
    )


def answered(number: int, wrong: np.ndarray, known: np.ndarray | None = None, *, version: str = "1") -> Seen:
    """A window of answers, some of them wrong, and some of the truth known."""
    truth = ["yes" if row % 3 else "no" for row in range(wrong.size)]
    other = {"yes": "no", "no": "yes"}
    said = [other[one] if bad else one for one, bad in zip(truth, wrong, strict=True)]
    told = truth if known is None else [one if there else None for one, there in zip(truth, known, strict=True)]
    columns = {"output.label": said, "feedback.truth": told}
    if known is not None and not known.any():
        del columns["feedback.truth"]
    return seen(number, columns, version=version)


def through(memory: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(memory, allow_nan=False))
    return found


def mistakes(seed: int, size: int, rate: float) -> np.ndarray:
    return np.random.default_rng(seed).random(size) < rate


def test_an_alarm_names_its_time_its_beginning_and_both_levels() -> None:
    check = StreamsCheck()
    quiet = check.judge(answered(0, mistakes(0, 2_000, 0.1)), {})
    assert quiet.verdict.ok
    assert quiet.verdict.reasons[0].code == "STEADY"
    assert quiet.figures["adwin"].value == pytest.approx(0.1, abs=0.02)
    wrong = np.concatenate([mistakes(1, 1_000, 0.1), mistakes(2, 1_000, 0.4)])
    found = check.judge(answered(1, wrong), through(quiet.memory))
    [reason] = found.verdict.failures
    assert (reason.code, reason.subject) == ("CHANGED", "mistakes")
    assert reason.expected == pytest.approx(0.1, abs=0.02)
    assert reason.observed == pytest.approx(0.4, abs=0.04)
    place = found.rows[0]
    assert 1_000 <= place < 1_150
    # A row in 1.8 seconds: the change is at 01:30, and looks as if it were three rows before.
    assert "changed since about 1970-01-01T01:29:54" in reason.message
    assert "alarm at 1970-01-01T01:3" in reason.message
    assert found.figures["adwin.alarms"].value >= 1
    # The alarms are those of the detector on the whole stream.
    alarms = ADWIN().update_many(np.concatenate([mistakes(0, 2_000, 0.1), wrong]))
    assert found.rows == [one - 2_000 for one in alarms.tolist()][:5]
    after = check.judge(answered(2, mistakes(3, 2_000, 0.4)), through(found.memory))
    assert after.verdict.ok


def test_windows_in_any_pieces_give_the_alarms_of_the_whole_stream() -> None:
    wrong = np.concatenate([mistakes(1, 3_000, 0.1), mistakes(2, 3_000, 0.3), mistakes(3, 2_000, 0.1)])
    expected = DDM().update_many(wrong[:6_000]).tolist()
    check = StreamsCheck(detectors={"ddm": {"watch": "mistakes"}}, kept=900)
    memory: Mapping[str, Any] = {}
    alarms = 0.0
    for number in range(12):
        judged = check.judge(answered(number, wrong[500 * number : 500 * number + 500]), memory)
        alarms += judged.figures["ddm.alarms"].value
        memory = through(judged.memory)
        expected_here = [one for one in expected if number * 500 <= one < number * 500 + 500]
        assert judged.verdict.ok == (not expected_here)
    assert alarms == len(expected)


def test_late_truths_count_where_they_belong_and_only_once() -> None:
    wrong = [mistakes(seed, 1_000, 0.1 if seed < 2 else 0.4) for seed in range(4)]
    check = StreamsCheck()
    at_once: Mapping[str, Any] = {}
    for number in range(4):
        last = check.judge(answered(number, wrong[number]), at_once)
        at_once = through(last.memory)
    random = np.random.default_rng(0)
    late: Mapping[str, Any] = {}
    for number in range(4):
        judged = check.judge(answered(number, wrong[number], random.random(1_000) < 0.3), late)
        late = through(judged.memory)
    for number in (2, 0, 3, 1):
        window = answered(number, wrong[number])
        again = replace(window, window=replace(window.window, revision=1))
        late = through(check.judge(again, late).memory)
        # And once more: the rows that were known already count once.
        late = through(check.judge(again, late).memory)
    ours, theirs = Replay.from_dict(late["adwin"]), Replay.from_dict(at_once["adwin"])
    assert [one.values.tolist() for one in ours.parts] == [one.values.tolist() for one in theirs.parts]
    assert ours.start == theirs.start
    assert set(theirs.told) <= set(ours.told)


def test_an_alarm_in_another_window_is_told_once() -> None:
    check = StreamsCheck()
    none = np.zeros(1_000, dtype=bool)
    memory: Mapping[str, Any] = {}
    # The truth of the first window comes after that of the second, in which all is wrong.
    memory = check.judge(answered(0, mistakes(0, 1_000, 0.1), none), memory).memory
    first = check.judge(answered(1, mistakes(1, 1_000, 0.5)), through(memory))
    assert first.verdict.ok  # with nothing before it nothing has changed
    late = check.judge(answered(0, mistakes(0, 1_000, 0.1)), through(first.memory))
    [reason] = late.verdict.failures
    assert "alarm at 1970-01-01T01:0" in reason.message
    assert late.rows == []
    again = check.judge(answered(0, mistakes(0, 1_000, 0.1)), through(late.memory))
    assert again.verdict.ok
    assert not check.judge(answered(1, mistakes(1, 1_000, 0.5)), through(again.memory)).verdict.ok


def test_a_window_that_is_long_past_is_not_taken_again() -> None:
    check = StreamsCheck(kept=100)
    memory: Mapping[str, Any] = {}
    for number in range(3):
        memory = check.judge(answered(number, mistakes(number, 200, 0.1)), through(memory)).memory
    late = check.judge(answered(0, mistakes(0, 200, 0.9)), through(memory))
    assert [reason.code for reason in late.verdict.reasons] == ["TOO_LATE"]
    assert late.verdict.ok
    assert through(late.memory) == through(memory)


def test_a_new_version_begins_anew_and_inputs_go_on() -> None:
    check = StreamsCheck(detectors={"adwin": {}, "age": {"detector": "cusum", "watch": "age"}})

    def window(number: int, rate: float, version: str) -> Seen:
        asked = answered(number, mistakes(number, 1_000, rate), version=version)
        columns = {**asked.window.table.to_columns(), "age": np.random.default_rng(number).normal(40, 5, 1_000)}
        columns = {name: values for name, values in columns.items() if not name.startswith("request.")}
        return seen(number, columns, version=version)

    one = check.judge(window(0, 0.1, "1"), {})
    two = check.judge(window(1, 0.5, "2"), through(one.memory))
    assert two.verdict.ok
    assert Replay.from_dict(through(two.memory)["adwin"]).version == "2"
    assert len(Replay.from_dict(through(two.memory)["age"]).parts) == 2
    past = check.judge(window(0, 0.1, "1"), through(two.memory))
    assert [reason.code for reason in past.verdict.reasons] == ["TOO_LATE", "STEADY"]


def test_other_settings_begin_anew() -> None:
    one = StreamsCheck().judge(answered(0, mistakes(0, 500, 0.1)), {})
    two = StreamsCheck(detectors={"adwin": {"delta": 0.1}})
    judged = two.judge(answered(1, mistakes(1, 500, 0.1)), through(one.memory))
    assert len(Replay.from_dict(through(judged.memory)["adwin"]).parts) == 1


def test_rows_are_taken_in_the_order_of_their_requests() -> None:
    random = np.random.default_rng(0)
    wrong = np.concatenate([mistakes(1, 1_000, 0.05), mistakes(2, 1_000, 0.5)])
    order = random.permutation(2_000)
    truth = np.where(wrong[order], "a", "b")
    columns = {"output.label": ["b"] * 2_000, "feedback.truth": truth.tolist()}
    judged = StreamsCheck().judge(seen(0, columns, times=order * 1.0), {})
    expected = ADWIN().update_many(wrong)
    assert judged.rows == [int(np.flatnonzero(order == one)[0]) for one in expected[:5]]


def outcomes() -> Judged:
    random = np.random.default_rng(0)
    truth = random.random(4_000) < 0.5
    said = truth & ~((np.arange(4_000) > 2_000) & (random.random(4_000) < 0.4))
    columns = {
        "output.label": np.where(said, "yes", "no").tolist(),
        "feedback.truth": np.where(truth, "yes", "no").tolist(),
    }
    window = seen(0, columns)
    items = items_of(window.window.table, "outcomes", positive="yes")
    assert items.values.tolist() == LinearFourRates.outcomes(truth, said).tolist()
    return StreamsCheck(detectors={"linear_four_rates": {}}, positive="yes").judge(window, {})


def test_linear_four_rates_watches_outcomes_and_tells_of_mistakes() -> None:
    [reason] = outcomes().verdict.failures
    assert reason.subject == "outcomes"
    assert reason.expected == pytest.approx(0, abs=0.01)
    assert reason.observed == pytest.approx(0.2, abs=0.05)


def test_numbers_errors_and_rewards_are_watched() -> None:
    random = np.random.default_rng(3)
    shift = np.repeat([0.0, 2.0], 1_000)
    columns = {
        "age": random.normal(40, 1, 2_000),
        "output.prediction": random.normal(0, 1, 2_000) + shift,
        "feedback.truth": random.normal(0, 1, 2_000),
        "feedback.reward": (random.random(2_000) < np.where(shift > 0, 0.1, 0.8)).astype(float),
    }
    check = StreamsCheck(
        detectors={
            "page_hinkley": {"watch": "output.prediction", "threshold": 30},
            "kswin": {"watch": "age"},
            "reward": {"detector": "hddm_a", "watch": "reward", "direction": "down"},
            "errors": {"detector": "cusum", "watch": "errors"},
        }
    )
    judged = check.judge(seen(0, columns), {})
    said = {reason.subject: reason.code for reason in judged.verdict.reasons}
    assert said["output.prediction"] == "CHANGED"
    assert said["reward | reward"] == "CHANGED"
    assert said["errors | errors"] == "CHANGED"
    assert said["age"] == "STEADY"
    assert judged.figures["kswin"].value == pytest.approx(columns["age"].mean())


def test_what_cannot_be_watched_is_said() -> None:
    check = StreamsCheck(
        detectors={
            "adwin": {"watch": "mistakes"},
            "ddm": {"watch": "age"},
            "word": {"detector": "adwin", "watch": "word"},
            "gone": {"detector": "adwin", "watch": "gone"},
            "errors": {"detector": "adwin", "watch": "errors"},
            "reward": {"detector": "adwin", "watch": "reward"},
        }
    )
    window = seen(0, {"age": [30.0, 40.0], "word": ["a", "b"], "output.label": ["x", "y"]})
    judged = check.judge(window, {})
    assert judged.verdict.ok
    messages = {reason.message for reason in judged.verdict.reasons}
    assert {reason.code for reason in judged.verdict.reasons} == {"NOT_WATCHED"}
    assert "adwin on mistakes: no truth is known of any row yet" in messages
    assert "ddm on age: item 0 is 30.0" in messages
    assert "word on word: column 'word' holds no numbers" in messages
    assert "gone on gone: there is no column 'gone'" in messages
    empty = check.judge(seen(1, {"age": np.zeros(0), "output.label": np.array([], dtype=str)}), judged.memory)
    assert empty.verdict.ok
    known = seen(2, {"output.label": ["x", "y"], "feedback.truth": [None, None], "age": [None, 1.0]})
    assert "NOTHING_KNOWN" in {reason.code for reason in check.judge(known, empty.memory).verdict.reasons}


def test_a_truth_that_is_no_class_of_the_model_is_a_mistake() -> None:
    window = seen(
        0,
        {
            "output.probability.a": [0.9, 0.9, 0.2],
            "output.probability.b": [0.1, 0.1, 0.8],
            "feedback.truth": ["a", "new", None],
        },
    )
    items = items_of(window.window.table, "mistakes")
    assert items.values.tolist() == [0, 1]
    assert items.unknown == 1


def test_it_looks_at_the_truth_only_if_a_detector_does() -> None:
    assert StreamsCheck().on_truth
    assert not StreamsCheck(
        detectors={"adwin": {"watch": "age"}, "kswin": {"watch": "output.prediction"}}
    ).on_truth
    assert StreamsCheck(detectors={"adwin": {"watch": "feedback.stars"}}).on_truth


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detectors": {"adwim": {}}}, "no streaming detector 'adwim'"),
        ({"detectors": {"adwin": {"detla": 1}}}, "adwin has no setting 'detla'"),
        ({"detectors": {"adwin": {"sums": [[1.0]]}}}, "adwin has no setting 'sums'"),
        ({"detectors": {"adwin": {"delta": 2}}}, "delta is 2"),
        ({"detectors": {"adwin": {"delta": "much"}}}, "the settings of adwin do not fit"),
        ({"detectors": {"adwin": {"watch": 3}}}, "adwin watches 3"),
        (
            {"detectors": {"one": {"detector": "x"}, "two": {"detector": "y"}}},
            "'x'; there is no streaming detector 'y'",
        ),
        ({"kept": -1}, "kept is -1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        StreamsCheck(**options)
    assert message in error.value.found


@pytest.mark.parametrize("name", STREAMING)
def test_every_detector_has_a_name_and_settings(name: str) -> None:
    made = make_detector(name, {})
    assert type(made).__name__ == STREAMING[name]
    settings = {one: made.as_dict()[one] for one in settings_of(name)}
    assert make_detector(name, settings).as_dict() == made.as_dict()


def test_the_place_where_a_mean_changes() -> None:
    assert change_point(np.array([1.0, 1, 1, 5, 5])) == 3
    assert change_point(np.array([1.0])) == 0
    random = np.random.default_rng(0)
    stream = np.concatenate([random.normal(0, 1, 9_000), random.normal(1, 1, 300)])
    assert abs(change_point(stream) - 9_000) < 30


def test_items_go_through_text_unchanged() -> None:
    random = np.random.default_rng(0)
    times = 1.7e9 + np.sort(np.round(random.uniform(0, 3_600, 500), 6))
    replay = Replay.anew("adwin", {}, "1")
    replay.take("adwin", Part(since=1.7e9, values=random.normal(size=500), times=times), lambda one: one, kept=10)
    [part] = Replay.from_dict(through(replay.as_dict())).parts
    assert part.values.tolist() == replay.parts[0].values.tolist()
    assert part.times == pytest.approx(times, abs=1e-6)


def test_a_change_for_the_better_is_told_and_is_no_failure() -> None:
    wrong = np.concatenate([mistakes(1, 1_500, 0.5), mistakes(2, 1_500, 0.1)])
    judged = StreamsCheck().judge(answered(0, wrong), {})
    assert judged.verdict.ok
    assert [reason.code for reason in judged.verdict.reasons] == ["IMPROVED"]
    assert judged.figures["adwin.alarms"].value >= 1
