"""Steps in processes: what goes there and back, and how they end."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring.pipelines.adapters.processes import ProcessRunner
from mainspring.pipelines.codecs import Encoded
from mainspring.pipelines.exchange import read_outcome, read_task, write_outcome, write_task
from mainspring.pipelines.ports import Failure, FunctionRef, Given, Outcome, Platform, Stored, Task

STEPS = """
import os, signal, subprocess, sys, time
from pathlib import Path
from typing import NamedTuple
import logging

class Two(NamedTuple):
    a: int
    b: bytes

def add(left: int, right: int = 1) -> int:
    print("adding")
    print("aside", file=sys.stderr)
    logging.getLogger("steps").info("logged")
    subprocess.run(["echo", "from a child"])
    return left + right

def two() -> Two:
    return Two(7, b"x" * 5)

def nothing() -> None:
    return None

def fails() -> int:
    raise ValueError("it broke")

def dies() -> int:
    os.kill(os.getpid(), signal.SIGSEGV)

def leaves() -> int:
    sys.stdout.flush()
    os._exit(7)

def out_of_memory() -> int:
    os.kill(os.getpid(), signal.SIGKILL)

def exits() -> int:
    sys.exit("enough")

def sleeps(pids: str) -> int:
    child = subprocess.Popen(["sleep", "60"])
    Path(pids + ".new").write_text(f"{os.getpid()} {child.pid}")
    os.replace(pids + ".new", pids)
    time.sleep(60)

def litters(pids: str) -> int:
    child = subprocess.Popen(["sleep", "60"])
    Path(pids).write_text(str(child.pid))
    return 1

def where() -> list:
    return [os.getcwd(), os.getpid(), os.getppid(), os.environ.get("OMP_WAIT_POLICY")]

def asks(greeting: str) -> str:
    return greeting

def reads(table: list) -> int:
    return len(table)
"""

Run = Callable[..., Outcome]


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    """One runner for all tests of this module: the zygote is started once."""
    made = ProcessRunner()
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a file of functions."""
    (tmp_path / "my_steps.py").write_text(STEPS)
    return tmp_path


@pytest.fixture
def task(project: Path) -> Callable[..., Task]:
    """Makes tasks."""

    def make(name: str, **fields: object) -> Task:
        function = FunctionRef("my_steps", name, str(project / "my_steps.py"), str(project))
        given: dict[str, object] = {
            "id": f"{name}#1",
            "node": name,
            "function": function,
            "folder": str(project / "scratch" / name),
            "log": str(project / "logs" / f"{name}.log"),
            **fields,
        }
        return Task(**given)  # type: ignore[arg-type]  # as given by the tests

    return make


@pytest.fixture
def run(runner: ProcessRunner, task: Callable[..., Task]) -> Run:
    """Runs a function to its end."""

    def go(name: str, **fields: object) -> Outcome:
        ended = threading.Event()
        outcomes: list[Outcome] = []

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            ended.set()

        runner.submit(task(name, **fields), len, done)
        assert ended.wait(30)
        assert len(outcomes) == 1
        return outcomes[0]

    return go


def text(encoded: Encoded | None) -> str:
    """The bytes of an output."""
    assert encoded is not None
    assert encoded.path is not None
    return encoded.path.read_text()


def failure(outcome: Outcome) -> Failure:
    """The failure of an outcome."""
    assert outcome.failure is not None
    return outcome.failure


def test_tasks_and_outcomes_are_files(tmp_path: Path) -> None:
    task = Task(
        id="a#1",
        node="a",
        function=FunctionRef("m", "f", "/x/m.py", "/x"),
        inputs={"x": Given((Stored("t", "/p"), None), listed=True)},
        parameters={"n": [1, None, {"deep": 0.5}]},
        files={"data": "/d.csv"},
        resources={"r": "registry"},
        status={"run": "r", "state": "FAILED", "failed": {"a": "b"}},
        platform=Platform("m:f", {"root": "/x"}),
        folder=str(tmp_path / "scratch"),
        log=str(tmp_path / "a.log"),
        timeout=5.0,
    )
    assert read_task(write_task(task)) == task
    folder = tmp_path / "scratch"
    (folder / "made").mkdir()
    outcome = Outcome(
        {
            "a": Encoded("t", data=b"1", properties={"value": 1}),
            "b": None,
            "c": Encoded("u", path=folder / "made"),
        },
        0.5,
    )
    assert read_outcome(folder) is None
    write_outcome(folder, outcome)
    back = read_outcome(folder)
    assert back is not None
    assert (back.outputs["b"], back.seconds, back.failure) == (None, 0.5, None)
    assert (text(back.outputs["a"]), back.outputs["a"].properties) == ("1", {"value": 1})  # type: ignore[union-attr]
    assert back.outputs["c"] == Encoded("u", path=folder / "made")
    write_outcome(folder, Outcome(failure=Failure("e", "K", "t", {"found": "e"}, retry=False)))
    again = read_outcome(folder)
    assert again is not None
    assert again.failure == Failure("e", "K", "t", {"found": "e"}, retry=False)


