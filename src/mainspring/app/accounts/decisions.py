"""What else the record knows that somebody decided: in a terminal, in a pipeline, by a server that rolls out."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

from mainspring.core.records import Artifact, Execution, Kind, LinkKind, Node, Value
from mainspring.models.registry.ledger import ALIAS_MOVE, BLESSING, DECISION, ROLLOUT
from mainspring.monitoring.alerts.ledger import ALERT
from mainspring.pipelines.approvals import Approval
from mainspring.store.ports import MetadataStore

DEPLOYMENT: Final = "mainspring.Deployment"
_BY_ONE_WHO_PROMOTES: Final = "promote"
"""A promotion is a decision and a move of an alias, written at once; the move tells all of it."""

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Something that somebody decided, as the record has it.

    Attributes:
        source: ``execution`` or ``artifact``: what it is in the record.
        id: Its number there.
        at: When, in seconds since the epoch.
        by: Who, as they said; empty for a program.
        what: What was decided, such as ``alias.rollback`` or ``approval.yes``.
        about: What it is about, such as ``census:1.2.0``.
        words: What was done, and why.
        path: The page of what it is about.
        given: What it says, one by one.
    """

    source: str
    id: int
    at: float
    by: str
    what: str
    about: str
    words: str
    path: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which decisions are looked for.

    Attributes:
        by: Who decided.
        text: What is in it, in small letters.
        since: From when on, in seconds since the epoch.
        until: Up to when.
    """

    by: str = ""
    text: str = ""
    since: float | None = None
    until: float | None = None

    def fits(self, one: Decided) -> bool:
        """Whether a decision is looked for, by what the record does not filter by."""
        if self.text and self.text not in f"{one.by} {one.what} {one.about} {one.words}".lower():
            return False
        return not self.by or one.by == self.by

    def times(self) -> tuple[str, dict[str, Value]]:
        """The filter of the record for the time."""
        where, values = "", {}
        if self.since is not None:
            where, values = " AND created_at >= :since", {"since": self.since}
        if self.until is not None:
            where, values = f"{where} AND created_at < :until", {**values, "until": self.until}
        return where, cast("dict[str, Value]", values)


def executions_before(
    record: MetadataStore,
    sought: Sought,
    before: int | None,
    limit: int,
    keep: Callable[[Decided], bool] = lambda _: True,
) -> list[Decided]:
    """Decisions that are executions (promotions, rollbacks, blessings, rollouts, deployments, alerts).

    Each type is read by its own index and put together by number: the trail has far more executions than these.

    Args:
        record: The record.
        sought: Which.
        before: Only those with a lower number.
        limit: The most; the newest come first.
        keep: Says of each whether it is wanted.
    """
    ways = [_newest(record, Kind.EXECUTION, name, sought, before, limit) for name in _READERS]
    merged = heapq.merge(*ways, key=lambda node: -cast("int", node.id))
    read = (_READERS[node.type](cast("Execution", node)) for node in merged)
    fitting = (one for one in read if one is not None and sought.fits(one) and keep(one))
    return list(islice(fitting, limit))


def approvals_before(
    record: MetadataStore,
    sought: Sought,
    before: int | None,
    limit: int,
    keep: Callable[[Decided], bool] = lambda _: True,
) -> list[Decided]:
    """What people said when a run asked them, the newest first; arguments as above."""
    nodes = _newest(record, Kind.ARTIFACT, Approval.ARTIFACT_TYPE, sought, before, limit)
    read = (_approval(cast("Artifact", node)) for node in nodes)
    found = list(islice((one for one in read if sought.fits(one) and keep(one)), limit))
    runs = _runs_of(record, [one.id for one in found])
    return [_with_run(one, runs.get(one.id, "")) for one in found]


def _newest(
    record: MetadataStore, kind: Kind, name: str, sought: Sought, before: int | None, limit: int
) -> Iterator[Node]:
    where, values = sought.times()
    where, values = f"type = :type{where}", {**values, "type": name}
    if before is not None:
        where, values = f"{where} AND id < :before", {**values, "before": before}
    page: str | None = None
    while True:
        part = record.find(kind, where, values, descending=True, limit=min(limit, _CHUNK), page=page)
        yield from part.items
        page = part.next
        if page is None:
            return


def _runs_of(record: MetadataStore, approvals: Sequence[int]) -> dict[int, str]:
    """The runs that asked, by the artifact of the answer."""
    if not approvals:
        return {}
    made = {
        one.target: one.source for one in record.links(Kind.ARTIFACT, approvals) if one.kind is LinkKind.OUTPUT
    }
    steps = {one.id: one for one in record.get(Kind.EXECUTION, sorted(set(made.values())))} if made else {}
    return {
        artifact: str(steps[step].properties.get("run", "")) for artifact, step in made.items() if step in steps
    }


def _with_run(one: Decided, run: str) -> Decided:
    return Decided(
        source=one.source,
        id=one.id,
        at=one.at,
        by=one.by,
        what=one.what,
        about=run or one.about,
        words=one.words,
        path=f"/runs/{run}" if run else f"/lineage/{one.id}",
        given=one.given,
    )


def _approval(node: Artifact) -> Decided:
    told: Any = node.properties
    words = f"{told['question']} {'Yes' if told['ok'] else 'No'}: {told['reason']}"
    return _decided(node, "artifact", told["by"], "approval.yes" if told["ok"] else "approval.no", "", words, "")


def _move(node: Execution) -> Decided:
    told: Any = node.properties
    before = f"{told['before']} → " if told["before"] else ""
    verb = "rolled back" if told["action"] == "rollback" else "moved"
    words = f"{told['alias']} {verb}: {before}{told['after']}" + (f". {told['reason']}" if told["reason"] else "")
    about = f"{told['model']}@{told['alias']}"
    return _decided(
        node, "execution", told["by"], f"alias.{told['action']}", about, words, f"/models/{told['model']}"
    )


def _decision(node: Execution) -> Decided | None:
    told: Any = node.properties
    if told["verb"] == _BY_ONE_WHO_PROMOTES:
        return None
    words = {"sign": "signed", "reject": "rejected", "refuse": "refused"}.get(told["verb"], told["verb"])
    role = f" as {told['role']}" if told["role"] else ""
    place = f" for {told['environment']}" if told["environment"] else ""
    missing = f" (missing: {'; '.join(told['missing'])})" if told.get("missing") else ""
    text = f"{words}{role}{place}{missing}" + (f". {told['comment']}" if told["comment"] else "")
    return _version(node, told["by"], f"version.{told['verb']}", told, text)


def _blessing(node: Execution) -> Decided:
    told: Any = node.properties
    text = f"{'blessed' if told['ok'] else 'not blessed any more'}. {told['reason']}"
    return _version(node, told["by"], "version.bless" if told["ok"] else "version.unbless", told, text)


def _version(node: Execution, by: str, what: str, told: Any, words: str) -> Decided:
    about = f"{told['model']}:{told['version']}"
    path = f"/models/{told['model']}/versions/{told['version']}"
    return _decided(node, "execution", by, what, about, words, path)


def _rollout(node: Execution) -> Decided:
    told: Any = node.properties
    arms = ", ".join(f"{arm} {version}" for arm, version in (told.get("versions") or {}).items())
    words = f"{told['kind'].replace('_', ' ')} {told['arm']}".strip() + (f": {arms}" if arms else "")
    path = f"/deployments/{told['model']}"
    return _decided(node, "execution", told["by"], f"rollout.{told['kind']}", told["model"], words, path)


def _deployment(node: Execution) -> Decided:
    told: Any = node.properties
    changes = str(told.get("changes") or "files accepted").splitlines()
    more = f" and {len(changes) - 1} more lines" if len(changes) > 1 else ""
    words = f"{changes[0]}{more}" + (f". {told['reason']}" if told.get("reason") else "")
    by = str(told.get("by") or told.get("cause") or "")
    return _decided(node, "execution", by, "deployment.accepted", "deployments", words, "/deployments")


def _alert(node: Execution) -> Decided | None:
    told: Any = node.properties
    if not told.get("by"):
        return None  # the watch itself; nobody decided anything
    words = f"{told.get('what', '')}. {told.get('why', '')}".strip(". ")
    path = f"/monitoring/alerts/{told['alert']}" if told.get("alert") else "/monitoring/alerts"
    about = str(told.get("model") or "alerts")
    return _decided(node, "execution", told["by"], f"alert.{told.get('what', '')}", about, words, path)


def _decided(
    node: Artifact | Execution, source: str, by: str, what: str, about: str, words: str, path: str
) -> Decided:
    return Decided(
        source=source,
        id=cast("int", node.id),
        at=node.created_at,
        by=str(by),
        what=what,
        about=about,
        words=words,
        path=path,
        given=dict(node.properties),
    )


_READERS: Final[Mapping[str, Callable[[Execution], Decided | None]]] = {
    ALIAS_MOVE: _move,
    DECISION: _decision,
    BLESSING: _blessing,
    ROLLOUT: _rollout,
    DEPLOYMENT: _deployment,
    ALERT: _alert,
}
