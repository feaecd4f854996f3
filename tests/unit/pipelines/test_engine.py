"""The engine in one process: order, caching, gates, conditions, fan-out, retries, exits, parts, resume."""

import os
import threading
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from mainspring.core.errors import ConflictError, StateError, UnavailableError
from mainspring.core.records import Artifact, ExecutionState, Kind, LinkKind
from mainspring.core.verdicts import Reason, Verdict
from mainspring.pipelines import File, Retry, RunStatus, at_exit, each, pipeline, resource, step, unless, when
from mainspring.pipelines.graph import select

CALLS: deque[str] = deque()
"""Which functions were really run; emptied before every test. (A list would be a constant: a part of the code.)"""

SWITCH = SimpleNamespace(fail=0, limit=100)
"""What steps that are never cached read from outside."""


def called() -> list[str]:
    """Which functions were really run."""
    return list(CALLS)


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing was called yet."""
    CALLS.clear()
    SWITCH.fail, SWITCH.limit = 0, 100


class Halves(NamedTuple):
    """Two outputs, one of which may be nothing."""

    small: list[int]
    large: list[int] | None


@step(cache=False)
def numbers(n: int = 3) -> list[int]:
    CALLS.append("numbers")
    return list(range(n))


@step
def total(values: list[int], plus: int = 0) -> int:
    CALLS.append("total")
    return sum(values) + plus


@step
def double(number: int) -> int:
    CALLS.append(f"double {number}")
    return 2 * number


@step
def halves(values: list[int], limit: int = 2) -> Halves:
    large = [one for one in values if one >= limit]
    return Halves([one for one in values if one < limit], large or None)


@step
def length(values: list[int] | None) -> int:
    return -1 if values is None else len(values)


@step
def needs(values: list[int]) -> int:
    return len(values)


@step(cache=False)
def flaky() -> str:
    CALLS.append("flaky")
    if SWITCH.fail > 0:
        SWITCH.fail -= 1
        raise UnavailableError("not today")
    return "fine"


@step
def after(text: str) -> str:
    CALLS.append("after")
    return text.upper()


@step(gate=True, cache=False)
def gate(number: int) -> Verdict:
    ok = number <= SWITCH.limit
    return Verdict.of("gate", [Reason(ok=ok, code="SIZE", message=f"{number} is {'small' if ok else 'large'}")])


@step(cache=False)
def goodbye(status: RunStatus, word: str = "bye") -> None:
    CALLS.append(f"{word} {status.state} {sorted(status.failed)}")


@step
def read(data: File) -> str:
    CALLS.append("read")
    return data.path.read_text()


@step
def greet(greeting: str = resource("greeting"), name: str = "you") -> str:
    return f"{greeting} {name}"


# -- the straight way ------------------------------------------------------------------------------------------


def line(n: int = 3, plus: int = 0) -> None:
    """Three in a row."""
    double(total(numbers(n), plus))


LINE = pipeline(line)


def states(result: Any) -> dict[str, str]:
    """How each node ended, as words."""
    return {name: node.state.value for name, node in result.nodes.items()}


def test_values_flow_and_everything_is_recorded(place: Any) -> None:
    result = place.run(LINE.build(n=4), name="first")
    assert (result.run, result.state, result.seconds > 0) == ("first", ExecutionState.COMPLETE, True)
    assert states(result) == {"numbers": "COMPLETE", "total": "COMPLETE", "double": "COMPLETE"}
    assert place.value(result, "double") == 12
    steps = place.records.steps("first")
    assert [one.node for one in steps] == ["numbers", "total", "double"]
    assert all(one.seconds > 0 for one in steps)
    made = place.records.outputs([steps[1].original])[steps[1].original]
    assert [one.properties["value"] for one in made["result"]] == [6]
    used = place.records.inputs([steps[1].original])[steps[1].original]
    assert [one.digest for one in used["values"]] == [result.nodes["numbers"].outputs["result"].digest]
    assert [one.type for one in used["code"]] == ["mainspring.Code"]
    run = place.records.run("first")
    assert run.custom["parameters"] == {"n": 4, "plus": 0}
    assert run.custom["nodes"] == ["numbers", "total", "double"]
    assert (run.worker, run.lease_until) == (None, None)


def test_what_was_done_is_not_done_again(place: Any) -> None:
    place.run(LINE.build())
    CALLS.clear()
    again = place.run(LINE.build())
    assert states(again) == {"numbers": "COMPLETE", "total": "CACHED", "double": "CACHED"}
    assert called() == ["numbers"], "it is never cached"
    assert place.value(again, "double") == 6
    third = place.run(LINE.build(plus=1))
    assert states(third) == {"numbers": "COMPLETE", "total": "COMPLETE", "double": "COMPLETE"}
    back = place.run(LINE.build())
    assert states(back) == {"numbers": "COMPLETE", "total": "CACHED", "double": "CACHED"}, (
        "not only the latest counts"
    )
    assert place.value(back, "double") == 6


def test_other_data_with_the_same_result_stops_the_change(place: Any) -> None:
    """``total`` gives the same, so what follows is not run again: content counts, not history."""
    place.run(LINE.build(n=1, plus=0))
    again = place.run(LINE.build(n=0, plus=0))
    assert states(again) == {"numbers": "COMPLETE", "total": "COMPLETE", "double": "CACHED"}


def test_cached_steps_are_attributed_to_the_run_but_keep_their_producer(place: Any) -> None:
    first = place.run(LINE.build(), name="first")
    place.run(LINE.build(), name="second")
    records = place.records
    cached = {one.node: one for one in records.steps("second")}["double"]
    original = {one.node: one for one in records.steps("first")}["double"]
    assert (cached.cached, cached.original) == (True, original.execution.id)
    artifact = first.nodes["double"].outputs["result"]
    links = place.stores.record.links(Kind.ARTIFACT, [artifact.id])
    assert sum(link.kind is LinkKind.OUTPUT for link in links) == 1
    assert sum(link.kind is LinkKind.ATTRIBUTION for link in links) == 2


def test_outputs_that_are_gone_are_made_again(place: Any) -> None:
    first = place.run(LINE.build())
    gone = first.nodes["double"].outputs["result"].digest
    place.stores.blobs.collect({one for one in place.stores.blobs.digests() if one != gone}, older_than=-1)
    assert not place.stores.blobs.exists(gone)
    again = place.run(LINE.build(), name="again")
    assert states(again)["double"] == "COMPLETE"
    why = {one.node: one.execution.custom.get("why") for one in place.records.steps("again")}
    assert why["double"] == "its earlier outputs are gone"


def test_a_deleted_artifact_is_made_again(place: Any) -> None:
    first = place.run(LINE.build())
    place.stores.record.delete(Kind.ARTIFACT, [first.nodes["double"].outputs["result"].id])
    assert states(place.run(LINE.build()))["double"] == "COMPLETE"


def test_why_it_ran(place: Any) -> None:
    place.run(LINE.build(), name="a")
    place.run(LINE.build(plus=5), name="b")
    why = {run: {one.node: one.execution.custom["why"] for one in place.records.steps(run)} for run in ("a", "b")}
    assert why["a"]["total"] == "it never ran before in this pipeline"
    assert why["b"] == {
        "numbers": "this step is never cached",
        "total": "parameter 'plus' changed from 0 to 5",
        "double": "the content of input 'number' changed",
    }


def test_several_outputs_one_of_them_nothing(place: Any) -> None:
    @pipeline
    def both(n: int = 3) -> None:
        parts = halves(numbers(n))
        length.named("small")(parts.small)
        length.named("large")(parts.large)

    some = place.run(both.build(n=5))
    assert (place.value(some, "small"), place.value(some, "large")) == (2, 3)
    none = place.run(both.build(n=1))
    assert (place.value(none, "small"), place.value(none, "large")) == (1, -1)
    assert none.nodes["halves"].outputs["large"] is None
    again = place.run(both.build(n=1))
    assert states(again) == {"numbers": "COMPLETE", "halves": "CACHED", "small": "CACHED", "large": "CACHED"}


def test_nothing_given_to_a_step_that_needs_something(place: Any) -> None:
    @pipeline
    def strict() -> None:
        needs(halves(numbers(1)).large)

    result = place.run(strict.build())
    assert result.state is ExecutionState.FAILED
    assert "step 'needs' was given nothing for 'values'" in result.nodes["needs"].reason
    assert "| None" in result.nodes["needs"].reason


def test_files_count_by_their_content(place: Any) -> None:
    @pipeline
    def reading(data: File = File("in.txt")) -> None:
        after(read(data))

    (place.root / "in.txt").write_text("one")
    first = place.run(reading.build())
    assert place.value(first, "after") == "ONE"
    os.utime(place.root / "in.txt", (1, 1))
    assert set(states(place.run(reading.build())).values()) == {"CACHED"}
    (place.root / "in.txt").write_text("two")
    os.utime(place.root / "in.txt", (1, 1))
    edited = place.run(reading.build(), name="edited")
    assert place.value(edited, "after") == "TWO"
    (place.root / "other.txt").write_text("one")
    moved = place.run(reading.build(data=File("other.txt")))
    assert set(states(moved).values()) == {"CACHED"}, "the same bytes under another name are the same data"
    source = place.records.inputs([place.records.steps("edited")[0].original])
    file = next(iter(source.values()))["data"][0]
    assert (file.type, file.uri, file.state) == ("mainspring.File", str(place.root / "in.txt"), "REFERENCE")
    assert file.properties["size"] == 3


def test_a_file_that_is_not_there(place: Any) -> None:
    @pipeline
    def reading(data: File = File("gone.txt")) -> None:
        read(data)

    result = place.run(reading.build())
    assert result.state is ExecutionState.FAILED
    assert "there is no file 'gone.txt'" in result.nodes["read"].reason
    assert called() == []


def test_a_file_that_may_be_missing(place: Any) -> None:
    @step
    def maybe(data: File | None = None) -> str:
        return "none" if data is None else data.path.read_text()

    @pipeline
    def optional(data: File | None = None) -> None:
        maybe(data)

    (place.root / "a.txt").write_text("there")
    assert place.value(place.run(optional.build()), "maybe") == "none"
    assert place.value(place.run(optional.build(data=File("a.txt"))), "maybe") == "there"


def test_a_file_made_by_a_step(place: Any) -> None:
    @step
    def write(text: str) -> Path:
        made = place.root / "made.txt"
        made.write_text(text)
        return made

    @pipeline
    def writing() -> None:
        read(write("words"))

    result = place.run(writing.build())
    assert place.value(result, "read") == "words"


def test_resources(place: Any) -> None:
    @pipeline
    def greeting() -> None:
        greet(name="Ada")

    assert place.value(place.run(greeting.build()), "greet") == "hello Ada"

    @step
    def wants(tool: object = resource("hammer")) -> int:
        return 1

    @pipeline
    def missing() -> None:
        wants()

    assert "asks for the resource 'hammer'" in place.run(missing.build()).nodes["wants"].reason


def test_a_list_of_outputs_goes_to_one_argument(place: Any) -> None:
    @pipeline
    def gather() -> None:
        one = double(1)
        total([one, double(2), one])

    assert place.value(place.run(gather.build()), "total") == 8


# -- failures, retries -----------------------------------------------------------------------------------------


def failing() -> None:
    """A step that may fail, one that needs it, and one that does not."""
    text = flaky.using(retries=Retry(times=2, delay=0.05, backoff=3))()
    after(text)
    double(1)


FAILING = pipeline(failing)


def test_a_failure_stops_what_needs_it_and_nothing_else(place: Any) -> None:
    SWITCH.fail = 99
    result = place.run(FAILING.build(), name="bad")
    assert result.state is ExecutionState.FAILED
    assert states(result) == {"flaky": "FAILED", "after": "SKIPPED", "double": "COMPLETE"}
    assert result.nodes["flaky"].reason == "not today"
    assert result.nodes["after"].reason == "flaky, which it needs, failed"
    failed = {one.node: one for one in place.records.steps("bad")}["flaky"].execution
    assert failed.properties["attempts"] == 3
    assert failed.custom["error_kind"] == "UnavailableError"
    assert "raise UnavailableError" in str(failed.custom["traceback"])


def test_retries_with_backoff(place: Any) -> None:
    SWITCH.fail = 2
    started = time.monotonic()
    result = place.run(FAILING.build(), name="good")
    assert result.state is ExecutionState.COMPLETE
    assert CALLS.count("flaky") == 3
    assert time.monotonic() - started >= 0.05 + 0.15
    told = [one.message for one in place.events if one.node == "flaky" and one.message]
    assert told == ["not today; again in 0.05 s", "not today; again in 0.15 s"]
    step = {one.node: one for one in place.records.steps("good")}["flaky"].execution
    assert (step.properties["attempts"], step.custom.get("error")) == (3, None)


def test_a_users_mistake_is_not_tried_again(place: Any) -> None:
    from mainspring.core.errors import InputError

    @step(retries=5)
    def picky() -> int:
        CALLS.append("picky")
        raise InputError("no")

    @pipeline
    def one() -> None:
        picky()

    assert place.run(one.build()).state is ExecutionState.FAILED
    assert called() == ["picky"]


def test_what_cannot_be_stored_is_the_steps_failure(place: Any) -> None:
    @step
    def odd() -> object:
        return object()

    @step
    def partly() -> Halves:
        return [1], object()  # type: ignore[return-value]  # it is what is tested

    @step
    def short() -> Halves:
        return [1]  # type: ignore[return-value]  # it is what is tested

    @pipeline
    def wrong() -> None:
        odd()
        partly()
        short()

    result = place.run(wrong.build())
    assert "step 'odd', output 'result' gave a builtins.object" in result.nodes["odd"].reason
    assert "output 'large'" in result.nodes["partly"].reason
    assert "2 values: small, large" in result.nodes["short"].reason
    made = place.stores.record.find(Kind.ARTIFACT, "type != 'mainspring.Code'").items
    assert made == [], "of a step that fails nothing is kept"


def test_sys_exit_in_a_step_is_a_failure(place: Any) -> None:
    import sys

    @step
    def leave() -> int:
        sys.exit(3)

    @pipeline
    def one() -> None:
        leave()

    assert place.run(one.build()).nodes["leave"].reason == "SystemExit: 3"


# -- gates and conditions --------------------------------------------------------------------------------------


def gated() -> None:
    """A gate in the middle."""
    number = total(numbers())
    verdict = gate(number)
    double(number)
    with when(verdict):
        after("inside")
    at_exit(goodbye)


GATED = pipeline(gated)


def test_a_gate_that_says_yes(place: Any) -> None:
    result = place.run(GATED.build())
    assert result.state is ExecutionState.COMPLETE
    assert called()[:2] == ["numbers", "total"]
    assert set(called()[2:4]) == {"double 3", "after"}, "side by side"
    assert called()[4:] == ["bye COMPLETE []"]


def test_a_gate_that_says_no_holds_the_run(place: Any) -> None:
    SWITCH.limit = 1
    result = place.run(GATED.build(), name="held")
    assert result.state is ExecutionState.HELD
    assert states(result) == {
        "numbers": "COMPLETE",
        "total": "COMPLETE",
        "gate": "COMPLETE",
        "double": "SKIPPED",
        "after": "SKIPPED",
        "goodbye": "COMPLETE",
    }
    assert result.nodes["double"].reason == "held by gate: gate said no"
    assert CALLS[-1] == "bye HELD []"
    assert place.records.run("held").custom["held"] == "gate said no"


def test_a_held_run_goes_on_when_the_gate_says_yes(place: Any) -> None:
    SWITCH.limit = 1

    @step(gate=True)
    def file_gate(number: int, limit: File) -> Verdict:
        return Verdict.of("gate", [Reason(ok=number < int(limit.path.read_text()), code="X", message="x")])

    @pipeline
    def by_file() -> None:
        number = total(numbers())
        file_gate(number, File("limit.txt"))
        double(number)

    (place.root / "limit.txt").write_text("1")
    assert place.run(by_file.build(), name="held").state is ExecutionState.HELD
    assert place.resume(by_file.build(), "held").state is ExecutionState.HELD, "nothing has changed"
    (place.root / "limit.txt").write_text("9")
    CALLS.clear()
    on = place.resume(by_file.build(), "held")
    assert on.state is ExecutionState.COMPLETE
    assert called() == ["double 3"], "what was done is not done again, not even what is never cached"


def test_a_gate_that_fails_stops_what_is_below(place: Any) -> None:
    @step(gate=True)
    def broken(number: int) -> Verdict:
        raise RuntimeError("broken")

    @pipeline
    def below() -> None:
        broken(1)
        double(2)

    result = place.run(below.build())
    assert states(result) == {"broken": "FAILED", "double": "SKIPPED"}
    assert result.nodes["double"].reason == "broken, which comes before it, failed"


def test_a_gate_that_could_not_judge_stops_what_is_below(place: Any) -> None:
    SWITCH.fail = 9

    @step
    def count(text: str) -> int:
        return len(text)

    @pipeline
    def below() -> None:
        gate(count(flaky()))
        double(2)

    assert states(place.run(below.build()))["double"] == "SKIPPED"


def test_a_gate_that_a_condition_left_out_holds_nothing(place: Any) -> None:
    @step
    def no() -> bool:
        return False

    @pipeline
    def below() -> None:
        with when(no()):
            gate(double.named("inner")(1))
        double(2)

    result = place.run(below.build())
    assert result.state is ExecutionState.COMPLETE
    assert states(result) == {"no": "COMPLETE", "inner": "SKIPPED", "gate": "SKIPPED", "double": "COMPLETE"}


@pytest.mark.parametrize(
    ("value", "yes"),
    [
        *((value, True) for value in (True, 0.5, "no", [0])),
        *((value, False) for value in (False, 0, "", [], None)),
    ],
)  # fmt: skip
def test_conditions(place: Any, value: Any, yes: bool) -> None:
    @step
    def says(value: Any) -> Any:
        return value

    @pipeline
    def conditional() -> None:
        answer = says(value)
        with when(answer):
            double.named("then")(1)
        with unless(answer):
            double.named("otherwise")(2)

    result = place.run(conditional.build())
    assert result.state is ExecutionState.COMPLETE
    assert states(result)["then"] == ("COMPLETE" if yes else "SKIPPED")
    assert states(result)["otherwise"] == ("SKIPPED" if yes else "COMPLETE")
    left = "otherwise" if yes else "then"
    assert result.nodes[left].reason == f"says said {'yes' if yes else 'no'}"


def test_on_whose_word_a_step_ran_is_in_the_lineage(place: Any) -> None:
    place.run(GATED.build(), name="r")
    record = {one.node: one for one in place.records.steps("r")}["after"]
    used = place.records.inputs([record.original])[record.original]
    assert [one.type for one in used["when"]] == ["mainspring.Verdict"]


# -- fan-out ---------------------------------------------------------------------------------------------------


def fanned(n: int = 3) -> None:
    """Out over a list that a step gives, and in again."""
    total(double(each(numbers(n))))


FANNED = pipeline(fanned)


def test_fan_out_and_gather(place: Any) -> None:
    result = place.run(FANNED.build(), name="fan")
    assert place.value(result, "double") == [0, 2, 4]
    assert place.value(result, "total") == 6
    assert sorted(one.node for one in place.records.steps("fan")) == [
        "double[0]",
        "double[1]",
        "double[2]",
        "numbers",
        "total",
    ]
    CALLS.clear()
    more = place.run(FANNED.build(n=4))
    assert states(more)["double"] == "COMPLETE"
    assert called() == ["numbers", "double 3", "total"], "what is known of a list is not done again"
    assert set(states(place.run(FANNED.build(n=4))).values()) == {"COMPLETE", "CACHED"}


def test_fan_out_over_an_empty_list(place: Any) -> None:
    result = place.run(FANNED.build(n=0), name="empty")
    assert result.state is ExecutionState.COMPLETE
    assert place.value(result, "total") == 0
    assert [one.node for one in place.records.steps("empty")] == ["numbers", "double", "total"]


def test_fan_out_over_plain_values_and_over_several_lists(place: Any) -> None:
    @step
    def pair(left: int, right: str, plus: int = 0) -> str:
        return f"{left + plus}{right}"

    @step
    def join(words: list[str]) -> str:
        return " ".join(words)

    @pipeline
    def both() -> None:
        join(pair(each([1, 2]), each(["a", "b"]), plus=1))

    assert place.value(place.run(both.build()), "join") == "2a 3b"

    @pipeline
    def uneven() -> None:
        pair(each([1, 2]), each(["a"]))

    assert "different lengths: {'left': 2, 'right': 1}" in place.run(uneven.build()).nodes["pair"].reason


def test_fan_out_over_what_is_no_list(place: Any) -> None:
    @pipeline
    def wrong() -> None:
        double(each(total(numbers())))

    result = place.run(wrong.build())
    assert "each() was given the output of step 'total', which is int" in result.nodes["double"].reason


def test_fan_out_over_outputs_and_over_a_fan_out(place: Any) -> None:
    @pipeline
    def chained() -> None:
        total(double.named("twice")(each(double(each([1, 2])))))
        total.named("picked")(
            double.named("of")(each([total.named("s")([double.named("x")(1)]), double.named("y")(5)]))
        )

    result = place.run(chained.build())
    assert place.value(result, "total") == 12
    assert place.value(result, "picked") == 4 + 20


def test_one_item_that_fails(place: Any) -> None:
    @step
    def choosy(number: int) -> int:
        if number == 1:
            raise ValueError("not one")
        return number

    @pipeline
    def some() -> None:
        total(choosy(each([0, 1, 2])))

    result = place.run(some.build(), name="some")
    assert states(result) == {"choosy": "FAILED", "total": "SKIPPED"}
    assert result.nodes["choosy"].reason == "ValueError: not one"
    found = {one.node: one.state.value for one in place.records.steps("some")}
    assert found == {"choosy[0]": "COMPLETE", "choosy[1]": "FAILED", "choosy[2]": "COMPLETE", "total": "SKIPPED"}


# -- side by side ----------------------------------------------------------------------------------------------


def test_steps_that_do_not_need_each_other_run_at_the_same_time(place: Any) -> None:
    barrier = threading.Barrier(3, timeout=20)

    @step(cache=False)
    def meet(number: int) -> int:
        barrier.wait()
        return number

    @pipeline
    def together() -> None:
        total([meet(1), meet.named("second")(2), meet.named("third")(3)])

    assert place.value(place.run(together.build(), workers=3), "total") == 6


def test_never_more_at_once_than_there_are_workers(place: Any) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    @step(cache=False)
    def busy(number: int) -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return number

    @pipeline
    def many() -> None:
        busy(each(list(range(12))))

    assert place.run(many.build(), workers=2).state is ExecutionState.COMPLETE
    assert most[0] == 2


def test_what_a_step_sets_in_its_context_is_not_seen_by_the_next(place: Any) -> None:
    from contextvars import ContextVar

    seen: ContextVar[int] = ContextVar("seen", default=0)

    @step(cache=False)
    def look(number: int) -> int:
        before = seen.get()
        seen.set(number)
        return before

    @pipeline
    def several() -> None:
        look(each([1, 2, 3, 4]))

    result = place.run(several.build(), workers=1)
    assert place.value(result, "look") == [0, 0, 0, 0]


# -- the end ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fail", "word"), [(0, "COMPLETE []"), (9, "FAILED ['flaky']")])
def test_steps_at_exit_run_however_it_ends(place: Any, fail: int, word: str) -> None:
    SWITCH.fail = fail

    @pipeline
    def ending() -> None:
        at_exit(goodbye, word="so long,")
        after(flaky())

    place.run(ending.build())
    assert CALLS[-1] == f"so long, {word}"
    CALLS.clear()
    place.run(ending.build())
    assert CALLS[-1].startswith("so long,"), "never from the cache"


def test_a_step_at_exit_may_use_what_was_made_or_find_nothing(place: Any) -> None:
    @step
    def last(text: str | None, status: RunStatus) -> str:
        return f"{text} {status.state}"

    @pipeline
    def ending() -> None:
        text = flaky()
        at_exit(last, text=text)

    assert place.value(place.run(ending.build()), "last") == "fine COMPLETE"
    SWITCH.fail = 9
    assert place.value(place.run(ending.build()), "last") == "None FAILED"


def test_a_run_whose_step_at_exit_fails_has_failed(place: Any) -> None:
    @step
    def last() -> None:
        raise RuntimeError("no")

    @pipeline
    def ending() -> None:
        double(1)
        at_exit(last)

    result = place.run(ending.build(), name="r")
    assert result.state is ExecutionState.FAILED
    assert place.records.run("r").state is ExecutionState.FAILED


# -- parts -----------------------------------------------------------------------------------------------------


def test_only_a_part_with_the_rest_from_before(place: Any) -> None:
    place.run(LINE.build(n=4))
    CALLS.clear()
    graph = LINE.build(n=4, plus=1)
    part = place.run(graph, selection=select(graph, start=["total"]), name="part")
    assert states(part) == {"numbers": "CACHED", "total": "COMPLETE", "double": "COMPLETE"}
    assert called() == ["total", "double 7"]
    for _ in range(3):
        again = place.run(graph, selection=select(graph, start=["total"]))
        assert set(states(again).values()) == {"CACHED"}
        assert place.value(again, "double") == 14


def test_up_to_a_step(place: Any) -> None:
    graph = LINE.build()
    part = place.run(graph, selection=select(graph, end=["total"]))
    assert part.state is ExecutionState.COMPLETE
    assert states(part) == {"numbers": "COMPLETE", "total": "COMPLETE", "double": "SKIPPED"}
    assert part.nodes["double"].reason == "not selected"


def test_a_part_whose_rest_was_never_run(place: Any) -> None:
    graph = LINE.build()
    part = place.run(graph, selection=select(graph, only=["total"]))
    assert part.state is ExecutionState.FAILED
    assert "step 'numbers' has no outputs from an earlier run" in part.nodes["numbers"].reason


@pytest.mark.parametrize("n", [0, 1, 3, 12])
def test_a_part_after_a_fan_out(place: Any, n: int) -> None:
    place.run(FANNED.build(n=n))
    CALLS.clear()
    graph = FANNED.build(n=n)
    for _ in range(2):
        part = place.run(graph, selection=select(graph, only=["total"]))
        assert part.state is ExecutionState.COMPLETE
        assert place.value(part, "double") == [2 * number for number in range(n)]
        assert place.value(part, "total") == n * (n - 1)
    assert called() == []


def test_a_gate_that_said_no_holds_a_part_too(place: Any) -> None:
    SWITCH.limit = 1
    place.run(GATED.build())
    graph = GATED.build()
    part = place.run(graph, selection=select(graph, only=["double"]))
    assert part.state is ExecutionState.HELD
    assert states(part)["double"] == "SKIPPED"


# -- resume ----------------------------------------------------------------------------------------------------


def test_a_failed_run_goes_on_where_it_stopped(place: Any) -> None:
    SWITCH.fail = 99

    @pipeline
    def two() -> None:
        number = total(numbers())
        after(flaky())
        double(number)
        at_exit(goodbye)

    assert place.run(two.build(), name="r").state is ExecutionState.FAILED
    SWITCH.fail = 0
    CALLS.clear()
    on = place.resume(two.build(), "r")
    assert on.state is ExecutionState.COMPLETE
    assert called() == ["flaky", "after", "bye COMPLETE []"]
    assert states(on)["numbers"] == "CACHED"
    assert place.records.run("r").state is ExecutionState.COMPLETE


def test_a_second_resume_does_not_repeat_what_is_never_cached(place: Any) -> None:
    SWITCH.fail = 99

    @pipeline
    def two() -> None:
        total(numbers())
        after(flaky())

    place.run(two.build(), name="r")
    for _ in range(3):
        CALLS.clear()
        place.resume(two.build(), "r")
        assert called() == ["flaky"]


def test_a_part_stays_a_part_when_it_is_resumed(place: Any) -> None:
    place.run(FAILING.build())
    SWITCH.fail = 99
    graph = FAILING.build()
    place.run(graph, name="part", selection=select(graph, end=["flaky"]))
    SWITCH.fail = 0
    on = place.resume(FAILING.build(), "part")
    assert states(on) == {"flaky": "COMPLETE", "after": "SKIPPED", "double": "SKIPPED"}


def test_a_complete_run_is_not_resumed(place: Any) -> None:
    place.run(LINE.build(), name="r")
    with pytest.raises(StateError, match="run r is complete"):
        place.resume(LINE.build(), "r")


def test_a_name_is_used_once(place: Any) -> None:
    place.run(LINE.build(), name="r")
    with pytest.raises(ConflictError):
        place.run(LINE.build(), name="r")


def test_events(place: Any) -> None:
    SWITCH.fail = 0
    place.run(LINE.build(), name="r")
    told = [(one.node, one.state.value) for one in place.events]
    assert told == [
        ("", "RUNNING"),
        ("numbers", "RUNNING"),
        ("numbers", "COMPLETE"),
        ("total", "RUNNING"),
        ("total", "COMPLETE"),
        ("double", "RUNNING"),
        ("double", "COMPLETE"),
        ("", "COMPLETE"),
    ]
    assert {one.run for one in place.events} == {"r"}


def test_many_nodes_in_the_order_of_writing(place: Any) -> None:
    @pipeline
    def long() -> None:
        for number in range(30):
            double.named(f"d{number}")(number)

    result = place.run(long.build(), workers=1)
    assert list(result.nodes) == [f"d{number}" for number in range(30)]
    assert called() == [f"double {number}" for number in range(30)]


def test_outputs_of_one_step_live_as_long_as_the_record_says(place: Any) -> None:
    result = place.run(LINE.build(), name="r")
    artifact = result.nodes["total"].outputs["result"]
    assert isinstance(artifact, Artifact)
    assert artifact.uri == f"blob:{artifact.digest}"
    assert place.stores.blobs.exists(artifact.digest)
