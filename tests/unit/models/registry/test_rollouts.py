"""What servers decided about versions, in the record, beside the versions that it is about."""

from __future__ import annotations

import pytest

from mainspring.core.records import Kind, LinkKind
from mainspring.core.verdicts import Reason, Verdict
from mainspring.models.registry import Registry, RolloutDecision, RolloutLedger

VERDICT = Verdict.of(
    "rollout",
    [Reason(ok=False, code="WORSE", message="accuracy is 0.5 against 1", subject="accuracy", observed=0.5)],
    {"arms": [{"arm": "next", "requests": 52}]},
)


def decision(number: int, **more: object) -> RolloutDecision:
    told = {
        "model": "taxi",
        "plan": "a1",
        "kind": "rolled_back",
        "arm": "next",
        "versions": {"stable": "1.0.0", "next": "1.0.1", "file": "7"},
        "at": 3.5,
        **more,
    }
    return RolloutDecision(number=number, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("registered", [True, False])
def test_a_decision_is_kept_once_with_its_verdict(opened, bare, registered):  # type: ignore[no-untyped-def]
    record, blobs = opened()
    if registered:
        registry = Registry(record, blobs)
        versions = [registry.register(bare(number), name="taxi") for number in (0, 1)]
    ledger = RolloutLedger(record, blobs)
    assert ledger.write(decision(1), VERDICT)
    assert not ledger.write(decision(1), VERDICT)
    assert ledger.write(decision(2, kind="promoted"), VERDICT)
    assert RolloutLedger(*opened()).history("taxi") == [
        (decision(1), VERDICT),
        (decision(2, kind="promoted"), VERDICT),
    ]
    found = record.find(Kind.EXECUTION, "type = :type", {"type": "mainspring.Rollout"}).items[0]
    links = record.links(Kind.EXECUTION, [found.id])
    inputs = [link.source for link in links if link.kind is LinkKind.INPUT]
    if registered:
        digests = [one.digest for one in record.get(Kind.ARTIFACT, inputs)]
        assert digests == [version.digest for version in versions]
    else:
        assert not inputs
        assert list(Registry(record, blobs).models()) == []
