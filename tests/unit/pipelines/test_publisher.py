"""Writing what steps did: together where it may be, at once where it must be."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.core.records import ExecutionState
from mainspring.pipelines import each, pipeline, step

GO = threading.Event()


@step(cache=False)
def quick(number: int = 0) -> int:
    return number + 1


@step(cache=False)
def slow(number: int) -> int:
    GO.wait(20)
    return number + 1


@step
def odd(text: str) -> str:
    return text


def wait_until(true: Any) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


class Counting:
    """The real record, with its publications counted."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.publications = 0
        self.broken: Exception | None = None

    def publish(self, *arguments: Any) -> Any:
        """Count, and publish."""
        self.publications += 1
        if self.broken is not None:
            raise self.broken
        return self._store.publish(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def counted(place: Any) -> Any:
    """An engine over a counting record."""
    engine = place.engine()
    engine.metadata = Counting(place.stores.record)
    engine.__post_init__()
    return engine


def test_one_transaction_takes_a_run_from_one_step_to_the_next(place: Any) -> None:
    @pipeline
    def chain() -> None:
        number = quick()
        for _ in range(9):
            number = quick(number)

    place.run(chain.build())
    engine = counted(place)
    assert engine.run(chain.build()).state is ExecutionState.COMPLETE
    assert engine.metadata.publications == 1 + 10 + 1, (
        "the start, every step with the end of the one before, the last end"
    )


def test_what_is_cached_is_written_together(place: Any) -> None:
    @pipeline
    def words() -> None:
        odd(each([str(number) for number in range(50)]))

    place.run(words.build())
    engine = counted(place)
    assert engine.run(words.build()).state is ExecutionState.COMPLETE
    assert engine.metadata.publications == 2


def test_an_end_is_recorded_before_anything_is_waited_for(place: Any) -> None:
    @pipeline
    def two() -> None:
        slow(quick())

    GO.clear()
    thread = threading.Thread(target=lambda: place.run(two.build(), name="r"))
    thread.start()
    try:
        wait_until(lambda: any(one.node == "slow" for one in place.events))
        found = {one.node: one.state.value for one in place.records.steps("r")}
        assert found == {"quick": "COMPLETE", "slow": "RUNNING"}
    finally:
        GO.set()
        thread.join()


def test_work_that_would_be_a_pity_to_lose_is_recorded_at_once(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when the engine has found out what comes next: reading a large file may take minutes."""
    from mainspring.pipelines import driver

    seen: list[dict[str, str]] = []
    real = driver.fingerprint

    def look(*arguments: Any) -> Any:
        seen.append({one.node: one.state.value for one in place.records.steps("r")})
        return real(*arguments)

    @step
    def long() -> int:
        time.sleep(0.15)
        return 1

    @step
    def reads(data: Any, number: int) -> int:
        return number

    from mainspring.pipelines import File

    @pipeline
    def reading() -> None:
        reads(File("in.txt"), long())

    (place.root / "in.txt").write_text("x")
    monkeypatch.setattr(driver, "fingerprint", look)
    place.run(reading.build(), name="r")
    assert seen == [{"long": "COMPLETE"}]


def test_a_record_that_is_away_ends_the_run_with_an_error_and_it_can_be_resumed(place: Any) -> None:
    @step(cache=False)
    def cuts() -> int:
        engine.metadata.broken = UnavailableError("the record is away")
        return 1

    @pipeline
    def cut() -> None:
        quick(cuts())

    engine = counted(place)
    with pytest.raises(UnavailableError, match="the record is away"):
        engine.run(cut.build(), name="r")
    assert place.records.run("r").state is ExecutionState.FAILED

    @step(cache=False)
    def fine() -> int:
        return 1

    @pipeline(name="cut")
    def again() -> None:
        quick(fine())

    assert place.resume(again.build(), "r").state is ExecutionState.COMPLETE


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800", "ä\n", "x" * 500])
def test_texts_that_not_every_database_can_keep(place: Any, text: str) -> None:
    @step
    def says() -> str:
        return text

    @pipeline
    def saying() -> None:
        odd(says())

    result = place.run(saying.build())
    assert result.state is ExecutionState.COMPLETE, result.nodes
    assert place.value(result, "odd") == text


def test_parameters_that_not_every_database_can_keep(place: Any) -> None:
    @step
    def large() -> list[int]:
        return [1, 2**70]

    @pipeline
    def fanning() -> None:
        quick(each(large()))

    result = place.run(fanning.build())
    assert result.state is ExecutionState.FAILED
    assert "which the record cannot keep" in result.nodes["quick"].reason
    for wrong in (2**70, "a\x00b", ["\ud800"]):
        with pytest.raises(InputError, match="which the record cannot keep"):
            pipeline(lambda wrong=wrong: odd(wrong)).build()
        with pytest.raises(InputError, match="which the record cannot keep"):
            pipeline(lambda text="": odd("x")).build(text=wrong)


def test_a_damaged_input_is_the_failure_of_the_step_that_reads_it(place: Any) -> None:
    @step
    def first() -> str:
        return "the words of the first step"

    @step(cache=False)
    def damages(text: str) -> int:
        for file in Path(place.root / ".mainspring/artifacts/files").rglob("*"):
            if file.is_file() and text.encode() in file.read_bytes():
                file.chmod(0o644)
                file.write_text("something else")
        return 1

    @step
    def reads(text: str, after: int) -> str:
        return text

    @pipeline
    def damaged() -> None:
        text = first()
        reads(text, damages(text))

    result = place.run(damaged.build())
    assert result.state is ExecutionState.FAILED
    assert result.nodes["damages"].state is ExecutionState.COMPLETE
    assert "are not what was stored" in result.nodes["reads"].reason
