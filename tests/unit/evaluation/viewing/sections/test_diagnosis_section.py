"""The section of residuals."""

import math

from mainspring.evaluation import Measured
from mainspring.evaluation.metrics.residuals import FeatureTest, ResidualDiagnosis
from mainspring.evaluation.viewing.sections.diagnosis import diagnosis_section

FOUND = ResidualDiagnosis(
    measured=Measured(
        40, {"skewness": 0.5, "durbin_watson": math.nan}, {}, {"durbin_watson": "rows have no order"}
    ),
    tests=(FeatureTest(feature="age", kind="pearson", count=40, value=0.4, p_value=1e-6, adjusted=0.002),),
    quantiles=((-1.0, -1.2), (0.0, 0.1), (1.0, 1.1)),
    order="day",
    findings=("the residuals go with age",),
)


def test_findings_figures_and_tests() -> None:
    section = diagnosis_section(FOUND)
    assert section.findings == ("the residuals go with age",)
    assert section.lead == "A residual is the label minus the prediction, of 40 rows, ordered by day."
    figures, tests = section.grids
    assert [(row[0].text, row[1].text, row[1].more) for row in figures.rows] == [
        ("skewness", "0.5", ""),
        ("Durbin-Watson", "not estimable", "rows have no order"),
    ]
    assert [entry.text for entry in tests.rows[0]] == ["age", "pearson", "40", "0.4", "< 0.0001", "0.002"]
    assert len(section.pictures) == 1


def test_nothing_found_is_said_and_few_points_are_not_drawn() -> None:
    section = diagnosis_section(ResidualDiagnosis(measured=Measured(2, {"skewness": 0.0})))
    assert section.lead.endswith("Nothing was found that a better model could use.")
    assert section.pictures == []
