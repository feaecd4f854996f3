"""The consumer by itself, on a broker in memory that fails when it is told to."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.bulk.streams import Consumer, Current, Lag, Message, Reply, StreamOptions, open_broker
from mainspring.serving.bulk.streams.gauges import METRICS, metrics_of, shown
from mainspring.serving.predictor import ModelError

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": False}
Make = Callable[..., Current]


class Memory:
    """A broker in memory.

    Attributes:
        trouble: How many of the next calls fail.
    """

    claim = 0.3

    def __init__(self, bodies: Sequence[Any]) -> None:
        self.waiting = [Message(str(n), json.dumps(body).encode()) for n, body in enumerate(bodies)]
        self.held: dict[str, Message] = {}
        self.replies: list[Reply] = []
        self.fetched: list[int] = []
        self.trouble, self.kept, self.closed = 0, 0, False

    async def open(self) -> None:
        pass

    def fail(self) -> None:
        if self.trouble:
            self.trouble -= 1
            raise UnavailableError("gone")

    async def fetch(self, most: int, wait: float) -> Sequence[Message]:
        self.fail()
        some, self.waiting = self.waiting[:most], self.waiting[most:]
        self.held.update((one.id, one) for one in some)
        if some:
            self.fetched.append(len(self.held))
        else:
            await asyncio.sleep(min(wait, 0.05))
        return some

    async def keep(self, messages: Sequence[Message]) -> None:
        self.kept += len(messages)

    async def settle(self, replies: Sequence[Reply]) -> None:
        self.fail()
        self.replies += replies
        for one in replies:
            del self.held[one.message.id]

    async def lag(self) -> Lag:
        return Lag(len(self.waiting), len(self.held))

    async def close(self) -> None:
        self.closed = True


def consumer(broker: Memory, current: Current, **options: Any) -> Consumer:
    return Consumer(broker, current, stream="asks", **options)


def test_no_more_is_fetched_than_is_worked_on_and_what_comes_next(current: Make) -> None:
    broker = Memory([ROW] * 100)
    done = asyncio.run(consumer(broker, current(), most=10).run(until_idle=0.1))
    assert (done.answered, done.batches) == (100, 10)
    assert max(broker.fetched) <= 20
    assert broker.closed
    assert [one.message.id for one in broker.replies] == [str(n) for n in range(100)]


def test_a_stop_answers_what_was_fetched(current: Make) -> None:
    broker = Memory([ROW] * 100)
    one = consumer(broker, current(), most=10)
    one._seen = lambda done: one.stop() if done.batches == 3 else None
    done = asyncio.run(one.run())
    assert 30 <= done.answered <= 40
    assert not broker.held
    assert len(broker.waiting) == 100 - done.answered


def test_a_broker_that_is_away_is_waited_for(current: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainspring.serving.bulk.streams.consumer._FIRST_PAUSE", 0.01)
    broker = Memory([ROW] * 20)
    broker.trouble = 3
    one = consumer(broker, current(), most=10)

    def trouble(done: Any) -> None:
        broker.trouble = 2 if done.batches == 1 else 0

    one._seen = trouble
    done = asyncio.run(one.run(until_idle=0.2))
    assert (done.answered, len(broker.replies)) == (20, 20)


def test_a_broken_model_throws_nothing_away(current: Make) -> None:
    broker = Memory([{**ROW, "company": "explode"}] * 300)
    with pytest.raises(ModelError, match="message after message"):
        asyncio.run(consumer(broker, current(), most=60).run(until_idle=0.2))
    assert len(broker.replies) == 60
    assert len(broker.held) + len(broker.waiting) == 240
    assert broker.closed


def test_one_bad_message_among_good_ones_fails_alone(current: Make) -> None:
    bodies: list[Any] = [ROW] * 20
    bodies[7] = {**ROW, "company": "explode"}
    bodies[9] = []
    broker = Memory(bodies)
    done = asyncio.run(consumer(broker, current()).run(until_idle=0.1))
    assert (done.answered, done.failed, done.rows) == (19, 1, 18)
    assert [one.ok for one in broker.replies] == [n != 7 for n in range(20)]
    assert json.loads(broker.replies[9].data)["predictions"] == []


def test_the_model_is_replaced_between_two_batches(current: Make) -> None:
    broker = Memory([ROW] * 10)
    model = current()
    one = consumer(broker, model, most=10)

    async def go() -> None:
        following = asyncio.create_task(model.follow(one.stopped, every=0.02))
        running = asyncio.create_task(one.run(until_idle=1.0))
        while one.done.answered < 10:
            await asyncio.sleep(0.01)
        model.meant.update(version="2.0.0", shift=-9.0)  # type: ignore[attr-defined]
        while not model.reloads:
            await asyncio.sleep(0.01)
        broker.waiting = [Message(f"late{n}", json.dumps(ROW).encode()) for n in range(5)]
        await running
        await following

    asyncio.run(go())
    found = [json.loads(reply.data) for reply in broker.replies]
    assert [one["model_version"] for one in found] == ["1.0.0"] * 10 + ["2.0.0"] * 5
    assert [one["predictions"][0]["label"] for one in found] == ["yes"] * 10 + ["no"] * 5


def test_a_model_that_cannot_be_found_any_more_goes_on(current: Make) -> None:
    broker = Memory([ROW] * 3)
    model = current()
    assert model.model.version == "1.0.0"

    def gone() -> Any:
        raise NotFoundError("taxi has no alias 'production'")

    model._resolve = gone
    one = consumer(broker, model)

    async def go() -> None:
        following = asyncio.create_task(model.follow(one.stopped, every=0.01))
        await one.run(until_idle=0.1)
        await following

    asyncio.run(go())
    assert len(broker.replies) == 3


def test_long_work_is_kept(current: Make) -> None:
    model = current(sleep=0.4)
    assert model.model.name == "taxi"
    broker = Memory([ROW] * 2)
    asyncio.run(consumer(broker, model).run(until_idle=0.1))
    assert broker.kept >= 2


def test_figures_are_shown(current: Make) -> None:
    broker = Memory([ROW] * 5)
    model = current()
    one = consumer(broker, model)
    asyncio.run(one.run(until_idle=0.1))
    with shown(lambda: metrics_of(one.done, model, "asks"), 0) as port:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
    assert 'mainspring_stream_messages_total{stream="asks",outcome="answered"} 5' in text
    assert 'mainspring_stream_model_info{stream="asks",model="taxi",version="1.0.0"} 1' in text
    assert all(name in text for name in METRICS)


def test_places_are_checked_before_anybody_connects() -> None:
    for options, told in (
        ({"url": "kafka://x/asks", "reply": "a"}, "a stream at 'kafka'"),
        ({"url": "redis://127.0.0.1:6379", "reply": "a"}, "names no stream"),
        ({"url": "redis://127.0.0.1:6379/0/asks", "reply": "asks"}, "a place of their own"),
        ({"url": "nats://127.0.0.1:4222/asks", "reply": "a", "claim": 0}, "claimed after 0 seconds"),
    ):
        with pytest.raises(InputError, match=told):
            open_broker(StreamOptions(**options))


@pytest.mark.parametrize("url", ["redis://user:secret@127.0.0.1:1/asks", "nats://user:secret@127.0.0.1:1/asks"])
def test_a_broker_that_does_not_answer_is_named_without_its_password(
    url: str, current: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pytest.importorskip(url.partition(":")[0]).__name__ == "nats":
        monkeypatch.setattr("mainspring.serving.bulk.streams.nats_jetstream._CONNECT_SECONDS", 0.5)
    one = Consumer(open_broker(StreamOptions(url=url, reply="a")), current(), stream="asks")
    began = time.monotonic()
    with pytest.raises(UnavailableError) as found:
        asyncio.run(one.run())
    assert "secret" not in str(found.value)
    assert time.monotonic() - began < 30
