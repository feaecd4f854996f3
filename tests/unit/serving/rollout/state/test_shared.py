"""What a bandit has learned, whoever learns it and however that ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from mainspring.serving.rollout.experiments import per_key
from mainspring.serving.rollout.state import Learned, SharedState, Told

_LEARNER = """
import sys
from pathlib import Path
from mainspring.serving.rollout.state import SharedState, Told

state = SharedState(Path(sys.argv[1]), remember=int(sys.argv[3]), sync=1e9)
print("ready", flush=True)
for line in sys.stdin:
    number = int(line)
    arm = "abc"[number % 3]
    context = {"1": 1.0, f"city={number % 5}": 1.0}
    state.learn([Told(id=f"{sys.argv[2]}-{number}", arm=arm, reward=number % 7 / 4, context=context)])
    print(number, flush=True)
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SharedState]:
    with SharedState(tmp_path / "state", sync=1e9) as made:
        yield made


def told(name: str, arm: str = "a", reward: float = 1.0, **more: Any) -> Told:
    return Told(id=name, arm=arm, reward=reward, **more)


def sums(state: SharedState) -> dict[str, tuple[int, float]]:
    known = state.known()
    return {name: (int(known.count[place]), float(known.mean[place])) for place, name in enumerate(known.arms)}


def test_rewards_are_summed_by_the_name_of_the_arm(state: SharedState) -> None:
    assert state.learn([told("1", "a", 1.0), told("2", "b", -2.5), told("3", "b", 0.5)]) == Learned(added=3)
    assert sums(state) == {"a": (1, 1.0), "b": (2, -1.0)}
    known = state.known(["b", "new", "a"])
    assert known.count.tolist() == [2.0, 0.0, 1.0]
    assert known.mean.tolist() == [-1.0, 0.0, 1.0]
    assert state.known(["b", "new", "a"]) is known, "nothing was learned in between"


def test_what_is_told_again_is_not_counted_again(state: SharedState) -> None:
    one = told("1", time=5.0)
    assert state.learn([one, one]) == Learned(added=1, ignored=1)
    assert state.learn([one]) == Learned(ignored=1)
    assert state.learn([told("1", time=5.0, row=0), told("1", time=5.0, key="clicked")]) == Learned(added=2)


def test_what_became_known_later_takes_the_place_of_what_was_known_before(state: SharedState) -> None:
    state.learn([told("1", "a", 1.0, time=5.0), told("2", "a", 3.0)])
    assert state.learn([told("1", "a", 0.0, time=4.0)]) == Learned(ignored=1)
    assert state.learn([told("1", "a", 2.0, time=6.0)]) == Learned(replaced=1)
    assert sums(state) == {"a": (2, 2.5)}
    assert state.learn([told("1", "b", 2.0, time=7.0)]) == Learned(replaced=1), "it was another arm after all"
    assert sums(state) == {"a": (1, 3.0), "b": (1, 2.0)}


def test_the_same_told_later_holds_against_what_became_known_in_between(state: SharedState) -> None:
    state.learn([told("1", "a", 1.0, time=1.0), told("1", "a", 1.0, time=3.0)])
    assert state.learn([told("1", "a", 0.0, time=2.0)]) == Learned(ignored=1)
    assert sums(state) == {"a": (1, 1.0)}


