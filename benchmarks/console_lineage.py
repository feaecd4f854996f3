"""The lineage explorer over 10,000 artifacts and executions: from the question to a picture that answers.

    python benchmarks/console_lineage.py [--nodes 10000] [--browser /usr/bin/chromium]

Three shapes, each in a project of its own. *Days*: a pipeline runs every day on a file of its own and on reference
data that all share, starts from yesterday's model, is judged, packaged, registered and pushed; now and then a run
fails at its gate. *Chain*: each artifact is made from the one before. *Fan*: one artifact that thousands of
executions used. Measured on the server: the query, the layout, and what is sent; in the browser: from the request
of the page until the picture is drawn and answers (in a console that was used before, for a lineage that nobody
asked for yet; and once again), and the frames while it is dragged and zoomed. The load is how many processes
wanted a core meanwhile, on average over a minute.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainspring.app import platform
from mainspring.core.digests import digest_text
from mainspring.core.records import (
    Artifact,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.store.ports import Edge, MetadataStore

SETTINGS = '[project]\nname = "lineage"\n'
TYPES = (
    "File",
    "Code",
    "Examples",
    "Statistics",
    "Schema",
    "Validation",
    "Transform",
    "Model",
    "Evaluation",
    "Verdict",
    "Package",
    "ModelVersion",
    "Pushed",
)


@dataclass
class Writing:
    """What is to be published at once."""

    nodes: list[Artifact | Execution] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def artifact(self, kind: str, about: str, **properties: Any) -> Artifact:
        """A new artifact."""
        digest = digest_text(f"{kind}{len(self.nodes)}{about}")
        made = Artifact(type=f"mainspring.{kind}", uri=f"blob:{digest}", digest=digest, properties=properties)
        self.nodes.append(made)
        return made

    def step(
        self,
        node: str,
        run: str,
        inputs: Sequence[tuple[str, Artifact | None]],
        outputs: Sequence[Artifact],
        state: ExecutionState = ExecutionState.COMPLETE,
    ) -> None:
        """A step of a run, with about as much written about it as the engine writes."""
        made = Execution(
            type="mainspring.Step",
            state=state,
            properties={"step": node, "node": node, "run": run, "pipeline": "daily", "seconds": 1.5},
            custom={"parameters": {"depth": 6, "rate": 0.1}, "cache_parts": "x" * 900, "why": "its data changed"},
        )
        self.nodes.append(made)
        self.edges += [Edge(LinkKind.INPUT, one, made, name) for name, one in inputs if one is not None]
        self.edges += [Edge(LinkKind.OUTPUT, made, one, "result") for one in outputs]


def declare(store: MetadataStore) -> None:
    """Declare what the engine declares."""
    named = dict.fromkeys(("name", "version"), PropertyType.STRING)
    for name in TYPES:
        store.put_type(NodeType(kind=Kind.ARTIFACT, name=f"mainspring.{name}", properties=named))
    texts = dict.fromkeys(("step", "node", "run", "pipeline"), PropertyType.STRING)
    store.put_type(
        NodeType(kind=Kind.EXECUTION, name="mainspring.Step", properties={**texts, "seconds": PropertyType.DOUBLE})
    )


def days(store: MetadataStore, count: int) -> int:
    """Daily runs; gives the reference data that all share."""
    writing = Writing()
    shared = writing.artifact("File", "reference.csv", name="reference.csv")
    schema = writing.artifact("Schema", "schema")
    code = model = None
    day = 0
    while len(writing.nodes) < count:
        if day % 30 == 0:
            code = writing.artifact("Code", f"code {day}")
        model = _day(writing, day, shared, schema, code, model)
        day += 1
    return _published(store, writing, shared)


def _day(
    writing: Writing,
    day: int,
    shared: Artifact,
    schema: Artifact,
    code: Artifact | None,
    before: Artifact | None,
) -> Artifact:
    run, make = f"daily-{day:04}", writing.artifact
    file = make("File", f"day{day}.csv", name=f"day-{day:04}.csv")
    examples, statistics_ = make("Examples", run), make("Statistics", run)
    validation, transform, model = make("Validation", run), make("Transform", run), make("Model", run)
    evaluation, verdict, package = make("Evaluation", run), make("Verdict", run), make("Package", run)
    also = ("code", code)
    writing.step("ingest", run, [("source", file), ("reference", shared), also], [examples])
    writing.step("statistics", run, [("examples", examples), also], [statistics_])
    writing.step("validate", run, [("statistics", statistics_), ("schema", schema), also], [validation])
    writing.step("transform", run, [("examples", examples), ("schema", schema), also], [transform])
    writing.step("train", run, [("examples", examples), ("transform", transform), ("warm", before), also], [model])
    writing.step("evaluate", run, [("model", model), ("examples", examples), also], [evaluation])
    writing.step("gate", run, [("evaluation", evaluation), also], [verdict])
    if day % 11 == 7:
        return before or model
    writing.step("package", run, [("model", model), ("schema", schema), also], [package])
    number = f"1.{day}.0"
    version = make("ModelVersion", run, name="daily", version=number)
    pushed = make("Pushed", run, name="daily", version=number)
    writing.step("register", run, [("package", package), ("evaluation", evaluation), also], [version])
    writing.step("push", run, [("package", package), ("version", version), also], [pushed])
    return model


def chain(store: MetadataStore, count: int) -> int:
    """Each artifact is made from the one before; gives the first."""
    writing = Writing()
    first = last = writing.artifact("Model", "first")
    while len(writing.nodes) < count:
        made = writing.artifact("Model", "next")
        writing.step("tune", f"tune-{len(writing.nodes)}", [("model", last)], [made])
        last = made
    return _published(store, writing, first)


def fan(store: MetadataStore, count: int) -> int:
    """An artifact that thousands of executions used; gives it."""
    writing = Writing()
    first = writing.artifact("Examples", "all of them")
    while len(writing.nodes) < count:
        made = writing.artifact("Model", "trial")
        writing.step("train", f"trial-{len(writing.nodes)}", [("examples", first)], [made])
    return _published(store, writing, first)


def _published(store: MetadataStore, writing: Writing, wanted: Artifact) -> int:
    stored = store.publish(writing.nodes, writing.edges)
    found = next(node for node, given in zip(stored, writing.nodes, strict=True) if given is wanted)
    return found.id or 0


SHAPES: dict[str, Callable[[MetadataStore, int], int]] = {"days": days, "chain": chain, "fan": fan}


def project(folder: Path, shape: str, count: int) -> int:
    """A project with that many nodes; gives the artifact to start from."""
    folder.mkdir(parents=True)
    (folder / "mainspring.toml").write_text(SETTINGS, encoding="utf-8")
    with platform.open(folder) as opened:
        declare(opened.store.record)
        return SHAPES[shape](opened.store.record, count)


@contextmanager
def console(folder: Path) -> Iterator[str]:
    """A console over a project, in a process of its own; gives its address."""
    arguments = [sys.executable, "-m", "mainspring.app.cli.main", "-C", str(folder), "ui", "--port", "0"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    told = ""
    try:
        while not (found := re.search(r"http://[\w.:]+:\d+", told)):
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"the console did not start: {told}")
            told += line
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


@dataclass
class Seen:
    """What was measured of one shape."""

    nodes: int = 0
    arrows: int = 0
    query: float = 0.0
    layout: float = 0.0
    sent: int = 0
    first: float = 0.0
    again: float = 0.0
    frames: dict[str, tuple[float, float]] = field(default_factory=dict)


def on_the_server(folder: Path, start: int, repeats: int) -> Seen:
    """The CPU time of the query and of the layout, medians, in this process."""
    from mainspring.app.api.door import encoded
    from mainspring.app.api.subjects.lineage.choosing import Choice, chosen
    from mainspring.app.api.subjects.lineage.collecting import without_collecting
    from mainspring.app.api.subjects.lineage.walking import numbered
    from mainspring.app.web.rooms.lineage.drawing import columns_of

    seen = Seen()
    queries, layouts = [], []
    with platform.open(folder) as opened:
        for _ in range(repeats):
            with without_collecting():
                began = time.process_time()
                lineage = opened.store.record.lineage(Kind.ARTIFACT, [start], direction=Direction.BOTH)
                queries.append(time.process_time() - began)
            with without_collecting():
                began = time.process_time()
                graph = chosen(numbered(lineage), f"artifact:{start}", Choice(view="all"))
                made = encoded(columns_of(graph))
                layouts.append(time.process_time() - began)
        seen.nodes, seen.arrows, seen.sent = len(graph.boxes), len(graph.arrows), len(made)
    seen.query, seen.layout = statistics.median(queries), statistics.median(layouts)
    return seen


FRAMES = """() => { const gaps = []; let last = performance.now(), on = true;
  const tick = (now) => { gaps.push(now - last); last = now; if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick); window.stopFrames = () => { on = false; return gaps.slice(2); }; }"""


def in_the_browser(address: str, start: int, browser: Any, seen: Seen) -> None:
    """From the request until the picture answers, the first time and again; and frames while it moves."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{address}/lineage/{start}?hops=0", wait_until="load")  # the console was used before
    seen.first = opened_in(page, f"{address}/lineage/{start}?view=all")
    page.goto(f"{address}/lineage", wait_until="load")
    seen.again = opened_in(page, f"{address}/lineage/{start}?view=all")
    box = page.locator("#stage").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + min(box["height"], 500) / 2
    page.mouse.click(*middle)
    seen.frames["drag, near"] = framed(page, lambda: drag(page, middle))
    seen.frames["zoom"] = framed(page, lambda: zoom(page, middle))
    page.keyboard.press("0")
    page.wait_for_timeout(400)
    for _ in range(3):
        page.keyboard.press("+")
    page.wait_for_timeout(400)
    seen.frames["drag, far"] = framed(page, lambda: drag(page, middle))


