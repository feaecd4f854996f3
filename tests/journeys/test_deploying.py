"""Deployment as configuration: what a git repository says is served, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import mainspring
from mainspring.serving.deploying.archive import Archive

PLUGIN = Path(__file__).parents[1] / "unit/serving/plugin"
ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
FILE = """\
deployment: fares
models:
  taxi:
    model: taxi:1.0.0
"""


def rule() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rule_model", PLUGIN / "rule_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Repository:
    """A repository of deployment files, as somebody works with it."""

    folder: Path

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        command = ["git", *identity, "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, text: str, reason: str) -> str:
        (self.folder / "deployments").mkdir(exist_ok=True)
        (self.folder / "deployments/fares.yaml").write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", reason)
        return self.git("rev-parse", "HEAD")

    def revert(self) -> str:
        self.git("revert", "--no-edit", "HEAD")
        return self.git("rev-parse", "HEAD")


@dataclass
class Load:
    """Asks a server again and again, and keeps what it answered."""

    url: str
    answers: list[tuple[int, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        with httpx.Client() as client:
            while not self.ended.wait(0.01):
                answer = client.post(f"{self.url}/v1/models/taxi:predict", json={"instances": [ROW]})
                self.answers.append((answer.status_code, answer.text))


def wait_for(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three versions of a model: 1.0.0 says yes to ROW, 1.1.0 says no; 1.2.0 says yes."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "mainspring.toml").write_text('[project]\nname = "fares"\n')
    module = rule()
    with mainspring.open(root) as platform:
        for number, shift in enumerate((0.0, -100.0, 1.0)):
            platform.models.register(module.package(shift=shift), name="taxi", metrics={"auc": 0.8 + number / 20})
        platform.models.move("taxi", "production", "1.0.0", by="Ada", reason="the first")
    return root


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit(FILE, "Serve taxi")
    return made


@pytest.fixture
def started() -> list[subprocess.Popen[str]]:
    """The servers of a test, in order."""
    return []


@pytest.fixture
def serve(project: Path, started: list[subprocess.Popen[str]]) -> Iterator[Callable[..., str]]:
    """Starts ``mainspring serve --deployments SOURCE``; gives its URL."""

    def start(source: str = "", *options: str) -> str:
        following = ["--deployments", *([source] if source else []), "--follow-seconds", "0.1"]
        command = ["serve", *following, "--port", "0", "--no-log", *options]
        with (project / "serve.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mainspring.app.cli.main", *command],
                cwd=project,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "PYTHONPATH": str(PLUGIN), "NO_COLOR": "1"},
            )
        started.append(process)

        def url() -> str:
            text = (project / "serve.log").read_text()
            assert process.poll() is None, text
            return next((line.split()[2] for line in text.splitlines() if line.startswith("listening on")), "")

        found: str = wait_for(url)
        return found

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def answer(url: str) -> str:
    told = httpx.post(f"{url}/v1/models/taxi:predict", json={"instances": [ROW]})
    return told.json()["predictions"][0] if told.status_code == 200 else f"status {told.status_code}"


def test_a_commit_changes_what_is_served_and_a_broken_one_changes_nothing(
    project: Path, repository: Repository, serve: Callable[..., str]
) -> None:
    url = serve(f"git+{repository.folder}#main:deployments")
    archive = Archive(project / ".mainspring/desired")
    wait_for(lambda: httpx.get(f"{url}/v2/health/ready").status_code == 200)
    load = Load(url)
    asking = threading.Thread(target=load)
    asking.start()
    try:
        assert answer(url) == "yes"

        second = repository.commit(FILE.replace("1.0.0", "1.1.0"), "Serve what says no")
        wait_for(lambda: answer(url) == "no")
        current = archive.current
        assert current is not None
        assert (current.number, current.commit, current.by) == (2, second, "Ada <ada@example.org>")
        assert current.reason == "Serve what says no"
        assert any("1.0.0" in line and "1.1.0" in line for line in current.changes)

        repository.revert()
        wait_for(lambda: answer(url) == "yes")

        broken = repository.commit(FILE.replace("1.0.0", "7.0.0") + "    treads: 2\n", "Break it")
        status = wait_for(lambda: (found := archive.status) is not None and found.refused and found)
        assert "fares.yaml:5: there is no 'treads' here" in status.refused
        assert "did you mean 'threads'?" in status.refused
        assert archive.number == 3
        refused = [one for one in archive.history() if one.what == "refused"]
        assert [one.commit for one in refused] == [broken]
        assert answer(url) == "yes"
        assert httpx.get(f"{url}/v2/health/ready").status_code == 200

        repository.revert()
        wait_for(lambda: (found := archive.status) is not None and not found.refused)
    finally:
        load.ended.set()
        asking.join()
    assert len(load.answers) > 20
    assert {status for status, _ in load.answers} == {200}, "a request failed while something changed"

    httpx.post(f"{url}/v2/repository/models/taxi/unload").raise_for_status()
    wait_for(lambda: any(one.what == "drift" for one in archive.history()))
    assert answer(url) == "yes"
    assert archive.status is not None
    assert archive.status.repaired == 1


def test_an_alias_that_moves_is_followed_and_the_record_knows(
    project: Path, repository: Repository, serve: Callable[..., str]
) -> None:
    repository.commit(FILE.replace("taxi:1.0.0", "taxi@production"), "Serve what is in production")
    url = serve(f"git+{repository.folder}#main:deployments")
    wait_for(lambda: answer(url) == "yes")
    with mainspring.open(project) as platform:
        platform.models.move("taxi", "production", "1.1.0", by="Ada", reason="it is better")
        wait_for(lambda: answer(url) == "no")
        from mainspring.core.records import Kind

        found = platform.store.record.find(Kind.EXECUTION, "type = :type", {"type": "mainspring.Deployment"}).items
        assert [(one.properties["number"], one.properties["cause"]) for one in found] == [
            (1, "source"),
            (2, "alias"),
        ]


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``mainspring deploy …``, as somebody types it."""
    command = [sys.executable, "-m", "mainspring.app.cli.main", "deploy", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)


