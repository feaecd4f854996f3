import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.endpoint.bodies import DisconnectedError, read_body
from mainspring.serving.endpoint.problems import MalformedError, TooLargeError


class Channel:
    """An ASGI channel over chunks; knows how much of it was read."""

    def __init__(self, *chunks: bytes, then_gone: bool = False) -> None:
        self.chunks, self.then_gone, self.read = list(chunks), then_gone, 0

    async def __call__(self) -> dict[str, object]:
        if not self.chunks:
            return {"type": "http.disconnect"}
        chunk = self.chunks.pop(0)
        self.read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks) or self.then_gone}


def read(channel: Channel, limit: int = 100, **headers: str) -> bytes:
    given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return asyncio.run(read_body(channel, given, limit))


@given(chunks=st.lists(st.binary(max_size=30), min_size=1, max_size=5))
def test_chunks_are_joined_up_to_the_limit(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    if len(whole) <= 60:
        assert read(Channel(*chunks), limit=60) == whole
    else:
        with pytest.raises(TooLargeError):
            read(Channel(*chunks), limit=60)


def test_a_length_over_the_limit_is_refused_before_anything_is_read() -> None:
    channel = Channel(b"x" * 101)
    with pytest.raises(TooLargeError, match="larger than 100 bytes"):
        read(channel, content_length="101")
    assert channel.read == 0


def test_a_body_without_length_is_read_no_further_than_the_limit() -> None:
    channel = Channel(*[b"x" * 10] * 1000)
    with pytest.raises(TooLargeError):
        read(channel)
    assert channel.read == 110


def test_a_small_body_that_grows_is_refused_without_growing() -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    with pytest.raises(TooLargeError):
        read(Channel(bomb), limit=20_000, content_encoding="gzip")


def test_identity_is_no_encoding() -> None:
    assert read(Channel(b"abc"), content_encoding="identity") == b"abc"


def test_a_caller_who_goes_away_is_noticed() -> None:
    with pytest.raises(DisconnectedError):
        read(Channel())
    with pytest.raises(DisconnectedError):
        read(Channel(b"abc", then_gone=True))


@given(body=st.binary(max_size=50))
def test_compression_is_undone_or_refused(body: bytes) -> None:
    assert read(Channel(gzip.compress(body)), content_encoding="gzip") == body
    assert read(Channel(zlib.compress(body)), content_encoding="deflate") == body
    with pytest.raises((MalformedError, TooLargeError)):
        read(Channel(b"\x00" + body), content_encoding="gzip")


def test_several_members_of_gzip_are_one_body() -> None:
    body = b'{"a": 1}'
    both = gzip.compress(body[:3]) + gzip.compress(body[3:])
    assert read(Channel(both), content_encoding="gzip") == body
    with pytest.raises(MalformedError, match="not gzip"):
        read(Channel(gzip.compress(body) + b"JUNK"), content_encoding="gzip")
    with pytest.raises(TooLargeError):
        read(Channel(gzip.compress(b"0" * 900) * 2), limit=1000, content_encoding="gzip")
