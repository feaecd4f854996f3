"""Training a version again from its recorded lineage, and holding the result against it.

What is done again are the steps between the data and the package, with the recorded parameters and the code as it
was recorded. The data are the recorded artifacts. What is no longer as it was is told before anything starts.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mainspring.app.likeness import different_answers, different_files, different_metrics, likeness
from mainspring.app.stories import value_of
from mainspring.core.digests import digest_file
from mainspring.core.errors import MainspringError, NotFoundError, StateError
from mainspring.core.records import Artifact, ArtifactState, Execution, ExecutionState, Kind, LinkKind
from mainspring.models import ModelVersion, Package
from mainspring.models.registry import Reproduction
from mainspring.pipelines.arguments import Argument, File, Role, resource
from mainspring.pipelines.cache import differences, key_for
from mainspring.pipelines.code import code_of
from mainspring.pipelines.events import Listener, ignore
from mainspring.pipelines.fingerprints import fingerprint
from mainspring.pipelines.graph import Binding, Gather, Graph, Literal, Node, Ref
from mainspring.pipelines.loading import resolve
from mainspring.pipelines.options import Kind as StepKind
from mainspring.pipelines.options import Options
from mainspring.pipelines.ports import FunctionRef
from mainspring.pipelines.recording import STEP
from mainspring.pipelines.records import StepRecord
from mainspring.pipelines.resolvers import MODEL, Resolved, Resolving
from mainspring.pipelines.steps import Step

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

TOLERANCE = 1e-9
"""Up to which difference of a score two packages count as alike."""

_DATA = frozenset({"Examples", "Schema", "Statistics", "File", "Table", "Validation", "Verdict"})
"""What is taken as it was recorded: it is data, or was said about data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A step that is done again.

    Attributes:
        record: How it was done.
        inputs: What it was given, by argument.
        outputs: What it made, by output.
    """

    record: StepRecord
    inputs: Mapping[str, Sequence[Artifact]]
    outputs: Mapping[str, Sequence[Artifact]]

    @property
    def name(self) -> str:
        """Its name in the run that does it again."""
        return self.record.node.replace("[", "_").replace("]", "")

    @property
    def function(self) -> str:
        """Module and name of its function."""
        return str(self.record.cache_parts["step"]["function"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a version is made again.

    Attributes:
        version: The version.
        package: Its package in the record.
        output: The output of the last step that is the package.
        steps: What is done again, in order; the last one packages.
        data: What is taken as it was recorded.
        code: The folder with the code.
        changed: What is not as it was, as sentences.
        gone: What is needed and not there any more, as sentences.
    """

    version: ModelVersion
    package: Artifact
    output: str
    steps: Sequence[Again]
    data: Sequence[Artifact]
    code: Path
    changed: Sequence[str]
    gone: Sequence[str]


def plan(opened: Mainspring, version: ModelVersion) -> Plan:
    """Find out how a version was made, and what of that is still there.

    Raises:
        NotFoundError: If the record does not know how its package was made.
    """
    package, producer, output = _producer(opened, version)
    steps, made = _steps_above(opened, producer)
    data = {one.id: one for step in steps for one in _given(step) if one.id not in made}
    code, changed = _code(opened, producer)
    gone = [line for one in data.values() for line in _missing(opened, one)]
    for step in steps:
        changed += _differences(step, code)
    return Plan(
        version=version,
        package=package,
        output=output,
        steps=steps,
        data=list(data.values()),
        code=code,
        changed=list(dict.fromkeys(changed)),
        gone=gone,
    )


def reproduce(
    opened: Mainspring, planned: Plan, *, by: str, tolerance: float = TOLERANCE, listener: Listener = ignore
) -> Reproduction:
    """Make a version again, compare, and write down what came out.

    Args:
        opened: The platform.
        planned: What :func:`plan` found.
        by: Who asked.
        tolerance: Up to which difference of a score the two count as alike.
        listener: Told of all that happens.

    Raises:
        StateError: If something that is needed is gone, or a step failed.
    """
    if planned.gone:
        raise StateError(
            f"{planned.version} cannot be made again: {'; '.join(planned.gone)}",
            expected="the data that it was trained on, as recorded",
        )
    graph, last = _graph(planned)
    with opened.pipelines.engine(listener) as engine:
        engine.root = planned.code
        result = engine.run(graph, because=f"makes {planned.version} again")
    if result.state is not ExecutionState.COMPLETE:
        raise StateError(
            f"{planned.version} could not be made again: run {result.run} ended {result.state.value.lower()}",
            fix=f"mainspring logs {result.run}",
        )
    made = cast("Artifact", result.nodes[last].outputs[planned.output])
    found = _compared(opened, planned, str(made.digest), result.run, tolerance)
    return opened.models.reproduced(replace(found, by=by))


