"""Words that a planted rule reads are found, weighed by hand, and shown in place."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.anchors import Predicate, text_anchors
from mainspring.evaluation.explanation.highlights import Highlights, highlight
from mainspring.evaluation.explanation.words import spans_of

TEXTS = [
    "Win a free prize now!",
    "See you at lunch",
    "free lunch",
    None,
    "Call now to win: the prize is <b>free</b> & yours, really, there is nothing at all to pay for it",
]
TABLE = Table.from_columns({"text": TEXTS, "length": [float(len(text or "")) for text in TEXTS]})


class Spam:
    """Spam if it says both free and prize; free alone is a little suspicious."""

    def predict(self, table):
        said = [set((text or "").lower().replace("!", "").split()) for text in table.column("text")]
        said = [{word.strip("<b>/&,:") for word in words} for words in said]
        chance = np.array(
            [0.9 if {"free", "prize"} <= words else 0.3 if "free" in words else 0.1 for words in said]
        )
        return Predictions(("ham", "spam"), np.column_stack([1 - chance, chance]))


def asked():
    return Asked.of(Spam(), TABLE)


def test_words_are_weighed_as_by_hand():
    first = highlight(asked(), TABLE.rows(0, 1), "text")[0]
    # 0.1 to 0.9: free alone is worth 0.2, prize alone nothing, both 0.8.
    assert dict(first.words) == pytest.approx({"Win": 0, "a": 0, "free": 0.5, "prize": 0.3, "now": 0}, abs=1e-9)
    assert (first.base, first.answer, first.output) == (0.1, 0.9, "spam")
    away = highlight(asked(), TABLE.rows(0, 1), "text", method="leave_one_out")[0]
    assert dict(away.words) == pytest.approx({"Win": 0, "a": 0, "free": 0.8, "prize": 0.6, "now": 0}, abs=1e-9)


def test_long_texts_are_sampled():
    long = highlight(asked(), TABLE.rows(4, 5), "text", coalitions=2000)[0]
    weights = dict(long.words)
    assert sum(weights.values()) == pytest.approx(0.8)
    assert sorted(weights, key=weights.get)[-2:] == ["prize", "free"]
    assert max(abs(weight) for word, weight in weights.items() if word not in ("free", "prize")) < 0.05


def test_a_text_that_is_missing_has_no_words():
    (found,) = highlight(asked(), TABLE.rows(3, 4), "text")
    assert found.words == ()
    assert found.base == found.answer == 0.1


def test_the_page_shows_words_in_place_and_escapes_them():
    told = highlight(asked(), TABLE.rows(4, 5), "text")[0]._repr_html_()
    assert "&lt;" in told
    assert "<b>" not in told
    assert "&amp;" in told
    assert told.count("<mark") == len(spans_of(TEXTS[4]))


def test_an_anchor_of_words():
    found = text_anchors(asked(), TABLE.rows(0, 2), "text", corpus=TABLE)
    assert set(found[0].predicates) == {
        Predicate("text", "contains", "free"),
        Predicate("text", "contains", "prize"),
    }
    assert found[0].coverage == 2 / 4
    assert found[1].predicates == ()
    assert str(found[0].predicates[0]).startswith("text contains")


def test_predicates_of_words_are_met_by_whole_words():
    values = np.array(["Free for all", "freedom", None], dtype=object)
    assert Predicate("text", "contains", "free").met(values).tolist() == [True, False, False]


def test_they_are_kept(tmp_path):
    (found,) = highlight(asked(), TABLE.rows(0, 1), "text")
    found.save(tmp_path)
    assert Highlights.load(tmp_path) == found
    assert str(found).startswith("free +0.5, prize +0.3")


def test_what_is_no_text():
    with pytest.raises(InputError, match="'length' is no column of text"):
        highlight(asked(), TABLE, "length")
    with pytest.raises(InputError, match="no method 'magic'"):
        highlight(asked(), TABLE, "text", method="magic")
