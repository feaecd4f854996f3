import asyncio

import numpy as np
import pytest

from mainspring.serving.caching.memory import MemoryCache, size_of


def outputs(value: float, rows: int = 1) -> dict[str, np.ndarray]:
    return {"y": np.full(rows, value)}


SIZE = size_of(outputs(0.0)) or 0


def get(cache: MemoryCache, key: bytes) -> list[float] | None:
    found = asyncio.run(cache.get(key))
    return None if found is None else found["y"].tolist()


def test_what_was_put_is_given() -> None:
    cache = MemoryCache(10_000)
    assert get(cache, b"a") is None
    cache.put(b"a", outputs(1.0), 0)
    cache.put(b"a", outputs(2.0), 0)
    assert get(cache, b"a") == [2.0]
    assert (cache.counts.entries, cache.counts.bytes) == (1, SIZE)
    asyncio.run(cache.clear())
    assert get(cache, b"a") is None
    assert (cache.counts.entries, cache.counts.bytes) == (0, 0)


def test_the_least_recently_used_goes_first() -> None:
    cache = MemoryCache(3 * SIZE)
    for key in (b"a", b"b", b"c"):
        cache.put(key, outputs(ord(key)), 0)
    assert get(cache, b"a") == [97.0]
    cache.put(b"d", outputs(100.0), 0)
    assert [get(cache, key) is None for key in (b"a", b"b", b"c", b"d")] == [False, True, False, False]
    assert (cache.counts.evicted, cache.counts.entries, cache.counts.bytes) == (1, 3, 3 * SIZE)


def test_it_never_grows_beyond_its_size() -> None:
    cache = MemoryCache(20 * SIZE)
    chance = np.random.default_rng(1)
    for turn in range(500):
        cache.put(str(chance.integers(50)).encode(), outputs(turn, int(chance.integers(1, 300))), 0)
        assert cache.counts.bytes <= 20 * SIZE
        assert cache.counts.bytes == sum(entry.size for entry in cache._entries.values())
        assert cache.counts.entries == len(cache._entries)


def test_what_is_larger_than_all_of_it_is_not_kept() -> None:
    cache = MemoryCache(2 * SIZE)
    cache.put(b"a", outputs(1.0), 0)
    cache.put(b"b", outputs(1.0, rows=1000), 0)
    assert (get(cache, b"a"), get(cache, b"b"), cache.counts.refused) == ([1.0], None, 1)


def test_answers_grow_old() -> None:
    now = [0.0]
    cache = MemoryCache(10_000, clock=lambda: now[0])
    cache.put(b"a", outputs(1.0), 10)
    cache.put(b"b", outputs(2.0), 0)
    now[0] = 9.99
    assert get(cache, b"a") == [1.0]
    now[0] = 10.0
    assert get(cache, b"a") is None
    assert get(cache, b"b") == [2.0]
    assert (cache.counts.expired, cache.counts.entries) == (1, 1)


def test_nobody_changes_what_is_kept() -> None:
    cache = MemoryCache(10_000)
    given = outputs(1.0)
    cache.put(b"a", given, 0)
    given["y"][0] = 5.0
    assert get(cache, b"a") == [1.0]
    found = asyncio.run(cache.get(b"a"))
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found["y"][0] = 7.0


def test_a_row_of_a_large_batch_does_not_keep_the_batch() -> None:
    cache = MemoryCache(10_000)
    batch = np.zeros(1_000_000)
    cache.put(b"a", {"y": batch[:1]}, 0)
    found = asyncio.run(cache.get(b"a"))
    assert found is not None
    assert found["y"].base is None


def test_texts_count_with_their_characters() -> None:
    short, long = np.array(["a"], dtype=object), np.array(["a" * 10_000], dtype=object)
    assert (size_of({"y": long}) or 0) - (size_of({"y": short}) or 0) >= 9_999
    assert size_of({"y": np.array([object()], dtype=object)}) is None
    cache = MemoryCache(10_000)
    cache.put(b"a", {"y": np.array([object()], dtype=object)}, 0)
    assert cache.counts.refused == 1


def test_the_size_is_about_what_python_needs() -> None:
    import tracemalloc

    cache = MemoryCache(100 << 20)
    tracemalloc.start()
    for number in range(5000):
        cache.put(
            number.to_bytes(16, "little"),
            {"label": np.array([f"class {number}"], dtype=object), **outputs(1.0)},
            60,
        )
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.7 < cache.counts.bytes / taken < 1.6
