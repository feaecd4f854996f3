"""What tracking costs: three trivial steps as a whole process, steps in a process, a cached re-run, starting.

The same three steps are run by bare Python processes and, where they are installed, by DVC and Metaflow. Processor
seconds include all children; every figure is the median of several turns, taken one after the other.

    python benchmarks/pipelines.py
    python -m venv peers/dvc && peers/dvc/bin/pip install dvc
    python -m venv peers/metaflow && peers/metaflow/bin/pip install metaflow
    python benchmarks/pipelines.py --dvc peers/dvc --metaflow peers/metaflow

Read the ratios. On a busy machine wall times say little; processor time repeats well.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MAINSPRING = """
from mainspring import pipeline, step

@step
def load(n: int = 3) -> list[int]:
    return list(range(n))

@step
def train(numbers: list[int]) -> int:
    return sum(numbers)

@step
def evaluate(number: int) -> float:
    return number / 2

@pipeline
def three(n: int = 3):
    evaluate(train(load(n)))
"""

BARE = {
    "load": "import json; json.dump(list(range(3)), open('load.json', 'w'))",
    "train": "import json; json.dump(sum(json.load(open('load.json'))), open('train.json', 'w'))",
    "evaluate": "import json; json.dump(json.load(open('train.json')) / 2, open('evaluate.json', 'w'))",
}

METAFLOW = """
from metaflow import FlowSpec, step

class Three(FlowSpec):
    @step
    def start(self):
        self.numbers = list(range(3))
        self.next(self.train)

    @step
    def train(self):
        self.total = sum(self.numbers)
        self.next(self.end)

    @step
    def end(self):
        self.half = self.total / 2

if __name__ == "__main__":
    Three()
"""

CHAIN = """
import json, sys, time
from pathlib import Path
import mainspring
from mainspring import pipeline, step

@step
def first(n: int = 0) -> int:
    return n

@step
def following(number: int) -> int:
    return number + 1

@pipeline
def chain(n: int = 0, length: int = 3):
    number = first(n)
    for _ in range(length - 1):
        number = following(number)

def timed(n, length):
    cpu, wall = time.process_time(), time.perf_counter()
    platform.pipelines.run(chain, {"n": n, "length": length})
    return [(time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3]

turns, length = int(sys.argv[1]), int(sys.argv[2])
with mainspring.open(Path.cwd()) as platform:
    timed(-10_000, length)
    new = [timed(turn * 1_000, length) for turn in range(turns)]
    cached = [timed(0, length) for _ in range(turns)]
    timed(-20_000, 3)
    again = [timed(-20_000, 3) for _ in range(turns)]
print(json.dumps({"new": new, "cached": cached, "again": again}))
"""


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    cpu: float
    wall: float


def cost(command: Sequence[str], folder: Path, environ: dict[str, str] | None = None) -> Cost:
    """Run a command to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{said.decode()}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - started)


def median(costs: Sequence[Cost]) -> Cost:
    """Of each figure by itself."""
    return Cost(statistics.median(one.cpu for one in costs), statistics.median(one.wall for one in costs))


def total(costs: Sequence[Cost]) -> Cost:
    """One after the other."""
    return Cost(sum(one.cpu for one in costs), sum(one.wall for one in costs))


def mainspring_cold(folder: Path) -> Cost:
    """In a project that has never run."""
    shutil.rmtree(folder / ".mainspring", ignore_errors=True)
    return mainspring_run(folder)


def mainspring_run(folder: Path) -> Cost:
    """Once more."""
    return cost([sys.executable, "-m", "mainspring.app.cli.main", "run"], folder)


def bare(folder: Path) -> Cost:
    """A process per step, and nothing tracked."""
    return total([cost([sys.executable, "-c", program], folder) for program in BARE.values()])


def prepare_dvc(folder: Path, python: Path) -> Callable[[], Cost]:
    """A pipeline of DVC, in a repository without git."""
    stages = ["stages:"]
    before = ""
    for name, program in BARE.items():
        (folder / f"{name}.py").write_text(program)
        stages += [f"  {name}:", f"    cmd: {sys.executable} {name}.py", "    deps:", f"    - {name}.py"]
        stages += [f"    - {before}.json"] if before else []
        stages += ["    outs:", f"    - {name}.json"]
        before = name
    (folder / "dvc.yaml").write_text("\n".join(stages) + "\n")
    dvc = str(python.parent / "dvc")
    environ = {"DVC_NO_ANALYTICS": "1"}
    cost([dvc, "init", "--no-scm", "-q"], folder, environ)
    return lambda: cost([dvc, "repro", "-q", "--force"], folder, environ)


