"""Finding out what the steps of a run read, what they had learnt, and what they gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mainspring.app.stories import value_of
from mainspring.core.errors import InputError, MainspringError, NotFoundError, StateError
from mainspring.core.records import Artifact, ArtifactState
from mainspring.models import Package
from mainspring.pipelines.arguments import Role
from mainspring.pipelines.code import code_of
from mainspring.pipelines.codecs import decode
from mainspring.pipelines.loading import resolve
from mainspring.pipelines.ports import FunctionRef
from mainspring.pipelines.records import StepRecord
from mainspring.pipelines.steps import Step
from mainspring.serving.graphs.stepping.code import load_function
from mainspring.serving.graphs.stepping.values import SPLIT, columns_in, form_of, stripped

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

_BESIDE = frozenset({"code", "when"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be made of a run.

    Attributes:
        steps: Names of the steps, each after those that it reads.
        requests: Arguments, as ``step.argument``, that are given what is asked, though it might not look so.
        states: Arguments, likewise, that are given what was learnt.
        without: Columns that a caller does not have, such as the label: no step is given them.
        rows: How many recorded rows the graph is proved on.
    """

    steps: Sequence[str]
    requests: Sequence[str] = ()
    states: Sequence[str] = ()
    without: Sequence[str] = ()
    rows: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What an argument was given in the run.

    Attributes:
        step: The step among those wanted that it came from; empty for what is asked.
        output: The field of that step's answer; empty if it has one.
        annotation: Of the argument.
        value: It, with the rows that the graph is proved on.
    """

    step: str
    output: str
    annotation: Any
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """One step.

    Attributes:
        name: Its name in the run.
        function: ``module:function``; empty for a package.
        code: What the run recorded of its code.
        data: What it reads, by argument.
        states: What it had learnt, by argument.
        parameters: Its other arguments.
        gave: What it gave for the rows that the graph is proved on; for a package what the model says of them.
        package: The artifact, of a step that gives a package.
        model: What was packaged.
    """

    name: str
    function: str = ""
    code: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Data] = field(default_factory=dict)
    states: Mapping[str, Artifact] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    gave: Any = None
    package: Artifact | None = None
    model: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run whose steps were picked.

    Attributes:
        name: Of the run.
        steps: Those that were wanted, in order.
        code: The recorded code.
        files: Its files, with their digests.
    """

    name: str
    steps: Sequence[Picked]
    code: Artifact
    files: Mapping[str, str]


def pick(opened: Mainspring, reference: str, wanted: Wanted, folder: Path) -> Run:
    """Find everything that the wanted steps of a run need to be served.

    An argument that another wanted step gave is an edge. What was made from the answers of wanted steps was
    learnt; so was whatever is no list, mapping, array, table or examples. The rest is what will be asked.

    Args:
        opened: The project.
        reference: The run.
        wanted: What is to be made of it.
        folder: Where the recorded code is put.

    Raises:
        NotFoundError: If there is no such run, step or argument.
        StateError: If a step did not succeed, or what it gave is gone.
        InputError: If a step cannot be served; with every reason.
    """
    run = opened.pipelines.records.run(reference)
    name = str(run.name)
    records = {one.node: one for one in opened.pipelines.records.steps(name)}
    unknown = [one for one in wanted.steps if one not in records]
    if unknown or not wanted.steps:
        raise NotFoundError(
            f"run {name} has no step {', '.join(unknown)}" if unknown else "no step was named",
            expected="some of " + ", ".join(records),
        )
    bad = [one for one in wanted.steps if not records[one].good]
    if bad:
        raise StateError(f"{', '.join(bad)} of run {name} did not succeed", fix=f"mainspring resume {name}")
    return _Picking(opened, name, records, wanted, folder).run()


