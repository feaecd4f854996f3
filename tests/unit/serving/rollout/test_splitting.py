import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.serving.rollout.splitting import Split
from mainspring.serving.rollout.sticky import place_on_line, salted

Weights = st.lists(st.floats(0.0, 100.0), min_size=2, max_size=5).filter(lambda weights: sum(weights) > 1.0)


def within(hits: int, total: int, share: float) -> bool:
    """Whether a count lies in Wilson's interval of a share; 4.9 standard deviations, for a million looks."""
    z = 4.9
    found = hits / total
    middle = (found + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(found * (1 - found) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return middle - half <= share <= middle + half


@settings(max_examples=30, deadline=None)
@given(weights=Weights, seed=st.integers(0, 2**32))
def test_chance_gives_each_arm_its_share(weights: list[float], seed: int) -> None:
    split = Split(weights, chance=random.Random(seed))
    places = [split() for _ in range(4_000)]
    for place, share in enumerate(split.propensities):
        assert within(places.count(place), len(places), share), (place, share)


def test_95_of_100_splits_are_within_their_interval_of_95_percent() -> None:
    inside = 0
    for seed in range(400):
        split = Split([95, 5], chance=random.Random(seed))
        hits = sum(split() for _ in range(1_000))
        inside += abs(hits / 1_000 - 0.05) <= 1.96 * math.sqrt(0.05 * 0.95 / 1_000)
    assert 0.92 <= inside / 400 <= 0.98


@settings(max_examples=30, deadline=None)
@given(weights=Weights, salt=st.text(max_size=10))
def test_keys_give_each_arm_its_share_and_stay_with_it(weights: list[float], salt: str) -> None:
    split = Split(weights, salt=salted(salt))
    keys = [f"customer {number}".encode() for number in range(4_000)]
    places = [split(key) for key in keys]
    assert places == [split(key) for key in keys]
    for place, share in enumerate(split.propensities):
        assert within(places.count(place), len(places), share), (place, share)


@given(few=st.floats(0.1, 50.0), more=st.floats(0.0, 50.0), key=st.binary(max_size=20))
def test_a_share_that_grows_keeps_the_keys_that_it_had(few: float, more: float, key: bytes) -> None:
    small, large = Split([100 - few, few]), Split([100 - few - more, few + more])
    assert small(key) <= large(key)


def test_another_salt_deals_the_same_keys_independently() -> None:
    one, other = Split([1, 1], salt=salted("taxi", "a")), Split([1, 1], salt=salted("taxi", "b"))
    keys = [str(number).encode() for number in range(4_000)]
    together = sum(one(key) == other(key) for key in keys)
    assert within(together, len(keys), 0.5)


def test_a_place_is_what_a_hash_says() -> None:
    """By hand: BLAKE2b with 8 bytes of digest, read as a big-endian number."""
    import hashlib

    digest = hashlib.blake2b(b"ann", digest_size=8, salt=b"s").digest()
    assert place_on_line(b"ann", b"s") == int.from_bytes(digest, "big") / 2**64


def test_an_arm_without_a_share_gets_nothing() -> None:
    split = Split([1, 0, 0])
    assert {split() for _ in range(100)} == {0}
    assert Split([0, 1])(b"any") == 1


@pytest.mark.parametrize("shares", [[0, 0], [-1, 2], [float("nan"), 1]])
def test_shares_that_are_none_are_refused(shares: list[float]) -> None:
    with pytest.raises(InputError, match="the shares are"):
        Split(shares)
