"""Making a plan of a graph: finding its members, and checking that what flows along every edge fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict

from mainspring.core.errors import MainspringError
from mainspring.evaluation.assertions.conditions import ANSWER, SCORE, Condition
from mainspring.models.signature import Field
from mainspring.serving.components.model import ComponentModel
from mainspring.serving.graphs.checking import look, ordered
from mainspring.serving.graphs.combining import LABEL, PROBABILITIES, CombineStep, combined
from mainspring.serving.graphs.edges import Edges, Known, Target
from mainspring.serving.graphs.fields import shared
from mainspring.serving.graphs.findings import Findings
from mainspring.serving.graphs.gates import View, WhenGate
from mainspring.serving.graphs.graph import REQUEST, Combining, Graph, Node
from mainspring.serving.graphs.methods import AggregateStep, MethodStep, RouteStep
from mainspring.serving.graphs.plan import Gate, Plan, Step, WrongStep
from mainspring.serving.graphs.ports import Members, Reference
from mainspring.serving.graphs.remote import RemoteModel, RemoteStep
from mainspring.serving.graphs.requests import Wants, compared
from mainspring.serving.graphs.routing import BanditStep, Chooser, SplitStep, SwitchStep
from mainspring.serving.graphs.steps import InnerStep, MemberStep
from mainspring.serving.graphs.wiring import Source, answering, asked_by, branches_of, sources_of
from mainspring.serving.served import Served

_ANSWERS = {ANSWER: ("label", "prediction"), SCORE: ("probabilities", "prediction")}


class Settings(TypedDict):
    """What every step has."""

    name: str
    place: int
    needs: tuple[int, ...]
    gate: Gate | None
    soft: bool
    timeout: float | None


class Branching(TypedDict):
    """What every router has."""

    fields: tuple[Field, ...]
    classes: Sequence[str] | None
    task: str
    router: str
    branches: tuple[int, ...]
    arms: tuple[str, ...]
    kept: tuple[str, ...]


class Named(TypedDict):
    """What every model of this server has."""

    model: str
    version: str


@dataclass(frozen=True, slots=True)
class Keeps:
    """What stays of a graph when its plan is made anew.

    Attributes:
        choosers: What chooses for its bandits, by router; whoever keeps what they learn puts them in.
        remotes: The models of other servers, by URL.
    """

    choosers: dict[str, Chooser] = field(default_factory=dict)
    remotes: dict[str, RemoteModel] = field(default_factory=dict)


def plan_of(graph: Graph, members: Members, *, name: str, keeps: Keeps | None = None) -> Plan:
    """Make a plan of a graph, or refuse it.

    Args:
        graph: The graph.
        members: The models that its nodes are.
        name: The name under which it is served.
        keeps: What stays when a plan is made anew.

    Raises:
        InputError: With everything that is wrong with it.
    """
    findings = Findings()
    if not look(graph, findings) or findings:
        findings.raise_if_any(f"graph {name}")
    made = Planner(graph, members, findings, name=name, keeps=keeps or Keeps()).plan()
    findings.raise_if_any(f"graph {name}")
    return made


class Planner:
    """Makes the plan of one graph.

    Args:
        graph: The graph, without faults of its own.
        members: The models that its nodes are.
        findings: Told of what is wrong.
        name: The name under which it is served.
        keeps: What stays when a plan is made anew.
        prefix: The path of the node that it is within, with a slash.
    """

    def __init__(
        self,
        graph: Graph,
        members: Members,
        findings: Findings,
        *,
        name: str,
        keeps: Keeps,
        prefix: str = "",
    ) -> None:
        self._graph, self._members, self._findings = graph, members, findings
        self._name, self._prefix, self._keeps = name, prefix, keeps
        self._names = tuple(ordered(graph))
        self._places = {one: place for place, one in enumerate(self._names)}
        self._wants = Wants(findings)
        self._edges = Edges(self._places, self._wants, findings, prefix)
        self._known = self._edges.known
        self._pins: dict[Reference, Served] = {}
        self._here = True

    def plan(self) -> Plan:
        """The plan; of a graph with faults it is of no use."""
        steps: list[Step] = []
        for place, name in enumerate(self._names):
            step = self._step(place, name, self._graph.nodes[name])
            self._known[name] = Known(step.fields, step.classes, step.task)
            steps.append(step)
        self._wants.settle(self._prefix)
        end = self._known[answering(self._graph)]
        return Plan(
            names=self._names,
            steps=tuple(steps),
            answers=self._places[answering(self._graph)],
            also=tuple(self._places[one] for one in self._graph.also),
            inputs=self._wants.fields,
            columns=self._wants.columns,
            outputs=end.fields,
            task=end.task,
            classes=end.classes,
            pins=tuple(self._pins.items()),
            here=self._here,
            shared=self._shared(),
        )

    def _step(self, place: int, name: str, node: Node) -> Step:
        sources = sources_of(node.reads)
        self._edges.check_outputs(name, sources)
        needs = [source.node for source in sources if source.node != REQUEST]
        settings = Settings(
            name=name,
            place=place,
            needs=tuple(self._places[one] for one in dict.fromkeys([*needs, *node.after])),
            gate=self._gate(name, node, sources),
            soft=node.soft,
            timeout=node.timeout,
        )
        if node.graph is not None:
            return self._inner(node.graph, sources, settings)
        if node.combine is not None:
            return self._combiner(node, node.combine, sources, settings)
        if node.split is not None or node.switch or node.bandit is not None:
            return self._router(node, sources, settings)
        return self._remote(node, sources, settings) if node.url else self._member(node, sources, settings)

    def _member(self, node: Node, sources: Sequence[Source], settings: Settings) -> Step:
        reference = Reference.of(node.model)
        served = self._find(settings["name"], reference)
        if served is None:
            return WrongStep(**settings)
        model = served.model
        if node.method != "predict":
            return self._method(node, served, sources, settings)
        managed = self._members.is_managed(reference.name)
        self._here = self._here and served.plain and not managed
        return MemberStep(
            **settings,
            fields=tuple(model.outputs),
            classes=model.classes,
            task=model.task,
            model=served.name,
            version=served.version,
            managed=managed,
            free=not (reference.version or reference.label),
            served=served,
            feed=self._edges.into(settings["name"], sources, Target.of(model), soft=node.soft),
            finishes=bool(model.assertions) or isinstance(model, ComponentModel) or served.walks,
        )

    def _remote(self, node: Node, sources: Sequence[Source], settings: Settings) -> Step:
        self._here = False
        remote = self._keeps.remotes.get(node.url)
        if remote is None:
            try:
                remote = self._keeps.remotes[node.url] = RemoteModel(node.url)
            except MainspringError as error:
                self._findings.take(self._prefix + settings["name"], error)
                return WrongStep(**settings)
        target = Target(remote.inputs, column=True, by_row=_is_by_row(remote.inputs))
        return RemoteStep(
            **settings,
            fields=remote.outputs,
            classes=remote.classes,
            task=remote.task,
            model=node.url,
            remote=remote,
            feed=self._edges.into(settings["name"], sources, target, soft=node.soft),
        )

    def _method(self, node: Node, served: Served, sources: Sequence[Source], settings: Settings) -> Step:
        model, path = served.model, self._prefix + settings["name"]
        self._here = False
        if not isinstance(model, ComponentModel):
            self._findings.add(
                path, f"{node.method} is asked of {served.name!r}, which is no class", expected="method: predict"
            )
            return WrongStep(**settings)
        methods = model.node.described.methods
        if node.method not in methods:
            self._findings.add(
                path, f"class {served.name!r} has no {node.method}", expected="one of " + ", ".join(methods)
            )
            return WrongStep(**settings)
        names = Named(model=served.name, version=served.version)
        if node.method == "aggregate":
            places = self._edges.sources(sources)
            return AggregateStep(**settings, **names, served=served, sources=places)
        # What a class declares is said of its predict, if it has one.
        only = "predict" not in methods
        target = replace(Target.of(model), read=None) if only else Target(read=None)
        feed = self._edges.loosely(settings["name"], sources, target, soft=node.soft)
        if node.method != "route":
            outputs = tuple(model.outputs) if only else ()
            return MethodStep(
                **settings, **names, fields=outputs, served=served, method=node.method, feed=feed, declared=outputs
            )
        arms = branches_of(node)
        return RouteStep(
            **settings,
            **names,
            **self._branching(settings["name"], arms),
            served=served,
            feed=feed,
        )

    def _inner(self, graph: Graph, sources: Sequence[Source], settings: Settings) -> Step:
        prefix = f"{self._prefix}{settings['name']}/"
        plan = Planner(
            graph, self._members, self._findings, name=self._name, keeps=self._keeps, prefix=prefix
        ).plan()
        self._pins.update(plan.pins)
        self._here = self._here and plan.here
        target = Target(plan.inputs, by_row=_is_by_row(plan.inputs), strict=False)
        feed = self._edges.into(settings["name"], sources, target, soft=settings["soft"])
        return InnerStep(
            **settings, fields=plan.outputs, classes=plan.classes, task=plan.task, plan=plan, feed=feed
        )

    def _combiner(self, node: Node, how: Combining, sources: Sequence[Source], settings: Settings) -> Step:
        answers = [(one.name or one.node, self._fields(one)) for one in sources]
        known = [self._known[one.node] for one in sources]
        labels = tuple(known[0].classes or ()) if all(one.classes == known[0].classes for one in known) else ()
        fields: tuple[Field, ...] = ()
        if all(fields for _, fields in answers):
            fields = combined(how, answers, labels)
            if not fields:
                told = "; ".join(f"{name}: {', '.join(_told(one) for one in each)}" for name, each in answers)
                path = self._prefix + settings["name"]
                self._findings.add(
                    path, f"the answers have nothing in common to {how} ({told})", expected="answers alike"
                )
        kept = {field.name for field in fields}
        classes = dict.fromkeys(tuple(one.classes) for one in known if one.classes)
        if how == "average" and PROBABILITIES in kept and len(classes) > 1:
            self._findings.add(
                self._prefix + settings["name"],
                f"probabilities of different classes have no mean: {'; '.join(map(', '.join, classes))}",
                expected="the same classes in the same order, or combine: vote",
            )
        places = self._edges.sources(sources)
        return CombineStep(
            **settings,
            fields=fields,
            classes=labels if how != "merge" and PROBABILITIES in kept and labels else None,
            task=known[0].task if {LABEL, "prediction"} & kept and len({one.task for one in known}) == 1 else "",
            how=how,
            sources=tuple(
                (place, output, name or one.node)
                for (place, output, name), one in zip(places, sources, strict=True)
            ),
            weights=node.weights,
            labels=labels,
        )

    def _router(self, node: Node, sources: Sequence[Source], settings: Settings) -> Step:
        branching = self._branching(settings["name"], branches_of(node))
        if node.split is not None:
            total = sum(node.split.values())
            return SplitStep(
                **settings,
                **branching,
                shares=tuple(share / total for share in node.split.values()),
            )
        if node.bandit is not None:
            self._look_for(settings["name"], "the bandit", dict.fromkeys(node.bandit.context, "FP64"), sources)
            return BanditStep(
                **settings,
                **branching,
                choosers=self._keeps.choosers,
                policy=node.bandit.policy,
                view=View(self._edges.sources(sources)),
                names=node.bandit.context,
            )
        cases = tuple(Condition.read(case.when) if case.when else None for case in node.switch)
        names = tuple(dict.fromkeys(name for case in cases if case is not None for name in case.names))
        for case in cases:
            if case is not None:
                self._check_seen(settings["name"], case, sources)
        return SwitchStep(
            **settings,
            **branching,
            cases=cases,
            names=names,
            view=View(self._edges.sources(sources)),
        )

    def _branching(self, name: str, arms: tuple[str, ...]) -> Branching:
        known = [self._known[arm] for arm in arms]
        fields, kept = self._branches(name, known)
        return Branching(
            fields=fields,
            classes=known[0].classes if all(one.classes == known[0].classes for one in known) else None,
            task=known[0].task if all(one.task == known[0].task for one in known) else "",
            router=self._name,
            branches=tuple(self._places[arm] for arm in arms),
            arms=arms,
            kept=kept,
        )

    def _branches(self, name: str, known: Sequence[Known]) -> tuple[tuple[Field, ...], tuple[str, ...]]:
        """What the branches of a router answer alike, and the names of it if they answer other things besides."""
        if not all(one.fields for one in known):
            return (), ()
        fields = shared([one.fields for one in known])
        if not fields:
            told = "; ".join(", ".join(_told(field) for field in one.fields) for one in known)
            self._findings.add(
                self._prefix + name, f"its branches answer nothing alike ({told})", expected="answers alike"
            )
        alike = all(len(one.fields) == len(fields) for one in known)
        return fields, () if alike else tuple(field.name for field in fields)

    def _gate(self, name: str, node: Node, sources: Sequence[Source]) -> Gate | None:
        if not node.when:
            return None
        condition = Condition.read(node.when)
        self._check_seen(name, condition, sources)
        return WhenGate(condition, View(self._edges.sources(sources)))

    def _check_seen(self, name: str, condition: Condition, sources: Sequence[Source]) -> None:
        """See that a condition reads what there is, and that it is a column."""
        self._look_for(name, f"the condition {condition.text!r}", compared(condition), sources)

    def _look_for(self, name: str, who: str, wants: Mapping[str, str], sources: Sequence[Source]) -> None:
        """See that columns can be read; of the request, they are of these datatypes if nobody else reads them."""
        for wanted in wants:
            found, sure = self._seen(wanted, sources)
            if found is None and sure:
                offered = [one.name or one.output for one in sources if one.name or one.output]
                whole = [one for one in sources if not (one.name or one.output)]
                offered += [each.name for one in whole for each in self._fields(one)]
                self._findings.unknown(self._prefix + name, f"{who} reads", wanted, offered)
            elif found is not None and len(found.shape) > 1 and found.shape[1:] != (1,) and wanted == found.name:
                self._findings.add(
                    self._prefix + name,
                    f"{who} reads {wanted!r} of shape {list(found.shape)}",
                    expected="one value per row",
                )
        if any(one.node == REQUEST and not one.output and not one.name for one in sources):
            elsewhere = [one for one in sources if one.node != REQUEST]
            for wanted, datatype in wants.items():
                if self._seen(wanted, elsewhere)[0] is None:
                    self._wants.want_seen(wanted, datatype)
        for one in sources:
            if one.node == REQUEST and one.output and (one.name or one.output) in wants:
                self._wants.want_seen(one.output, wants[one.name or one.output])

    def _seen(self, wanted: str, sources: Sequence[Source]) -> tuple[Field | None, bool]:
        """The field that a condition reads under a name, and whether it is known that there is no other."""
        sure = True
        for one in sources:
            if one.node == REQUEST:
                sure = sure and bool(one.output) and (one.name or one.output) != wanted
                continue
            fields = self._known[one.node].fields
            sure = sure and bool(fields)
            if one.name or one.output:
                if (one.name or one.output) == wanted and fields:
                    named = [field for field in fields if field.name == one.output]
                    return (named or list(fields))[0], True
                continue
            for each in fields:
                if each.name == wanted or each.name in _ANSWERS.get(wanted, ()):
                    return each, True
        return None, sure

    def _fields(self, source: Source) -> tuple[Field, ...]:
        """The outputs that a source stands for."""
        if source.node == REQUEST:
            return ()
        fields = self._known[source.node].fields
        return tuple(one for one in fields if one.name == source.output) if source.output else fields

    def _find(self, name: str, reference: Reference) -> Served | None:
        path = self._prefix + name
        if reference.name == self._name:
            self._findings.add(path, f"its model is {self._name!r}, which is this graph", expected="another one")
            return None
        try:
            served = self._members.find(*reference)
        except MainspringError as error:
            self._findings.take(path, error)
            return None
        if served is None:
            self._findings.add(path, f"model {reference.name!r} is not loaded", fix="load it before the graph")
            return None
        if self._name in _asked(served, self._members):
            self._findings.add(
                path,
                f"its model is the graph {reference.name!r}, which asks {self._name!r}, which is this graph",
                expected="no graph that asks itself",
            )
            return None
        self._pins[reference] = served
        return served

    def _shared(self) -> tuple[bool, ...]:
        counts = dict.fromkeys(self._names, 0)
        for node in self._graph.nodes.values():
            for other in asked_by(node):
                counts[other] += 1
        for other in (answering(self._graph), *self._graph.also):
            counts[other] += 1
        return tuple(counts[name] > 1 for name in self._names)


def _asked(served: Served, members: Members) -> set[str]:
    """The models that a graph asks, and those that these ask."""
    found: set[str] = set()
    waiting = [served]
    while waiting:
        for name in getattr(waiting.pop().model, "asks", ()):
            if name not in found:
                found.add(name)
                try:
                    other = members.find(name)
                except MainspringError:
                    continue
                waiting += [] if other is None else [other]
    return found


def _is_by_row(fields: Sequence[Field]) -> bool:
    return all(one.shape[:1] == (-1,) for one in fields)


def _told(field: Field) -> str:
    return f"{field.name} {field.datatype} {list(field.shape)}"
