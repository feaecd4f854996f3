import re
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.data.profiling.text import Vocabulary, measure_text
from mainspring.data.statistics.text import TextStatistics, TokenUse


def measured(
    texts: list[str | None], known: Sequence[str] | None = None, **more: tuple[str, ...]
) -> TextStatistics:
    table = Table.from_columns({"t": texts}, {"t": ColumnType.STRING})
    return measure_text(table, "t", Vocabulary(known=None if known is None else tuple(known), **more))


def test_tokens_by_hand() -> None:
    found = measured(["It's late, it's LATE!", "late", "", None, "¡Ñandú 3.5!"])
    assert (found.num_texts, found.num_empty, found.num_tokens) == (4, 1, 8)
    assert dict(found.tokens.counts) == {"late": 3, "it's": 2, "3": 1, "5": 1, "ñandú": 1}
    assert (found.unique, found.min_tokens, found.max_tokens, found.avg_tokens) == (5, 0, 4, 2.0)
    assert found.total_length == 3 * 4 + 2 * 4 + 1 + 1 + 5
    assert found.avg_token_length == 27 / 8
    assert (found.min_token_length, found.max_token_length) == (1, 5)
    assert found.tokens_per_text.values == (0, 1, 3, 4)
    assert found.uses["late"] == TokenUse(2, 3, 1, 2)
    assert sum(found.length_histogram().counts) == 4
    assert sum(found.token_length_histogram().counts) == 8


def test_scripts_without_spaces_are_cut_into_characters() -> None:
    found = measured(["日本 is 漢字", "Привет, мир", "สวัสดี"])
    assert found.tokens.counts["日"] == 1
    assert found.tokens.counts["is"] == 1
    assert found.tokens.counts["привет"] == 1
    assert found.scripts["cjk"] == 4
    assert found.scripts["cyrillic"] == 9
    assert found.scripts["latin"] == 2
    assert found.scripts["spaces"] == 3
    assert found.scripts["punctuation"] == 1


def test_kinds_of_characters() -> None:
    found = measured(["a1 ,\t+😀\u0301"])
    assert found.scripts == {
        "digits": 1,
        "emoji": 1,
        "latin": 1,
        "marks": 1,
        "punctuation": 1,
        "spaces": 2,
        "symbols": 1,
    }


def test_vocabulary_by_hand() -> None:
    texts = ["the cat [PAD] [PAD]", "the dog UNK"]
    found = measured(texts, ["The", "cat", "unk", "mouse"], excluded=("PAD",), unknown=("UNK",))
    assert found.vocabulary_size == 4
    assert (found.num_tokens, found.num_excluded, found.num_known) == (7, 2, 3)
    assert found.coverage == 3 / 5
    assert found.out_of_vocabulary == 2 / 5
    assert found.avg_token_length == 3.0
    assert measured(texts).coverage is None
    assert measured([], ["a"]).coverage == 1.0


def test_lists_of_tokens_are_as_they_are() -> None:
    table = Table.of_query("SELECT unnest([['[CLS]', 'The', 'the'], [], NULL, ['[CLS]', NULL, 'New York']]) AS t")
    found = measure_text(table, "t", Vocabulary(known=("the", "New York"), watched=("[CLS]", "[SEP]")))
    assert (found.num_texts, found.num_empty, found.num_tokens) == (3, 1, 5)
    assert dict(found.tokens.counts) == {"[CLS]": 2, "New York": 1, "The": 1, "the": 1}
    assert found.num_known == 2
    assert found.per_text("[CLS]") == (0, 2 / 3, 1)
    assert found.fraction_with("[CLS]") == pytest.approx(2 / 3)
    assert found.per_text("[SEP]") == (0, 0.0, 0)


def test_how_often_tokens_occur_in_a_text() -> None:
    found = measured(["a a b", "a", "a a a c"])
    assert found.per_text("a") == (1, 2.0, 3)
    assert found.per_text("b") == (0, 1 / 3, 1)
    assert found.fraction_with("a") == 1.0
    assert found.fraction_with("z") == 0.0


def test_of_rare_tokens_only_watched_ones_are_known() -> None:
    texts = [f"w{i} w{i}" for i in range(1100)] + ["rare"]
    found = measured(list(texts), watched=("rare",))
    assert (found.unique, len(found.tokens.counts), found.tokens.complete) == (1101, 1000, False)
    assert found.fraction_with("rare") == 1 / 1101
    assert found.fraction_with("never") is None
    assert found.per_text("never") is None
    merged = TextStatistics.merged(
        [measured(texts[:600], watched=("rare",)), measured(texts[600:], watched=("rare",))]
    )
    assert merged.uses["rare"] == found.uses["rare"]
    assert merged.unique == pytest.approx(1101, rel=0.05)
    assert merged.num_tokens == found.num_tokens


def test_real_messages(sms: Table) -> None:
    assert Counter(sms.to_columns()["label"]) == {"ham": 4827, "spam": 747}
    spam = measure_text(sms.where("label = 'spam'"), "text", ["free", "txt", "claim"])
    ham = measure_text(sms.where("label = 'ham'"), "text", ["free", "txt", "claim"])
    assert (spam.num_texts, ham.num_texts) == (747, 4827)
    texts = sms.where("label = 'spam'").to_columns()["text"]
    words = Counter(word for text in texts for word in re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*", text.lower()))
    assert spam.num_tokens == sum(words.values())
    assert spam.tokens.counts["free"] == words["free"] == 224
    assert spam.coverage is not None
    assert ham.coverage is not None
    assert spam.coverage > 10 * ham.coverage
    assert spam.fraction_with("free") == sum("free" in re.findall(r"[^\W_]+", t.lower()) for t in texts) / 747
    assert max(spam.scripts, key=spam.scripts.__getitem__) == "latin"


def test_numbers_are_no_text() -> None:
    with pytest.raises(InputError, match="INT"):
        measure_text(Table.from_columns({"n": [1]}), "n")
    with pytest.raises(InputError, match="no column"):
        measure_text(Table.from_columns({"n": [1]}), "m")
    with pytest.raises(InputError, match="vocabularies"):
        measured(["a"], ["a"]).merge(measured(["a"]))


def test_no_texts() -> None:
    found = measured([None])
    assert (found.num_texts, found.min_tokens, found.avg_tokens, found.avg_token_length) == (0, None, 0.0, 0.0)
    assert found.merge(found) == found
    assert found.length_histogram().counts == ()


TEXTS = st.lists(
    st.one_of(st.none(), st.text(alphabet="abé' .3日", max_size=8), st.text(max_size=4)), min_size=3, max_size=8
)


@settings(max_examples=15, deadline=None)
@given(TEXTS, st.data())
def test_parts_merge_to_the_whole(texts: list[str | None], data: st.DataObject) -> None:
    texts = [text if text is None else text.replace("\0", "") for text in texts]

    def some(chosen: list[str | None]) -> TextStatistics:
        return measured(chosen, ["a", "b"], watched=("ab",))

    first = data.draw(st.integers(1, len(texts) - 2))
    second = data.draw(st.integers(first + 1, len(texts) - 1))
    whole, one, two, three = map(some, (texts, texts[:first], texts[first:second], texts[second:]))
    assert TextStatistics.merged([one, two, three]) == whole
    assert three.merge(one).merge(two) == whole == one.merge(two.merge(three))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=TextStatistics) == whole
