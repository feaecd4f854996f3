"""Known answers: scipy for the tests of shape and correlation, statsmodels 0.14 for the rest, written out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mainspring.core import InputError, Storable
from mainspring.core.plugins import load
from mainspring.evaluation.metrics.residuals import FACTS, ResidualDiagnosis, diagnose_residuals


def left_over(count: int = 200) -> dict[str, np.ndarray]:
    """A model that uses too little of x, whose errors go on from row to row and spread with z."""
    random = np.random.default_rng(3)
    x, z = random.normal(size=count), random.random(count)
    predicted = 2 * x + z
    noise = random.normal(size=count) * (0.5 + z) + 0.3 * x
    noise[1:] += 0.4 * noise[:-1]
    # The constants below were made for prediction minus label.
    return {"truth": predicted - noise, "predicted": predicted, "x": x, "z": z}


def test_figures_are_those_of_scipy_and_statsmodels() -> None:
    rows = left_over()
    order = np.arange(200.0)
    found = diagnose_residuals(rows["truth"], rows["predicted"], order=order).measured.values
    residuals = rows["truth"] - rows["predicted"]
    bera = stats.jarque_bera(residuals)
    assert found == pytest.approx(
        {
            "residual_mean": residuals.mean(),
            "residual_mean_p": stats.ttest_1samp(residuals, 0).pvalue,
            "residual_deviation": residuals.std(ddof=1),
            "skewness": stats.skew(residuals),
            "kurtosis": stats.kurtosis(residuals),
            "jarque_bera": bera.statistic,
            "jarque_bera_p": bera.pvalue,
            "anderson_darling": 0.3378058936298487,
            "durbin_watson": 1.2132658345186451,
            "ljung_box": 32.9569080,
            "ljung_box_p": 2.76964939e-04,
            "breusch_pagan": 1.909824032395857,
            "breusch_pagan_p": 0.1669828067337824,
        }
    )
    assert set(found) == set(FACTS)
    with_x = diagnose_residuals(rows["truth"], rows["predicted"], features={"x": rows["x"]}).measured.values
    assert with_x["breusch_pagan"] == pytest.approx(15.90969078030886)
    assert with_x["breusch_pagan_p"] == pytest.approx(0.0003509575120364923)


def test_features_are_tested_and_corrected_together() -> None:
    rows = left_over()
    residuals = rows["truth"] - rows["predicted"]
    words = np.array(["low", "middle", "high", None], dtype=object)[np.digitize(rows["x"], [-1, 0, 1])]
    tests = diagnose_residuals(
        rows["truth"], rows["predicted"], features={"z": rows["z"], "x": rows["x"], "word": words}
    ).tests
    found = {(test.feature, test.kind): test for test in tests}
    line, rank = stats.pearsonr(rows["x"], residuals), stats.spearmanr(rows["x"], residuals)
    assert (found["x", "pearson"].value, found["x", "pearson"].p_value) == pytest.approx(tuple(line))
    assert (found["x", "spearman"].value, found["x", "spearman"].p_value) == pytest.approx(tuple(rank))
    groups = [residuals[words == word] for word in ("low", "middle", "high", None)]
    assert found["word", "correlation_ratio"].p_value == pytest.approx(stats.f_oneway(*groups).pvalue)
    between = sum(len(group) * (group.mean() - residuals.mean()) ** 2 for group in groups)
    assert found["word", "correlation_ratio"].value == pytest.approx(
        math.sqrt(between / ((residuals - residuals.mean()) ** 2).sum())
    )
    plain = diagnose_residuals(rows["truth"], rows["predicted"], features={"word": [str(word) for word in words]})
    assert plain.tests[0].value == found["word", "correlation_ratio"].value
    corrected = stats.false_discovery_control([test.p_value for test in tests])
    assert [test.adjusted for test in tests] == pytest.approx(corrected.tolist())
    assert [test.adjusted for test in tests] == sorted(test.adjusted for test in tests)


def test_findings_are_sentences_about_what_was_planted() -> None:
    rows = left_over()
    found = diagnose_residuals(
        rows["truth"] + 0.5,
        rows["predicted"],
        features={"x": rows["x"], "z": rows["z"]},
        order=np.arange(200)[::-1],
        order_name="day",
    )
    said = "\n".join(found.findings)
    assert "predictions are too low by" in said
    assert "residuals go with 'x'" in said
    assert "in day (Durbin-Watson 1." in said
    assert "spread more in some places" in said
    assert "'z'" not in said
    assert "not normal" not in said


def test_nothing_is_found_where_nothing_is_left() -> None:
    random = np.random.default_rng(11)
    predicted = random.normal(size=500)
    features = {f"f{place}": random.normal(size=500) for place in range(20)}
    found = diagnose_residuals(
        predicted + random.normal(size=500), predicted, features=features, order=np.arange(500)
    )
    assert found.findings == ()
    assert len(found.tests) == 40
    gap = max(abs(x - y) for x, y in found.quantiles)
    assert (len(found.quantiles), gap < 0.5) == (50, True)


def test_what_is_more_than_chance_and_too_small_to_matter_is_no_finding() -> None:
    random = np.random.default_rng(12)
    x = random.normal(size=50_000)
    found = diagnose_residuals(x + 0.04 * x + random.normal(size=50_000), x, features={"x": x})
    assert found.tests[0].adjusted < 1e-9
    assert found.findings == ()


def test_heavy_tails_are_told() -> None:
    random = np.random.default_rng(13)
    found = diagnose_residuals(random.standard_t(2, 1000), np.linspace(0, 1, 1000))
    assert found.findings[-1].startswith("residuals are not normal (skewness")


def test_rows_without_label_prediction_or_order_are_left_out() -> None:
    truth = np.array([1.0, math.nan, 3.0, *range(10)])
    predicted = np.array([1.5, 2.0, math.inf, *range(1, 11)])
    order = np.array([None, *["b", "a"] * 6], dtype=object)
    found = diagnose_residuals(truth, predicted, order=order)
    assert found.measured.count == 11
    assert "ljung_box" in found.measured.reasons


def test_what_does_not_exist_is_nan_with_its_reason() -> None:
    empty = diagnose_residuals([], [], features={"x": np.zeros(0)}, order=np.zeros(0)).measured
    assert set(empty.reasons) == set(FACTS)
    assert empty.reasons["durbin_watson"] == "0 rows are too few: it takes 8"
    exact = diagnose_residuals(np.arange(9.0), np.arange(9.0), features={"w": np.array(["a"] * 9, dtype=object)})
    assert exact.measured.reasons["skewness"] == "all residuals are equal"
    assert exact.measured.reasons["durbin_watson"] == "no order was given"
    assert math.isnan(exact.tests[0].value)
    same = diagnose_residuals(np.ones(9), np.zeros(9), order=np.arange(9)).measured
    assert same.reasons["ljung_box"] == "all residuals are equal"
    assert same.values["durbin_watson"] == 0.0
    assert same.reasons["breusch_pagan"] == "predictions and features do not vary"
    with pytest.raises(InputError, match="labels 1, predictions 2"):
        diagnose_residuals([1], [1, 2])


def test_it_is_an_artifact(tmp_path: Path) -> None:
    rows = left_over(60)
    found = diagnose_residuals(
        rows["truth"], rows["predicted"], features={"x": rows["x"], "one": np.ones(60)}, order=rows["z"]
    )
    assert isinstance(found, Storable)
    found.save(tmp_path)
    back = ResidualDiagnosis.load(tmp_path)
    assert back.as_dict() == found.as_dict()
    assert back.findings == found.findings
    assert found.properties()["findings"] == len(found.findings)
    assert load("artifact_types", ResidualDiagnosis.ARTIFACT_TYPE) is ResidualDiagnosis
