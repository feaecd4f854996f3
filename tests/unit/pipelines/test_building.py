"""Wiring: what becomes of the calls in a pipeline function, and what is said when they are wrong."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mainspring.core.errors import InputError, MainspringError
from mainspring.core.verdicts import Verdict
from mainspring.pipelines import File, RunStatus, at_exit, each, pipeline, resource, step, unless, when
from mainspring.pipelines.graph import Condition, Each, Gather, Literal, Ref


class Halves(NamedTuple):
    """Two outputs."""

    left: int
    right: int


@step
def load(n: int = 1) -> list[int]:
    return list(range(n))


@step
def split(numbers: list[int]) -> Halves:
    return Halves(0, 0)


@step
def add(left: int, right: int = 0) -> int:
    return left + right


@step
def join(parts: list[int]) -> int:
    return sum(parts)


@step(gate=True)
def check(number: int) -> Verdict:
    return Verdict.of("check", [])


@step
def publish(number: int, place: object = resource("registry")) -> None:
    return None


@step
def judge(verdict: Verdict) -> int:
    return 1


@step
def report(status: RunStatus, text: str = "") -> None:
    return None


@step
def read(data: File, folder: Path = Path("out")) -> int:
    return 1


def test_calls_become_nodes_and_what_they_are_given() -> None:
    @pipeline
    def whole(n: int = 3) -> None:
        numbers = load(n)
        halves = split(numbers)
        total = add(halves.left, right=halves.right)
        join([total, add(total)])

    nodes = whole.build(n=5).nodes
    assert list(nodes) == ["load", "split", "add", "add_2", "join"]
    assert nodes["load"].bindings == {"n": Literal(5)}
    assert nodes["split"].bindings == {"numbers": Ref("load")}
    assert nodes["add"].bindings == {"left": Ref("split", "left"), "right": Ref("split", "right")}
    assert nodes["add_2"].bindings == {"left": Ref("add")}
    assert nodes["join"].bindings == {"parts": Gather((Ref("add"), Ref("add_2")))}
    assert nodes["join"].needs == ("add", "add_2")


def test_several_outputs_can_be_taken_apart() -> None:
    @pipeline
    def whole() -> None:
        left, right = split(load())
        add(left, right)

    assert whole.build().nodes["add"].needs == ("split",)


def test_each_fans_out() -> None:
    @pipeline
    def whole() -> None:
        join(add(each(load(3)), 1))
        join(add(each([1, 2])))

    nodes = whole.build().nodes
    assert nodes["add"].bindings == {"left": Each(Ref("load")), "right": Literal(1)}
    assert nodes["add"].fans_out
    assert nodes["add_2"].bindings == {"left": Each(Literal([1, 2]))}
    assert not nodes["join"].fans_out


def test_conditions_gates_and_exits() -> None:
    @pipeline
    def whole() -> None:
        number = add(1)
        verdict = check(number)
        with when(verdict, number):
            publish(number)
            with unless(verdict):
                add(number)
        join([number])
        at_exit(report, text="done")

    nodes = whole.build().nodes
    assert nodes["check"].after == ()
    assert nodes["publish"].conditions == (Condition(Ref("check")), Condition(Ref("add")))
    assert nodes["add_2"].conditions == (
        Condition(Ref("check")),
        Condition(Ref("add")),
        Condition(Ref("check"), negated=True),
    )
    assert nodes["join"].conditions == ()
    assert nodes["publish"].after == nodes["join"].after == ("check",)
    assert nodes["report"].at_exit
    assert (nodes["report"].after, nodes["report"].conditions) == ((), ())


def test_plain_values_are_json() -> None:
    @pipeline
    def whole() -> None:
        read(File("a.csv"), folder=Path("deep/out"))
        read(File("a.csv"))

    nodes = whole.build().nodes
    assert nodes["read"].bindings == {"data": Literal(File("a.csv")), "folder": Literal("deep/out")}


def wrong(body: Any, **parameters: Any) -> MainspringError:
    """The error of a pipeline with this body."""
    with pytest.raises(MainspringError) as caught:
        pipeline(body).build(**parameters)
    return caught.value


def test_a_missing_argument() -> None:
    error = wrong(lambda: add())  # type: ignore[call-arg]  # it is what is tested
    assert error.found == "step 'add' was called without left"
    assert error.fix == "pass left=…"


def test_an_unknown_argument() -> None:
    error = wrong(lambda: add(1, weight=2))  # type: ignore[call-arg]  # it is what is tested
    assert "step 'add' was called wrongly" in error.found
    assert "weight" in error.found


def test_an_output_in_an_if() -> None:
    def body() -> None:
        if add(1):
            add(2)

    error = wrong(body)
    assert "step 'add' was used in an `if`" in re.sub(r"<output 'result' of (.*?)>", r"\1", error.found)
    assert "with when" in str(error.fix)


def test_an_output_in_a_for() -> None:
    def body() -> None:
        for number in load(3):
            add(number)

    error = wrong(body)
    assert "`for`" in error.found
    assert "each(" in str(error.fix)


def test_an_attribute_of_an_output() -> None:
    error = wrong(lambda: add(load(3).size))  # type: ignore[attr-defined]  # it is what is tested
    assert "no attribute 'size'" in error.found
    assert "step" in str(error.fix)


def test_an_unknown_output() -> None:
    error = wrong(lambda: add(split(load()).middle))  # type: ignore[attr-defined]  # it is what is tested
    assert error.found == "step 'split' has no output 'middle'"
    assert error.expected == "one of left, right"


def test_all_outputs_where_one_is_expected() -> None:
    error = wrong(lambda: add(split(load())))  # type: ignore[arg-type]  # it is what is tested
    assert "left, right" in error.found
    assert "name the output" in str(error.fix)


def test_a_list_that_mixes() -> None:
    error = wrong(lambda: join([add(1), 2]))
    assert "mixes" in error.found


def test_a_value_where_an_artifact_is_expected() -> None:
    error = wrong(lambda: judge(True))  # type: ignore[arg-type]  # it is what is tested
    assert error.found == "step 'judge' was given bool for 'verdict'"
    assert error.expected == "the output of a step that gives Verdict"
    listed = wrong(lambda: judge(each([True])))
    assert listed.found == "step 'judge' was given bool for 'verdict'"


def test_a_value_that_is_no_json() -> None:
    error = wrong(lambda: add(object()))  # type: ignore[arg-type]  # it is what is tested
    assert error.found.startswith("step 'add' was given object for 'left'")
    assert "File" in str(error.expected)


@pytest.mark.parametrize("value", [3, "abc", {"a": 1}])
def test_each_of_what_is_no_list(value: object) -> None:
    error = wrong(lambda: add(each(value)))
    assert "each() of step 'add', argument 'left'" in error.found
    assert "a list" in str(error.expected)


def test_a_condition_that_is_known_already() -> None:
    def body() -> None:
        with when(True):
            add(1)

    error = wrong(body)
    assert "condition was given True" in error.found
    assert "ordinary `if`" in str(error.fix)


@pytest.mark.parametrize(
    ("use", "word"),
    [
        (lambda: when(1).__enter__(), "when()"),
        (lambda: unless(1).__enter__(), "unless()"),
        (lambda: at_exit(report), "at_exit()"),
    ],
)
def test_outside_a_pipeline(use: Any, word: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"{word} was used outside a pipeline")):
        use()


def test_the_place_in_the_file_is_named() -> None:
    def body() -> None:
        add(1)
        add()  # type: ignore[call-arg]  # it is what is tested

    assert wrong(body).where == f"{__file__}, line {body.__code__.co_firstlineno + 2}"
    broken = wrong(lambda: add(1 // 0))
    assert "ZeroDivisionError" in broken.found
    assert str(broken.where).startswith(f"{__file__}, line ")


def test_steps_are_functions_again_after_a_pipeline_that_failed() -> None:
    wrong(lambda: add())  # type: ignore[call-arg]  # it is what is tested
    assert add(1, 2) == 3
