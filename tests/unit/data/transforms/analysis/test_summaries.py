"""Summaries of parts merge to the summary of the whole, and come back from JSON as they were."""

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.data.transforms.analysis.covariance import Covariance
from mainspring.data.transforms.analysis.grouped import KeyedMoments, TargetSums
from mainspring.data.transforms.analysis.summaries import Distribution, Moments
from mainspring.data.transforms.analysis.words import Words

numbers = st.one_of(st.integers(-50, 50).map(float), st.sampled_from([float("nan"), float("inf"), 0.1, -1e9]))
rows = st.lists(st.tuples(numbers, numbers, st.sampled_from(["a", "b", "c", None])), max_size=40)
cuts = st.lists(st.integers(0, 40), max_size=3).map(sorted)


def columns(found):
    words = np.empty(len(found), dtype=object)
    words[:] = [row[2] for row in found]
    one, other = (np.array([row[place] for row in found], dtype=np.float64) for place in (0, 1))
    return one, other, words


def values_of(summary, found):
    one, other, words = columns(found)
    label = np.nan_to_num(other, posinf=1.0) > 0
    return {
        Moments: (one,),
        Distribution: (one,),
        Words: (words,),
        KeyedMoments: (one, words),
        Covariance: (np.stack([one, other], axis=1),),
        TargetSums: (words, label.astype(float), np.arange(len(found)) % 3),
    }[summary]


def plain(value):
    """Flat: texts and numbers, the latter to be compared with some tolerance."""
    return msgspec.json.decode(msgspec.json.encode(value))


def assert_close(one, other):
    assert type(one) is type(other) or {type(one), type(other)} <= {int, float}
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_close(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_close(left, right)
    elif isinstance(one, float | int) and not isinstance(one, bool):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-6)
    else:
        assert one == other


@pytest.mark.parametrize("summary", [Moments, Distribution, Words, KeyedMoments, Covariance])
@given(found=rows, at=cuts)
def test_parts_merge_to_the_whole(summary, found, at):
    whole = summary.of(*values_of(summary, found))
    bounds = [0, *(min(cut, len(found)) for cut in at), len(found)]
    parts = [found[start:stop] for start, stop in itertools.pairwise(bounds)]
    merged = summary.merged([summary.of(*values_of(summary, part)) for part in parts])
    assert_close(plain(merged), plain(whole))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=summary) == whole


@given(found=rows, at=st.integers(0, 13))
def test_sums_of_the_label_merge_fold_by_fold(found, at):
    values = values_of(TargetSums, found)
    whole = TargetSums.of(*values)
    cut = min(3 * at, len(found))
    parts = [TargetSums.of(*(value[:cut] for value in values)), TargetSums.of(*(value[cut:] for value in values))]
    merged = TargetSums.merged(parts)
    assert_close(plain(merged), plain(whole))
    assert sum(merged.all_rows) == len(found)


def test_a_constant_has_no_variance_in_any_number_of_parts():
    parts = [Moments.of(np.full(count, 0.1)) for count in (3, 7, 11)]
    merged = Moments.merged(parts)
    assert (merged.count, merged.mean, merged.squares, merged.deviation) == (21, 0.1, 0.0, 1.0)


def test_quantiles_of_many_parts_stay_within_their_bound():
    values = np.random.default_rng(2).lognormal(size=200_000)
    merged = Distribution.merged([Distribution.of(part) for part in np.array_split(values, 25)])
    for share in (0.01, 0.25, 0.5, 0.75, 0.99):
        assert abs((values < merged.quantiles.at(share)).mean() - share) < 0.003


def test_the_most_frequent_words_are_listed_and_the_others_counted(monkeypatch):
    monkeypatch.setattr("mainspring.data.transforms.analysis.words.MOST_WORDS", 2)
    column = np.array(["b", "a", "c", "b", None, "d"], dtype=object)
    found = Words.of(column)
    assert (found.rows, dict(found.counts), found.rest, found.total) == (6, {"b": 2, "a": 1}, 2, 5)
    merged = Words.merged([found, Words.of(column[:1])])
    assert (merged.rows, dict(merged.counts), merged.rest) == (7, {"b": 3, "a": 1}, 2)


@given(counts=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 4), max_size=30))
def test_the_listed_words_are_the_first_of_all(counts):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mainspring.data.transforms.analysis.words.MOST_WORDS", 5)
        found = Words.of_counts(100, counts)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert list(found.counts.items()) == ranked[:5]
    assert found.total == sum(counts.values())
