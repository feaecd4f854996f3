"""Asking a version of a model: what it answers to a row, why, and what it would answer to another one."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.answers import (
    Change,
    Explained,
    Importance,
    Otherwise,
    Part,
    Prediction,
    Question,
    Way,
)
from mainspring.app.api.subjects.models.packages import Opened, described, examples_of, opening
from mainspring.app.api.subjects.models.rows import columns_asked, read_row, strange_values
from mainspring.app.api.subjects.models.shelf import shelf
from mainspring.core.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.explanation.explainer import Explainer
    from mainspring.models.registry import ModelVersion

_WAIT: Final = 120.0
_SECONDS: Final = 20.0
_ROWS: Final = 60


@operation("models.question", "GET", "/models/{model:path}/versions/{version}/question")
def question(desk: Desk, model: str, version: str) -> Question:
    """What a version asks for: its columns with the values known from training, and real rows to begin with.

    The version is opened in the background meanwhile, so that it soon answers.
    """
    meant = shelf(desk.shared, model).version(version)
    package = described(desk.shared, meant).package
    examples = examples_of(desk.shared, meant)
    return Question(
        model=model,
        version=str(meant.version),
        task=package.signature.task,
        classes=package.signature.classes or (),
        columns=columns_asked(package, examples[0] if examples else {}),
        examples=examples,
        ready=opening(desk.shared, meant).done(),
    )


@operation(
    "models.predict",
    "POST",
    "/models/{model:path}/versions/{version}/predict",
    command="mainspring predict {model}@{version} --row '{row}'",
    role=Role.VIEWER,
    audited=False,
)
def predict(desk: Desk, model: str, version: str, *, row: dict[str, Any]) -> Prediction:
    """What a version answers to a row. Texts are read as the numbers that they stand for; nothing is logged."""
    meant = shelf(desk.shared, model).version(version)
    opened = opened_for(desk, meant)
    package = opened.package
    cells = read_row(package, row)
    columns = package.signature.columns([cells], ignore_unknown=True)
    start = time.perf_counter()
    found = package.predict_columns(columns)
    took = time.perf_counter() - start
    flags: Sequence[str] = ()
    if package.assertions:
        # Imported here: only few models declare assertions.
        from mainspring.evaluation.assertions import enforce

        enforced = enforce(package.assertions, columns, found)
        found, flags = enforced.predictions, enforced.flags(0)
    classes = package.signature.classes
    scores = [float(one) for one in (found.scores[0] if classes else [found.scores[0]])]
    pairs = sorted(zip(classes or (), scores, strict=False), key=lambda pair: -pair[1])
    decision = package.decision
    return Prediction(
        model=model,
        version=str(meant.version),
        answer=str(found.labels[0]) if classes else f"{scores[0]:.6g}",
        value=None if classes else scores[0],
        probabilities={name: score for name, score in pairs if math.isfinite(score)},
        cutoff=decision.at if decision is not None else None,
        flags=flags,
        notes=strange_values(package, cells),
        seconds=took,
    )


@operation(
    "models.explain",
    "POST",
    "/models/{model:path}/versions/{version}/explain",
    command="mainspring explain {model}@{version} --row '{row}'",
    role=Role.VIEWER,
    audited=False,
)
def explain(desk: Desk, model: str, version: str, *, row: dict[str, Any], output: str = "") -> Explained:
    """Why a version answers a row as it does: what each column adds to the answer.

    Args:
        output: The class that it is about; by default the positive one of two, of more the one that is answered.
    """
    opened = opened_for(desk, shelf(desk.shared, model).version(version))
    explainer, table = explainer_of(opened), _table(opened, row)
    method = next((one for one in explainer.methods if one not in ("anchors", "counterfactuals")), None)
    about = output or next(iter(_ranked(opened, table)), None)
    found: Any = explainer.explain(opened.package, table, method, output=about, budget=_budget())[0].found
    if not hasattr(found, "contributions"):
        raise InputError(
            f"the explainer of {model} {version} gives no contributions",
            expected="an explainer with the method shap",
            fix=f"ask for what it gives: mainspring explain {model}@{version} --row '{{…}}'",
        )
    return Explained(
        method=found.method,
        about=_about(found),
        base=float(found.base[0]),
        outcome=float(found.outputs[0]),
        parts=[_part(opened, one) for one in found.row(0)],
        registered=opened.registered,
    )


@operation(
    "models.otherwise",
    "POST",
    "/models/{model:path}/versions/{version}/otherwise",
    command="mainspring explain {model}@{version} --row '{row}' --method counterfactuals",
    role=Role.VIEWER,
    audited=False,
)
def otherwise(desk: Desk, model: str, version: str, *, row: dict[str, Any], wanted: str = "") -> Otherwise:
    """The nearest changes of a row that turn the answer: of one column alone, and of several together.

    Args:
        desk: Whose.
        model: Name of the model.
        version: Its version.
        row: Values by column.
        wanted: The class that is wanted instead; without it the other one of two, of more the next likely one.
    """
    # Imported here: explaining brings its methods along, which only who asks needs.
    from mainspring.evaluation.explanation.what_if import what_if

    opened = opened_for(desk, shelf(desk.shared, model).version(version))
    explainer, table = explainer_of(opened), _table(opened, row)
    ranked = _ranked(opened, table)
    wanted = wanted or next(iter(ranked[1:]), "")
    output = wanted if ranked else explainer.output
    found = what_if(
        opened.package,
        table,
        background=explainer.background,
        output=output,
        wanted=wanted or None,
        budget=_budget(),
    )
    return Otherwise(
        answer=found.before.answer,
        wanted=found.wanted,
        alone=[_way(one.turns) for one in found.turning if one.turns is not None],
        together=_together(opened, explainer, table, wanted, output),
        swings={one.feature: one.swing for one in found.alone},
        notes=found.notes,
    )


@operation("models.importance", "GET", "/models/{model:path}/versions/{version}/importance")
def importance(desk: Desk, model: str, version: str) -> Importance:
    """How much each column adds to the answers of a version, on rows that stand for the data.

    Of more than two classes, what it adds to the one that is answered.
    """
    meant = shelf(desk.shared, model).version(version)
    opened = opened_for(desk, meant)
    key = ("models", "importance", meant.digest, opened.registered)
    return desk.shared.remembered(key, meant.digest, lambda: _importance(opened))


def _importance(opened: Opened) -> Importance:
    explainer = explainer_of(opened)
    method = next((one for one in explainer.methods if one not in ("anchors", "counterfactuals")), None)
    rows = explainer.background
    sums: dict[str, float] = {}
    begun, done, last = time.monotonic(), 0, None
    ranked: Sequence[str] = ()
    step = max(rows.num_rows // _ROWS, 1)
    for place in range(0, rows.num_rows, step):
        if done >= _ROWS or time.monotonic() - begun > _SECONDS:
            break
        row = rows.rows(place, place + 1)
        ranked = _ranked(opened, row)
        found: Any = explainer.explain(opened.package, row, method, output=next(iter(ranked), None))[0].found
        for part in found.row(0):
            sums[part.feature] = sums.get(part.feature, 0.0) + abs(part.amount)
        done, last = done + 1, found
    means = {name: total / max(done, 1) for name, total in sums.items()}
    return Importance(
        method=last.method if last is not None else "",
        about=_about(last, "the class that is answered" if ranked else "") if last is not None else "",
        rows=done,
        means=dict(sorted(means.items(), key=lambda pair: -pair[1])),
        registered=opened.registered,
    )


def opened_for(desk: Desk, version: ModelVersion) -> Opened:
    """A version that answers; it is opened in the background, and waited for.

    Raises:
        UnavailableError: If that takes minutes.
    """
    described(desk.shared, version)
    try:
        return opening(desk.shared, version).result(_WAIT)
    except TimeoutError as error:
        raise UnavailableError(
            f"{version} is still being opened after {_WAIT:g} seconds", fix="try again in a moment"
        ) from error


def explainer_of(opened: Opened) -> Explainer:
    """What explains a version: what was registered with it, else one made of the rows in its package.

    Raises:
        InputError: If there is neither.
    """
    if opened.explainer is None:
        raise InputError(
            "nothing explains this version: no explainer was registered with it, and its package keeps no rows",
            expected="an explainer, or a package with its reference",
            fix="explainer = fit_explainer(examples, model, …) in the pipeline, and register(…, explainer)",
        )
    return opened.explainer


def _table(opened: Opened, row: dict[str, Any]) -> Table:
    package = opened.package
    columns = package.signature.columns([read_row(package, row)], ignore_unknown=True)
    return explainer_of(opened).table(columns)


def _budget() -> Any:
    from mainspring.evaluation.explanation import Budget

    return Budget(seconds=_SECONDS)


def _together(
    opened: Opened, explainer: Explainer, table: Table, wanted: str, output: str | None
) -> Sequence[Way]:
    if "counterfactuals" not in explainer.methods:
        return []
    found: Any = explainer.explain(
        opened.package, table, "counterfactuals", output=output, wanted=wanted or None, budget=_budget()
    )[0].found
    return [_way(one, one.plausibility) for one in found.found]


def _way(case: Any, plausibility: float | None = None) -> Way:
    changes = [Change(column=one.feature, before=one.before, after=one.after) for one in case.changes]
    return Way(changes=changes, answer=case.answer, score=case.score, plausibility=plausibility)


def _about(found: Any, what: str = "") -> str:
    return "value" if found.output is None else f"{found.scale} of {what or found.output}"


def _ranked(opened: Opened, table: Table) -> Sequence[str]:
    """The classes in the order of what a row makes of them, where there are more than two; else none."""
    classes = opened.package.signature.classes
    if classes is None or len(classes) <= 2:
        return ()
    found = opened.package.predict_columns({name: table.column(name) for name in opened.package.signature.names})
    answer, scores = str(found.labels[0]), dict(zip(classes, found.scores[0], strict=True))
    return sorted(classes, key=lambda one: (one != answer, -scores[one]))


def _part(opened: Opened, part: Any) -> Part:
    from mainspring.evaluation.explanation.attributions import told

    truths = {one.name for one in opened.package.signature.inputs if one.datatype == "BOOL"}
    words = told(part.value)
    value = {"0": "false", "1": "true"}.get(words, words) if part.feature in truths else words
    return Part(column=part.feature, value=value, amount=part.amount)
