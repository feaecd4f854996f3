import os
import socket
from collections.abc import Iterator
from uuid import uuid4

import pytest

from mainspring.serving.caching import CacheOptions

URL = os.environ.get("MAINSPRING_TEST_REDIS", "redis://127.0.0.1:6379/0")


@pytest.fixture
def redis_options() -> Iterator[CacheOptions]:
    """Options for a real Redis, under a prefix of its own that is empty afterwards."""
    redis = pytest.importorskip("redis", reason="the extra redis is not installed")
    prefix = f"mainspring-test:{uuid4().hex}:"
    client = redis.Redis.from_url(URL, socket_connect_timeout=1)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("no Redis on loopback")
    yield CacheOptions(kind="redis", url=URL, prefix=prefix, timeout=5.0)
    for name in client.scan_iter(f"{prefix}*"):
        client.delete(name)
    client.close()


@pytest.fixture
def nobody() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{one.getsockname()[1]}/0"
