"""What a pipeline did the last time: read at once, because nearly every step asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from mainspring.core.records import Artifact, Execution
from mainspring.pipelines.records import Records, StepRecord


class Precedents:
    """The steps of a pipeline's run before the one in motion, and what they gave.

    Args:
        records: Where runs are.
        run: The run in motion.
        pipeline: Its pipeline.
    """

    def __init__(self, records: Records, run: Execution, pipeline: str) -> None:
        self._records = records
        self._run = run
        self._pipeline = pipeline
        self._elsewhere: dict[str, StepRecord | None] = {}

    def step(self, node: str) -> StepRecord | None:
        """The execution of a node in the run before, or else the latest one that ended well in any run."""
        if node in self._steps:
            return self._steps[node]
        if node not in self._elsewhere:
            first = self._run_before is None
            self._elsewhere[node] = None if first else self._records.previous(self._pipeline, node)
        return self._elsewhere[node]

    def outputs(self, execution: int) -> Mapping[str, Sequence[Artifact]]:
        """What an execution made, by output."""
        if execution in self._outputs:
            return self._outputs[execution]
        return self._records.outputs([execution])[execution]

    @cached_property
    def _run_before(self) -> Execution | None:
        found = self._records.runs(pipeline=self._pipeline, limit=1, before=self._run.id)
        return found[0] if found else None

    @cached_property
    def _steps(self) -> Mapping[str, StepRecord]:
        if self._run_before is None:
            return {}
        return {one.node: one for one in self._records.steps(str(self._run_before.name)) if one.good}

    @cached_property
    def _outputs(self) -> Mapping[int, Mapping[str, Sequence[Artifact]]]:
        return self._records.outputs([one.original for one in self._steps.values()])
