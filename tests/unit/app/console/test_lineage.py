"""The lineage explorer: what is shown of a record whose every link is known, and how it is told."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.core.records import (
    Artifact,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.store.ports import Edge

Using = Callable[..., Any]

# Two runs on one file: the second trains on from the first's model, and its ingest came from the cache.
#
#   file ── ingest ── examples ─┬─ train(one) ── model1 ── register(one) ── version1
#     └──── ingest (cached)     └─ train(two) ── model2 ── register(two) ── version2
#                                  model1 ───┘
#   code, and the constant 0.1, go into every train; copy has the bytes of file, and nothing came of it


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


class World:
    """The project, and the ids of its artifacts and executions by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "mainspring.toml").write_text('[project]\nname = "known"\n')
        self.nodes: dict[str, Artifact | Execution] = {}
        self.edges: list[Edge] = []
        with platform.open(folder) as opened:
            record = opened.store.record
            text = PropertyType.STRING
            for name in ("File", "Code", "Examples", "Model", "ModelVersion"):
                record.put_type(
                    NodeType(
                        kind=Kind.ARTIFACT, name=f"mainspring.{name}", properties={"name": text, "version": text}
                    )
                )
            record.put_type(
                NodeType(kind=Kind.ARTIFACT, name="mainspring.Json", properties={"value": PropertyType.DOUBLE})
            )
            record.put_type(
                NodeType(
                    kind=Kind.EXECUTION,
                    name="mainspring.Step",
                    properties=dict.fromkeys(("node", "run", "pipeline"), text),
                )
            )
            self._fill()
            stored = record.publish(list(self.nodes.values()), self.edges)
            self.ids = {name: one.id for name, one in zip(self.nodes, stored, strict=True)}

    def _fill(self) -> None:
        self._artifact("file", "File", "a", uri="/data/people.csv", name="people.csv")
        self._artifact("copy", "File", "a", uri="/data/again.csv", name="again.csv")
        self._artifact("code", "Code", "b")
        self._artifact("rate", "Json", "c", value=0.1)
        self._artifact("examples", "Examples", "d")
        self._artifact("model1", "Model", "e")
        self._artifact("model2", "Model", "f")
        self._artifact("version1", "ModelVersion", "1", name="people", version="1.0.0")
        self._artifact("version2", "ModelVersion", "2", name="people", version="1.1.0")
        self._step("ingest", "one", {"source": "file", "code": "code"}, "examples")
        self._step("ingest", "two", {"source": "file", "code": "code"}, None, ExecutionState.CACHED)
        for run, before in (("one", {}), ("two", {"warm": "model1"})):
            number = {"one": "1", "two": "2"}[run]
            inputs = {"examples": "examples", "code": "code", "rate": "rate", **before}
            self._step("train", run, inputs, f"model{number}")
            self._step("register", run, {"model": f"model{number}"}, f"version{number}")

    def _artifact(self, known_as: str, kind: str, letter: str, uri: str = "", **properties: Any) -> None:
        where = uri or f"blob:{digest(letter)}"
        self.nodes[known_as] = Artifact(
            type=f"mainspring.{kind}", uri=where, digest=digest(letter), properties=properties
        )

    def _step(
        self,
        node: str,
        run: str,
        inputs: dict[str, str],
        output: str | None,
        state: ExecutionState = ExecutionState.COMPLETE,
    ) -> None:
        made = Execution(
            type="mainspring.Step",
            state=state,
            properties={"node": node, "run": run, "pipeline": "people"},
            custom={"parameters": {"depth": 6}},
        )
        self.nodes[f"{node}-{run}"] = made
        self.edges += [Edge(LinkKind.INPUT, self.nodes[one], made, name) for name, one in inputs.items()]
        if output:
            self.edges.append(Edge(LinkKind.OUTPUT, made, self.nodes[output], "result"))

    def at(self, name: str) -> str:
        kind = "artifact" if isinstance(self.nodes[name], Artifact) else "execution"
        return f"{kind}:{self.ids[name]}"

    def names(self, boxes: list[dict[str, Any]]) -> set[str]:
        known = {self.at(name): name for name in self.nodes}
        return {known.get(box["id"], box["id"]) for box in boxes}

    def arrows(self, graph: dict[str, Any]) -> set[tuple[str, str]]:
        known = {self.at(name): name for name in self.nodes}
        return {
            (known.get(one["source"], one["source"]), known.get(one["target"], one["target"]))
            for one in graph["arrows"]
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("lineage") / "known")


