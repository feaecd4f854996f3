"""The steps: their graph, their times, and why each ran."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.app.report.headline import sign
from mainspring.app.report.nouns import Motion, StepRow
from mainspring.app.stories import StepStory, Story
from mainspring.app.timing import duration
from mainspring.core.records import Execution, ExecutionState
from mainspring.evaluation.drawing.graphs import Edge, Node, draw, reduced

_NARROW = 400
_MOST_ITEMS = 12
_LONGEST_ITEM = 24
_GATES = {"mainspring.Verdict", "mainspring.Validation"}


def motion_of(story: Story, executions: Mapping[str, Execution]) -> Motion:
    """The steps of a run as a picture and as lines."""
    anchors = {step.name: f"step-{place}" for place, step in enumerate(story.steps, start=1)}
    longest = max((step.seconds for step in story.steps), default=0.0)
    picture = _picture(story, anchors)
    return Motion(
        picture=picture,
        narrow=_width(picture) <= _NARROW,
        rows=[_row(step, anchors[step.name], executions.get(step.name), longest) for step in story.steps],
    )


def _picture(story: Story, anchors: Mapping[str, str]) -> str:
    nodes = [
        Node(
            id=step.name,
            label=step.name,
            kind=_kind(step),
            state=step.state.value.lower(),
            detail=_detail(step),
            href=f"#{anchors[step.name]}",
        )
        for step in story.steps
    ]
    edges = [Edge(one, two, label) for one, two, label in story.edges if one in anchors and two in anchors]
    return draw(nodes, reduced(nodes, edges), title=f"Steps of run {story.name}", alone=False) if nodes else ""


def _width(picture: str) -> float:
    found = re.search(r' width="([\d.]+)"', picture)
    return float(found.group(1)) if found else 0.0


def _detail(step: StepStory) -> str:
    judged = [one.properties.get("ok") for ones in step.outputs.values() for one in ones if one.type in _GATES]
    if False in judged:
        return "said no"
    return duration(step.seconds) if step.seconds and not step.cached else ""


def _kind(step: StepStory) -> str:
    types = {artifact.type for artifacts in step.outputs.values() for artifact in artifacts}
    if step.state is ExecutionState.WAITING or "mainspring.Approval" in types:
        return "approval"
    return "gate" if types & _GATES else "step"


def _row(step: StepStory, anchor: str, execution: Execution | None, longest: float) -> StepRow:
    shown = 0.0 if step.cached else step.seconds
    parameters: Any = execution.custom.get("parameters") if execution is not None else None
    return StepRow(
        anchor=anchor,
        name=step.name,
        state=step.state.value.lower(),
        sign=sign(step.state.value.lower()),
        seconds=shown,
        duration=duration(shown) if shown else "",
        share=f"{shown / longest * 100:.1f}" if longest and shown else "0",
        why=_why(step),
        error=step.error if step.state in (ExecutionState.FAILED, ExecutionState.LOST) else "",
        parameters=as_text(parameters) if parameters else "",
    )


def _why(step: StepStory) -> str:
    if step.cached:
        return step.note or "nothing that it depends on has changed"
    if step.state is ExecutionState.SKIPPED:
        return step.error or step.note or "its condition was not met"
    if step.state is ExecutionState.WAITING:
        return step.note or "waits for a person"
    return "; ".join(dict.fromkeys(part for part in (step.note, step.why) if part))


def as_text(value: Any, indent: int = 0) -> str:
    """A JSON value on lines, short lists on one.

    Example:
        >>> print(as_text({"depth": [1, 2], "names": {}}))
        {
          "depth": [1, 2],
          "names": {}
        }
    """
    inside = indent + 2
    if isinstance(value, Mapping) and value:
        lines = [f"{_json(name)}: {as_text(each, inside)}" for name, each in value.items()]
        return _block("{", lines, "}", indent)
    if isinstance(value, (list, tuple)) and value:
        lines = [as_text(each, inside) for each in value]
        short = len(lines) <= _MOST_ITEMS and not any(isinstance(one, (Mapping, list, tuple)) for one in value)
        if short and all(len(one) <= _LONGEST_ITEM for one in lines):
            return f"[{', '.join(lines)}]"
        return _block("[", lines, "]", indent)
    return _json(value)


def _block(begin: str, lines: Sequence[str], end: str, indent: int) -> str:
    inside = "\n" + " " * (indent + 2)
    return begin + inside + f",{inside}".join(lines) + "\n" + " " * indent + end


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def flat(parameters: Mapping[str, Any], above: str = "") -> Sequence[tuple[str, str]]:
    """Parameters as names and texts; nested ones by dotted names."""
    found: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if isinstance(value, Mapping) and value:
            found += flat(value, f"{above}{name}.")
        else:
            text = value if isinstance(value, str) else _json(value)
            found.append((f"{above}{name}", text))
    return found
