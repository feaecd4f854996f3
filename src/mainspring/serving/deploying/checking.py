"""Everything that can be known to be wrong before anything changes, told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.models.registry.names import parted
from mainspring.serving.deploying.archive import Archive
from mainspring.serving.deploying.declaration import DeclaredModel, is_place
from mainspring.serving.deploying.difference import State
from mainspring.serving.deploying.document import Path as Way
from mainspring.serving.deploying.problems import DeclarationError, Problem
from mainspring.serving.deploying.reading import Declared, read_as_far
from mainspring.serving.deploying.resolving import Resolver, options_of, told
from mainspring.serving.deploying.revision import File, Pinned, Pins
from mainspring.serving.deploying.trial import judge
from mainspring.serving.graphs.checking import check as check_graph
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.ports import models_of
from mainspring.serving.rollout.arms import check_arms

GATE = "deployment"

Environment: TypeAlias = Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Deployment files that were looked at.

    Attributes:
        files: By deployment; one that cannot be read has the name of its file.
        declared: Those that can be read.
        pins: What their references mean, as far as they mean something.
        problems: What is wrong.
        verdict: All that was looked at.
    """

    files: Mapping[str, File]
    declared: Mapping[str, Declared] = field(default_factory=dict)
    pins: Mapping[str, Pins] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    verdict: Verdict = field(default_factory=lambda: Verdict.of(GATE, []))

    @property
    def states(self) -> Mapping[str, State]:
        """The deployments, to be compared with others."""
        return {
            name: State(plain=one.document.plain, pins=self.pins.get(name, {}))
            for name, one in self.declared.items()
        }

    def raise_if_wrong(self) -> None:
        """Refuse them if anything is wrong.

        Raises:
            DeclarationError: With everything that is.
        """
        if self.problems:
            raise DeclarationError(self.problems)


def check(
    files: Sequence[File],
    resolver: Resolver,
    archive: Archive,
    *,
    environment: Environment = None,
    held: Mapping[str, Pins] | None = None,
) -> Checked:
    """Look at all deployment files of a server together.

    Args:
        files: All of them.
        resolver: Finds what they mean.
        archive: Where it is kept what was judged before.
        environment: Where ``${NAME}`` is looked up; that of the process by default.
        held: Versions that are meant whatever aliases say, by deployment.
    """
    return _Check(resolver, archive, environment, held or {}).look(files)


