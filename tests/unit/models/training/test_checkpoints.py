"""Checkpoints appear whole or not at all, and damaged ones are passed over."""

import shutil

import pytest

from mainspring.core import InputError
from mainspring.models.files import Files
from mainspring.models.training.checkpoints import Checkpoints


def state(text):
    return Files({"state.json": text.encode(), "deep/weights": bytes(range(256))})


def test_the_newest_is_read_back_and_old_ones_go(tmp_path):
    checkpoints = Checkpoints(folder=tmp_path / "run", keep=2)
    assert checkpoints.latest() is None
    for number in (9, 10, 11):
        checkpoints.save(number, state(str(number)))
    found = checkpoints.latest()
    assert found is not None
    assert found.text("state.json") == "11"
    assert found.read("deep/weights") == bytes(range(256))
    assert len(list((tmp_path / "run").iterdir())) == 2


def test_a_damaged_checkpoint_is_passed_over(tmp_path):
    checkpoints = Checkpoints(folder=tmp_path)
    checkpoints.save(1, state("1"))
    checkpoints.save(2, state("2"))
    (tmp_path / f"{2:012d}" / "deep/weights").write_bytes(b"half")
    assert checkpoints.latest().text("state.json") == "1"
    shutil.rmtree(tmp_path / f"{1:012d}")
    (tmp_path / f"{2:012d}" / "checkpoint.json").unlink()
    assert checkpoints.latest() is None


def test_what_a_killed_process_left_is_not_a_checkpoint(tmp_path):
    checkpoints = Checkpoints(folder=tmp_path)
    (tmp_path / ".000000000005.123.abcd").mkdir()
    (tmp_path / ".000000000005.123.abcd/state.json").write_text("half")
    assert checkpoints.latest() is None
    checkpoints.save(4, state("4"))
    checkpoints.save(4, state("again"))
    assert checkpoints.latest().text("state.json") == "4"
    checkpoints.clear()
    assert not tmp_path.exists()


def test_whichever_limit_is_reached_first_makes_the_next(tmp_path):
    pace = Checkpoints(folder=tmp_path, steps=3, epochs=2).pace()
    ends = [False, False, True, False, False, True, True]
    assert [pace.is_due(epoch_ended=end) for end in ends] == [False, False, False, True, False, False, True]
    timed = Checkpoints(folder=tmp_path, epochs=None, seconds=1e-9).pace()
    assert timed.is_due(epoch_ended=False)


def test_limits_that_mean_nothing_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"steps is 0, seconds is -1"):
        Checkpoints(folder=tmp_path, steps=0, seconds=-1)