def test_a_step_and_what_it_says(run: Run, project: Path) -> None:
    outcome = run("add", parameters={"left": 2})
    assert outcome.failure is None
    assert json.loads(text(outcome.outputs["result"])) == 3
    lines = (project / "logs/add.log").read_text().splitlines()
    assert {"adding", "aside", "from a child"} <= set(lines)
    assert any(line.endswith("INFO steps: logged") for line in lines)


def test_several_outputs_and_none(run: Run) -> None:
    two = run("two").outputs
    assert (text(two["a"]), text(two["b"])) == ("7", "xxxxx")
    assert run("nothing").outputs == {"result": None}


def test_inputs(run: Run, project: Path) -> None:
    (project / "table.json").write_text("[1, 2, 3]")
    given = Given((Stored("mainspring.Json", str(project / "table.json")),))
    assert text(run("reads", inputs={"table": given}).outputs["result"]) == "3"


def test_it_runs_in_the_project_in_a_process_of_its_own(run: Run, project: Path) -> None:
    folder, pid, parent, policy = json.loads(text(run("where").outputs["result"]))
    assert folder == str(project)
    assert pid not in (os.getpid(), parent)
    assert parent != os.getpid()
    assert policy == "PASSIVE"


def test_the_file_is_imported_as_it_is_now(run: Run, project: Path) -> None:
    assert text(run("add", parameters={"left": 2}).outputs["result"]) == "3"
    file = project / "my_steps.py"
    file.write_text(file.read_text().replace("left + right", "left * 100"))
    assert text(run("add", parameters={"left": 2}).outputs["result"]) == "200"


def test_resources(run: Run, project: Path) -> None:
    (project / "my_platform.py").write_text(
        "def provide(settings):\n    return {'word': lambda: settings['word']}\n"
    )
    (project / "my_steps.py").write_text(STEPS + "\nimport my_platform\n")
    outcome = run("asks", resources={"greeting": "word"}, platform=Platform("my_platform:provide", {"word": "hi"}))
    assert text(outcome.outputs["result"]) == '"hi"'


def test_an_exception(run: Run, project: Path) -> None:
    found = failure(run("fails"))
    assert (found.error, found.kind, found.retry) == ("ValueError: it broke", "ValueError", True)
    assert 'raise ValueError("it broke")' in found.traceback
    assert "mainspring" not in found.traceback, "it begins in the user's function"
    assert found.traceback.strip() in (project / "logs/fails.log").read_text()


def test_sys_exit_is_a_failure(run: Run) -> None:
    assert failure(run("exits")).error == "SystemExit: enough"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dies", "its process was ended by SIGSEGV"),
        ("out_of_memory", "its process was ended by SIGKILL; the machine may be out of memory"),
        ("leaves", "its process ended with code 7 and said nothing"),
    ],
)
def test_a_process_that_says_nothing(run: Run, name: str, words: str) -> None:
    found = failure(run(name))
    assert (found.error, found.kind, found.retry) == (words, "KILLED", True)


def test_a_file_that_cannot_be_imported(run: Run, project: Path) -> None:
    (project / "my_steps.py").write_text("x = 1\nraise RuntimeError('not today')\n")
    found = failure(run("add", parameters={"left": 1}))
    assert "not today" in found.error
    assert "my_steps.py, line 2" in found.error
    assert not found.retry


def test_a_function_that_another_process_cannot_find(
    runner: ProcessRunner, task: Callable[..., Task], run: Run
) -> None:
    outcome = run("add", function=FunctionRef("my_steps", "make.<locals>.add", "/x.py", None))
    assert "cannot be found from another process" in failure(outcome).error
    assert 'isolation="thread"' in failure(outcome).error


def test_a_timeout_kills_the_process_and_what_it_started(run: Run, project: Path) -> None:
    pids = project / "pids"
    started = time.monotonic()
    found = failure(run("sleeps", parameters={"pids": str(pids)}, timeout=1.0))
    assert time.monotonic() - started < 15
    assert (found.kind, found.retry) == ("TIMEOUT", True)
    assert found.error == "it ran longer than its timeout of 1 s, and was stopped"
    for pid in pids.read_text().split():
        wait_until(lambda pid=pid: not is_alive(int(pid)))  # type: ignore[misc]  # bound at once