def test_files_are_brought_looked_at_and_taken_away_without_a_server(
    project: Path, repository: Repository
) -> None:
    source = f"git+{repository.folder}#main:deployments"
    told = json.loads(run(project, "watch", source, "--once", "--json").stdout)
    assert told == {"revision": 1, "source": source}
    repository.commit(FILE.replace("1.0.0", "7.0.0"), "Break it")
    refused = run(project, "watch", source, "--once")
    assert refused.returncode == 1
    assert "fares.yaml:4: taxi has no version 7.0.0" in refused.stderr
    assert run(project, "remove", "bus").returncode == 1
    told = json.loads(run(project, "remove", "fares", "--wait", "0", "--json").stdout)
    assert (told["revision"], told["state"]) == (2, "waiting")


@pytest.mark.slow
def test_what_watch_brings_is_served_a_signal_is_heard_at_once_and_remove_takes_it_away(
    project: Path, repository: Repository, serve: Callable[..., str]
) -> None:
    url = serve()
    archive = Archive(project / ".mainspring/desired")
    command = [sys.executable, "-m", "mainspring.app.cli.main", "deploy", "watch"]
    source = f"git+{repository.folder}#main:deployments"
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN)}
    with (project / "watch.log").open("w") as log:
        watching = subprocess.Popen(
            [*command, source, "--seconds", "600"], cwd=project, stdout=log, env=environment
        )
    try:
        wait_for(lambda: archive.number == 1 and answer(url) == "yes")
        repository.commit(FILE.replace("1.0.0", "1.1.0"), "Serve what says no")
        watching.send_signal(signal.SIGHUP)
        wait_for(lambda: answer(url) == "no")
        watching.terminate()
        assert watching.wait(30) == 0
    finally:
        watching.kill()
        watching.wait()
    done = run(project, "remove", "fares", "--reason", "nobody asks for it")
    assert done.returncode == 0, done.stderr
    assert "served at" in done.stdout
    assert answer(url) == "status 404"
    status = archive.status
    assert status is not None
    assert status.deployments == {}


@pytest.mark.slow
def test_a_server_looks_at_once_when_it_is_told_to_and_says_what_waits_for_a_restart(
    project: Path, repository: Repository, serve: Callable[..., str]
) -> None:
    url = serve(f"git+{repository.folder}#main:deployments", "--follow-seconds", "600")
    archive = Archive(project / ".mainspring/desired")
    status = wait_for(lambda: archive.status)
    assert status.restart == ""
    repository.commit(FILE.replace("1.0.0", "1.1.0") + "resources: {workers: 2}\n", "Serve what says no")
    os.kill(status.pid, signal.SIGHUP)
    wait_for(lambda: answer(url) == "no")
    wait_for(lambda: (found := archive.status) and found.number == 2)
    waits = "takes effect when the server is restarted: workers 1 -> 2"
    told = run(project, "status")
    assert waits in told.stdout
    assert json.loads(run(project, "status", "--json").stdout)["status"]["restart"] == waits
    assert [one.message for one in archive.history() if one.what == "restart"] == [waits]
    back = run(project, "rollback")
    assert "served at" in back.stdout
    assert waits not in back.stdout
    again = run(project, "rollback", "2")
    assert waits in again.stdout


CANARY = """\
deployment: fares
models:
  taxi:
    versions: {stable: taxi:1.0.0, next: taxi:1.1.0}
    rollout: {canary: {to: next, steps: [5, 50], hold: true}}
"""


