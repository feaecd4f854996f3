"""A step that asks for the resource ``checkpoints`` finds after a failure what it left, until it is done."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mainspring.pipelines import pipeline, resource, step

SWITCH = SimpleNamespace(broken=False)
"""What the steps read from outside."""


@step
def slow(start: int = 0, *, checkpoints: Path = resource("checkpoints")) -> int:
    done = checkpoints / "done"
    before = int(done.read_text()) if done.exists() else start
    if before < start + 2:
        done.write_text(str(before + 1))
        raise RuntimeError("broken off")
    return before


@step(cache=False)
def never_cached(*, checkpoints: Path = resource("checkpoints")) -> str:
    (checkpoints / "here").touch()
    if SWITCH.broken:
        raise RuntimeError("broken off")
    return checkpoints.name


@pipeline
def counting(start: int = 0) -> None:
    slow(start)


@pipeline
def never() -> None:
    never_cached()


def kept(place: Any) -> list[Path]:
    return sorted((place.root / ".mainspring/checkpoints").glob("*"))


def test_an_attempt_goes_on_from_where_the_one_before_was(place: Any) -> None:
    assert place.run(counting.build(), name="r").state == "FAILED"
    assert len(kept(place)) == 1
    assert place.resume(counting.build(), "r").state == "FAILED"
    assert place.resume(counting.build(), "r").state == "COMPLETE"
    assert kept(place) == []


def test_another_run_of_the_same_work_goes_on_too_and_other_work_does_not(place: Any) -> None:
    place.run(counting.build())
    place.run(counting.build(start=7))
    assert len(kept(place)) == 2
    place.run(counting.build())
    assert place.run(counting.build()).state == "COMPLETE"
    assert [(one / "done").read_text() for one in kept(place)] == ["8"]


def test_what_is_never_cached_keeps_for_its_own_run_alone(place: Any) -> None:
    SWITCH.broken = True
    place.run(never.build(), name="one")
    place.run(never.build(), name="two")
    assert [one.name.partition("-")[0] for one in kept(place)] == ["one", "two"]
    SWITCH.broken = False
    assert place.resume(never.build(), "one").state == "COMPLETE"
    assert [one.name.partition("-")[0] for one in kept(place)] == ["two"]