def test_cancel_kills_it(runner: ProcessRunner, task: Callable[..., Task], project: Path) -> None:
    outcomes: list[Outcome] = []
    runner.submit(task("sleeps", parameters={"pids": str(project / "pids")}), len, outcomes.append)
    wait_until((project / "pids").exists)
    runner.cancel("sleeps#1")
    wait_until(lambda: bool(outcomes))
    assert (failure(outcomes[0]).kind, failure(outcomes[0]).retry) == ("CANCELED", False)
    for pid in (project / "pids").read_text().split():
        wait_until(lambda pid=pid: not is_alive(int(pid)))  # type: ignore[misc]  # bound at once
    runner.cancel("sleeps#1")
    assert len(outcomes) == 1


def test_cancel_before_it_began(runner: ProcessRunner, task: Callable[..., Task], project: Path) -> None:
    outcomes: list[Outcome] = []
    runner.submit(task("sleeps", parameters={"pids": str(project / "pids")}), len, outcomes.append)
    runner.cancel("sleeps#1")
    wait_until(lambda: bool(outcomes))
    assert failure(outcomes[0]).kind == "CANCELED"


def test_what_a_step_leaves_running_is_ended_with_it(run: Run, project: Path) -> None:
    assert text(run("litters", parameters={"pids": str(project / "pids")}).outputs["result"]) == "1"
    pid = int((project / "pids").read_text())
    wait_until(lambda: not is_alive(pid))


def test_many_at_once(runner: ProcessRunner, task: Callable[..., Task]) -> None:
    outcomes: list[Outcome] = []
    for number in range(12):
        one = task("add", id=f"add[{number}]#1", parameters={"left": number})
        one = Task(**{**{f: getattr(one, f) for f in one.__slots__}, "folder": f"{one.folder}{number}"})
        runner.submit(one, len, outcomes.append)
    wait_until(lambda: len(outcomes) == 12)
    assert sorted(int(text(one.outputs["result"])) for one in outcomes) == list(range(1, 13))


def test_when_the_zygote_is_killed_its_steps_fail_and_the_next_ones_run(
    task: Callable[..., Task], project: Path
) -> None:
    runner = ProcessRunner()
    outcomes: list[Outcome] = []
    runner.submit(task("sleeps", parameters={"pids": str(project / "pids")}), len, outcomes.append)
    wait_until((project / "pids").exists)
    zygote = runner._zygote
    assert zygote is not None
    zygote.kill()
    wait_until(lambda: bool(outcomes))
    assert (failure(outcomes[0]).kind, failure(outcomes[0]).retry) == ("KILLED", True)
    pid = int((project / "pids").read_text().split()[0])
    wait_until(lambda: not is_alive(pid))
    runner.submit(task("two"), len, outcomes.append)
    wait_until(lambda: len(outcomes) == 2)
    assert text(outcomes[1].outputs["a"]) == "7"
    runner.close()


def test_close_ends_everything(task: Callable[..., Task], project: Path) -> None:
    runner = ProcessRunner()
    runner.close()
    runner.submit(task("sleeps", parameters={"pids": str(project / "pids")}), len, lambda _: None)
    wait_until((project / "pids").exists)
    zygote = runner._zygote
    runner.close()
    assert zygote is not None
    assert zygote.poll() is not None
    for pid in (project / "pids").read_text().split():
        wait_until(lambda pid=pid: not is_alive(int(pid)))  # type: ignore[misc]  # bound at once


PARENT = """
import os, sys, time
from pathlib import Path
from mainspring.pipelines.adapters.processes import ProcessRunner
from mainspring.pipelines.ports import FunctionRef, Task
root = Path(sys.argv[1])
runner = ProcessRunner()
function = FunctionRef("my_steps", "sleeps", str(root / "my_steps.py"), str(root))
task = Task(id="s#1", node="s", function=function, parameters={"pids": str(root / "pids")},
            folder=str(root / "scratch"), log=str(root / "s.log"))
runner.submit(task, len, print)
if len(sys.argv) > 2 and os.fork() == 0:
    time.sleep(60)  # a child that keeps the other end of the zygote's pipe open
    os._exit(0)
while not (root / "pids").exists():
    time.sleep(0.01)
print(runner._zygote.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    "forked",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["", "with a child that keeps the pipe"],
)
def test_a_parent_that_is_killed_leaves_no_process(project: Path, forked: bool) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(project), *(["fork"] if forked else [])],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    zygote = int(parent.stdout.readline())
    pids = [zygote, *map(int, (project / "pids").read_text().split())]
    assert all(map(is_alive, pids))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not any(map(is_alive, pids)))
    parent.stdout.close()
    try:
        os.killpg(parent.pid, signal.SIGKILL)
    except ProcessLookupError:
        assert not forked
