"""What is counted of the nodes of graphs, in several processes, and under Seldon's names."""

from pathlib import Path

import pytest
from tests.unit.serving.telemetry.test_instruments import call

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases.seldon import seldon
from mainspring.serving.telemetry.instruments import Instruments
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.visit import Visit

VISITS = (
    Visit("clean", "clean", "2", seconds=0.001),
    Visit("inner/guess", "guess", "3", seconds=0.5, error="it was late"),
    Visit("choose", seconds=0.00001),
)


def test_every_node_that_a_request_was_at_is_counted_in_all_processes(tmp_path: Path) -> None:
    registries = [Registry(tmp_path), Registry(tmp_path)]
    for registry in registries:
        Instruments(registry)(call(visits=VISITS))
        Instruments(registry)(call())
    shown = registries[0].snapshot()
    found = {tuple(labels.values()): series for labels, series in shown.select(schema.GRAPH_NODE_SECONDS.name)}
    assert set(found) == {
        ("taxi", "clean", "clean", "2"),
        ("taxi", "inner/guess", "guess", "3"),
        ("taxi", "choose", "", ""),
    }
    assert [series.value for series in found.values()] == [2, 2, 2]
    assert found["taxi", "inner/guess", "guess", "3"].sum == pytest.approx(1.0)
    [(labels, failed)] = shown.select(schema.GRAPH_NODE_ERRORS.name)
    assert (labels["node"], failed.value) == ("inner/guess", 2)
    for registry in registries:
        registry.close()


def test_seldons_executor_asks_nodes_as_a_client() -> None:
    registry = Registry()
    Instruments(registry)(call(visits=VISITS))
    lines = [
        sample.labels
        for shown in seldon(registry.snapshot())
        if shown.name == "seldon_api_executor_client_requests_seconds"
        for sample in shown.samples
        if sample.suffix == "_count"
    ]
    assert any('model_name="clean"' in one and 'deployment_name="taxi"' in one for one in lines)
    assert any('model_name="inner/guess"' in one for one in lines)
