"""The edges of a graph: which output becomes which input, and whether they fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mainspring.models.signature import Field
from mainspring.serving.graphs.fields import converts, shape_fits
from mainspring.serving.graphs.findings import Findings
from mainspring.serving.graphs.graph import REQUEST
from mainspring.serving.graphs.requests import Wants
from mainspring.serving.graphs.wires import Fixed, Loose, Wire, converter
from mainspring.serving.graphs.wiring import Source
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Inputs
from mainspring.serving.question import Question
from mainspring.serving.tensor_models.model import TensorModel


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of what a node answers.

    Attributes:
        fields: Its outputs; empty if they are known only by asking.
        classes: Names of the classes, in the order of the probabilities.
        task: As :class:`mainspring.serving.ports.Answering` has it.
    """

    fields: tuple[Field, ...] = ()
    classes: Sequence[str] | None = None
    task: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a node asks for.

    Attributes:
        fields: Its inputs; empty if it takes anything.
        column: Whether they are columns of a table, in the form of ``Signature.columns``.
        by_row: Whether all of them have one entry per row.
        strict: Whether every input has to be read of something, even if its values may be missing.
        read: Checks a question, and brings it into the form of the node; ``None`` for a graph.
    """

    fields: tuple[Field, ...] = ()
    column: bool = False
    by_row: bool = True
    strict: bool = True
    read: Callable[[Question], Inputs] | None = None

    @classmethod
    def of(cls, model: Answering) -> Target:
        """What a model asks for."""
        column = hasattr(model, "signature")
        fields = tuple(model.inputs)
        by_row = all(field.shape[:1] == (-1,) for field in fields)
        if isinstance(model, TensorModel):
            by_row = model.batches
        return cls(fields, column, by_row, not column, model.read)

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        return [field.name for field in self.fields]


class Edges:
    """Finds the edges that lead into the nodes of one graph.

    Args:
        places: The place of every node.
        wants: Told of what is read of the request.
        findings: Told of what does not fit.
        prefix: Of the paths of the nodes.
    """

    def __init__(self, places: Mapping[str, int], wants: Wants, findings: Findings, prefix: str) -> None:
        self._places, self._wants, self._findings, self._prefix = places, wants, findings, prefix
        self.known: dict[str, Known] = {}

    def sources(self, sources: Sequence[Source]) -> tuple[tuple[int, str, str], ...]:
        """What a node reads, by place."""
        return tuple((self._place(one.node), one.output, one.name) for one in sources)

    def check_outputs(self, node: str, sources: Sequence[Source]) -> None:
        """See that every output exists that a node names."""
        for one in sources:
            fields = self.known[one.node].fields if one.node in self.known else ()
            names = [field.name for field in fields]
            if one.output and names and one.output not in names:
                self._findings.unknown(self._prefix + node, f"it reads output {one.text!r}:", one.output, names)

    def into(self, node: str, sources: Sequence[Source], target: Target, *, soft: bool) -> Fixed | Loose:
        """What goes into a node.

        Args:
            node: Its name.
            sources: What it reads.
            target: What it asks for.
            soft: Whether it goes on if one of the nodes that it reads has no answer.
        """
        if not target.fields:
            self._want_whatever(sources)
            return Loose(self.sources(sources), (), soft, target.read)
        for one in sources:
            if one.name and one.name not in target.names:
                self._findings.unknown(self._prefix + node, "it has an input", one.name, target.names)
        loose, wires, lacking, fed = False, [], [], []
        pairs = self._pairs(node, sources, target)
        for field in target.fields:
            source = pairs.get(field.name)
            if source is None:
                lacking.append(field)
                continue
            fed.append(field)
            if source.node == REQUEST:
                name = source.output or field.name
                self._wants.want(self._prefix + node, replace(field, name=name), column=target.column)
                wires.append(
                    Wire(-1, name, field.name, converter(field, column=target.column) if target.read else None)
                )
                continue
            given = self._output(source, field)
            if given is None:
                loose = True
                continue
            self._check_fit(node, source, given, field)
            convert = converter(field, column=target.column) if target.read else None
            wires.append(Wire(self._place(source.node), given.name, field.name, convert))
        loose = loose or any(self._is_unknown(one) for one in sources)
        if not loose:
            self._check_fed(node, sources, target, lacking, fed=bool(fed))
        if loose:
            for one in sources:
                if one.node == REQUEST and not one.output:
                    for field in lacking:
                        self._wants.want(self._prefix + node, field, column=target.column)
            return Loose(self.sources(sources), target.fields, soft, target.read)
        left = () if target.strict else tuple(lacking)  # tensors that are not required are left out
        return Fixed(tuple(wires), left, soft, {field.name: field for field in target.fields}, target.by_row)

    def loosely(self, node: str, sources: Sequence[Source], target: Target, *, soft: bool) -> Loose:
        """What goes into a method of a class, which takes whatever comes; what it declares is checked.

        Args:
            node: Its name.
            sources: What it reads.
            target: What it asks for.
            soft: Whether it goes on if one of the nodes that it reads has no answer.
        """
        found = self.into(node, sources, target, soft=soft)
        return found if isinstance(found, Loose) else Loose(self.sources(sources), target.fields, soft, None)

    def _pairs(self, node: str, sources: Sequence[Source], target: Target) -> dict[str, Source]:
        """The source of every input that has one: the first that offers its name."""
        found: dict[str, Source] = {}
        for field in target.fields:
            for one in sources:
                if self._offers(one, field.name):
                    found[field.name] = one
                    break
        if not found and len(sources) == 1 and len(target.fields) == 1:
            one = sources[0]
            if one.node == REQUEST or one.output or len(self.known[one.node].fields) == 1 or self._is_unknown(one):
                found[target.fields[0].name] = one
        return found

    def _offers(self, source: Source, name: str) -> bool:
        if source.name:
            return source.name == name
        if source.output:
            return source.output == name
        if source.node == REQUEST:
            return True
        return any(field.name == name for field in self.known[source.node].fields)

    def _output(self, source: Source, wanted: Field) -> Field | None:
        """The output that a source stands for; ``None`` if that is not known."""
        fields = self.known[source.node].fields
        if not fields:
            return None
        if source.output:
            return next((field for field in fields if field.name == source.output), wanted)
        named = [field for field in fields if field.name == wanted.name]
        return (named or list(fields))[0]

    def _is_unknown(self, source: Source) -> bool:
        return source.node != REQUEST and not self.known[source.node].fields

    def _check_fit(self, node: str, source: Source, given: Field, wanted: Field) -> None:
        told = f"input {wanted.name!r} reads {source.node}.{given.name}"
        if source.name and not source.output and len(self.known[source.node].fields) > 1:
            self._findings.add(
                self._prefix + node,
                f"input {wanted.name!r} reads {source.node!r}, which has several outputs",
                expected="one of them: "
                + ", ".join(f"{source.node}.{one.name}" for one in self.known[source.node].fields),
            )
        elif not converts(given.datatype, wanted.datatype):
            self._findings.add(
                self._prefix + node,
                f"{told}, which is {given.datatype}",
                expected=f"what can be taken for {wanted.datatype}",
            )
        elif not shape_fits(given.shape, wanted.shape):
            self._findings.add(
                self._prefix + node, f"{told} of shape {list(given.shape)}", expected=f"shape {list(wanted.shape)}"
            )

    def _check_fed(
        self, node: str, sources: Sequence[Source], target: Target, lacking: Sequence[Field], *, fed: bool
    ) -> None:
        needed = [field.name for field in lacking if not field.nullable or (target.strict and field.required)]
        if needed or not fed:
            offered = [
                field.name
                for one in sources
                if not one.output and one.node != REQUEST
                for field in self.known[one.node].fields
            ] + [one.output for one in sources if one.output]
            self._findings.add(
                self._prefix + node,
                f"nothing that it reads is called {', '.join(map(repr, needed or target.names))}",
                expected="its inputs among " + (", ".join(dict.fromkeys(offered)) or "what it reads"),
                fix="say which output becomes which input: reads: {input: node.output}",
            )

    def _want_whatever(self, sources: Sequence[Source]) -> None:
        for one in sources:
            if one.node == REQUEST:
                if one.output:
                    self._wants.want_name(one.output)
                else:
                    self._wants.want_anything()

    def _place(self, node: str) -> int:
        return -1 if node == REQUEST else self._places[node]
