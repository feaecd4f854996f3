"""Several processes count, die at any moment, and are replaced: nothing is lost, nothing is counted twice."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mainspring.serving.telemetry import folding
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.files import PREFIX, ProcessFile, RunFolder
from mainspring.serving.telemetry.registry import Registry

COUNT = Family(name="n_total", kind="counter", text="n", labels=("model", "version"))
TIME = Family(name="t_seconds", kind="histogram", text="t", bounds=(0.1, 1.0), exemplars=True)
BUSY = Family(name="busy", kind="gauge", text="busy")
SINCE = Family(name="since", kind="gauge", text="since", across="min")
MOST = Family(name="most", kind="gauge", text="most", across="max")


def sample(registry: Registry, name: str, **labels: str) -> float:
    return registry.snapshot().total(name, **labels)


def test_the_figures_of_all_processes_are_added_up(tmp_path: Path) -> None:
    one, two = Registry(tmp_path), Registry(tmp_path)
    one.counter(COUNT).labels("taxi", "1").add(3)
    two.counter(COUNT).labels("taxi", "1").add(4)
    two.counter(COUNT).labels("taxi", "2").add(5)
    for registry, seconds in ((one, 0.05), (two, 0.05), (two, 0.5)):
        registry.histogram(TIME).labels().observe(seconds)
    for registry, value in ((one, 3), (two, 4)):
        for family in (BUSY, SINCE, MOST):
            registry.gauge(family).labels().set(value)
    for registry in (one, two):
        text = registry.exposition().body.decode()
        assert 'n_total{model="taxi",version="1"} 7' in text
        assert 'n_total{model="taxi",version="2"} 5' in text
        assert 't_seconds_bucket{le="0.1"} 2' in text
        assert "t_seconds_sum 0.6" in text
        assert ("busy 7" in text, "since 3" in text, "most 4" in text) == (True, True, True)
        assert registry.processes == 2


def test_what_a_dead_process_counted_stays_and_its_gauges_go(tmp_path: Path) -> None:
    one, two = Registry(tmp_path), Registry(tmp_path)
    for registry in (one, two):
        registry.counter(COUNT).labels("taxi", "1").add(10)
        registry.gauge(BUSY).labels().set(1)
        registry.histogram(TIME).labels().observe(0.5)
        registry.histogram(TIME).labels().remember(0.5, b"e" * 16)
    two.close()
    assert sample(one, "n_total") == 20
    assert sample(one, "busy") == 1
    assert sample(one, "t_seconds") == 2
    assert one.processes == 1
    text = one.exposition("application/openmetrics-text").body.decode()
    assert 'le="1.0"} 2 # {trace_id="' + "65" * 16 in text


def test_recycled_processes_leave_one_file_and_as_many_series(tmp_path: Path) -> None:
    reader = Registry(tmp_path)
    for _ in range(30):
        worker = Registry(tmp_path)
        worker.counter(COUNT).labels("taxi", "1").add()
        worker.close()
        reader.exposition()
    assert sample(reader, "n_total") == 30
    assert len(list(tmp_path.glob("*.figures"))) == 2
    assert len(reader.exposition().body.splitlines()) == 3


def test_a_fold_that_is_killed_half_way_counts_nothing_twice(tmp_path: Path, monkeypatch) -> None:
    reader, worker = Registry(tmp_path), Registry(tmp_path)
    worker.counter(COUNT).labels("taxi", "1").add(5)
    worker.close()

    class KilledError(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise KilledError

    for moment in ("unlink", "rename"):
        with monkeypatch.context() as patched:
            patched.setattr(Path, moment, die)
            with pytest.raises(KilledError):
                reader._gathering.fold()
        assert reader._gathering.snapshot().total("n_total") == 5
        if moment == "unlink":
            assert len(list(tmp_path.glob("retired-*.figures"))) == 1
            more = Registry(tmp_path)
            more.counter(COUNT).labels("taxi", "1").add(0)
            more.close()
    assert sample(reader, "n_total") == 5
    assert len(list(tmp_path.glob("*.figures"))) == 2


def test_a_file_that_is_torn_or_foreign_spoils_nothing(tmp_path: Path) -> None:
    good, torn = Registry(tmp_path), Registry(tmp_path)
    good.counter(COUNT).labels("taxi", "1").add(5)
    torn.counter(COUNT).labels("taxi", "1").add(7)
    torn.counter(COUNT).labels("taxi", "2").add(9)
    place = torn._file.path
    (tmp_path / "0-empty.figures").touch()
    (tmp_path / "0-foreign.figures").write_bytes(b"not figures" * 9000)
    whole = bytearray(place.read_bytes())
    at = whole.index(b'["taxi","2"]')
    whole[at : at + 4] = b"????"  # as if the key had been written half
    place.write_bytes(whole)
    assert sample(good, "n_total") == 12
    torn.close()
    assert sample(good, "n_total") == 12


def test_versions_that_nobody_serves_any_more_are_dropped_after_a_while(tmp_path: Path) -> None:
    clock = [1000.0]
    reader = Registry(tmp_path, keep=60, clock=lambda: clock[0])
    reader.counter(COUNT).labels("taxi", "2").add()

    def generation(version: str) -> None:
        worker = Registry(tmp_path, clock=lambda: clock[0])
        worker.counter(COUNT).labels("taxi", version).add()
        worker.close()

    serving = Registry(tmp_path, clock=lambda: clock[0])
    serving.counter(COUNT).labels("taxi", "1").add()
    generation("1")
    assert sample(reader, "n_total", version="1") == 2
    clock[0] += 100  # somebody serves it still
    assert sample(reader, "n_total", version="1") == 2
    serving.forget({"version": "1"})
    clock[0] += 60
    assert sample(reader, "n_total", version="1") == 1
    clock[0] += 60
    generation("2")
    assert sample(reader, "n_total", version="1") == 1
    clock[0] += 61
    assert sample(reader, "n_total", version="1") == 0
    assert sample(reader, "n_total", version="2") == 2
    text = reader.exposition().body.decode()
    assert 'version="1"' not in text


def test_the_series_of_many_processes_stay_within_the_cap(tmp_path: Path) -> None:
    family = Family(name="n_total", kind="counter", text="n", labels=("word",), cap=5)
    reader = Registry(tmp_path)
    for process in range(6):
        worker = Registry(tmp_path)
        for number in range(4):
            worker.counter(family).labels(f"{process} {number}").add()
        if process % 2:
            worker.close()
    text = reader.exposition().body.decode()
    assert sample(reader, "n_total") == 24
    assert 'n_total{word="overflow"} 19' in text
    assert text.count("n_total{") == 6


def test_a_large_memory_grows_and_is_read_by_others(tmp_path: Path) -> None:
    writer, reader = Registry(tmp_path), Registry(tmp_path)
    assert sample(reader, "n_total") == 0
    for number in range(900):
        writer.counter(COUNT).labels("m" * 200, str(number)).add(number)
    assert sample(reader, "n_total") == 900 * 899 / 2
    assert writer._file.path.stat().st_size > 1 << 17


class Workers(RuleBasedStateMachine):
    """Processes that count, die and fold in any order; each fold may be killed before it has tidied up."""

    def __init__(self) -> None:
        super().__init__()
        self.run = RunFolder()
        self.reader = Registry(self.run.path)
        self.alive: list[Registry] = []
        self.counted = 0.0

    @rule()
    def start(self) -> None:
        self.alive.append(Registry(self.run.path))

    @rule(by=st.integers(1, 5), place=st.integers(0, 10), version=st.sampled_from("12"))
    def count(self, by: int, place: int, version: str) -> None:
        if self.alive:
            registry = self.alive[place % len(self.alive)]
            registry.counter(COUNT).labels("taxi", version).add(by)
            registry.histogram(TIME).labels().observe(by)
            self.counted += by

    @rule(place=st.integers(0, 10))
    def die(self, place: int) -> None:
        if self.alive:
            self.alive.pop(place % len(self.alive))._file.close()

    @rule(place=st.integers(0, 10))
    def read(self, place: int) -> None:
        if self.alive:
            assert self.alive[place % len(self.alive)].snapshot().total("n_total") == self.counted

    @rule(kept=st.integers(0, 3))
    def fold_and_be_killed(self, kept: int) -> None:
        unlink, left = Path.unlink, [kept]

        def dying(path: Path, missing_ok: bool = False) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise InterruptedError
            unlink(path, missing_ok)

        Path.unlink = dying
        try:
            self.reader._gathering.fold()
        except InterruptedError:
            pass
        finally:
            Path.unlink = unlink

    @invariant()
    def nothing_is_lost_and_nothing_twice(self) -> None:
        snapshot = self.reader._gathering.snapshot()
        assert snapshot.total("n_total") == self.counted
        assert sum(series.sum for _, series in snapshot.select("t_seconds")) == self.counted

    def teardown(self) -> None:
        for registry in (*self.alive, self.reader):
            registry._file.close()
        self.run.close()


Workers.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
test_any_order_of_events = Workers.TestCase

WORKER = """
import mmap, os, sys
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.registry import Registry