def _compared(opened: Mainspring, planned: Plan, digest: str, run: str, tolerance: float) -> Reproduction:
    blobs, version = opened.store.blobs, planned.version
    files = different_files(version.digest, digest, blobs)
    answers: dict[str, Any] = {"rows": 0, "largest_difference": 0.0, "labels": 0}
    metrics: dict[str, float] = {}
    if files:
        before, after = (Package.load(blobs.local(one)) for one in (version.digest, digest))
        answers = different_answers(before, after, _rows(opened, planned))
        metrics = different_metrics(before, after)
    alike = likeness(files, answers["largest_difference"], answers["labels"], tolerance)
    return Reproduction(
        name=version.name,
        version=version.version,
        likeness=alike,
        run=run,
        digest=digest,
        files=files,
        metrics=metrics,
        tolerance=tolerance,
        changed=tuple(planned.changed),
        **answers,
    )


def _rows(opened: Mainspring, planned: Plan) -> Any:
    """The rows that the package was proved on: its split of the examples."""
    last = planned.steps[-1]
    parameters = last.record.execution.custom.get("parameters")
    split = parameters.get("split", "eval") if isinstance(parameters, Mapping) else "eval"
    for artifact in _given(last):
        value = value_of(artifact, opened.store.blobs) if artifact.type == "mainspring.Examples" else None
        if value is not None:
            return value.split(split if split in value.names else value.names[0])
    return None


def _producer(opened: Mainspring, version: ModelVersion) -> tuple[Artifact, StepRecord, str]:
    record = opened.store.record
    where, values = "type = :type AND digest = :digest", {"type": Package.ARTIFACT_TYPE, "digest": version.digest}
    for package in record.find(Kind.ARTIFACT, where, values).items:
        for link in record.links(Kind.ARTIFACT, [package.id or 0]):
            if link.kind is LinkKind.OUTPUT:
                found = cast("Execution", record.get(Kind.EXECUTION, [link.source])[0])
                if found.type == STEP and "cache_parts" in found.custom:
                    return cast("Artifact", package), StepRecord(found), link.name
    raise NotFoundError(
        f"the record does not know how the package of {version} was made",
        expected="a package that a step of a pipeline made",
        fix=f"see what it knows: mainspring lineage {version}",
    )


def _steps_above(opened: Mainspring, producer: StepRecord) -> tuple[list[Again], set[int | None]]:
    """The steps between the data and the package, in order, and the artifacts that they made."""
    found: dict[int, Again] = {}
    made: set[int | None] = set()

    def visit(step: StepRecord) -> None:
        number = step.original
        if number in found:
            return
        inputs = {
            name: some
            for name, some in opened.pipelines.records.inputs([number])[number].items()
            if name not in ("code", "when")
        }
        outputs = opened.pipelines.records.outputs([number])[number]
        # A model that another was begun from is no part of this training: it is taken as it was recorded.
        begun = {one.type for some in outputs.values() for one in some} & {MODEL}
        for artifact in (one for some in inputs.values() for one in some):
            as_recorded = _is_data(artifact) or artifact.type in begun
            maker = None if as_recorded else _maker(opened, artifact)
            if maker is not None:
                made.add(artifact.id)
                visit(maker)
        found[number] = Again(record=step, inputs=inputs, outputs=outputs)

    visit(producer)
    return list(found.values()), made


def _is_data(artifact: Artifact) -> bool:
    return artifact.type.removeprefix("mainspring.") in _DATA


def _maker(opened: Mainspring, artifact: Artifact) -> StepRecord | None:
    record = opened.store.record
    for link in record.links(Kind.ARTIFACT, [artifact.id or 0]):
        if link.kind is LinkKind.OUTPUT:
            found = cast("Execution", record.get(Kind.EXECUTION, [link.source])[0])
            return StepRecord(found) if found.type == STEP and "cache_parts" in found.custom else None
    return None


def _given(step: Again) -> Iterator[Artifact]:
    for some in step.inputs.values():
        yield from some


def _missing(opened: Mainspring, artifact: Artifact) -> list[str]:
    """What is wrong with an artifact that is needed, if anything is."""
    told = f"artifact:{artifact.id} ({artifact.type.removeprefix('mainspring.')})"
    if artifact.state is ArtifactState.REFERENCE:
        try:
            now = fingerprint(str(artifact.uri), opened.settings.root).digest
        except MainspringError:
            return [f"{artifact.uri} is gone"]
        return [] if now == artifact.digest else [f"{artifact.uri} has other content now"]
    if artifact.state is not ArtifactState.LIVE or not opened.store.blobs.exists(str(artifact.digest)):
        return [f"the bytes of {told} are gone"]
    return []