class _Check:
    def __init__(
        self, resolver: Resolver, archive: Archive, environment: Environment, held: Mapping[str, Pins]
    ) -> None:
        self.resolver, self.archive, self.environment, self.held = resolver, archive, environment, held
        self.problems: list[Problem] = []
        self.reasons: list[Reason] = []
        self.pins: dict[str, dict[str, tuple[Pinned, ...]]] = {}

    def look(self, files: Sequence[File]) -> Checked:
        declared, by_name = self._read(files)
        self._names(declared)
        for name, one in declared.items():
            self.pins[name] = {}
            folder = Path(by_name[name].folder)
            for model, said in one.declaration.models.items():
                self._model(one, model, said, folder)
        self._graphs(declared)
        self._objectives(declared)
        reasons = [*self.reasons, *(_against(problem) for problem in self.problems)]
        return Checked(
            files=by_name,
            declared=declared,
            pins=self.pins,
            problems=tuple(self.problems),
            verdict=Verdict.of(GATE, reasons),
        )

    def _read(self, files: Sequence[File]) -> tuple[dict[str, Declared], dict[str, File]]:
        declared: dict[str, Declared] = {}
        by_name: dict[str, File] = {}
        for file in files:
            one, wrong = None, [Problem(found=file.wrong, where=file.name)]
            if not file.wrong:
                one, wrong = read_as_far(file.text, file.name, self.environment)
            self.problems += wrong
            if one is None:
                by_name[file.name] = file
                continue
            if one.name in declared:
                other = declared[one.name].document.where(("deployment",))
                self._note(one, ("deployment",), f"the deployment {one.name!r} is in {other} as well")
                continue
            declared[one.name], by_name[one.name] = one, file
            if not wrong:
                message = f"{file.name} can be read"
                self.reasons.append(Reason(ok=True, code="FILE_READ", message=message, subject=one.name))
        return declared, by_name

    def _names(self, declared: Mapping[str, Declared]) -> None:
        """A name answers for one model only, whichever deployment it is of."""
        first: dict[str, Declared] = {}
        for one in declared.values():
            for model in (*one.declaration.models, *one.unread):
                other = first.setdefault(model, one)
                if other is not one:
                    where = other.document.where(("models", model))
                    self._note(
                        one,
                        ("models", model),
                        f"the model {model!r} is in {where} as well",
                        expected="a name of its own",
                    )

    def _model(self, one: Declared, name: str, model: DeclaredModel, folder: Path) -> None:
        way: Way = ("models", name)
        held = self.held.get(one.name, {}).get(name)
        try:
            pins = held if held is not None else self._pins(one, name, model, folder)
        except MainspringError as error:
            self._note(one, (*way, *model.ways), told(error), fix=error.fix or "")
            return
        if not pins:
            return
        self.pins[one.name][name] = pins
        for pin in pins:
            self._signed_off(one, way, model, pin)
        if model.rollout is not None:
            options = options_of(model, pins, folder)
            try:
                if options.rollout is not None:
                    check_arms(name, options.rollout, [pin.version for pin in pins], options.labels)
            except MainspringError as error:
                self._note(one, (*way, "rollout"), told(error))
        if model.thresholds is not None and model.thresholds.figures:
            for pin in {pin.digest: pin for pin in pins}.values():
                self._try(one, name, model, pin, folder)

    def _pins(self, one: Declared, name: str, model: DeclaredModel, folder: Path) -> tuple[Pinned, ...]:
        """What a model means; each of several references that means nothing is told."""
        wrong = False
        for label, reference in model.versions.items():
            try:
                if not is_place(reference):
                    self.resolver.found(reference)
            except MainspringError as error:
                wrong = True
                self._note(one, ("models", name, "versions", label), told(error), fix=error.fix or "")
        if wrong:
            return ()
        pins = self.resolver.pins(name, model, folder)
        first: dict[str, Pinned] = {}
        for pin in pins:
            other = first.setdefault(pin.version, pin)
            if other.digest != pin.digest:
                self._note(
                    one,
                    ("models", name, "versions", pin.label),
                    f"{pin.reference} is another version {pin.version} than {other.reference}",
                    expected="one version of each number",
                    fix="give them different names, such as models of their own",
                )
                return ()
        self.reasons += [
            Reason(
                ok=True,
                code="REFERENCE_FOUND",
                message=f"{name}: {pin.reference or 'the graph'} is version {pin.version}",
                subject=name,
                observed=pin.digest,
            )
            for pin in pins
        ]
        return pins

    def _signed_off(self, one: Declared, way: Way, model: DeclaredModel, pin: Pinned) -> None:
        """A version whose blessing was taken back is not served, nor one without where one is asked for."""
        wanted = model.thresholds is not None and model.thresholds.blessed
        if not pin.registered:
            if wanted:
                self._note(one, (*way, "thresholds"), f"{way[-1]} is not from the registry, which knows blessings")
            return
        place: Way = (*way, "versions", pin.label) if pin.label else (*way, "model")
        try:
            blessed = self._blessed(pin)
        except MainspringError as error:
            self._note(one, place, told(error), fix=error.fix or "")
            return
        if blessed is False:
            self._note(one, place, f"the blessing of {pin.reference} ({pin.version}) was taken back")
        elif wanted and blessed is None:
            self._note(one, place, f"{pin.reference} ({pin.version}) is not blessed", expected="a blessed version")
        elif blessed:
            message = f"{pin.reference} ({pin.version}) is blessed"
            self.reasons.append(Reason(ok=True, code="BLESSED", message=message, subject=str(way[-1])))

    def _blessed(self, pin: Pinned) -> bool | None:
        """What is said of a version; one that is held may not be what its reference means by now."""
        try:
            found = self.resolver.found(pin.reference)
        except NotFoundError:
            found = None  # an alias that is gone by now
        if found is None or found.digest != pin.digest:
            found = self.resolver.found(f"{parted(pin.reference)[0]}:{pin.version}")
        return self.resolver.blessed(found)

    def _try(self, one: Declared, name: str, model: DeclaredModel, pin: Pinned, folder: Path) -> None:
        bounds = {} if model.thresholds is None else model.thresholds.figures
        key = hashlib.sha256(msgspec.json.encode([pin.digest, bounds], order="deterministic")).hexdigest()
        known = self.archive.verdict(key)
        try:
            verdict = judge(self.resolver.bring(name, model, pin, folder), bounds) if known is None else None
        except MainspringError as error:
            self._note(one, ("models", name), told(error), fix=error.fix or "")
            return
        if verdict is None:
            verdict = Verdict.from_dict(known or {})
        else:
            self.archive.keep_verdict(key, verdict.as_dict())
        self.reasons += [reason for reason in verdict.reasons if reason.ok]
        for reason in verdict.failures:
            way: Way = ("models", name, "thresholds", *([reason.subject] if reason.subject else []))
            self._note(one, way, f"{name} {pin.version} does not keep its thresholds: {reason.message}")

    def _graphs(self, declared: Mapping[str, Declared]) -> None:
        known: dict[str, set[str]] = {}
        for deployment, one in declared.items():
            for model in one.declaration.models:
                pins = self.pins[deployment].get(model, ())
                known[model] = {label for pin in pins for label in (pin.version, pin.label)}
            known |= {model: set() for model in one.unread}
        asks = {
            name: sorted({reference.name for reference in models_of(said.graph).values()})
            for one in declared.values()
            for name, said in one.declaration.models.items()
            if said.graph is not None
        }
        for one in declared.values():
            for name, said in one.declaration.models.items():
                if said.graph is not None:
                    self._graph(one, ("models", name, "graph"), said.graph, known)
                    round_ = _round(name, asks)
                    if round_:
                        found = f"the graph {name} would ask itself: {' -> '.join(round_)}"
                        self._note(one, ("models", name, "graph"), found)

    def _graph(self, one: Declared, way: Way, graph: Graph, known: Mapping[str, set[str]]) -> None:
        """Refuse a graph that cannot be right, or that names models that no deployment has."""
        try:
            check_graph(graph)
        except MainspringError as error:
            self._note(one, way, told(error))
        for text, reference in models_of(graph).items():
            wanted = reference.version or reference.label
            if reference.name not in known:
                near = ", ".join(sorted(known)) or "none"
                self._note(one, way, f"there is no model {text!r}", expected=f"one of {near}")
            elif wanted and known[reference.name] and wanted not in known[reference.name]:
                near = ", ".join(sorted(known[reference.name] - {""}))
                self._note(one, way, f"there is no model {text!r}", expected=f"one of its versions {near}")

    def _objectives(self, declared: Mapping[str, Declared]) -> None:
        seen: dict[str, str] = {}
        models = {model for one in declared.values() for model in (*one.declaration.models, *one.unread)}
        for one in declared.values():
            for number, objective in enumerate(one.declaration.slo):
                way: Way = ("slo", number)
                where = seen.setdefault(objective.name, one.document.where(way))
                if where != one.document.where(way):
                    self._note(one, way, f"the objective {objective.name!r} is in {where} as well")
                if objective.model and objective.model not in models:
                    near = ", ".join(sorted(models))
                    found = f"the objective {objective.name!r} is about {objective.model!r}, which is not served"
                    self._note(one, way, found, expected=f"one of {near}")

    def _note(self, one: Declared, way: Way, found: str, *, expected: str = "", fix: str = "") -> None:
        self.problems.append(one.document.problem(way, found, expected=expected, fix=fix))


def _round(start: str, asks: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """A way from a graph over others back to it; empty if there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = set[str]()
    while ways:
        way = ways.pop()
        for name in asks.get(way[-1], ()):
            if name == start:
                return (*way, name)
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()


def _against(problem: Problem) -> Reason:
    return Reason(ok=False, code="PROBLEM", message=str(problem), subject=problem.where or None)
