"""The same promises, kept on real brokers: answered, acknowledged after that, given to others when one dies."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import MainspringError
from mainspring.serving.bulk.streams import Consumer, Consuming, Current, open_broker

pytestmark = pytest.mark.service

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": False}
Make = Callable[..., Current]


def consume(place: Any, current: Current, *, idle: float = 0.3, **options: Any) -> Consuming:
    """Answer what is there, and end."""
    told = {name: options.pop(name) for name in ("claim", "create", "group") if name in options}

    async def go() -> Consuming:
        broker = open_broker(place.options(**told))
        return await Consumer(broker, current, stream=place.name, **options).run(until_idle=idle)

    return asyncio.run(go())


def test_every_message_is_answered_and_acknowledged(place: Any, current: Make) -> None:
    place.put(*({**ROW, "fare": float(n)} for n in range(500)))
    done = consume(place, current(), most=64)
    assert (done.answered, done.rows, done.rejected) == (500, 500, 0)
    assert done.batches >= 8
    found = place.answers()
    assert [body["predictions"][0]["label"] for _, body in found[:12]] == ["no"] * 6 + ["yes"] * 6
    assert len({headers["answer-id"] for headers, _ in found}) == 500
    assert found[0][0]["model-version"] == "1.0.0"
    assert place.left() == 0


def test_what_cannot_be_answered_goes_to_the_dead_letters(place: Any, current: Make) -> None:
    place.put(ROW, b"{no json", {**ROW, "fare": "dear"}, {"hour": 3}, {**ROW, "company": "explode"}, ROW)
    done = consume(place, current())
    assert (done.answered, done.rejected, done.failed) == (2, 3, 1)
    assert len(place.answers()) == 2
    errors = [body["error"] for _, body in place.dead()]
    assert [one["code"] for one in errors] == ["MALFORMED", "BAD_INPUT", "BAD_INPUT", "MODEL_FAILED"]
    assert "column 'fare' holds 'dear'" in errors[1]["found"]
    assert json.loads(place.dead()[3][1]["body"])["company"] == "explode"
    assert place.left() == 0


def test_a_message_that_was_delivered_too_often_is_given_up(place: Any, current: Make) -> None:
    place.put(ROW)

    async def take() -> None:
        broker = open_broker(place.options(claim=0.2))
        await broker.open()
        until = time.monotonic() + 20
        times = 0
        while times < 3 and time.monotonic() < until:
            times = max([times, *(one.deliveries for one in await broker.fetch(10, 0.2))])
        assert times == 3
        await broker.close()

    asyncio.run(take())
    done = consume(place, current(), claim=0.2, deliveries=3, idle=1.0)
    assert (done.answered, done.given_up) == (0, 1)
    assert "was delivered 4 times without an answer" in place.dead()[0][1]["error"]["found"]
    assert place.left() == 0


@pytest.mark.slow
def test_work_that_takes_longer_than_a_claim_is_kept(place: Any, current: Make) -> None:
    place.put(ROW, ROW)

    async def go() -> tuple[Consuming, Consuming]:
        loaded = current(sleep=0.9)
        assert loaded.model.name == "taxi"
        slow = Consumer(open_broker(place.options(claim=0.4)), loaded, stream=place.name)
        other = Consumer(open_broker(place.options(claim=0.4)), current(), stream=place.name)
        watcher = open_broker(place.options(claim=0.4))
        await watcher.open()
        first = asyncio.create_task(slow.run(until_idle=0.5))
        while (await watcher.lag()).pending < 2:
            await asyncio.sleep(0.02)
        second = await other.run(until_idle=0.9)
        await watcher.close()
        return second, await first

    other, slow = asyncio.run(go())
    assert (slow.answered, other.answered) == (2, 0)
    assert len(place.answers()) == 2


def test_a_lag_is_told(place: Any, current: Make) -> None:
    place.put(*[ROW] * 10)

    async def go() -> list[Any]:
        broker = open_broker(place.options())
        await broker.open()
        found = [await broker.lag()]
        messages = await broker.fetch(4, 1.0)
        found.append(await broker.lag())
        await broker.close()
        assert len(messages) == 4
        return found

    before, after = asyncio.run(go())
    assert (before.waiting, before.pending) == (10, 0)
    assert (after.waiting, after.pending) == (6, 4)


def test_a_stream_that_is_not_there_is_named(place: Any, current: Make) -> None:
    with pytest.raises(MainspringError, match="no stream") as found:
        consume(place, current(), create=False)
    assert "--create" in str(found.value.fix)


SCRIPT = """
import asyncio, sys
from pathlib import Path
from mainspring.models.package import Package
from mainspring.serving.bulk.streams import Consumer, Current, StreamOptions, open_broker
url, reply, package, claim, idle = sys.argv[1:]
resolve = lambda: ("taxi", "1.0.0", "one", lambda: Package.load(Path(package)))
options = StreamOptions(url=url, reply=reply, claim=float(claim))
consumer = Consumer(open_broker(options), Current(resolve), stream=options.stream, most=32)
asyncio.run(consumer.run(until_idle=float(idle)))
"""


def test_nothing_is_lost_when_consumers_are_killed(place: Any, rule: Any, tmp_path: Path) -> None:
    package = rule.write(tmp_path / "package", sleep=0.04)
    count = 1_600
    place.put(*({**ROW, "fare": float(n % 40), "hour": n} for n in range(count)))
    asyncio.run(ready(place))
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> None:
        options = [place.url, f"{place.name}-answers", str(package), "1.0", "60"]
        running.append(subprocess.Popen([sys.executable, "-c", SCRIPT, *options]))

    begin()
    begin()
    try:
        for number, process in enumerate(running[:2], 1):
            wait_for(lambda least=number * 250: place.count() >= least)
            os.kill(process.pid, signal.SIGKILL)
        between = place.count()
        begin()
        wait_for(lambda: place.count() >= count and place.left() == 0)
    finally:
        for process in running:
            process.kill()
            process.wait()
    found = place.answers()
    assert between < count
    ids = [headers["answer-id"] for headers, _ in found]
    # Redis adds and acknowledges in one step, NATS throws repeated ids away: each message has exactly one answer.
    assert len(ids) == len(set(ids)) == count
    assert len({headers["message-id"] for headers, _ in found}) == count
    assert place.left() == 0


async def ready(place: Any) -> None:
    """Make the streams and the group."""
    broker = open_broker(place.options())
    await broker.open()
    await broker.close()


def wait_for(condition: Callable[..., bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)