def prepare_metaflow(folder: Path, python: Path) -> Callable[[], Cost]:
    """A flow of Metaflow, on its local store."""
    (folder / "flow.py").write_text(METAFLOW)
    environ = {"METAFLOW_HOME": str(folder), "METAFLOW_USER": "bench", "USERNAME": "bench"}
    return lambda: cost([str(python), "flow.py", "--quiet", "run"], folder, environ)


def whole_processes(turns: int, peers: dict[str, Path | None]) -> list[list[str]]:
    """Rows of the first table."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in ("mainspring", "bare", *peers):
            (folder / one).mkdir()
        (folder / "mainspring/pipeline.py").write_text(MAINSPRING)
        (folder / "mainspring/mainspring.toml").write_text("")
        contestants: dict[str, Callable[[], Cost]] = {
            "3 bare Python processes": lambda: bare(folder / "bare"),
            "Mainspring, cold": lambda: mainspring_cold(folder / "mainspring"),
            "Mainspring, all cached": lambda: mainspring_run(folder / "mainspring"),
        }
        missing = []
        for peer, venv in peers.items():
            python = venv / "bin/python" if venv else None
            if python is None or not python.exists():
                missing.append(peer)
                continue
            prepare = {"dvc": prepare_dvc, "metaflow": prepare_metaflow}[peer]
            contestants[{"dvc": "DVC, forced", "metaflow": "Metaflow"}[peer]] = prepare(folder / peer, python)
        for run in contestants.values():
            run()
        costs: dict[str, list[Cost]] = {one: [] for one in contestants}
        for _ in range(turns):
            for one, run in contestants.items():
                costs[one].append(run())
        base = median(costs["3 bare Python processes"])
        for one, found in costs.items():
            middle = median(found)
            rows.append([one, f"{middle.cpu:.2f}", f"{middle.wall:.2f}", f"{middle.cpu / base.cpu:.1f}"])
        rows += [[f"{peer}: not measured, see --{peer}", "", "", ""] for peer in missing]
    return rows


def in_process(turns: int, length: int) -> list[list[str]]:
    """Rows of the second table."""
    import json

    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "chain.py"
        script.write_text(CHAIN)
        out = subprocess.run(
            [sys.executable, script, str(turns), str(length)], cwd=name, capture_output=True, text=True, check=True
        ).stdout
    found = json.loads(out)
    middle = {
        key: [statistics.median(column) for column in zip(*costs, strict=True)] for key, costs in found.items()
    }
    return [
        [f"a new step, in a chain of {length}", *(f"{ms / length:.2f}" for ms in middle["new"])],
        [f"a cached step, in a chain of {length}", *(f"{ms / length:.2f}" for ms in middle["cached"])],
        ["a cached re-run of 3 steps", *(f"{ms:.2f}" for ms in middle["again"])],
    ]


def starting(turns: int) -> list[list[str]]:
    """Rows of the third table."""
    programs = {
        "python -c pass": ["-c", "pass"],
        "import mainspring": ["-c", "import mainspring"],
        "from mainspring import step, pipeline": ["-c", "from mainspring import step, pipeline"],
        "mainspring --help": ["-m", "mainspring.app.cli.main", "--help"],
        "mainspring run --help": ["-m", "mainspring.app.cli.main", "run", "--help"],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for _ in range(turns + 1):
        for name, arguments in programs.items():
            costs[name].append(cost([sys.executable, *arguments], Path.cwd()))
    middles = {name: median(found[1:]) for name, found in costs.items()}
    return [[name, f"{one.cpu:.3f}", f"{one.wall:.3f}"] for name, one in middles.items()]


def show(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table in Markdown."""
    widths = [max(len(row[column]) for row in (headers, *rows)) for column in range(len(headers))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = zip(cells, widths, strict=True)
        return f"| {first[0]:<{first[1]}} | " + " | ".join(f"{cell:>{width}}" for cell, width in rest) + " |"

    rules = "| " + "-" * widths[0] + " | " + " | ".join("-" * (width - 1) + ":" for width in widths[1:]) + " |"
    print(f"\n{title}\n\n{line(headers)}\n{rules}")
    for row in rows:
        print(line(row))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--length", type=int, default=100, help="of the chain in one process")
    parser.add_argument("--dvc", type=Path, help="a virtual environment that has it")
    parser.add_argument("--metaflow", type=Path, help="a virtual environment that has it")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, load {load:.1f}, {given.turns} turns")
    show(
        "Three trivial tracked steps, as a whole process",
        ["", "CPU s", "wall s", "x bare"],
        whole_processes(given.turns, {"dvc": given.dvc, "metaflow": given.metaflow}),
    )
    show("In one process, after the imports", ["", "CPU ms", "wall ms"], in_process(given.turns, given.length))
    show("Starting", ["", "CPU s", "wall s"], starting(given.turns))


if __name__ == "__main__":
    main()
