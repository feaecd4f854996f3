from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.picture import Stand, kind_of, mermaid, svg

NESTED = {
    "nodes": {
        "clean": {"model": "clean", "method": "transform_input"},
        "odd": {"model": "odd", "reads": "clean", "soft": True, "timeout": 0.2},
        "old": {"model": "spam:1.0.0", "reads": {"text": "clean.output"}},
        "new": {
            "reads": "clean",
            "graph": {"nodes": {"guess": {"model": "guess"}, "tidy": {"model": "tidy", "reads": "guess"}}},
        },
        "choose": {"split": {"old": 3, "new": 1}, "after": ["odd"]},
        "out": {"combine": "vote", "reads": ["choose", "old"]},
    },
    "answers": "out",
    "also": ["odd"],
}


def graph(plain: Any) -> Graph:
    return msgspec.convert(plain, Graph)


def test_a_graph_is_drawn_with_its_kinds_tensors_and_shares() -> None:
    drawn = svg(graph(NESTED), title="Spam")
    root = ElementTree.fromstring(drawn)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"clean", "transformer", "new/guess", "choose", "splitter", "out", "vote", "tags"} <= set(words)
    assert "75 %" in words
    assert "25 %" in words
    assert "output → text" in words
    assert 'class="box perhaps"' in drawn
    assert 'class="edge dashed"' in drawn
    assert drawn == svg(graph(NESTED), title="Spam")


def test_how_nodes_stand_is_shown() -> None:
    drawn = svg(
        graph(NESTED), title="Spam", stands={"clean": Stand("1.2.0"), "odd": Stand("1", "its process died")}
    )
    assert "transformer · 1.2.0" in drawn
    assert 'class="failed"' in drawn


def test_the_answer_of_a_router_comes_from_its_branches() -> None:
    text = mermaid(graph(NESTED))
    ids = {line.split('"')[1].partition(" ")[0]: line.split()[0][:2] for line in text.splitlines() if '["' in line}
    ids |= {line.split('"')[1].partition(" ")[0]: line.split()[0][:2] for line in text.splitlines() if '"' in line}
    assert f"{ids['new/tidy']} --> {ids['out']}" in text
    assert f"{ids['old']} --> {ids['out']}" in text
    assert f"{ids['choose']} --> {ids['out']}" not in text
    assert f'{ids["choose"]} -->|"75 %"| {ids["old"]}' in text
    assert f"{ids['odd']} -.-> {ids['choose']}" in text


def test_a_switch_says_its_conditions_and_quotes_them_for_mermaid() -> None:
    nodes = {
        "dear": {"model": "dear"},
        "cheap": {"model": "cheap"},
        "which": {"switch": [{"to": "dear", "when": 'kind == "a" and price > 1000'}, {"to": "cheap"}]},
    }
    text = mermaid(graph({"nodes": nodes}))
    assert '-->|"kind == #34;a#34; and price > 1000"|' in text
    assert '|"else"|' in text


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"model": "a"}, "model"),
        ({"model": "a", "method": "transform_output"}, "output transformer"),
        ({"model": "a", "method": "route", "branches": ["b"]}, "router"),
        ({"model": "a", "method": "aggregate"}, "combiner"),
        ({"url": "http://a/v2/models/b"}, "other server"),
        ({"combine": "first"}, "combiner"),
        ({"split": {"a": 1}}, "splitter"),
        ({"switch": [{"to": "a"}]}, "switch"),
        ({}, "model"),
    ],
)
def test_every_node_has_a_kind(node: Any, kind: str) -> None:
    assert kind_of(graph({"nodes": {"x": node}}).nodes["x"]) == kind


def test_a_graph_that_is_wrong_is_drawn_all_the_same() -> None:
    wrong = {
        "nodes": {"a": {"split": {"b": 1, "c": 0}}, "b": {"switch": [{"to": "a"}], "reads": ["d", "request"]}}
    }
    assert "splitter" in svg(graph(wrong), title="Wrong")
    assert "flowchart" in mermaid(graph(wrong))
