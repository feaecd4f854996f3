"""Why a request was answered as it was: by the explainer of the version that answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.deployments.privacy import MASK, private_columns
from mainspring.app.api.subjects.deployments.requests import found
from mainspring.app.api.subjects.models.packages import Opened
from mainspring.app.api.subjects.models.predicting import explainer_of, opened_for
from mainspring.app.deploying import deployments_of
from mainspring.core.clock import now
from mainspring.core.errors import InputError, MainspringError, NotFoundError

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.models.registry import ModelVersion
    from mainspring.serving.payloads.record import LogRecord

SECONDS: Final = 20.0
"""The most time that an explanation may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """How much a column moved an answer.

    Attributes:
        feature: The column.
        value: What it held.
        amount: How much it moved the answer, in the units of the answer.
        error: The standard error of that; ``None`` where it is exact.
    """

    feature: str
    value: Any
    amount: float
    error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a rule that is enough for an answer."""

    feature: str
    relation: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One column that would have to be different."""

    feature: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """A row that would have been answered otherwise.

    Attributes:
        changes: What would have to be different.
        answer: What would be answered.
        score: How surely.
        plausibility: How ordinary such a row is: 1 is as ordinary as can be.
    """

    changes: Sequence[Change]
    answer: str
    score: float
    plausibility: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a row was answered as it was.

    Attributes:
        model: The version that answered, in the registry.
        row: Which row of the request, from 0.
        method: How it was explained.
        methods: All ways that the explainer knows.
        kind: ``contributions``, ``rule``, ``otherwise``, or ``text``.
        text: It in words; empty where it would tell private values.
        output: The class that it is about; empty for a number.
        scale: The units of contributions: ``probability``, ``logit`` or ``value``.
        base: What the answer is where nothing is known of a row.
        answer: What it is for this row, as a figure.
        contributions: The largest first.
        conditions: Of the rule.
        precision: The share of rows that fulfil them and are answered so.
        coverage: The share of the data that fulfils them.
        otherwise: Rows that would have been answered otherwise, the nearest first.
        why: What kept something from being found.
        seconds: How long it took.
    """

    model: str
    row: int
    method: str
    methods: Sequence[str]
    kind: str
    text: str = ""
    output: str = ""
    scale: str = ""
    base: float | None = None
    answer: float | None = None
    contributions: Sequence[Contribution] = ()
    conditions: Sequence[Condition] = ()
    precision: float | None = None
    coverage: float | None = None
    otherwise: Sequence[Otherwise] = ()
    why: str = ""
    seconds: float = 0.0


@operation(
    "deployments.explain",
    "GET",
    "/deployments/{model:path}/requests/{request:path}/explanation",
    command="mainspring explain {model} --request {request} --method {method}",
)
def explain(
    desk: Desk, model: str, request: str, *, row: int = 0, method: str = "", output: str = "", wanted: str = ""
) -> Explanation:
    """Why a request was answered as it was: contributions of its columns, the rule that is enough for the answer,
    or what would have had to be different. It is remembered.

    Args:
        method: How; by default the first way that the explainer knows.
        output: The class that it is about; by default the one that was answered.
        wanted: The class that is wanted instead; any other one without it.
    """
    record = found(desk, model, request)
    if record.error is not None or not record.rows:
        raise InputError(
            f"the request has no answer to explain: {record.error or 'it has no rows'}",
            expected="a request that was answered",
        )
    if not 0 <= row < record.rows:
        raise InputError(f"the request has no row {row}", expected=f"from 0 to {record.rows - 1}")
    version = registered(desk.platform, model, record.version)
    hidden = private_columns(desk.shared, model) & set(record.columns)
    key = ("deployments.explain", str(version), record.id, row, method, output, wanted)
    stamp = (version.digest, tuple(sorted(hidden)), desk.platform.models.companion(version, _EXPLAINER))
    made: Explanation = desk.shared.remembered(
        key,
        stamp,
        lambda: _explained(opened_for(desk, version), version, record, row, (method, output, wanted), hidden),
    )
    return made


def registered(opened: Mainspring, model: str, version: str) -> ModelVersion:
    """The version in the registry that answered under a name.

    Raises:
        NotFoundError: If the registry does not know it: it is a graph, say, or was served from a folder.
    """
    names = [model]
    revision = deployments_of(opened).archive.current
    if revision is not None:
        pins = [pin for each in revision.pins.values() for pin in each.get(model, ()) if pin.registered]
        names = [*dict.fromkeys(pin.reference.partition("@")[0].partition(":")[0] for pin in pins), model]
    for name in names:
        try:
            return opened.models.resolve(f"{name}:{version}")
        except MainspringError:
            continue
    raise NotFoundError(
        f"the registry has no version {version or '?'} of {model}",
        expected="a model that was served from the registry",
        fix="register it: a pipeline's register step does it; of a graph, explain the requests of its models",
    )


_EXPLAINER: Final = "mainspring.Explainer"


def _explained(
    opened: Opened,
    version: ModelVersion,
    record: LogRecord,
    row: int,
    asked: tuple[str, str, str],
    hidden: Collection[str],
) -> Explanation:
    explainer, package = explainer_of(opened), opened.package
    method, output, wanted = asked
    cells = [{name: values[row] for name, values in record.columns.items()}]
    # Imported here: explaining brings its methods along, which only who asks needs.
    from mainspring.evaluation.explanation import Budget

    began = now()
    answer = explainer.explain(
        package,
        explainer.table(package.signature.columns(cells, ignore_unknown=True)),
        method or None,
        output=output or None,
        wanted=_target(wanted),
        budget=Budget(seconds=SECONDS),
    )[0]
    told = answer.as_dict()
    data: Mapping[str, Any] = told["data"]
    shown: dict[str, Any] = {
        "model": str(version),
        "row": row,
        "method": answer.method,
        "methods": list(explainer.methods),
        "text": "" if hidden else told["text"],
        "seconds": now() - began,
    }
    if told["type"] == "mainspring.Attributions":
        return Explanation(kind="contributions", **shown, **_contributions(data, hidden))
    if told["type"] == "mainspring.Anchor":
        return Explanation(kind="rule", **shown, **_rule(data, hidden))
    if told["type"] == "mainspring.Counterfactuals":
        return Explanation(kind="otherwise", **shown, otherwise=_otherwise(data, hidden), why=data["why"])
    return Explanation(kind="text", **shown)


def _contributions(data: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    errors = data["standard_errors"]
    cells = zip(
        data["features"],
        data["values"][0],
        data["contributions"][0],
        errors[0] if errors else [None] * len(data["features"]),
        strict=True,
    )
    made = [
        Contribution(feature=name, value=MASK if name in hidden else value, amount=amount, error=error)
        for name, value, amount, error in cells
    ]
    return {
        "contributions": sorted(made, key=lambda one: -abs(one.amount)),
        "output": data["output"] or "",
        "scale": data["scale"],
        "base": data["base"][0],
        "answer": data["outputs"][0],
    }


def _rule(data: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    conditions = [
        Condition(
            feature=one["feature"],
            relation=one["relation"],
            value=MASK if one["feature"] in hidden else one["value"],
        )
        for one in data["predicates"]
    ]
    return {
        "conditions": conditions,
        "output": data["answer"],
        "precision": data["precision"],
        "coverage": data["coverage"],
        "why": "" if data["reached"] else data["why"],
    }


def _otherwise(data: Mapping[str, Any], hidden: Collection[str]) -> list[Otherwise]:
    def change(one: Mapping[str, Any]) -> Change:
        if one["feature"] in hidden:
            return Change(feature=one["feature"], before=MASK, after=MASK)
        return Change(feature=one["feature"], before=one["before"], after=one["after"])

    return [
        Otherwise(
            changes=[change(each) for each in one["changes"]],
            answer=one["answer"],
            score=one["score"],
            plausibility=one["plausibility"],
        )
        for one in data["found"]
    ]


def _target(text: str) -> str | list[float] | None:
    """The answer that counterfactuals look for: a class, or two numbers."""
    low, mark, high = text.partition("..")
    if not mark:
        return text or None
    try:
        return [float(low), float(high)]
    except ValueError:
        return text
