"""What is kept beside a version: its explainer."""

from __future__ import annotations

import pytest

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Direction, Kind
from mainspring.data import Table
from mainspring.evaluation.explanation import fit_explainer

TABLE = Table.from_columns({"fare": [1.0, 2.0, 3.0], "city": ["Bern", "Rome", None]})


def test_an_explainer_goes_with_its_version(registry, bare):
    explainer = fit_explainer(TABLE, method="anchors")
    with_one = registry.register(bare(1), name="taxi", author="ann", explainer=explainer)
    without = registry.register(bare(2), name="taxi")
    assert registry.explainer(with_one) == explainer
    with pytest.raises(NotFoundError, match=r"taxi:1\.0\.1 has no explainer"):
        registry.explainer(without)
    with pytest.raises(NotFoundError):
        registry.accompany("taxi", "9.0.0", explainer, by="ann")


def test_the_newest_one_counts_and_the_same_one_changes_nothing(registry, bare):
    first, second = (fit_explainer(TABLE, method="anchors", seed=seed) for seed in (0, 1))
    version = registry.register(bare(1), name="taxi", explainer=first)
    assert registry.accompany("taxi", version.version, first, by="ann") == registry.companion(
        version, "mainspring.Explainer"
    )
    events = "type = 'mainspring.Companion'"
    record = registry._ledger.record
    assert len(record.find(Kind.EXECUTION, events).items) == 1
    registry.register(bare(1), name="taxi", explainer=second)
    assert registry.explainer(version) == second
    assert len(record.find(Kind.EXECUTION, events).items) == 2


def test_the_lineage_links_it_to_the_package(registry, bare):
    explainer = fit_explainer(TABLE, method="anchors")
    version = registry.register(bare(1), name="taxi", explainer=explainer)
    record = registry._ledger.record
    [kept] = record.find(Kind.ARTIFACT, "type = 'mainspring.Explainer'").items
    assert kept.properties["methods"] == "anchors"
    assert kept.digest == registry.companion(version, "mainspring.Explainer")
    below = record.lineage(Kind.ARTIFACT, [kept.id], direction=Direction.DOWN)
    [event] = [node for (kind, _), node in below.nodes.items() if kind is Kind.EXECUTION]
    assert event.properties["version"] == "1.0.0"
    above = record.lineage(Kind.EXECUTION, [event.id], direction=Direction.UP)
    types = {node.type for (kind, _), node in above.nodes.items() if kind is Kind.ARTIFACT}
    assert types == {"mainspring.Explainer", "mainspring.Package"}
