import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.limits.buckets import Buckets
from mainspring.serving.limits.shared_buckets import SharedBuckets

STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.5), st.integers(1, 3)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(rate=st.floats(0.5, 50), burst=st.integers(3, 20), steps=STEPS)
def test_like_buckets_of_one_process(
    tmp_path_factory: pytest.TempPathFactory, rate: float, burst: int, steps: list[tuple[str, float, int]]
) -> None:
    file = tmp_path_factory.mktemp("buckets") / "rate"
    plain = Buckets(rate, burst)
    processes = [SharedBuckets(file, rate, burst) for _ in range(2)]
    now = 1000.0
    for number, (key, pause, tokens) in enumerate(steps):
        now += pause
        shared = processes[number % 2]
        assert shared.wait(key, tokens, now) == pytest.approx(plain.wait(key, tokens, now), abs=1e-6)
        if plain.wait(key, tokens, now) == 0.0:
            plain.take(key, tokens, now)
            shared.take(key, tokens, now)


def test_where_there_is_no_room_the_busiest_stay_known(tmp_path: Path) -> None:
    buckets = SharedBuckets(tmp_path / "rate", 0.001, 1000.0, places=16)
    buckets.take("busy", 1000, 0.0)
    for number in range(2000):
        buckets.take(str(number), 1, 0.0)
    assert buckets.wait("busy", 1, 0.0) > 0


ASKING = """
import sys, time
from pathlib import Path
from mainspring.serving.limits.shared_buckets import SharedBuckets
buckets, passed = SharedBuckets(Path(sys.argv[1]), 100.0, 50.0), 0
until = time.perf_counter() + 0.5
while (now := time.perf_counter()) < until:
    if not buckets.wait("ann", 1, now):
        buckets.take("ann", 1, now)
        passed += 1
    time.sleep(0.0002)
print(now, passed)
"""


def test_two_processes_keep_one_rate(tmp_path: Path) -> None:
    import time

    began = time.perf_counter()
    command = [sys.executable, "-c", ASKING, str(tmp_path / "rate")]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=60)[0].split() for process in asking]
    seconds = max(float(ended) for ended, _ in told) - began
    passed = [int(count) for _, count in told]
    assert sum(passed) <= (50 + 100 * seconds) * 1.05
    assert sum(passed) >= 50
