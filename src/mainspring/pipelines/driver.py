"""The driver: resolves what a node is given, and asks the cache whether the work is done already."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, ArtifactState, Kind
from mainspring.core.spans import is_pattern, settle
from mainspring.pipelines.arguments import File, Role
from mainspring.pipelines.building import as_literal
from mainspring.pipelines.cache import CacheKey, key_for
from mainspring.pipelines.code import Code, code_of, named_code
from mainspring.pipelines.codecs import FILE, decode
from mainspring.pipelines.fingerprints import Fingerprint, fingerprint
from mainspring.pipelines.graph import Binding, Each, Gather, Literal, Node, Ref
from mainspring.pipelines.lookup import Lookup
from mainspring.pipelines.ports import Stored
from mainspring.pipelines.recording import Recorder
from mainspring.pipelines.steps import Step
from mainspring.pipelines.units import Hit, Prepared, Results, Slot, Unit
from mainspring.store.ports import BlobStore

SPANS = "spans"
"""The parameter with which a step says which spans of its files it reads."""


class Driver:
    """Resolves inputs, computes keys and looks into the cache.

    Args:
        recorder: Where outside files are recorded.
        blobs: Where artifacts are.
        root: The project's folder, where relative paths start.
        lookup: The cache.
    """

    def __init__(self, recorder: Recorder, blobs: BlobStore, root: Path, lookup: Lookup) -> None:
        self._recorder = recorder
        self._blobs = blobs
        self._root = root
        self._lookup = lookup
        self._codes: dict[tuple[Any, tuple[str, ...]], Code] = {}
        self._files: dict[tuple[str, str], Artifact] = {}

    def code(self, step: Step[..., Any]) -> Code:
        """The code of a step, read once per run."""
        wanted = (step.function, step.options.requires)
        if wanted not in self._codes:
            self._codes[wanted] = code_of(step.function, step.options.requires)
        return self._codes[wanted]

    def units(self, node: Node, results: Results) -> Sequence[Unit]:
        """The executions that a node means: one, or one per item of what it fans out over.

        Raises:
            InputError: If it fans out over several lists of different lengths.
        """
        if not node.fans_out:
            return [Unit.whole(node)]
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
                bindings={**node.bindings, **{name: Literal(items[index]) for name, items in lists.items()}},
            )
            for index in range(next(iter(lengths.values())))
        ]

    def _items(self, over: Ref | Literal | Gather, results: Results) -> Sequence[Any]:
        if isinstance(over, Literal):
            return list(over.value)
        slot = given(over, results)
        if isinstance(slot, list):
            return slot
        value = self.value(slot)
        if not isinstance(value, list):
            raise InputError(
                f"each() was given the output of step {cast('Ref', over).node!r}, which is {type(value).__name__}",
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

    def prepare(self, unit: Unit, results: Results) -> Prepared:
        """Resolve everything that a unit is given, and look it up in the cache.

        Args:
            unit: What is to run.
            results: How the nodes before it ended.

        Raises:
            InputError: If it is given nothing where it needs something.
            NotFoundError: If a file is not there.
        """
        step = unit.step
        inputs: dict[str, Sequence[Artifact | None]] = {}
        listed: set[str] = set()
        parameters: dict[str, Any] = {}
        files: dict[str, str] = {}
        outside: dict[str, str] = {}
        for argument in step.arguments.values():
            name, binding = argument.name, unit.bindings.get(argument.name)
            if binding is None and (argument.role is Role.PARAMETER or isinstance(argument.default, File)):
                binding = Literal(None if argument.required else as_literal(step.name, argument, argument.default))
            if binding is None:
                continue
            value = binding.value if isinstance(binding, Literal) else given(binding, results)
            if isinstance(value, File) or (argument.role is Role.FILE and isinstance(value, str)):
                outside[name] = str(value)
            elif _is_plain(binding, value, argument.role):
                parameters[name] = as_literal(step.name, argument, value) if unit.node.fans_out else value
            else:
                listed |= {name} if isinstance(value, list) else set()
                inputs[name] = value if isinstance(value, list) else [value]
        _refuse_missing(unit, inputs)
        for name, location in outside.items():
            reference = self._file(location, self._spans(parameters, inputs) if is_pattern(location) else None)
            inputs[name], files[name] = [reference], str(reference.uri)
        key = self._key(step, parameters, inputs)
        return Prepared(
            unit=unit,
            inputs=inputs,
            listed=frozenset(listed),
            parameters=parameters,
            files=files,
            resources={
                one.name: one.default.name
                for one in step.arguments.values()
                if one.role is Role.RESOURCE and one.name not in unit.bindings
            },
            key=key,
            conditions=_said_yes(unit.node, results),
            hit=self._hit(unit, key),
        )

    def _hit(self, unit: Unit, key: CacheKey) -> Hit | None:
        if unit.node.at_exit:
            return None
        outputs = list(unit.step.outputs)
        hit = self._lookup.finished(unit.name, key.digest, outputs)
        if hit is None and unit.step.options.cache:
            hit = self._lookup.repeated(unit.name, key.digest, outputs)
        return hit

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
            code=self.code(step).joined(named_code(parameters)),
            parameters=parameters,
            inputs={
                name: [item.digest if item is not None else None for item in items]
                for name, items in inputs.items()
            },
        )

    def _spans(
        self, parameters: Mapping[str, Any], inputs: Mapping[str, Sequence[Artifact | None]]
    ) -> str | int | None:
        """What a step is given as ``spans``: which spans of its files are meant."""
        found = self.value(inputs[SPANS][0]) if inputs.get(SPANS) else parameters.get(SPANS)
        return cast("str | int | None", found)

    def _file(self, location: str, spans: str | int | None) -> Artifact:
        """A file as it is now, as an artifact of the record; of a pattern, exactly the spans of this moment."""
        location = settle(location, root=self._root, spans=spans)
        seen = fingerprint(location, self._root)
        path = self._root / location
        if not path.exists() and glob.has_magic(str(self._root)):
            path = Path(glob.escape(str(self._root))) / location  # only the location is a pattern
        known = self._files.get((str(path), seen.digest))
        if known is None:
            known = self._recorded(path, seen)
            self._files[str(path), seen.digest] = known
        return known

    def _recorded(self, path: Path, seen: Fingerprint) -> Artifact:
        found = self._recorder.store.find(
            Kind.ARTIFACT,
            "type = :type AND digest = :digest AND uri = :uri AND state = REFERENCE",
            {"type": FILE, "digest": seen.digest, "uri": str(path)},
            descending=True,
            limit=1,
        ).items
        if found:
            return cast("Artifact", found[0])
        fresh = self._recorder.artifact(
            FILE,
            {
                "name": path.name,
                "size": seen.size,
                "files": seen.files,
                **({"spans": seen.spans} if seen.spans else {}),
            },
            uri=str(path),
            digest=seen.digest,
            state=ArtifactState.REFERENCE,
        )
        return cast("Artifact", self._recorder.publish([fresh], [])[0])


def given(binding: Binding, results: Results) -> Slot:
    """What a binding to outputs of other nodes holds; nothing for a node that did not end well."""
    if isinstance(binding, Gather):
        return [cast("Artifact | None", given(ref, results)) for ref in binding.refs]
    ref = cast("Ref", binding)
    return results[ref.node].outputs.get(ref.output) if ref.node in results else None


def _is_plain(binding: Binding, value: Any, role: Role) -> bool:
    """Whether a value is JSON that was written in the pipeline, or is an item of such a list."""
    return isinstance(binding, Literal) and not isinstance(value, Artifact) and role is not Role.ARTIFACT


def _refuse_missing(unit: Unit, inputs: Mapping[str, Sequence[Artifact | None]]) -> None:
    for name, items in inputs.items():
        argument = unit.step.arguments[name]
        if any(item is None for item in items) and not argument.optional and argument.default is not None:
            raise InputError(
                f"step {unit.name!r} was given nothing for {name!r}",
                expected="an artifact",
                fix=f"let the step take nothing: {name}: … | None",
            )


def _said_yes(node: Node, results: Results) -> Sequence[Artifact]:
    """What the gates above and the conditions said, on whose word the node runs."""
    gates = [slot for gate in node.after for slot in results[gate].outputs.values()]
    conditions = [given(condition.ref, results) for condition in node.conditions]
    said = [slot for slot in [*gates, *conditions] if isinstance(slot, Artifact)]
    return list({slot.id: slot for slot in said}.values())
