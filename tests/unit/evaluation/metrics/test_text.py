"""The figures of sacrebleu 2.6.0, rouge-score 0.1.2 and nltk 3.10.4 for five texts, written out."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.metrics.text import FACTS, TextRows, edit_distance, normalised, words_13a

TEXTS = [
    "The cat sat on the mat.",
    "It costs 1,000.50 dollars, he said.",
    "a quick brown fox jumps over lazy dogs",
    "Hello world again",
    "completely different words here now",
]
FIRST = [
    "The cat is sitting on the mat.",
    "He said it costs 1,000.50 dollars.",
    "The quick brown fox jumps over the lazy dog",
    "Hello, world!",
    "nothing in common with that at all",
]
SECOND = [
    "A cat sat on the mat.",
    "It costs $1,000.50, he said.",
    "a quick brown fox jumped over lazy dogs",
    "Hello world",
    "entirely different words there",
]


@pytest.mark.parametrize(
    ("tokens", "bleu", "penalty", "bleu_of_two"),
    [
        ("13a", 0.29464559251989786, 0.8789456120040121, 0.6475853366912978),
        ("spaces", 0.24489157747569543, 0.898397321348071, 0.5675887201153003),
    ],
)
def test_bleu_is_that_of_sacrebleu(tokens: str, bleu: float, penalty: float, bleu_of_two: float) -> None:
    found = TextRows.of(FIRST, TEXTS, tokens=tokens).state().measure().values  # type: ignore[arg-type]
    assert found["bleu"] == pytest.approx(bleu)
    assert found["brevity_penalty"] == pytest.approx(penalty)
    both = [list(pair) for pair in zip(FIRST, SECOND, strict=True)]
    found = TextRows.of(both, TEXTS, tokens=tokens).state().measure().values  # type: ignore[arg-type]
    assert found["bleu"] == pytest.approx(bleu_of_two)


def test_chrf_is_that_of_sacrebleu() -> None:
    assert TextRows.of(FIRST, TEXTS).state().measure().values["chrf"] == pytest.approx(0.5439273750831092)
    both = [list(pair) for pair in zip(FIRST, SECOND, strict=True)]
    assert TextRows.of(both, TEXTS).state().measure().values["chrf"] == pytest.approx(0.7942627258791042)


def test_rouge_is_that_of_rouge_score() -> None:
    table = [
        (0.769231, 0.545455, 0.769231),
        (1.0, 0.857143, 0.75),
        (0.705882, 0.533333, 0.705882),
        (0.8, 0.666667, 0.8),
        (0.0, 0.0, 0.0),
    ]
    rows = TextRows.of(FIRST, TEXTS)
    for place, expected in enumerate(table):
        found = rows.state(np.array([place])).measure().values
        assert [found[name] for name in ("rouge1", "rouge2", "rougel")] == pytest.approx(expected, abs=1e-6)


def test_error_rates_are_edits_by_the_length_of_the_reference() -> None:
    found = TextRows.of(FIRST, TEXTS, tokens="spaces").state().measure().values
    assert found["character_error_rate"] == (8 + 18 + 8 + 7 + 30) / sum(map(len, FIRST))
    assert found["word_error_rate"] == (2 + 6 + 3 + 3 + 7) / sum(len(one.split()) for one in FIRST)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's 3-4 (a.b,c) &quot;x&quot; U.S. 1.5%", 'It\'s 3 - 4 ( a . b , c ) " x " U . S . 1.5 %'),
        (
            'end-of-line http://x.y/z?q=1 £5,000. "Hi", 7-zip',
            'end-of-line http : / / x . y / z ? q = 1 £5,000 . " Hi " , 7 - zip',
        ),
    ],
)
def test_words_are_told_apart_as_mteval_does(text: str, words: str) -> None:
    assert words_13a(text) == words.split()


def test_squad_answers() -> None:
    assert normalised("An apple, a DAY") == "apple day"
    found = (
        TextRows.of([["the Eiffel Tower", "Eiffel"], "in 1889", ""], ["Eiffel tower!", "1889", ""])
        .state()
        .measure()
    )
    assert found.values["exact_match"] == pytest.approx(2 / 3)
    assert found.values["token_f1"] == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert set(found.values) - {"count"} == set(FACTS)
    low, high = found.intervals["exact_match"]
    assert low < 2 / 3 < high


def test_own_words_and_weights() -> None:
    rows = TextRows.of(["a|b|c|d|e", "x"], ["a|b|c|d|x", "y"], tokens=lambda text: text.split("|"), weights=[1, 0])
    found = rows.state().measure()
    assert found.values["word_error_rate"] == 0.2
    assert found.values["bleu"] == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
    assert "exact_match" not in found.intervals


def test_what_does_not_exist_is_nan_with_its_reason() -> None:
    empty = TextRows.of([], []).state().measure()
    assert set(empty.reasons) == set(FACTS)
    assert empty.reasons["bleu"] == "there are no rows with a label"
    silent = TextRows.of(["", ""], ["", ""]).state().measure()
    assert silent.reasons == {
        "bleu": "the model wrote no word",
        "brevity_penalty": "the model wrote no word",
        "chrf": "every reference is empty",
        "character_error_rate": "every reference is empty",
        "word_error_rate": "every reference is empty",
    }
    short = TextRows.of(["yes", "no"], ["yes", "yes"]).state().measure()
    assert short.reasons["bleu"].startswith("no text has as many as four words")
    assert short.values["exact_match"] == 0.5
    assert TextRows.of(["a b c d"], ["e f g h"]).state().measure().values["bleu"] == 0.0


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        TextRows.of(["a", []], [None], tokens="words")  # type: ignore[list-item, arg-type]
    for fault in ("2, 1 rows", "1 rows without a text", "1 rows without a reference", "tokens 'words'"):
        assert fault in caught.value.found


def plain_distance(first: str, second: str) -> int:
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(second, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


@settings(max_examples=60, deadline=None)
@given(st.text("abc", max_size=12), st.text("abcd", max_size=12))
def test_distances_are_those_of_the_table(first: str, second: str) -> None:
    assert edit_distance(first, second) == plain_distance(first, second)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=12), st.integers(0, 12), st.randoms())
def test_merging_parts_gives_the_whole(picked: list[int], cut: int, shuffled: random.Random) -> None:
    rows = TextRows.of([FIRST[place] for place in picked], [TEXTS[place] for place in picked])
    places = list(range(len(picked)))
    shuffled.shuffle(places)
    order = np.array(places, dtype=np.int64)
    merged = rows.state(order[:cut]).merge(rows.state(order[cut:])).measure()
    whole = rows.state().measure()
    assert merged.values == pytest.approx(whole.values, nan_ok=True)
    assert {name: math.isnan(value) for name, value in merged.values.items()} == {
        name: math.isnan(value) for name, value in whole.values.items()
    }
