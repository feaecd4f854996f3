"""Triggers: what is due when, once, for several schedulers and after an absence."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mainspring.app.settings_file import load
from mainspring.app.wiring import open_stores
from mainspring.core.clock import interval
from mainspring.core.errors import InputError
from mainspring.pipelines.triggers import TOPIC, Backing, Scheduler, Trigger


class Time:
    """A clock that is set by hand, in local time as cron is."""

    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        """Set it."""
        self.now = datetime.fromisoformat(text).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def backing(tmp_path: Path) -> Iterator[Backing]:
    """A record and a queue."""
    stores = open_stores(load(tmp_path, {}))
    yield stores.record
    stores.record.close()


@pytest.fixture
def time() -> Time:
    """Noon of a Saturday."""
    return Time("2026-11-21T12:00:00")


def scheduler(backing: Backing, root: Path, time: Time, *triggers: Trigger) -> Scheduler:
    """A scheduler, as a new process would make it."""
    return Scheduler(backing, "taxi", root, triggers, clock=time)


def bodies(backing: Backing) -> list[Mapping[str, Any]]:
    """What is queued, taken out."""
    found = []
    while (message := backing.claim([TOPIC], worker="w", seconds=60)) is not None:
        found.append(message.body)
        backing.done(message)
    return found


def test_cron(backing: Backing, tmp_path: Path, time: Time) -> None:
    rule = Trigger(name="nightly", cron="0 3 * * *", parameters={"rows": 5})
    made = scheduler(backing, tmp_path, time, rule)
    assert made.tick() == [], "the wait begins when it is seen for the first time"
    time.set("2026-11-22T02:59:59")
    assert made.tick() == []
    time.set("2026-11-22T03:00:00")
    assert len(made.tick()) == 1
    assert made.tick() == []
    body = bodies(backing)[0]
    assert body["parameters"] == {"rows": 5}
    assert str(body["reason"]).startswith("nightly was due at 2026-11-22")
    time.set("2026-11-23T03:00:01")
    assert len(made.tick()) == 1


def test_an_absence_is_made_up_for_once(backing: Backing, tmp_path: Path, time: Time) -> None:
    rule = Trigger(name="hourly", cron="@hourly")
    scheduler(backing, tmp_path, time, rule).tick()
    time.set("2026-11-25T10:30:00")
    again = scheduler(backing, tmp_path, time, rule)
    assert len(again.tick()) == 1
    assert again.tick() == []
    assert len(bodies(backing)) == 1
    time.set("2026-11-25T11:00:00")
    assert len(again.tick()) == 1


def test_an_interval(backing: Backing, tmp_path: Path, time: Time) -> None:
    made = scheduler(backing, tmp_path, time, Trigger(name="often", every="15m"))
    fired = []
    for minute in range(0, 61, 5):
        time.set(f"2026-11-21T{12 + minute // 60}:{minute % 60:02}:00")
        if made.tick():
            fired.append(minute)
    assert fired == [15, 30, 45, 60]


def test_new_data(backing: Backing, tmp_path: Path, time: Time) -> None:
    made = scheduler(backing, tmp_path, time, Trigger(name="new", data="in/*.csv"))
    assert made.tick() == [], "there is none yet"
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("1\n")
    assert made.tick() == ["in/*.csv has new content (1 files, 2 bytes)"]
    assert made.tick() == []
    (tmp_path / "in/b.csv").write_text("2\n")
    assert made.tick() == ["in/*.csv has new content (2 files, 4 bytes)"]
    (tmp_path / "in/b.csv").write_text("3\n")
    assert len(made.tick()) == 1
    assert scheduler(backing, tmp_path, time, Trigger(name="new", data="in/*.csv")).tick() == []
    assert len(bodies(backing)) == 3


def test_a_new_span(backing: Backing, tmp_path: Path, time: Time) -> None:
    rule = Trigger(name="new", data="in/{SPAN}/*.csv @ last 2")
    made = scheduler(backing, tmp_path, time, rule)
    assert made.tick() == [], "there is none yet"
    told: list[str] = []
    for span in (1, 2, 3):
        (tmp_path / f"in/{span}").mkdir(parents=True)
        (tmp_path / f"in/{span}/a.csv").write_text("1\n")
        told += made.tick()
        assert made.tick() == []
    assert told == [
        f"{rule.data} has new content (spans {spans}, {files} files, {size} bytes)"
        for spans, files, size in [("1", 1, 2), ("1..2", 2, 4), ("2..3", 2, 4)]
    ]
    (tmp_path / "in/1/a.csv").write_text("2\n")
    assert made.tick() == [], "a span that is out of the window"
    (tmp_path / "in/2/a.csv").write_text("2\n")
    assert len(made.tick()) == 1


def test_files_that_contradict_their_pattern_start_one_run_that_says_so(
    backing: Backing, tmp_path: Path, time: Time
) -> None:
    made = scheduler(backing, tmp_path, time, Trigger(name="new", data="{SPAN:3}.csv"))
    (tmp_path / "7.csv").write_text("1\n")
    assert "7.csv has 1 digits" in made.tick()[0]
    assert made.tick() == []
    (tmp_path / "7.csv").rename(tmp_path / "007.csv")
    assert "spans 7, 1 files" in made.tick()[0]


def test_two_schedulers_start_a_run_once(backing: Backing, tmp_path: Path, time: Time) -> None:
    rules = [Trigger(name="nightly", cron="0 3 * * *"), Trigger(name="often", every="1h")]
    (tmp_path / "a.csv").write_text("1\n")
    rules.append(Trigger(name="new", data="a.csv"))
    one, two = (scheduler(backing, tmp_path, time, *rules) for _ in range(2))
    one.tick()
    two.tick()
    assert len(bodies(backing)) == 1, "the data"
    time.set("2026-11-22T03:30:00")
    assert len(one.tick()) + len(two.tick()) == 2
    assert len(bodies(backing)) == 2


def test_what_waits_already_is_not_queued_again(backing: Backing, tmp_path: Path, time: Time) -> None:
    """Two schedulers that both read the memory before either wrote it: the message's key is the same."""
    rule = Trigger(name="often", every="1h")
    one, two = (scheduler(backing, tmp_path, time, rule) for _ in range(2))
    one.tick()
    time.set("2026-11-21T13:00:00")
    memory = one._memory(rule)
    assert one.tick()
    backing.publish([memory], [])  # as if the other had read it before
    two._remember(memory, last=memory.custom["last"])
    two.tick()
    assert len(bodies(backing)) == 1


