import gzip
import json
import zlib

import numpy as np
import pytest

from mainspring.serving.endpoint.compression import LEAST, accepted, compressed


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        (b"", None),
        (b"gzip", "gzip"),
        (b"deflate", "deflate"),
        (b"gzip, deflate, br, zstd", "gzip"),
        (b"GZIP;q=0.5, deflate;q=0.8", "deflate"),
        (b"br", None),
        (b"identity", None),
        (b"*", "gzip"),
        (b"*;q=0", None),
        (b"gzip;q=0, *", "deflate"),
        (b"gzip;q=0", None),
        (b"gzip;q=0.2, identity;q=0.9", None),
        (b"gzip;q=x", None),
        (b"gzip ; q = 1.0", "gzip"),
        (b";;,=,\xff", None),
    ],
)
def test_o14_what_a_caller_accepts(header: bytes | None, expected: str | None) -> None:
    assert accepted(header) == expected


def test_o14_a_large_text_shrinks_and_comes_back() -> None:
    body = json.dumps({"predictions": ["yes", "no"] * 2_000}).encode()
    zipped, deflated = compressed(body, "gzip"), compressed(body, "deflate")
    assert zipped is not None
    assert deflated is not None
    assert gzip.decompress(zipped) == zlib.decompress(deflated) == body
    assert len(zipped) < len(body) / 5


def test_o14_small_bodies_and_arrays_are_left_alone() -> None:
    assert compressed(b"x" * (LEAST - 1), "gzip") is None
    assert compressed(np.random.default_rng(0).random(4_000).tobytes(), "gzip") is None