COUNT = Family(name="n_total", kind="counter", text="n", labels=("model", "version"))
TIME = Family(name="t_seconds", kind="histogram", text="t", bounds=(0.1, 1.0), exemplars=True)
folder, workers = sys.argv[1], int(sys.argv[2])
seen = mmap.mmap(os.open(sys.argv[3], os.O_RDWR), 8 * workers)
numbers = memoryview(seen).cast("d")
for place in range(workers):
    if os.fork() == 0:
        registry = Registry(__import__("pathlib").Path(folder))
        count, spread = registry.counter(COUNT), registry.histogram(TIME).labels()
        os.write(1, b"%d\\n" % os.getpid())
        number = 0
        while True:
            number += 1
            registry.forget({"model": "other", "version": str(number - 50)})  # room is used anew
            count.labels("other", str(number))
            count.labels("taxi", "1").add()
            numbers[place] += 1
            spread.observe(0.5)
while True:
    os.wait()
"""


@pytest.mark.parametrize("seed", [0, 1])
def test_after_kill_9_the_sum_is_what_the_processes_had_counted(tmp_path: Path, seed: int) -> None:
    workers, seen = 4, tmp_path / "seen"
    seen.write_bytes(bytes(8 * workers))
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "worker.py").write_text(textwrap.dedent(WORKER))
    command = [sys.executable, str(tmp_path / "worker.py"), str(folder), str(workers), str(seen)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        try:
            pids = [int(parent.stdout.readline()) for _ in range(workers)]
            reader, chance, before = Registry(folder), random.Random(seed), 0.0
            for pid in chance.sample(pids, len(pids)):
                for _ in range(chance.randint(2, 6)):
                    now = sample(reader, "n_total", model="taxi")
                    assert now >= before
                    before = now
                os.kill(pid, signal.SIGKILL)
        finally:
            os.killpg(parent.pid, signal.SIGKILL)
    for _ in range(200):  # the system takes a moment to tidy up after a process
        if reader.processes == 1:
            break
        time.sleep(0.01)
    acknowledged = memoryview(seen.read_bytes()).cast("d").tolist()
    total = sample(reader, "n_total", model="taxi")
    assert sum(acknowledged) <= total <= sum(acknowledged) + workers
    assert total - workers <= sample(reader, "t_seconds") <= total
    assert total == sample(reader, "n_total", model="taxi") >= before
    assert len(list(folder.glob("*.figures"))) == 2


def test_folders_of_killed_servers_are_swept(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys\nfrom mainspring.serving.telemetry.files import RunFolder\n"
        "print(RunFolder(pathlib.Path(sys.argv[1])).path, flush=True)\nos.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    left = Path(done.stdout.strip())
    assert left.is_dir()
    with RunFolder(tmp_path) as living:
        assert not left.exists()
        with RunFolder(tmp_path) as other:
            assert living.path.is_dir()
            assert other.path.name.startswith(PREFIX)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_room_is_told(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(Exception, match="there is no room for metrics: No space left") as caught:
        ProcessFile(tmp_path)
    assert caught.value.code == "UNAVAILABLE"
    assert list(tmp_path.iterdir()) == []


def test_a_gauge_of_an_older_release_is_passed_over(tmp_path: Path) -> None:
    reader, writer = Registry(tmp_path), Registry(tmp_path)
    writer.counter(COUNT).labels("taxi", "1").add()
    folding.Arena.add(writer._arena, Family(name="x", kind="gauge", text="x"), ())
    place = writer._file.path
    whole = place.read_bytes().replace(b'"name":"x","kind":"gauge"', b'"name":"x","kind":"gnome"')
    place.write_bytes(whole)
    assert sample(reader, "n_total") == 1
