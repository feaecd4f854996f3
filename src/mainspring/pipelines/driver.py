"""The driver: resolves what a node is given, and asks the cache whether the work is done already."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, ArtifactState, Execution, ExecutionState, Kind
from mainspring.pipelines.cache import CacheKey, key_for
from mainspring.pipelines.code import Code, code_of
from mainspring.pipelines.codecs import FILE, decode
from mainspring.pipelines.fingerprints import fingerprint
from mainspring.pipelines.graph import Binding, Each, Gather, Literal, Node, Ref
from mainspring.pipelines.ports import Stored
from mainspring.pipelines.recording import STEP, Recorder, Records
from mainspring.pipelines.steps import File, Role, Step
from mainspring.store.ports import BlobStore

Slot: TypeAlias = "Artifact | list[Artifact | None] | None"
"""What an output holds: an artifact, nothing, or (after a fan-out) a list."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """How a node ended.

    Attributes:
        outputs: By name; empty unless it ended well.
        said_no: It is a gate, and its answer was no.
        reason: Why it was skipped, failed, held, or is waiting.
    """

    state: ExecutionState
    outputs: Mapping[str, Slot] = field(default_factory=dict)
    said_no: bool = False
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether its outputs can be used."""
        return self.state in (ExecutionState.COMPLETE, ExecutionState.CACHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One execution to be: a node, or one item of a node that fans out."""

    node: Node
    name: str
    bindings: Mapping[str, Binding]
    position: int = 0

    @property
    def step(self) -> Step[..., Any]:
        """The step."""
        return self.node.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A unit with everything it is given.

    Attributes:
        inputs: Artifacts by argument, files included.
        listed: The arguments that take a list.
        conditions: The artifacts on whose word it runs: gates above, verdicts and approvals.
        key: Its cache key.
        hit: An earlier execution with the same key, if its outputs are still there, and those outputs.
    """

    unit: Unit
    inputs: Mapping[str, Sequence[Artifact | None]]
    listed: frozenset[str]
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    resources: Mapping[str, str]
    key: CacheKey
    conditions: Sequence[Artifact] = ()
    hit: tuple[Execution, Mapping[str, Slot]] | None = None


class Driver:
    """Resolves inputs, computes keys and looks into the cache."""

    def __init__(self, recorder: Recorder, records: Records, blobs: BlobStore, root: Path) -> None:
        self._recorder = recorder
        self._records = records
        self._blobs = blobs
        self._root = root
        self._codes: dict[tuple[Any, tuple[str, ...]], Code] = {}

    def code(self, step: Step[..., Any]) -> Code:
        """The code of a step, read once per run."""
        wanted = (step.function, step.options.requires)
        if wanted not in self._codes:
            self._codes[wanted] = code_of(step.function, step.options.requires)
        return self._codes[wanted]

    def units(self, node: Node, results: Mapping[str, NodeResult]) -> Sequence[Unit]:
        """The executions that a node means: one, or one per item of what it fans out over.

        Raises:
            InputError: If it fans out over several lists of different lengths.
        """
        if not node.fans_out:
            return [Unit(node=node, name=node.name, bindings=node.bindings)]
        lists = {
            name: self._items(binding.over, results)
            for name, binding in node.bindings.items()
            if isinstance(binding, Each)
        }
        lengths = {name: len(items) for name, items in lists.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(
                f"step {node.name!r} fans out over lists of different lengths: {lengths}", expected="equal lengths"
            )
        return [
            Unit(
                node=node,
                name=f"{node.name}[{index}]",
                position=index,
                bindings={**node.bindings, **{name: Literal(items[index]) for name, items in lists.items()}},
            )
            for index in range(next(iter(lengths.values())))
        ]

    def _items(self, over: Ref | Literal | Gather, results: Mapping[str, NodeResult]) -> Sequence[Any]:
        if isinstance(over, Literal):
            return list(over.value)
        if isinstance(over, Gather):
            return [_slot(ref, results) for ref in over.refs]
        slot = _slot(over, results)
        if isinstance(slot, list):
            return slot
        value = self.value(slot)
        if not isinstance(value, list):
            raise InputError(
                f"each() was given the output of step {over.node!r}, which is {type(value).__name__}",
                expected="a list",
            )
        return value

    def value(self, artifact: Artifact | None, annotation: Any = Any) -> Any:
        """Load an artifact's value."""
        if artifact is None:
            return None
        return decode(artifact.type, Path(self.stored(artifact).path), annotation)

    def stored(self, artifact: Artifact) -> Stored:
        """Where an artifact's bytes lie on this machine."""
        if artifact.type == FILE and artifact.state is ArtifactState.REFERENCE:
            return Stored(FILE, str(artifact.uri))
        return Stored(artifact.type, str(self._blobs.local(str(artifact.digest))))

    def truth(self, slot: Slot) -> bool:
        """Whether an output counts as yes in a condition."""
        if slot is None or isinstance(slot, list):
            return bool(slot)
        for key in ("ok", "value"):
            if isinstance(slot.properties.get(key), bool):
                return bool(slot.properties[key])
        value = self.value(slot)
        return bool(getattr(value, "verdict", value))

    def prepare(self, unit: Unit, results: Mapping[str, NodeResult], *, reuse: int | None = None) -> Prepared:
        """Resolve everything that a unit is given, and look it up in the cache.

        Args:
            unit: What is to run.
            results: How the nodes before it ended.
            reuse: An execution of the same run whose outputs count even for a step that is not cached.
        """
        step = unit.step
        inputs: dict[str, Sequence[Artifact | None]] = {}
        listed: set[str] = set()
        parameters: dict[str, Any] = {}
        files: dict[str, str] = {}
        for name, binding in unit.bindings.items():
            role = step.arguments[name].role
            value = binding.value if isinstance(binding, Literal) else None
            if isinstance(binding, Literal) and not _is_artifact(value) and role != Role.ARTIFACT:
                if isinstance(value, File) or role == Role.FILE:
                    reference = self._file(value)
                    inputs[name], files[name] = [reference], str(reference.uri)
                else:
                    parameters[name] = value
                continue
            slot = value if isinstance(binding, Literal) else self._slot(binding, results)
            listed |= {name} if isinstance(slot, list) else set()
            inputs[name] = slot if isinstance(slot, list) else [slot]
        for argument in step.arguments.values():
            if argument.name not in unit.bindings and isinstance(argument.default, File):
                reference = self._file(argument.default)
                inputs[argument.name], files[argument.name] = [reference], str(reference.uri)
            elif argument.name not in unit.bindings and argument.role == Role.PARAMETER:
                parameters[argument.name] = _plain(argument.default)
        self._refuse_missing(unit, inputs)
        key = self._key(step, parameters, inputs)
        prepared = Prepared(
            unit=unit,
            inputs=inputs,
            listed=frozenset(listed),
            parameters=parameters,
            files=files,
            resources={
                one.name: one.default.name
                for one in step.arguments.values()
                if one.role == Role.RESOURCE and one.name not in unit.bindings
            },
            key=key,
            conditions=self._said_yes(unit.node, results),
        )
        repeats = step.options.cache and not unit.node.at_exit
        hit = self.lookup(key, step) if repeats else self._earlier(reuse, key)
        return dataclasses.replace(prepared, hit=hit)

    @staticmethod
    def _said_yes(node: Node, results: Mapping[str, NodeResult]) -> Sequence[Artifact]:
        """What the conditions and the gates above said, on whose word the node runs."""
        conditions = [_slot(condition.ref, results) for condition in node.conditions]
        gates = [slot for gate in node.after for slot in results[gate].outputs.values()]
        said = [slot for slot in [*gates, *conditions] if isinstance(slot, Artifact)]
        return list({slot.id: slot for slot in said}.values())

    def _slot(self, binding: Binding, results: Mapping[str, NodeResult]) -> Slot:
        if isinstance(binding, Gather):
            return [cast("Artifact | None", _slot(ref, results)) for ref in binding.refs]
        return _slot(cast("Ref", binding), results)

    def _refuse_missing(self, unit: Unit, inputs: Mapping[str, Sequence[Artifact | None]]) -> None:
        for name, items in inputs.items():
            argument = unit.step.arguments[name]
            if any(item is None for item in items) and not argument.optional and argument.default is not None:
                raise InputError(
                    f"step {unit.name!r} was given nothing for {name!r}",
                    expected="an artifact",
                    fix=f"let the step take nothing: {name}: … | None",
                )

    def _key(
        self,
        step: Step[..., Any],
        parameters: Mapping[str, Any],
        inputs: Mapping[str, Sequence[Artifact | None]],
    ) -> CacheKey:
        return key_for(
            function=f"{step.function.__module__}:{step.function.__qualname__}",
            version=step.options.version,
            outputs=step.outputs,
            code=self.code(step),
            parameters=parameters,
            inputs={
                name: [item.digest if item is not None else None for item in items]
                for name, items in inputs.items()
            },
        )

    def _file(self, value: Any) -> Artifact:
        location = str(value)
        seen = fingerprint(location, self._root)
        path = Path(location) if Path(location).is_absolute() else self._root / location
        known = self._recorder.store.find(
            Kind.ARTIFACT,
            "type = :type AND digest = :digest AND uri = :uri",
            {"type": FILE, "digest": seen.digest, "uri": str(path)},
            descending=True,
            limit=1,
        ).items
        if known:
            return cast("Artifact", known[0])
        return self._recorder.artifact(
            FILE,
            {"name": path.name, "size": seen.size, "files": seen.files},
            uri=str(path),
            digest=seen.digest,
            state=ArtifactState.REFERENCE,
        )

    def lookup(self, key: CacheKey, step: Step[..., Any]) -> tuple[Execution, Mapping[str, Slot]] | None:
        """The latest execution with this key whose outputs are all still there, and those outputs."""
        found = self._recorder.store.find(
            Kind.EXECUTION,
            "type = :type AND properties.cache_key = :key AND state = COMPLETE",
            {"type": STEP, "key": key.digest},
            descending=True,
            limit=1,
        ).items
        if not found:
            return None
        execution = cast("Execution", found[0])
        outputs = self.outputs_of(cast("int", execution.id), list(step.outputs))
        return None if outputs is None else (execution, outputs)

    def _earlier(self, execution: int | None, key: CacheKey) -> tuple[Execution, Mapping[str, Slot]] | None:
        if execution is None:
            return None
        found = cast("Execution", self._recorder.store.get(Kind.EXECUTION, [execution])[0])
        if found.properties.get("cache_key") != key.digest or found.state is not ExecutionState.COMPLETE:
            return None
        outputs = self.outputs_of(execution, None)
        return None if outputs is None else (found, outputs)

    def outputs_of(self, execution: int, names: Sequence[str] | None) -> Mapping[str, Slot] | None:
        """What an execution made, if all of it is still there."""
        made = self._records.outputs([execution])[execution]
        for artifacts in made.values():
            for artifact in artifacts:
                if artifact.state not in (ArtifactState.LIVE, ArtifactState.REFERENCE):
                    return None
                if artifact.state is ArtifactState.LIVE and not self._blobs.exists(str(artifact.digest)):
                    return None
        wanted = names if names is not None else list(made)
        return {name: made[name][0] if name in made else None for name in wanted}


def _slot(ref: Ref, results: Mapping[str, NodeResult]) -> Slot:
    return results[ref.node].outputs.get(ref.output)


def _is_artifact(value: Any) -> bool:
    return isinstance(value, Artifact)


def _plain(default: Any) -> Any:
    return None if default is inspect.Parameter.empty else default
