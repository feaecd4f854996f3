"""What artifacts and executions are called in pictures and lists, and where their pages are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from mainspring.app.api.subjects.lineage.nouns import Box, Family
from mainspring.core.records import Artifact, ArtifactState, Execution

CODE: Final = "mainspring.Code"
CONSTANT: Final = "mainspring.Json"
VERSION: Final = "mainspring.ModelVersion"
MODEL: Final = "mainspring.Model"
RUN: Final = "mainspring.Run"

_FAMILIES: Final[Mapping[str, Family]] = {
    **dict.fromkeys(("File", "Examples", "Array", "Bytes"), "data"),
    **dict.fromkeys(
        ("Statistics", "Schema", "Validation", "Verdict", "Evaluation", "Approval", "Window"), "checks"
    ),
    **dict.fromkeys(("Model", "Transform", "Package", "Tuning"), "model"),
    **dict.fromkeys(("ModelVersion", "Pushed", "Deployment"), "product"),
}

_DATA: Final = ("Examples", "Table", "Statistics", "Validation")
"""Types that pages of data are about."""

_JUDGE: Final = frozenset({"Validation", "Verdict", "Approval"})


def box_of(node: Artifact | Execution, run: str = "", step: str = "") -> Box:
    """A node in short.

    Args:
        node: It.
        run: The run that made it, for an artifact.
        step: The step that made it, for an artifact.
    """
    return _artifact(node, run, step) if isinstance(node, Artifact) else _execution(node)


def plain_type(name: str) -> str:
    """The name of a type without whose it is.

    Example:
        >>> plain_type("mainspring.Examples")
        'Examples'
    """
    return name.removeprefix("mainspring.")


def is_constant(node: Artifact) -> bool:
    """Whether it is a plain value that a step was given or gave: a number, a word."""
    return node.type == CONSTANT and "value" in node.properties


def page_of(node: Artifact | Execution) -> str:
    """The page of a node, below the console's root; empty if it has none of its own."""
    given = node.properties
    if isinstance(node, Artifact):
        if node.type == VERSION and "name" in given:
            return f"/models/{quote(str(given['name']))}/versions/{quote(str(given.get('version', '')))}"
        return f"/data/artifacts/{node.id}" if plain_type(node.type) in _DATA else ""
    if node.type == RUN and node.name:
        return f"/runs/{quote(node.name)}"
    if "run" in given and "node" in given:
        return f"/runs/{quote(str(given['run']))}/steps/{quote(str(given['node']))}"
    if "model" in given:
        return f"/models/{quote(str(given['model']))}"
    return ""


def _artifact(node: Artifact, run: str, step: str) -> Box:
    kind = plain_type(node.type)
    told = {**node.custom, **node.properties}
    erased = node.state is ArtifactState.DELETED
    good = bool(told["ok"]) if kind in _JUDGE and "ok" in told else None
    return Box(
        id=f"artifact:{node.id}",
        label=kind,
        detail="erased" if erased else _detail(node, kind, told),
        type=node.type,
        state=node.state.value.lower(),
        family=_FAMILIES.get(kind, "other"),
        run=run,
        step=step,
        at=node.created_at,
        erased=erased,
        good=good,
    )


def _detail(node: Artifact, kind: str, told: Mapping[str, Any]) -> str:
    """What tells an artifact from others of its type."""
    if "name" in told:
        return f"{told['name']} {told.get('version', '')}".strip()
    if "ok" in told:
        return f"{'yes' if told['ok'] else 'no'}, {told.get('gate', 'checked')}"
    if "rows_train" in told and kind == "Examples":
        return f"{_rows(told['rows_train'])} + {_rows(told.get('rows_eval'))} rows"
    for name, word in (("features", "features"), ("outputs", "outputs"), ("files", "files")):
        if isinstance(told.get(name), int):
            return f"{told[name]} {word if told[name] != 1 else word[:-1]}"
    for name in ("runtime", "estimator", "value"):
        if told.get(name):
            return str(told[name]).rpartition(".")[2]
    for name in ("auc", "accuracy", "r2", "rmse", "mae"):
        if isinstance(told.get(name), float):
            return f"{name} {told[name]:.4g}"
    return node.name or (node.digest or "").rpartition(":")[2][:10]


def _rows(count: object) -> str:
    return f"{count:,}" if isinstance(count, int) else "?"


def _execution(node: Execution) -> Box:
    given = node.properties
    step = str(given.get("node") or "")
    kind = plain_type(node.type)
    erased = bool(node.custom.get("deleted"))
    seconds = given.get("seconds")
    detail = f"{seconds:.1f} s" if isinstance(seconds, float) and seconds >= 0.05 else ""
    return Box(
        id=f"execution:{node.id}",
        label=step or kind,
        detail="erased" if erased else detail if step else str(node.name or given.get("model") or ""),
        type=node.type,
        state=node.state.value.lower(),
        family="step",
        run=str(given.get("run") or (node.name if node.type == RUN else "") or ""),
        step=step,
        at=node.created_at,
        erased=erased,
    )
