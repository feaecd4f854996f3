"""What changed upstream, from the record and from the folders of servers."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.clock import now
from mainspring.core.records import Artifact, Execution, ExecutionState, Kind, LinkKind, NodeType, PropertyType
from mainspring.core.verdicts import Verdict
from mainspring.monitoring.alerts import AllCauses, Cause, RecordedCauses, ServedCauses
from mainspring.monitoring.alerts.causes import after_good_windows, scored
from mainspring.serving.deploying.archive import Archive, Event
from mainspring.serving.rollout import history
from mainspring.store import open_store
from mainspring.store.ports import Edge

HOUR = 3600.0
TEXT = PropertyType.STRING


def test_the_closer_and_the_more_direct_the_likelier():
    def score(kind, before):
        return scored(Cause(kind=kind, key="k", at=100 * HOUR - before, what=""), 100 * HOUR, HOUR).score

    assert score("deployment", 0) == 1.0
    assert score("deployment", -HOUR) == 1.0  # within the first bad window
    assert score("deployment", 6 * HOUR) == 0.5
    assert score("deployment", -2 * HOUR) == 0.0  # after it
    assert score("alias", 0) > score("data", 0) > score("run", 0)
    assert score("deployment", 6 * HOUR) > score("run", 0)


@pytest.fixture(params=["memory:", "sqlite"])
def record(request, tmp_path):
    opened = open_store(request.param if ":" in request.param else f"sqlite:///{tmp_path}/record.db")
    types = {
        "mainspring.Deployment": {"number": PropertyType.INT, "by": TEXT, "changes": TEXT, "commit": TEXT},
        "mainspring.AliasMove": dict.fromkeys(("model", "alias", "before", "after", "by"), TEXT),
        "mainspring.Registration": dict.fromkeys(("model", "version", "author"), TEXT),
        "mainspring.Run": {},
        "mainspring.Step": {},
        "mainspring.Rollout": {
            **dict.fromkeys(("model", "plan", "kind", "by"), TEXT),
            "number": PropertyType.INT,
            "versions": PropertyType.STRUCT,
            "at": PropertyType.DOUBLE,
        },
    }
    for name, properties in types.items():
        opened.put_type(NodeType(kind=Kind.EXECUTION, name=name, properties=properties))
    opened.put_type(
        NodeType(kind=Kind.ARTIFACT, name="mainspring.Examples", properties={"span": PropertyType.INT})
    )
    return opened


def event(kind, name=None, /, state=ExecutionState.COMPLETE, custom=None, **properties):
    return Execution(type=f"mainspring.{kind}", name=name, state=state, properties=properties, custom=custom or {})


def find(causes, model="census", since=None):
    return causes.find(model, "1", now() if since is None else since, lookback=24 * HOUR, window=HOUR)


def test_an_empty_record_knows_of_nothing():
    assert find(RecordedCauses(open_store("memory:"))) == ()


def test_deployments_aliases_versions_and_rollouts_of_the_model(record):
    record.publish(
        [
            event(
                "Deployment",
                number=7,
                by="ann",
                changes="census: 1.0.0 -> 1.1.0\nworkers: 2",
                commit="0123456789abcdef",
            ),
            event(
                "AliasMove",
                "census@production#3",
                model="census",
                alias="production",
                before="1.0.0",
                after="1.1.0",
                by="ann",
            ),
            event(
                "AliasMove", "taxi@production#1", model="taxi", alias="production", before="", after="9", by="x"
            ),
            event("Registration", "census#4", model="census", version="1.1.0", author="ben"),
            event(
                "Rollout",
                model="census",
                plan="p",
                kind="promoted",
                by="",
                number=2,
                versions={"stable": "2"},
                at=now() - 60,
            ),
            event("Rollout", model="census", plan="p", kind="held", by="", number=3, versions={}, at=now()),
        ]
    )
    found = find(RecordedCauses(record))
    assert [one.kind for one in found] == ["deployment", "rollout", "alias", "registration"]
    deployment, rollout, alias, _ = found
    assert "deployment 7 was accepted at" in deployment.what
    assert deployment.what.endswith("by ann: census: 1.0.0 -> 1.1.0, workers: 2 (commit 0123456789ab)")
    assert "the rollout of census promoted" in rollout.what
    assert "census@production was pointed at 1.1.0 instead of 1.0.0" in alias.what
    assert (alias.who, alias.execution is not None) == ("ann", True)
    assert [one.kind for one in find(RecordedCauses(record), "taxi")] == ["deployment", "alias"]
    renamed = RecordedCauses(record, names=lambda name: ("census",))
    assert [one.kind for one in find(renamed, "served")] == ["deployment", "rollout", "alias", "registration"]
    assert find(RecordedCauses(record), since=now() - 10 * HOUR) == ()


def test_code_and_data_of_runs(record):
    record.publish([event("Run", "run-1", custom={"commit": "a" * 40})])
    record.publish([event("Run", "run-2", custom={"commit": "b" * 40})])
    record.publish([event("Run", "run-3", ExecutionState.FAILED, custom={"commit": "c" * 40})])
    step, cached = event("Step"), event("Step", None, ExecutionState.CACHED)
    data = [Artifact(type="mainspring.Examples", properties={"span": span}) for span in (12, 11)]
    record.publish(
        [step, cached, *data],
        [Edge(LinkKind.OUTPUT, step, data[0], "examples"), Edge(LinkKind.OUTPUT, cached, data[1], "examples")],
    )
    found = {one.key: one for one in find(RecordedCauses(record))}
    assert set(found) == {"run:run-1", "run:run-2", f"code:{'b' * 40}", "data:12"}
    assert found["data:12"].what.startswith("span 12 of the data was read at")
    assert "run-2 was the first with commit bbbbbbbbbbbb" in found[f"code:{'b' * 40}"].what


def test_folders_of_servers_tell_of_deployments_and_rollouts(tmp_path):
    archive = Archive(tmp_path / "desired")
    archive.note(Event(at=990.0, what="applied", number=7, by="ann", changes=("census: 1 -> 2",)))
    archive.note(Event(at=995.0, what="drift", number=7))
    verdict = Verdict.of("rollout", []).as_dict()
    history.append(
        tmp_path / "rollouts" / "census",
        history.Event(
            number=1, time=999.0, model="census", kind="advanced", verdict=verdict, versions={"next": "2"}
        ),
    )
    history.append(
        tmp_path / "rollouts" / "taxi",
        history.Event(number=1, time=999.0, model="taxi", kind="advanced", verdict=verdict),
    )
    causes = ServedCauses(desired=tmp_path / "desired", rollouts=tmp_path / "rollouts")
    found = find(causes, since=1000.0)
    assert [one.key for one in found] == ["rollout:census::1", "deployment:7"]
    assert found[1].what == "deployment 7 was applied at 1970-01-01T00:16:30.000Z by ann: census: 1 -> 2"
    assert find(ServedCauses(desired=tmp_path / "none"), since=1000.0) == ()


def test_what_two_know_counts_once_and_the_record_tells_it(record, tmp_path):
    at = now()
    Archive(tmp_path / "desired").note(Event(at=at, what="accepted", number=7))
    record.publish([event("Deployment", number=7, by="ann", changes="", commit="")])
    both = AllCauses((RecordedCauses(record), ServedCauses(desired=tmp_path / "desired")))
    [found] = find(both)
    assert found.execution is not None


def test_what_good_windows_followed_explains_less() -> None:
    moved = Cause(kind="alias", key="alias", at=100.0, what="", score=0.8)
    deployed = Cause(kind="deployment", key="deployment", at=350.0, what="", score=0.6)
    found = after_good_windows([moved, deployed], np.array([0.0, 100.0, 200.0, 300.0]))
    assert [(one.key, one.score) for one in found] == [("deployment", 0.6), ("alias", 0.1)]