def test_context_is_taken_away_with_its_reward(state: SharedState) -> None:
    state.learn([told("1", "a", 2.0, context={"1": 1.0, "age": 3.0}), told("2", "a", 1.0, context={"1": 1.0})])
    state.learn([told("1", "b", 4.0, context={"1": 1.0, "city=Rome": 1.0}, time=1.0)])
    known = state.known(["a", "b"])
    assert known.features == ("1", "age", "city=Rome")
    assert known.gram[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert known.moment[0].tolist() == [1, 0, 0]
    assert known.gram[1].tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert known.moment[1].tolist() == [4, 0, 4]


def test_texts_beyond_the_room_for_features_are_one(tmp_path: Path) -> None:
    with SharedState(tmp_path, features=4, sync=1e9) as state:
        state.learn([told(str(n), context={"1": 1.0, f"city={n}": 1.0}) for n in range(9)])
        known = state.known(["a"])
    assert known.features == ("1", "city=0", "city=1", "city=2", "city=…")
    assert known.moment.tolist() == [[9, 1, 1, 1, 6]]


@pytest.mark.parametrize("reward", [float("nan"), float("inf"), -float("inf"), 1e101])
def test_what_cannot_be_summed_is_refused_and_nothing_is_learned(state: SharedState, reward: float) -> None:
    with pytest.raises(InputError, match="the reward for request '2' is"):
        state.learn([told("1"), told("2", reward=reward)])
    with pytest.raises(InputError, match="feature 'age' of request '3' is"):
        state.learn([told("3", context={"age": reward})])
    assert sums(state) == {}


def test_other_processes_know_at_once(tmp_path: Path) -> None:
    with SharedState(tmp_path) as one, SharedState(tmp_path) as other:
        assert other.known(["a"]).count.tolist() == [0]
        one.learn([told("1", reward=0.25)])
        assert other.known(["a"]).mean.tolist() == [0.25]
        assert other.learn([told("1", reward=0.25)]) == Learned(ignored=1)
        other.learn([told("1", reward=0.5, time=1.0)])
        assert one.known(["a"]).mean.tolist() == [0.5]


def test_what_was_known_a_moment_ago_may_be_good_enough(state: SharedState) -> None:
    before = state.known(["a"], rest=1000.0)
    state.learn([told("1")])
    assert state.known(["a"], rest=1000.0) is before
    assert state.known(["a"]).count.tolist() == [1]
    assert state.known(["a"], rest=1000.0).count.tolist() == [1]


def test_an_arm_by_another_name_keeps_what_is_known(state: SharedState) -> None:
    state.learn([told("1", "a", 1.0), told("2", "b", 3.0)])
    state.rename("a", "c")
    assert sums(state) == {"c": (1, 1.0), "b": (1, 3.0)}
    state.learn([told("1", "c", 5.0, time=1.0)])
    assert sums(state) == {"c": (1, 5.0), "b": (1, 3.0)}
    with pytest.raises(ConflictError, match="arm 'b' has rewards of its own"):
        state.rename("c", "b")
    with pytest.raises(NotFoundError, match="nothing is known of arm 'x'"):
        state.rename("x", "y")


def test_after_a_reset_old_rewards_are_neither_counted_nor_taken_away(state: SharedState) -> None:
    state.learn([told("1", "a", 1.0), told("2", "b", 3.0)])
    state.reset("a")
    assert sums(state) == {"a": (0, 0.0), "b": (1, 3.0)}
    assert state.learn([told("1", "a", 1.0)]) == Learned(ignored=1)
    state.learn([told("1", "a", 0.5, time=1.0)])
    assert sums(state) == {"a": (1, 0.5), "b": (1, 3.0)}
    state.rename("b", "c")
    state.reset("c")
    state.rename("c", "d")
    state.learn([told("2", "d", 2.0, time=1.0)])
    assert sums(state)["d"] == (1, 2.0)
    state.reset()
    assert sums(state) == {}
    with pytest.raises(NotFoundError, match="nothing is known of arm 'a'"):
        state.reset("a")


def test_an_export_is_the_state(tmp_path: Path) -> None:
    with SharedState(tmp_path / "one") as one, SharedState(tmp_path / "other") as other:
        one.learn([told(str(n), "ab"[n % 2], n / 3, context={"1": 1.0, "x": n / 7}) for n in range(20)])
        other.learn([told("old", "z")])
        other.restore(json.loads(json.dumps(one.export())))
        assert other.export() == one.export()
        assert other.learn([told("old", "z", 2.0, time=1.0)]) == Learned(replaced=1), "it is told of again"
        assert sums(other)["z"] == (1, 2.0)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "the form of the state is None"),
        ({"format": 1, "arms": {"a": {}}, "features": []}, "this is no state of a bandit"),
        (
            {
                "format": 1,
                "features": ["1", "x"],
                "arms": {"a": {"count": 1, "mean": 0, "squares": 0, "moment": [1], "gram": [[1]]}},
            },
            "arm 'a' has sums over 1 features\n  expected: 2, one for each of 1, x",
        ),
        (
            {
                "format": 1,
                "features": [],
                "arms": {"a": {"count": -1, "mean": 0, "squares": 0, "moment": [], "gram": []}},
            },
            "sums that cannot be",
        ),
        ({"format": 1, "features": [str(n) for n in range(65)], "arms": {}}, "the state has 65 features"),
    ],
)
def test_what_is_no_state_is_not_restored(state: SharedState, value: dict[str, Any], message: str) -> None:
    state.learn([told("1")])
    with pytest.raises(InputError, match=message):
        state.restore(value)
    assert sums(state) == {"a": (1, 1.0)}


