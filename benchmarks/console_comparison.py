"""The comparison of many runs in the console: how long the server takes, and how smoothly its pictures move.

    python benchmarks/console_comparison.py [--runs 200] [--keep FOLDER]

Fills a store with runs of a small training (logistic regression by gradient descent, which logs two metrics in
every epoch and is then evaluated), starts the console over it, and asks for pages and answers as a browser does.
The pictures are then used in Chromium, and the times between frames are measured, and what the first page costs;
without Playwright and Chromium that part is left out, with a message.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mainspring

ROWS = 400

PIPELINE = '''"""A small training that logs what it does."""

import numpy as np

import mainspring
from mainspring import File, pipeline, step
from mainspring.data import Table
from mainspring.evaluation import Evaluation, Predictions, evaluate


def _rows(data):
    table = np.loadtxt(str(data), delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1]


@step
def train(
    data: File, learning_rate: float, l2: float, optimizer: str, epochs: int, batch: int, seed: int
) -> list[float]:
    matrix, target = _rows(data)
    random = np.random.default_rng(seed)
    weights, speed = random.normal(size=matrix.shape[1]), np.zeros(matrix.shape[1])
    held = np.arange(len(target)) % 4 == 0
    for epoch in range(epochs):
        for some in np.array_split(random.permutation(np.flatnonzero(~held)), max(1, 300 // batch)):
            chance = 1 / (1 + np.exp(-matrix[some] @ weights))
            slope = matrix[some].T @ (chance - target[some]) / len(some) + l2 * weights
            speed = 0.9 * speed + slope if optimizer == "momentum" else slope
            weights = weights - learning_rate * (np.sign(speed) * 0.1 if optimizer == "sign" else speed)
        for name, rows in (("train loss", ~held), ("validation loss", held)):
            chance = np.clip(1 / (1 + np.exp(-matrix[rows] @ weights)), 1e-9, 1 - 1e-9)
            loss = -np.mean(np.where(target[rows] == 1, np.log(chance), np.log(1 - chance)))
            mainspring.log_metric(name, loss, (epoch + 1) * (300 // batch), epoch=epoch + 1)
    return weights.tolist()


@step
def judge(data: File, weights: list[float]) -> Evaluation:
    matrix, target = _rows(data)
    held = np.arange(len(target)) % 4 == 0
    chance = 1 / (1 + np.exp(-matrix[held] @ np.array(weights)))
    table = Table.from_columns({"label": np.where(target[held] == 1, "yes", "no").tolist()})
    return evaluate(Predictions(("no", "yes"), np.column_stack([1 - chance, chance])), table, label="label")


@pipeline
def descent(
    data: File = File("rows.csv"),
    learning_rate: float = 0.1,
    l2: float = 0.0,
    optimizer: str = "plain",
    epochs: int = 20,
    batch: int = 50,
    seed: int = 0,
):
    judge(data, train(data, learning_rate, l2, optimizer, epochs, batch, seed))
'''


def fill(folder: Path, runs: int) -> Sequence[str]:
    """A project with runs; gives their names."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    matrix = random.normal(size=(ROWS, 8))
    target = (matrix @ random.normal(size=8) + random.normal(size=ROWS) > 0).astype(int)
    head = ",".join([*(f"x{place}" for place in range(8)), "y"])
    np.savetxt(folder / "rows.csv", np.column_stack([matrix, target]), delimiter=",", header=head, comments="")
    (folder / "pipeline.py").write_text(PIPELINE, encoding="utf-8")
    (folder / "mainspring.toml").write_text(
        '[project]\nname = "descent"\npipeline = "pipeline.py"\n', encoding="utf-8"
    )
    grid = itertools.product(
        range(10_000), (0.01, 0.03, 0.1, 0.3, 1.0), (0.0, 0.001, 0.1), ("plain", "momentum", "sign"), (25, 50, 100)
    )
    names = []
    with mainspring.open(folder) as opened:
        loaded, entry = opened.pipelines.load()
        for place, (seed, rate, l2, optimizer, batch) in enumerate(itertools.islice(grid, runs)):
            given = {
                "learning_rate": rate,
                "l2": l2,
                "optimizer": optimizer,
                "batch": batch,
                "seed": seed,
                "epochs": 10 + 10 * (place % 4),
            }
            names.append(opened.pipelines.run(loaded, given, entry=entry).run)
    return names


