"""The page of models side by side."""

import pytest

from mainspring.core import InputError
from mainspring.evaluation import Evaluation, compare
from mainspring.evaluation.viewing import view_comparison


def test_two_models_stand_side_by_side(judged, checked) -> None:
    old, new = judged([0.1, 0.9, 0.1, 0.9]), judged([0.1, 0.9, 0.8, 0.9])
    page = view_comparison({"in use": old, "candidate": new}, verdict=compare(new, at_least={"accuracy": 0.9}))
    text = checked(page.html).text
    assert "candidate against in use" in text
    assert "accuracy of candidate is 0.75, 0.25 worse than that of in use." in text
    assert "0 better, 1 worse" in text
    assert text.index("city=b") < text.index("city=a"), "what got worse comes first"
    assert "model gate no" in text


def test_more_than_two_models_have_a_column_each(fares: Evaluation, checked) -> None:
    text = checked(view_comparison(dict.fromkeys(("a", "b", "c", "d"), fares)).html).text
    assert "R² of d is 0.9925, as good as that of a." in text
    assert "The last 2 models are drawn." in text


def test_models_that_cannot_be_compared_are_refused(three: Evaluation, fares: Evaluation) -> None:
    with pytest.raises(InputError, match="1 model to compare"):
        view_comparison({"one": three})
    with pytest.raises(InputError, match="not asked the same"):
        view_comparison({"one": three, "other": fares})
