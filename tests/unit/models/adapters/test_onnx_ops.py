"""Every op in ONNX Runtime against its meaning in NumPy, on values that are known to break converters."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from mainspring.data import Transform
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.transforms import ops
from mainspring.data.transforms.ops import OPS
from mainspring.models.adapters.onnx_export import export_transform
from mainspring.models.adapters.onnx_ops import EMITTERS, INEXACT
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import MISSING

NUMBERS = np.array(
    [
        *(np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308, 2.0**53 + 2, 1e-300, 0.1),
        *(1.0, np.nextafter(1.0, 2.0), np.nextafter(1.0, 0.0), 2.0, 3.0, -1.0, -2.5, 0.5, 7.0, 100.0, 16777217.0),
        *(float(np.float32(0.1)), 2.0**63, -(2.0**63), 2.0**62, 1700000000.0, -86401.0, 951782400.0, 4.0, 6.0),
    ]
)
WORDS = np.array(
    [
        *(None, "", " ", "a", "b", "A", "ab c", " a  b ", "a\tb\nb", "a\u00a0b", "Ünï ÇÖ", "日本 語", "🙂 a 🙂"),
        *("__MISSING__", "a b a b c", "the a of b", "\u2003b\x1ca\x85b", "e\u0301", "é", "missing", "nan", "None"),
        *("a" * 300, "b b b b b b b b b b", "\r\n", "a_x_b", "ab\u3000c", "0", "c", "", None, "a"),
    ],
    dtype=object,
)


def a_transform(*chosen: ops.Op, results=None) -> Transform:
    """Raw columns x and y (numbers), k (whole numbers), w and v (words)."""
    types = {"x": "FLOAT", "y": "FLOAT", "k": "INT", "w": "STRING", "v": "STRING"}
    inputs = tuple(Column(name, ColumnType(type_)) for name, type_ in types.items())
    return Transform(inputs=inputs, steps=chosen, ignored={}, results=results or (chosen[-1].output,))


def columns(seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    whole = np.where(np.isfinite(NUMBERS), np.trunc(NUMBERS), np.nan)
    return {
        "x": NUMBERS,
        "y": random.permutation(NUMBERS),
        "k": np.where(np.abs(whole) <= 2.0**63, whole, 3.0),
        "w": WORDS[: len(NUMBERS)],
        "v": random.permutation(WORDS[: len(NUMBERS)]),
    }


def run(transform: Transform, given: dict[str, np.ndarray]) -> np.ndarray:
    """The matrix from the exported file, with onnxruntime alone."""
    exported = export_transform(transform)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(exported.files.read("transform.onnx"), options)
    feeds = {}
    for name in (column.name for column in transform.inputs):
        values = given[name]
        if values.dtype == object:
            values = np.array([MISSING if value is None else value for value in values], dtype=object)
        feeds[name] = values[:, None]
    return session.run(None, {item.name: feeds[item.name] for item in session.get_inputs()})[0]


X, Y, K, W, V = (("x",), ("y",), ("k",), ("w",), ("v",))
VOCABULARY = ("a", "b", "", "日本 語", "e\u0301", "ab c")
TOKENS = ops.Tokens(W, "t")
CASES = {
    "fill": [ops.Fill(X, "o", 2.5)],
    "is_missing": [ops.IsMissing(X, "o")],
    "scale": [ops.Scale(X, "o", 0.1, 3.0)],
    "scale_to_range": [ops.Scale(X, "o", 0.1, 3.0, 2.0, -1.0)],
    "clip": [ops.Clip(X, "o", -1.0, 1.0)],
    "clip_below": [ops.Clip(X, "o", low=0.0)],
    "clip_above": [ops.Clip(X, "o", high=0.0)],
    "within": [ops.Within(X, "o", -1.0, 1.0)],
    "within_above": [ops.Within(X, "o", low=1.0)],
    "within_below": [ops.Within(X, "o", high=1.0)],
    "within_any": [ops.Within(X, "o")],
    "log": [ops.Log(X, "o")],
    "log_plus": [ops.Log(X, "o", 1.0)],
    "root": [ops.Root(X, "o")],
    "box_cox": [ops.BoxCox(X, "o", 0.37)],
    "box_cox_log": [ops.BoxCox(X, "o", 0.0)],
    "yeo_johnson": [ops.YeoJohnson(X, "o", 1.3)],
    "yeo_johnson_0": [ops.YeoJohnson(X, "o", 0.0)],
    "yeo_johnson_2": [ops.YeoJohnson(X, "o", 2.0)],
    "bucketize": [ops.Bucketize(X, "o", (-2.5, -0.0, 5e-324, 0.1, 1.0, 2.0, 100.0))],
    "bucketize_once": [ops.Bucketize(X, "o", (1.0,))],
    "interpolate": [ops.Interpolate(X, "o", (-2.5, 0.0, 0.1, 1.0, 7.0), (0.0, 0.25, 0.5, 0.7, 1.0))],
    "interpolate_point": [ops.Interpolate(X, "o", (1.0,), (0.5,))],
    "one_of": [ops.OneOf(X, "o", ("o=0", "o=1", "o=2", "o=3"))],
    "sum": [ops.Combine(("x", "y"), "o", "+")],
    "difference": [ops.Combine(("x", "y"), "o", "-")],
    "product": [ops.Combine(("x", "y"), "o", "*")],
    "ratio": [ops.Combine(("x", "y"), "o", "/")],
    "ratio_otherwise": [ops.Combine(("x", "y"), "o", "/", 9.0)],
    "concat": [ops.Concat(("x", "k", "y", "x"), "o")],
    "project": [
        ops.Concat(("x", "y", "k"), "c"),
        ops.Project(("c",), "o", (1.0, 2.0, 3.0), ((0.5, 0.1, 0.2),) * 2),
    ],
    **{
        f"unit_length_{length}": [
            ops.Concat(("x", "y"), "c"),
            ops.Clip(("c",), "d", -1e9, 1e9),
            ops.UnitLength(("d",), "o", length),
        ]
        for length in ("l1", "l2", "max")
    },
    "cycle": [ops.Cycle(K, "o", 24.0)],
    "project_many": [
        ops.Concat(("k",) * 40, "c"),
        ops.Project(("c",), "o", (1.0,) * 40, (tuple(0.1 * place for place in range(40)),)),
    ],
    "fill_word": [ops.FillWord(W, "f", "b"), ops.Lookup(("f",), "o", VOCABULARY)],
    "is_missing_word": [ops.IsMissingWord(W, "o")],
    "to_word": [ops.ToWord(K, "f"), ops.Lookup(("f",), "o", ("0", "3", "-1", "9223372036854775808"))],
    "to_word_of_places": [
        ops.Lookup(V, "p", VOCABULARY),
        ops.ToWord(("p",), "f"),
        ops.Lookup(("f",), "o", ("0", "-1")),
    ],
    "cross": [ops.Cross(("w", "v"), "f"), ops.Lookup(("f",), "o", ("a_x_b", "a_x_", "b_x_a"))],
    "cross_of_three": [ops.Cross(("w", "v", "w"), "f", "|"), ops.IsMissingWord(("f",), "o")],
    "lookup": [ops.Lookup(W, "o", VOCABULARY)],
    "lookup_bucket": [ops.Lookup(W, "o", VOCABULARY, buckets=1, missing=7.0)],
    "lookup_unknown": [ops.Lookup(W, "o", VOCABULARY, unseen=None, missing=0.5)],
    "replace": [ops.Replace(W, "o", ("a", "b"), (0.1, 1e300), 0.0, -1.0)],
    "replace_nothing": [ops.Replace(W, "o", ("a", "b"), (0.1, 1e300))],
    "target_mean": [
        ops.TargetMean(W, "o", ("a", "b"), (0.1, 0.7), 0.3, ((0.1, 0.2), (0.3, 0.4)), (0.3, 0.4), ("w",))
    ],
    "keyed_scale": [ops.KeyedScale(("x", "w"), "o", ("a", ""), (1.0, 2.0), (3.0, 7.0), 0.1, 0.3)],
    "lower": [ops.Lower(W, "f"), ops.Lookup(("f",), "o", ("a", "ünï çö", "__missing__x"))],
    "tokens": [TOKENS, ops.TokenCount(("t",), "o")],
    "ngrams": [
        TOKENS,
        ops.NGrams(("t",), "n", 1, 2),
        ops.BagOfWords(("n",), "o", ("a", "a b", "b b", "語", "本 語")),
    ],
    "ngrams_of_three": [TOKENS, ops.NGrams(("t",), "n", 2, 3, "+"), ops.TokenCount(("n",), "o")],
    "stop_words": [
        TOKENS,
        ops.StopWords(("t",), "s", ("the", "of")),
        ops.NGrams(("s",), "n", 2, 2),
        ops.BagOfWords(("n",), "o", ("a b", "a of")),
    ],
    "bag_of_words": [TOKENS, ops.BagOfWords(("t",), "o", ("b", "a", "🙂", "é"))],
    "bag_of_words_binary": [TOKENS, ops.BagOfWords(("t",), "o", ("b", "a"), binary=True)],
    "token_places": [TOKENS, ops.TokenPlaces(("t",), "o", ("b", "a", "🙂", "é"), 3)],
    "token_places_of_runs": [TOKENS, ops.NGrams(("t",), "n"), ops.TokenPlaces(("n",), "o", ("a", "a b"), 12)],
    "token_places_without_words": [TOKENS, ops.TokenPlaces(("t",), "o", (), 2)],
    "tf_idf": [TOKENS, ops.TfIdf(("t",), "o", ("b", "a", "🙂"), (1.1, 1.7, 2.3))],
    "scale_channels": [ops.Concat(("x", "y"), "c"), ops.ScaleChannels(("c",), "o", (0.5, 0.1), (0.3, 3.0))],
    **{part: [ops.DatePart(X, "o", part)] for part in ("year", "month", "day", "hour", "minute", "second")},
    **{part: [ops.DatePart(X, "o", part)] for part in ("weekday", "day_of_year", "quarter")},
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_op_means_the_same_in_onnx(name):
    transform = a_transform(*CASES[name])
    given = columns()
    expected, found = transform.apply_columns(given), run(transform, given)
    if any(type(op) in INEXACT for op in CASES[name]):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
    else:
        np.testing.assert_array_equal(found, expected)


def test_there_is_an_emitter_for_every_op_and_no_other():
    assert set(EMITTERS) == set(OPS.values())


REFUSED = {
    "hash": [ops.Hash(W, "o", 8)],
    "buckets": [ops.Lookup(W, "o", ("a",), buckets=2)],
    "fractions": [ops.ToWord(X, "f"), ops.Lookup(("f",), "o", ("0.1",))],
    "pattern": [ops.Tokens(W, "t", r"\w+"), ops.TokenCount(("t",), "o")],
    "strip": [ops.Strip(W, "f"), ops.Lookup(("f",), "o", ("a",))],
    "the text for missing": [ops.Lookup(W, "o", ("a", MISSING))],
    "filled with it": [ops.FillWord(W, "f", MISSING), ops.Lookup(("f",), "o", ("a",))],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_said_is_refused_with_the_reason(name):
    with pytest.raises(NotExportableError, match=r"'[owft]'"):
        export_transform(a_transform(*REFUSED[name]))


MOMENTS = [
    *(
        "1970-01-01",
        "2024-02-29",
        "2024-03-01T00:00:00",
        "1999-12-31 23:59:59.999999",
        "0001-01-01",
        "9999-12-31T23",
    ),
    *("2024-05-31T18:30", "2024-05-31T18:30:01.5Z", "2024-05-31T18:30:00+02:00", "2024-01-01T00:15-09:30", None),
    *(" 2024-05-31 ", "2023-10-05T07:08:09.000001+05", "1969-12-31T23:59:59.1", "1600-02-29"),
]


LEGIBLE = [
    *("1", "-2.5", "+3.", ".5", "1e3", "1E-7", "007", " 12 ", "0.1", "123456789012345678", "1e289", None, "x"),
    *("", " ", "1_000", "1,5", "--1", "1e", ".", "0x10", "1 2", "nan", "9.87654321e-289", "0.30000000000000004"),
]


def test_numbers_in_text():
    words = np.array(LEGIBLE, dtype=object)
    given = {**{name: np.zeros(len(words)) for name in "xyk"}, "w": words, "v": words}
    transform = a_transform(ops.ToNumber(W, "o"))
    np.testing.assert_array_equal(run(transform, given), transform.apply_columns(given))


def test_dates_in_text():
    transform = a_transform(ops.Moment(W, "s"), ops.DatePart(("s",), "d", "day_of_year"), results=("s", "d"))
    given = {name: np.zeros(len(MOMENTS)) for name in "xyk"}
    given |= {"w": np.array(MOMENTS, dtype=object), "v": np.array(MOMENTS, dtype=object)}
    np.testing.assert_array_equal(run(transform, given), transform.apply_columns(given))
    given["w"] = np.array(["yesterday"] * len(MOMENTS), dtype=object)
    assert np.isnan(run(transform, given)).all()


def test_one_row_alone_gives_what_it_gives_among_others():
    transform = a_transform(
        ops.Lower(W, "l"),
        ops.Tokens(("l",), "t"),
        ops.NGrams(("t",), "n"),
        ops.TfIdf(("n",), "b", ("a", "a b"), (1.5, 2.0)),
        ops.Fill(X, "f", 0.0),
        ops.Bucketize(("f",), "e", (0.0, 1.0)),
        ops.OneOf(("e",), "h", ("0", "1", "2")),
        results=("b", "h", "f", "x"),
    )
    given = columns()
    whole = run(transform, given)
    alone = [run(transform, {name: values[[row]] for name, values in given.items()}) for row in range(12)]
    np.testing.assert_array_equal(np.concatenate(alone), whole[:12])
    np.testing.assert_array_equal(whole, transform.apply_columns(given))


def test_columns_share_nodes():
    """Forty columns need no more nodes than one: that is what a row costs."""
    inputs = tuple(Column(f"n{place}", ColumnType.FLOAT) for place in range(40))
    steps, results = [], []
    for place in range(40):
        steps += [
            ops.Fill((f"n{place}",), f"f{place}", float(place)),
            ops.Scale((f"f{place}",), f"s{place}", float(place), 2.0),
            ops.IsMissing((f"n{place}",), f"m{place}"),
        ]
        results += [f"s{place}", f"m{place}"]
    exported = export_transform(Transform(inputs=inputs, steps=tuple(steps), ignored={}, results=tuple(results)))
    assert len(onnx.load_from_string(exported.files.read("transform.onnx")).graph.node) < 14