def test_the_journal_is_rewritten_with_what_is_remembered(tmp_path: Path) -> None:
    with SharedState(tmp_path, remember=10, sync=1e9) as state, SharedState(tmp_path, remember=10) as other:
        for number in range(200):
            (state, other)[number % 2].learn([told(str(number), "ab"[number % 2], float(number))])
        assert sums(state) == {"a": (100, 99.0), "b": (100, 100.0)} == sums(other)
        assert other.learn([told(str(number), "ab"[number % 2], float(number)) for number in range(190, 200)]) == (
            Learned(ignored=10)
        )
        other.learn([told("199", "b", 299.0, time=1.0)])
        assert sums(state)["b"] == (100, 101.0)
    journals = [path for path in tmp_path.iterdir() if path.name.startswith("journal")]
    assert len(journals) == 1
    assert journals[0].name != "journal-000001"
    assert journals[0].stat().st_size < 8_000
    with SharedState(tmp_path) as again:
        assert sums(again) == {"a": (100, 99.0), "b": (100, 101.0)}


def test_a_line_that_was_not_finished_was_never_learned(tmp_path: Path) -> None:
    with SharedState(tmp_path) as state:
        state.learn([told("1"), told("2")])
    journal = tmp_path / "journal-000001"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-5])
    with SharedState(tmp_path) as state:
        assert sums(state) == {"a": (1, 1.0)}
        assert state.learn([told("2")]) == Learned(added=1)
    assert journal.read_bytes() == whole


def test_a_board_that_is_spoilt_is_made_again(tmp_path: Path) -> None:
    with SharedState(tmp_path) as state:
        state.learn([told("1"), told("2", "b", 4.0, context={"1": 1.0})])
        before = state.export()
    board = tmp_path / "board"
    for spoilt in (b"", b"\xff" * board.stat().st_size, board.read_bytes()[:4096] + b"x" * 9000):
        board.write_bytes(spoilt)
        with SharedState(tmp_path) as state:
            assert state.export() == before
            state.learn([told("1")])
    board.unlink()
    with SharedState(tmp_path) as state:
        assert state.export() == before


def test_a_journal_that_somebody_changed_is_refused(tmp_path: Path) -> None:
    with SharedState(tmp_path) as state:
        state.learn([told("1"), told("2")])
    (tmp_path / "board").unlink()
    journal = tmp_path / "journal-000001"
    journal.write_bytes(journal.read_bytes().replace(b'"1"', b'"7"', 1))
    with pytest.raises(IntegrityError, match="the line at byte 0 is not what was written"):
        SharedState(tmp_path)


def test_a_failure_between_the_new_journal_and_the_board_loses_nothing(tmp_path: Path) -> None:
    with SharedState(tmp_path, remember=4) as state:
        for number in range(24):
            state.learn([told(str(number), reward=float(number))])
        old = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        state.learn([told("24", reward=24.0)])
        before = state.export()
        assert (tmp_path / "journal-000002").exists()
    (tmp_path / "board").write_bytes(old["board"])
    (tmp_path / "journal-000001").write_bytes(old["journal-000001"])
    with SharedState(tmp_path, remember=4) as state:
        assert state.export() == before
    assert not (tmp_path / "journal-000001").exists()


_TELLINGS = st.lists(
    st.tuples(
        st.integers(0, 1),  # who is told
        st.integers(0, 5),  # of which request
        st.sampled_from("ab"),
        st.integers(-8, 8),  # eighths: sums of them are exact
        st.integers(0, 3),  # when it became known
        st.booleans(),  # whether the process is killed afterwards
    ),
    max_size=40,
)


