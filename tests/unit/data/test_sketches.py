"""Summaries: exact while small, in their stated bound beyond, and merged parts equal the whole."""

import hashlib
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data.sketches import Distinct, Frequencies, Quantiles, hash_numbers, hash_word

NUMBERS = st.lists(st.integers(-1000, 1000) | st.floats(-1e6, 1e6), max_size=60)


def quantiles(values):
    return Quantiles.of_sorted(np.sort(np.array(values, dtype=np.float64)))


@settings(max_examples=60, deadline=None)
@given(NUMBERS, NUMBERS)
def test_exact_quantiles_of_parts_are_those_of_the_whole(one, other):
    merged = quantiles(one).merge(quantiles(other))
    assert merged == quantiles([*one, *other])
    assert merged == quantiles(other).merge(quantiles(one))


@settings(max_examples=60, deadline=None)
@given(NUMBERS.filter(len), st.integers(0, 20))
def test_quantiles_are_numpys(values, twentieth):
    share = twentieth / 20
    wanted = np.quantile(values, share, method="averaged_inverted_cdf")
    assert quantiles(values).at(share) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", ["normal", "lognormal", "student", "mostly zero", "steps"])
def test_ranks_are_off_by_no_more_than_a_thousandth(kind):
    dice = np.random.default_rng(1)
    values = {
        "normal": dice.normal(size=50_000),
        "lognormal": dice.lognormal(3, 2, size=50_000),
        "student": dice.standard_t(2, size=50_000),
        "mostly zero": np.where(dice.random(50_000) < 0.8, 0.0, dice.random(50_000)),
        "steps": np.floor(dice.normal(size=50_000) * 5000),
    }[kind]
    found = quantiles(values)
    assert not found.exact
    assert len(found.values) <= 500
    assert rank_error(found, values) <= 0.001 + 1e-9


def test_many_merges_stay_within_a_hundredth():
    dice = np.random.default_rng(2)
    parts = [dice.lognormal(size=2_000) + number / 20 for number in range(60)]
    found = quantiles([])
    for part in parts:
        found = found.merge(quantiles(part))
    assert found.total == pytest.approx(120_000)
    assert len(found.values) <= 500
    assert rank_error(found, np.concatenate(parts)) <= 0.01


def rank_error(found, values):
    ordered = np.sort(values)
    shares = np.arange(1, 100) / 100
    asked = np.array([found.at(share) for share in shares])
    low = np.searchsorted(ordered, asked, "left") / len(ordered)
    high = np.searchsorted(ordered, asked, "right") / len(ordered)
    return float(np.max(np.maximum(low - shares, 0) + np.maximum(shares - high, 0)))


def test_no_numbers():
    assert math.isnan(Quantiles().at(0.5))
    assert Quantiles().merge(Quantiles()) == Quantiles()
    assert Quantiles().mass_below(1.0) == 0


def frequencies(words, most=1000):
    ranked = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[most:])
    return Frequencies(dict(ranked[:most]), rest, ranked[most][1] if len(ranked) > most else 0)


WORDS = st.lists(st.text("ab", max_size=3), max_size=40)


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_frequencies_of_parts_are_those_of_the_whole(one, two, three):
    whole = frequencies([*one, *two, *three])
    left = frequencies(one).merge(frequencies(two)).merge(frequencies(three))
    right = frequencies(one).merge(frequencies(two).merge(frequencies(three)))
    for found in (left, right):
        assert found == whole
        assert list(found.counts) == list(whole.counts)


def test_bounds_hold_for_long_lists_of_words():
    dice = np.random.default_rng(5)
    parts = [[f"w{n}" for n in dice.zipf(1.2, size=8_000) % 5_000] for _ in range(4)]
    found = frequencies(parts[0])
    for part in parts[1:]:
        found = found.merge(frequencies(part))
    truth = Counter(word for part in parts for word in part)
    assert not found.complete
    assert 100 <= len(found.counts) <= 1000
    assert found.total == 32_000
    for word, count in found.counts.items():
        assert count <= truth[word] <= count + found.slack
    assert all(count <= found.floor for word, count in truth.items() if word not in found.counts)
    assert [word for word, _ in found.top(20)] == [
        word for word, _ in sorted(truth.items(), key=lambda i: (-i[1], i[0]))[:20]
    ]


@pytest.mark.parametrize("count", [0, 1, 10, 1_000, 5_000, 20_000, 100_000])
def test_distinct_counts_within_five_hundredths(count):
    assert Distinct.of_numbers(np.arange(count) * 0.1).estimate() == pytest.approx(count, rel=0.05)


def test_distinct_of_parts_is_that_of_the_whole():
    numbers = np.arange(30_000) * 1.1
    one, other = numbers[:20_000], numbers[10_000:]
    merged = Distinct.of_numbers(one).merge(Distinct.of_numbers(other))
    assert merged == Distinct.of_numbers(numbers)
    words = [f"w{n}" for n in range(3_000)]
    assert Distinct.of_words(words[:2_000]).merge(Distinct.of_words(words[1_000:])) == Distinct.of_words(words)
    assert Distinct.of_words(words).estimate() == pytest.approx(3_000, rel=0.05)


def test_hashes_are_stable():
    assert hash_word("taxi") == int(hashlib.md5(b"taxi").hexdigest()[:15], 16)
    assert hash_numbers([0.0]).tolist() == hash_numbers([-0.0]).tolist()
    assert hash_numbers([1]).tolist() == hash_numbers([1.0]).tolist()
    assert len(set(hash_numbers(range(1000)).tolist())) == 1000


@pytest.mark.parametrize("ordered", [False, True])
def test_a_thousand_parts_keep_the_bound(ordered):
    dice = np.random.default_rng(5)
    values = dice.normal(size=(1000, 1200))
    if ordered:
        values = np.sort(values, axis=None).reshape(1000, 1200)
    merged = Quantiles.merged([Quantiles.of_sorted(np.sort(part)) for part in values])

    everything = np.sort(values, axis=None)
    for share in np.arange(0.01, 1.0, 0.01):
        rank = np.searchsorted(everything, merged.at(float(share))) / everything.size
        assert abs(rank - share) <= 0.003
    assert merged.total == pytest.approx(1_200_000)
