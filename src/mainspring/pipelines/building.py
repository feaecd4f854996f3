"""Building a graph: inside a pipeline function, calling a step adds a node instead of running it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.pipelines.arguments import Argument, File, Role
from mainspring.pipelines.graph import Binding, Condition, Each, Gather, Graph, Literal, Node, Ref
from mainspring.pipelines.names import check_step
from mainspring.pipelines.steps import Step, adding
from mainspring.pipelines.values import KEEPABLE, can_be_kept

_builder: ContextVar[Builder | None] = ContextVar("mainspring_builder", default=None)


def current() -> Builder | None:
    """The graph that is being built, if any."""
    return _builder.get()


class Output:
    """A handle to something that a step will give. It stands for the value while the pipeline is written."""

    __slots__ = ("ref",)

    def __init__(self, ref: Ref) -> None:
        self.ref = ref

    def __repr__(self) -> str:
        return f"<output {self.ref.output!r} of step {self.ref.node!r}>"

    def __bool__(self) -> bool:
        raise InputError(
            f"the {self!r} was used in an `if` while the pipeline was being written",
            expected="its value is known only when the pipeline runs",
            fix="write `with when(...):` around the steps that depend on it",
        )

    def __iter__(self) -> Iterator[Any]:
        raise InputError(
            f"the {self!r} was used in a `for` while the pipeline was being written",
            expected="its value is known only when the pipeline runs",
            fix="write `each(...)` around the argument to fan out over it",
        )

    def __getattr__(self, name: str) -> Any:
        raise InputError(
            f"the {self!r} has no attribute {name!r}: it stands for a value that is not there yet",
            fix="take the value apart in a step, or let the step return a NamedTuple",
        )


class Outputs:
    """Handles to the named outputs of one step."""

    __slots__ = ("_fields", "_node")

    def __init__(self, node: str, fields: Sequence[str]) -> None:
        self._node = node
        self._fields = tuple(fields)

    def __repr__(self) -> str:
        return f"<outputs {', '.join(self._fields)} of step {self._node!r}>"

    def __getattr__(self, name: str) -> Output:
        if name in self._fields:
            return Output(Ref(self._node, name))
        raise InputError(
            f"step {self._node!r} has no output {name!r}", expected="one of " + ", ".join(self._fields)
        )

    def __iter__(self) -> Iterator[Output]:
        return (Output(Ref(self._node, name)) for name in self._fields)


class _EachMark:
    __slots__ = ("over",)

    def __init__(self, over: Any) -> None:
        self.over = over


class Builder:
    """Collects the nodes of one pipeline while its function runs."""

    def __init__(self, pipeline: str) -> None:
        self.pipeline = pipeline
        self.nodes: dict[str, Node] = {}
        self._conditions: list[Condition] = []
        self._gates: list[str] = []

    def graph(self, parameters: Mapping[str, Value]) -> Graph:
        """What was collected."""
        return Graph(self.pipeline, parameters, dict(self.nodes))

    def add(
        self, step: Step[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], *, at_exit: bool = False
    ) -> Any:
        """Add a node for a call of a step; gives handles to its outputs."""
        name = self._free_name(check_step(step.name))
        try:
            given = inspect.signature(step.function).bind_partial(*args, **kwargs).arguments
        except TypeError as error:
            raise InputError(f"step {name!r} was called wrongly: {error}") from error
        bindings = {key: self._binding(step, key, value) for key, value in given.items()}
        missing = [
            argument.name
            for argument in step.arguments.values()
            if argument.required and argument.name not in bindings and argument.role != "status"
        ]
        if missing:
            raise InputError(
                f"step {name!r} was called without {', '.join(missing)}",
                fix=f"pass {', '.join(f'{one}=…' for one in missing)}",
            )
        node = Node(
            name=name,
            step=step,
            bindings=bindings,
            conditions=() if at_exit else tuple(self._conditions),
            after=() if at_exit else tuple(self._gates),
            at_exit=at_exit,
        )
        self.nodes[name] = node
        if step.options.gate:
            self._gates.append(name)
        return Outputs(name, list(step.outputs)) if step.several else Output(Ref(name))

    @contextmanager
    def under(self, conditions: Sequence[Condition]) -> Iterator[None]:
        """Put conditions on every node that is added inside."""
        self._conditions.extend(conditions)
        try:
            yield
        finally:
            del self._conditions[len(self._conditions) - len(conditions) :]

    def _free_name(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.nodes:
            count += 1
            name = f"{wanted}_{count}"
        return name

    def _binding(self, step: Step[..., Any], name: str, value: Any) -> Binding:
        argument = step.arguments[name]
        if isinstance(value, _EachMark):
            over = as_binding(value.over)
            if isinstance(over, Each) or (isinstance(over, Literal) and not _is_list(over.value)):
                raise InputError(
                    f"each() of step {step.name!r}, argument {name!r}, was given {value.over!r}",
                    expected="a list, or the output of a step that gives a list",
                )
            if isinstance(over, Literal):
                over = Literal([as_literal(step.name, argument, item) for item in over.value])
            return Each(over)
        binding = as_binding(value)
        if isinstance(binding, Literal):
            return Literal(as_literal(step.name, argument, binding.value))
        return binding


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def as_literal(step: str, argument: Argument, value: Any) -> Any:
    """A plain value that is given to a step, as it is recorded: JSON, a :class:`File`, or nothing.

    Raises:
        InputError: If it is something else, or the argument is an artifact.
    """
    if value is None or isinstance(value, File):
        return value
    if argument.role is Role.ARTIFACT:
        raise InputError(
            f"step {step!r} was given {type(value).__name__} for {argument.name!r}",
            expected=f"the output of a step that gives {getattr(argument.annotation, '__name__', 'an artifact')}",
            fix="make the value in a step, or import it with import_artifact(...)",
        )
    value = str(value) if isinstance(value, Path) else value
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"step {step!r} was given {type(value).__name__} for {argument.name!r}: {error}",
            expected="a JSON value, a File, or the output of a step",
            fix="make the value in a step",
        ) from error
    if not can_be_kept(value):
        raise InputError(
            f"step {step!r} was given {value!r:.60} for {argument.name!r}, which the record cannot keep",
            expected=KEEPABLE,
            fix="make the value in a step, or give it as text",
        )
    return value


def as_binding(value: Any) -> Binding:
    """What a value given to a step means: an output, a list of outputs, or a plain value."""
    if isinstance(value, Output):
        return value.ref
    if isinstance(value, Outputs):
        raise InputError(f"{value!r} were given where one value is expected", fix="name the output: handle.train")
    if _is_list(value) and value and all(isinstance(item, Output) for item in value):
        return Gather(tuple(item.ref for item in value))
    if _is_list(value) and any(isinstance(item, Output) for item in value):
        raise InputError("a list mixes outputs of steps with plain values", expected="one or the other")
    return Literal(value)


@contextmanager
def collecting(pipeline: str) -> Iterator[Builder]:
    """Within this block, calling steps builds a graph."""
    builder = Builder(pipeline)
    tokens = (_builder.set(builder), adding.set(builder.add))
    try:
        yield builder
    finally:
        adding.reset(tokens[1])
        _builder.reset(tokens[0])


def _needed_builder(what: str) -> Builder:
    builder = current()
    if builder is None:
        raise InputError(f"{what} was used outside a pipeline", fix="use it in a function marked @pipeline")
    return builder


@contextmanager
def when(*conditions: Any) -> Iterator[None]:
    """The steps inside run only if every one of these outputs is true (a ``Verdict``: if it is ok)."""
    with _needed_builder("when()").under([Condition(_ref(value)) for value in conditions]):
        yield


@contextmanager
def unless(*conditions: Any) -> Iterator[None]:
    """The steps inside run only if every one of these outputs is false (a ``Verdict``: if it is not ok)."""
    with _needed_builder("unless()").under([Condition(_ref(value), negated=True) for value in conditions]):
        yield


def each(values: Any) -> Any:
    """Fan out: run the step once per item of a list, which is given, or which a step will give.

    The output of a step that fans out is the list of its outputs.

    Example:
        .. code-block:: python

            models = train(examples, estimator=each(["LogisticRegression", "RandomForestClassifier"]))
            best = choose(models)
    """
    return _EachMark(values)


def at_exit(step: Step[..., Any], **arguments: Any) -> None:
    """Run a step when everything else has ended, however it ended. It may ask for a :class:`RunStatus`."""
    _needed_builder("at_exit()").add(step, (), arguments, at_exit=True)


def _ref(value: Any) -> Ref:
    binding = as_binding(value)
    if not isinstance(binding, Ref):
        raise InputError(
            f"a condition was given {value!r}",
            expected="the output of a step",
            fix="use an ordinary `if` for values that are known when the pipeline is written",
        )
    return binding
