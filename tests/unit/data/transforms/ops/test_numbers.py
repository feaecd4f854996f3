"""What the ops of numbers make of known, missing and odd values."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer

from mainspring.data.transforms import ops

NAN = float("nan")
IN, OUT = ("x",), "y"


def run(op, *columns):
    made = op.apply(*(np.array(column, dtype=np.float64) for column in columns))
    assert made.dtype == np.float64
    return made.tolist()


@pytest.mark.parametrize(
    ("op", "given_", "wanted"),
    [
        (ops.Fill(IN, OUT, 7.0), [1, NAN], [1.0, 7.0]),
        (ops.IsMissing(IN, OUT), [1, NAN, np.inf], [0.0, 1.0, 0.0]),
        (ops.Scale(IN, OUT, 1.0, 2.0), [5, NAN], [2.0, NAN]),
        (ops.Scale(IN, OUT, 1.0, 2.0, 10.0, -1.0), [5, 1], [19.0, -1.0]),
        (ops.Clip(IN, OUT, 0.0, 2.0), [-1, 1, 3, NAN, np.inf], [0.0, 1.0, 2.0, NAN, 2.0]),
        (ops.Clip(IN, OUT, None, 2.0), [-9, 3], [-9.0, 2.0]),
        (ops.Within(IN, OUT, 1.0, 2.0), [0.9, 1, 1.9, 2, NAN], [0.0, 1.0, 1.0, 0.0, 0.0]),
        (ops.Log(IN, OUT), [1, 0, -1, NAN], [0.0, NAN, NAN, NAN]),
        (ops.Log(IN, OUT, 1.0), [0, -1], [0.0, NAN]),
        (ops.Root(IN, OUT), [4, 0, -1], [2.0, 0.0, NAN]),
        (ops.BoxCox(IN, OUT, 2.0), [3, 0], [4.0, NAN]),
        (ops.BoxCox(IN, OUT, 0.0), [1], [0.0]),
        (ops.YeoJohnson(IN, OUT, 1.0), [-2, 3, NAN], [-2.0, 3.0, NAN]),
        (ops.Bucketize(IN, OUT, (1.0, 2.0)), [0, 1, 1.5, 2, 9, NAN], [0.0, 1.0, 1.0, 2.0, 2.0, NAN]),
        (ops.Interpolate(IN, OUT, (0.0, 10.0), (0.0, 1.0)), [-5, 0, 2.5, 10, 99, NAN], [0, 0, 0.25, 1, 1, NAN]),
        (ops.Interpolate(IN, OUT, (3.0,), (8.0,)), [-np.inf, 3, 4], [8.0, 8.0, 8.0]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ops.Op) else None,
)
def test_what_becomes_of_numbers(op, given_, wanted):
    np.testing.assert_array_equal(run(op, given_), wanted)


def test_one_column_per_place():
    op = ops.OneOf(IN, OUT, ("a", "b"))
    places = np.array([1.0, 0.0, NAN, -1.0, 2.0, 0.5])
    wanted = [[0, 1], [1, 0], [0, 0], [0, 0], [0, 0], [0, 0]]
    np.testing.assert_array_equal(op.apply(places), wanted)
    written = np.zeros((6, 2))
    op.write(written, places)
    np.testing.assert_array_equal(written, wanted)
    assert op.columns([("x",)]) == ("a", "b")


@pytest.mark.parametrize(
    ("operator", "wanted"), [("+", [3, 5, NAN]), ("-", [-1, 5, NAN]), ("*", [2, 0, NAN]), ("/", [0.5, NAN, NAN])]
)
def test_two_columns(operator, wanted):
    op = ops.Combine(("x", "z"), OUT, operator)
    np.testing.assert_array_equal(run(op, [1, 5, NAN], [2, 0, 0]), wanted)


def test_a_quotient_by_nothing_may_be_something():
    op = ops.Combine(("x", "z"), OUT, "/", 0.0)
    np.testing.assert_array_equal(run(op, [1, 0, NAN, 4], [0, 0, 0, 2]), [0, 0, NAN, 2])


def test_groups_are_scaled_by_their_own_figures():
    op = ops.KeyedScale(("x", "k"), OUT, ("a", "b"), (1.0, 10.0), (2.0, 5.0), 0.0, 1.0)
    words = np.array(["a", "b", "new", None], dtype=object)
    np.testing.assert_array_equal(op.apply(np.array([5.0, 20.0, 7.0, 8.0]), words), [2.0, 2.0, 7.0, 8.0])


def test_a_circle():
    made = ops.Cycle(IN, OUT, 24.0).apply(np.array([0.0, 6.0, 12.0, NAN]))
    np.testing.assert_allclose(made[:3], [[0, 1], [1, 0], [0, -1]], atol=1e-15)
    assert np.isnan(made[3]).all()


def test_a_projection_of_a_row_alone_is_that_among_others():
    rng = np.random.default_rng(1)
    op = ops.Project(IN, OUT, tuple(rng.normal(size=7)), tuple(map(tuple, rng.normal(size=(3, 7)))))
    rows = rng.normal(size=(50, 7))
    whole = op.apply(rows)
    np.testing.assert_allclose(whole, (rows - np.array(op.mean)) @ np.array(op.components).T, rtol=1e-12)
    for place in range(50):
        assert op.apply(rows[place : place + 1]).tobytes() == whole[place : place + 1].tobytes()
    assert op.columns([("x",) * 7]) == ("y[1]", "y[2]", "y[3]")


@pytest.mark.parametrize("power", [-1.3, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_powers_are_as_scikit_learn_has_them(power):
    values = np.array([-3.0, -0.5, 0.0, 0.5, 4.0])
    known = PowerTransformer("yeo-johnson", standardize=False)
    known.lambdas_ = np.array([power])
    known.n_features_in_ = 1
    np.testing.assert_allclose(
        ops.YeoJohnson(IN, OUT, power).apply(values), known.transform(values[:, None])[:, 0], rtol=1e-12
    )


@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)))
def test_parts_of_a_date(moment):
    moment = moment.replace(microsecond=0)
    seconds = np.array([float((moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1))])
    parts = {part: float(ops.DatePart(IN, OUT, part).apply(seconds)[0]) for part in ops.date_part.PARTS}
    assert parts == {
        "year": moment.year,
        "quarter": (moment.month + 2) // 3,
        "month": moment.month,
        "day": moment.day,
        "day_of_year": moment.timetuple().tm_yday,
        "weekday": moment.weekday(),
        "hour": moment.hour,
        "minute": moment.minute,
        "second": moment.second,
    }


def test_pictures_of_another_size():
    picture = np.arange(4.0).reshape(1, 4)  # 2 x 2, one channel
    nearest = ops.Resize(IN, OUT, (2, 2, 1), (4, 4), "nearest").apply(picture)
    assert nearest.reshape(4, 4).tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2
    bilinear = ops.Resize(IN, OUT, (2, 2, 1), (1, 1)).apply(picture)
    assert bilinear.tolist() == [[1.5]]
    wide = ops.Resize(IN, OUT, (1, 2, 1), (1, 4)).apply(np.array([[0.0, 1.0]]))
    assert wide.tolist() == [[0.0, 0.25, 0.75, 1.0]]
    assert ops.ScaleChannels(IN, OUT, (1.0, 2.0), (1.0, 4.0)).apply(np.array([[3.0, 6.0, 1.0, 2.0]])).tolist() == [
        [2.0, 1.0, 0.0, 0.0]
    ]