def _code(opened: Mainspring, producer: StepRecord) -> tuple[Path, list[str]]:
    """The folder with the code as it was recorded, and in what the project's code differs from it."""
    root, blobs = opened.settings.root, opened.store.blobs
    inputs = opened.pipelines.records.inputs([producer.original])[producer.original]
    snapshot = next(iter(inputs.get("code", ())), None)
    if snapshot is None:
        return root, []
    try:
        entries = blobs.entries(str(snapshot.digest))
    except NotFoundError:
        return root, ["the recorded code is gone; the code as it is now is used"]
    other = [one.path for one in entries if _digest(root / one.path) != one.digest]
    if not other:
        return root, []
    folder = opened.settings.path(opened.settings.run.home) / "code" / str(snapshot.digest).rpartition(":")[2][:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        blobs.fetch(str(snapshot.digest), folder)
    return folder, [f"{', '.join(other)} changed since; the recorded code is used"]


def _digest(file: Path) -> str | None:
    return digest_file(file) if file.is_file() else None


def _step(again: Again, code: Path) -> Step[..., Any]:
    module, _, name = again.function.partition(":")
    file = code / (module.replace(".", "/") + ".py")
    own = file.is_file()
    return resolve(FunctionRef(module, name, str(file) if own else None, str(code)))


def _differences(again: Again, code: Path) -> list[str]:
    """In what code and environment of a step are not as they were."""
    recorded = again.record.cache_parts
    try:
        step = _step(again, code)
    except (MainspringError, ImportError) as error:
        return [f"{again.record.node}: {again.function} is gone ({error})"]
    now = key_for(
        function=again.function,
        version=step.options.version,
        outputs=step.outputs,
        code=code_of(step.function, step.options.requires),
        parameters={},
        inputs={},
    ).parts
    parts = {part: recorded.get(part, {}) for part in ("code", "environment")}
    found = differences(parts, {part: now[part] for part in parts})
    return [f"{again.record.node}: {one}" for one in found]


def _graph(planned: Plan) -> tuple[Graph, str]:
    nodes: dict[str, Node] = {}
    places: dict[int | None, Ref] = {}
    for number, artifact in enumerate(planned.data, 1):
        if artifact.state is ArtifactState.REFERENCE:
            continue
        name = f"{artifact.type.removeprefix('mainspring.')}_{number}"
        step = Step(_recorded, name=name, options=Options(cache=False), kind=StepKind.RESOLVER)
        nodes[name] = Node(name=name, step=step, bindings={"number": Literal(artifact.id)})
        places[artifact.id] = Ref(name)
    wanted = {one.id for step in planned.steps for one in _given(step)}
    for again in planned.steps:
        step = _step(again, planned.code)
        options = replace(step.options, cache=False, gate=False)
        bindings = dict(_bindings(again, step, places))
        name = _free(again.name, nodes)
        nodes[name] = Node(name=name, step=Step(step.function, name=step.name, options=options), bindings=bindings)
        last = name
        places |= {number: Ref(name, output) for number, output in _outputs_of(again, wanted)}
    graph = Graph(f"reproduce-{planned.version.name}", {"version": str(planned.version)}, nodes)
    return graph, last


def _bindings(
    again: Again, step: Step[..., Any], places: Mapping[int | None, Ref]
) -> Iterator[tuple[str, Binding]]:
    parameters = cast("Mapping[str, Any]", again.record.execution.custom.get("parameters") or {})
    for argument in step.arguments.values():
        name = argument.name
        some = again.inputs.get(name)
        if some and some[0].state is ArtifactState.REFERENCE:
            yield name, Literal(File(str(some[0].uri)))
        elif some:
            refs = tuple(places[one.id] for one in some)
            yield name, Gather(refs) if _takes_list(argument) or len(refs) > 1 else refs[0]
        elif name in parameters:
            yield name, Literal(parameters[name])
        elif argument.role is Role.ARTIFACT or name in again.record.cache_parts.get("inputs", {}):
            yield name, Literal(None)


def _takes_list(argument: Argument) -> bool:
    origin = typing.get_origin(argument.annotation)
    return inspect.isclass(origin) and issubclass(origin, Sequence)


def _outputs_of(again: Again, wanted: set[int | None]) -> Iterator[tuple[int | None, str]]:
    for name, some in again.outputs.items():
        yield from ((one.id, name) for one in some if one.id in wanted)


def _free(name: str, nodes: Mapping[str, Node]) -> str:
    count, free = 1, name
    while free in nodes:
        count += 1
        free = f"{name}_{count}"
    return free


def _recorded(*, number: int, context: Resolving = resource("resolving")) -> Resolved:
    """An artifact as it was recorded."""
    found = cast("Artifact", context.metadata.get(Kind.ARTIFACT, [number])[0])
    return Resolved(found, note="as it was recorded")
