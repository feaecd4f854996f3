"""What is kept of keys, against digests computed elsewhere."""

import base64
import hashlib

import pytest

from mainspring.core.errors import InputError
from mainspring.serving.security import api_key
from mainspring.serving.security.api_key import ApiKey


def test_a_made_key_is_recognised_and_no_other() -> None:
    number, key, kept = api_key.make()
    entry = ApiKey(id=number, name="ann", hash=kept)
    assert kept == "sha256:" + hashlib.sha256(key.encode()).hexdigest()
    assert entry.fits(key.encode())
    assert not entry.fits(key[:-1].encode())
    assert number in key
    assert len({api_key.make()[1] for _ in range(100)}) == 100


def test_a_key_holds_256_bits_of_chance() -> None:
    _, key, _ = api_key.make()
    assert len(key.split("_", 2)[2]) == 43  # base64 of 32 bytes without padding


def test_a_key_of_a_person_is_kept_with_a_slow_hash() -> None:
    number, kept = api_key.keep("correct-horse-battery")
    entry = ApiKey(id=number, name="ann", hash=kept)
    assert kept.startswith("$scrypt$ln=14,r=8,p=1$")
    assert entry.quick is None
    assert entry.fits(b"correct-horse-battery")
    assert not entry.fits(b"correct-horse-batterz")


def test_scrypt_is_that_of_rfc_7914() -> None:
    """Section 12, third vector: "pleaseletmein", "SodiumChloride", N=16384, r=8, p=1."""
    salt = base64.b64encode(b"SodiumChloride").decode().rstrip("=")
    expected = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    digest = base64.b64encode(expected).decode().rstrip("=")
    entry = ApiKey(id="x", name="ann", hash=f"$scrypt$ln=14,r=8,p=1${salt}${digest}")
    assert entry.fits(b"pleaseletmein")


@pytest.mark.parametrize(
    "key", ["short", "x" * 15, "with a space in the middle", "ümläute-sind-nicht-ascii", "a\nb" * 9]
)
def test_a_poor_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InputError, match="cannot be a key") as error:
        api_key.keep(key)
    assert key not in str(error.value)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plain",
        "sha256:00",
        "md5:" + "0" * 32,
        "$scrypt$ln=31,r=8,p=1$U29kaXVtQ2hsb3JpZGU$" + "A" * 43,  # would take 2 TB
        "$scrypt$ln=1,r=8,p=1$U29kaXVtQ2hsb3JpZGU$" + "A" * 43,
        "$scrypt$ln=14,r=0,p=1$U29kaXVtQ2hsb3JpZGU$" + "A" * 43,
    ],
)
def test_hashes_of_other_forms_are_named(kept: str) -> None:
    found = api_key.problem(ApiKey(id="x", name="ann", hash=kept))
    assert found is not None
