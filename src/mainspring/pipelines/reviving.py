"""Taking up a run again whose process is gone, so that exactly one of several who try gets it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import cast

from mainspring.core.errors import ConflictError, StateError
from mainspring.core.records import Execution, ExecutionState
from mainspring.pipelines.records import Records
from mainspring.store.ports import MetadataStore

LEASE_SECONDS = 15.0
"""How long the word of a worker that it lives is believed; it is renewed several times in between."""


def new_worker() -> str:
    """A name for leases: of the machine, the process, and what in it works on one run."""
    return f"{os.uname().nodename}:{os.getpid()}:{os.urandom(4).hex()}"


def revive(records: Records, run: str) -> Execution:
    """A run that may be taken up again, with what its dead worker left marked as lost.

    Raises:
        StateError: If it is complete, or its worker lives.
    """
    records.store.reap()
    execution = records.run(run)
    if execution.state is ExecutionState.RUNNING and _is_dead(execution.worker):
        left = [one for one in records.executions(str(execution.name)) if one.state is ExecutionState.RUNNING]
        for one in (execution, *left):
            _release(records.store, one)
        time.sleep(0.002)  # the leases run out
        records.store.reap()
        execution = records.run(str(execution.name))
    if execution.state is ExecutionState.RUNNING:
        raise StateError(
            f"run {execution.name} is running (worker {execution.worker})",
            fix=f"wait for it, or stop it: mainspring cancel {execution.name}",
        )
    if execution.state is ExecutionState.COMPLETE:
        raise StateError(f"run {execution.name} is complete", fix="start a new one: mainspring run")
    return execution


def _release(store: MetadataStore, execution: Execution) -> None:
    """Let the lease of a dead worker run out now.

    This is done in its name: if somebody else took the lease in the meantime, the store refuses it. So of
    several who revive a run at once none can take it from the one who has it.
    """
    with suppress(ConflictError, StateError):
        store.lease(cast("int", execution.id), execution.worker or new_worker(), 0.000_001)


def _is_dead(worker: str | None) -> bool:
    """Whether a worker of this machine is gone; workers elsewhere are believed to live until their lease ends."""
    if not worker:
        return True
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != os.uname().nodename or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
