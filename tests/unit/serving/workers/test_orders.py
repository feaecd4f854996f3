"""Orders that a worker is told of when it starts, and those that are given meanwhile."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mainspring.serving.control import LocalControl
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Folder, ModelOptions, PackageAt, Repository
from mainspring.serving.workers.messages import Channel, Done, History, Message, Order, Ready
from mainspring.serving.workers.supervisor import Supervisor
from mainspring.serving.workers.worker import SharedControl


@pytest.fixture
def repository(rule: ModuleType, tmp_path: Path) -> Callable[[], Repository]:
    for name in ("taxi", "bus"):
        rule.write(tmp_path / name)

    def opened(at: PackageAt, options: ModelOptions) -> Predictor:
        return Predictor(rule.RulePackage.load(at.folder), name=at.name, version=at.version)

    return lambda: Repository(opened, [Folder(tmp_path)])


def order(step: str, name: str) -> Order:
    return Order(number=0, step=step, name=name)  # type: ignore[arg-type]


def test_orders_that_cannot_be_followed_any_more_keep_no_worker_from_starting(
    repository: Callable[[], Repository],
) -> None:
    async def work() -> None:
        models, (ours, theirs) = repository(), socket.socketpair()
        channel = await Channel.over(ours)
        channel.send(History(orders=(order("unload", "bus"), order("load", "gone"), order("load", "taxi"))))
        async with SharedControl(LocalControl(models), theirs).running():
            assert models.names == ["taxi"]
            assert not models.ready  # another worker serves what is gone
        channel.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_worker_follows_what_was_ordered_while_it_started(tmp_path: Path) -> None:
    """Two workers that do nothing but answer: one is ready, the other starts while an order is given."""

    async def work() -> None:
        with socket.socket() as one, socket.socket() as two:
            supervisor = Supervisor(["true"], [one, two], grace=1.0)
            ready, late = supervisor._workers
            ours, ends = [], []
            for worker in (ready, late):
                near, far = socket.socketpair()
                worker.channel = await Channel.over(near)
                ends.append(await Channel.over(far))
                ours.append(asyncio.create_task(supervisor._listen(worker, worker.channel)))
            heard: list[list[Message]] = [[], []]
            following = [asyncio.create_task(follow(end, kept)) for end, kept in zip(ends, heard, strict=True)]
            ends[0].send(Ready(url="http://one"))
            await ready.ready.wait()
            ends[0].send(Order(number=7, step="load", name="bus"))
            while not supervisor._history:
                await asyncio.sleep(0.005)
            assert heard[1] == []
            ends[1].send(Ready(url="http://two"))
            await late.ready.wait()
            assert [(one.step, one.name) for one in heard[1] if isinstance(one, Order)] == [("load", "bus")]
            for task in (*ours, *following):
                task.cancel()
            for channel in (*ends, ready.channel, late.channel):
                assert channel is not None
                channel.close()

    asyncio.run(asyncio.wait_for(work(), 20))


async def follow(channel: Channel, heard: list[Message]) -> None:
    """A worker that does whatever it is told."""
    while (message := await channel.receive()) is not None:
        heard.append(message)
        if isinstance(message, Order):
            channel.send(Done(number=message.number))
