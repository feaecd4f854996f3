"""The pictures of an evaluation."""

import numpy as np

from mainspring.data import Table
from mainspring.evaluation import Curves, Evaluation, Predictions, evaluate
from mainspring.evaluation.viewing import pictures


def test_single_rows_are_drawn_evenly_along_the_predictions() -> None:
    values = np.arange(1000.0)
    evaluation = evaluate(
        Predictions(None, values + 1), Table.from_columns({"fare": values.tolist()}), label="fare"
    )
    curves = evaluation.curves[""]
    assert len(curves.rows) == 300
    assert (curves.rows[0], curves.rows[-1]) == ((1.0, 0.0), (1000.0, 999.0))
    assert Evaluation.from_dict(evaluation.as_dict()).curves[""].rows == curves.rows
    assert [picture.caption.partition(":")[0] for picture in pictures.regression([("this model", curves)])] == [
        "Labels against predictions, in groups of equal size",
        "Single rows of this model",
        "Errors against predictions",
        "Errors of this model",
    ]


def test_an_older_evaluation_has_the_pictures_that_its_points_allow() -> None:
    assert pictures.regression([("this model", Curves())]) == []
    assert pictures.one_class([("this model", Curves(roc=((0.0, 0.0), (1.0, 1.0))))], "yes")[0].key == "roc"


def test_weights_that_are_no_counts_have_no_whiskers() -> None:
    whole = pictures.calibration([("this model", Curves(calibration=((0.2, 0.3, 10.0),)))], "yes")
    weighed = pictures.calibration([("this model", Curves(calibration=((0.2, 0.3, 10.5),)))], "yes")
    assert whole is not None
    assert weighed is not None
    assert 'class="whisker"' in whole.svg
    assert 'class="whisker"' not in weighed.svg
