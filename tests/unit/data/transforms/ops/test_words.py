"""What the ops of words, texts, dates and bytes make of known, missing, unseen and wrong values."""

import zlib

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from mainspring.core.errors import InputError
from mainspring.data.transforms import ops
from mainspring.data.transforms.ops.folds import folds_of

IN, OUT = ("w",), "y"
NAN = float("nan")


def words(*found):
    column = np.empty(len(found), dtype=object)
    column[:] = found
    return column


def same(op, given, wanted):
    made = op.apply(given)
    if made.dtype == object:
        assert made.tolist() == wanted
    else:
        np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize(
    ("op", "wanted"),
    [
        (ops.FillWord(IN, OUT, "none"), ["a", "b", "none", "new"]),
        (ops.IsMissingWord(IN, OUT), [0.0, 0.0, 1.0, 0.0]),
        (ops.Lookup(IN, OUT, ("b", "a")), [1.0, 0.0, NAN, -1.0]),
        (ops.Lookup(IN, OUT, ("b", "a"), unseen=None, missing=9.0), [1.0, 0.0, 9.0, NAN]),
        (ops.Lookup(IN, OUT, ("b", "a"), buckets=1), [1.0, 0.0, NAN, 2.0]),
        (ops.Lookup(IN, OUT, ("b", "a"), buckets=5), [1.0, 0.0, NAN, 2.0 + zlib.crc32(b"new") % 5]),
        (ops.Replace(IN, OUT, ("a", "b"), (0.5, 0.25), unseen=0.0), [0.5, 0.25, NAN, 0.0]),
        (ops.Hash(IN, OUT, 10), [float(zlib.crc32(w) % 10) if w else NAN for w in (b"a", b"b", b"", b"new")]),
        (ops.Length(IN, OUT), [1.0, 1.0, NAN, 3.0]),
        (ops.Matches(IN, OUT, "[ab]"), [1.0, 1.0, 0.0, 0.0]),
        (ops.Characters(IN, OUT, 1, 2), [("a",), ("b",), None, ("n", "e", "w", "ne", "ew")]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ops.Op) else None,
)
def test_what_becomes_of_words(op, wanted):
    same(op, words("a", "b", None, "new"), wanted)


def test_texts_are_made_alike():
    texts = words("  Grüße, WELT! ", None, "")
    same(ops.Lower(IN, OUT), texts, ["  grüße, welt! ", None, ""])
    same(ops.Strip(IN, OUT), texts, ["Grüße, WELT!", None, ""])
    same(ops.Substitute(IN, OUT, "[^\\w ]", "_"), texts, ["  Grüße_ WELT_ ", None, ""])
    same(ops.Tokens(IN, OUT), texts, [("Grüße,", "WELT!"), None, ()])
    same(ops.Tokens(IN, OUT, r"\w+"), texts, [("Grüße", "WELT"), None, ()])


def test_words_of_several_columns_as_one():
    op = ops.Cross(("a", "b"), OUT)
    assert op.apply(words("x", None, "x"), words("1", "2", None)).tolist() == ["x_x_1", None, None]


def test_numbers_as_words_and_back():
    numbers = np.array([1.0, 1.5, NAN, -0.0, 1e20])
    assert ops.ToWord(IN, OUT).apply(numbers).tolist() == ["1", "1.5", None, "0", "100000000000000000000"]
    same(ops.ToNumber(IN, OUT), words("1", " 2.5 ", "1_000", "abc", "", None), [1.0, 2.5, NAN, NAN, NAN, NAN])


def test_the_documented_example_of_tf_idf():
    rows = ops.Tokens(IN, OUT).apply(words("I like pie pie pie", "yum yum pie"))
    terms = {"I": 1, "like": 1, "pie": 2, "yum": 1}
    idf = tuple(1 + np.log(3 / (df + 1)) for df in terms.values())
    made = ops.TfIdf(IN, OUT, tuple(terms), idf).apply(rows)
    np.testing.assert_allclose(made, [[0.2810931, 0.2810931, 0.6, 0], [0, 0, 1 / 3, 0.9369768]], rtol=1e-6)


def test_counts_are_as_scikit_learn_has_them():
    texts = ["the cat sat on the mat", "the dog", "", "cat cat cat on on"]
    tokens = ops.NGrams(IN, OUT, 1, 2).apply(ops.Tokens(IN, OUT).apply(words(*texts)))
    known = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), lowercase=False).fit(texts)
    vocabulary = tuple(known.get_feature_names_out())
    wanted = known.transform(texts).toarray()
    np.testing.assert_array_equal(ops.BagOfWords(IN, OUT, vocabulary).apply(tokens), wanted)
    binary = ops.BagOfWords(IN, OUT, vocabulary, binary=True).apply(tokens)
    np.testing.assert_array_equal(binary, wanted > 0)
    hashed = ops.HashedCounts(IN, OUT, 16).apply(tokens)
    np.testing.assert_array_equal(hashed.sum(axis=1), wanted.sum(axis=1))