def test_artifacts_are_boxes_and_steps_are_arrows(world: World, using: Using) -> None:
    used = using(world.folder)
    graph = used.get(f"/lineage/{world.at('file')}")
    assert world.names(graph["boxes"]) == {"file", "examples", "model1", "model2", "version1", "version2"}
    assert world.arrows(graph) == {
        ("file", "examples"),
        ("examples", "model1"),
        ("examples", "model2"),
        ("model1", "model2"),
        ("model1", "version1"),
        ("model2", "version2"),
    }
    labels = {(one["source"], one["target"]): one["label"] for one in graph["arrows"]}
    assert labels[world.at("file"), world.at("examples")] == "ingest"
    assert graph["hidden"] == {"cached": 1}
    assert graph["total"] == 12


def test_code_constants_and_cached_steps_are_shown_if_asked_for(world: World, using: Using) -> None:
    used = using(world.folder)
    plain = used.get(f"/lineage/{world.at('model1')}", way="up")
    assert world.names(plain["boxes"]) == {"file", "examples", "model1"}
    assert plain["hidden"] == {"code": 1, "constants": 1}
    whole = used.get(f"/lineage/{world.at('model1')}", way="up", code=True, constants=True)
    assert world.names(whole["boxes"]) == {"file", "examples", "model1", "code", "rate"}
    cached = used.get(f"/lineage/{world.at('file')}", view="all", cached=True)
    assert "ingest-two" in world.names(cached["boxes"])


def test_ways_depths_and_views(world: World, using: Using) -> None:
    used = using(world.folder)

    def names(at: str, **query: Any) -> set[str]:
        return world.names(used.get(f"/lineage/{world.at(at)}", **query)["boxes"])

    assert names("model1", way="up", hops=1) == {"model1", "examples"}
    assert names("model1", way="down", hops=1) == {"model1", "model2", "version1"}
    assert names("model1", way="down", hops=1, view="all") == {
        *("model1", "model2", "version1", "train-two", "register-one")
    }
    steps = used.get(f"/lineage/{world.at('train-one')}", view="steps")
    assert world.names(steps["boxes"]) == {"ingest-one", "train-one", "train-two", "register-one", "register-two"}
    assert ("train-one", "train-two") in world.arrows(steps)
    runs = used.get(f"/lineage/{world.at('file')}", view="runs")
    assert world.names(runs["boxes"]) == {"file", "run:one", "run:two"}
    assert ("run:one", "run:two") in world.arrows(runs)
    kinds = used.get(f"/lineage/{world.at('file')}", view="types")
    detail = {box["label"]: box["detail"] for box in kinds["boxes"]}
    assert detail["Model"] == "2 artifacts"
    assert {(one["source"].partition(".")[2], one["target"].partition(".")[2]) for one in kinds["arrows"]} == {
        *(("File", "Examples"), ("Examples", "Model"), ("Model", "ModelVersion"))
    }
    steps_of_all = used.get(f"/lineage/{world.at('file')}", view="pipeline")
    assert {"step:ingest", "step:train", "step:register"} < world.names(steps_of_all["boxes"])


def test_what_filters_hide_is_passed_by_broken_arrows(world: World, using: Using) -> None:
    used = using(world.folder)
    graph = used.get(f"/lineage/{world.at('file')}", types="ModelVersion")
    assert world.names(graph["boxes"]) == {"file", "version1", "version2"}
    assert world.arrows(graph) == {("file", "version1"), ("file", "version2")}
    assert all(one["through"] for one in graph["arrows"])
    only = used.get(f"/lineage/{world.at('file')}", runs="two")
    assert world.names(only["boxes"]) == {"file", "model2", "version2"}


