import math

import pytest

from mainspring.monitoring.reviewing import Answer, Chosen, Kind, ReviewItem, review_agreement


def item(number: int, said: str | float | None, **labels: str | float | None) -> ReviewItem:
    answers = {
        who: Answer(reviewer=who, at=0.0, label=label, kind=Kind.UNSURE if label is None else Kind.LABEL)
        for who, label in labels.items()
    }
    return ReviewItem(
        chosen=Chosen(request=f"r{number}", row=0, time=0.0, probability=0.5, said=said), answers=answers
    )


def test_two_people_by_hand() -> None:
    """Ten items: 4 times yes and 3 times no by both, 3 apart: kappa is (0.7 - 0.5) / (1 - 0.5)."""
    both = [("yes", "yes")] * 4 + [("no", "no")] * 3 + [("yes", "no")] * 1 + [("no", "yes")] * 2
    items = [item(number, "yes", ann=ann, ben=ben) for number, (ann, ben) in enumerate(both)]
    found = review_agreement(items)
    [pair] = found.pairs
    shares = (5 / 10) * (6 / 10) + (5 / 10) * (4 / 10)
    assert (pair.one, pair.other, pair.items, pair.same) == ("ann", "ben", 10, 0.7)
    assert pair.cohen == pytest.approx((0.7 - shares) / (1 - shares))
    yes = 11 / 20
    chance = yes**2 + (1 - yes) ** 2
    assert found.fleiss == pytest.approx((0.7 - chance) / (1 - chance))
    assert found.alpha == pytest.approx(1 - 0.3 / (2 * 11 * 9 / (20 * 19)))
    assert found.interval.low < found.alpha < found.interval.high
    assert [(one.one, one.same) for one in found.with_model] == [("ann", 0.5), ("ben", 0.6)]


def test_unsure_answers_do_not_count() -> None:
    found = review_agreement([item(0, "a", ann="a", ben=None), item(1, "a", ann="a")])
    assert found.items == 0
    assert math.isnan(found.alpha)
    assert found.pairs == ()
    assert [one.items for one in found.with_model] == [2]


def test_numbers_disagree_by_how_far_apart_they_are() -> None:
    near = review_agreement(
        [item(number, float(number), ann=float(number), ben=number + 0.1) for number in range(10)]
    )
    far = review_agreement(
        [item(number, float(number), ann=float(number), ben=9.0 - number) for number in range(10)]
    )
    assert near.alpha > 0.99
    assert far.alpha < 0
    assert math.isnan(near.fleiss)
    assert near.with_model[0].same == 1.0