@given(tellings=_TELLINGS)
@settings(max_examples=60, deadline=None)
def test_any_interleaving_is_the_fold_of_what_counts(
    tellings: list[tuple[int, int, str, int, int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("state")
    states = [SharedState(folder, remember=6, sync=1e9) for _ in range(2)]
    latest: dict[int, tuple[int, str, int]] = {}
    for who, request, arm, eighths, moment, killed in tellings:
        states[who].learn([told(str(request), arm, eighths / 8, time=float(moment))])
        if request not in latest or moment >= latest[request][0]:
            latest[request] = (moment, arm, eighths)
        if killed:
            states[who] = SharedState(folder, remember=6, sync=1e9)  # the old one was never closed
    expected = {arm: [each[2] / 8 for each in latest.values() if each[1] == arm] for arm in "ab"}
    found = sums(states[0])
    for arm, rewards in expected.items():
        count, mean = found.get(arm, (0, 0.0))
        assert count == len(rewards)
        assert mean == pytest.approx(sum(rewards) / len(rewards) if rewards else 0.0, abs=1e-12)
    assert sums(states[1]) == found


def _killed_in_a_loop(folder: Path, rounds: int, remember: int) -> tuple[set[str], set[str]]:
    """Starts two learners again and again, and kills them; gives what was acknowledged and what was sent."""
    chance, acknowledged, sent, number = random.Random(rounds), set(), set(), 0
    for turn in range(rounds):
        learners = [
            subprocess.Popen(
                [sys.executable, "-c", _LEARNER, str(folder), f"{turn}{who}", str(remember)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for who in "xy"
        ]
        for who, learner in zip("xy", learners, strict=True):
            assert learner.stdin is not None
            assert learner.stdout is not None
            assert learner.stdout.readline() == "ready\n"
            numbers = range(number, number + 400)
            number += 400
            sent |= {f"{turn}{who}-{each}" for each in numbers}
            learner.stdin.write("".join(f"{each}\n" for each in numbers))
            learner.stdin.flush()
        for who, learner in zip("xy", learners, strict=True):
            assert learner.stdin is not None
            assert learner.stdout is not None
            for _ in range(chance.randrange(1, 60)):
                acknowledged.add(f"{turn}{who}-{learner.stdout.readline().strip()}")
            os.kill(learner.pid, signal.SIGKILL)
        for who, learner in zip("xy", learners, strict=True):
            assert learner.stdin is not None
            assert learner.stdout is not None
            acknowledged |= {f"{turn}{who}-{line}" for line in learner.stdout.read().split("\n")[:-1]}
            learner.stdin.close()
            learner.stdout.close()
            learner.wait()
    return acknowledged, sent


@pytest.mark.parametrize(
    ("rounds", "remember"), [(2, 100_000), pytest.param(12, 100, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_a_kill_loses_nothing_that_was_learned(tmp_path: Path, rounds: int, remember: int) -> None:
    acknowledged, sent = _killed_in_a_loop(tmp_path, rounds, remember)
    with SharedState(tmp_path, remember=remember) as state:
        count = int(state.known().count.sum())
        assert len(acknowledged) <= count <= len(acknowledged) + 2 * rounds, "one each may not have been told"
        known = state.known()
        assert known.gram[:, 0, 0].sum() == count
        if remember > len(sent):
            again = [told(name, "abc"[int(name.partition("-")[2]) % 3], 0.0, time=-1.0) for name in sorted(sent)]
            learned = state.learn(again)
            assert (learned.ignored, learned.added) == (count, len(sent) - count)
            assert acknowledged <= sent
            rewards = {arm: float(known.mean[place] * known.count[place]) for place, arm in enumerate(known.arms)}
            most = sum(int(name.partition("-")[2]) % 7 / 4 for name in acknowledged)
            assert sum(rewards.values()) == pytest.approx(most, abs=1.5 * 2 * rounds)


@given(
    told=st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from("ab"), st.integers(-4, 4), st.sampled_from("uvwxyz")),
        min_size=1,
        max_size=60,
    ),
    remember=st.sampled_from([40, 1000]),
    again=st.integers(1, 60),
)
@settings(max_examples=40, deadline=None)
def test_rewards_of_one_unit_count_as_their_mean(
    told: list[tuple[int, str, int, str]], remember: int, again: int
) -> None:
    """As if the latest reward of each request was grouped by its unit; across restarts and rewritten journals."""
    latest: dict[int, tuple[str, str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        first, second = (SharedState(Path(folder), remember=remember, sync=1e9) for _ in range(2))
        for place, (number, arm, reward, unit) in enumerate(told):
            state = first if place % 2 else second
            state.learn([Told(id=str(number), arm=arm, reward=float(reward), unit=unit, time=float(place))])
            latest[number] = (arm, unit, float(reward))
            if place % again == again - 1:
                first.close()
                first = SharedState(Path(folder), remember=remember, sync=1e9)
        known = first.known(["a", "b"])
        for place, arm in enumerate("ab"):
            expected = per_key((unit, reward) for each, unit, reward in latest.values() if each == arm)
            assert known.count[place] == expected.count
            assert known.count[place] * known.mean[place] == pytest.approx(expected.sum, abs=1e-9)
            squares = expected.squares - (expected.sum**2 / expected.count if expected.count else 0.0)
            assert known.squares[place] == pytest.approx(squares, abs=1e-9)
        first.close()
        second.close()


def test_a_unit_that_was_not_heard_of_for_long_is_a_new_one(tmp_path: Path) -> None:
    with SharedState(tmp_path / "state", remember=3, sync=1e9) as state:
        for number, unit in enumerate(["u", "v", "u", "w", "x", "v"]):
            state.learn([told(str(number), reward=float(number), unit=unit)])
        assert sums(state)["a"] == pytest.approx((5, (1.0 + 1.0 + 3.0 + 4.0 + 5.0) / 5))
    with SharedState(tmp_path / "state", remember=3, sync=1e9) as state:
        state.learn([told("7", reward=0.0, unit="v")])
        assert sums(state)["a"] == pytest.approx((5, (1.0 + 1.0 + 3.0 + 4.0 + 2.5) / 5))
