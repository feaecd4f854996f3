"""What the gates said, and who signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.app.report.loading import Reader
from mainspring.app.report.nouns import Gate, Signature
from mainspring.app.report.wording import moment
from mainspring.core.records import Execution, ExecutionState
from mainspring.core.verdicts import Verdict

_JUDGED = {"mainspring.Verdict", "mainspring.Validation"}


def gates_of(reader: Reader) -> list[Gate]:
    """Every verdict of the run, those that said no first."""
    gates = []
    for step in reader.story.steps:
        for artifacts in step.outputs.values():
            for artifact in artifacts:
                if artifact.type in _JUDGED:
                    value = reader.value(artifact, f"what gate {step.name} said")
                    verdict = getattr(value, "verdict", value)
                    gates.append(
                        _gate(verdict)
                        if isinstance(verdict, Verdict)
                        else Gate(
                            name=step.name,
                            ok=artifact.properties.get("ok") is True,
                            lost="Its reasons are no longer kept.",
                        )
                    )
    return sorted(gates, key=lambda gate: gate.ok)


def _gate(verdict: Verdict) -> Gate:
    return Gate(
        name=verdict.gate,
        ok=verdict.ok,
        failures=verdict.failures,
        passes=tuple(reason for reason in verdict.reasons if reason.ok),
    )


def signatures_of(reader: Reader, executions: Mapping[str, Execution]) -> list[Signature]:
    """Answers that people gave, and questions that wait."""
    found = [
        Signature(
            question=str(one.value.question),
            answer="yes" if one.value.ok else "no",
            by=str(one.value.by),
            at=_time(one.value.at),
            reason=str(one.value.reason),
        )
        for one in reader.all("Approval")
    ]
    for step in reader.story.steps:
        if step.state is ExecutionState.WAITING:
            asked: Any = executions[step.name].custom.get("question") if step.name in executions else None
            found.append(Signature(question=str(asked or step.name), answer="waiting"))
    return found


def _time(text: str) -> str:
    from datetime import datetime

    try:
        return moment(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return text