def test_ways_between_two_things(world: World, using: Using) -> None:
    used = using(world.folder)

    def ways(one: str, other: str) -> dict[str, Any]:
        found: dict[str, Any] = used.get(f"/lineage/path/{world.at(one)}/{world.at(other)}")
        return found

    down = ways("examples", "version2")
    assert (down["relation"], down["count"]) == ("down", 1)
    assert [world.names([box]).pop() for box in down["ways"][0]] == [
        *("examples", "train-two", "model2", "register-two", "version2")
    ]
    words = f"Examples ({'d' * 10}) was used by train, which made Model ({'f' * 10}), used by register, which made"
    assert down["words"] == [f"{words} ModelVersion (people 1.1.0)."]
    assert ways("version2", "examples")["relation"] == "up"
    assert ways("file", "file")["relation"] == "same"
    related = ways("version1", "version2")
    assert related["relation"] == "related"
    assert world.names(related["shared"]) == {"model1"}
    assert ways("copy", "version1")["relation"] == "none"
    assert ways("code", "rate")["relation"] == "none"


def test_all_shortest_ways_are_counted() -> None:
    """Three diamonds in a row have two ways each."""
    from mainspring.app.api.subjects.lineage.walking import Walk
    from mainspring.app.api.subjects.lineage.ways import shortest

    links = []
    for start in (0, 3, 6):
        links += [(start, start + 1), (start, start + 2), (start + 1, start + 3), (start + 2, start + 3)]
    nodes = [Artifact(type="Thing", id=number + 1) for number in range(10)]
    walk = Walk(nodes=nodes, links=[(one, other, "") for one, other in links])
    count, found = shortest(walk, "artifact:1", "artifact:10")
    assert count == 8
    assert len(found) == len({tuple(box.id for box in way) for way in found}) == 8
    assert all(len(way) == 7 for way in found)


def test_uses_and_origins(world: World, using: Using) -> None:
    used = using(world.folder)
    uses = used.get(f"/lineage/{world.at('examples')}/used-by")
    assert {(one["step"]["run"], one["name"]) for one in uses} == {("one", "examples"), ("two", "examples")}
    assert world.names([box for one in uses for box in one["things"]]) == {"model1", "model2"}
    assert {one["page"] for one in uses} == {"/runs/one/steps/train", "/runs/two/steps/train"}
    origins = used.get(f"/lineage/{world.at('model2')}/origins")
    assert len(origins) == 1
    assert world.names(origins[0]["things"]) == {"examples", "code", "rate", "model1"}
    assert used.get(f"/lineage/{world.at('file')}/origins") == []


def test_in_which_models_data_is_counts_everything_with_the_same_bytes(world: World, using: Using) -> None:
    used = using(world.folder)
    for name in ("file", "copy"):
        found = used.get(f"/lineage/{world.at(name)}/models")
        assert [(one["model"], one["version"]) for one in found] == [("people", "1.0.0"), ("people", "1.1.0")]
        assert [one["distance"] for one in found] == [3, 3]
    assert found[0]["page"] == "/models/people/versions/1.0.0"
    alone = used.get(f"/lineage/{world.at('version2')}/models")
    assert [one["version"] for one in alone] == ["1.1.0"]
    refused = used.get(f"/lineage/{world.at('train-one')}/models", status=400)
    assert "no artifact" in refused["error"]["found"]