@contextmanager
def console(folder: Path) -> Iterator[str]:
    """A console over a project; its address."""
    command = [sys.executable, "-m", "mainspring.app.cli.main", "-C", str(folder), "ui", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield next(word for word in line.split() if word.startswith("http")).rstrip("/")
    finally:
        process.terminate()
        process.wait(timeout=20)


def asked(address: str, times: int = 5) -> tuple[float, float, int]:
    """The first answer and the median of the next ones, in ms, and the size in kB."""
    took, size = [], 0
    for _ in range(times + 1):
        began = time.perf_counter()
        with urllib.request.urlopen(address) as answer:
            size = len(answer.read())
        took.append((time.perf_counter() - began) * 1000)
    return took[0], statistics.median(took[1:]), size // 1000


WATCH = """() => {
  window.frames_ = [];
  let last = performance.now();
  const step = (now) => {
    window.frames_.push(now - last);
    last = now;
    window.watching_ = requestAnimationFrame(step);
  };
  window.watching_ = requestAnimationFrame(step);
}"""
TELL = "() => { cancelAnimationFrame(window.watching_); return window.frames_.slice(2); }"


def moved(page: Any, work: Any) -> list[float]:
    """The times between frames while something is done, in ms."""
    page.evaluate(WATCH)
    work()
    found: list[float] = page.evaluate(TELL)
    return found


def busy(session: Any) -> float:
    """How long the page's main thread was at work, in ms of CPU: other load on the machine does not count."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return 1000 * float(metrics["TaskDuration"])


def brush(page: Any) -> None:
    """Drag a range along the last axis, up and down."""
    strip = page.locator(".strip").last.bounding_box()
    x, low, high = strip["x"] + strip["width"] / 2, strip["y"] + strip["height"] - 12, strip["y"] + 12
    page.mouse.move(x, low)
    page.mouse.down()
    for turn in range(90):
        part = abs((turn % 60) - 30) / 30
        page.mouse.move(x, high + (low - high) * part)
    page.mouse.up()


def hover(page: Any, selector: str) -> None:
    """Move the pointer across a picture."""
    box = page.locator(selector).bounding_box()
    for turn in range(90):
        page.mouse.move(
            box["x"] + box["width"] * (0.1 + 0.8 * turn / 90),
            box["y"] + box["height"] * (0.3 + 0.3 * (turn % 7) / 7),
        )


def smooth(page: Any) -> None:
    """Move the smoothing from nothing to a lot, a step for each frame."""
    page.evaluate(
        """async () => {
          const slider = document.getElementById("curves-smooth");
          for (let at = 0; at < 90; at++) {
            slider.value = String(at / 100);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            await new Promise(requestAnimationFrame);
          }
        }"""
    )


def pictures(base: str, runs: int) -> None:
    """Print how the pictures move in Chromium."""
    from playwright.sync_api import sync_playwright

    print("\n| interaction | frames | ms a frame, median | 95 % | frames/s | CPU ms a frame, main thread |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with sync_playwright() as started:
        browser = started.chromium.launch(**_chromium())
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        session.send("Performance.enable")
        for title, view, ready, work in (
            ("parallel: drag a range", "parallel", ".line", brush),
            ("parallel: point at lines", "parallel", ".line", lambda one: hover(one, "#parallel")),
            ("scatter: point at dots", "scatter", ".dot", lambda one: hover(one, "#scatter")),
            ("curves: smooth", "curves", "canvas[data-drawn]", smooth),
            ("curves: point at curves", "curves", "canvas[data-drawn]", lambda one: hover(one, "#curves")),
        ):
            page.goto(f"{base}/compare?last={runs}&view={view}")
            page.wait_for_selector(ready, state="attached")
            page.wait_for_timeout(400)
            before = busy(session)
            frames = sorted(moved(page, lambda one=work: one(page)))
            cost = (busy(session) - before) / len(frames)
            middle, slow = statistics.median(frames), frames[int(len(frames) * 0.95)]
            rate = 1000 / statistics.mean(frames)
            print(f"| {title} | {len(frames)} | {middle:.1f} | {slow:.1f} | {rate:.0f} | {cost:.1f} |")
        browser.close()


def first_page(base: str) -> None:
    """Print what the first page costs: bytes over the wire, and times, in a browser that has nothing yet."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as started:
        browser = started.chromium.launch(**_chromium())
        for _ in range(3):
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            sizes: list[int] = []
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            session.on(
                "Network.loadingFinished", lambda told, into=sizes: into.append(int(told["encodedDataLength"]))
            )
            page.goto(base + "/", wait_until="load")
            page.wait_for_timeout(300)
            times = page.evaluate(
                "() => { const one = performance.getEntriesByType('navigation')[0];"
                " return [one.responseStart, one.domContentLoadedEventEnd, one.loadEventEnd]; }"
            )
            found.append((sum(sizes) / 1000, len(sizes), *times))
            page.context.close()
        browser.close()
    size, many, first, ready, loaded = (statistics.median(column) for column in zip(*found, strict=True))
    print("\n| first page | |\n| --- | ---: |")
    print(f"| kB over the wire, in {many:.0f} answers | {size:.0f} |")
    print(f"| first byte, ms | {first:.0f} |\n| DOMContentLoaded, ms | {ready:.0f} |\n| load, ms | {loaded:.0f} |")


def _chromium() -> dict[str, Any]:
    path = Path("/usr/bin/chromium")
    return {"args": ["--no-sandbox"], **({"executable_path": str(path)} if path.exists() else {})}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="A folder for the project; used as it is if it is there.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = given.keep or Path(home) / "descent"
        if not (folder / "mainspring.toml").is_file():
            began = time.perf_counter()
            fill(folder, given.runs)
            print(f"{given.runs} runs in {time.perf_counter() - began:.0f} s")
        with console(folder) as base:
            print("\n| asked of the server | first, ms | then, ms | kB |\n| --- | ---: | ---: | ---: |")
            for title, path in (
                ("table", "/compare?"),
                ("values", "/api/compare?differing=false&"),
                ("curves", "/api/compare/curves?"),
                ("page of the parallel coordinates", "/compare?view=parallel&"),
                ("code and data of two", "/compare?view=changes&"),
                ("home", "/?"),
            ):
                first, then, size = asked(f"{base}{path}last={2 if 'changes' in path else given.runs}")
                print(f"| {title} | {first:.0f} | {then:.0f} | {size} |")
            if importlib.util.find_spec("playwright") is None:
                print("\nThe pictures were not measured: that needs Chromium and `pip install playwright`.")
                return
            pictures(base, given.runs)
            first_page(base)


if __name__ == "__main__":
    main()