def test_tokens_that_are_missing_or_known_to_nobody():
    rows = words(("a", "z"), None, ())
    same(ops.BagOfWords(IN, OUT, ("a",)), rows, [[1.0], [0.0], [0.0]])
    same(ops.TfIdf(IN, OUT, ("a",), (2.0,)), rows, [[1.0], [0.0], [0.0]])
    same(ops.TokenCount(IN, OUT), rows, [2.0, NAN, 0.0])
    same(ops.TokenPlaces(IN, OUT, ("b", "a"), 3), rows, [[1.0, -1.0, NAN], [NAN] * 3, [NAN] * 3])
    same(ops.TokenPlaces(IN, OUT, ("a",), 1), rows, [[0.0], [NAN], [NAN]])
    assert ops.TokenPlaces(IN, OUT, ("a",), 2).columns([]) == (f"{OUT}.0", f"{OUT}.1")
    same(ops.StopWords(IN, OUT, ("a",)), rows, [("z",), None, ()])
    same(ops.NGrams(IN, OUT, 2, 3, "_"), rows, [("a_z",), None, ()])
    same(ops.HashedCounts(IN, OUT, 2), words(None), [[0.0, 0.0]])


def test_a_row_never_sees_its_own_fold():
    op = ops.TargetMean(IN, OUT, ("a",), (0.5,), 0.4, ((0.1,), (0.9,)), (0.3, 0.6), ("id",))
    given = words("a", "a", "new", None)
    assert op.apply(given).tolist() == [0.5, 0.5, 0.4, 0.4]
    rows = {"id": np.array([1.0, 2.0, 3.0, 4.0])}
    folds = folds_of(rows, 2)
    assert set(folds.tolist()) == {0, 1}
    wanted = np.array([[0.1, 0.1, 0.3, 0.3], [0.9, 0.9, 0.6, 0.6]])[folds, range(4)]
    assert op.apply_training(given, rows).tolist() == wanted.tolist()


def test_what_a_row_holds_decides_its_fold():
    columns = {"n": np.array([1.0, 0.0, NAN, 1.0]), "w": words("a", None, "b", "a")}
    folds = folds_of(columns, 1000)
    assert folds[0] == folds[3]
    assert len(set(folds.tolist())) == 3
    assert folds.tolist() == folds_of(dict(reversed(columns.items())), 1000).tolist()
    assert folds_of({"n": np.array([-0.0]), "w": words(None)}, 1000).tolist() == [folds[1]]
    shares = np.bincount(folds_of({"n": np.arange(10_000.0)}, 5)) / 10_000
    np.testing.assert_allclose(shares, 0.2, atol=0.015)


def test_dates_are_seconds_and_what_is_none_is_told():
    given = words("1970-01-02", "1970-01-01T00:00:01.5", "1970-01-01T01:00:00+01:00", "1969-12-31 23:59:59", None)
    same(ops.Moment(IN, OUT), given, [86_400.0, 1.5, 0.0, -1.0, NAN])
    with pytest.raises(InputError, match=r"no date or time: 'yesterday', '31\.12\.2020'"):
        ops.Moment(IN, OUT).apply(words("yesterday", "1970-01-01", "31.12.2020"))


def test_raw_pixels():
    op = ops.Pixels(IN, OUT, 1, 2, 3)
    made = op.apply(words("0001020304ff", None))
    assert made[0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 255.0]
    assert np.isnan(made[1]).all()
    assert op.columns([("w",)])[-1] == "y[0,1,2]"
    with pytest.raises(InputError, match="row 1 of 'w' has 1 bytes"):
        op.apply(words("00"))


@pytest.mark.parametrize(
    "op",
    [
        ops.BagOfWords(IN, OUT, ("b", "a")),
        ops.BagOfWords(IN, OUT, ("b", "a"), binary=True),
        ops.TfIdf(IN, OUT, ("b", "a"), (1.5, 0.1)),
        ops.BagOfWords(IN, OUT, ()),
    ],
)
def test_what_is_written_where_it_belongs_is_the_same(op):
    rows = words(("a", "b", "a", "z"), None, (), ("z",))
    matrix = np.zeros((4, 5), dtype=np.float32)
    op.write(matrix[:, 1 : 1 + len(op.vocabulary)], rows)
    np.testing.assert_array_equal(matrix[:, 1 : 1 + len(op.vocabulary)], op.apply(rows).astype(np.float32))
    assert matrix[:, [0, 3, 4]].sum() == 0.0
