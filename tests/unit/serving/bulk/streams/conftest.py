"""Real brokers on loopback, each behind the same few verbs; streams of a test have names of their own."""

import asyncio
import json
import socket
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.bulk.streams import Current, StreamOptions


def answers(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(0.5)
        return one.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Place:
    """A stream of messages, one of answers, one of dead letters."""

    kind: str
    name: str = field(default_factory=lambda: f"test{uuid.uuid4().hex[:12]}")

    @property
    def url(self) -> str:
        return (
            f"redis://127.0.0.1:6379/0/{self.name}"
            if self.kind == "redis"
            else f"nats://127.0.0.1:4222/{self.name}"
        )

    def options(self, **more: Any) -> StreamOptions:
        given = {"url": self.url, "reply": f"{self.name}-answers", "create": True, "claim": 1.0, **more}
        return StreamOptions(**given)

    def put(self, *bodies: Any, headers: Mapping[str, str] | None = None) -> None:
        """Add messages, each of them JSON unless it is bytes."""
        data = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in bodies]
        self._do(self._put_redis(data, headers) if self.kind == "redis" else self._put_nats(data, headers))

    def answers(self) -> list[tuple[dict[str, str], Any]]:
        """Headers and bodies of all answers."""
        return self._read(f"{self.name}-answers")

    def dead(self) -> list[tuple[dict[str, str], Any]]:
        """The dead letters."""
        return self._read(f"{self.name}-answers.errors")

    def count(self) -> int:
        """How many answers there are."""

        async def redis_count() -> int:
            async with redis_client() as client:
                return int(await client.xlen(f"{self.name}-answers"))

        async def nats_count() -> int:
            import nats

            client = await nats.connect("nats://127.0.0.1:4222")
            state = (await client.jetstream().stream_info(f"{self.name}_answers")).state
            await client.close()
            return int(state.messages)

        return int(self._do(redis_count() if self.kind == "redis" else nats_count()))

    def left(self) -> int:
        """Messages that nobody has answered."""

        async def redis_left() -> int:
            async with redis_client() as client:
                [group] = await client.xinfo_groups(self.name)
                return int(group["pending"]) + int(group["lag"] or 0)

        async def nats_left() -> int:
            import nats

            client = await nats.connect("nats://127.0.0.1:4222")
            found = await client.jetstream().consumer_info(self.name, "mainspring")
            await client.close()
            return int((found.num_pending or 0) + (found.num_ack_pending or 0))

        return int(self._do(redis_left() if self.kind == "redis" else nats_left()))

    def clear(self) -> None:
        async def clear_redis() -> None:
            async with redis_client() as client:
                await client.delete(self.name, f"{self.name}-answers", f"{self.name}-answers.errors")

        async def clear_nats() -> None:
            import nats

            client = await nats.connect("nats://127.0.0.1:4222")
            jetstream = client.jetstream()
            for one in await jetstream.streams_info():
                if str(one.config.name).startswith(self.name):
                    await jetstream.delete_stream(str(one.config.name))
            await client.close()

        self._do(clear_redis() if self.kind == "redis" else clear_nats())

    def _read(self, stream: str) -> list[tuple[dict[str, str], Any]]:
        found = self._do(self._read_redis(stream) if self.kind == "redis" else self._read_nats(stream))
        return [(headers, json.loads(data)) for headers, data in found]

    async def _put_redis(self, data: list[bytes], headers: Mapping[str, str] | None) -> None:
        async with redis_client() as client:
            pipe = client.pipeline(transaction=False)
            for one in data:
                pipe.xadd(self.name, {"data": one, **(headers or {})})
            await pipe.execute()

    async def _read_redis(self, stream: str) -> list[tuple[dict[str, str], bytes]]:
        async with redis_client() as client:
            entries = await client.xrange(stream)
        return [
            ({name.decode(): text.decode() for name, text in fields.items() if name != b"data"}, fields[b"data"])
            for _, fields in entries
        ]

    async def _put_nats(self, data: list[bytes], headers: Mapping[str, str] | None) -> None:
        import nats
        from nats.js.api import StreamConfig

        client = await nats.connect("nats://127.0.0.1:4222")
        jetstream = client.jetstream()
        await jetstream.add_stream(StreamConfig(name=self.name, subjects=[self.name]))
        for one in data:
            await client.publish(self.name, one, headers=dict(headers) if headers else None)
        await client.flush()
        await client.close()

    async def _read_nats(self, stream: str) -> list[tuple[dict[str, str], bytes]]:
        import nats

        client = await nats.connect("nats://127.0.0.1:4222")
        jetstream = client.jetstream()
        name = stream.replace("-", "_").replace(".", "_")
        state = (await jetstream.stream_info(name)).state
        found = []
        for number in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            one = await jetstream.get_msg(name, number)
            headers = {key.lower(): text for key, text in (one.headers or {}).items()}
            found.append((headers, one.data or b""))
        await client.close()
        return found

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)


def redis_client() -> Any:
    import redis.asyncio

    return redis.asyncio.Redis(host="127.0.0.1", port=6379)


@pytest.fixture(params=["redis", "nats"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place on a broker, cleared after the test."""
    kind = str(request.param)
    pytest.importorskip(kind)
    port = 6379 if kind == "redis" else 4222
    if not answers(port):
        pytest.skip(f"no {kind} answers on 127.0.0.1:{port}")
    found = Place(kind)
    yield found
    found.clear()


@pytest.fixture
def current(rule: ModuleType) -> Callable[..., Current]:
    """The rule as the model that answers now, of a version that can be changed."""

    def make(**options: object) -> Current:
        meant = {"version": "1.0.0", **options}

        def resolve() -> tuple[str, str, str, Callable[[], Any]]:
            given = {name: value for name, value in meant.items() if name != "version"}
            return "taxi", str(meant["version"]), str(meant), lambda: rule.package(**given)

        found = Current(resolve)
        found.meant = meant  # type: ignore[attr-defined]
        return found

    return make
