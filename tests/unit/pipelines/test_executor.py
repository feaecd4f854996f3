"""Running one task, without store and engine."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.pipelines import File, RunStatus, resource, step
from mainspring.pipelines.executor import execute, failure_of, platform_resources
from mainspring.pipelines.ports import FunctionRef, Given, Outcome, Platform, Stored, Task
from mainspring.pipelines.steps import Step


class Two(NamedTuple):
    """Two outputs."""

    left: int
    right: int | None


@dataclass(frozen=True)
class Config:
    """Parameters with a shape."""

    rate: float
    names: tuple[str, ...] = ()


def task(tmp_path: Path, **fields: Any) -> Task:
    """A task."""
    return Task(
        id="t#1",
        node="t",
        function=FunctionRef("m", "f"),
        folder=str(tmp_path / "s"),
        log=str(tmp_path / "l"),
        **fields,
    )


def run(tmp_path: Path, one: Step[..., Any], offered: Any = None, **fields: Any) -> Outcome:
    """Execute."""
    return execute(task(tmp_path, **fields), one, offered or {})


def values(outcome: Outcome) -> dict[str, Any]:
    """The outputs of JSON."""
    assert outcome.failure is None, outcome.failure
    return {name: one if one is None else json.loads(one.data or b"") for name, one in outcome.outputs.items()}


def test_everything_a_step_can_be_given(tmp_path: Path) -> None:
    @step
    def all_of_it(
        numbers: list[int],
        several: list[Any],
        nothing: list[int] | None,
        data: File,
        made: File,
        status: RunStatus,
        config: Config,
        folder: Path,
        tool: str = resource("hammer"),
        rate: float = 0.5,
    ) -> list[Any]:
        return [
            numbers,
            several,
            nothing,
            str(data),
            made.path.name,
            status.state,
            [config.rate, config.names == ("a",)],
            isinstance(folder, Path),
            tool,
            rate,
        ]

    (tmp_path / "a.json").write_text("[1, 2]")
    stored = Stored("mainspring.Json", str(tmp_path / "a.json"))
    outcome = run(
        tmp_path,
        all_of_it,
        {"hammer": lambda: "bang"},
        inputs={
            "numbers": Given((stored,)),
            "several": Given((stored, None), listed=True),
            "nothing": Given((None,)),
            "made": Given((Stored("mainspring.File", str(tmp_path / "a.json")),)),
        },
        files={"data": "in.csv"},
        parameters={"config": {"rate": 1.0, "names": ["a"]}, "folder": "x/y"},
        resources={"tool": "hammer"},
        status={"run": "r", "state": "HELD", "failed": {}},
    )
    assert values(outcome)["result"] == [
        [1, 2],
        [[1, 2], None],
        None,
        "in.csv",
        "a.json",
        "HELD",
        [1.0, True],
        True,
        "bang",
        0.5,
    ]
    assert outcome.seconds > 0


def test_items_of_a_list_have_its_shape(tmp_path: Path) -> None:
    @step
    def rates(configs: list[Config], maybe: list[Config] | None) -> list[float]:
        return [config.rate for config in [*configs, *(maybe or [])]]

    (tmp_path / "a.json").write_text('{"rate": 0.5, "names": []}')
    stored = Given((Stored("mainspring.Json", str(tmp_path / "a.json")),), listed=True)
    assert values(run(tmp_path, rates, inputs={"configs": stored, "maybe": stored})) == {"result": [0.5, 0.5]}


def test_outputs_by_name(tmp_path: Path) -> None:
    @step
    def two() -> Two:
        return Two(1, None)

    @step
    def plain_tuple() -> Two:
        return 1, 2  # type: ignore[return-value]  # allowed at run time

    assert values(run(tmp_path, two)) == {"left": 1, "right": None}
    assert values(run(tmp_path, plain_tuple)) == {"left": 1, "right": 2}


@pytest.mark.parametrize("wrong", [1, (1,), (1, 2, 3), None])
def test_the_wrong_number_of_outputs(tmp_path: Path, wrong: Any) -> None:
    @step
    def two() -> Two:
        return wrong  # type: ignore[no-any-return]  # it is what is tested

    failure = run(tmp_path, two).failure
    assert failure is not None
    assert "step 'two' returned" in failure.error
    assert "2 values: left, right" in failure.error
    assert not failure.retry


def test_failures_begin_in_the_users_function(tmp_path: Path) -> None:
    @step
    def fails() -> int:
        raise ValueError("it broke")

    failure = run(tmp_path, fails).failure
    assert failure is not None
    assert (failure.error, failure.kind, failure.retry) == ("ValueError: it broke", "ValueError", True)
    assert failure.traceback.splitlines()[1].startswith(f'  File "{__file__}"')


def test_causes_are_told() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error
    except ValueError as error:
        failure = failure_of(error)
    assert "KeyError: 'inner'" in failure.traceback


def test_our_own_errors_keep_their_parts() -> None:
    mistake = failure_of(InputError("found", expected="expected", where="here", fix="do"))
    assert mistake.parts["fix"] == "do"
    assert not mistake.retry
    assert failure_of(UnavailableError("away")).retry
    assert str(mistake.as_error()) == "here: found\n  expected: expected\n  do: do"


def test_an_unknown_resource(tmp_path: Path) -> None:
    @step
    def wants(tool: object = resource("hammer")) -> int:
        return 1

    failure = run(tmp_path, wants, {"saw": str}, resources={"tool": "hammer"}).failure
    assert failure is not None
    assert "asks for the resource 'hammer'" in failure.error
    assert "one of checkpoints, saw" in failure.error


def provide(settings: dict[str, Any]) -> dict[str, Any]:
    """A platform."""
    return {"word": lambda: settings["word"]}


def test_resources_of_the_platform_are_made_only_if_asked_for(tmp_path: Path) -> None:
    platform = Platform("no.such.module:provide")
    assert platform_resources(task(tmp_path, platform=platform)) == {}
    asked = task(tmp_path, platform=platform, resources={"a": "word"})
    with pytest.raises(ModuleNotFoundError):
        platform_resources(asked)