def opened_in(page: Any, address: str) -> float:
    """Seconds from the request until the picture is drawn and answers to the pointer."""
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#stage[data-drawn]")
    page.mouse.move(500, 500)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return time.perf_counter() - began


def framed(page: Any, work: Callable[[], None]) -> tuple[float, float]:
    """Frames a second while something is done, and the longest gap between two, in milliseconds."""
    page.evaluate(FRAMES)
    work()
    gaps = page.evaluate("() => window.stopFrames()")
    return 1000 * len(gaps) / sum(gaps), max(gaps)


def drag(page: Any, middle: tuple[float, float]) -> None:
    page.mouse.move(*middle)
    page.mouse.down()
    for turn in range(90):
        page.mouse.move(middle[0] - 220 * ((turn % 30) / 30), middle[1] - 120 * ((turn % 30) / 30))
        page.wait_for_timeout(8)
    page.mouse.up()


def zoom(page: Any, middle: tuple[float, float]) -> None:
    page.mouse.move(*middle)
    for turn in range(80):
        page.mouse.wheel(0, 90 if turn < 50 else -90)
        page.wait_for_timeout(8)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--nodes", type=int, default=10_000)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--browser", default=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    given = arguments.parse_args()
    from playwright.sync_api import sync_playwright

    print("| | boxes | arrows | query, CPU ms | layout, CPU ms | sent, kB | opened, s | again, s |", end="")
    print(" frames/s dragged near | far | zoomed | load |")
    print("| --- |" + " ---: |" * 11)
    with tempfile.TemporaryDirectory() as root, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
        for shape in SHAPES:
            folder = Path(root) / shape
            start = project(folder, shape, given.nodes)
            seen = on_the_server(folder, start, given.repeats)
            with console(folder) as address:
                in_the_browser(address, start, browser, seen)
            rates = [f"{seen.frames[name][0]:.0f}" for name in ("drag, near", "drag, far", "zoom")]
            print(
                f"| {shape} | {seen.nodes:,} | {seen.arrows:,} | {seen.query * 1e3:.0f} | {seen.layout * 1e3:.0f}"
                f" | {seen.sent / 1e3:.0f} | {seen.first:.2f} | {seen.again:.2f} | {' | '.join(rates)}"
                f" | {os.getloadavg()[0]:.1f} |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