def test_facts_of_artifacts_and_executions(world: World, using: Using) -> None:
    used = using(world.folder)
    facts = used.get(f"/artifacts/{world.ids['model2']}")
    assert facts["maker"]["step"]["label"] == "train"
    assert facts["maker"]["parameters"] == {"depth": 6}
    assert facts["used"] == 1
    assert facts["command"] == f"mainspring lineage artifact:{world.ids['model2']}"
    assert used.get(f"/artifacts/{world.ids['file']}")["same"] == [world.ids["copy"]]
    event = used.get(f"/executions/{world.ids['train-two']}")
    assert {name for name, _ in event["inputs"]} == {"examples", "code", "rate", "warm"}
    assert [box["id"] for _, box in event["outputs"]] == [world.at("model2")]
    assert used.get("/artifacts/4711", status=404)["error"]["found"] == "there is no artifact 4711"


def test_listing_and_finding(world: World, using: Using) -> None:
    used = using(world.folder)

    def listed(**query: Any) -> set[str]:
        return world.names(used.get("/artifacts", **query))

    assert listed(type_name="Model") == {"model1", "model2"}
    assert listed(text="modelv") == {"version1", "version2"}
    assert listed(text="people.csv") == {"file"}
    assert listed(text="e" * 12) == {"model1"}
    assert listed(text=world.at("rate")) == {"rate"}
    assert len(used.get("/artifacts", limit=2)) == 2
    hits = used.get("/search", text="people.csv")["hits"]
    assert f"/lineage/{world.ids['file']}" in {hit["path"] for hit in hits}
    hits = used.get("/search", text=world.at("train-one"))["hits"]
    assert f"/lineage?execution={world.ids['train-one']}" in {hit["path"] for hit in hits}


def test_exports(world: World, using: Using) -> None:
    used = using(world.folder)

    def text(form: str, **query: Any) -> str:
        return str(used.get(f"/lineage/{world.at('file')}/export", form=form, **query)["text"])

    rows = list(csv.DictReader(io.StringIO(text("csv"))))
    assert {(row["source_name"], row["link"]) for row in rows} >= {("File people.csv", "ingest")}
    assert len(json.loads(text("json"))["boxes"]) == 6
    assert text("dot").count(" -> ") == 6
    assert text("mermaid").startswith("flowchart TB\n")
    assert text("mermaid").count("-->") == 6
    prov = json.loads(text("prov"))
    assert (len(prov["entity"]), len(prov["activity"])) == (6, 6)
    assert (len(prov["used"]), len(prov["wasGeneratedBy"])) == (7, 5)


def test_openlineage_events_are_as_the_specification_says(world: World, using: Using) -> None:
    used = using(world.folder)
    path = f"/lineage/{world.at('file')}/export"
    events = json.loads(used.get(path, form="openlineage")["text"])
    assert len(events) == 6
    for event in events:
        assert {"eventTime", "producer", "schemaURL", "run", "job"} <= set(event)
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event["run"]["runId"])
        assert event["eventType"] in {"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"}
    train = [event for event in events if event["job"]["name"] == "people.train"]
    assert [len(one["outputs"]) for one in train] == [1, 1]
    assert train[0]["outputs"][0]["facets"]["version"]["datasetVersion"] == digest("e")
    ingest = next(event for event in events if event["job"]["name"] == "people.ingest")
    assert ingest["inputs"][0]["namespace"] == "file"
    assert ingest["inputs"][0]["name"] == "/data/people.csv"
    parents = {event["run"]["facets"]["parent"]["run"]["runId"] for event in events}
    assert len(parents) == 2


def test_spreadsheets_are_not_given_formulas() -> None:
    from mainspring.app.api.subjects.lineage.exporting import _as_csv
    from mainspring.app.api.subjects.lineage.nouns import Arrow, Box, Graph

    boxes = [Box(id="artifact:1", label="=1+1"), Box(id="artifact:2", label="b")]
    graph = Graph(subject="artifact:1", boxes=boxes, arrows=[Arrow("artifact:1", "artifact:2", "@x")], total=2)
    row = next(csv.DictReader(io.StringIO(_as_csv(graph))))
    assert (row["source_name"], row["link"]) == ("'=1+1", "'@x")


