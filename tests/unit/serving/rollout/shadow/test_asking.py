"""A shadow that answers, fails, hangs or is slow: the primary one never notices."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.call import Call
from mainspring.serving.predictor import Predictor
from mainspring.serving.question import Question
from mainspring.serving.rollout.options import Shadow
from mainspring.serving.rollout.shadow import Shadowing, merged
from mainspring.serving.served import Served

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


def predictor(rule: ModuleType, version: str, **options: Any) -> Predictor:
    return Predictor(rule.package(**options), name="taxi", version=version)


def asked(primary: Predictor, number: int = 0, rows: Sequence[Mapping[str, Any]] = (ROW,)) -> Call:
    question = Question(rows=list(rows))
    prediction = primary.answer(question)
    return Call("v2", "taxi", "1", id=f"request {number}", question=question, prediction=prediction, status=200)


def compared(shadowing: Shadowing, calls: Sequence[Call], wait: Callable[[], bool]) -> None:
    """Offer calls on an event loop, and wait for a condition."""

    async def run() -> None:
        for call in calls:
            shadowing.offer(call)
        deadline = time.monotonic() + 20
        while not wait():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.005)

    asyncio.run(run())


def test_answers_are_compared_and_the_most_different_rows_kept(rule: ModuleType, tmp_path: Path) -> None:
    primary, other = predictor(rule, "1"), Served(predictor(rule, "2", shift=0.5))
    shadowing = Shadowing(
        "taxi",
        Shadow(to="next"),
        other,
        folder=tmp_path,
        redact=lambda columns, prefix: {name: each for name, each in columns.items() if name != "company"},
    )
    calls = [
        asked(primary, number, [{**ROW, "fare": float(number)}, {**ROW, "fare": None}]) for number in range(20)
    ]
    compared(shadowing, calls, lambda: shadowing.report().asked == 20 and other.in_flight == 0)
    found = shadowing.report().as_dict()
    assert (found["rows"], found["failed"], found["shed"]) == (40, 0, 0)
    # The logit of the shadow is 0.5 larger: labels differ where it crosses 0, which is at fares below 10.
    logits = [(fare - 10) / 5 for fare in range(20)] + [0.0] * 20
    flipped = sum((logit > 0) != (logit + 0.5 > 0) for logit in logits)
    assert found["outputs"]["label"]["different"] == flipped
    assert found["outputs"]["probabilities"]["different"] == 40
    assert found["outputs"]["probabilities"]["largest_difference"] == pytest.approx(0.1242765, abs=1e-6)
    assert len(found["examples"]) == 10
    best = found["examples"][0]
    assert best["distance"] == pytest.approx(0.1242765, abs=1e-6)
    assert set(best["columns"]) == {"fare", "hour", "airport"}
    assert best["primary"]["probability.yes"] < best["shadow"]["probability.yes"]
    shadowing.close()
    assert merged(tmp_path).asked == 20


def test_answers_of_another_kind_are_no_equal_answers(rule: ModuleType, tmp_path: Path) -> None:
    primary, other = predictor(rule, "1"), Served(predictor(rule, "2", task="regression"))
    shadowing = Shadowing("taxi", Shadow(to="next"), other, folder=tmp_path)
    compared(shadowing, [asked(primary)], lambda: shadowing.report().failed == 1 and other.in_flight == 0)
    assert "the shadow answers 'prediction'" in next(iter(shadowing.report().errors))
    shadowing.close()


def test_what_it_fails_on_is_told(rule: ModuleType, tmp_path: Path) -> None:
    primary, other = predictor(rule, "1"), Served(predictor(rule, "2"))
    shadowing = Shadowing("taxi", Shadow(to="next"), other, folder=tmp_path)
    good = [asked(primary, number) for number in range(3)]
    bad = asked(primary, 3)
    bad.question = Question(rows=[{**ROW, "company": "explode"}])
    unread = asked(primary, 4)
    unread.question = Question(rows=[{**ROW, "fare": "x"}])
    compared(shadowing, [*good, bad, unread], lambda: shadowing.report().failed == 2)
    found = shadowing.report()
    assert (found.asked, found.different) == (3, 0)
    assert any("exploded" in text for text in found.errors)
    shadowing.close()


class Hanging:
    """A model that does not come back."""

    def __init__(self, model: Predictor) -> None:
        self._model, self.go = model, threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def compute(self, inputs: object) -> object:
        self.go.wait()
        raise RuntimeError("too late")


def test_one_that_hangs_holds_up_nobody(rule: ModuleType, tmp_path: Path) -> None:
    primary, model = predictor(rule, "1"), Hanging(predictor(rule, "2"))
    other = Served(model)  # type: ignore[arg-type]
    shadowing = Shadowing("taxi", Shadow(to="next", queue=5), other, folder=tmp_path)
    calls = [asked(primary, number) for number in range(200)]

    async def run() -> float:
        shadowing.offer(calls[0])
        await asyncio.sleep(0.1)  # it hangs now
        began = time.perf_counter()
        for call in calls[1:]:
            shadowing.offer(call)
        return time.perf_counter() - began

    assert asyncio.run(run()) < 0.5
    assert shadowing.report().shed == 194
    shadowing.close()
    model.go.set()


def test_a_part_of_the_requests_and_nothing_that_failed(rule: ModuleType, tmp_path: Path) -> None:
    primary, other = predictor(rule, "1"), Served(predictor(rule, "2"))
    none = Shadowing("taxi", Shadow(to="next", percent=0), other, folder=tmp_path)
    assert not none.offer(asked(primary))
    whole = Shadowing("taxi", Shadow(to="next"), other, folder=tmp_path)
    failed, made_up = asked(primary), asked(primary)
    failed.error, made_up.made_up = "no", True
    assert not whole.offer(failed)
    assert not whole.offer(made_up)
    half = Shadowing("taxi", Shadow(to="next", percent=50, queue=100_000), other, folder=tmp_path / "half")

    async def run() -> int:
        call = asked(primary)
        return sum(half.offer(call) for _ in range(1_000))

    assert 400 < asyncio.run(run()) < 600
    half.close()
