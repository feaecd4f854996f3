"""Steps: what their arguments are, how they are run, and that they stay functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.pipelines import File, Isolation, Resource, Retry, RunStatus, resource, step
from mainspring.pipelines.arguments import Role, strip_optional
from mainspring.pipelines.steps import Step


@dataclass(frozen=True)
class Weights:
    """A small artifact."""

    ARTIFACT_TYPE: ClassVar[str] = "test.Weights"

    value: float

    def save(self, folder: Path) -> None:
        """Write it."""
        (folder / "value.txt").write_text(str(self.value))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it."""
        return cls(float((folder / "value.txt").read_text()))


class Answers(Protocol):
    """A port that artifacts may fit."""

    def answer(self) -> str:
        """The answer."""
        ...


class Parts(NamedTuple):
    """Two outputs."""

    train: Weights
    words: list[str]


@step
def everything(
    weights: Weights,
    port: Answers,
    maybe: Weights | None,
    data: File,
    status: RunStatus,
    registry: object = resource("registry"),
    rate: float = 0.1,
    names: Mapping[str, int] | None = None,
) -> Parts:
    """All kinds of arguments."""
    return Parts(weights, [])


def test_a_step_is_still_the_function() -> None:
    @step
    def double(number: int) -> int:
        """Twice."""
        return 2 * number

    @step(retries=3)
    def triple(number: int) -> int:
        return 3 * number

    assert double(21) == 42
    assert triple(number=2) == 6
    assert double.__doc__ == "Twice."
    assert (double.__name__, double.__module__) == ("double", __name__)
    assert repr(double) == "<step double>"


def test_the_role_of_an_argument_follows_from_its_annotation() -> None:
    roles = {name: one.role for name, one in everything.arguments.items()}
    assert roles == {
        "weights": Role.ARTIFACT,
        "port": Role.PARAMETER,
        "maybe": Role.ARTIFACT,
        "data": Role.FILE,
        "status": Role.STATUS,
        "registry": Role.RESOURCE,
        "rate": Role.PARAMETER,
        "names": Role.PARAMETER,
    }
    assert {name for name, one in everything.arguments.items() if one.optional} == {"maybe", "names"}
    assert {name for name, one in everything.arguments.items() if one.required} == {
        "weights",
        "port",
        "maybe",
        "data",
        "status",
    }
    assert everything.arguments["registry"].default == Resource("registry")


def test_outputs() -> None:
    @step
    def one(number: int) -> int:
        return number

    @step
    def untyped(number):  # type: ignore[no-untyped-def]  # it is what is tested
        return number

    assert dict(one.outputs) == {"result": int}
    assert not one.several
    assert dict(untyped.outputs) == {"result": Any}
    assert dict(everything.outputs) == {"train": Weights, "words": list[str]}
    assert everything.several


def test_an_annotation_that_cannot_be_read_names_the_step() -> None:
    @step
    def wrong(number: "Missing") -> int:  # type: ignore[name-defined]  # noqa: F821 - it is what is tested
        return 1

    with pytest.raises(InputError, match=r"'wrong'.*Missing") as caught:
        _ = wrong.arguments
    assert caught.value.where is not None
    assert caught.value.where.endswith("wrong")


def test_options() -> None:
    plain = step(lambda: 1).options
    assert (plain.cache, plain.retry, plain.timeout, plain.isolation, plain.gate) == (
        True,
        Retry(times=0),
        None,
        Isolation.THREAD,
        False,
    )

    @step(name="other", cache=False, retries=2, timeout=5, gate=True, version="2", requires=("numpy",))
    def chosen() -> int:
        return 1

    assert chosen.name == "other"
    assert chosen.options.retry == Retry(times=2)
    assert chosen.options.isolation is Isolation.PROCESS, "only a process can be stopped in time"
    assert (chosen.options.cache, chosen.options.gate) == (False, True)
    assert (chosen.options.version, chosen.options.requires) == ("2", ("numpy",))


def test_other_options_for_one_use() -> None:
    @step(retries=1, gate=True)
    def base(number: int) -> int:
        return number

    other = base.using(cache=False, retries=Retry(times=9, delay=0.5), timeout=3).named("again")
    assert (other.name, other.options.cache, other.options.timeout) == ("again", False, 3)
    assert other.options.retry == Retry(times=9, delay=0.5)
    assert other.options.isolation is Isolation.PROCESS
    assert other.options.gate, "what is not said stays"
    assert (base.name, base.options.cache, base.options.retry) == ("base", True, Retry(times=1))
    assert base.using(isolation="process").options.isolation is Isolation.PROCESS
    assert isinstance(other, Step)
    assert other.function is base.function


@pytest.mark.parametrize(
    "make", [lambda: step(isolation="cloud"), lambda: step(lambda: 1).using(isolation="cloud")]
)
def test_an_unknown_isolation_is_refused(make: Any) -> None:
    with pytest.raises(InputError, match="cloud") as caught:
        make()
    assert caught.value.expected == "one of thread, process"


def test_a_step_with_a_timeout_is_not_run_in_a_thread() -> None:
    with pytest.raises(InputError, match="timeout of 2 s"):
        step(timeout=2)(lambda: 1).using(isolation="thread")


@given(st.integers(1, 40), st.floats(0, 10), st.floats(1, 4), st.floats(0, 100))
def test_waits_grow_up_to_their_limit(attempt: int, delay: float, backoff: float, limit: float) -> None:
    retry = Retry(times=40, delay=delay, backoff=backoff, limit=limit)
    assert 0 <= retry.wait(attempt) <= limit
    assert retry.wait(attempt) <= retry.wait(attempt + 1)


@pytest.mark.parametrize(
    ("annotation", "inner", "optional"),
    [
        (int, int, False),
        (int | None, int, True),
        (int | str | None, int | str, True),
        (int | str, int | str, False),
        (list[int] | None, list[int], True),
        (Any, Any, False),
    ],
)
def test_optional_annotations(annotation: Any, inner: Any, optional: bool) -> None:
    assert strip_optional(annotation) == (inner, optional)


def test_files() -> None:
    assert File("data/a.csv").path == Path("data/a.csv")
    assert str(File("data/a.csv")) == "data/a.csv"