def test_the_picture_is_there_without_a_script(world: World, using: Using) -> None:
    used = using(world.folder)
    page = used.page(f"/lineage/{world.ids['model1']}")
    svg = page[page.index("<svg xmlns") : page.index("</svg>", page.index("<svg xmlns")) + 6]
    tree = ElementTree.fromstring(svg)
    links = list(tree.iter("{http://www.w3.org/2000/svg}a"))
    assert len(links) == 6
    assert [one.get("class") for one in links if one.get("class")] == ["subject chosen"]
    href = str(links[1].get("href"))
    assert "pick=artifact%3A" in href
    beside = used.page(href)
    assert "Centre here" in beside


def test_pages_of_an_artifact(world: World, using: Using) -> None:
    used = using(world.folder, role=Role.VIEWER)
    number = world.ids["file"]
    assert "people 1.0.0" in used.page(f"/lineage/{number}?tab=models")
    assert "ingest" in used.page(f"/lineage/{number}?tab=used")
    assert "came from outside" in used.page(f"/lineage/{number}?tab=origins")
    assert "/runs/two" in used.page(f"/lineage/{number}?tab=list")
    assert "mainspring lineage artifact:" in used.page(f"/lineage/{number}?tab=answers")
    assert "Why it ran" not in used.page(f"/lineage?execution={world.ids['train-one']}")
    assert "depth" in used.page(f"/lineage?execution={world.ids['train-one']}")
    for view in ("all", "steps", "runs", "types", "pipeline"):
        assert "<svg" in used.page(f"/lineage/{number}?view={view}&code=true")


def test_the_first_page_and_the_way_between_two(world: World, using: Using) -> None:
    used = using(world.folder)
    first = used.page("/lineage")
    assert "people.csv" in first
    assert "mainspring lineage MODEL@production" in first
    assert "Nothing is called" in used.page("/lineage?text=no+such+thing")
    there = used.client.get("/lineage?text=artifact:1", headers={"accept": "text/html"})
    assert (there.status_code, there.headers["location"]) == (303, "/lineage/1")
    way = used.page(f"/lineage/path?from={world.at('file')}&to={world.at('version2')}")
    assert "which made" in way
    assert "Nothing in the record is called" in used.page("/lineage/path?from=nonsense&to=artifact:1")


def test_mistakes_are_told(world: World, using: Using) -> None:
    used = using(world.folder)
    used.page("/lineage/4711", status=404)
    used.page("/lineage/1?view=upside-down", status=400)
    used.page("/lineage/1?since=yesterday", status=400)
    used.page("/lineage/facts?at=artifact:1&pick=nonsense", status=404)
    used.page("/lineage/export?at=artifact:1&form=doc", status=400)
    assert "artifact:12" in used.get("/lineage/nonsense", status=400)["error"]["expected"]
    used.get("/lineage/artifact:1", status=400, hops=-1)


def test_files_of_a_picture(world: World, using: Using) -> None:
    used = using(world.folder)
    at = world.at("file")
    svg = used.client.get(f"/lineage/export?at={at}&form=svg")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    ElementTree.fromstring(svg.text)
    made = used.client.get(f"/lineage/export?at={at}&form=csv&view=all")
    assert made.headers["content-disposition"].startswith("attachment")
    assert made.text.startswith("source,")


def test_what_was_erased_keeps_its_place(tmp_path: Path, using: Using) -> None:
    fresh = World(tmp_path / "erased")
    used = using(fresh.folder)
    before = fresh.arrows(used.get(f"/lineage/{fresh.at('file')}"))
    used.opened.store.record.delete(Kind.ARTIFACT, [fresh.ids["examples"]])
    graph = used.get(f"/lineage/{fresh.at('file')}")
    assert fresh.arrows(graph) == before
    erased = [box for box in graph["boxes"] if box["erased"]]
    assert fresh.names(erased) == {"examples"}
    assert "Its place in the lineage stays" in used.page(f"/lineage/{fresh.ids['examples']}")
    assert [one["version"] for one in used.get(f"/lineage/{fresh.at('file')}/models")] == ["1.0.0", "1.1.0"]
