import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.rollout import tally
from mainspring.serving.rollout.figures import read_row
from mainspring.serving.rollout.tally import Tally, since, total

COUNT = """
import sys, os
from pathlib import Path
from mainspring.serving.rollout.tally import Tally
mine = Tally(Path(sys.argv[1]), 2)
for _ in range(1000):
    mine.request(1, 0.01, failed=False)
print(mine.slot, flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_counted_stays_and_its_place_is_taken_again(tmp_path: Path) -> None:
    mine = Tally(tmp_path, 2)
    mine.request(0, 0.002, failed=True)
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", COUNT, str(tmp_path)], capture_output=True, check=False)
        assert done.stdout == b"1\n", done.stderr
    rows = total(tmp_path, 2)
    assert (rows[0][tally.REQUESTS], rows[0][tally.ERRORS]) == (1, 1)
    assert rows[1][tally.REQUESTS] == 2000
    assert rows[1][tally.SECONDS] == pytest.approx(20.0)
    assert len(list(tmp_path.glob("tally.*"))) == 2
    mine.close()


DIE = """
import sys, os
from pathlib import Path
from mainspring.serving.rollout.tally import Tally
mine = Tally(Path(sys.argv[1]), 2)
for arm in (0, 0, 1, 1, 1):
    mine.began(arm)
for _ in range(3):
    mine.ended(0)
mine.ended(1)
mine.request(1, 0.01, failed=False)
if sys.argv[2] == "close":
    mine.close()
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("how", "lost"), [("close", 0), ("die", 2)])
def test_what_was_under_way_when_its_process_died_has_failed(tmp_path: Path, how: str, lost: int) -> None:
    subprocess.run([sys.executable, "-c", DIE, str(tmp_path), how], check=False)
    assert total(tmp_path, 2)[1][tally.ERRORS] == 0  # nobody has its place yet
    for _ in range(2):  # once
        mine = Tally(tmp_path, 2)
        rows = total(tmp_path, 2)
        assert (rows[0][tally.REQUESTS], rows[1][tally.REQUESTS], rows[1][tally.ERRORS]) == (0, 1 + lost, lost)
        mine.close()
        mine.began(1)  # too late: nobody minds
        mine.ended(1)


def test_without_room_on_the_disk_it_counts_in_memory(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    code = """
import resource, signal, sys
from pathlib import Path
from mainspring.serving.rollout.tally import Tally
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
mine = Tally(Path(sys.argv[1]), 2)
mine.began(1)
mine.request(1, 0.01, failed=False)
mine.close()
print("lived")
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False)
    assert done.stdout == b"lived\n", done.stderr
    assert b"not kept" in done.stderr
    assert total(tmp_path, 2)[1][tally.REQUESTS] == 0


def test_what_was_counted_between_two_looks(tmp_path: Path) -> None:
    mine = Tally(tmp_path, 1)
    mine.request(0, 0.002, failed=False)
    before = total(tmp_path, 1)
    mine.request(0, 0.004, failed=True)
    row = since(total(tmp_path, 1), before)[0]
    assert (row[tally.REQUESTS], row[tally.ERRORS], row[tally.SECONDS]) == (1, 1, pytest.approx(0.004))
    assert since(before, ()) == before
    mine.close()


@given(times=st.lists(st.floats(1e-6, 90.0), min_size=1, max_size=200), share=st.floats(0.01, 0.99))
def test_quantiles_are_right_to_ten_percent(tmp_path_factory, times, share) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("tally")
    mine = Tally(folder, 1)
    for seconds in times:
        mine.request(0, seconds, failed=False)
    found = read_row(total(folder, 1)[0], "a", "1", {}).quantile(share)
    mine.close()
    wanted = float(np.quantile(times, share, method="inverted_cdf"))
    assert found is not None
    assert wanted <= found * (1 + 1e-9)
    assert found <= max(wanted * tally.GROWTH, tally.SMALLEST) * (1 + 1e-9)


def test_buckets_have_edges() -> None:
    assert len(tally.EDGES) == tally.BUCKETS + 1
    assert tally.EDGES[1:] == tuple(map(tally.bound, range(tally.BUCKETS)))
    assert tally.bound(tally.BUCKETS - 1) > 90
