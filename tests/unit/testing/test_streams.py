"""Rules of the streams, held to their papers, and places of their changes."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.testing.streams import CONCEPTS, changing_stream, stream_with_new_classes


@pytest.mark.parametrize("kind", CONCEPTS)
def test_the_rule_changes_where_it_is_said(kind: str) -> None:
    steady = changing_stream(kind, [0], rows=4_000, changes=[], seed=1)
    stream = changing_stream(kind, [0, 2], rows=4_000, changes=[2_500], seed=1)
    again = changing_stream(kind, [0, 2], rows=4_000, changes=[2_500], seed=1)
    assert stream.rows.shape[0] == stream.labels.size == 4_000
    assert np.array_equal(stream.rows, again.rows)
    assert np.array_equal(stream.labels[:2_500], steady.labels[:2_500])
    assert not np.array_equal(stream.rows[2_500:], steady.rows[2_500:])


def test_sea_adds_two_features_and_turns_one_label_in_ten() -> None:
    stream = changing_stream("sea", [0, 3], rows=40_000, changes=[20_000])
    for part, limit in ((slice(0, 20_000), 8.0), (slice(20_000, None), 9.5)):
        right = (stream.rows[part, 0] + stream.rows[part, 1] <= limit) == stream.labels[part]
        assert right.mean() == pytest.approx(0.9, abs=0.01)


def test_stagger_follows_its_three_rules() -> None:
    stream = changing_stream("stagger", [0, 1, 2], rows=3_000, changes=[1_000, 2_000])
    size, colour, shape = (stream.rows[:, part : part + 3].argmax(axis=1) for part in (0, 3, 6))
    rules = [(size == 0) & (colour == 0), (colour == 1) | (shape == 1), size != 0]
    for number, rule in enumerate(rules):
        part = slice(1_000 * number, 1_000 * (number + 1))
        assert np.array_equal(rule[part], stream.labels[part] == 1)


def test_the_lights_of_a_digit() -> None:
    stream = changing_stream("led", [0, 3], rows=20_000, changes=[10_000])
    ours = stream.labels[:10_000] == 1
    # One has the two lights on the right; nine in ten are as they should be.
    assert stream.rows[:10_000, :7][ours].mean(axis=0) == pytest.approx(
        [0.1, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1], abs=0.04
    )
    moved = stream.labels[10_000:] == 8
    assert stream.rows[10_000:, 7:10][moved].mean() == pytest.approx(0.9, abs=0.02)
    assert stream.rows[10_000:, 0:3].mean() == pytest.approx(0.5, abs=0.02)


def test_the_first_function_of_agrawal_is_one_of_age() -> None:
    stream = changing_stream("agrawal", [0, 1], rows=4_000, changes=[2_000])
    age, salary = stream.rows[:, 2], stream.rows[:, 0]
    assert np.array_equal((age < 40) | (age >= 60), stream.labels == 1) is False
    assert np.array_equal(((age < 40) | (age >= 60))[:2_000], stream.labels[:2_000] == 1)
    young = age[2_000:] < 40
    assert np.array_equal(
        (salary[2_000:][young] >= 50_000) & (salary[2_000:][young] <= 100_000), stream.labels[2_000:][young] == 1
    )


def test_a_plane_that_turns_disagrees_with_itself_by_its_angle() -> None:
    one = changing_stream("hyperplane", [0], rows=20_000, changes=[], seed=5)
    other = changing_stream("hyperplane", [3], rows=20_000, changes=[], seed=5)
    # At a right angle half of the rows lie on another side.
    assert (one.labels != other.labels).mean() == pytest.approx(0.5, abs=0.02)


def test_a_wide_change_comes_little_by_little() -> None:
    stream = changing_stream("stagger", [0, 2], rows=9_000, changes=[3_000], width=2_000, seed=3)
    size = stream.rows[:, :3].argmax(axis=1)
    new = (size != 0) == (stream.labels == 1)
    old = (size == 0) & (stream.rows[:, 3] == 1) == (stream.labels == 1)
    assert old[:3_000].all()
    assert new[8_500:].all()
    assert 0.2 < new[3_500:4_500].mean() < 0.9


def test_new_classes_appear_where_they_are_said_to() -> None:
    stream = stream_with_new_classes(rows=3_000, begins=(1_000, 2_000), seed=7)
    for label, begin in ((3, 1_000), (4, 2_000)):
        places = np.flatnonzero(stream.labels == label)
        assert begin <= places[0] < begin + 30
    assert set(stream.labels[:1_000].tolist()) == {0, 1, 2}


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="there is no stream 'moon'"):
        changing_stream("moon", [0], rows=10, changes=[])
    with pytest.raises(InputError, match="2 concepts"):
        changing_stream("sea", [0, 1], rows=10, changes=[])
    with pytest.raises(InputError, match="rising"):
        changing_stream("sea", [0, 1, 2], rows=10, changes=[8, 4])
    with pytest.raises(InputError, match="1 beginnings"):
        stream_with_new_classes(begins=(5,))
