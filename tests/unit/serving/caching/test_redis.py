"""Redis as it is, and as it should not be: down, silent, talking nonsense."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.caching import CacheOptions, Keys, MemoryCache, Remembering, ResponseCache, open_cache
from mainspring.serving.prediction import Inputs

pytestmark = pytest.mark.service
pytest.importorskip("redis", reason="the extra redis is not installed")

OUTPUTS = {"label": np.array(["a", None, "ä"], dtype=object), "p": np.arange(6, dtype=np.float32).reshape(3, 2)}


async def settled(cache: Any) -> None:
    """Wait until everything put has arrived."""
    while cache._puts:
        await asyncio.wait(cache._puts)


def test_what_was_put_is_given_to_other_processes_too(redis_options: CacheOptions) -> None:
    async def main() -> None:
        one, other = open_cache(redis_options), open_cache(redis_options)
        assert await one.get(b"a") is None
        one.put(b"a", OUTPUTS, 60)
        await settled(one)
        found = await other.get(b"a")
        assert found is not None
        assert found["label"].tolist() == ["a", None, "ä"]
        assert found["p"].tobytes() == OUTPUTS["p"].tobytes()
        assert found["p"].dtype == np.float32
        assert (one.counts.unreachable, other.counts.unreachable) == (0, 0)
        await one.close()
        await other.close()

    asyncio.run(main())


def test_answers_grow_old(redis_options: CacheOptions) -> None:
    async def main() -> None:
        cache: Any = open_cache(redis_options)
        cache.put(b"short", OUTPUTS, 0.001)
        cache.put(b"long", OUTPUTS, 60)
        cache.put(b"ever", OUTPUTS, 0)
        await settled(cache)
        while await cache.get(b"short") is not None:
            await asyncio.sleep(0.01)
        assert await cache.get(b"long") is not None
        assert 0 < await cache._redis.pttl(cache._name(b"long")) <= 60_000
        assert await cache._redis.pttl(cache._name(b"ever")) == -1
        await cache.close()

    asyncio.run(main())


def test_clearing_forgets_what_has_the_prefix_and_nothing_else(redis_options: CacheOptions) -> None:
    async def main() -> None:
        cache = open_cache(msgspec.structs.replace(redis_options, prefix=redis_options.prefix + "a:"))
        other = open_cache(msgspec.structs.replace(redis_options, prefix=redis_options.prefix + "b:"))
        for one in (cache, other):
            for number in range(20):
                one.put(bytes([number]), OUTPUTS, 60)
            await settled(one)
        await cache.clear()
        assert await cache.get(b"\1") is None
        assert await other.get(b"\1") is not None
        await cache.close()
        await other.close()

    asyncio.run(main())


def test_nonsense_is_a_miss(redis_options: CacheOptions) -> None:
    async def main() -> None:
        cache: Any = open_cache(redis_options)
        await cache._redis.set(cache._name(b"a"), b"nonsense")
        assert await cache.get(b"a") is None
        assert (cache.counts.unreadable, cache.counts.unreachable) == (1, 0)
        await cache.close()

    asyncio.run(main())


def test_what_is_too_large_or_too_much_is_not_kept(redis_options: CacheOptions) -> None:
    async def main() -> None:
        cache: Any = open_cache(redis_options)
        cache.put(b"a", {"y": np.zeros(1 << 18)}, 60)
        cache.put(b"a", {"y": np.array([object()])}, 60)
        assert cache.counts.refused == 2
        for number in range(300):
            cache.put(number.to_bytes(2, "little"), OUTPUTS, 60)
        assert cache.counts.refused == 2 + 300 - 256
        await settled(cache)
        assert cache.counts.unreachable == 0
        await cache.close()

    asyncio.run(main())


def test_down_means_a_miss_and_then_it_is_left_alone(nobody: str) -> None:
    async def main() -> None:
        cache: Any = open_cache(CacheOptions(kind="redis", url=nobody, timeout=5.0, pause=0.05))
        asked = 0
        ask = cache._redis.get

        async def counted(name: bytes) -> object:
            nonlocal asked
            asked += 1
            return await ask(name)

        cache._redis.get = counted
        for _ in range(10):
            assert await cache.get(b"a") is None
        assert (asked, cache.counts.unreachable) == (1, 10)
        await asyncio.sleep(0.06)
        assert await cache.get(b"a") is None
        assert asked == 2
        cache.put(b"a", OUTPUTS, 60)
        await cache.clear()
        await cache.close()

    asyncio.run(main())


def stranger(answer: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    """Whoever listens in the place of Redis."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            writer.write(answer)
        writer.close()

    return serve


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-ERR no\r\n", b"$100\r\nhalf"])
def test_a_stranger_or_silence_means_a_miss_in_time(answer: bytes) -> None:
    async def main() -> None:
        async with await asyncio.start_server(stranger(answer), "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            options = CacheOptions(kind="redis", url=f"redis://127.0.0.1:{port}/0", timeout=0.05, pause=0.0)
            cache = open_cache(options)
            began = time.perf_counter()
            assert await cache.get(b"a") is None
            assert time.perf_counter() - began < 2.0  # of a timeout of 0.05, on whatever machine
            assert cache.counts.unreachable == 1
            await cache.close()

    asyncio.run(main())


def test_requests_are_answered_while_redis_is_down_and_remembered_when_it_is_back(
    redis_options: CacheOptions, nobody: str
) -> None:
    async def main() -> None:
        inputs = Inputs({"x": np.array([1.0])}, 1)
        asked = 0

        async def compute() -> dict[str, np.ndarray]:
            nonlocal asked
            asked += 1
            return {"y": inputs.columns["x"] * 2}

        down = open_cache(msgspec.structs.replace(redis_options, url=nobody, pause=0.0))
        for _ in range(3):
            found = await Remembering(down, Keys("m", "1", "d")).answer(inputs, compute)
            assert (found.outputs["y"].tolist(), found.cached) == ([2], False)
        up = open_cache(redis_options)
        for cached in (False, True):
            found = await Remembering(up, Keys("m", "1", "d")).answer(inputs, compute)
            assert (found.outputs["y"].tolist(), found.cached) == ([2], cached)
            await settled(up)
        assert asked == 4
        await down.close()
        await up.close()

    asyncio.run(main())


def test_options_choose_the_store() -> None:
    assert isinstance(open_cache(CacheOptions()), MemoryCache)
    with pytest.raises(InputError, match="no address of Redis"):
        open_cache(CacheOptions(kind="redis", url="localhost:6379"))


def test_without_the_client_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "mainspring.serving.caching.redis", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(UnavailableError, match=r"pip install 'mainspring\[redis\]'"):
        open_cache(CacheOptions(kind="redis"))


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_every_store_keeps_the_promises(kind: str, request: pytest.FixtureRequest) -> None:
    async def main() -> None:
        options = CacheOptions() if kind == "memory" else request.getfixturevalue("redis_options")
        cache: ResponseCache = open_cache(options)
        given = {"y": np.array([1.0, np.nan]), "empty": np.zeros((0, 2))}
        cache.put(b"a", given, 60)
        given["y"][0] = 9.0
        if kind == "redis":
            await settled(cache)
        found = await cache.get(b"a")
        assert found is not None
        assert repr(found["y"].tolist()) == "[1.0, nan]"
        assert found["empty"].shape == (0, 2)
        assert not any(array.flags.writeable for array in found.values())
        await cache.clear()
        assert await cache.get(b"a") is None
        await cache.close()

    asyncio.run(main())