class _Picking:
    def __init__(
        self, opened: Mainspring, run: str, records: Mapping[str, StepRecord], wanted: Wanted, folder: Path
    ) -> None:
        self._opened, self._run, self._records, self._wanted, self._folder = opened, run, records, wanted, folder
        numbers = [one.original for one in records.values()]
        inputs, outputs = opened.pipelines.records.inputs(numbers), opened.pipelines.records.outputs(numbers)
        self._inputs = {node: inputs[one.original] for node, one in records.items()}
        self._outputs = {node: outputs[one.original] for node, one in records.items()}
        self._made = {
            artifact.id: (node, output)
            for node, given in self._outputs.items()
            for output, artifacts in given.items()
            for artifact in artifacts
        }
        self._problems: list[str] = []
        self._named = {*wanted.requests, *wanted.states}
        self._files: dict[str, str] = {}

    def run(self) -> Run:
        code = self._code()
        picked = [self._picked(name) for name in self._wanted.steps]
        self._problems += [f"no step has an argument {one}" for one in sorted(self._named)]
        if not any(one.step == "" for step in picked for one in step.data.values()):
            self._problems.append("no step reads what will be asked; say which argument: --request STEP.ARGUMENT")
        asked = {
            f"{step.name}.{name}": _rows_of(one.value)
            for step in picked
            for name, one in step.data.items()
            if not one.step and step.package is None
        }
        most = max(asked.values(), default=0)
        self._problems += [
            f"{path}: it has {rows} rows where others have {most}; if it was learnt, say so: --state {path}"
            for path, rows in asked.items()
            if rows != most
        ]
        if self._problems:
            raise InputError(
                f"run {self._run} cannot be served like this:\n    " + "\n    ".join(self._problems),
                expected="steps that are functions of columns, and of what was learnt",
            )
        return Run(name=self._run, steps=picked, code=code, files=self._files)

    def _code(self) -> Artifact:
        found = next((one for name in self._wanted.steps for one in self._inputs[name].get("code", ())), None)
        if found is None or found.state is not ArtifactState.LIVE:
            raise StateError(f"the code of run {self._run} is gone", fix="run the pipeline again")
        blobs = self._opened.store.blobs
        blobs.fetch(str(found.digest), self._folder)
        self._files = {one.path: one.digest for one in blobs.entries(str(found.digest))}
        return found

    def _picked(self, name: str) -> Picked:
        package = next(
            (one for some in self._outputs[name].values() for one in some if one.type == Package.ARTIFACT_TYPE),
            None,
        )
        if package is not None:
            return self._package(name, package)
        record = self._records[name]
        function = str(record.cache_parts.get("step", {}).get("function", ""))
        step = self._step(name, function)
        data: dict[str, Data] = {}
        states: dict[str, Artifact] = {}
        given = cast("Mapping[str, Any]", record.execution.custom.get("parameters") or {})
        parameters: dict[str, Any] = {}
        for argument, about in step.arguments.items():
            artifacts = self._inputs[name].get(argument, ())
            if not artifacts:
                if argument in given:
                    parameters[argument] = given[argument]
                elif about.role is Role.ARTIFACT and form_of(about.annotation):
                    self._problems.append(f"{name}.{argument}: the run gave it nothing")
                continue
            if len(artifacts) > 1 or artifacts[0].state is ArtifactState.REFERENCE:
                self._problems.append(f"{name}.{argument}: it is a file outside, or several artifacts")
                continue
            self._sort(f"{name}.{argument}", about.annotation, artifacts[0], data, states)
        return Picked(
            name=name,
            function=function,
            code=dict(record.cache_parts.get("code", {})),
            data=data,
            states=states,
            parameters=parameters,
            gave=self._gave(name, step),
        )

    def _step(self, name: str, function: str) -> Step[..., Any]:
        module, _, qualified = function.partition(":")
        if (
            f"{module.replace('.', '/')}.py" in self._files
            or f"{module.replace('.', '/')}/__init__.py" in self._files
        ):
            found, _ = load_function(self._folder, function, self._files)
            recorded = self._records[name].cache_parts.get("code", {})
            now = code_of(found).parts.get(function)
            if recorded.get(function) not in (None, now):
                self._problems.append(f"{name}: the recorded code of {function} has another digest than the run")
            return Step(found)
        try:
            return resolve(FunctionRef(module, qualified, None, None))
        except (MainspringError, ImportError) as error:
            raise NotFoundError(f"{name}: {function} is not there any more ({error})") from error

    def _sort(
        self, path: str, annotation: Any, artifact: Artifact, data: dict[str, Data], states: dict[str, Artifact]
    ) -> None:
        argument = path.partition(".")[2]
        made = self._made.get(artifact.id)
        wanted, is_data = self._wanted, form_of(annotation) is not None
        self._named.discard(path)
        edge = made is not None and made[0] in wanted.steps and path not in wanted.states
        asked = path in wanted.requests or (is_data and not edge and not (made and self._learnt(made[0])))
        if edge and made is not None and is_data:
            output = "" if made[1] == "result" else made[1]
            data[argument] = Data(
                step=made[0], output=output, annotation=annotation, value=self._few(artifact, annotation)
            )
        elif asked and path not in wanted.states:
            if not is_data:
                self._problems.append(f"{path}: it is no list, array, mapping or table")
                return
            value = self._few(artifact, annotation)
            data[argument] = Data(step="", output="", annotation=annotation, value=value)
        else:
            states[argument] = artifact

    def _learnt(self, step: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether what a step gave was made from the answers of wanted steps."""
        if step in self._wanted.steps:
            return True
        above = {
            self._made[one.id][0]
            for name, some in self._inputs[step].items()
            if name not in _BESIDE
            for one in some
            if one.id in self._made
        }
        return any(self._learnt(one, seen | {step}) for one in above - seen)

    def _few(self, artifact: Artifact, annotation: Any) -> Any:
        value = decode(
            artifact.type, Path(self._opened.store.blobs.local(str(artifact.digest))), stripped(annotation)
        )
        return few(value, self._wanted.rows, self._wanted.without)

    def _gave(self, name: str, step: Step[..., Any]) -> Any:
        """What the step gave in the run, by column."""
        found: dict[str, Any] = {}
        for output, artifacts in self._outputs[name].items():
            value = self._few(artifacts[0], step.outputs.get(output))
            try:
                found |= columns_in(value) if output == "result" else columns_in(value, output)
            except InputError as error:
                self._problems.append(f"{name}: {error.found}; expected {error.expected}")
        return found

    def _package(self, name: str, package: Artifact) -> Picked:
        before = self._wanted.steps[: list(self._wanted.steps).index(name)]
        given = self._inputs[name].get("model", ())
        model = value_of(given[0], self._opened.store.blobs) if given else None
        if not before or model is None:
            self._problems.append(f"{name}: it packages what is not in the record, or comes first")
        return Picked(
            name=name,
            package=package,
            model=model,
            data={"": Data(step=before[-1] if before else "", output="", annotation=None, value=None)},
        )


def _rows_of(value: Any) -> int:
    columns = columns_in(value)
    return min((len(one) for one in columns.values()), default=0)


def few(value: Any, rows: int, without: Sequence[str] = ()) -> Any:
    """The first rows of data, without some columns; of examples those of the split that was held out, if any."""
    splits = getattr(value, "splits", None)
    if isinstance(splits, Mapping):
        table = splits.get("eval") or next(iter(splits.values()))
        return type(value)(splits={SPLIT: few(table, rows, without)})
    if hasattr(value, "iter_rows"):
        left = [name for name in without if name in value.names]
        return (value.drop(left) if left else value).rows(0, rows)
    if isinstance(value, Mapping):
        return {name: one[:rows] for name, one in value.items() if name not in without}
    return value[:rows] if hasattr(value, "__getitem__") else value
