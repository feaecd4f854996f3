"""Stopping a run from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from mainspring.core.clock import iso, now
from mainspring.core.errors import StateError
from mainspring.core.records import Execution, ExecutionState
from mainspring.pipelines.records import Records


def cancel(records: Records, run: str, *, by: str, reason: str) -> Execution:
    """Ask a running run to stop, or end one that waits or is held.

    Raises:
        StateError: If it has ended.
    """
    execution = records.run(run)
    asked = {"by": by, "reason": reason, "at": iso(now())}
    if execution.state is ExecutionState.RUNNING:
        marked = replace(execution, custom={**execution.custom, "cancel": asked})
        return cast("Execution", records.store.publish([marked])[0])
    if execution.state in (ExecutionState.WAITING, ExecutionState.HELD, ExecutionState.LOST):
        for one in records.executions(str(execution.name)):
            if one.state is ExecutionState.WAITING:
                records.store.transition(cast("int", one.id), ExecutionState.CANCELED)
        return records.store.transition(
            cast("int", execution.id), ExecutionState.CANCELED, custom={"cancel": asked}
        )
    raise StateError(f"run {execution.name} has ended: {execution.state}")