@pytest.mark.slow
def test_a_canary_goes_on_through_a_deployment_that_does_not_touch_it_and_begins_anew_through_one_that_does(
    project: Path, serve: Callable[..., str]
) -> None:
    url = serve()
    file = project / "fares.yaml"

    def deploy(text: str) -> str:
        file.write_text(text)
        done = run(project, "apply", "-f", str(file), "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def step() -> int:
        told: int = httpx.get(f"{url}/v2/models/taxi/rollout").json()["canary"]["step"]
        return told

    deploy(CANARY)
    assert step() == 1
    body = {"action": "advance", "reason": "it looks good", "by": "Ada"}
    httpx.post(f"{url}/v2/models/taxi/rollout", json=body).raise_for_status()
    wait_for(lambda: step() == 2)
    assert "the rollout of taxi goes on where it is" in deploy(CANARY + "    timeout: 9\n")
    assert step() == 2
    assert "the rollout of taxi begins anew" in deploy(CANARY.replace("50", "60"))
    wait_for(lambda: step() == 1)
    swapped = CANARY.replace("stable: taxi:1.0.0, next: taxi:1.1.0", "stable: taxi:1.1.0, next: taxi:1.0.0")
    deploy(swapped)
    headers = {"x-mainspring-route": "next"}
    told = httpx.post(f"{url}/v1/models/taxi:predict", json={"instances": [ROW]}, headers=headers)
    assert told.json()["predictions"] == ["yes"]
    archive = Archive(project / ".mainspring/desired")
    assert not [one for one in archive.history() if one.what in ("drift", "failed")]


@pytest.mark.slow
def test_a_server_that_is_killed_again_and_again_serves_what_was_accepted(
    project: Path, serve: Callable[..., str], started: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    def settled(text: str) -> bool:
        status, current = archive.status, archive.current
        return (
            status is not None
            and status.pid == started[-1].pid
            and current is not None
            and (status.number, current.files["fares"].text) == (current.number, text)
            and status.ok
        )

    def kill() -> None:
        started[-1].kill()
        started[-1].wait()

    chance = random.Random(0)
    folder = tmp_path / "files"
    folder.mkdir()
    archive = Archive(project / ".mainspring/desired")
    for number in range(4):
        url = serve(str(folder), "--workers", "2")
        version = chance.randrange(2)
        for name, text in {
            "own.py": f"class Own:\n    def predict(self, X, names=None):\n        return X * {version + 2}\n",
            "words.yaml": "deployment: words\nmodels: {chain: {component: {entry: 'own.py:Own'}}}\n",
            "fares.yaml": f"{FILE.replace('1.0.0', f'1.{version}.0')}    timeout: {number + 1}\n",
        }.items():
            (folder / f".{name}").write_text(text)
            (folder / f".{name}").replace(folder / name)
        time.sleep(chance.uniform(0.0, 2.5))
        kill()
        url = serve(str(folder), "--workers", "2")
        text = (folder / "fares.yaml").read_text()
        wait_for(partial(settled, text))
        assert {answer(url) for _ in range(6)} == {"no" if version else "yes"}
        assert {str(tensor(url)) for _ in range(6)} == {str([3.0 * (version + 2)])}
        accepted = [one.number for one in archive.history() if one.what == "accepted"]
        assert accepted == archive.numbers()
        kill()


GRAPH = """\
deployment: words
models:
  twice: {component: {entry: 'classes.py:Twice'}}
  chain: {graph: {nodes: {first: {model: twice}, second: {model: twice, reads: first}}}}
"""
CLASSES = """\
class Twice:
    def predict(self, X, names=None):
        return X * 2
"""


def tensor(url: str) -> Any:
    body = {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [3.0]}]}
    told = httpx.post(f"{url}/v2/models/chain/infer", json=body)
    return told.json()["outputs"][0]["data"] if told.status_code == 200 else told.text


@pytest.mark.slow
def test_two_workers_follow_together_and_a_killed_server_goes_on_where_it_was(
    project: Path, serve: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "classes.py").write_text(CLASSES)
    (folder / "words.yaml").write_text(GRAPH)
    (folder / "fares.yaml").write_text(FILE)
    archive = Archive(project / ".mainspring/desired")
    url = serve(str(folder), "--workers", "2")
    wait_for(lambda: httpx.get(f"{url}/v2/health/ready").status_code == 200)
    assert [tensor(url) for _ in range(10)] == [[12.0]] * 10
    # All or nothing: the class cannot be loaded, and the model beside it stays as well.
    (folder / "classes.py").write_text("raise RuntimeError('broken')\n")
    (folder / "words.yaml").write_text(GRAPH + "  taxi: {model: taxi:1.1.0}\n")
    (folder / "fares.yaml").write_text("deployment: fares\nmodels: {}\n")
    status = wait_for(lambda: (found := archive.status) and found.deployments["words"].state == "failed" and found)
    assert "broken" in status.deployments["words"].message
    assert {answer(url) for _ in range(10)} == {"yes"}
    assert tensor(url) == [12.0]
    os.kill(status.pid, signal.SIGKILL)
    (folder / "classes.py").write_text(CLASSES.replace("* 2", "* 3"))
    (folder / "words.yaml").write_text(GRAPH + "  taxi: {model: taxi:1.1.0}\n# mended\n")
    url = serve(str(folder), "--workers", "2")
    wait_for(lambda: (found := archive.status) and found.pid != status.pid and found.ok)
    assert {answer(url) for _ in range(10)} == {"no"}
    assert [tensor(url) for _ in range(10)] == [[27.0]] * 10
