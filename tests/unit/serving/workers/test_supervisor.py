"""Changes of what all workers serve: all of them, or none. Real workers, ordered by their supervisor."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.core.errors import MainspringError
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.orders import Load, Lying, Told
from mainspring.serving.server import supervise
from mainspring.serving.workers import supervisor as module
from mainspring.serving.workers.messages import Done, Order
from mainspring.serving.workers.supervisor import Supervisor

OWN = """
import os, pathlib, signal
class Own:
    def __init__(self):
        mark = pathlib.Path({mark!r})
        try:
            mark.unlink()
        except FileNotFoundError:
            return
        {does}
    def predict(self, X, names=None):
        return X
"""
REFUSES = "raise RuntimeError('not here')"
KILLS = "os.kill(os.getpid(), signal.SIGKILL)"

Scenario = Callable[[Supervisor], Awaitable[None]]


def run(tmp_path: Path, scenario: Scenario) -> None:
    """Two workers that serve nothing yet, and what happens to them."""
    config = tmp_path / "server.json"
    config.write_text(json.dumps({"host": "127.0.0.1", "port": 0, "workers": 2}))
    command = [sys.executable, "-m", "mainspring.serving", "--config", str(config)]
    failed: list[BaseException] = []

    @asynccontextmanager
    async def beside(supervisor: Supervisor) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(scenario(supervisor), 60)
        except BaseException as error:  # noqa: BLE001  it is raised below
            failed.append(error)
        supervisor._stop()
        yield

    supervise(command, ServerOptions(host="127.0.0.1", port=0, workers=2), beside=beside)
    if failed:
        raise failed[0]


def package(rule: ModuleType, folder: Path, name: str, **options: float) -> Load:
    if not folder.exists():
        rule.write(folder, **options)
    return Load(name=name, packages=(Lying(str(folder), "1", str(folder)),), config="{}")


def own(tmp_path: Path, does: str, *, inline: bool = False) -> Load:
    """A class that refuses, or dies, in the first process that loads it."""
    mark = tmp_path / "mark"
    mark.touch()
    file = tmp_path / "own.py"
    file.write_text(OWN.format(mark=str(mark), does=does))
    component = {"entry": f"{file}:Own", "folder": str(tmp_path), "inline": inline}
    config = json.dumps({"component": component, "versions": {"specific": ["1"]}})
    return Load(name="own", packages=(Lying(str(file), "1", does),), config=config)


def served(survey: Sequence[Mapping[str, Told]]) -> list[dict[str, Any]]:
    return [{name: [one.folder for one in told.packages] for name, told in models.items()} for models in survey]


def test_what_one_worker_refuses_none_serves_and_what_kills_one_is_not_tried_on_the_next(
    rule: ModuleType, tmp_path: Path
) -> None:
    first, second = (package(rule, tmp_path / name, "taxi") for name in ("first", "second"))
    before = [{"taxi": [first.packages[0].folder]}] * 2

    async def scenario(supervisor: Supervisor) -> None:
        await supervisor.change([first])
        assert served(await supervisor.survey()) == before
        with pytest.raises(MainspringError, match="not here"):
            await supervisor.change([second, own(tmp_path, REFUSES)], ["taxi"])
        assert served(await supervisor.survey()) == before
        with pytest.raises(MainspringError, match="a worker ended while it loaded own"):
            await supervisor.change([second, own(tmp_path, KILLS, inline=True)])
        await until_both(supervisor)  # the one that takes its place starts, and is not killed by it again
        assert served(await supervisor.survey()) == before
        await supervisor.change([second], ["nobody"])
        assert served(await supervisor.survey()) == [{"taxi": [second.packages[0].folder]}] * 2

    run(tmp_path, scenario)


def test_a_worker_that_dies_before_it_commits_serves_what_the_others_do_once_it_is_replaced(
    rule: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (package(rule, tmp_path / name, "taxi") for name in ("first", "second"))
    bus = package(rule, tmp_path / "bus", "bus")
    victims: list[int] = []
    give = module.Supervisor._give

    async def killing(self: Supervisor, worker: Any, order: Order) -> Done:
        if order.step == "commit" and worker.index == 0 and not victims:
            victims.append(worker.process.pid)
            os.kill(worker.process.pid, signal.SIGKILL)
            await worker.process.wait()
        return await give(self, worker, order)

    async def scenario(supervisor: Supervisor) -> None:
        await supervisor.change([first])
        monkeypatch.setattr(module.Supervisor, "_give", killing)
        await supervisor.change([second, bus])
        await until_both(supervisor)
        assert victims
        after = {"taxi": [second.packages[0].folder], "bus": [bus.packages[0].folder]}
        assert served(await supervisor.survey()) == [after] * 2

    run(tmp_path, scenario)


async def until_both(supervisor: Supervisor) -> None:
    while not all(worker.ready.is_set() for worker in supervisor._workers):
        await asyncio.sleep(0.02)
