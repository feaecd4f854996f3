"""A model that is steady over four years (employment in Massachusetts): nothing may alarm, estimates must fit."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from mainspring.data import Table, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.calibration import CalibrationCheck
from mainspring.monitoring.checks.estimated_quality import EstimatedQualityCheck
from mainspring.monitoring.checks.quality import QualityCheck
from mainspring.monitoring.seen import Seen, Series
from mainspring.monitoring.windows import Window

pytestmark = pytest.mark.slow

NOTHING = np.zeros(0)
AREAS = {2016: 0.902, 2017: 0.905, 2018: 0.906}
ROWS = 20_000
AS_LOGGED = """
    SELECT * EXCLUDE (id, year, prediction, predicted_probability, employed),
        1 - predicted_probability AS "output.probability.0",
        predicted_probability AS "output.probability.1",
        prediction AS "output.label",
        employed AS "feedback.truth"
    FROM this
"""


class NoHistory:
    """Of a model that was never watched."""

    def names(self, prefix: str = "") -> Sequence[str]:
        return ()

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        return Series(times=NOTHING, values=NOTHING, low=NOTHING, high=NOTHING, least=NOTHING, most=NOTHING)


@pytest.fixture
def years(shared: Callable[..., Path]) -> dict[int, Table]:
    """Rows as a log would have them, by year; those of 2015 are the reference."""
    return _read(
        *(
            shared("monitoring", f"employment_MA_{name}.pq")
            for name in ("reference", "analysis", "analysis_target")
        )
    )


@functools.cache
def _read(*files: Path) -> dict[int, Table]:
    reference, analysis, target = map(Table.read_parquet, files)
    assert (reference.num_rows, analysis.num_rows) == (68_785, 208_892)
    truth = dict(zip(target.column("id").tolist(), target.column("employed").tolist(), strict=True))
    columns = analysis.to_columns()
    columns["employed"] = [int(truth[one]) for one in columns["id"]]
    after = Table.from_columns(columns, {column.name: column.type for column in analysis.columns})
    return {2015: reference.sql(AS_LOGGED)} | {
        year: after.where(f"year = {year}").sql(AS_LOGGED) for year in AREAS
    }


def seen(window: Table, reference: Table) -> Seen:
    statistics = summarize({"rows": window.rows(0, 100)}).split("rows")
    return Seen(
        model="employment",
        version="1.0.0",
        window=Window(since=0.0, until=1.0, table=window, requests=1, errors=0, complete=True),
        statistics=statistics,
        reference=Reference(statistics=statistics, rows=reference),
        history=NoHistory(),
        slices=["SEX"],
    )


def windows(table: Table) -> list[Table]:
    """Rows from all over the table: those that lie together in the files are of one kind of housing."""
    count = table.num_rows // ROWS
    numbered = table.sql("SELECT *, row_number() OVER () AS place FROM this")
    return [numbered.where(f"place % {count} = {number}").drop(["place"]) for number in range(count)]


def test_a_steady_model_is_left_in_peace(years: dict[int, Table]) -> None:
    checks = (QualityCheck(), EstimatedQualityCheck(), CalibrationCheck())
    judged = 0
    for year in AREAS:
        for window in windows(years[year]):
            for check in checks:
                found = check.judge(seen(window, years[2015]), {})
                assert found.verdict.ok, found.verdict.failures
                judged += 1
    assert judged == 3 * 9


def test_estimates_are_close_to_what_came(years: dict[int, Table]) -> None:
    for year, area in AREAS.items():
        judged = seen(years[year], years[2015])
        real = QualityCheck().judge(judged, {}).figures
        guessed = EstimatedQualityCheck().judge(judged, {}).figures
        assert real["auc"].value == pytest.approx(area, abs=6e-4)
        assert guessed["auc"].value == pytest.approx(real["auc"].value, abs=0.004)
        assert guessed["accuracy"].value == pytest.approx(real["accuracy"].value, abs=0.004)
        assert guessed["f1"].value == pytest.approx(real["f1"].value, abs=0.006)
        for sex in ("1", "2"):
            name = f"accuracy|SEX={sex}"
            assert guessed[name].value == pytest.approx(real[name].value, abs=0.02)


def test_labels_that_turn_are_found_by_the_truth_alone(years: dict[int, Table]) -> None:
    """Half of the answers for one sex become wrong: the truth says so, estimates cannot."""
    turned = windows(years[2018])[0].sql(
        """SELECT * REPLACE (CASE WHEN SEX = '2' AND hash(AGEP, RELP) % 2 = 0 THEN 1 - "feedback.truth"
           ELSE "feedback.truth" END AS "feedback.truth") FROM this"""
    )
    judged = seen(turned, years[2015])
    failed = {one.subject for one in QualityCheck().judge(judged, {}).verdict.failures}
    assert "accuracy | SEX=2" in failed
    assert "accuracy | SEX=1" not in failed
    assert EstimatedQualityCheck().judge(judged, {}).verdict.ok
    assert not CalibrationCheck().judge(judged, {}).verdict.ok


def test_a_harder_window_is_found_before_its_truth_is_known(years: dict[int, Table]) -> None:
    """The file of 2018 begins with people in homes and barracks, whom the model knows less well."""
    judged = seen(years[2018].rows(0, 10_000), years[2015])
    found = EstimatedQualityCheck().judge(judged, {})
    assert {one.subject for one in found.verdict.failures} == {"accuracy"}
    real = QualityCheck().judge(judged, {}).figures
    assert real["accuracy"].value < 0.81
    assert found.figures["accuracy"].value == pytest.approx(real["accuracy"].value, abs=0.01)
