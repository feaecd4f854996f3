"""A detector of outliers made of statistics, held against SciPy and against what it was made of."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import chi2

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table, summarize
from mainspring.serving.components.opening import open_component
from mainspring.serving.components.options import Component
from mainspring.serving.outliers import OutlierDetector, fit, read_fitted
from mainspring.serving.outliers.fitting import chi_squared
from mainspring.serving.question import Question

RANDOM = np.random.default_rng(7)
ONE = RANDOM.normal(10, 2, 4_000)
TWO = 0.8 * ONE + RANDOM.normal(0, 0.5, 4_000)
TABLE = Table.from_columns({"one": ONE, "two": TWO, "same": np.full(4_000, 3.0), "word": ["a"] * 4_000})
STATISTICS = summarize({"train": TABLE}, crosses=True).split("train")


def test_a_number_far_from_the_median_is_an_outlier() -> None:
    fitted = fit(STATISTICS)
    assert (fitted.method, fitted.columns, fitted.rows) == ("robust", ("one", "two"), 4_000)
    assert fitted.centre == pytest.approx((10, 8), abs=0.2)
    assert fitted.scale == pytest.approx((2, 1.68), rel=0.05)
    detector = OutlierDetector.of(fitted)
    said = detector.predict({"one": np.array([10.0, 30.0, np.nan, np.inf]), "two": np.array([8.0, 8.0, 8.0, 8.0])})
    assert said["outlier"].tolist() == [False, True, False, False]
    assert said["score"][1] == pytest.approx((30 - fitted.centre[0]) / fitted.scale[0])
    usual = detector.predict({"one": ONE, "two": TWO})["outlier"].mean()
    assert usual < 0.003


def test_a_row_that_breaks_how_columns_vary_together_is_an_outlier() -> None:
    fitted = fit(STATISTICS, columns=["one", "two"], method="mahalanobis")
    detector = OutlierDetector.of(fitted)
    rows = np.array([[10.0, 8.0], [14.0, 5.0], [14.0, 11.2]])
    said = detector.predict({"one": rows[:, 0], "two": rows[:, 1]})
    inverse = np.linalg.inv(np.cov(ONE, TWO, bias=True))
    expected = [mahalanobis(row, [ONE.mean(), TWO.mean()], inverse) for row in rows]
    assert said["score"].tolist() == pytest.approx(expected, rel=1e-3)
    assert said["outlier"].tolist() == [False, True, False]
    assert detector.predict({"one": ONE, "two": TWO})["outlier"].mean() == pytest.approx(0.001, abs=0.002)


@pytest.mark.parametrize("freedom", [1, 2, 5, 40])
@pytest.mark.parametrize("share", [0.95, 0.999])
def test_the_limit_is_that_of_chi_squared(share: float, freedom: int) -> None:
    assert chi_squared(share, freedom) == pytest.approx(chi2.ppf(share, freedom), rel=0.03)


def test_columns_that_say_the_same_do_no_harm() -> None:
    table = Table.from_columns({"a": ONE, "b": ONE * 2})
    fitted = fit(summarize({"train": table}, crosses=True).split("train"), method="mahalanobis")
    said = OutlierDetector.of(fitted).predict({"a": np.array([10.0]), "b": np.array([20.0])})
    assert not said["outlier"][0]


def test_what_cannot_be_looked_at_is_named() -> None:
    with pytest.raises(InputError, match="vary with others"):
        fit(summarize({"train": TABLE}).split("train"), method="mahalanobis")
    with pytest.raises(InputError, match="word"):
        fit(STATISTICS, columns=["one", "word"])
    with pytest.raises(InputError, match="same"):
        fit(STATISTICS, columns=["same"])
    with pytest.raises(InputError, match="share"):
        fit(STATISTICS, share=0.0)


def test_it_is_served_as_a_class(tmp_path: Path) -> None:
    fit(STATISTICS).save(tmp_path / "odd.json")
    assert read_fitted(tmp_path / "odd.json") == fit(STATISTICS)
    entry = "mainspring.serving.outliers:OutlierDetector"
    arguments = {"file": str(tmp_path / "odd.json"), "threshold": 100.0}
    model = open_component(Component(entry=entry, arguments=arguments, inline=True), name="odd")
    assert [one.name for one in model.inputs] == ["one", "two"]
    answer = model.answer(Question(lists={"one": [30.0, 1e6], "two": [8.0, 8.0]}))
    assert answer.outputs["outlier"].tolist() == [False, True]
    with pytest.raises(NotFoundError, match="no such detector"):
        OutlierDetector(str(tmp_path / "none.json"))
    (tmp_path / "odd.json").write_text("{}")
    with pytest.raises(InputError, match="no detector"):
        OutlierDetector(str(tmp_path / "odd.json"))
