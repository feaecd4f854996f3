"""A person's word: a run parks until somebody signs, and who signed what, when and why stays in the record."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from mainspring.core.artifacts import properties_of
from mainspring.core.clock import iso, now
from mainspring.core.digests import digest_json
from mainspring.core.errors import InputError, StateError
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, Kind, LinkKind, Value
from mainspring.pipelines import options
from mainspring.pipelines.options import Options
from mainspring.pipelines.recording import RUN, Recorder
from mainspring.pipelines.records import Records
from mainspring.pipelines.steps import Step
from mainspring.store.ports import BlobStore, Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a person decided.

    Attributes:
        ok: Yes or no.
        question: What was asked.
        by: Who answered.
        reason: In their words.
        at: When, RFC 3339 in UTC.
        subject: Digest of the question and of all the evidence: what exactly was signed.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Approval"

    ok: bool
    question: str
    by: str
    reason: str
    at: str
    subject: str

    def __bool__(self) -> bool:
        return self.ok

    def properties(self) -> Mapping[str, Value]:
        """All of it: an approval is searched by who, when and what."""
        return dataclasses.asdict(self)

    def save(self, folder: Path) -> None:
        """Write ``approval.json``."""
        text = json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False)
        (folder / "approval.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls(**json.loads((folder / "approval.json").read_text(encoding="utf-8")))


def _approval(*, question: str, evidence: object | None = None) -> Approval:
    raise StateError(f"{question!r} is answered by a person, not by code ({evidence!r})")


def approval(question: str, *, evidence: Sequence[Any] = ()) -> Any:
    """Ask a person. The run parks until ``mainspring approve`` (or ``--reject``); no process need stay alive.

    Use the answer as a condition: ``with when(approval("Release it?", evidence=[verdict, evaluation])): …``

    Args:
        question: What is to be decided.
        evidence: Outputs of steps that the decision rests on. The same question on the same evidence is asked
            once: a run that repeats it takes the answer that was given.
    """
    asked = Step(_approval, name="approval", options=Options(cache=False), kind=options.Kind.APPROVAL)
    return asked(question=question, evidence=list(evidence)) if evidence else asked(question=question)


def subject_of(pipeline: str, run: str, question: str, evidence: Sequence[Artifact]) -> str:
    """What is signed: the question and the content of the evidence; without evidence, the question in this run."""
    seen: list[str | None] = [one.digest for one in evidence] or [run]
    return digest_json([pipeline, question, seen])


def waiting(records: Records, run: str) -> Sequence[Execution]:
    """The questions of a run that nobody has answered."""
    return [one.execution for one in records.steps(run) if one.state is ExecutionState.WAITING]


def answer(
    records: Records,
    blobs: BlobStore,
    run: str,
    *,
    ok: bool,
    by: str,
    reason: str,
    node: str | None = None,
) -> Sequence[Approval]:
    """Answer the questions that a run waits for; the run can be resumed afterwards.

    Args:
        records: Where the run is.
        blobs: Where the approval is kept.
        run: The run's name.
        ok: Yes or no.
        by: Who answers.
        reason: Why; it is what an auditor will read.
        node: Answer only this question.

    Raises:
        InputError: If the name or the reason is empty.
        StateError: If the run waits for nobody, or somebody else answers at the same moment.
    """
    if not by.strip() or not reason.strip():
        raise InputError("an approval needs a name and a reason", fix='--by NAME --reason "…"')
    open_questions = [one for one in waiting(records, run) if node is None or one.properties.get("node") == node]
    if not open_questions:
        state = records.run(run).state
        signed = state is ExecutionState.WAITING and node is None
        raise StateError(
            f"run {run} waits for no approval" + (f" of {node!r}" if node else ""),
            where=f"its state is {state}",
            fix=f"it is signed; let it go on: mainspring resume {run}"
            if signed
            else f"look at it: mainspring show {run}",
        )
    return [_answer(records, blobs, one, ok=ok, by=by, reason=reason) for one in open_questions]


def _answer(records: Records, blobs: BlobStore, asked: Execution, *, ok: bool, by: str, reason: str) -> Approval:
    given = Approval(
        ok=ok,
        question=str(asked.custom["question"]),
        by=by,
        reason=reason,
        at=iso(now()),
        subject=str(asked.custom["subject"]),
    )
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        given.save(Path(folder))
        digest = blobs.put(Path(folder))
    artifact = Recorder(records.store).artifact(
        Approval.ARTIFACT_TYPE, properties_of(given), uri=f"blob:{digest}", digest=digest
    )
    context = cast(
        "Context",
        records.store.find(
            Kind.CONTEXT,
            "type = :type AND name = :name",
            {"type": RUN, "name": str(asked.properties["run"])},
        ).items[0],
    )
    # The transition is what only one of several who answer can win.
    ended = records.store.transition(cast("int", asked.id), ExecutionState.COMPLETE)
    edges = [
        Edge(LinkKind.OUTPUT, ended, artifact, "result"),
        Edge(LinkKind.ATTRIBUTION, artifact, context),
    ]
    records.store.publish([artifact], edges)
    return given
