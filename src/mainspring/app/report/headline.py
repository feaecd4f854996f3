"""What the run is and how it ended, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.app.report.nouns import Fact, Gate, Headline, Signature
from mainspring.app.report.wording import counted, figure, listed, moment
from mainspring.app.stories import Story
from mainspring.app.timing import duration
from mainspring.core.records import Execution, ExecutionState
from mainspring.evaluation.drawing.graphs import glyph

_ENDED = {
    ExecutionState.CANCELED: "The run was cancelled",
    ExecutionState.LOST: "The run stopped without a word: its worker died",
    ExecutionState.RUNNING: "The run is under way",
    ExecutionState.NEW: "The run has not started yet",
}


def headline_of(
    story: Story,
    gates: Sequence[Gate],
    signatures: Sequence[Signature],
    executions: Mapping[str, Execution],
    metrics: Sequence[Fact] = (),
) -> Headline:
    """The headline of a run.

    Args:
        story: The run.
        gates: What its gates said.
        signatures: Who signed, and what waits.
        executions: The record of each step.
        metrics: The most important figure, if there is one.
    """
    run = story.execution
    state = run.state.value.lower()
    return Headline(
        run=story.name,
        pipeline=str(run.properties.get("pipeline") or ""),
        sentence=_sentence(story, gates, signatures, executions),
        state=state,
        sign=sign(state),
        facts=[*_about_model(story, gates), *metrics, *_about_run(run, signatures)],
        next=_next(story),
    )


def sign(state: str) -> str:
    """The round sign of a state as a picture of its own."""
    inner = glyph(state, 9, 9)
    return (
        f'<svg class="ms-pic sign" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">{inner}</svg>'
        if inner
        else ""
    )


def _sentence(
    story: Story, gates: Sequence[Gate], signatures: Sequence[Signature], executions: Mapping[str, Execution]
) -> str:
    state = story.execution.state
    refused = [gate for gate in gates if not gate.ok]
    if state is ExecutionState.COMPLETE:
        return _complete(story, gates, refused, signatures)
    if state is ExecutionState.FAILED:
        failed = [step for step in story.steps if step.state is ExecutionState.FAILED]
        if not failed:
            return "The run failed."
        names = listed(
            [f"\N{LEFT DOUBLE QUOTATION MARK}{step.name}\N{RIGHT DOUBLE QUOTATION MARK}" for step in failed]
        )
        return f"The run failed at {names}: {_first_line(failed[0].error)}"
    if state is ExecutionState.HELD:
        return f"The run is held: {_refusals(refused)}" if refused else "The run is held by a gate."
    if state is ExecutionState.WAITING:
        asked = [one.question for one in signatures if one.answer == "waiting"]
        question = asked[0].rstrip("?.") if asked else "go on"
        return f"The run waits for a person to answer: {question}?"
    asked_for: Any = story.execution.custom.get("cancel")
    said = f" by {asked_for.get('by')}: {asked_for.get('reason')}" if isinstance(asked_for, Mapping) else ""
    return f"{_ENDED.get(state, 'The run ended')}{said.rstrip('.')}."


def _complete(
    story: Story, gates: Sequence[Gate], refused: Sequence[Gate], signatures: Sequence[Signature]
) -> str:
    done = sum(step.state in (ExecutionState.COMPLETE, ExecutionState.CACHED) for step in story.steps)
    if refused and story.model is not None:
        what = f"{story.model['name']} {story.model['version']}"
        return f"The run finished and registered {what}, although {_refusals(refused)}"
    if refused:
        return f"The run finished, but nothing was released: {_refusals(refused)}"
    rejected = [one for one in signatures if one.answer == "no"]
    if rejected:
        return f"The run finished, but {rejected[0].by} said no: {rejected[0].reason.rstrip('.')}."
    agreed = {0: "", 1: "The gate said yes", 2: "Both gates said yes"}.get(
        len(gates), f"All {len(gates)} gates said yes"
    )
    if story.model is not None:
        name = f"{story.model['name']} {story.model['version']}"
        pushed = story.artifacts("mainspring.Pushed")
        what = f"{name} was registered" + (" and pushed to serving" if pushed else "")
        return f"{agreed}, and {what}." if agreed else f"{what[0].upper()}{what[1:]}."
    steps = f"{done} of {counted(len(story.steps), 'step')} done" if done < len(story.steps) else _all(done)
    return f"{agreed}: {steps}." if agreed else f"The run finished: {steps}."


def _all(steps: int) -> str:
    return "its one step is done" if steps == 1 else f"all {counted(steps, 'step')} are done"


def _refusals(refused: Sequence[Gate]) -> str:
    first = refused[0]
    more = len(first.failures) - 1
    if not first.failures:
        return f"{first.name} said no."
    told = first.failures[0]
    subject = f"{told.subject}: " if told.subject and str(told.subject) not in told.message else ""
    message = (subject + told.message.partition("; ")[0]).rstrip(".")
    others = f", and {counted(more, 'more reason')}" if more > 0 else ""
    return f"{first.name} said no ({message}{others})."


def _first_line(error: str) -> str:
    lines = [line.strip() for line in error.strip().splitlines() if line.strip()]
    text = lines[0] if lines else "no reason was recorded"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _about_model(story: Story, gates: Sequence[Gate]) -> list[Fact]:
    facts = []
    if story.model is not None:
        facts.append(Fact(name="Model", value=str(story.model["name"]), more=f"version {story.model['version']}"))
    if gates:
        refused = [gate.name for gate in gates if not gate.ok]
        facts.append(
            Fact(
                name="Verdict",
                value="no" if refused else "yes",
                more=f"from {listed(refused)}" if refused else f"from {counted(len(gates), 'gate')}",
            )
        )
    return facts


def _about_run(run: Execution, signatures: Sequence[Signature]) -> list[Fact]:
    custom: Mapping[str, Any] = run.custom
    facts = []
    seconds = custom.get("seconds")
    started = moment(run.created_at) if run.created_at else ""
    if isinstance(seconds, int | float):
        facts.append(Fact(name="Duration", value=duration(float(seconds))))
    if started:
        facts.append(Fact(name="Started", value=started.rpartition(",")[0], more=started.rpartition(", ")[2]))
    command = custom.get("command")
    words = (
        [str(word) for word in command] if isinstance(command, Sequence) and not isinstance(command, str) else []
    )
    program = " ".join([words[0].rpartition("/")[2], *words[1:]]) if words else ""
    because = custom.get("because")
    by = Fact(name="Started by", value=str(because or "a person"), more=program)
    facts.append(by)
    signed = [one for one in signatures if one.by]
    if signed:
        last = signed[-1]
        facts.append(Fact(name="Signed by", value=last.by, more=f"{last.answer}, {last.at}"))
    return facts


def _next(story: Story) -> list[str]:
    name = story.name
    return {
        ExecutionState.WAITING: [f'mainspring approve {name} --by NAME --reason "…"'],
        ExecutionState.FAILED: [f"mainspring logs {name}", f"mainspring resume {name}"],
        ExecutionState.HELD: [f"mainspring show {name} --all-reasons", f"mainspring resume {name}"],
        ExecutionState.LOST: [f"mainspring resume {name}"],
        ExecutionState.CANCELED: [f"mainspring resume {name}"],
    }.get(story.execution.state, [])


def main_figure(name: str, value: float, change: str) -> Fact:
    """The figure that stands in the headline."""
    return Fact(name=name, value=figure(value), more=f"{change} against the baseline" if change else "")