def test_topics(backing: Backing, tmp_path: Path, time: Time) -> None:
    rules = [Trigger(name="drift", topic="retrain", parameters={"rows": 1}), Trigger(name="n", every="1h")]
    made = scheduler(backing, tmp_path, time, *rules)
    assert made.topics == [TOPIC, "retrain"]
    assert made.parameters("retrain") == {"rows": 1}
    assert made.parameters(TOPIC) == {}
    assert made.tick() == []


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("1.5m", 90), (" 6 h ", 21600), ("1d", 86400)])
def test_intervals(text: str, seconds: float) -> None:
    assert interval(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "5w", "-5m", "0s", "m", "5 5m"])
def test_no_intervals(text: str) -> None:
    with pytest.raises(InputError, match="no interval"):
        interval(text)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([Trigger(name="a", cron="x")], "1 fields"),
        ([Trigger(name="a", cron="0 0 31 2 *")], "never comes true"),
        ([Trigger(name="a", every="often")], "no interval"),
        ([Trigger(name="a", data="{SPAN}/{YYYY}")], "both {SPAN} and a date"),
        ([Trigger(name="a", data="{SPAN} @ some")], "no range of spans"),
        ([Trigger(name="a", every="1h"), Trigger(name="a", every="2h")], "several schedules are called 'a'"),
    ],
)
def test_wrong_rules_are_refused_before_anything_starts(
    backing: Backing, tmp_path: Path, time: Time, rules: list[Trigger], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        scheduler(backing, tmp_path, time, *rules)
    assert words in caught.value.found
