"""Declared deployments: what files ask for, what became of it, and the revisions before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.deploying import deployments_of
from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.deploying.archive import Event
from mainspring.serving.deploying.deployments import Deployments, states_of
from mainspring.serving.deploying.difference import Difference, differences
from mainspring.serving.deploying.problems import DeclarationError, Problem
from mainspring.serving.deploying.revision import File, Pinned, Revision
from mainspring.serving.deploying.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One declared deployment.

    Attributes:
        name: Its name.
        file: The file that declares it.
        state: ``applied``, ``failed``, ``pending``, or ``waiting`` where no server follows.
        serving: The revision that is served of it; 0 for none.
        message: Why it is not as it should be; empty if it is.
        attempts: How often it was tried.
        models: What it asks for: the versions of each model.
    """

    name: str
    file: str
    state: str
    serving: int
    message: str
    attempts: int
    models: Mapping[str, Sequence[Pinned]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionBrief:
    """A revision in one line.

    Attributes:
        number: Its number.
        at: When it was accepted.
        by: Who brought it.
        cause: Why: ``deploy``, ``source``, ``alias`` or ``rollback``.
        reason: Why, in words.
        commit: The commit of its files, if they come from git.
        changes: What it changed, in lines.
        held: Whether its versions stay though aliases move.
        current: Whether it is the one that is wanted now.
    """

    number: int
    at: float
    by: str
    cause: str
    reason: str
    commit: str
    changes: Sequence[str]
    held: bool
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What deployment files ask for.

    Attributes:
        number: The revision that is wanted; 0 if nothing was deployed yet.
        follows: Whether a server follows.
        source: What it follows; empty for what ``mainspring deploy`` is told.
        ok: Whether everything is as wanted.
        parts: The deployments.
        drift: What aliases that moved since would change.
        problem: Why that cannot be said; empty if it can.
        status: What the server that follows says.
        revisions: The latest of them, the newest first.
    """

    number: int
    follows: bool
    source: str
    ok: bool
    parts: Sequence[Part]
    drift: Sequence[Difference]
    problem: str
    status: Status | None
    revisions: Sequence[RevisionBrief]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionShown:
    """A revision, and what is different of it.

    Attributes:
        revision: It.
        changed: What it changed, against the one before.
        back: What going back to it would change now.
        problem: Why that cannot be said; empty if it can.
    """

    revision: Revision
    changed: Sequence[Difference]
    back: Sequence[Difference]
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A deployment file that was looked at; nothing changed.

    Attributes:
        ok: Whether nothing is wrong with it.
        problems: What is, with the lines.
        differences: What it would change.
        said: In one sentence.
    """

    ok: bool
    problems: Sequence[Problem]
    differences: Sequence[Difference]
    said: str


@operation("deployments.declared", "GET", "/declarations", command="mainspring deploy status")
def declared(desk: Desk, *, drift: bool = True, limit: int = 30) -> Declared:
    """What deployment files ask for, what is served of it, and the revisions before.

    Args:
        drift: Whether to look at what aliases that moved would change.
    """
    kept = deployments_of(desk.platform)
    archive = kept.archive
    number, follows, status = archive.number, archive.followed, archive.status
    current = archive.current
    moved, problem = _drift(kept) if number and drift else ((), "")
    ok = status is not None and status.ok and follows and status.number == number
    return Declared(
        number=number,
        follows=follows,
        source=status.source if status is not None and follows else "",
        ok=ok,
        parts=[] if current is None else [_part(name, current, status, follows=follows) for name in current.files],
        drift=moved,
        problem=problem,
        status=status,
        revisions=_revisions(kept, limit),
    )


@operation("deployments.revisions", "GET", "/declarations/revisions", command="mainspring deploy history")
def revisions(desk: Desk, *, limit: int = 50) -> Sequence[RevisionBrief]:
    """The revisions that were accepted, the newest first."""
    return _revisions(deployments_of(desk.platform), limit)


@operation("deployments.revision", "GET", "/declarations/revisions/{number}")
def revision(desk: Desk, number: int) -> RevisionShown:
    """A revision: its files, the versions that they meant, what it changed, and what going back to it would.

    Args:
        number: Its number.
    """
    kept = deployments_of(desk.platform)
    found = kept.archive.revision(number)
    earlier = [one for one in kept.archive.numbers() if one < number]
    before = kept.archive.revision(max(earlier)) if earlier else None
    current = kept.archive.current
    try:
        checked = kept.check(list(found.files.values()), held=found.pins)
        now = {} if current is None else states_of(current)
        back, problem = differences(now, checked.states), "; ".join(map(str, checked.problems))
    except MainspringError as error:
        back, problem = (), str(error)
    changed = differences({} if before is None else states_of(before), states_of(found))
    return RevisionShown(
        revision=found,
        changed=[one for one in changed if one.kind != "unchanged"],
        back=[one for one in back if one.kind != "unchanged"],
        problem=problem,
    )


@operation("deployments.events", "GET", "/declarations/events", command="mainspring deploy history")
def events(desk: Desk, *, limit: int = 50) -> Sequence[Event]:
    """What was accepted or refused, by whom and why; what was served of it; and what was put right. The newest
    first.
    """
    return list(reversed(deployments_of(desk.platform).history()))[:limit]


@operation(
    "deployments.revert",
    "POST",
    "/declarations/revert",
    role=Role.APPROVER,
    command="mainspring deploy rollback {number}",
    done="Revision {number} is wanted",
)
def revert(desk: Desk, *, to: int | None = None, reason: str = "") -> RevisionBrief:
    """Have an earlier revision again, with the versions that it meant: the one before, or that of a number.

    Args:
        to: The number of the revision; the one before by default.
    """
    kept = deployments_of(desk.platform)
    made = kept.rollback(to, by=desk.caller.name, reason=reason)
    if made is None:
        raise InputError("that is what is wanted already", expected="another revision")
    return _brief(made, made.number)


@operation(
    "deployments.check",
    "POST",
    "/declarations/check",
    command="mainspring deploy check -f FILE",
    done="{said}",
    audited=False,
)
def check(desk: Desk, *, text: str, name: str = "pasted.yaml") -> CheckedFile:
    """Say all that is wrong with a deployment file, with its lines, and what it would change. Nothing changes.

    Args:
        text: The whole text of the deployment file.
    """
    kept = deployments_of(desk.platform)
    given = File(name=name, text=text, folder=str(desk.platform.settings.root))
    try:
        checked = kept.check([given], keep=True)
        problems: Sequence[Problem] = checked.problems
        found = () if problems else kept.diff(checked)
    except DeclarationError as error:
        problems, found = error.problems, ()
    changes = [one for one in found if one.kind != "unchanged"]
    first = f": {problems[0]}" if problems else ""
    wrong = f"{len(problems)} things are wrong" if len(problems) > 1 else "One thing is wrong"
    would = "it would change " + ", ".join(one.deployment for one in changes) if changes else "it changes nothing"
    return CheckedFile(
        ok=not problems,
        problems=problems,
        differences=changes,
        said=wrong + first if problems else f"In order; {would}",
    )


@operation(
    "deployments.deploy",
    "POST",
    "/declarations/revisions",
    role=Role.APPROVER,
    command="mainspring deploy -f FILE --reason {reason}",
    done="Revision {number} is wanted",
)
def deploy(desk: Desk, *, text: str, name: str = "pasted.yaml", reason: str = "") -> RevisionBrief:
    """Want what a deployment file says from now on; other deployments stay as they are.

    Args:
        text: The whole text of the deployment file.
    """
    given = File(name=name, text=text, folder=str(desk.platform.settings.root))
    made = deployments_of(desk.platform).deploy([given], by=desk.caller.name, reason=reason)
    if made is None:
        raise InputError("that is what is wanted already", expected="a file that changes something")
    return _brief(made, made.number)


def _part(name: str, current: Revision, status: Status | None, *, follows: bool) -> Part:
    standing = status.deployments.get(name) if status is not None and follows else None
    return Part(
        name=name,
        file=current.files[name].name,
        state="waiting" if standing is None else standing.state,
        serving=0 if standing is None else standing.serving,
        message="" if standing is None else standing.message,
        attempts=0 if standing is None else standing.attempts,
        models=current.pins.get(name, {}),
    )


def _drift(kept: Deployments) -> tuple[Sequence[Difference], str]:
    try:
        return [one for one in kept.diff() if one.kind != "unchanged"], ""
    except MainspringError as error:
        return (), str(error)


def _revisions(kept: Deployments, limit: int) -> Sequence[RevisionBrief]:
    current = kept.archive.number
    numbers = sorted(kept.archive.numbers(), reverse=True)[: max(1, limit)]
    return [_brief(kept.archive.revision(one), current) for one in numbers]


def _brief(found: Revision, current: int) -> RevisionBrief:
    return RevisionBrief(
        number=found.number,
        at=found.at,
        by=found.by,
        cause=found.cause,
        reason=found.reason,
        commit=found.commit,
        changes=found.changes,
        held=found.held,
        current=found.number == current,
    )
